"""Devices that have the same label are told apart by where they are, as on the screens."""

from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.event_hub.engine.alarm.model import Zone, ZoneKind
from custom_components.event_hub.engine.times.digest import Bundle, Deferred
from custom_components.event_hub.times_desk import EVENT_DIGEST
from custom_components.event_hub.wire.messages import InputReport
from tests.integration.alarm.kit import ABORT, EXIT, HOME, House
from tests.integration.clock import Clock
from tests.integration.kit import Home

from .kit import SMS, Receiver, add_channel, pass_time, settled, tell_digest, trigger


async def test_what_was_before_is_named_as_on_the_screens(home: Home, sms: Receiver) -> None:
    add_channel(home, "SMS", "action", SMS)
    places = ("Hall", "Attic", "Shed")
    await home.report(*(InputReport(device_key=each, label="Motion", location=each, active=False) for each in places))
    await home.enable(inputs=places)
    for each in places:
        await trigger(home, each)
    _, _, _, *before = sms.texts[-1].split("\n")
    assert [line.partition(": ")[2] for line in before] == ["Attic Motion", "Hall Motion"]


async def test_a_digest_names_devices_as_the_screens_do_and_those_that_are_gone_as_they_were(
    home: Home, sms: Receiver, clock: Clock
) -> None:
    add_channel(home, "SMS", "action", SMS)
    heard = async_capture_events(home.hass, EVENT_DIGEST)
    await home.report(InputReport(device_key="M1", label="Motion", location="Hall", active=False))
    held_back = tuple(
        Deferred(input_key=key, decision_id=key, first_at=1.0, at=2.0, label=label)
        for key, label in (("M1", "Motion"), ("M2", "Door"), ("M3", None))
    )
    tell_digest(home, Bundle(number=7, deferred=held_back), clock.time())
    await settled(home)
    lines = sms.texts[0].split("\n")[-3:]
    assert [line.partition("M ")[2] for line in lines] == ["Hall Motion", "Door", "M3"]
    assert [each["name"] for each in heard[0].data["inputs"]] == ["Hall Motion", "Door", "M3"]


async def test_a_device_has_the_name_of_the_screens_in_whatever_is_told_of_it(
    house: House, sms: Receiver, clock: Clock
) -> None:
    home = house.home
    add_channel(home, "SMS", "action", SMS, max_length=1000)
    await home.report(InputReport(device_key="M1", label="motion", location="Garage", active=False))
    await home.enable(inputs=("M1",))
    await home.hub.alarm.async_set_zone(HOME, "M1", Zone(kind=ZoneKind.FOLLOWER))
    await house.arm(skip_delay=False)
    await house.opens("M1")
    await pass_time(home, clock, EXIT + 1)
    assert [call["title"] for call in sms.calls] == ["Fault, Home"]
    await house.closes("M1")
    await house.opens("M1")
    await pass_time(home, clock, ABORT + 1)
    assert [text.split("\n")[0] for text in sms.texts] == ["left open or active: Garage motion", "Garage motion"]
