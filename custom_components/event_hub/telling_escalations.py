"""Inputs that stay active, on their way to people: of a zone whose alarm is to be told outside, that comes first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from homeassistant.core import callback

from .engine.effects import EscalationRaised
from .engine.telling.model import Telling
from .telling_producers import escalated, has_untold_alarm

if TYPE_CHECKING:
    from .hub import Hub


class EscalationTellings:
    """Makes tellings of escalations. All methods belong in the event loop."""

    def __init__(self, hub: Hub, post: Callable[[Telling], None]) -> None:
        """Serve a hub; what is to be told goes to ``post``."""
        self._hub = hub
        self._post = post
        self._waiting: list[EscalationRaised] = []

    @callback
    def start(self) -> None:
        """Take what the last run left waiting."""
        state = self._hub.state
        for key, escalation in state.escalations.items():
            if escalation.raised_at is not None and has_untold_alarm(state, key):
                self.take(EscalationRaised(input_key=key, since=escalation.since, at=escalation.raised_at))

    @callback
    def take(self, effect: EscalationRaised) -> None:
        """Take an escalation."""
        self._waiting.append(effect)
        self.go_on()

    @callback
    def go_on(self) -> None:
        """Tell what waits for no alarm any more, and forget what is clear meanwhile."""
        waiting, self._waiting = self._waiting, []
        for effect in waiting:
            if has_untold_alarm(self._hub.state, effect.input_key):
                self._waiting.append(effect)
            elif self._is_still_so(effect):
                self._post(escalated(self._hub.state, effect))

    def _is_still_so(self, effect: EscalationRaised) -> bool:
        escalation = self._hub.state.escalations.get(effect.input_key)
        return escalation is not None and (escalation.since, escalation.raised_at) == (effect.since, effect.at)
