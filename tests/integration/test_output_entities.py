"""Entities that command outputs, and what people are told when that fails."""

import asyncio

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
import msgpack
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.event_hub.engine.events import CommandFailed, OutputsSuspended
from custom_components.event_hub.hub import Hub
from custom_components.event_hub.wire.messages import (
    Dialect,
    InputReport,
    Outgoing,
    OutputReport,
    ReportKind,
    Transport,
)

from .kit import Home, source

SWITCHES = source("esp-5", "switch", Dialect.ESP_SWITCH)
PUMP = "esp-5 Switch 1"
SIREN = "device:Siren:trigger"


class Broker:
    """A link that hands everything over at once and remembers it."""

    def __init__(self, hub: Hub, transport: Transport = Transport.MQTT) -> None:
        """Take the place of a broker."""
        self.sent: list[Outgoing] = []
        hub.links[transport] = self  # type: ignore[assignment] # the part of a link that sending needs

    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Take a message."""
        self.sent.append(outgoing)
        published: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        published.set_result(None)
        return published

    async def async_stop(self) -> None:
        """Do nothing more."""


@pytest.fixture
async def siren(home: Home) -> list[ServiceCall]:
    """Return the calls of an action that is an output, which works."""
    calls = async_mock_service(home.hass, "test", "siren")
    await home.adopt_output("Siren", "test.siren")
    return calls


def channel(*, is_on: bool | None) -> OutputReport:
    return OutputReport(device_key=PUMP, label="Switch 1", type="switch", channel=0, is_on=is_on)


async def test_pressing_an_outputs_button_commands_it(home: Home, siren: list[ServiceCall]) -> None:
    await home.call("button", "press", SIREN)
    assert len(siren) == 1
    assert home.state("sensor", "device:Siren:last_command").state == "done"


async def test_the_button_of_a_device_that_is_an_input_too_has_a_name_of_its_own(home: Home) -> None:
    camera, siren = OutputReport(device_key="Yard", type="camera"), OutputReport(device_key="Horn", type="siren")
    await home.report(InputReport(device_key="Yard", active=False), outputs=(camera, siren))
    names = {key: home.state("button", f"device:{key}:trigger").name for key in ("Yard", "Horn")}
    assert names == {"Yard": "Yard Take snapshot", "Horn": "Horn"}
    assert home.state("binary_sensor", "device:Yard:active").name == "Yard"


async def test_the_last_command_is_unknown_before_there_was_one(home: Home, siren: list[ServiceCall]) -> None:
    assert siren == []
    assert home.state("sensor", "device:Siren:last_command").state == STATE_UNKNOWN


async def test_an_output_that_is_switched_off_says_so_instead(home: Home, siren: list[ServiceCall]) -> None:
    await home.call("switch", "turn_off", "device:Siren:output_enabled")
    with pytest.raises(HomeAssistantError) as problem:
        await home.call("button", "press", SIREN)
    assert problem.value.translation_key == "not_sent_output_disabled"
    assert siren == []
    await home.call("switch", "turn_on", "device:Siren:output_enabled")
    await home.call("button", "press", SIREN)
    assert len(siren) == 1


async def test_suspended_outputs_say_so_instead(home: Home, siren: list[ServiceCall]) -> None:
    await home.post(OutputsSuspended(suspended=True))
    with pytest.raises(HomeAssistantError) as problem:
        await home.call("button", "press", SIREN)
    assert problem.value.translation_key == "not_sent_outputs_suspended"
    assert siren == []


async def test_a_command_that_could_not_be_delivered_is_an_error_that_says_why(home: Home) -> None:
    await home.report(outputs=(OutputReport(device_key="Relay"),))
    await home.enable(outputs=("Relay",))
    with pytest.raises(HomeAssistantError, match="Relay could not be commanded: RabbitMQ is not set up") as problem:
        await home.call("button", "press", "device:Relay:trigger")
    await home.told()
    assert problem.value.translation_key == "undelivered"
    assert home.state("sensor", "device:Relay:last_command").state == "undelivered"


async def test_the_outputs_of_a_lost_source_cannot_be_pressed(home: Home) -> None:
    await home.report(outputs=(OutputReport(device_key="Relay"),))
    assert home.state("button", "device:Relay:trigger").state == STATE_UNKNOWN
    await home.lose()
    assert home.state("button", "device:Relay:trigger").state == STATE_UNAVAILABLE


async def test_a_switch_boards_channel_is_a_switch_and_no_button(home: Home) -> None:
    await home.report(by=SWITCHES, outputs=(channel(is_on=True),))
    assert home.state("switch", f"device:{PUMP}:channel").state == "on"
    assert home.entity_id("button", f"device:{PUMP}:trigger") is None
    await home.report(by=SWITCHES, outputs=(channel(is_on=False),))
    assert home.state("switch", f"device:{PUMP}:channel").state == "off"


async def test_a_channel_that_nobody_knows_the_state_of_can_be_turned_both_ways(home: Home) -> None:
    await home.report(by=SWITCHES, outputs=(channel(is_on=None),))
    state = home.state("switch", f"device:{PUMP}:channel")
    assert state.state == STATE_UNKNOWN
    assert state.attributes["assumed_state"] is True
    await home.report(by=SWITCHES, outputs=(channel(is_on=True),))
    assert "assumed_state" not in home.state("switch", f"device:{PUMP}:channel").attributes


async def test_turning_a_channel_on_and_off_tells_its_board(home: Home) -> None:
    broker = Broker(home.hub)
    await home.report(by=SWITCHES, outputs=(channel(is_on=False),))
    await home.enable(outputs=(PUMP,))
    await home.call("switch", "turn_on", f"device:{PUMP}:channel")
    assert home.hub.state.output_status[PUMP].wanted is True
    assert home.state("switch", f"device:{PUMP}:channel").state == "off"
    await home.report(by=SWITCHES, outputs=(channel(is_on=True),))
    assert home.state("switch", f"device:{PUMP}:channel").state == "on"
    assert home.state("sensor", f"device:{PUMP}:last_command").state == "done"
    await home.call("switch", "turn_off", f"device:{PUMP}:channel")
    assert home.hub.state.output_status[PUMP].wanted is False
    assert len({outgoing.body for outgoing in broker.sent}) == 2


BRIDGE = source("garage", "remote_monitor", Dialect.NATIVE)


def relay(*, is_on: bool) -> OutputReport:
    return OutputReport(device_key="Gate", label="Gate", type="lock", params="2", is_on=is_on)


async def test_a_relay_that_tells_its_state_is_button_and_switch_with_a_duration(home: Home) -> None:
    broker = Broker(home.hub, Transport.AMQP)
    await home.report(by=BRIDGE, outputs=(relay(is_on=False),), kind=ReportKind.HEARTBEAT)
    await home.enable(outputs=("Gate",))
    assert home.state("switch", "device:Gate:relay").state == "off"
    assert home.state("number", "device:Gate:duration").state == "2.0"
    await home.call("button", "press", "device:Gate:trigger")
    await home.call("switch", "turn_on", "device:Gate:relay")
    pulse, turn_on = (msgpack.unpackb(outgoing.body)["output_triggered"] for outgoing in broker.sent)
    assert (pulse["device_params"], pulse.get("state")) == ("2", None)
    assert turn_on["state"] == "on"
    await home.report(by=BRIDGE, outputs=(relay(is_on=True),), kind=ReportKind.HEARTBEAT)
    assert home.state("switch", "device:Gate:relay").state == "on"


async def test_a_duration_set_by_a_person_goes_with_the_next_command_and_survives_a_restart(home: Home) -> None:
    await home.report(by=BRIDGE, outputs=(relay(is_on=False),), kind=ReportKind.HEARTBEAT)
    await home.enable(outputs=("Gate",))
    entity_id = home.entity_id("number", "device:Gate:duration")
    await home.hass.services.async_call("number", "set_value", {"entity_id": entity_id, "value": 7.5}, blocking=True)
    await home.told()
    assert home.state("number", "device:Gate:duration").state == "7.5"
    await home.reload()
    await home.report(by=BRIDGE, outputs=(relay(is_on=False),), kind=ReportKind.HEARTBEAT)
    assert home.state("number", "device:Gate:duration").state == "7.5"
    broker = Broker(home.hub, Transport.AMQP)
    await home.call("button", "press", "device:Gate:trigger")
    assert msgpack.unpackb(broker.sent[0].body)["output_triggered"]["device_params"] == "7.5"


async def test_an_output_without_a_state_has_neither_switch_nor_duration(home: Home) -> None:
    await home.report(by=BRIDGE, outputs=(OutputReport(device_key="Horn", params="5"),), kind=ReportKind.HEARTBEAT)
    assert home.entity_id("switch", "device:Horn:relay") is None
    assert home.entity_id("number", "device:Horn:duration") is None


async def test_an_older_commands_failure_is_no_error_of_a_newer_one(
    hass: HomeAssistant, home: Home, siren: list[ServiceCall]
) -> None:
    await home.call("button", "press", SIREN)
    first = home.hub.state.output_status["Siren"].command_id
    assert first is not None
    await home.post(CommandFailed(command_id=first, detail="too late"))
    await home.call("button", "press", SIREN)
    assert len(siren) == 2
    assert hass.states.get(home.entity_id("button", SIREN) or "") is not None
