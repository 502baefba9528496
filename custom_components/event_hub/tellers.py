"""Who in the hub hears what a step did. One of them that fails keeps none of the others from hearing it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback

from .alarm_board import discreet
from .const import LOGGER
from .engine.alarm.effects import Passed
from .engine.alarm.problems import PassReason
from .engine.effects import AlarmSetUp, AlarmTold, CommandProgressed, Decided, Detected, Effect, SendCommand
from .engine.state import Transition
from .storage.activity_alarm import logged

if TYPE_CHECKING:
    from .hub import Hub

# Only after an alarm of its zone is anything passed over for this.
_OF_AN_ALARM: Final = (PassReason.SWUNG_OUT, PassReason.IN_ALARM)


class Tellers:
    """Tells what steps did to the parts of one hub, in order. All methods belong in the event loop."""

    def __init__(self, hub: Hub) -> None:
        """Tell nothing yet."""
        self._hub = hub

    @callback
    def tell_all(self, transition: Transition) -> None:
        """Tell everybody what a step changed, what it led to, and that it is over."""
        hub, changes = self._hub, transition.changes
        if hub.state.partitions or "partitions" in changes.tables or "code_users" in changes.tables:
            self._try(hub.alarm.board.announce, transition)
        for effect in transition.effects:
            self.tell(effect)
        self._try(hub.announcer.changes, changes)
        self._try(hub.feed.tell, transition)

    @callback
    def tell(self, effect: Effect) -> None:
        """Tell everybody an effect that is not theirs to carry out."""
        hub, outside = self._hub, effect
        match effect:
            case SendCommand():
                return
            case AlarmTold():
                effect = discreet(effect)
                for hear in (hub.alarm.board.effect, hub.notices.alarm.handle, self._log_alarm):
                    self._try(hear, effect)
            case AlarmSetUp():
                self._try(hub.alarm.board.set_up, effect)
                self._try(self._log, effect)
            case _:
                self._try(self._log, effect)
        self._try(hub.counters.count, effect)
        self._try(hub.notices.handle, effect)
        # Before those who ask whether it is on disk. Outside is told what must not show here.
        self._try(hub.telling.effect, outside)
        self._try(hub.times.effect, effect)
        self._try(hub.announcer.effect, effect)

    def _try[T](self, hear: Callable[[T], object], what: T) -> None:
        try:
            hear(what)
        except Exception:  # noqa: BLE001 - whatever it is, the others must hear of an alarm
            self._hub.counters.errors += 1
            LOGGER.exception("Something that happened could not be told everywhere")

    def _log(self, effect: Effect) -> None:
        match effect:
            case Decided(decision=decision):
                self._hub.activity.add_decision(decision)
            case CommandProgressed():
                self._hub.activity.add_command(effect)
            case Detected():
                # The decision about the picture has it in words.
                pass
            case _:
                self._hub.activity.add_event(effect, self._hub.now())

    def _log_alarm(self, told: AlarmTold) -> None:
        event = None if self._gives_away(told) else logged(told)
        if event is not None:
            self._hub.activity.add_event(event, self._hub.now())

    def _gives_away(self, told: AlarmTold) -> bool:
        """Whether that something was passed over tells that a silent zone had its alarm."""
        if not isinstance(told.effect, Passed) or told.effect.reason not in _OF_AN_ALARM:
            return False
        partition = self._hub.state.partitions.get(told.partition_id)
        zone = None if partition is None else partition.zones.get(told.effect.zone or "")
        return zone is not None and zone.silent
