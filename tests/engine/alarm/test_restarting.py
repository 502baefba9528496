from dataclasses import replace

from custom_components.event_hub.engine.alarm.effects import (
    AlarmRaised,
    PhaseChanged,
    SirenOff,
    SirenOn,
    TellOutside,
    TroubleChanged,
)
from custom_components.event_hub.engine.alarm.events import Tick, ZoneOpened
from custom_components.event_hub.engine.alarm.problems import Fault, PassReason, Trouble
from custom_components.event_hub.engine.alarm.status import Phase, Timer, kept_in_bounds, next_due

from .kit import HOUSE, Panel, kinds


def armed() -> Panel:
    panel = Panel()
    panel.armed()
    return panel


def all_heard(panel: Panel) -> None:
    for zone in panel.zones:
        panel.stand(zone, heard=True)


def alarmed(panel: Panel) -> list[str | None]:
    return [effect.alarm.zone for effect in panel.wanted(AlarmRaised)]


def test_an_entry_delay_goes_on_as_it_was() -> None:
    panel = armed()
    panel.open("door")
    panel.wait(10)
    panel.restart(5)
    assert (panel.phase, panel.left(Timer.ENTRY)) == (Phase.PENDING, 15)


def test_what_was_due_meanwhile_is_handled_in_its_order_at_its_own_time() -> None:
    panel = armed()
    start = panel.now
    panel.open("door")
    panel.restart(3600)
    assert kinds(panel.effects) == [
        "AlarmRaised",
        "SirenOn",
        "PhaseChanged",
        "MemoryChanged",
        "TellOutside",
        "MemoryChanged",
        "SirenOff",
        "PhaseChanged",
        "SirenOff",
    ]
    assert [effect.at - start for effect in panel.wanted(PhaseChanged)] == [30, 210]
    assert (panel.phase, panel.status.told_at) == (Phase.ARMED, start + 60)


def test_a_siren_sounds_on_for_what_was_left() -> None:
    panel = armed()
    panel.open("window")
    due = panel.now + 180
    panel.restart(100)
    assert [effect.until for effect in panel.wanted(SirenOn)] == [due]
    panel.wait(79)
    assert panel.status.siren
    panel.wait(1)
    assert panel.wanted(SirenOff)


def test_a_siren_that_may_not_have_heard_its_end_is_told_again() -> None:
    panel = armed()
    panel.restart(10)
    assert panel.wanted(SirenOff) == [SirenOff(outputs=("siren",))]


def test_mode_bypass_and_memory_are_as_before() -> None:
    panel = armed()
    panel.bypass("attic")
    panel.open("window")
    panel.wait(200)
    before = panel.status
    panel.restart(10)
    assert panel.status == replace(before, deadlines=panel.status.deadlines)
    assert (panel.status.bypassed, len(panel.status.memory)) == (("attic",), 1)


def test_inputs_settle_for_a_minute() -> None:
    panel = armed()
    panel.restart()
    panel.open("window")
    assert (panel.passed(), panel.phase) == ([PassReason.SETTLING], Phase.ARMED)
    panel.wait(60)
    assert alarmed(panel) == ["window"]


def test_inputs_have_settled_once_each_has_reported() -> None:
    panel = armed()
    panel.restart()
    panel.open("window")
    all_heard(panel)
    panel.post(Tick())
    assert alarmed(panel) == ["window"]


def test_an_input_that_is_switched_off_is_not_waited_for() -> None:
    panel = armed()
    panel.stand("attic", enabled=False)
    panel.restart()
    all_heard(panel)
    panel.stand("attic", heard=False)
    panel.post(Tick())
    assert panel.left(Timer.SETTLE) is None


def test_one_that_opened_and_closed_while_settling_is_not_forgotten() -> None:
    panel = armed()
    panel.restart()
    panel.open("attic")
    panel.close("attic")
    panel.wait(60)
    assert alarmed(panel) == ["attic"]
    assert "attic" not in panel.status.open


def test_one_that_opened_while_stopped_is_handled_as_if_just_opened() -> None:
    panel = armed()
    panel.stand("door", open=True)
    panel.restart(heard=True)
    assert (panel.phase, panel.left(Timer.ENTRY)) == (Phase.PENDING, 30)


def test_one_that_was_open_before_is_no_news() -> None:
    panel = armed()
    panel.open("window")
    panel.wait(600)
    panel.restart(heard=True)
    assert alarmed(panel) == []
    assert panel.phase is Phase.ARMED


def test_one_that_closed_while_stopped_counts_when_it_opens_again() -> None:
    panel = armed()
    panel.open("window")
    panel.wait(600)
    panel.stand("window", open=False)
    panel.restart(heard=True)
    panel.open("window")
    assert alarmed(panel) == ["window"]


