"""Keeps the alarm's state on disk, and holds back what a change of it leads to until it is there.

A step that changes the alarm is taken over in memory at once. Its commands and tellings wait, in the order of the
steps, until the journal has the change, which takes about a millisecond. A disk that fails, or has not answered within
a second, must not keep an alarm from sounding: then they go on all the same, and people are told that a restart would
not know of it. What a crash may forget (``alarm_records.may_wait``) waits for no disk, and is written by and by.

What comes once and must reach somebody outside (``alarm_records.ONCE``) is in the same append, and goes when it was
told; what is still there at the next start is told again. So are commands that a call for help gave.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN, LOGGER
from .engine.alarm.status import PartitionStatus
from .engine.effects import AlarmTold, Decided, SendCommand
from .engine.model import PendingCommand
from .engine.state import Transition
from .storage import alarm_records as records
from .storage.alarm_records import Kept
from .storage.journal import JOURNAL, Journal, JournalError
from .storage.problems import ProblemKind, StorageProblem

# So many seconds may the disk take until the alarm acts without it.
PATIENCE: Final = 1.0
RETRY_DELAY: Final = 10.0
# So many seconds may pass until what a crash may forget is written.
LAZY_DELAY: Final = 30.0
_NOTHING: Final = object()

type Sending = Collection[asyncio.Future[None]]


class Teller(Protocol):
    """Who hears how the keeping goes. ``unstored``: a restart would not know of what the alarm did."""

    def storage_problem(self, problem: StorageProblem) -> None:
        """Take a problem with the journal's file."""

    def alarm_unstored(self, detail: str | None) -> None:
        """Take why the alarm's state is not on disk, or ``None`` when it is again."""


@dataclass(slots=True, kw_only=True)
class _Held:
    """One step that waits. ``told`` is done with what is being sent, once it was carried out.

    That is nothing where the disk has what is to be sent: ``kept`` are its keys there, and it is ``stored``.
    """

    transition: Transition
    told: asyncio.Future[Sending]
    once: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    ready: bool = False
    stored: bool = False
    patience: asyncio.TimerHandle | None = field(default=None, repr=False)


