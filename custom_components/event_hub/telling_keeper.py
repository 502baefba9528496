"""Keeps the outbox on disk, and holds back what a step wants done until its change is there.

As with the alarm (``alarm_keeper.py``), a disk that fails, or has not answered within a second, must not keep people
from being told: then it goes on all the same, and is written as soon as the disk takes it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from homeassistant.core import HomeAssistant, callback

from .const import LOGGER
from .engine.telling.encode import changes, decode, encode
from .engine.telling.events import Effect
from .engine.telling.state import Outbox
from .storage.encode import Json
from .storage.journal import Journal, JournalError

PATIENCE: Final = 1.0
RETRY_DELAY: Final = 10.0
# Under this prefix are the buttons that were used; all else is the outbox.
USED: Final = "used."
POSTING: Final = "posting."


@dataclass(slots=True, kw_only=True)
class _Held:
    effects: Sequence[Effect]
    ready: bool = False


class TellingKeeper:
    """Keeps one hub's outbox in a journal. All methods belong in the event loop."""

    def __init__(self, hass: HomeAssistant, journal: Journal, carry_out: Callable[[Effect], None]) -> None:
        """Keep it in ``journal``; ``carry_out`` does what is wanted, and must not wait."""
        self._loop = hass.loop
        self._journal = journal
        self._carry_out = carry_out
        self._outbox = Outbox()
        self._keys: set[str] = set()
        self._held: deque[_Held] = deque()
        self._whole_next = False
        self._retry: asyncio.TimerHandle | None = None
        self._started = self._closed = self._busy = False
        self._last: asyncio.Future[None] | None = None
        self.used: dict[str, float] = {}

    async def async_open(self) -> Outbox:
        """Read the outbox. Raises ``JournalError`` while the disk does not give it out."""
        values = await self._journal.async_open()
        outboxed = {key: value for key, value in values.items() if not key.startswith(USED)}
        for key, at in values.items():
            if key.startswith(USED) and isinstance(at, int | float):
                self.used[key.removeprefix(USED)] = float(at)
        restored = decode(outboxed)
        for garbled in restored.garbled:
            LOGGER.error("Something that was to be told cannot be read, under %s: %s", garbled.key, garbled.problem)
        self._outbox = restored.outbox
        self._keys = set(outboxed)
        # What cannot be read, and what the reading set right, goes with the next write.
        self._whole_next = bool(restored.garbled)
        return restored.outbox

    @callback
    def start(self) -> None:
        """Carry out what waits, and from now on everything once it is stored."""
        self._started = True
        self._go_on()

    @callback
    def keep(self, outbox: Outbox, effects: Sequence[Effect]) -> None:
        """Store what a step changed, then carry out what it wants."""
        held = _Held(effects=effects)
        if effects:
            self._held.append(held)
        changed = self._changes(outbox)
        self._outbox = outbox
        if changed:
            self._append(changed, held)
        else:
            held.ready = True
            self._go_on()

    @callback
    def use(self, name: str, at: float, forget_before: float) -> None:
        """Note that a button was used, and forget those that are too old to be used anyhow."""
        old = [each for each, used_at in self.used.items() if used_at < forget_before]
        for each in old:
            del self.used[each]
        self.used[name] = at
        self._append({USED + name: at} | dict.fromkeys(USED + each for each in old), _Held(effects=()))

    @callback
    def stored(self) -> asyncio.Future[None]:
        """Return what is done once everything up to now is on disk; it fails if the disk did not take it."""
        done: asyncio.Future[None] = self._loop.create_future()
        if self._closed:
            done.cancel()
            return done
        last = self._last

        def settle(_: object = None) -> None:
            if done.done():
                return
            if self._whole_next:
                done.set_exception(JournalError("What is to be told is not on disk"))
                # Whoever asked may look at it or not.
                done.exception()
            else:
                done.set_result(None)

        if last is None or last.done():
            self._loop.call_soon(settle)
        else:
            last.add_done_callback(settle)
        return done

    async def async_close(self) -> None:
        """Write what waits and close; nothing is carried out any more."""
        self._closed = True
        self._held.clear()
        if self._retry is not None:
            self._retry.cancel()
        await self._journal.async_close()

    def _changes(self, outbox: Outbox) -> Mapping[str, Json]:
        if not self._whole_next:
            return cast("Mapping[str, Json]", changes(self._outbox, outbox))
        self._whole_next = False
        return cast("Mapping[str, Json]", dict.fromkeys(self._keys) | encode(outbox))

    def _append(self, changed: Mapping[str, object], held: _Held) -> None:
        self._keys.update(key for key, value in changed.items() if value is not None and not key.startswith(USED))
        try:
            done = self._journal.async_append(changed)
        except JournalError:
            self._appended(changed, held, failed=True)
            return
        patience = self._loop.call_later(PATIENCE, self._lose_patience, held)
        self._last = done

        def appended(_: object) -> None:
            patience.cancel()
            self._appended(changed, held, failed=done.exception() is not None)

        done.add_done_callback(appended)

    def _appended(self, changed: Mapping[str, object], held: _Held, *, failed: bool) -> None:
        if not failed:
            # A channel's may be set again meanwhile; a posting's number is never given out twice.
            self._keys.difference_update(
                key for key, value in changed.items() if value is None and key.startswith(POSTING)
            )
        else:
            # Nobody knows what of it is there: the next write is of everything.
            self._whole_next = True
            if self._retry is None and not self._closed:
                self._retry = self._loop.call_later(RETRY_DELAY, self._try_again)
        held.ready = True
        self._go_on()

    def _try_again(self) -> None:
        self._retry = None
        if self._whole_next:
            self._append(self._changes(self._outbox), _Held(effects=()))

    def _lose_patience(self, held: _Held) -> None:
        held.ready = True
        self._go_on()

    def _go_on(self) -> None:
        """Carry out, in order, what is ready. Called anew while at it, it leaves that to the first call."""
        if self._busy or not self._started or self._closed:
            return
        self._busy = True
        try:
            while self._held and self._held[0].ready:
                for effect in self._held.popleft().effects:
                    try:
                        self._carry_out(effect)
                    except Exception:  # noqa: BLE001 - a fault of ours must not keep the rest from being told
                        LOGGER.exception("Something that was to be told could not be handled")
        finally:
            self._busy = False
