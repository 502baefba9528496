"""While links are tried for the first time since a start, nothing is said of brokers that are there."""

from dataclasses import replace

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.engine.alarm.effects import TroubleChanged
from custom_components.event_hub.transports.link import LinkState, LinkStatus, Problem
from custom_components.event_hub.wire.messages import OutputReport, Transport
from tests.integration.fake_rabbitmq import FakeRabbitMQ
from tests.integration.flows.kit import KEPT
from tests.integration.kit import source

from .kit import PARTITION, House

CONNECTING = LinkStatus(LinkState.CONNECTING)
UP = LinkStatus(LinkState.UP)
REFUSED = LinkStatus(LinkState.DOWN, Problem.CANNOT_CONNECT, "rabbit-1: Connection refused")
GARDEN = "Garden Siren"
TROUBLE = "partition:home:trouble"


@pytest.fixture
async def garden(hass: HomeAssistant, house: House, broker: FakeRabbitMQ) -> House:
    """Return a home whose zones and siren report over RabbitMQ, and whose hub has just begun to connect to it."""
    hass.config_entries.async_update_entry(house.home.entry, data={**house.home.entry.data, "rabbitmq": KEPT})
    await house.home.report(by=source("yard"), outputs=[OutputReport(device_key=GARDEN)])
    await house.home.enable(outputs=(GARDEN,))
    await house.desk.async_set_partition(replace(PARTITION, siren_outputs=(GARDEN,)))
    broker.says = (CONNECTING,)
    await house.restart()
    assert broker.links
    assert house.home.hub.state.transports == {Transport.AMQP: None}
    return house


async def says(garden: House, broker: FakeRabbitMQ, status: LinkStatus) -> None:
    """Let the link say how it is."""
    broker.links[-1].on_status(status)
    await garden.told()


async def test_a_start_whose_broker_is_there_tells_of_no_trouble(garden: House, broker: FakeRabbitMQ) -> None:
    assert garden.home.state("binary_sensor", TROUBLE).state == "off"
    heard = garden.hears()
    await says(garden, broker, UP)
    await garden.report_all()
    assert [effect for effect in heard if isinstance(effect, TroubleChanged)] == []
    assert garden.home.state("binary_sensor", TROUBLE).state == "off"


async def test_a_start_whose_broker_is_away_tells_of_it_once_it_was_tried(garden: House, broker: FakeRabbitMQ) -> None:
    await says(garden, broker, REFUSED)
    faults = {each.fault.value for each in garden.shown.troubles}
    assert faults == {"broker", "siren_lost"}
    assert garden.home.state("binary_sensor", TROUBLE).state == "on"
    before = garden.shown.troubles
    await garden.restart()
    assert set(garden.shown.troubles) == set(before), "nobody knows yet whether it is back"
    heard = garden.hears()
    await says(garden, broker, REFUSED)
    assert [effect for effect in heard if isinstance(effect, TroubleChanged)] == []
    await says(garden, broker, UP)
    assert garden.shown.troubles == ()