class AlarmKeeper:
    """Keeps one hub's alarm. All methods belong in the event loop."""

    def __init__(
        self, hass: HomeAssistant, folder: Path, teller: Teller, carry_out: Callable[[Transition], Sending]
    ) -> None:
        """Keep the journal in ``folder``; ``carry_out`` sends and tells what a step wants, and must not wait."""
        self._loop = hass.loop
        self._teller = teller
        self._carry_out = carry_out
        self._journal = Journal(folder / JOURNAL, self._file_problem)
        self._held: deque[_Held] = deque()
        # By key, what was given to the journal last, until it has it; and what of that it failed to take.
        self._newest: dict[str, object] = {}
        self._unstored: dict[str, object] = {}
        self._given = records.Given()
        # By key, what goes with the next write.
        self._lazy: dict[str, object] = {}
        self._lazy_timer: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._late = False
        self._failure: str | None = None
        self._troubled = False
        self._started = self._closed = self._busy = False
        self._stored_once: tuple[str, ...] = ()
        self._stored_commands: tuple[str, ...] = ()
        # Done once all that was told up to now is on disk elsewhere, so that it need not be known here any more.
        self.handed_on: Callable[[], asyncio.Future[None]] | None = None
        self._handing_on: set[asyncio.Future[None]] = set()

    async def async_open(self) -> Kept:
        """Read the journal. Raises ``JournalError`` while the disk does not give it out."""
        kept = records.read(await self._journal.async_open())
        self._stored_once, self._stored_commands = kept.untold_keys, kept.command_keys
        self._given = records.Given(kept)
        return kept

    @property
    def waiting(self) -> int:
        """How many steps are held back at the moment."""
        return len(self._held)

    @staticmethod
    def concerns(transition: Transition) -> bool:
        """Whether a step is to be held back: it changes the alarm, or tells something of it that must be in order."""
        return "alarm" in transition.changes.tables or any(
            isinstance(effect, AlarmTold) for effect in transition.effects
        )

    @callback
    def hold(self, transition: Transition, commands: Iterable[PendingCommand] = ()) -> asyncio.Future[Sending]:
        """Store what a step changed, then carry it out; the future is done then, or cancelled as the hub ends.

        ``commands`` are those of the step that a crash must not forget before they are sent.
        """
        if self._closed:
            dropped: asyncio.Future[Sending] = self._loop.create_future()
            dropped.cancel()
            return dropped
        changes, may_wait = self._given.changes(transition.changes)
        once = {
            f"{records.TELL}{uuid4().hex}": records.stored(effect)
            for effect in transition.effects
            if isinstance(effect, AlarmTold) and records.is_once(effect)
        }
        held = _Held(transition=transition, told=self._loop.create_future(), once=tuple(once))
        self._held.append(held)
        if once or not may_wait:
            to_send = records.to_send(commands)
            held.kept = tuple(to_send)
            self._store({**changes, **once, **to_send}, held)
        else:
            held.ready = True
            self._store_later(changes)
        self._go_on()
        return held.told

    @callback
    def told_after(self, transition: Transition) -> bool:
        """Have a step told after what is held back, where that tells of the same inputs; says whether it will be.

        Its commands are not: they have left. An input must not be told to be clear before it is told why it was active.
        """
        held_back = set[str]().union(*(_inputs(held.transition) for held in self._held))
        if not held_back.isdisjoint(_inputs(transition)):
            effects = tuple(effect for effect in transition.effects if not isinstance(effect, SendCommand))
            told = replace(transition, effects=effects)
            self._held.append(_Held(transition=told, told=self._loop.create_future(), ready=True))
            return True
        return False

    @callback
    def forget(self, partition_ids: Collection[str], lockouts: Mapping[str, PartitionStatus | None]) -> None:
        """Delete the statuses of partitions that are gone; what is counted of their codes stays, or (``None``) goes."""
        self._store(self._given.forget(partition_ids, lockouts))

    @callback
    def sent_again(self, sending: Sending) -> None:
        """Forget the commands that an earlier run kept, once what is being sent has left."""
        self._forget_sent(self._stored_commands, sending)

    @callback
    def start(self) -> None:
        """Carry out what waits since ``async_open``, and from now on everything once it is stored."""
        self._started = True
        if self._stored_once:
            # What was to be told again waits before everything else, and need not be known any more once it was.
            self._forget_told(self._stored_once)
        self._go_on()

    async def async_told(self) -> None:
        """Wait until everything held back up to now was carried out. Raises ``HomeAssistantError`` if the hub ends."""
        if self._held:
            await asyncio.wait([told := self._held[-1].told])
            if not told.cancelled():
                return
        elif not self._closed:
            return
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_running")

    async def async_close(self) -> None:
        """Carry out what waits, unless it never began, then close the journal. What comes later is dropped."""
        while self._started and self._held:
            await self.async_told()
        if self._handing_on:
            await asyncio.wait(tuple(self._handing_on), timeout=PATIENCE)
            # What is done calls back in the next turn of the loop.
            await asyncio.sleep(0)
        self._closed = True
        for held in self._held:
            self._settle(held)
            held.told.cancel()
        self._held.clear()
        for timer in (self._retry, self._lazy_timer):
            if timer is not None:
                timer.cancel()
        self._store_lazy()
        await self._journal.async_close()

    def _store_later(self, changes: Mapping[str, object]) -> None:
        """Append changes with the next ones, or in a while."""
        self._lazy.update(changes)
        if self._lazy and self._lazy_timer is None:
            self._lazy_timer = self._loop.call_later(LAZY_DELAY, self._store_lazy)

    def _store_lazy(self) -> None:
        self._lazy_timer = None
        if self._lazy:
            self._store({})

    def _store(self, changes: Mapping[str, object], held: _Held | None = None) -> None:
        """Append changes, and with them what could not be written before or could wait."""
        changes = {**self._unstored, **self._lazy, **changes}
        self._lazy.clear()
        self._newest.update(changes)
        try:
            done = self._journal.async_append(changes)
        except JournalError as error:
            self._appended(changes, held, error)
            return
        if held is not None:
            if self._late:
                held.ready = True
            else:
                held.patience = self._loop.call_later(PATIENCE, self._lose_patience, held)
        done.add_done_callback(lambda done: self._appended(changes, held, done.exception()))

    def _appended(self, changes: Mapping[str, object], held: _Held | None, error: BaseException | None) -> None:
        for key, value in changes.items():
            if self._newest.get(key, _NOTHING) is not value:
                # A newer one is on its way.
                continue
            if error is None:
                self._unstored.pop(key, None)
                del self._newest[key]
            else:
                self._unstored[key] = value
        self._late = False
        self._failure = str(error) if error is not None else None
        self._tell_trouble()
        if held is not None:
            self._settle(held)
            held.ready, held.stored = True, error is None
        self._go_on()

    def _lose_patience(self, late: _Held) -> None:
        late.patience = None
        self._late = True
        for held in self._held:
            held.ready = True
        self._tell_trouble()
        self._go_on()

    def _tell_trouble(self) -> None:
        """Say whether a restart would know of everything, and try again where it would not."""
        troubled = self._late or bool(self._unstored)
        if troubled != self._troubled:
            self._troubled = troubled
            problem = self._failure or "The disk does not answer"
            if troubled:
                LOGGER.error("What the alarm does is not on disk, and a restart would not know of it: %s", problem)
            self._teller.alarm_unstored(problem if troubled else None)
        if self._unstored and self._retry is None and not self._closed:
            self._retry = self._loop.call_later(RETRY_DELAY, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        if self._unstored:
            self._store({})

    def _go_on(self) -> None:
        """Carry out, in order, what is ready. Called anew while at it, it leaves that to the first call."""
        if self._busy or not self._started:
            return
        self._busy = True
        try:
            while self._held and self._held[0].ready:
                self._finish(self._held[0])
        finally:
            self._busy = False

    def _finish(self, held: _Held) -> None:
        self._settle(held)
        sending: Sending = ()
        try:
            sending = self._carry_out(held.transition)
        except Exception:  # noqa: BLE001 - a fault of ours in telling must not stop the alarm
            LOGGER.exception("Not everything that a change of the alarm leads to could be done")
        self._held.popleft()
        self._forget_sent(held.kept, sending)
        if not held.told.done():
            held.told.set_result(() if held.kept and held.stored else sending)
        if held.once:
            self._forget_told(held.once)

    def _forget_told(self, keys: Collection[str]) -> None:
        """Forget what was to be told, once those who tell it outside have it on disk; else the next start tells it."""
        if self.handed_on is None:
            self._store(dict.fromkeys(keys))
            return
        handing_on = self.handed_on()

        def done(_: asyncio.Future[None]) -> None:
            self._handing_on.discard(handing_on)
            if not self._closed and not handing_on.cancelled() and handing_on.exception() is None:
                self._store(dict.fromkeys(keys))

        self._handing_on.add(handing_on)
        handing_on.add_done_callback(done)

    def _forget_sent(self, keys: Collection[str], sending: Sending) -> None:
        """Forget commands once they were sent. What is not by the end of the hub is sent by the next run."""

        def sent(_: object) -> None:
            if not self._closed:
                self._store(dict.fromkeys(keys))

        if keys:
            asyncio.gather(*sending, return_exceptions=True).add_done_callback(sent)

    @staticmethod
    def _settle(held: _Held) -> None:
        if held.patience is not None:
            held.patience.cancel()
            held.patience = None

    def _file_problem(self, problem: StorageProblem) -> None:
        """Pass on what is wrong with the file; that it cannot be written is told in the alarm's own words."""
        if problem.what is not ProblemKind.CANNOT_SAVE:
            self._teller.storage_problem(problem)


def _inputs(transition: Transition) -> set[str]:
    """Return the inputs that a step decided about."""
    return {effect.decision.input_key for effect in transition.effects if isinstance(effect, Decided)}


def handed_over(told: asyncio.Future[Sending]) -> asyncio.Future[None]:
    """Return what is done once a step that was held back was carried out and its commands have left.

    Never, if the hub ends before: what caused them then has to come again.
    """
    handled: asyncio.Future[None] = told.get_loop().create_future()

    def carried_out(_: asyncio.Future[Sending]) -> None:
        if told.cancelled():
            return
        sending = [each for each in told.result() if not each.done()]
        left = len(sending)

        def one_left(_: object = None) -> None:
            nonlocal left
            left -= 1
            if left <= 0 and not handled.done():
                handled.set_result(None)

        for each in sending:
            each.add_done_callback(one_left)
        if not sending:
            one_left()

    told.add_done_callback(carried_out)
    return handled
