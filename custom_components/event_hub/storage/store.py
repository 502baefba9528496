"""The hub's memory across restarts: the registry and the statuses, in two files.

Home Assistant's ``Store`` reads and writes them. Added here is what it does
not do: nothing unreadable is ever overwritten, a failed write is noticed and
tried again, a steady stream of changes does not put the saving off, and only
the copying of tables happens in the event loop.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
import shutil
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, UnsupportedStorageVersionError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError
from homeassistant.util.json import JSON_DECODE_EXCEPTIONS, load_json

from ..const import DOMAIN, LOGGER
from ..engine.state import State
from . import migrations
from .encode import JsonObject, to_json_object
from .migrations import Migrations, Version
from .problems import ProblemKind, ProblemListener, StorageProblem
from .schema import Registry, Status, read, state_of

RETRY_SECONDS: Final = 60.0
FAULTS_TOLD: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was read, and what people should know about it."""

    state: State
    problems: tuple[StorageProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind[S: (Registry, Status)]:
    """Which file: its key under ``.storage``, its shape, its steps, and how long a change may wait (seconds)."""

    key: str
    shape: type[S]
    migrations: Migrations
    delay: float


REGISTRY: Final = FileKind(
    key=DOMAIN, shape=Registry, migrations=migrations.REGISTRY, delay=1.0
)
STATUS: Final = FileKind(
    key=f"{DOMAIN}.status", shape=Status, migrations=migrations.STATUS, delay=30.0
)


class _File[S: (Registry, Status)](Store[JsonObject]):
    """One file. Everything but the file work itself runs in the event loop."""

    def __init__(
        self,
        hass: HomeAssistant,
        kind: FileKind[S],
        take: Callable[[], S],
        on_problem: ProblemListener,
    ) -> None:
        """Prepare the file, which ``take`` gives the snapshots for; nothing is read yet."""
        major, minor = kind.migrations.version
        super().__init__(
            hass,
            major,
            kind.key,
            private=True,
            atomic_writes=True,
            minor_version=minor,
            serialize_in_event_loop=False,
        )
        self._kind = kind
        self._take = take
        self._on_problem = on_problem
        self._scheduled = False
        self._failing = False
        # Before the file is read, saving would overwrite it with nothing.
        self._open = False

    async def async_read(self) -> tuple[S, tuple[StorageProblem, ...]]:
        """Read the file, or as much of it as can be understood.

        Raises ``HomeAssistantError`` when the disk does not give the file out:
        then nothing is known about it, and trying later is right.
        """
        content, problems = await self._async_understand()
        self._open = True
        if any(problem.kind is ProblemKind.PARTLY_UNREADABLE for problem in problems):
            # A clean file at the next start: else the same would be reported, and copied, every time.
            self.schedule()
        return content, problems

    async def _async_understand(self) -> tuple[S, tuple[StorageProblem, ...]]:
        try:
            # The Store would set aside what is no JSON without telling us.
            await self.hass.async_add_executor_job(load_json, self.path)
            data = await self.async_load()
            if data is None:
                return self._kind.shape(), ()
            content, faults = await self.hass.async_add_executor_job(read, self._kind.shape, data)
        except UnsupportedStorageVersionError as error:
            return self._kind.shape(), (await self._async_move(ProblemKind.NEWER, error),)
        except HomeAssistantError as error:
            if not isinstance(error.__cause__, JSON_DECODE_EXCEPTIONS):
                raise
            return self._kind.shape(), (await self._async_move(ProblemKind.UNREADABLE, error),)
        except Exception as error:  # noqa: BLE001 - strange files raise strange errors, in Store too
            return self._kind.shape(), (await self._async_move(ProblemKind.UNREADABLE, error),)
        return content, (await self._async_copy(faults),) if faults else ()

    @callback
    def schedule(self) -> None:
        """Save soon. The wait begins with the first change; those that follow do not prolong it."""
        if self._open and not self._scheduled:
            self._scheduled = True
            delay = RETRY_SECONDS if self._failing else self._kind.delay
            self.async_delay_save(self._snapshot, delay)

    async def async_save_now(self) -> None:
        """Save, and wait for it. A failure is told to the listener and tried again."""
        if self._open:
            await self.async_save(self._snapshot())

    async def async_close(self) -> None:
        """Save a last time, after any write that runs already."""
        if self._open:
            self._open = False
            await self.async_save(self._snapshot())

    def _snapshot(self) -> Any:
        self._scheduled = False
        return self._take()

    @override
    async def _async_migrate_func(
        self, old_major_version: int, old_minor_version: int, old_data: JsonObject
    ) -> JsonObject:
        """Upgrade, and check before the Store writes the result over the old file."""
        version: Version = (old_major_version, old_minor_version)
        data = self._kind.migrations.upgrade(old_data, version)
        read(self._kind.shape, data)
        return data

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        """Copy in the event loop, because the tables must agree; do the rest in the executor."""
        if "data_func" in data:
            data["data"] = data.pop("data_func")()
        try:
            data["data"] = await self.hass.async_add_executor_job(to_json_object, data["data"])
            await super()._async_write_data(data)
        except Exception as error:
            self._written(error)
            raise WriteError(error) from error
        self._written(None)

    @callback
    def _written(self, error: Exception | None) -> None:
        """Try a failed write again; tell when writing begins to fail and when it works again."""
        failed = error is not None
        changed = failed != self._failing
        self._failing = failed
        if failed:
            self.schedule()
        if changed:
            detail = "" if error is None else str(error)
            self._on_problem(self._problem(ProblemKind.CANNOT_SAVE, detail, solved=not failed))

    async def _async_copy(self, faults: tuple[str, ...]) -> StorageProblem:
        for fault in faults:
            LOGGER.error("%s: left out %s", self.path, fault)
        more = len(faults) - FAULTS_TOLD
        told = "; ".join(faults[:FAULTS_TOLD]) + (f"; and {more} more" if more > 0 else "")
        kept_as = await self._async_keep(shutil.copy2)
        return self._problem(ProblemKind.PARTLY_UNREADABLE, told, kept_as=kept_as)

    async def _async_move(self, kind: ProblemKind, error: Exception) -> StorageProblem:
        detail = str(error) or type(error).__name__
        LOGGER.error("%s cannot be used: %s", self.path, detail)
        return self._problem(kind, detail, kept_as=await self._async_keep(shutil.move))

    async def _async_keep(self, keep: Callable[[str, str], object]) -> str | None:
        """Move or copy the file aside. Where that fails, it is never written to."""
        aside = f"{self.path}.corrupt.{dt_util.utcnow().isoformat()}"
        try:
            await self.hass.async_add_executor_job(keep, self.path, aside)
        except OSError as error:
            with suppress(OSError):
                await self.hass.async_add_executor_job(Path(aside).unlink)
            LOGGER.error("%s cannot be kept aside: %s", self.path, error)
            self.make_read_only()
            return None
        return aside

    def _problem(
        self, kind: ProblemKind, detail: str, *, kept_as: str | None = None, solved: bool = False
    ) -> StorageProblem:
        return StorageProblem(
            kind=kind, path=self.path, detail=detail, kept_as=kept_as, solved=solved
        )


class HubStore:
    """Loads the engine's state once, then saves it as it changes.

    Registry changes are written a second later, statuses at most every half
    minute, and both when Home Assistant stops. All methods belong in the event loop.
    """

    def __init__(self, hass: HomeAssistant, on_problem: ProblemListener) -> None:
        """Prepare both files. ``on_problem`` hears when saving begins to fail and when it works again."""
        self._get_state: Callable[[], State] = State
        self._registry = _File(
            hass, REGISTRY, lambda: Registry.of(self._get_state()), on_problem
        )
        self._status = _File(hass, STATUS, lambda: Status.of(self._get_state()), on_problem)

    async def async_load(self) -> Loaded:
        """Read both files; what is missing or cannot be understood starts empty.

        The state returned is the one that will be saved, unless ``bind`` names another.
        Raises ``HomeAssistantError`` when the disk does not give a file out; try later.
        """
        registry, registry_problems = await self._registry.async_read()
        status, status_problems = await self._status.async_read()
        state = state_of(registry, status)
        self.bind(lambda: state)
        return Loaded(state=state, problems=registry_problems + status_problems)

    @callback
    def bind(self, get_state: Callable[[], State]) -> None:
        """Save what ``get_state`` returns at the time of saving."""
        self._get_state = get_state

    @callback
    def schedule_registry(self) -> None:
        """Save the configuration within a second; costs the same however large it is."""
        self._registry.schedule()

    @callback
    def schedule_status(self) -> None:
        """Save the statuses within half a minute; costs the same however many there are."""
        self._status.schedule()

    async def async_save_now(self) -> None:
        """Save everything and wait for it. Failures go to ``on_problem``, and are tried again."""
        await self._registry.async_save_now()
        await self._status.async_save_now()

    async def async_close(self) -> None:
        """Save what waits and nothing from then on, when the hub is unloaded."""
        await self._registry.async_close()
        await self._status.async_close()

    async def async_remove(self) -> None:
        """Delete both files, when the hub is removed; what was set aside stays."""
        await self._registry.async_remove()
        await self._status.async_remove()