def test_a_fire_waits_for_nobody_to_settle() -> None:
    panel = armed()
    panel.restart()
    panel.open("smoke")
    assert panel.wanted(TellOutside)


def test_what_opened_before_arming_does_not_alarm_after_settling() -> None:
    panel = Panel()
    panel.restart()
    panel.open("window")
    panel.close("window")
    for zone in panel.zones:
        panel.stand(zone, heard=True)
    panel.stand("attic", heard=False)
    panel.armed(force=True)
    panel.wait(60)
    assert alarmed(panel) == []


def test_an_input_that_has_not_reported_is_not_lost_before_it_had_time_to() -> None:
    panel = armed()
    panel.restart()
    panel.lose("attic")
    assert panel.status.troubles == ()
    panel.wait(60)
    assert panel.status.troubles == (Trouble(zone="attic", fault=Fault.LOST),)
    assert panel.wanted(TroubleChanged)[0].watched == ("attic",)


def test_faults_that_came_and_went_while_stopped_are_noticed() -> None:
    panel = armed()
    panel.lose("attic")
    panel.stand("attic", lost=False)
    panel.stand("hall", low_battery=True)
    panel.stand("door", fault=True)
    panel.restart(heard=True)
    assert {(trouble.zone, trouble.fault) for trouble in panel.status.troubles} == {
        ("hall", Fault.LOW_BATTERY),
        ("door", Fault.FAULT),
    }


def test_a_detector_tampered_with_while_stopped_alarms() -> None:
    panel = armed()
    panel.stand("attic", tampered=True)
    panel.restart(heard=True)
    assert alarmed(panel) == ["attic"]


def test_a_restart_with_an_earlier_clock_lengthens_no_delay() -> None:
    panel = armed()
    panel.open("window")
    panel.restart(-86_400)
    assert panel.left(Timer.ALARM) == 180
    assert panel.left(Timer.OUTSIDE) == 30


def test_a_clock_that_goes_on_moves_no_deadline() -> None:
    panel = armed()
    panel.open("door")
    before = panel.status
    assert kept_in_bounds(before, panel.now + 29) is before


def test_nothing_is_due_in_a_quiet_house() -> None:
    assert next_due(Panel().status) is None
    assert next_due(armed().status) is None


def test_a_tick_at_the_wrong_time_does_nothing() -> None:
    panel = armed()
    panel.open("door")
    before = panel.status
    panel.now += 29.9
    panel.post(Tick())
    assert panel.status == before


def test_a_zone_that_is_no_longer_set_up_alarms_all_the_same_at_the_end_of_its_delay() -> None:
    panel = armed()
    panel.post(ZoneOpened(zone="door"))
    panel.partition = replace(HOUSE, zones={key: zone for key, zone in HOUSE.zones.items() if key != "door"})
    panel.wait(30)
    assert alarmed(panel) == ["door"]


def test_who_came_in_by_the_door_is_not_taken_for_a_burglar_because_the_hall_was_heard_first() -> None:
    panel = armed()
    panel.restart()
    panel.open("hall")
    panel.open("door")
    panel.wait(60)
    assert (panel.phase, alarmed(panel)) == (Phase.PENDING, [])


def test_a_door_that_nobody_noticed_comes_before_the_hall_that_was_heard() -> None:
    panel = armed()
    panel.restart()
    panel.open("hall")
    panel.stand("door", open=True)
    panel.wait(60)
    assert (panel.phase, alarmed(panel)) == (Phase.PENDING, [])


def test_an_opening_that_was_not_confirmed_before_a_restart_is_not_confirmed_by_it() -> None:
    panel = armed()
    panel.stand("window", open=True, confirmed=False)
    panel.restart()
    panel.stand("window", heard=True)
    panel.wait(60)
    assert (panel.phase, alarmed(panel)) == (Phase.ARMED, [])
    panel.stand("window", confirmed=True)
    panel.post(ZoneOpened(zone="window"))
    assert alarmed(panel) == ["window"]


def test_an_opening_that_was_not_confirmed_is_not_by_being_lost_and_found() -> None:
    panel = armed()
    panel.lose("window")
    panel.find("window", open=True, confirmed=False)
    assert (panel.phase, alarmed(panel)) == (Phase.ARMED, [])


def test_what_stands_open_unconfirmed_as_one_arms_is_news_once_it_is_confirmed() -> None:
    panel = Panel()
    panel.stand("door", open=True, confirmed=False)
    panel.arm()
    panel.wait(60)
    assert panel.phase is Phase.ARMED
    panel.stand("door", confirmed=True)
    panel.post(ZoneOpened(zone="door"))
    assert panel.phase is Phase.PENDING
