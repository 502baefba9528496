"""The hub's memory across restarts: the registry and the statuses, in two files.

Home Assistant's ``Store`` reads and writes them. Added here is what it does
not do: nothing broken is ever overwritten, a failed write is noticed and tried
again, a steady stream of changes does not put the saving off, and only the
copying of tables happens in the event loop.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, UnsupportedStorageVersionError
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, load_json

from ..const import DOMAIN, LOGGER
from ..engine.state import State
from . import migrations
from .encode import JsonObject, content_of
from .problems import ProblemKind, ProblemListener, StorageProblem, path_aside
from .schema import Registry, Status, read, state_of

REGISTRY_DELAY: Final = 1.0
STATUS_DELAY: Final = 30.0
RETRY_DELAY: Final = 60.0
FAULTS_TOLD: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was read, and what people should know about it."""

    state: State
    problems: tuple[StorageProblem, ...]


class _BrokenFileError(Exception):
    """A file whose content cannot be used."""


class StateFile[S](Store[JsonObject]):
    """One file under ``.storage``. Everything but the file work itself runs in the event loop."""

    def __init__(
        self,
        hass: HomeAssistant,
        shape: type[S],
        take: Callable[[State], S],
        steps: tuple[migrations.Step, ...],
        delay: float,
        on_problem: ProblemListener,
    ) -> None:
        """Prepare the file, which ``take`` makes snapshots for; nothing is read yet.

        A change waits for at most ``delay`` seconds.
        """
        major, minor = migrations.current_version(steps)
        super().__init__(
            hass,
            major,
            f"{DOMAIN}.{shape.__name__.lower()}",
            private=True,
            atomic_writes=True,
            minor_version=minor,
            serialize_in_event_loop=False,
        )
        self._shape = shape
        self._take = take
        self._steps = steps
        self._delay = delay
        self._on_problem = on_problem
        self._state = State()
        self._timer: asyncio.TimerHandle | None = None
        self._failing = False
        # Before the file is read, saving would overwrite it with nothing.
        self._open = False

    async def async_read(self) -> tuple[S, tuple[StorageProblem, ...]]:
        """Read the file, or as much of it as can be understood.

        Raises ``HomeAssistantError`` when the disk does not give the file out:
        then nothing is known about it, and trying later is right.
        """
        content = self._shape()
        faults: tuple[str, ...] = ()
        problems: tuple[StorageProblem, ...] = ()
        try:
            # The Store itself would move a broken file aside without telling us.
            await self.hass.async_add_executor_job(_check, self.path)
            # Home Assistant lists the folder once, at its start; a file put back by hand came later.
            self._manager.async_invalidate(self.key)
            data = await self.async_load()
            if data is not None:
                content, faults = await self.hass.async_add_executor_job(read, self._shape, data)
        except UnsupportedStorageVersionError as error:
            problems = (await self._async_keep(ProblemKind.NEWER, str(error), os.rename),)
        except _BrokenFileError as error:
            problems = (await self._async_keep(ProblemKind.BROKEN, str(error), os.rename),)
        if faults:
            more = f"; and {len(faults) - FAULTS_TOLD} more" if len(faults) > FAULTS_TOLD else ""
            told = "; ".join(faults[:FAULTS_TOLD]) + more
            problems = (await self._async_keep(ProblemKind.PARTLY_BROKEN, told, _copy),)
        self._open = True
        return content, problems

    @callback
    def schedule(self, state: State) -> None:
        """Save soon. The wait begins with the first change; those that follow do not prolong it."""
        self._state = state
        if self._open and self._timer is None:
            self._timer = self.hass.loop.call_later(RETRY_DELAY if self._failing else self._delay, self._due)

    async def async_save_now(self, state: State) -> bool:
        """Save, and wait for it; says whether it is saved. A failure is told to the listener and tried again."""
        self._state = state
        if self._open:
            self._cancel()
            await self.async_save(self._snapshot())
        return self._open and not self._failing

    @callback
    def close(self) -> None:
        """Save no more. What waits for the end of Home Assistant is still written."""
        self._open = False
        self._cancel()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        self.hass.async_create_task(self.async_save(self._snapshot()), f"Save {self.key}")

    def _snapshot(self) -> Any:
        """Copy the tables: ``_async_write_data`` makes JSON of them where it does not hold up the loop."""
        return self._take(self._state)

    @override
    async def _async_migrate_func(
        self, old_major_version: int, old_minor_version: int, old_data: JsonObject
    ) -> JsonObject:
        try:
            return migrations.upgrade(old_data, (old_major_version, old_minor_version), self._steps)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise _BrokenFileError(
                f"its version {old_major_version}.{old_minor_version} cannot be upgraded: {type(error).__name__}"
            ) from error

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        try:
            content = await self.hass.async_add_executor_job(content_of, data["data"])
            await super()._async_write_data({**data, "data": content})
        except Exception as error:
            self._written(error)
            raise WriteError(error) from error
        self._written(None)

    def _written(self, error: Exception | None) -> None:
        """Try a failed write again; tell when writing begins to fail and when it works again."""
        failed = error is not None
        if failed != self._failing:
            self._failing = failed
            self._on_problem(
                StorageProblem(
                    what=ProblemKind.CANNOT_SAVE,
                    file=self.path,
                    detail=str(error or ""),
                    solved=not failed,
                )
            )
        if failed:
            self.schedule(self._state)

    async def _async_keep(self, what: ProblemKind, detail: str, keep: Callable[[str, str], object]) -> StorageProblem:
        """Move or copy the file aside. Where that fails, it is never written to."""
        LOGGER.error("%s: %s: %s", self.path, what, detail)
        aside = str(path_aside(Path(self.path)))
        try:
            await self.hass.async_add_executor_job(keep, self.path, aside)
        except OSError as error:
            LOGGER.error("%s cannot be kept aside: %s", self.path, error)
            self.make_read_only()
            return StorageProblem(what=what, file=self.path, detail=detail)
        return StorageProblem(what=what, file=self.path, detail=detail, kept_as=aside)


