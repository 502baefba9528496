"""That a zone is silenced would give away the alarm it caused: it is told after that, or not at all."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission
from custom_components.event_hub.engine.alarm.effects import Effect, SwungOut, TellOutside
from custom_components.event_hub.engine.alarm.model import Action, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Alarm, AlarmKind, Outside, PartitionStatus, Swing
from custom_components.event_hub.engine.effects import AlarmTold
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.telling_swung_out import swung_out_told
from tests.integration.alarm.kit import ABORT, ANNS_CODE, HOME, PANEL, PARTITION, WINDOW, House

from .kit import SMS, Receiver, add_channel, pass_time, receiver, settled

SILENTLY = "script.call_the_guards"
FORCED_CODE = "9999"


@pytest.fixture
async def swinging(house: House, sms: Receiver) -> House:
    """Return an armed home in which one alarm silences a zone, and somebody who is told."""
    assert sms.calls == []
    add_channel(house.home, "SMS", "action", SMS)
    await house.desk.async_set_partition(replace(PARTITION, swinger_limit=1))
    forced = CodeUser(user_id="eve", name="Eve", permissions=tuple(Permission), duress=True)
    await house.desk.async_set_user(forced, FORCED_CODE)
    await house.arm()
    return house


def topics(told: Receiver) -> list[str]:
    """Return what somebody was told of."""
    return [call["topic"] for call in told.calls]


@pytest.mark.parametrize("restarts", [False, True])
async def test_that_a_zone_is_silenced_is_told_once_its_alarm_is(
    swinging: House, sms: Receiver, *, restarts: bool
) -> None:
    await swinging.opens_and_closes(WINDOW)
    await pass_time(swinging.home, swinging.clock, ABORT - 5)
    assert sms.calls == []
    if restarts:
        await swinging.restart()
        await settled(swinging.home)
        assert sms.calls == []
    await pass_time(swinging.home, swinging.clock, 15)
    assert topics(sms) == ["alarm", "swung_out"]
    assert "Window" in sms.texts[1]
    await swinging.restart()
    await pass_time(swinging.home, swinging.clock, 60)
    assert len(sms.calls) == 2


async def test_that_a_zone_is_silenced_is_told_where_its_alarm_was_to_be_told_while_nothing_ran(
    swinging: House, sms: Receiver
) -> None:
    await swinging.opens_and_closes(WINDOW)
    home = swinging.home
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    swinging.clock.ahead += 2 * ABORT
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await swinging.told()
    await settled(home)
    assert topics(sms) == ["alarm", "swung_out"]


@pytest.mark.parametrize("restarts", [False, True])
async def test_that_a_zone_is_silenced_is_not_told_where_its_alarm_was_called_off(
    swinging: House, sms: Receiver, *, restarts: bool
) -> None:
    await swinging.opens_and_closes(WINDOW)
    await pass_time(swinging.home, swinging.clock, ABORT - 5)
    if restarts:
        await swinging.restart()
    await swinging.disarm()
    await pass_time(swinging.home, swinging.clock, 2 * ABORT)
    assert sms.calls == []


async def test_that_a_zone_is_silenced_is_not_told_where_somebody_was_forced_to_call_its_alarm_off(
    swinging: House, sms: Receiver
) -> None:
    await swinging.opens_and_closes(WINDOW)
    await swinging.disarm(FORCED_CODE)
    await pass_time(swinging.home, swinging.clock, 2 * ABORT)
    assert sms.calls == []


async def test_what_was_called_off_and_forgotten_is_not_told_by_the_next_alarm(swinging: House, sms: Receiver) -> None:
    await swinging.opens_and_closes(WINDOW)
    await swinging.disarm()
    await swinging.desk.async_ask(HOME, Action.ACKNOWLEDGE, PANEL, code=ANNS_CODE)
    await swinging.arm()
    await swinging.opens_and_closes(WINDOW)
    await pass_time(swinging.home, swinging.clock, ABORT + 10)
    assert topics(sms) == ["alarm", "swung_out"]


async def test_that_a_silent_zone_is_silenced_is_told_where_silent_alarms_are(swinging: House, sms: Receiver) -> None:
    add_channel(swinging.home, "Guards", "action", SILENTLY, topics=["silent"])
    guards = receiver(swinging.home.hass, SILENTLY, swinging.clock)
    await swinging.disarm()
    await swinging.desk.async_set_zone(HOME, WINDOW, Zone(kind=ZoneKind.INSTANT, silent=True))
    await swinging.arm()
    await swinging.opens_and_closes(WINDOW)
    await pass_time(swinging.home, swinging.clock, ABORT - 5)
    assert guards.calls == []
    await pass_time(swinging.home, swinging.clock, 15)
    assert (topics(guards), sms.calls) == (["alarm", "swung_out"], [])


@pytest.mark.parametrize(
    ("effect", "outside", "tamper", "told"),
    [
        (SwungOut(zone=WINDOW, alarms=1), Outside.TOLD, False, 1),
        (SwungOut(zone=WINDOW, alarms=1), Outside.NO_CHANNEL, False, 1),
        (SwungOut(zone=WINDOW, alarms=1), Outside.WAITING, False, 0),
        (SwungOut(zone=WINDOW, alarms=1), Outside.ABORTED, False, 0),
        (SwungOut(zone=WINDOW, alarms=1, tamper=True), Outside.TOLD, True, 1),
        (SwungOut(zone=WINDOW, alarms=1), Outside.TOLD, True, 0),
        (TellOutside(alarms=(Alarm(at=5.0, kind=AlarmKind.BURGLARY, zone=WINDOW),)), Outside.TOLD, False, 1),
        (TellOutside(alarms=(Alarm(at=5.0, kind=AlarmKind.TAMPER, zone=WINDOW),)), Outside.TOLD, True, 1),
        (TellOutside(alarms=(Alarm(at=4.0, kind=AlarmKind.BURGLARY, zone=WINDOW),)), Outside.WAITING, False, 0),
    ],
)
def test_a_silenced_zone_is_told_with_the_alarm_that_silenced_it_and_with_no_other(
    effect: Effect, outside: Outside, told: int, *, tamper: bool
) -> None:
    kind = AlarmKind.TAMPER if tamper else AlarmKind.BURGLARY
    swing = Swing(zone=WINDOW, tampers=1) if tamper else Swing(zone=WINDOW, alarms=1)
    state = State()
    state.partitions[HOME] = replace(PARTITION, swinger_limit=1)
    state.alarm[HOME] = PartitionStatus(
        swings=(swing,), memory=(Alarm(at=5.0, kind=kind, zone=WINDOW, outside=outside),)
    )
    tellings = list(swung_out_told(state, AlarmTold(partition_id=HOME, effect=effect)))
    assert len(tellings) == told
    assert tellings == list(swung_out_told(state, AlarmTold(partition_id=HOME, effect=effect)))
