from dataclasses import replace

from custom_components.event_hub.engine.alarm.effects import (
    AlarmRaised,
    LeftOpen,
)
from custom_components.event_hub.engine.alarm.model import Mode, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.problems import PassReason
from custom_components.event_hub.engine.alarm.status import Phase, Timer

from .kit import HOUSE, ZONES, Panel


def with_zone(name: str, zone: Zone) -> Panel:
    return Panel(replace(HOUSE, zones={**ZONES, name: zone}))


def alarmed(panel: Panel) -> list[str | None]:
    return [effect.alarm.zone for effect in panel.wanted(AlarmRaised)]


def test_the_exit_delay_ends_in_armed() -> None:
    panel = Panel()
    panel.arm()
    panel.wait(59.9)
    assert panel.phase is Phase.ARMING
    panel.wait(0.1)
    assert (panel.phase, panel.status.mode) == (Phase.ARMED, Mode.AWAY)


def test_the_slowest_way_out_sets_the_exit_delay() -> None:
    panel = with_zone("garage", Zone(kind=ZoneKind.ENTRY_EXIT, exit_delay=100))
    panel.arm()
    assert panel.left(Timer.EXIT) == 100


def test_coming_back_for_something_restarts_the_exit_delay() -> None:
    panel = Panel()
    panel.arm()
    panel.wait(20)
    panel.pulse("door")
    panel.wait(20)
    panel.pulse("door")
    assert panel.left(Timer.EXIT) == 60


def test_the_exit_delay_restarts_only_once() -> None:
    panel = Panel()
    panel.arm()
    for _ in range(2):
        panel.pulse("door")
    panel.wait(20)
    for _ in range(3):
        panel.pulse("door")
    assert panel.left(Timer.EXIT) == 40


def test_two_who_leave_by_two_doors_do_not_restart_it() -> None:
    panel = Panel()
    panel.arm()
    panel.wait(20)
    panel.pulse("door")
    panel.pulse("garage")
    assert panel.left(Timer.EXIT) == 40


def test_the_next_arming_may_restart_its_exit_delay_again() -> None:
    panel = Panel()
    for _ in range(2):
        panel.arm()
        panel.wait(20)
        panel.pulse("door")
        panel.pulse("door")
        assert panel.left(Timer.EXIT) == 60
        panel.disarm()


def test_the_last_door_to_close_arms_where_wanted() -> None:
    panel = Panel(replace(HOUSE, arm_on_close=True))
    panel.arm()
    panel.open("door")
    panel.open("garage")
    panel.close("garage")
    assert panel.phase is Phase.ARMING
    panel.close("door")
    assert panel.phase is Phase.ARMED


def test_another_zone_that_closes_does_not_arm() -> None:
    panel = Panel(replace(HOUSE, arm_on_close=True))
    panel.arm()
    panel.pulse("hall")
    panel.pulse("attic")
    assert panel.phase is Phase.ARMING


def test_a_door_left_open_starts_the_entry_delay_and_is_named() -> None:
    panel = Panel()
    panel.arm()
    panel.open("door")
    panel.wait(60)
    assert panel.phase is Phase.PENDING
    assert panel.wanted(LeftOpen) == [LeftOpen(zones=("door",))]
    panel.wait(30)
    assert alarmed(panel) == ["door"]


def test_an_instant_zone_that_opened_during_the_exit_delay_alarms_at_its_end() -> None:
    panel = Panel()
    panel.arm()
    panel.open("window")
    assert panel.passed() == [PassReason.EXIT_DELAY]
    panel.wait(60)
    assert alarmed(panel) == ["window"]


def test_a_detector_that_still_sees_who_has_left_is_named_and_does_not_alarm() -> None:
    panel = Panel()
    panel.arm()
    panel.open("hall")
    panel.wait(60)
    assert panel.phase is Phase.ARMED
    assert panel.wanted(LeftOpen) == [LeftOpen(zones=("hall",))]


def test_an_alarm_while_leaving_lets_the_exit_delay_go_on() -> None:
    panel = Panel(replace(HOUSE, siren_limit=20))
    panel.arm()
    panel.open("water")
    assert panel.phase is Phase.TRIGGERED
    panel.pulse("door")
    assert panel.phase is Phase.TRIGGERED
    panel.wait(20)
    assert (panel.phase, panel.left(Timer.EXIT)) == (Phase.ARMING, 40)
