"""A running hub for tests: what devices send it, and what Home Assistant shows of it."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
import time
from typing import Any

from homeassistant.config_entries import RELOAD_AFTER_UPDATE_DELAY
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import (
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.deadlines import Timer
from custom_components.event_hub.engine.events import (
    EnabledSet,
    Event as EngineEvent,
    OutputAdopted,
    Reported,
    SourceAvailability,
    Tick,
)
from custom_components.event_hub.engine.model import ADOPTED_SOURCE, Action, Decision, OutputRecord
from custom_components.event_hub.hub import Hub
from custom_components.event_hub.storage.activity_entries import DECISION, ActivityFilter
from custom_components.event_hub.storage.decode import decode
from custom_components.event_hub.wire.messages import (
    Dialect,
    InputReport,
    OutputReport,
    Report,
    ReportKind,
    Source,
    Transport,
)

PATIENCE = 60.0


def source(name: str = "garage", topic: str = "ioboard", dialect: Dialect = Dialect.CURRENT) -> Source:
    """Return a source that reports over RabbitMQ, or over MQTT where its dialect does."""
    over_mqtt = dialect in (Dialect.ESP_METER, Dialect.ESP_SENSOR, Dialect.ESP_SWITCH)
    return Source(
        source_id=f"{topic}.{name}" if name else topic,
        dialect=dialect,
        transport=Transport.MQTT if over_mqtt else Transport.AMQP,
        topic=topic,
        name=name,
    )


class Home:
    """A Home Assistant with a running hub. Every method returns once entities were told."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        """Look after a hub that is set up."""
        self.hass = hass
        self.entry = entry

    @property
    def hub(self) -> Hub:
        """The hub as it runs now; another one after a reload."""
        hub: Hub = self.entry.runtime_data
        return hub

    async def told(self) -> None:
        """Wait until everything that changed before was announced, and what entities do about it is done."""
        announced = asyncio.Event()
        stop = self.hub.announcer.listen_images("told", announced.set)
        self.hub.announcer.image("told")
        async with asyncio.timeout(PATIENCE):
            await announced.wait()
        stop()
        await self.hass.async_block_till_done()

    async def decisions(self, key: str, limit: int = 10) -> list[Decision]:
        """Return what was decided about an input, newest first."""
        wanted = ActivityFilter(input_keys=(key,), kinds=(DECISION,), limit=limit)
        return [decode(Decision, entry.data) for entry in await self.hub.activity.async_query(wanted)]

    async def post(self, event: EngineEvent) -> None:
        """Let something happen."""
        self.hub.post(event)
        await self.told()

    async def report(
        self,
        *inputs: InputReport,
        by: Source | None = None,
        outputs: Iterable[OutputReport] = (),
        uptime: float | None = None,
        sent_at: float | None = None,
        kind: ReportKind = ReportKind.EVENT,
    ) -> None:
        """Let a source report."""
        report = Report(
            source=by or source(), kind=kind, inputs=inputs, outputs=tuple(outputs), uptime=uptime, sent_at=sent_at
        )
        await self.post(Reported(report=report))

    def inject(self, *inputs: InputReport, by: Source | None = None) -> None:
        """Let a source report, without waiting for anything."""
        self.hub.post(Reported(report=Report(source=by or source(), kind=ReportKind.EVENT, inputs=inputs)))

    async def adopt_output(self, key: str, action: str, *, enabled: bool = True) -> None:
        """Make an action an output."""
        record = OutputRecord(
            key=key, source_id=ADOPTED_SOURCE.source_id, enabled=enabled, action=Action(action=action)
        )
        await self.post(OutputAdopted(record=record))

    async def frame(self, key: str, image: bytes, taken_at: float | None = None) -> None:
        """Let a camera send a picture with an event."""
        self.hub.receiver.report(
            Report(
                source=source("yard", "snapshot"),
                kind=ReportKind.EVENT,
                inputs=(InputReport(device_key=key, active=True, image=image, image_at=taken_at or time.time()),),
            )
        )
        await self.told()

    async def enable(
        self, *, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = (), enabled: bool = True
    ) -> None:
        """Switch devices on or off in the hub."""
        await self.post(EnabledSet(inputs=inputs, outputs=outputs, enabled=enabled))

    async def lose(self, by: Source | None = None) -> None:
        """Let a source be lost. One that has a last will is a moment after it, which is over here."""
        source_id = (by or source()).source_id
        self.hub.post(SourceAvailability(source_id=source_id, online=False))
        if not self.hub.state.source_status[source_id].lost:
            self.hub.state.deadlines.update({(Timer.SILENCE, source_id): 0.0})
            self.hub.post(Tick())
        await self.told()

    async def reload(self) -> None:
        """Restart the hub."""
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.told()

    def entity_id(self, platform: str, unique_id: str) -> str | None:
        """Return the entity of a unique id."""
        return er.async_get(self.hass).async_get_entity_id(platform, DOMAIN, unique_id)

    def state(self, platform: str, unique_id: str) -> State:
        """Return an entity's state."""
        entity_id = self.entity_id(platform, unique_id)
        assert entity_id is not None, f"no {platform} {unique_id}"
        state = self.hass.states.get(entity_id)
        assert state is not None, f"{entity_id} has no state"
        return state

    async def enable_entity(self, platform: str, unique_id: str) -> None:
        """Enable an entity that is disabled at first; Home Assistant then reloads the hub by itself."""
        entity_id = self.entity_id(platform, unique_id)
        assert entity_id is not None, f"no {platform} {unique_id}"
        er.async_get(self.hass).async_update_entity(entity_id, disabled_by=None)
        before = self.hub
        async_fire_time_changed(self.hass, dt_util.utcnow() + timedelta(seconds=RELOAD_AFTER_UPDATE_DELAY + 1))
        await self.hass.async_block_till_done()
        assert self.hub is not before
        await self.told()

    async def call(self, platform: str, action: str, unique_id: str) -> None:
        """Perform an action on an entity."""
        data: dict[str, Any] = {"entity_id": self.entity_id(platform, unique_id)}
        await self.hass.services.async_call(platform, action, data, blocking=True)
        await self.told()

    def writes(self) -> list[State]:
        """Return a list that every state written from now on is added to, changed or not."""
        written: list[State] = []

        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            if event.data["new_state"] is not None:
                written.append(event.data["new_state"])

        @callback
        def reported(event: Event[EventStateReportedData]) -> None:
            written.append(event.data["new_state"])

        @callback
        def always(_: EventStateReportedData) -> bool:
            return True

        self.hass.bus.async_listen(EVENT_STATE_CHANGED, changed)
        self.hass.bus.async_listen(EVENT_STATE_REPORTED, reported, event_filter=always)
        return written

    def device(self, identifier: str) -> dr.DeviceEntry | None:
        """Return a device of the hub."""
        return dr.async_get(self.hass).async_get_device_by_identifier((DOMAIN, identifier), self.entry.entry_id)
