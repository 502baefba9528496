"""What automations hear of the alarm on Home Assistant's bus."""

from dataclasses import replace
import json
from typing import Any

from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.event_hub import alarm_notices
from custom_components.event_hub.alarm_sentences import alarm_words
from custom_components.event_hub.engine.alarm.codes import CodeUser
from custom_components.event_hub.engine.alarm.model import Action, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.problems import Fault
from custom_components.event_hub.engine.events import TransportChanged
from custom_components.event_hub.identifiers import partition_identifier
from custom_components.event_hub.wire.messages import Transport
from tests.alarm_types import TYPES
from tests.integration.alarm.kit import ABORT, ANNS_CODE, DOOR, HOME, PANEL, PARTITION, WINDOW, House
from tests.integration.notify.kit import SMS, add_channel, receiver
from tests.source import HUB

type Told = list[dict[str, Any]]


def of_type(told: Told, kind: str) -> Told:
    """Return the events of a type."""
    return [event for event in told if event["type"] == kind]


async def test_changes_of_the_phase_say_who_made_them(house: House, told: Told) -> None:
    await house.arm()
    await house.disarm()
    armed, disarmed = of_type(told, "phase")
    assert armed["partition"] == HOME
    assert (armed["name"], armed["to"], armed["mode"], armed["by"]) == ("Home", "armed", "away", "Ann's phone")
    assert (disarmed["to"], disarmed["by"], disarmed["by_kind"]) == ("disarmed", "Ann", "code_user")


async def test_an_alarm_is_told_here_then_outside_then_cancelled(house: House, told: Told) -> None:
    await house.arm()
    await house.opens(WINDOW)
    (alarm,) = of_type(told, "alarm")
    assert (alarm["zone"], alarm["zone_name"], alarm["kind"]) == (WINDOW, WINDOW, "burglary")
    assert of_type(told, "told_outside") == []
    await house.passes(ABORT + 1)
    (outside,) = of_type(told, "told_outside")
    assert [each["zone"] for each in outside["alarms"]] == [WINDOW]
    await house.disarm()
    assert [event["was_told_outside"] for event in of_type(told, "cancelled")] == [True]


async def test_every_event_names_the_panel_and_the_device_that_it_is_about(house: House, told: Told) -> None:
    await house.refusal(Action.ARM, mode="away", code="0000")
    await house.arm()
    await house.opens(WINDOW)
    await house.passes(ABORT + 1)
    await house.disarm()
    device = dr.async_get(house.home.hass).async_get_device_by_identifier(
        partition_identifier(HOME), house.home.entry.entry_id
    )
    assert device is not None
    assert len(told) > 5
    about = {(event["entity_id"], event["device_id"]) for event in told}
    assert about == {("alarm_control_panel.home", device.id)}


async def test_what_is_for_outside_alone_names_nothing_by_which_a_page_would_find_it(house: House, told: Told) -> None:
    await house.desk.async_set_user(CodeUser(user_id="forced", name="Anna", duress=True), "9999")
    await house.arm()
    await house.disarm("9999")
    (outside,) = of_type(told, "told_outside")
    assert outside["duress"]
    assert not {"entity_id", "device_id"} & outside.keys()