class HubStore:
    """Loads the engine's state once, then saves it as it changes.

    Registry changes are written a second later, statuses at most every half
    minute. All methods belong in the event loop.
    """

    def __init__(self, hass: HomeAssistant, on_problem: ProblemListener) -> None:
        """Prepare both files. ``on_problem`` hears when saving begins to fail and when it works again."""
        self._registry = StateFile(hass, Registry, Registry.of, migrations.REGISTRY_STEPS, REGISTRY_DELAY, on_problem)
        self._status = StateFile(hass, Status, Status.of, migrations.STATUS_STEPS, STATUS_DELAY, on_problem)

    async def async_load(self) -> Loaded:
        """Read both files; what is missing or cannot be understood starts empty.

        Raises ``HomeAssistantError`` while the disk does not give a file out; try later.
        """
        registry, registry_problems = await self._registry.async_read()
        status, status_problems = await self._status.async_read()
        state = state_of(registry, status)
        if any(problem.what is ProblemKind.PARTLY_BROKEN for problem in registry_problems + status_problems):
            # A whole file at the next start: else the same would be reported, and copied, every time.
            self.schedule_registry(state)
            self.schedule_status(state)
        return Loaded(state=state, problems=registry_problems + status_problems)

    @callback
    def schedule_registry(self, state: State) -> None:
        """Save the configuration within a second; costs the same however large it is."""
        self._registry.schedule(state)

    @callback
    def schedule_status(self, state: State) -> None:
        """Save the statuses within half a minute; costs the same however many there are."""
        self._status.schedule(state)

    async def async_save_now(self, state: State) -> bool:
        """Save everything and wait for it; says whether it is saved.

        Failures go to ``on_problem``, and are tried again.
        """
        registry_saved = await self._registry.async_save_now(state)
        return await self.async_save_status_now(state) and registry_saved

    async def async_save_status_now(self, state: State) -> bool:
        """Save the statuses and wait for it; says whether they are saved."""
        return await self._status.async_save_now(state)

    @callback
    def close(self) -> None:
        """Save nothing from now on; call ``async_save_now`` before."""
        self._registry.close()
        self._status.close()

    async def async_remove(self) -> None:
        """Delete both files, when the hub is removed; what was moved aside stays."""
        self.close()
        await self._registry.async_remove()
        await self._status.async_remove()


def _check(path: str) -> None:
    """Raise ``_BrokenFileError`` for a file that is no storage file, ``HomeAssistantError`` if it cannot be read."""
    try:
        data = load_json(path)
    except HomeAssistantError as error:
        if isinstance(error.__cause__, JSON_DECODE_EXCEPTIONS):
            raise _BrokenFileError(str(error.__cause__)) from error
        raise
    if data != {} and not (
        isinstance(data, dict)
        and type(data.get("version")) is int
        and type(data.get("minor_version", 1)) is int
        and isinstance(data.get("data"), dict)
    ):
        raise _BrokenFileError("it has no version or no data")


def _copy(path: str, aside: str) -> None:
    """Copy a file, or leave nothing of the copy. Raises ``OSError``."""
    try:
        shutil.copy2(path, aside)
    except OSError:
        Path(aside).unlink(missing_ok=True)
        raise
