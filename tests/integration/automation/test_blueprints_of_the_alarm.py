"""The blueprints that arm, remind, and light up."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub.engine.alarm.model import Action, CodeRules, Mode
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until
from tests.integration.alarm.kit import (
    ANN as ANN_USER,
    ANNS_CODE,
    HOME,
    PANEL as ANNS_PHONE,
    PARTITION,
    SMOKE,
    WINDOW,
    House,
)

from .blueprints import MESSAGE, use
from .kit import Done, heard

PANEL = "alarm_control_panel.home"
ANN, BEN = "person.ann", "person.ben"
# What waits for a time begins to wait within so many turns of the loop.
TURNS = 50
LAMP = {"entity_id": "light.yard"}


@pytest.fixture
def phone(house: House) -> Done:
    """Return the messages that a telephone got."""
    return Done(house.home.hass, "notify", "phone")


async def is_at(house: House, person: str, place: str) -> None:
    """Let somebody be somewhere."""
    house.home.hass.states.async_set(person, place)
    await heard(house.home)


async def minutes_pass(house: House, minutes: float) -> None:
    """Let automations wait; the alarm's clock stands still."""
    async_fire_time_changed(house.home.hass, dt_util.utcnow() + timedelta(minutes=minutes, seconds=1))
    await house.told()
    await heard(house.home)


@pytest.fixture
async def family(house: House) -> House:
    """Return a home with Ann and Ben in it."""
    for person in (ANN, BEN):
        await is_at(house, person, "home")
    return house


async def arm_when_left(house: House, **inputs: Any) -> None:
    """Arm when both have left."""
    await use(house.home.hass, "arm_when_everybody_leaves", people=[ANN, BEN], panel=PANEL, **inputs, **MESSAGE)


async def test_it_is_armed_some_minutes_after_the_last_one_left(family: House, phone: Done) -> None:
    await arm_when_left(family, mode="vacation", minutes=5)
    await is_at(family, ANN, "not_home")
    await minutes_pass(family, 6)
    assert family.phase == "disarmed"
    await is_at(family, BEN, "Work")
    assert family.phase == "disarmed"
    await minutes_pass(family, 6)
    assert (family.phase, family.shown.mode) == ("arming", Mode.VACATION)
    assert phone.calls == []


async def test_the_time_counts_from_the_last_one_who_left(family: House) -> None:
    await arm_when_left(family, minutes=5)
    await is_at(family, ANN, "not_home")
    await minutes_pass(family, 3)
    await is_at(family, BEN, "not_home")
    await minutes_pass(family, 4)
    assert family.phase == "disarmed"
    await minutes_pass(family, 5)
    assert family.phase == "arming"


async def test_it_is_not_armed_while_nobody_knows_where_somebody_is(family: House, phone: Done) -> None:
    await arm_when_left(family)
    await is_at(family, BEN, "unknown")
    await is_at(family, ANN, "not_home")
    await minutes_pass(family, 6)
    assert family.phase == "disarmed"
    assert phone.calls == []


async def test_what_keeps_it_from_being_armed_is_told_by_name(family: House, phone: Done) -> None:
    await arm_when_left(family)
    await family.opens(WINDOW)
    await is_at(family, ANN, "not_home")
    await is_at(family, BEN, "not_home")
    await minutes_pass(family, 6)
    assert family.phase == "disarmed"
    assert [call["message"] for call in phone.calls] == ["Everybody left, and Home could not be armed: Window (open)."]


async def test_what_is_no_zones_fault_is_told_in_words(family: House, phone: Done) -> None:
    await family.desk.async_remove_user(ANN_USER.user_id)
    await arm_when_left(family)
    await is_at(family, ANN, "not_home")
    await is_at(family, BEN, "not_home")
    await minutes_pass(family, 6)
    assert family.phase == "disarmed"
    (call,) = phone.calls
    assert call["message"] == "Everybody left, and Home could not be armed: nobody has a code that disarms it."


async def test_it_is_not_armed_without_the_code_that_is_required(family: House, phone: Done) -> None:
    await family.desk.async_set_partition(replace(PARTITION, codes=CodeRules(arm=True)))
    await arm_when_left(family)
    await is_at(family, ANN, "not_home")
    await is_at(family, BEN, "not_home")
    await minutes_pass(family, 6)
    assert family.phase == "disarmed"
    assert [call["message"] for call in phone.calls] == [
        "Everybody left, and Home could not be armed: arming it takes a code."
    ]


@pytest.mark.parametrize(("armed", "remind", "messages"), [(True, True, 1), (True, False, 0), (False, True, 0)])
async def test_who_comes_home_first_is_reminded_to_disarm(
    family: House, phone: Done, armed: bool, remind: bool, messages: int
) -> None:
    await arm_when_left(family, remind=remind)
    await is_at(family, ANN, "not_home")
    await is_at(family, BEN, "not_home")
    if armed:
        await family.arm()
    await is_at(family, ANN, "home")
    await is_at(family, BEN, "home")
    assert [call["message"] for call in phone.calls] == ["Disarm Home when you come in."] * messages
    assert family.phase == ("armed" if armed else "disarmed")


async def test_who_comes_home_is_reminded_also_where_nobody_knows_where_another_is(family: House, phone: Done) -> None:
    await arm_when_left(family, remind=True)
    await is_at(family, ANN, "not_home")
    await is_at(family, BEN, "unavailable")
    await family.arm()
    await is_at(family, ANN, "home")
    assert [call["message"] for call in phone.calls] == ["Disarm Home when you come in."]


