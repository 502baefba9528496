"""A running hub for tests: what devices send it, and what Home Assistant shows of it."""

import asyncio
from collections.abc import Iterable
import time
from typing import Any

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.events import EnabledSet, Event, Reported, SourceAvailability
from custom_components.event_hub.hub import Hub
from custom_components.event_hub.wire.messages import (
    Dialect,
    InputReport,
    OutputReport,
    Report,
    ReportKind,
    Source,
    Transport,
)

PATIENCE = 10.0


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

    async def post(self, event: Event) -> None:
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

    async def frame(self, key: str, image: bytes, by: Source | None = None) -> None:
        """Let a camera send a picture with an event."""
        self.hub.receiver.report(
            Report(
                source=by or source(),
                kind=ReportKind.EVENT,
                inputs=(InputReport(device_key=key, active=True, image=image, image_at=time.time()),),
            )
        )
        await self.told()

    async def enable(
        self, *, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = (), enabled: bool = True
    ) -> None:
        """Switch devices on or off in the hub."""
        await self.post(EnabledSet(inputs=inputs, outputs=outputs, enabled=enabled))

    async def lose(self, by: Source | None = None) -> None:
        """Let a source be lost."""
        await self.post(SourceAvailability(source_id=(by or source()).source_id, online=False))

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
        """Enable an entity that is disabled at first, and start the hub again as Home Assistant does."""
        entity_id = self.entity_id(platform, unique_id)
        assert entity_id is not None, f"no {platform} {unique_id}"
        er.async_get(self.hass).async_update_entity(entity_id, disabled_by=None)
        await self.reload()

    async def call(self, platform: str, action: str, unique_id: str) -> None:
        """Perform an action on an entity."""
        data: dict[str, Any] = {"entity_id": self.entity_id(platform, unique_id)}
        await self.hass.services.async_call(platform, action, data, blocking=True)
        await self.told()

    def device(self, identifier: str) -> dr.DeviceEntry | None:
        """Return a device of the hub."""
        return dr.async_get(self.hass).async_get_device_by_identifier((DOMAIN, identifier), self.entry.entry_id)
