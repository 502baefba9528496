"""What happens is told, once, over the first channel that works."""

import asyncio
import shutil
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
import voluptuous as vol

from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission
from custom_components.event_hub.engine.alarm.model import Action, Zone, ZoneKind
from custom_components.event_hub.engine.model import PANIC_KEY, REPORT_KEY
from custom_components.event_hub.engine.times.digest import Bundle, Deferred, Digest
from custom_components.event_hub.telling_desk import EVENT_UNDELIVERED
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until
from tests.integration.actions.kit import add_inputs, tell
from tests.integration.alarm.kit import ABORT, ANNS_CODE, HOME, SMOKE, WINDOW, Disk, House
from tests.integration.clock import Clock
from tests.integration.kit import Home
from tests.integration.notices.kit import later, shown, text_of

from .kit import (
    ADDRESS,
    PHONE,
    SMS,
    Receiver,
    add_channel,
    desk,
    journal_of,
    pass_time,
    receiver,
    settled,
    tell_digest,
    trigger,
)

SECOND = "script.call_neighbour"


async def test_a_trigger_is_told_with_label_detail_time_and_link(home: Home, sms: Receiver) -> None:
    add_channel(home, "SMS", "action", SMS)
    await add_inputs(home, "Door", label="Front Door")
    await trigger(home, detail="opened")
    (call,) = sms.calls
    first, when, link = call["message"].split("\n")
    assert (call["title"], first, call["critical"]) == ("Triggered", "Front Door: opened", False)
    assert when.endswith(("AM", "PM"))
    assert link.startswith(ADDRESS)


async def test_an_input_whose_rule_says_so_is_not_told(home: Home, sms: Receiver) -> None:
    add_channel(home, "SMS", "action", SMS)
    await add_inputs(home, "Door", "Shed")
    await tell(home.hass, "set_rule", inputs=["Door"], notify=False)
    await trigger(home)
    await trigger(home, "Shed")
    assert ["Shed" in text for text in sms.texts] == [True]


async def test_without_a_channel_nothing_is_kept(home: Home) -> None:
    await add_inputs(home, "Door")
    await trigger(home)
    assert desk(home).outbox.postings == {}
    assert shown(home.hass) == {}


async def test_a_zone_is_told_by_its_alarm_once_the_abort_window_is_over(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS)
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await settled(house.home)
    assert sms.calls == []
    await pass_time(house.home, house.clock, ABORT + 1)
    (call,) = sms.calls
    assert (call["topic"], call["critical"], call["title"]) == ("alarm", True, "Burglar alarm, Home")
    assert "Window" in call["message"]


async def test_an_alarm_that_is_disarmed_in_time_is_told_nobody(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS)
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.disarm()
    await pass_time(house.home, house.clock, ABORT + 10)
    assert sms.calls == []


async def test_that_an_alarm_is_over_is_told_those_who_heard_of_it(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS)
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    await house.disarm()
    await settled(house.home)
    assert [call["topic"] for call in sms.calls] == ["alarm", "cancelled"]
    assert "by Ann" in sms.texts[1]


async def test_too_many_wrong_codes_are_told(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS)
    for _ in range(5):
        await house.refusal(Action.DISARM, code="0000")
    await settled(house.home)
    assert [call["topic"] for call in sms.calls] == ["lockout"]
    assert ANNS_CODE not in str(sms.calls)