@pytest.mark.parametrize(
    ("channels", "outside", "has_channel"),
    [
        ([], "no_channel", False),
        ([{"enabled": False}], "no_channel", False),
        ([{"topics": ["digest"]}], "no_channel", False),
        ([{"topics": ["alarm", "cancelled"]}], "told", True),
        ([{"enabled": False}, {}], "told", True),
    ],
)
async def test_what_is_told_outside_says_where_there_is_no_channel_for_it(
    house: House, told: Told, channels: list[dict[str, Any]], outside: str, *, has_channel: bool
) -> None:
    receiver(house.home.hass, SMS, house.clock)
    for number, channel in enumerate(channels):
        add_channel(house.home, f"SMS {number}", "action", SMS, **channel)
    await house.arm()
    await house.opens(WINDOW)
    (alarm,) = of_type(told, "alarm")
    assert alarm["outside"] == "waiting"
    await house.passes(ABORT + 1)
    (event,) = of_type(told, "told_outside")
    assert (event["has_channel"], event["alarms"][0]["outside"]) == (has_channel, outside)
    memory = house.home.state("alarm_control_panel", "partition:home:panel").attributes["memory"]
    assert [each["outside"] for each in memory] == [outside]
    await house.disarm()
    (cancelled,) = of_type(told, "cancelled")
    assert cancelled["has_channel"] is has_channel
    says = [alarm_words(each)[1] for each in (event, cancelled)]
    assert [("no channel" in each) for each in says] == [not has_channel] * 2, says


@pytest.mark.parametrize("had_channel", [True, False])
async def test_what_was_told_outside_stays_so_whatever_becomes_of_the_channels(
    house: House, *, had_channel: bool
) -> None:
    receiver(house.home.hass, SMS, house.clock)
    channel = add_channel(house.home, "SMS", "action", SMS) if had_channel else None
    await house.arm()
    await house.opens(WINDOW)
    await house.passes(ABORT + 1)
    if channel is None:
        add_channel(house.home, "SMS", "action", SMS)
    else:
        house.home.hass.config_entries.async_remove_subentry(house.home.entry, channel)
    for _ in range(2):
        memory = house.home.state("alarm_control_panel", "partition:home:panel").attributes["memory"]
        assert [each["outside"] for each in memory] == ["told" if had_channel else "no_channel"]
        await house.restart()


@pytest.mark.parametrize("had_channel", [True, False])
async def test_what_is_told_outside_as_the_hub_starts_knows_the_channels_that_there_are(
    house: House, *, had_channel: bool
) -> None:
    receiver(house.home.hass, SMS, house.clock)
    if had_channel:
        add_channel(house.home, "SMS", "action", SMS)
    await house.arm()
    await house.opens(WINDOW)
    assert await house.home.hass.config_entries.async_unload(house.home.entry.entry_id)
    house.clock.ahead += ABORT + 1
    assert await house.home.hass.config_entries.async_setup(house.home.entry.entry_id)
    await house.told()
    memory = house.home.state("alarm_control_panel", "partition:home:panel").attributes["memory"]
    assert [each["outside"] for each in memory] == ["told" if had_channel else "no_channel"]


async def test_a_silent_alarm_is_told_outside_alone(house: House, told: Told) -> None:
    await house.desk.async_set_partition(
        replace(PARTITION, zones={**PARTITION.zones, WINDOW: Zone(silent=True)}, swinger_limit=1)
    )
    await house.arm()
    told.clear()
    await house.opens_and_closes(WINDOW)
    assert told == []
    await house.passes(ABORT + 1)
    assert [event["type"] for event in told] == ["told_outside"]
    assert told[0]["alarms"][0]["silent"] is True


async def test_a_duress_code_is_told_outside_and_looks_like_any_other_elsewhere(house: House, told: Told) -> None:
    await house.desk.async_set_user(CodeUser(user_id="forced", name="Anna", duress=True), "9999")
    await house.arm()
    told.clear()
    await house.disarm("9999")
    (outside,) = of_type(told, "told_outside")
    assert (outside["duress"], outside["by"]) == (True, "Anna")
    others = [event for event in told if event is not outside]
    assert [event["type"] for event in others] == ["phase"]
    assert "duress" not in str(others)


