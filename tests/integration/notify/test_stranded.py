"""Something critical that no channel is for is not forgotten: it is shown until somebody can be told."""

from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.event_hub.engine.telling.outbox import TELLINGS_LIMIT
from custom_components.event_hub.telling_desk import EVENT_UNDELIVERED
from custom_components.event_hub.wire.messages import InputReport
from tests.engine.telling.kit import alarm
from tests.integration.alarm.kit import SMOKE, Disk, House
from tests.integration.clock import Clock
from tests.integration.notices.kit import later, shown, text_of

from .kit import SMS, Receiver, add_channel, change_channel, pass_time, settled


async def test_an_alarm_that_no_channel_is_for_is_a_repair_until_one_tells_it(house: House, sms: Receiver) -> None:
    heard = async_capture_events(house.home.hass, EVENT_UNDELIVERED)
    add_channel(house.home, "Digests", "action", SMS, topics=["digest"])
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    await later(house.home.hass)
    text = text_of(shown(house.home.hass)["telling_stranded_alarm"])
    assert "Home: Smoke" in text
    assert "(Alarms)" in text
    assert "telling_undelivered" not in shown(house.home.hass)
    await house.restart()
    await settled(house.home)
    await later(house.home.hass)
    assert "telling_stranded_alarm" in shown(house.home.hass)
    assert [event.data["topic"] for event in heard] == ["alarm"]
    add_channel(house.home, "SMS", "action", SMS)
    await settled(house.home)
    await later(house.home.hass)
    assert [call["topic"] for call in sms.calls] == ["alarm"]
    assert not [key for key in shown(house.home.hass) if key.startswith("telling")]


async def test_what_waits_for_a_channel_that_is_switched_off_is_another_repair(
    house: House, sms: Receiver, clock: Clock
) -> None:
    channel_id = add_channel(house.home, "SMS", "action", SMS, deadline=30)
    sms.be_away()
    await house.opens_and_closes(SMOKE)
    await pass_time(house.home, clock, 60)
    change_channel(house.home, channel_id, enabled=False)
    await later(house.home.hass)
    assert {key for key in shown(house.home.hass) if key.startswith("telling")} == {"telling_stranded_alarm"}
    change_channel(house.home, channel_id, enabled=True)
    await settled(house.home)
    await later(house.home.hass)
    assert {key for key in shown(house.home.hass) if key.startswith("telling")} == {"telling_undelivered"}


async def test_a_repair_says_where_it_was_and_names_the_topic_as_the_form_of_a_channel_does(
    house: House, sms: Receiver, clock: Clock
) -> None:
    channel_id = add_channel(house.home, "SMS", "action", SMS, deadline=30)
    sms.be_away()
    await house.home.report(InputReport(device_key=SMOKE, label="Detector", location="Attic", active=False))
    await house.opens_and_closes(SMOKE)
    await pass_time(house.home, clock, 60)
    await later(house.home.hass)
    assert "Home: Attic Detector" in text_of(shown(house.home.hass)["telling_undelivered"])
    change_channel(house.home, channel_id, enabled=False)
    await later(house.home.hass)
    text = text_of(shown(house.home.hass)["telling_stranded_alarm"])
    assert "Home: Attic Detector" in text
    assert "(Alarms)" in text


async def test_what_a_new_channel_takes_over_while_the_disk_hangs_is_not_shown_as_told_by_none(
    house: House, sms: Receiver, disk: Disk
) -> None:
    add_channel(house.home, "Digests", "action", SMS, topics=["digest"])
    sms.be_away()
    disk.hang()
    house.home.hub.telling.post(alarm("fire"))
    add_channel(house.home, "SMS", "action", SMS)
    disk.go_on()
    await settled(house.home)
    await later(house.home.hass)
    assert {key for key in shown(house.home.hass) if key.startswith("telling")} == {"telling_undelivered"}


async def test_what_makes_room_for_more_and_was_told_to_nobody_is_shown_until_somebody_is_told(
    house: House, sms: Receiver, clock: Clock
) -> None:
    heard = async_capture_events(house.home.hass, EVENT_UNDELIVERED)
    add_channel(house.home, "SMS", "action", SMS, deadline=3600)
    sms.be_away()
    for number in range(TELLINGS_LIMIT + 2):
        house.home.hub.telling.post(alarm(f"alarm {number}"))
    await settled(house.home)
    await later(house.home.hass)
    assert {event.data["input"] for event in heard} < {"alarm 0", "alarm 1", "alarm 2"}
    assert len(heard) == 2
    assert "wait like it: 2." in text_of(shown(house.home.hass)["telling_undelivered"])
    sms.be_back()
    await pass_time(house.home, clock, 10)
    await later(house.home.hass)
    assert sms.calls
    assert "telling_undelivered" not in shown(house.home.hass)
