"""What goes by the clock on the wall, where Home Assistant has to do with it: its zone, and what it is told.

Escalations and digests go on its bus as ``event_hub_escalation`` and ``event_hub_digest``.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .about import about_input
from .engine.effects import DigestDue, Effect, EscalationRaised, EscalationResolved
from .engine.events import DigestDelivered, TimesChanged
from .engine.settings import GREENWICH, Settings
from .engine.state import State
from .engine.times.digest import Bundle, Deferred
from .identifiers import name_of
from .iso_time import iso

EVENT_ESCALATION: Final = "event_hub_escalation"
EVENT_DIGEST: Final = "event_hub_digest"
# Home Assistant does not record larger events; the rest is counted.
MOST_LISTED: Final = 100
# What is held back is stored at once, and not left to a status that is stored by and by; but not more often than this,
# unless so much waits. RabbitMQ delivers no more than a few hundred that are not acknowledged.
KEEP_PAUSE: Final = 2.0
MOST_UNKEPT: Final = 50
# So many seconds may the disk take at the end of the hub: what it has not taken by then may be counted twice.
STOP_PATIENCE: Final = 5.0


type Post = Callable[[TimesChanged | DigestDelivered], object]


class TimesDesk:
    """Keeps the engine's time zone that of Home Assistant, and tells escalations and digests on its bus."""

    def __init__(self, hass: HomeAssistant, post: Post, save: Callable[[], Any]) -> None:
        """Serve a hub, whose engine handles what is posted; ``save`` (a coroutine function) stores how it stands."""
        self._hass = hass
        self._post = post
        self._save = save
        self._state = State()
        self._stop: Callable[[], None] | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._unkept: list[asyncio.Future[None]] = []
        self._keeping: set[asyncio.Task[None]] = set()
        # Done once all that was told up to now is on disk with those who deliver it.
        self.handed_on: Callable[[], asyncio.Future[None]] | None = None

    async def async_load(self, state: State, settings: Settings) -> None:
        """Give a loaded state its settings, those of Home Assistant's time zone among them."""
        self._state = state
        state.settings = replace(settings, zone=await self._async_zone())

    @callback
    def start(self) -> None:
        """Follow Home Assistant's time zone from now on."""
        self._stop = self._hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._config_changed)

    @callback
    def stop(self) -> None:
        """Follow it no longer."""
        if self._stop is not None:
            self._stop()
            self._stop = None
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._unkept:
            # Else what caused it would wait for ever to be acknowledged.
            self._keep_now()

    async def async_kept(self) -> None:
        """Wait until what was held back is stored, and what caused it acknowledged; not for ever.

        What is stored and was not acknowledged comes again, and would be counted twice.
        """
        if self._keeping:
            await asyncio.wait(tuple(self._keeping), timeout=STOP_PATIENCE)

    @callback
    def effect(self, effect: Effect) -> None:
        """Tell what others may act on."""
        match effect:
            case EscalationRaised() | EscalationResolved():
                self._hass.bus.async_fire(EVENT_ESCALATION, self._escalation_data(effect))
            case DigestDue(bundle=bundle):
                self._hass.bus.async_fire(EVENT_DIGEST, digest_data(self._state, bundle))
                self._hand_on(bundle.number)

    @callback
    def kept(self) -> asyncio.Future[None]:
        """Have stored soon what is held back; done, never failed, once it is, or the disk did not take it.

        People hear of it hours later, and of what a crash forgets never, so what caused it is not acknowledged before.
        A disk that fails, of which people are told, must not keep RabbitMQ from delivering what matters more.
        """
        future: asyncio.Future[None] = self._hass.loop.create_future()
        self._unkept.append(future)
        if self._pause is None or len(self._unkept) >= MOST_UNKEPT:
            self._keep()
        return future

    def _keep(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._unkept and self._stop is not None:
            self._pause = self._hass.loop.call_later(KEEP_PAUSE, self._keep)
            self._keep_now()

    def _keep_now(self) -> None:
        unkept, self._unkept = self._unkept, []
        keeping = self._hass.async_create_task(self._async_keep(unkept), "Save what Event Hub holds back")
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)

    async def _async_keep(self, unkept: Sequence[asyncio.Future[None]]) -> None:
        try:
            await self._save()
        finally:
            for future in unkept:
                if not future.done():
                    future.set_result(None)

    def _hand_on(self, number: int) -> None:
        if self.handed_on is None:
            self._hass.loop.call_soon(self._delivered, number)
            return

        def done(handed_on: asyncio.Future[None]) -> None:
            # What is not on disk is told again by the engine, with the same number.
            if not handed_on.cancelled() and handed_on.exception() is None:
                self._delivered(number)

        self.handed_on().add_done_callback(done)

    def _delivered(self, number: int) -> None:
        if self._stop is None:
            # The next run does not know better than to tell it again, with the same number.
            return
        self._post(DigestDelivered(number=number))

    def _escalation_data(self, effect: EscalationRaised | EscalationResolved) -> dict[str, Any]:
        record = self._state.inputs.get(effect.input_key)
        return {
            "type": "raised" if isinstance(effect, EscalationRaised) else "resolved",
            "input": effect.input_key,
            "name": name_of(effect.input_key, self._state.inputs),
            "location": None if record is None else record.location,
            **about_input(self._hass, effect.input_key),
            "since": iso(effect.since),
            "at": iso(effect.at),
        }

    async def _config_changed(self, _: Event) -> None:
        zone = await self._async_zone()
        if self._stop is not None and zone != self._state.settings.zone:
            self._state.settings = replace(self._state.settings, zone=zone)
            self._post(TimesChanged())

    async def _async_zone(self) -> ZoneInfo:
        return await dt_util.async_get_time_zone(self._hass.config.time_zone) or GREENWICH


def digest_data(state: State, bundle: Bundle) -> dict[str, Any]:
    """Return a digest as plain data, times as text; ``more`` is how many things are not listed."""
    listed = bundle.deferred[:MOST_LISTED]
    return {
        "number": bundle.number,
        "count": bundle.count,
        "inputs": [_deferred_data(state, item) for item in listed],
        "more": bundle.count - sum(item.count for item in listed),
    }


def _deferred_data(state: State, item: Deferred) -> dict[str, Any]:
    return {
        "input": item.input_key,
        "name": name_of(item.input_key, state.inputs, otherwise=item.label),
        "count": item.count,
        "first_at": iso(item.first_at),
        "at": iso(item.at),
        "detail": item.detail,
        "value": item.value,
        "has_image": item.has_image,
    }
