"""The blueprints that say what needs somebody's care."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub.engine.events import TransportChanged
from custom_components.event_hub.wire.messages import Condition, InputReport, Transport
from tests.integration.alarm.kit import DOOR, House
from tests.integration.kit import Home

from .blueprints import MESSAGE, use
from .kit import Done

DIGEST = "battery_and_lost_digest"
METER = "sensor.prepaid_meter"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Day:
    """The time of day that Home Assistant's timers go by."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin now."""
        self._hass = hass
        self.now = dt_util.now()

    async def goes_on(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)
        async_fire_time_changed(self._hass, self.now)
        await self._hass.async_block_till_done()

    async def strikes(self, hour: int) -> None:
        """Let it be the next ``hour`` o'clock."""
        at = self.now.replace(hour=hour, minute=0, second=1, microsecond=0)
        await self.goes_on(seconds=((at if at > self.now else at + timedelta(days=1)) - self.now).total_seconds())


@pytest.fixture
def phone(home: Home) -> Done:
    """Return the messages that a telephone got."""
    return Done(home.hass, "notify", "phone")


@pytest.fixture
async def day(hass: HomeAssistant) -> AsyncIterator[Day]:
    """Return the time of day; in the end nobody waits for it any more."""
    yield Day(hass)
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.one"}, blocking=True)


def battery(hass: HomeAssistant, name: str, state: str, domain: str = "sensor") -> None:
    """Have a battery."""
    attributes = {"device_class": "battery", "friendly_name": name}
    hass.states.async_set(f"{domain}.{name.lower().replace(' ', '_')}", state, attributes)


async def test_batteries_and_lost_sources_are_told_once_a_day(home: Home, phone: Done, day: Day) -> None:
    await home.report(InputReport(device_key="Door", active=False))
    await home.lose()
    battery(home.hass, "Hall Motion", "12.4")
    battery(home.hass, "Yard Motion", "80")
    battery(home.hass, "Shed Motion", "unavailable")
    battery(home.hass, "Gate", "on", "binary_sensor")
    await use(home.hass, DIGEST, **MESSAGE)
    await day.strikes(9)
    (call,) = phone.calls
    assert call["message"] == "Low batteries: Hall Motion (12 %), Gate. Silent: ioboard.garage."


async def test_zones_of_the_alarm_in_trouble_are_told(house: House, phone: Done, day: Day) -> None:
    await house.home.report(InputReport(device_key=DOOR, condition=Condition(tamper=False, low_battery=True)))
    await house.told()
    await use(house.home.hass, DIGEST, at="07:00:00", **MESSAGE)
    await day.strikes(7)
    assert [call["message"] for call in phone.calls] == ["Zones in trouble: Door (low battery)."]


async def test_a_broker_that_zones_report_over_is_told_by_its_name(house: House, phone: Done, day: Day) -> None:
    house.home.hub.post(TransportChanged(transport=Transport.AMQP, up=False))
    await house.told()
    await use(house.home.hass, DIGEST, at="07:00:00", **MESSAGE)
    await day.strikes(7)
    assert [call["message"] for call in phone.calls] == [
        "The alarm's zones cannot be heard: no connection to RabbitMQ."
    ]


@pytest.mark.parametrize(
    ("tell_nothing", "messages"), [(False, []), (True, ["All batteries are good, and everything reports."])]
)
async def test_when_all_is_well(home: Home, phone: Done, day: Day, tell_nothing: bool, messages: list[str]) -> None:
    await use(home.hass, DIGEST, tell_nothing=tell_nothing, **MESSAGE)
    await day.strikes(9)
    assert [call["message"] for call in phone.calls] == messages


async def test_other_days_are_left_in_peace(home: Home, phone: Done, day: Day) -> None:
    battery(home.hass, "Hall Motion", "3")
    last = day.now + timedelta(days=2)
    await use(home.hass, DIGEST, weekdays=[WEEKDAYS[last.weekday()]], **MESSAGE)
    await day.strikes(9)
    while day.now.date() < last.date():
        assert phone.calls == []
        await day.strikes(9)
    assert len(phone.calls) == 1


def count(home: Home, left: float) -> None:
    """Let the meter show what is left."""
    attributes = {"friendly_name": "Prepaid meter", "unit_of_measurement": "kWh"}
    home.hass.states.async_set(METER, str(left), attributes)


async def watch_meter(home: Home, **inputs: Any) -> None:
    """Have a meter that is watched."""
    count(home, 20.0)
    await use(home.hass, "meter_low", meter=METER, below=10, minutes=5, **inputs, **MESSAGE)


async def test_a_meter_that_is_low_for_some_minutes_is_told_and_again_every_day(
    home: Home, phone: Done, day: Day
) -> None:
    also = Done(home.hass, "test", "boiler_off")
    reminder = (day.now.hour + 12) % 24
    await watch_meter(home, remind_at=f"{reminder:02}:00:00", also=[{"action": "test.boiler_off"}])
    count(home, 9.5)
    await home.hass.async_block_till_done()
    assert phone.calls == []
    await day.goes_on(seconds=301)
    (call,) = phone.calls
    assert call["title"] == "Prepaid meter is low"
    assert call["message"] == "9.5 kWh left, less than 10. Top it up."
    assert len(also.calls) == 1
    await day.strikes(reminder)
    assert len(phone.calls) == 2
    count(home, 50.0)
    await day.strikes(reminder)
    assert len(phone.calls) == 2


async def test_one_wrong_reading_tells_nobody(home: Home, phone: Done, day: Day) -> None:
    await watch_meter(home)
    count(home, 0.0)
    await home.hass.async_block_till_done()
    count(home, 20.0)
    await day.goes_on(seconds=301)
    assert phone.calls == []
