"""A silent alarm shows nowhere: not by itself, nor by what is answered and told of other things because of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.effects import (
    Cancelled,
    DuressRaised,
    MemoryChanged,
    SwungOut,
    TellOutside,
    WalkTestChanged,
)
from custom_components.event_hub.engine.alarm.events import Acknowledge, Event, Panic, WalkTest
from custom_components.event_hub.engine.alarm.model import Partition, Zone
from custom_components.event_hub.engine.alarm.status import Outside, Timer

from .kit import ANNA, HOUSE, SILENT, THREATENED, ZONES, Panel, burgled, told

QUIET_HELP = Panic(actor=ANNA, silent=True)
# The window is silent, the attic is not.
MIXED = SILENT


def test_a_silent_cry_for_help_does_not_show_by_the_disarming_after_it() -> None:
    panel = Panel()
    panel.armed()
    panel.post(QUIET_HELP)
    panel.wait(10)
    panel.disarm()
    assert panel.wanted(Cancelled) == [Cancelled(told=True, actor=ANNA, silent=True)]
    assert [effect.silent for effect in panel.wanted(MemoryChanged)] == []


def test_a_silent_alarm_called_off_before_outside_was_told_is_told_to_nobody() -> None:
    panel = burgled(SILENT)
    panel.disarm()
    assert panel.wanted(Cancelled) == []
    assert [alarm.outside for alarm in panel.status.memory] == [Outside.ABORTED]


def test_an_alarm_beside_a_silent_one_is_cancelled_as_if_it_were_the_only_one() -> None:
    panel = Panel(MIXED)
    panel.armed()
    panel.post(QUIET_HELP)
    panel.open("attic")
    panel.disarm()
    assert panel.wanted(Cancelled) == [
        Cancelled(told=False, actor=ANNA),
        Cancelled(told=True, actor=ANNA, silent=True),
    ]


def test_outside_is_told_of_a_silent_alarm_apart_from_one_beside_it_and_that_each_is_over() -> None:
    panel = Panel(MIXED)
    panel.armed()
    panel.open("window")
    panel.open("attic")
    panel.wait(30)
    assert [[alarm.zone for alarm in effect.alarms] for effect in panel.wanted(TellOutside)] == [["attic"], ["window"]]
    panel.disarm()
    assert panel.wanted(Cancelled) == [Cancelled(told=True, actor=ANNA), Cancelled(told=True, actor=ANNA, silent=True)]


@pytest.mark.parametrize(
    "quietly",
    [lambda panel: panel.post(QUIET_HELP), lambda panel: panel.pulse("button"), lambda panel: panel.pulse("window")],
    ids=["help", "button", "zone"],
)
@pytest.mark.parametrize("loudly_after", [0, 10, 20])
def test_outside_is_told_of_an_alarm_when_it_would_be_without_the_silent_one_beside_it(
    quietly: Callable[[Panel], object], loudly_after: int
) -> None:
    shown: list[list[tuple[Outside, ...]]] = []
    for happens in (quietly, lambda _: None):
        panel, seen = Panel(MIXED), []
        panel.armed()
        for second in range(60):
            if second == 10:
                happens(panel)
            if second == loudly_after:
                panel.open("attic")
            panel.wait(1)
            seen.append(tuple(alarm.outside for alarm in panel.status.visible))
        shown.append(seen)
    assert shown[0] == shown[1]
    assert set(shown[0]) >= {(Outside.WAITING,), (Outside.TOLD,)}


@pytest.mark.parametrize("zone", ["window", "button"])
def test_a_loud_cry_for_help_tells_of_no_silent_alarm_before_its_time(zone: str) -> None:
    panel = Panel(MIXED)
    panel.armed()
    panel.open(zone)
    panel.wait(10)
    panel.open("smoke")
    told_now = told(panel)
    panel.wait(20)
    assert (told_now, told(panel)) == (["smoke"], ["window"] if zone == "window" else [])


def test_a_silent_alarm_that_was_waiting_with_the_others_before_an_update_is_told() -> None:
    panel = burgled(SILENT)
    (waiting,) = (each for each in panel.status.deadlines if each.timer is Timer.OUTSIDE_SILENT)
    panel.status = replace(
        panel.status,
        deadlines=(
            *(each for each in panel.status.deadlines if each is not waiting),
            replace(waiting, timer=Timer.OUTSIDE),
        ),
    )
    panel.wait(30)
    assert told(panel) == ["window"]


def test_under_duress_nothing_takes_a_silent_alarm_back() -> None:
    panel = burgled(SILENT)
    panel.wait(60)
    panel.disarm(THREATENED)
    assert panel.wanted(Cancelled) == []
    assert panel.wanted(DuressRaised)


@pytest.mark.parametrize("event", [Acknowledge(actor=ANNA), WalkTest(actor=ANNA)])
@pytest.mark.parametrize("seconds", [0, 60])
def test_what_is_answered_is_the_same_with_a_silent_alarm_and_without(event: Event, seconds: float) -> None:
    answers = []
    for quietly in (False, True):
        panel = Panel(replace(HOUSE, zones={**ZONES, "cover": replace(ZONES["cover"], silent=True)}))
        if quietly:
            panel.pulse("cover")
        panel.wait(seconds)
        panel.post(event)
        answers.append(panel.refused())
    without, quietly_alarmed = answers
    assert quietly_alarmed == without


def test_acknowledging_keeps_a_silent_alarm_that_outside_has_still_to_be_told_of() -> None:
    panel = Panel(MIXED)
    panel.armed()
    panel.open("attic")
    panel.wait(200)
    panel.open("window")
    panel.post(Acknowledge(actor=ANNA))
    assert [alarm.zone for alarm in panel.status.memory] == ["window"]
    assert [effect.silent for effect in panel.wanted(MemoryChanged)] == [False]
    panel.wait(30)
    assert told(panel) == ["window"]


def test_a_silent_alarm_changes_the_memory_in_nothing_that_shows() -> None:
    panel = burgled(SILENT)
    panel.wait(30)
    assert panel.wanted(MemoryChanged)
    assert all(effect.silent for effect in panel.wanted(MemoryChanged))


def test_a_silent_call_for_help_does_not_end_a_walk_test() -> None:
    panel = Panel()
    panel.post(WalkTest(actor=ANNA))
    panel.post(QUIET_HELP)
    assert panel.wanted(WalkTestChanged) == []
    assert panel.status.walk is not None


def test_that_a_silent_zone_is_silenced_shows_nowhere() -> None:
    panel = Panel(silent_attic())
    panel.armed()
    effects = [effect for _ in range(3) for effect in panel.pulse("attic")]
    assert [effect.silent for effect in effects if isinstance(effect, SwungOut)] == [True]


def silent_attic() -> Partition:
    """Return a house whose attic is silent."""
    return replace(HOUSE, zones={**ZONES, "attic": Zone(silent=True)})
