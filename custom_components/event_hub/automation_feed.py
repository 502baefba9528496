"""Hands what a hub finds out to automations, which are there before it starts and outlive its reloads.

They wait in Home Assistant, by what they wait for and by whose it is: an event costs the same however many
automations wait for others. They are told a moment after entities were, so that what they look at has changed too.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .announcer import ANNOUNCE_DELAY
from .const import DOMAIN, LOGGER
from .engine.effects import Decided, Detected, SourceBack, SourceLost
from .engine.model import InputStatus
from .engine.state import Changes, Transition

if TYPE_CHECKING:
    from .hub import Hub

# States are written a moment after ``ANNOUNCE_DELAY``.
TELL_DELAY: Final = 2 * ANNOUNCE_DELAY
# Waits for whatever it is about.
ANY: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampered:
    """Somebody tampers with an input. No effect of the engine: its status says so from now on."""

    input_key: str


FACTS: Final = (Decided, Detected, SourceLost, SourceBack)

type Fact = Decided | Detected | SourceLost | SourceBack | Tampered
type Listener = Callable[[Hub, Any], None]


def key_of(fact: Fact) -> str:
    """Return whose fact it is: the key of an input, or the id of a source."""
    match fact:
        case Decided(decision=decision):
            return decision.input_key
        case SourceLost(source_id=source_id) | SourceBack(source_id=source_id):
            return source_id
        case _:
            return fact.input_key


class Audience:
    """Who waits for which facts, hub or no hub. One for a Home Assistant: ``audience_of``."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nobody."""
        self._hass = hass
        self._listeners: defaultdict[tuple[type, str], list[Listener]] = defaultdict(list)
        self._waiting: deque[tuple[Listener, Hub, Fact]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_there(self) -> bool:
        """Whether anybody waits for anything."""
        return bool(self._listeners)

    @callback
    def listen(self, kind: type[Fact], keys: Collection[str] | None, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with the hub and each fact about one of ``keys``, ``None``: any; returns how to stop."""
        places = [(kind, key) for key in ((ANY,) if keys is None else keys)]
        for place in places:
            self._listeners[place].append(listener)

        def stop() -> None:
            for place in places:
                self._listeners[place].remove(listener)
                if not self._listeners[place]:
                    del self._listeners[place]

        return stop

    @callback
    def hear(self, hub: Hub, fact: Fact) -> None:
        """Tell a fact to those who wait for it, in a moment."""
        for key in (key_of(fact), ANY):
            for listener in self._listeners.get((type(fact), key), ()):
                self._waiting.append((listener, hub, fact))
        if self._waiting and self._timer is None:
            self._timer = self._hass.loop.call_later(TELL_DELAY, self.tell_now)

    @callback
    def tell_now(self) -> None:
        """Tell at once what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, deque()
        for listener, hub, fact in waiting:
            try:
                listener(hub, fact)
            except Exception:  # noqa: BLE001 - one automation's fault must not keep the others from being told
                LOGGER.exception("An automation could not be told")


_AUDIENCE: Final[HassKey[Audience]] = HassKey(f"{DOMAIN}_audience")


@callback
def audience_of(hass: HomeAssistant) -> Audience:
    """Return who waits in this Home Assistant."""
    if _AUDIENCE not in hass.data:
        hass.data[_AUDIENCE] = Audience(hass)
    return hass.data[_AUDIENCE]


class AutomationFeed:
    """One hub's way to its audience."""

    def __init__(self, hub: Hub) -> None:
        """Begin before anything happens in the hub."""
        self._hub = hub
        self._audience = audience_of(hub.hass)
        self._tampered: set[str] | None = None
        self._closed = False

    @callback
    def tell(self, transition: Transition) -> None:
        """Tell what a step brought, once it is done. The first one is the start, which changes no input."""
        if self._audience.is_there:
            for effect in transition.effects:
                if isinstance(effect, FACTS):
                    self._audience.hear(self._hub, effect)
        self._look_for_tampering(transition.changes)
        if self._closed:
            self._audience.tell_now()

    @callback
    def close(self) -> None:
        """Let nothing wait any more: what does is told at once, and so is what its hub still finds out."""
        self._closed = True
        self._audience.tell_now()

    def _look_for_tampering(self, changes: Changes) -> None:
        if self._tampered is None:
            self._tampered = {key for key, status in self._hub.state.input_status.items() if status.tamper}
            return
        for key, status in changes.of("input_status").items():
            if not isinstance(status, InputStatus) or not status.tamper:
                self._tampered.discard(key)
            elif key not in self._tampered:
                self._tampered.add(key)
                self._audience.hear(self._hub, Tampered(input_key=key))
