from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.effects import (
    AlarmRaised,
    BypassChanged,
    Overridden,
    PhaseChanged,
    Refused,
)
from custom_components.event_hub.engine.alarm.events import ZoneOpened
from custom_components.event_hub.engine.alarm.model import Delays, FaultPolicy, Mode, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.problems import PassReason, Problem, RefusalReason, ZoneProblem
from custom_components.event_hub.engine.alarm.status import Phase, Timer

from .kit import ANNA, HOUSE, ZONES, Panel, kinds


def with_zone(name: str, zone: Zone) -> Panel:
    return Panel(replace(HOUSE, zones={**ZONES, name: zone}))


def alarmed(panel: Panel) -> list[str | None]:
    return [effect.alarm.zone for effect in panel.wanted(AlarmRaised)]


def test_who_arms_is_remembered_and_named() -> None:
    panel = Panel()
    panel.arm()
    (changed,) = panel.wanted(PhaseChanged)
    assert (changed.actor, panel.status.changed_by, panel.status.changed_at) == (ANNA, ANNA, panel.now)


def test_nobody_is_named_for_what_the_time_does() -> None:
    panel = Panel()
    panel.arm()
    panel.wait(60)
    (changed,) = panel.wanted(PhaseChanged)
    assert changed.actor is None
    assert panel.status.changed_by == ANNA


def test_a_mode_without_an_exit_delay_is_armed_at_once() -> None:
    panel = Panel(replace(HOUSE, delays={Mode.HOME: Delays(exit=0)}))
    panel.arm(Mode.HOME)
    assert panel.phase is Phase.ARMED


def test_a_way_out_of_another_mode_does_not_set_it() -> None:
    panel = with_zone("garage", Zone(kind=ZoneKind.ENTRY_EXIT, exit_delay=100, modes=(Mode.AWAY,)))
    panel.arm(Mode.HOME)
    assert panel.left(Timer.EXIT) == 60


@pytest.mark.parametrize("zone", ["attic", "bell"])
def test_what_the_mode_does_not_watch_may_stand_open_at_its_end(zone: str) -> None:
    panel = Panel()
    panel.arm(Mode.HOME)
    panel.open(zone)
    panel.wait(60)
    assert kinds(panel.effects) == ["PhaseChanged"]


def test_an_open_window_keeps_the_house_from_being_armed_and_is_named() -> None:
    panel = Panel()
    panel.open("window")
    panel.arm()
    (refused,) = panel.wanted(Refused)
    assert refused.reason is RefusalReason.NOT_READY
    assert refused.problems == (ZoneProblem(zone="window", problem=Problem.OPEN),)
    assert panel.phase is Phase.DISARMED


def test_the_way_out_may_be_open_while_there_is_time_to_leave() -> None:
    panel = Panel()
    panel.open("door")
    panel.open("hall")
    panel.arm()
    assert panel.phase is Phase.ARMING


def test_the_way_out_may_not_be_open_without_an_exit_delay() -> None:
    panel = Panel()
    panel.open("door")
    panel.arm(skip_delay=True)
    assert panel.refused() is RefusalReason.NOT_READY


def test_force_leaves_out_what_is_open_and_lists_it() -> None:
    panel = Panel()
    panel.open("window")
    panel.open("attic")
    panel.arm(force=True)
    (changed,) = panel.wanted(BypassChanged)
    assert (changed.forced, changed.bypassed, changed.actor) == (("window", "attic"), (), ANNA)
    assert panel.phase is Phase.ARMING


def test_force_does_not_leave_out_a_fire() -> None:
    panel = Panel()
    panel.open("smoke")
    panel.disarm()
    panel.arm(force=True)
    assert panel.refused() is RefusalReason.NOT_READY


def test_force_does_not_leave_out_what_may_not_be() -> None:
    panel = with_zone("window", Zone(bypassable=False))
    panel.open("window")
    panel.arm(force=True)
    assert panel.refused() is RefusalReason.NOT_READY


@pytest.mark.parametrize("fault", ["lost", "tampered", "low_battery", "fault"])
def test_a_fault_keeps_the_house_from_being_armed(fault: str) -> None:
    panel = Panel()
    panel.stand("window", **{fault: True})
    panel.arm()
    assert panel.refused() is RefusalReason.NOT_READY