@pytest.fixture
def lamp(house: House) -> tuple[Done, Done]:
    """Return how often a light was turned on, and off."""
    return Done(house.home.hass, "light", "turn_on"), Done(house.home.hass, "light", "turn_off")


async def light_on_alarm(house: House, sun: str = "below_horizon", **inputs: Any) -> None:
    """Have a light on alarm."""
    house.home.hass.states.async_set("sun.sun", sun)
    await use(house.home.hass, "light_on_perimeter_alarm", panel=PANEL, **{"lights": LAMP, **inputs})
    await house.arm()


async def test_an_alarm_after_dark_turns_lights_on_until_it_is_over(house: House, lamp: tuple[Done, Done]) -> None:
    on, off = lamp
    await light_on_alarm(house, brightness=80, minutes=10)
    await breaks_in(house)
    await until(lambda: on.calls)
    assert [(call["entity_id"], call["brightness_pct"]) for call in on.calls] == [(["light.yard"], 80)]
    await house.desk.async_ask(HOME, Action.DISARM, ANNS_PHONE, code=ANNS_CODE)
    await until(lambda: house.home.hass.states.is_state(PANEL, "disarmed"))
    assert off.calls == []
    for _ in range(TURNS):
        goes_on(house, minutes=9)
        await asyncio.sleep(0)
    assert off.calls == []
    for _ in range(TURNS):
        goes_on(house, minutes=11)
        await asyncio.sleep(0)
    assert [call["entity_id"] for call in off.calls] == [["light.yard"]]


@pytest.mark.parametrize(
    ("before", "lights"),
    [
        ({"light.yard": "on", "light.gate": "off"}, ["light.gate"]),
        ({"light.yard": "off", "light.gate": "off"}, ["light.yard", "light.gate"]),
    ],
)
async def test_only_lights_that_were_off_before_are_turned_off(
    house: House, lamp: tuple[Done, Done], before: dict[str, str], lights: list[str]
) -> None:
    on, off = lamp
    for entity_id, state in before.items():
        house.home.hass.states.async_set(entity_id, state)
    await light_on_alarm(house, minutes=10, lights={"entity_id": list(before)})
    await breaks_in(house)
    await until(lambda: on.calls)
    for entity_id in before:
        house.home.hass.states.async_set(entity_id, "on")
    await house.desk.async_ask(HOME, Action.DISARM, ANNS_PHONE, code=ANNS_CODE)
    await until(lambda: house.home.hass.states.is_state(PANEL, "disarmed"))
    for _ in range(TURNS):
        goes_on(house, minutes=11)
        await asyncio.sleep(0)
    assert [call["entity_id"] for call in off.calls] == [lights]


async def test_the_light_stays_on_for_an_alarm_that_comes_meanwhile(house: House, lamp: tuple[Done, Done]) -> None:
    on, off = lamp
    await light_on_alarm(house, minutes=10)
    for _ in range(2):
        await breaks_in(house)
        await until(lambda: on.calls)
        await house.desk.async_ask(HOME, Action.DISARM, ANNS_PHONE, code=ANNS_CODE)
        await until(lambda: house.home.hass.states.is_state(PANEL, "disarmed"))
        for _ in range(TURNS):
            goes_on(house, minutes=9)
            await asyncio.sleep(0)
        house.home.inject(InputReport(device_key=WINDOW, active=False))
        await until(lambda: house.home.hass.states.is_state("binary_sensor.window", "off"))
        await house.desk.async_ask(HOME, Action.ARM, ANNS_PHONE, mode=Mode.AWAY, skip_delay=True)
        await until(lambda: house.home.hass.states.is_state(PANEL, "armed_away"))
    assert (len(on.calls), off.calls) == (1, [])
    for _ in range(TURNS):
        goes_on(house, minutes=11)
        await asyncio.sleep(0)
    assert [call["entity_id"] for call in off.calls] == [["light.yard"]]


async def breaks_in(house: House) -> None:
    """Let a window open, and wait for the alarm."""
    house.home.inject(InputReport(device_key=WINDOW, active=True))
    await until(lambda: house.home.hass.states.is_state(PANEL, "triggered"))


async def lights_up(house: House, on: Done, times: int) -> int:
    """Wait until the light was turned on, or nothing is left to wait for; returns how often it was."""
    if times:
        await until(lambda: on.calls)
    else:
        await heard(house.home)
    return len(on.calls)


def goes_on(house: House, minutes: float) -> None:
    """Let what waits for a time have waited long enough."""
    async_fire_time_changed(house.home.hass, dt_util.utcnow() + timedelta(minutes=minutes))


@pytest.mark.parametrize(("sun", "only", "times"), [("above_horizon", True, 0), ("above_horizon", False, 1)])
async def test_an_alarm_by_day(house: House, lamp: tuple[Done, Done], sun: str, only: bool, times: int) -> None:
    await light_on_alarm(house, sun, only_after_dark=only)
    await breaks_in(house)
    assert await lights_up(house, lamp[0], times) == times


async def test_fire_turns_nothing_on_unless_it_is_chosen(house: House, lamp: tuple[Done, Done]) -> None:
    await light_on_alarm(house)
    await house.opens(SMOKE)
    await heard(house.home)
    assert lamp[0].calls == []


@pytest.mark.parametrize(("perimeter", "times"), [(WINDOW, 1), (SMOKE, 0)])
async def test_only_zones_of_the_perimeter_count(
    house: House, lamp: tuple[Done, Done], perimeter: str, times: int
) -> None:
    device = house.home.device(f"device:{perimeter}")
    assert device is not None
    await light_on_alarm(house, zones=[device.id])
    await breaks_in(house)
    assert await lights_up(house, lamp[0], times) == times
