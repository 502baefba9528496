"""Meters whose registers are set and topped up, in the unit in which people see them."""

import asyncio
import json
from typing import Any

import pytest
import voluptuous as vol

from custom_components.event_hub.transports.link import PublishError
from custom_components.event_hub.wire.messages import Dialect, InputReport, Outgoing, Transport
from tests.integration.kit import Home, source

from .kit import add_inputs, ask, refusal, tell

BROKER_IS_FULL = PublishError("the broker is full")


class Broker:
    """Stands for MQTT, and remembers what was published."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.problem: PublishError | None = None

    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.problem is None:
            self.sent.append((outgoing.address, json.loads(outgoing.body)))
            done.set_result(None)
        else:
            done.set_exception(self.problem)
        return done

    async def async_stop(self) -> None:
        """Stop with the hub."""


@pytest.fixture
def broker(home: Home) -> Broker:
    """Return what takes the place of the MQTT link."""
    broker = Broker()
    home.hub.links[Transport.MQTT] = broker  # type: ignore[assignment] # the part of a link that is used
    return broker


@pytest.fixture
async def meter(home: Home, broker: Broker) -> Broker:
    """Return the broker of a home with a water meter that counts litres and shows cubic metres."""
    reading = {"device_id": "esp-9", "last_minute_metered": 12, "register_reading": 4000}
    home.hub.receiver.mqtt("meter/water", json.dumps(reading).encode(), False)  # noqa: FBT003 - the link's callback
    await home.told()
    await tell(home.hass, "set_rule", inputs=["Water Meter"], factor=0.001, unit="m³")
    return broker


async def test_a_register_is_set_in_the_unit_that_is_shown(home: Home, meter: Broker) -> None:
    answer = await ask(home.hass, "set_meter", input="water meter", register=5.5)
    assert meter.sent == [("meter/water/control", {"set_register": 5500})]
    assert answer == {"input": "Water Meter", "set_register": 5500.0}


@pytest.mark.parametrize(("add", "told"), [(2, 2000), ("0.5", 500), (-1, -1000)])
async def test_a_top_up_is_added_in_the_unit_that_is_shown(
    home: Home, meter: Broker, add: float | str, told: int
) -> None:
    await tell(home.hass, "set_meter", input="Water Meter", add=add)
    assert meter.sent == [("meter/water/control", {"adjust_register": told})]


async def test_each_meter_of_one_board_is_told_where_the_board_listens_for_it(home: Home, meter: Broker) -> None:
    reading = {"device_id": "esp-9", "register_reading": 1}
    home.hub.receiver.mqtt("meter/gas", json.dumps(reading).encode(), False)  # noqa: FBT003 - as above
    await home.told()
    await tell(home.hass, "set_meter", input="Water Meter", register=5)
    await tell(home.hass, "set_meter", input="Gas Meter", register=7)
    assert meter.sent == [
        ("meter/water/control", {"set_register": 5000}),
        ("meter/gas/control", {"set_register": 7}),
    ]


@pytest.mark.parametrize("register", [5.5, 0.043, 0.118, 4.35])
async def test_a_meter_is_told_the_litres_that_people_mean(home: Home, meter: Broker, register: float) -> None:
    await tell(home.hass, "set_meter", input="Water Meter", register=register)
    ((_, told),) = meter.sent
    assert told == {"set_register": round(register * 1000)}


async def test_neither_a_register_nor_a_top_up_is_refused(home: Home, meter: Broker) -> None:
    said = await refusal(home.hass, "set_meter", input="Water Meter")
    assert said == "Name one meter, and either its new register or what to add"
    assert meter.sent == []


async def test_both_a_register_and_a_top_up_are_refused(home: Home, meter: Broker) -> None:
    with pytest.raises(vol.Invalid):
        await ask(home.hass, "set_meter", input="Water Meter", register=1, add=1)
    assert meter.sent == []


async def test_what_is_no_meter_is_refused(home: Home, meter: Broker) -> None:
    await add_inputs(home, "Door")
    said = await refusal(home.hass, "set_meter", input="Door", register=1)
    assert said == "Name one meter, and either its new register or what to add"
    assert meter.sent == []


async def test_a_name_of_two_meters_is_refused(home: Home, meter: Broker) -> None:
    gas = InputReport(device_key="Gas Meter", group="Meters")
    water = InputReport(device_key="Water Meter", group="Meters")
    await home.report(gas, by=source("esp-8", "meter", Dialect.ESP_METER))
    await home.report(water, by=source("esp-9", "meter", Dialect.ESP_METER))
    said = await refusal(home.hass, "set_meter", input="Meters", register=1)
    assert said == "Name one meter, and either its new register or what to add"
    assert meter.sent == []


async def test_an_unknown_meter_is_refused(home: Home) -> None:
    assert "no device called Gas" in await refusal(home.hass, "set_meter", input="Gas", add=1)


@pytest.mark.parametrize("register", [-1, float("nan"), float("inf"), 1e18])
async def test_a_register_that_no_meter_could_show_is_refused(home: Home, meter: Broker, register: float) -> None:
    said = await refusal(home.hass, "set_meter", input="Water Meter", register=register)
    assert said == "water could not be told: A register can only be set to a number from 0 up"
    assert meter.sent == []


async def test_a_meter_that_cannot_be_told_says_why(home: Home, meter: Broker) -> None:
    meter.problem = BROKER_IS_FULL
    said = await refusal(home.hass, "set_meter", input="Water Meter", add=1)
    assert said == "water could not be told: the broker is full"


async def test_a_meter_whose_broker_is_not_set_up_says_so(home: Home, meter: Broker) -> None:
    assert meter.sent == []
    home.hub.links.clear()
    said = await refusal(home.hass, "set_meter", input="Water Meter", add=1)
    assert said == "water could not be told: MQTT is not set up in Event Hub"


async def test_a_meter_that_only_sent_heartbeats_cannot_be_told_yet(home: Home, broker: Broker) -> None:
    reading = InputReport(device_key="Gas Meter", label="Gas")
    await home.report(reading, by=source("esp-8", "meter", Dialect.ESP_METER))
    said = await refusal(home.hass, "set_meter", input="Gas", add=1)
    assert said == "Name one meter, and either its new register or what to add"
    assert broker.sent == []
