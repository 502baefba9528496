from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.model import Delays, FaultPolicy, InputStanding, Mode
from custom_components.event_hub.engine.alarm.problems import SIREN_FAULTS, Fault, Problem, Trouble, ZoneProblem
from custom_components.event_hub.engine.alarm.ready import SIREN_PROBLEMS, Readiness, readiness
from custom_components.event_hub.engine.alarm.status import PartitionStatus

from .kit import HOUSE

QUIET = dict.fromkeys(HOUSE.zones, InputStanding())


def ready(mode: Mode = Mode.AWAY, **standings: InputStanding) -> Readiness:
    return readiness(HOUSE, PartitionStatus(), mode, {**QUIET, **standings})


def named(problems: tuple[ZoneProblem, ...]) -> list[tuple[str, Problem]]:
    return [(problem.zone, problem.problem) for problem in problems]


def test_a_quiet_house_is_ready() -> None:
    assert ready() == Readiness()
    assert ready().ready


@pytest.mark.parametrize(
    ("standing", "problem"),
    [
        (InputStanding(open=True), Problem.OPEN),
        (InputStanding(lost=True), Problem.LOST),
        (InputStanding(heard=False), Problem.LOST),
        (InputStanding(tampered=True), Problem.TAMPERED),
        (InputStanding(low_battery=True), Problem.LOW_BATTERY),
        (InputStanding(fault=True), Problem.FAULT),
    ],
)
def test_what_is_in_the_way_is_named(standing: InputStanding, problem: Problem) -> None:
    state = ready(window=standing)
    assert not state.ready
    assert named(state.blocking) == [("window", problem)]


def test_all_that_is_wrong_with_a_zone_is_named() -> None:
    state = ready(window=InputStanding(open=True, tampered=True))
    assert named(state.blocking) == [("window", Problem.OPEN), ("window", Problem.TAMPERED)]


def test_an_input_nobody_has_heard_of_is_lost() -> None:
    others = {key: standing for key, standing in QUIET.items() if key != "window"}
    assert named(readiness(HOUSE, PartitionStatus(), Mode.AWAY, others).blocking) == [("window", Problem.LOST)]


def test_an_input_that_a_person_switched_off_is_in_the_way_and_force_passes_it() -> None:
    state = ready(window=InputStanding(enabled=False, open=True))
    assert named(state.blocking) == [("window", Problem.DISABLED)]
    assert (state.forced, state.unforceable, state.warnings) == ((), (), ())


def test_an_input_that_its_schedule_switched_off_is_only_mentioned() -> None:
    state = ready(window=InputStanding(enabled=False, off_schedule=True, lost=True))
    assert state.ready
    assert named(state.warnings) == [("window", Problem.OFF_SCHEDULE)]


@pytest.mark.parametrize(("fault", "problem"), SIREN_PROBLEMS.items())
def test_a_siren_that_will_not_sound_is_in_the_way(fault: Fault, problem: Problem) -> None:
    status = PartitionStatus(troubles=(Trouble(zone="horn", fault=fault), Trouble(zone="window", fault=Fault.LOST)))
    loud = replace(HOUSE, siren_outputs=("horn",))
    state = readiness(loud, status, Mode.AWAY, QUIET)
    assert named(state.blocking) == [("horn", problem)]
    assert (state.forced, state.unforceable) == ((), ())
    lenient = readiness(replace(loud, fault_policy=FaultPolicy.OVERRIDE), status, Mode.AWAY, QUIET)
    assert (lenient.ready, named(lenient.warnings)) == (True, [("horn", problem)])
    assert readiness(replace(HOUSE, siren_outputs=()), status, Mode.AWAY, QUIET).ready


def test_every_fault_of_a_siren_has_a_problem() -> None:
    assert SIREN_PROBLEMS.keys() == SIREN_FAULTS


def test_a_siren_that_cannot_be_silenced_is_only_mentioned() -> None:
    state = readiness(HOUSE, PartitionStatus(), Mode.AWAY, QUIET, one_way=("horn",))
    assert (state.ready, named(state.warnings)) == (True, [("horn", Problem.SIREN_NO_OFF)])


def test_what_the_mode_does_not_watch_is_not_looked_at() -> None:
    assert ready(Mode.NIGHT, attic=InputStanding(open=True), bell=InputStanding(open=True)).ready


def test_round_the_clock_zones_are_looked_at_in_every_mode() -> None:
    assert not ready(Mode.NIGHT, water=InputStanding(open=True)).ready


def test_what_is_bypassed_is_not_looked_at() -> None:
    status = PartitionStatus(bypassed=("window",))
    assert readiness(HOUSE, status, Mode.AWAY, {**QUIET, "window": InputStanding(open=True, lost=True)}).ready


@pytest.mark.parametrize("zone", ["door", "hall"])
def test_the_way_out_may_be_open_only_with_an_exit_delay(zone: str) -> None:
    opened = {**QUIET, zone: InputStanding(open=True)}
    assert readiness(HOUSE, PartitionStatus(), Mode.AWAY, opened).ready
    assert not readiness(HOUSE, PartitionStatus(), Mode.AWAY, opened, skip_delay=True).ready
    at_once = replace(HOUSE, delays={Mode.AWAY: Delays(exit=0)})
    assert not readiness(at_once, PartitionStatus(), Mode.AWAY, opened).ready


def test_force_leaves_out_what_is_open_and_not_a_fire() -> None:
    state = ready(window=InputStanding(open=True), smoke=InputStanding(open=True), attic=InputStanding(lost=True))
    assert state.forced == ("window",)
    assert named(state.unforceable) == [("smoke", Problem.OPEN)]


def test_faults_only_warn_where_they_are_overridden() -> None:
    lenient = replace(HOUSE, fault_policy=FaultPolicy.OVERRIDE)
    zones = {**QUIET, "window": InputStanding(lost=True, open=True), "attic": InputStanding(enabled=False)}
    state = readiness(lenient, PartitionStatus(), Mode.AWAY, zones)
    assert named(state.blocking) == [("window", Problem.OPEN)]
    assert named(state.warnings) == [("window", Problem.LOST), ("attic", Problem.DISABLED)]