@pytest.mark.parametrize("fault", ["lost", "tampered", "low_battery", "fault"])
def test_force_overrides_a_fault_and_still_watches_the_zone(fault: str) -> None:
    panel = Panel()
    panel.stand("window", **{fault: True})
    panel.arm(force=True)
    (overridden,) = panel.wanted(Overridden)
    assert [problem.zone for problem in overridden.problems] == ["window"]
    assert not panel.status.left_out("window")


def test_a_house_that_overrides_faults_is_armed_and_names_them() -> None:
    panel = Panel(replace(HOUSE, fault_policy=FaultPolicy.OVERRIDE))
    panel.stand("window", low_battery=True)
    panel.arm()
    assert panel.phase is Phase.ARMING
    assert panel.wanted(Overridden)[0].problems == (ZoneProblem(zone="window", problem=Problem.LOW_BATTERY),)


def test_a_mode_that_watches_nothing_is_refused() -> None:
    panel = Panel(replace(HOUSE, zones={"smoke": ZONES["smoke"], "attic": ZONES["attic"]}))
    panel.arm(Mode.NIGHT)
    assert panel.refused() is RefusalReason.NOTHING_WATCHED


def test_arming_ends_a_bypass_of_no_other_zone() -> None:
    panel = Panel()
    panel.bypass("window")
    panel.armed()
    assert panel.status.bypassed == ("window",)


def test_a_mode_that_watches_less_counts_at_once() -> None:
    panel = Panel()
    panel.armed(Mode.AWAY)
    panel.change(Mode.HOME)
    assert (panel.phase, panel.status.mode) == (Phase.ARMED, Mode.HOME)


def test_a_mode_that_watches_more_gives_time_to_leave() -> None:
    panel = Panel()
    panel.armed(Mode.HOME)
    panel.change(Mode.AWAY)
    assert (panel.phase, panel.status.mode) == (Phase.ARMING, Mode.AWAY)


def test_a_window_stays_watched_while_one_leaves_an_armed_house() -> None:
    panel = Panel()
    panel.armed(Mode.HOME)
    panel.change(Mode.AWAY)
    panel.open("attic")
    assert panel.passed() == [PassReason.EXIT_DELAY]
    panel.open("window")
    assert alarmed(panel) == ["window"]


def test_a_mode_is_not_changed_to_one_that_is_not_ready() -> None:
    panel = Panel()
    panel.open("attic")
    panel.armed(Mode.HOME)
    panel.change(Mode.AWAY)
    assert (panel.refused(), panel.status.mode) == (RefusalReason.NOT_READY, Mode.HOME)


def test_a_forced_change_of_mode_adds_to_what_is_left_out() -> None:
    panel = Panel()
    panel.open("attic")
    panel.bypass("window")
    panel.armed(Mode.HOME)
    panel.change(Mode.AWAY, force=True)
    assert (panel.status.bypassed, panel.status.forced) == (("window",), ("attic",))


def test_the_same_mode_again_is_refused() -> None:
    panel = Panel()
    panel.armed()
    panel.change(Mode.AWAY)
    assert panel.refused() is RefusalReason.SAME_MODE


def test_another_mode_while_leaving_begins_the_exit_delay_again() -> None:
    panel = Panel()
    panel.arm(Mode.AWAY)
    panel.wait(50)
    panel.change(Mode.HOME)
    assert panel.left(Timer.EXIT) == 60


def test_what_was_open_before_arming_is_no_news_later() -> None:
    panel = Panel()
    panel.stand("window", open=True)
    panel.armed(force=True)
    panel.disarm()
    panel.close("window")
    panel.armed()
    panel.post(ZoneOpened(zone="window"))
    assert alarmed(panel) == ["window"]


def test_a_zone_whose_closing_went_unheard_is_watched_in_the_next_armed_period() -> None:
    panel = Panel()
    panel.open("window")
    panel.stand("window", open=False)
    panel.armed()
    panel.open("window")
    assert alarmed(panel) == ["window"]
