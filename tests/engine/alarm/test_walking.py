from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.effects import (
    AlarmRaised,
    Chimed,
    SirenOn,
    TellOutside,
    WalkTestChanged,
    WalkTested,
)
from custom_components.event_hub.engine.alarm.events import Panic, WalkTest, ZoneTampered
from custom_components.event_hub.engine.alarm.problems import RefusalReason
from custom_components.event_hub.engine.alarm.status import Phase

from .kit import ANNA, HOUSE, ZONES, Panel

LOUD = (AlarmRaised, SirenOn, TellOutside)


def walking(*, life_safety: bool = False) -> Panel:
    panel = Panel()
    panel.post(WalkTest(actor=ANNA, life_safety=life_safety))
    return panel


@pytest.mark.parametrize("zone", [zone for zone in ZONES if zone not in {"smoke", "button"}])
def test_a_zone_reports_and_chimes_and_nothing_else_fires(zone: str) -> None:
    panel = walking()
    panel.open(zone)
    assert panel.effects == (Chimed(zone=zone), WalkTested(zone=zone, left=7))
    assert panel.phase is Phase.DISARMED


def test_a_fire_ends_the_test() -> None:
    panel = walking()
    panel.open("smoke")
    assert panel.wanted(WalkTestChanged)[0].on is False
    assert panel.wanted(TellOutside)


def test_a_silent_cry_for_help_is_told_and_does_not_show_by_the_end_of_the_test() -> None:
    panel = walking()
    panel.open("button")
    assert panel.wanted(TellOutside)
    assert panel.wanted(WalkTestChanged) == []
    assert panel.status.walk is not None


@pytest.mark.parametrize("zone", ["smoke", "button"])
def test_fire_and_panic_zones_are_tested_where_wanted(zone: str) -> None:
    panel = walking(life_safety=True)
    panel.open(zone)
    assert panel.effects == (Chimed(zone=zone), WalkTested(zone=zone, left=9))


def test_a_panic_button_ends_the_test() -> None:
    panel = walking(life_safety=True)
    panel.post(Panic(actor=ANNA))
    assert panel.status.walk is None
    assert panel.wanted(SirenOn)


def test_an_opened_detector_does_not_alarm_in_a_test() -> None:
    panel = walking()
    panel.post(ZoneTampered(zone="attic"))
    assert [effect for effect in panel.effects if isinstance(effect, LOUD)] == []


def test_the_test_tells_at_its_end_what_was_not_seen() -> None:
    panel = walking()
    for zone in ("door", "garage", "hall", "window", "attic", "water", "cover"):
        panel.open(zone)
    panel.post(WalkTest(actor=ANNA, on=False))
    (changed,) = panel.wanted(WalkTestChanged)
    assert (changed.on, changed.missed) == (False, ("bell",))
    assert "door" in changed.walked


def test_the_test_ends_by_itself_after_thirty_minutes() -> None:
    panel = walking()
    panel.wait(1799)
    assert panel.status.walk is not None
    panel.wait(1)
    assert panel.status.walk is None
    assert [changed.actor for changed in panel.wanted(WalkTestChanged)] == [None]


def test_the_test_says_who_began_and_who_ended_it() -> None:
    panel = walking()
    assert [changed.actor for changed in panel.wanted(WalkTestChanged)] == [ANNA]
    panel.post(WalkTest(actor=ANNA, on=False))
    assert [changed.actor for changed in panel.wanted(WalkTestChanged)] == [ANNA]


def test_a_test_begun_again_begins_anew() -> None:
    panel = walking()
    panel.open("door")
    panel.wait(1000)
    panel.post(WalkTest(actor=ANNA))
    panel.wait(1000)
    assert panel.status.walk is not None
    assert panel.status.walk.walked == ()


def test_whoever_arms_ends_the_test() -> None:
    panel = walking()
    panel.armed()
    panel.open("window")
    assert panel.wanted(SirenOn)


def test_no_test_can_be_ended_when_none_is_running() -> None:
    panel = Panel()
    panel.post(WalkTest(actor=ANNA, on=False))
    assert panel.refused() is RefusalReason.NO_WALK_TEST


def test_no_test_is_begun_before_outside_was_told_of_an_alarm() -> None:
    panel = Panel(replace(HOUSE, siren_limit=10))
    panel.open("water")
    panel.wait(20)
    panel.post(WalkTest(actor=ANNA))
    assert panel.refused() is RefusalReason.ALARM_RUNNING
    panel.wait(10)
    panel.post(WalkTest(actor=ANNA))
    assert panel.status.walk is not None


def test_a_zone_that_chimes_does_so_only_while_disarmed() -> None:
    panel = Panel()
    panel.open("bell")
    assert panel.wanted(Chimed)
    panel.close("bell")
    panel.armed()
    panel.open("bell")
    assert panel.wanted(Chimed) == []
