"""Tells entities what changed, shortly after it did.

Announcements wait a few milliseconds: commands leave the machine first, and a
burst of events about one device is told once. Listening and telling cost the
same however many devices there are.

A state that is written costs Home Assistant and its recorder several times what
an event costs the hub. So in a flood of events states follow as a small part of
the time allows, each the newest there is by then; commands and the activity log are not delayed.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from .engine.effects import Decided, Detected, Effect, SourceBack, SourceLost
from .engine.model import Decision
from .engine.state import Changes

ANNOUNCE_DELAY: Final = 0.005
SLICE: Final = 0.005

# An entity is added a moment after the message that asks for it: for so many seconds are so many
# detections kept for it, the newest ones.
UNTOLD_FOR: Final = 30.0
UNTOLD_LIMIT: Final = 10
# How many seconds announcing may take at once, and of every second after that: enough for a thousand
# devices that come back together, while a flood of events leaves the processor to the commands.
BURST: Final = 0.3
SHARE: Final = 0.02
SHARE_IN_PEACE: Final = 0.15
# So many seconds without a new announcement are peace.
PEACE: Final = 0.5
# How long to wait for more allowance.
PAUSE: Final = 0.05
# From here on the newest decision about an input stands for those that still wait.
CROWD: Final = 100
# So many devices are added or brought up to date at once: each takes Home Assistant a millisecond or two.
DEVICES_AT_ONCE: Final = 10


class Topic(StrEnum):
    """What an announcement is about. ``AVAILABILITY`` is a source being lost or back, and nothing else of it.

    ``DEVICES`` is that some came, went, or describe themselves differently. ``ALARM`` is what a
    partition's inputs change of it; its own changes are told at once (``alarm_board.py``).
    """

    SOURCE = "source"
    AVAILABILITY = "availability"
    INPUT = "input"
    OUTPUT = "output"
    IMAGE = "image"
    DEVICES = "devices"
    HUB = "hub"
    ALARM = "alarm"


TABLE_TOPICS: Final = {
    "sources": Topic.SOURCE,
    "source_status": Topic.SOURCE,
    "inputs": Topic.INPUT,
    "input_status": Topic.INPUT,
    "outputs": Topic.OUTPUT,
    "output_status": Topic.OUTPUT,
}
DEVICE_TABLES: Final = ("sources", "inputs", "outputs")

type Listener = Callable[[], None]
type _Told = tuple[Callable[[Any], None], Decision | Detected]


class _Listeners[K, F: Callable[..., None]]:
    """Listeners by key; iteration is over a snapshot, so a listener may leave while told."""

    def __init__(self) -> None:
        self._by_key: defaultdict[K, list[F]] = defaultdict(list)

    def add(self, key: K, listener: F) -> Callable[[], None]:
        self._by_key[key].append(listener)
        return partial(self._remove, key, listener)

    def _remove(self, key: K, listener: F) -> None:
        self._by_key[key].remove(listener)
        if not self._by_key[key]:
            del self._by_key[key]

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def of(self, key: K) -> tuple[F, ...]:
        return tuple(self._by_key[key]) if key in self._by_key else ()


class Announcer:
    """Who wants to know what, and what is still to be told."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with nobody listening."""
        self._loop = hass.loop
        self._changed = _Listeners[tuple[Topic, str], Listener]()
        self._decisions = _Listeners[str, Callable[[Decision], None]]()
        self._detections = _Listeners[str, Callable[[Detected], None]]()
        # What was found in a camera's first pictures, and when, until the entity that tells it is there.
        self._untold: defaultdict[str, deque[tuple[float, Detected]]] = defaultdict(partial(deque, maxlen=UNTOLD_LIMIT))
        # Keys are what to tell, in order; a dict so that a repeat is one. Where every one
        # is told, the value is whom and what. Thousands may wait: none is more than a tuple.
        self._waiting: dict[object, _Told | None] = {}
        # Of the flush to come, or of the one that is at work.
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._allowance = BURST
        self._counted_at = self._asked_at = self._loop.time()

    def listen(self, topic: Topic, key: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` after something about ``key`` changed; returns how to stop."""
        return self._changed.add((topic, key), listener)

    def listen_decisions(self, input_key: str, listener: Callable[[Decision], None]) -> Callable[[], None]:
        """Call ``listener`` with every decision about an input; in a flood with the newest."""
        return self._decisions.add(input_key, listener)

    def listen_detections(self, input_key: str, listener: Callable[[Detected], None]) -> Callable[[], None]:
        """Call ``listener`` with what is found in an input's pictures; in a flood with the newest.

        The first one is told also what was found a moment before, in order.
        """
        for at, untold in self._untold.pop(input_key, ()):
            if self._loop.time() - at < UNTOLD_FOR:
                self._later(self._key_of_one(listener), (listener, untold))
        return self._detections.add(input_key, listener)

    def listen_images(self, device_key: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` when a device has a newer image."""
        return self.listen(Topic.IMAGE, device_key, listener)

    def listen_devices(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` when devices came, went, or describe themselves differently."""
        return self.listen(Topic.DEVICES, "", listener)

    @callback
    def changes(self, changes: Changes) -> None:
        """Announce what a step changed."""
        tables = changes.tables
        if any(table in tables for table in DEVICE_TABLES):
            self._changed_later(Topic.DEVICES, "")
        for table, writes in tables.items():
            topic = TABLE_TOPICS.get(table)
            if topic is None:
                continue
            for key in writes:
                self._changed_later(topic, key)
        if changes.transports or changes.outputs_suspended is not None:
            self._changed_later(Topic.HUB, "")

    @callback
    def effect(self, effect: Effect) -> None:
        """Announce a decision or a detection, and sources that go or come."""
        match effect:
            case Decided(decision=decision):
                for listener in self._decisions.of(decision.input_key):
                    self._later(self._key_of_one(listener), (listener, decision))
            case Detected(input_key=key):
                if key not in self._detections:
                    self._untold[key].append((self._loop.time(), effect))
                for hears in self._detections.of(key):
                    self._later(self._key_of_one(hears), (hears, effect))
            case SourceLost(source_id=key) | SourceBack(source_id=key):
                self._changed_later(Topic.AVAILABILITY, key)

    @callback
    def hub_changed(self) -> None:
        """Announce that a link or a counter of the hub itself changed."""
        self._changed_later(Topic.HUB, "")

    @callback
    def alarm(self, partition_id: str) -> None:
        """Announce that a partition's inputs changed what is shown of it."""
        self._changed_later(Topic.ALARM, partition_id)

    @callback
    def devices_again(self) -> None:
        """Announce once more that devices came: who hears it has had enough at once. Hurries nobody."""
        self._wait((Topic.DEVICES, ""), None)

    @callback
    def image(self, device_key: str) -> None:
        """Announce a newer image."""
        self._changed_later(Topic.IMAGE, device_key)

    @callback
    def close(self) -> None:
        """Tell nobody anything any more."""
        self._closed = True
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _changed_later(self, topic: Topic, key: str) -> None:
        about = (topic, key)
        if about in self._changed:
            self._later(about, None)

    def _tell(self, key: Any, told: _Told | None) -> None:
        if told is not None:
            listener, what = told
            listener(what)
            return
        for look_again in self._changed.of(key):
            look_again()

    def _key_of_one(self, listener: object) -> object:
        """Return a key of its own for what is told one by one, and one for all of it in a flood."""
        return listener if len(self._waiting) > CROWD else object()

    def _later(self, key: object, told: _Told | None) -> None:
        self._asked_at = self._loop.time()
        self._wait(key, told)

    def _wait(self, key: object, told: _Told | None) -> None:
        if self._closed:
            return
        self._waiting[key] = told
        if self._timer is None:
            self._timer = self._loop.call_later(ANNOUNCE_DELAY, self._flush)

    def _flush(self) -> None:
        """Tell what waits, for one time slice and as far as the allowance goes; the rest later."""
        began = now = self._loop.time()
        self._refill(began)
        try:
            while self._waiting and now - began < min(SLICE, self._allowance):
                key = next(iter(self._waiting))
                self._tell(key, self._waiting.pop(key))
                now = self._loop.time()
        finally:
            # What held up the loop in between was not the announcing.
            self._allowance -= min(now - began, 2 * SLICE)
            self._timer = None
            if self._waiting:
                delay = ANNOUNCE_DELAY if self._allowance > 0 else PAUSE
                self._timer = self._loop.call_later(delay, self._flush)

    def _refill(self, now: float) -> None:
        """Let the allowance grow with time, up to a burst."""
        share = SHARE if now - self._asked_at < PEACE else SHARE_IN_PEACE
        self._allowance = min(BURST, self._allowance + share * (now - self._counted_at))
        self._counted_at = now