async def test_refusals_wrong_codes_and_lockouts_are_told(house: House, told: Told) -> None:
    await house.opens(WINDOW)
    assert await house.refusal(Action.ARM, mode="away") == "not_ready"
    (refused,) = of_type(told, "refused")
    assert (refused["reason"], refused["by"]) == ("not_ready", "Ann's phone")
    assert [(each["zone"], each["problem"]) for each in refused["problems"]] == [(WINDOW, "open")]
    for _ in range(5):
        await house.refusal(Action.DISARM, code="0000")
    assert [event["left"] for event in of_type(told, "wrong_code")] == [4, 3, 2, 1]
    assert len(of_type(told, "lockout")) == 1
    await house.passes(91)
    assert len(of_type(told, "lockout_ended")) == 1


async def test_a_walk_test_and_chimes_are_told(house: House, told: Told) -> None:
    zones = {**PARTITION.zones, "Gate": Zone(kind=ZoneKind.CHIME, chimes=True)}
    await house.set_up(replace(PARTITION, zones=zones))
    await house.opens_and_closes("Gate")
    assert [event["zone"] for event in of_type(told, "chime")] == ["Gate"]
    await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE)
    await house.opens_and_closes(DOOR)
    assert [event["zone"] for event in of_type(told, "walked")] == [DOOR]
    await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE, on=False)
    assert [event["on"] for event in of_type(told, "walk_test")] == [True, False]
    assert DOOR in of_type(told, "walk_test")[1]["walked"]
    assert {event["by"] for event in of_type(told, "walk_test")} == {"Ann"}


async def test_a_walk_test_that_ends_by_itself_was_ended_by_nobody(house: House, told: Told) -> None:
    await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE)
    await house.passes(1801)
    assert [event["by"] for event in of_type(told, "walk_test")] == ["Ann", None]


@pytest.mark.parametrize("silent", [False, True])
async def test_a_call_for_help_says_who_called(house: House, told: Told, *, silent: bool) -> None:
    await house.desk.async_ask(HOME, Action.PANIC, PANEL, silent=silent)
    assert [event["by"] for event in of_type(told, "told_outside")] == ["Ann's phone"]


async def test_nobody_raised_what_a_zone_did(house: House, told: Told) -> None:
    await house.arm()
    await house.opens(WINDOW)
    await house.passes(ABORT + 1)
    assert [event["by"] for event in of_type(told, "told_outside")] == [None]


async def test_no_event_has_a_code_in_it(house: House, told: Told) -> None:
    await house.refusal(Action.DISARM, code="86420")
    await house.arm()
    await house.opens(WINDOW)
    await house.disarm(ANNS_CODE)
    assert len(told) > 3
    assert "86420" not in str(told)
    assert ANNS_CODE not in str(told)
    assert {event["type"] for event in told} <= TYPES


async def test_a_broker_that_is_down_is_told_as_a_broker_and_not_as_a_zone(house: House, told: Told) -> None:
    house.home.hub.post(TransportChanged(transport=Transport.AMQP, up=False))
    await house.told()
    (trouble,) = of_type(told, "trouble")
    (what,) = trouble["what"]
    assert what == {"zone": None, "zone_name": None, "broker": "RabbitMQ", "fault": "broker"}
    assert house.home.state("binary_sensor", "partition:home:trouble").attributes["what"] == [what]
    assert alarm_words(trouble)[1] == "has trouble with RabbitMQ (broker)"
    assert f"alarm_trouble_{HOME}" not in house.issues(), "the broker has a notice of its own"


async def test_a_zone_that_is_called_like_a_broker_is_no_broker(house: House) -> None:
    await house.set_up(replace(PARTITION, zones={**PARTITION.zones, "amqp": Zone()}))
    await house.arm()
    house.home.hub.post(TransportChanged(transport=Transport.AMQP, up=False))
    await house.told()
    assert f"alarm_trouble_{HOME}" not in house.issues()


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.BROKER])
def test_every_fault_has_its_words_in_repairs(fault: Fault) -> None:
    texts = json.loads((HUB / "translations/en.json").read_text(encoding="utf-8"))["exceptions"]
    assert texts[f"alarm_word_{alarm_notices.word_of(fault)}"]["message"]