async def test_duress_is_told_outside_and_shows_nothing_here(
    house: House, sms: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    add_channel(house.home, "SMS", "action", SMS, topics=["duress"])
    sms.be_away()
    heard = async_capture_events(house.home.hass, EVENT_UNDELIVERED)
    forced = CodeUser(user_id="eve", name="Eve", permissions=tuple(Permission), duress=True)
    await house.desk.async_set_user(forced, "9999")
    await house.arm()
    await house.disarm("9999")
    await settled(house.home)
    # Even if nobody can be told, whoever stands beside must not see that somebody was to be.
    await pass_time(house.home, house.clock, 120, step=10)
    await later(house.home.hass)
    assert (heard, shown(house.home.hass)) == ([], {})
    own = [record.getMessage() for record in caplog.records if "event_hub" in record.name]
    assert not [line for line in own if "duress" in line.casefold() or "Eve" in line]
    sms.be_back()
    await pass_time(house.home, house.clock, 60, step=10)
    assert [call["topic"] for call in sms.calls] == ["duress"]
    assert "Eve" in sms.texts[0]


async def test_a_silent_alarm_is_told_outside_and_nothing_here_says_whether_it_was(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS, topics=["silent"])
    sms.be_away()
    await house.desk.async_set_zone(HOME, WINDOW, Zone(kind=ZoneKind.INSTANT, silent=True))
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await pass_time(house.home, house.clock, ABORT + 130, step=10)
    await later(house.home.hass)
    assert shown(house.home.hass) == {}
    sms.be_back()
    await pass_time(house.home, house.clock, 60, step=10)
    assert [call["topic"] for call in sms.calls] == ["alarm"]


async def test_panic_is_told_at_once_and_first(home: Home, sms: Receiver) -> None:
    add_channel(home, "SMS", "action", SMS)
    home.hub.press(PANIC_KEY)
    await settled(home)
    assert [(call["topic"], call["critical"]) for call in sms.calls] == [("trigger", True)]


async def test_the_report_button_tells_what_is_active(home: Home, sms: Receiver) -> None:
    add_channel(home, "SMS", "action", SMS, max_length=400)
    await add_inputs(home, "Door", label="Front Door")
    await tell(home.hass, "set_rule", inputs=["Door"], notify=False)
    by = home.hub.state.sources[home.hub.state.inputs["Door"].source_id].source
    await home.report(InputReport(device_key="Door", active=True), by=by)
    home.hub.press(REPORT_KEY)
    await settled(home)
    (call,) = sms.calls
    assert call["topic"] == "report"
    assert call["message"].endswith(": Front Door")


async def test_a_source_that_goes_and_comes_back_is_told(home: Home, sms: Receiver, clock: Clock) -> None:
    add_channel(home, "SMS", "action", SMS)
    await home.report(InputReport(device_key="Door", active=False))
    await home.lose()
    # Others may be silent as well.
    await pass_time(home, clock, 31)
    await home.report(InputReport(device_key="Door", active=False))
    await pass_time(home, clock, 31)
    assert [call["topic"] for call in sms.calls] == ["source_lost", "source_back"]


async def test_what_stays_active_is_told_as_critical(home: Home, sms: Receiver, clock: Clock) -> None:
    add_channel(home, "SMS", "action", SMS)
    await add_inputs(home, "Door", label="Front Door")
    await tell(home.hass, "set_rule", inputs=["Door"], escalate_after=120, hold=86_400)
    by = home.hub.state.sources[home.hub.state.inputs["Door"].source_id].source
    await home.report(InputReport(device_key="Door", active=True), by=by)
    await pass_time(home, clock, 130, step=10)
    assert [(call["topic"], call["critical"]) for call in sms.calls] == [("trigger", False), ("escalation", True)]
    assert "for 2 min" in sms.texts[1]


async def test_the_next_channel_is_used_after_the_deadline_and_the_first_tells_later(
    house: House, sms: Receiver, clock: Clock, hass: HomeAssistant
) -> None:
    first = receiver(hass, SECOND, clock)
    add_channel(house.home, "Neighbour", "action", SECOND, priority=1, deadline=60)
    add_channel(house.home, "SMS", "action", SMS, priority=2)
    first.be_away()
    began = clock.time()
    await house.opens_and_closes(SMOKE)
    await pass_time(house.home, clock, 70)
    assert len(sms.times) == 1
    assert sms.times[0] - began <= 65
    await pass_time(house.home, clock, 530, step=10)
    first.be_back()
    await pass_time(house.home, clock, 70, step=10)
    assert (len(first.calls), len(sms.calls)) == (1, 1)


async def test_what_nobody_could_be_told_is_a_repair_until_somebody_was(
    house: House, sms: Receiver, clock: Clock
) -> None:
    heard = async_capture_events(house.home.hass, EVENT_UNDELIVERED)
    add_channel(house.home, "SMS", "action", SMS, deadline=30)
    sms.be_away()
    await house.opens_and_closes(SMOKE)
    await pass_time(house.home, clock, 60)
    await later(house.home.hass)
    assert [event.data["topic"] for event in heard] == ["alarm"]
    issue = shown(house.home.hass)["telling_undelivered"]
    assert "Home: Smoke" in text_of(issue)
    assert "SMS" in text_of(next(each for key, each in shown(house.home.hass).items() if key.startswith("channel_")))
    await house.restart()
    await settled(house.home)
    await later(house.home.hass)
    assert "telling_undelivered" in shown(house.home.hass)
    sms.be_back()
    await pass_time(house.home, clock, 70, step=10)
    await later(house.home.hass)
    assert len(sms.calls) == 1
    assert not [key for key in shown(house.home.hass) if key.startswith(("telling", "channel"))]


async def test_what_a_notify_entity_that_is_not_there_was_to_tell_is_not_taken_for_told(
    home: Home, sms: Receiver, clock: Clock
) -> None:
    add_channel(home, "Nowhere", "notify_entity", "notify.nobody", priority=1, deadline=20)
    add_channel(home, "SMS", "action", SMS, priority=2)
    await add_inputs(home, "Door")
    await trigger(home)
    assert sms.calls == []
    await pass_time(home, clock, 30)
    assert len(sms.calls) == 1


async def test_an_action_that_refuses_a_title_gets_one_text(home: Home, hass: HomeAssistant) -> None:
    taken: list[dict[str, Any]] = []

    async def picky(call: Any) -> None:
        taken.append(dict(call.data))

    hass.services.async_register("sms_gate", "send", picky, schema=vol.Schema({"message": str}))
    add_channel(home, "Gate", "action", "sms_gate.send")
    await add_inputs(home, "Door", label="Front Door")
    await trigger(home)
    assert [each["message"].split("\n")[:2] for each in taken] == [["Triggered", "Front Door"]]


async def test_what_was_under_way_at_a_kill_is_told_by_the_next_run(
    house: House, sms: Receiver, hass: HomeAssistant
) -> None:
    """The journal as it was the moment the message left is all that a killed hub leaves behind."""
    add_channel(house.home, "SMS", "action", SMS)
    called, go_on = asyncio.Event(), asyncio.Event()

    async def hold_up() -> None:
        called.set()
        await go_on.wait()

    sms.waits = hold_up
    await house.opens_and_closes(SMOKE)
    async with asyncio.timeout(60):
        await called.wait()
    journal = journal_of(house.home.entry, hass)
    left = journal.with_suffix(".left")
    shutil.copyfile(journal, left)
    go_on.set()
    await settled(house.home)
    assert len(sms.calls) == 1
    assert await hass.config_entries.async_unload(house.home.entry.entry_id)
    shutil.copyfile(left, journal)
    sms.calls.clear()
    assert await hass.config_entries.async_setup(house.home.entry.entry_id)
    await settled(house.home)
    assert [call["topic"] for call in sms.calls] == ["alarm"]
    await house.restart()
    await settled(house.home)
    assert len(sms.calls) == 1, "told once more although it was told"


async def test_an_alarm_is_forgotten_by_its_keeper_only_once_it_is_on_disk_here(
    house: House, sms: Receiver, hass: HomeAssistant
) -> None:
    add_channel(house.home, "SMS", "action", SMS)
    asked: list[asyncio.Future[None]] = []

    def never() -> asyncio.Future[None]:
        asked.append(hass.loop.create_future())
        return asked[-1]

    house.desk.keeper.handed_on = never
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    journal = journal_of(house.home.entry, hass).with_name("alarm.journal")
    assert asked != []
    assert '"TellOutside"' in journal.read_text().splitlines()[-1] or "TellOutside" in journal.read_text()
    for each in asked:
        each.cancel()
    await house.restart()
    await settled(house.home)
    assert len(sms.calls) == 1, "told again although it is the same telling"


async def test_a_disk_that_is_full_keeps_nobody_from_being_told(
    home: Home, sms: Receiver, disk: Disk, clock: Clock
) -> None:
    add_channel(home, "SMS", "action", SMS)
    await add_inputs(home, "Door")
    disk.be_full()
    by = home.hub.state.sources[home.hub.state.inputs["Door"].source_id].source
    await home.report(InputReport(device_key="Door", active=True), by=by)
    await until(lambda: sms.calls)
    disk.recover()
    await pass_time(home, clock, 15)
    await home.reload()
    await settled(home)
    assert len(sms.calls) == 1


async def test_a_channel_that_is_set_up_later_is_used_without_a_restart(home: Home, sms: Receiver) -> None:
    await add_inputs(home, "Door")
    await trigger(home)
    before = home.hub
    channel_id = add_channel(home, "SMS", "action", SMS)
    await tell(home.hass, "set_rule", inputs=["Door"], latch=0)
    await trigger(home)
    assert len(sms.calls) == 1
    home.hass.config_entries.async_remove_subentry(home.entry, channel_id)
    await trigger(home)
    assert len(sms.calls) == 1
    assert home.hub is before


async def test_five_hundred_events_in_a_minute_are_as_many_messages_as_are_allowed(
    home: Home, phone: Receiver, clock: Clock
) -> None:
    add_channel(home, "Phone", "mobile_app", PHONE, min_interval=12, max_length=4000)
    keys = [f"Input {number}" for number in range(10)]
    await add_inputs(home, *keys)
    await tell(home.hass, "set_rule", inputs=keys, latch=0)
    by = home.hub.state.sources[home.hub.state.inputs[keys[0]].source_id].source
    for second in range(50):
        for key in keys:
            home.inject(InputReport(device_key=key, active=True, detail=f"event {second}."), by=by)
            home.inject(InputReport(device_key=key, active=False), by=by)
        await clock.go_on(home, 1.2)
        await settled(home)
    assert len(phone.calls) <= 60 / 12 + 1
    gaps = [after - before for before, after in zip(phone.times, phone.times[1:], strict=False)]
    assert all(gap >= 11.9 for gap in gaps)
    await pass_time(home, clock, 60, step=6)
    everything = "\n".join(phone.texts)
    assert [key for key in keys if f"{key}: event 49." not in everything] == []


async def test_the_digest_of_quiet_hours_is_told_once_and_only_then_confirmed(
    home: Home, sms: Receiver, clock: Clock, disk: Disk
) -> None:
    add_channel(home, "SMS", "action", SMS, max_length=400)
    await add_inputs(home, "Door", label="Front Door")
    state = home.hub.state
    bundle = Bundle(
        number=7,
        deferred=(Deferred(input_key="Door", decision_id="1", first_at=1.0, at=2.0, count=3, label="Front Door"),),
    )
    state.digest = Digest(taken=bundle, number=7)
    disk.be_full()
    tell_digest(home, bundle, clock.time())
    await until(lambda: sms.calls)
    assert state.digest.taken is bundle, "confirmed although a restart would not know of it"
    disk.recover()
    await pass_time(home, clock, 15)
    tell_digest(home, bundle, clock.time())
    await settled(home)
    await until(lambda: home.hub.state.digest.taken is None)
    (call,) = sms.calls
    assert call["title"] == "While it was quiet"
    assert "Front Door (3x)" in call["message"]
