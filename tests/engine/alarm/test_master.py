from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.effects import CodeUsedUp, DuressRaised, Refused
from custom_components.event_hub.engine.alarm.events import (
    Acknowledge,
    Arm,
    Asked,
    Bypass,
    ChangeMode,
    Disarm,
    Panic,
    Silence,
    WalkTest,
    ZoneOpened,
)
from custom_components.event_hub.engine.alarm.master import MasterOutcome, MasterView, react_all, view
from custom_components.event_hub.engine.alarm.model import InputStanding, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.problems import Problem, RefusalReason, ZoneProblem
from custom_components.event_hub.engine.alarm.status import PartitionStatus, Phase
from custom_components.event_hub.engine.alarm.table import react

from .kit import ANNA, START, THREATENED

DOWN = Partition(partition_id="down", name="Down", zones={"door": Zone(kind=ZoneKind.ENTRY_EXIT), "cellar": Zone()})
UP = Partition(partition_id="up", name="Up", zones={"door": Zone(kind=ZoneKind.ENTRY_EXIT), "attic": Zone()})
ARM = Arm(mode=Mode.AWAY, actor=ANNA, skip_delay=True)


class House:
    """Two floors under one master."""

    def __init__(self) -> None:
        """Start disarmed and closed."""
        self.statuses = {"down": PartitionStatus(), "up": PartitionStatus()}
        self.zones = dict.fromkeys(("door", "cellar", "attic"), InputStanding())

    def ask(self, event: Asked) -> MasterOutcome:
        """Ask both floors, and keep what becomes of it."""
        members = [(DOWN, self.statuses["down"]), (UP, self.statuses["up"])]
        outcome = react_all(members, event, START, self.zones)
        self.statuses |= {name: each.status for name, each in outcome.outcomes.items()}
        return outcome

    def post(self, floor: Partition, event: Asked | ZoneOpened) -> None:
        """Let something happen on one floor."""
        name = floor.partition_id
        self.statuses[name] = react(floor, self.statuses[name], event, START, self.zones).status

    def view(self) -> MasterView:
        """Return what the master shows."""
        return view(list(self.statuses.values()))

    def phases(self) -> list[Phase]:
        """Return the floors' phases."""
        return [status.phase for status in self.statuses.values()]


def test_a_master_arms_and_disarms_all() -> None:
    house = House()
    house.ask(ARM)
    assert house.phases() == [Phase.ARMED, Phase.ARMED]
    house.ask(Disarm(actor=ANNA))
    assert house.phases() == [Phase.DISARMED, Phase.DISARMED]


def test_with_one_that_is_not_ready_none_is_armed_and_its_reasons_are_named() -> None:
    house = House()
    house.zones["attic"] = InputStanding(open=True)
    outcome = house.ask(ARM)
    assert house.phases() == [Phase.DISARMED, Phase.DISARMED]
    assert outcome.refusals.keys() == {"up"}
    problem = ZoneProblem(zone="attic", problem=Problem.OPEN, partition_id="up")
    assert [effect.problems for effect in outcome.effects if isinstance(effect, Refused)] == [(problem,)]


def test_one_that_is_armed_already_is_left_alone() -> None:
    house = House()
    house.post(UP, ARM)
    before = house.statuses["up"]
    house.ask(ARM)
    assert house.phases() == [Phase.ARMED, Phase.ARMED]
    assert house.statuses["up"] == before


def test_one_that_is_armed_otherwise_is_not_changed_by_arming() -> None:
    house = House()
    house.post(UP, replace(ARM, mode=Mode.NIGHT))
    outcome = house.ask(ARM)
    assert {refused.reason for refused in outcome.refusals.values()} == {RefusalReason.ALREADY_ARMED}
    assert house.phases() == [Phase.DISARMED, Phase.ARMED]


def test_a_mode_is_changed_for_all() -> None:
    house = House()
    house.ask(ARM)
    house.ask(ChangeMode(mode=Mode.NIGHT, actor=ANNA))
    assert house.view() == MasterView(phase=Phase.ARMED, mode=Mode.NIGHT)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Silence(actor=ANNA), RefusalReason.NOT_SOUNDING),
        (Acknowledge(actor=ANNA), RefusalReason.NO_MEMORY),
        (WalkTest(actor=ANNA, on=False), RefusalReason.NO_WALK_TEST),
        (Bypass(zones=("nothing",), actor=ANNA), RefusalReason.UNKNOWN_ZONE),
    ],
)
def test_what_concerns_nobody_is_refused(event: Asked, reason: RefusalReason) -> None:
    outcome = House().ask(event)
    assert {refused.reason for refused in outcome.refusals.values()} == {reason}


def test_arming_what_is_armed_is_refused() -> None:
    house = House()
    house.ask(ARM)
    assert house.ask(ARM).refusals


def test_only_the_floor_that_sounds_is_silenced() -> None:
    house = House()
    house.ask(ARM)
    house.post(UP, ZoneOpened(zone="attic"))
    outcome = house.ask(Silence(actor=ANNA))
    assert outcome.outcomes.keys() == {"up"}
    assert not house.statuses["up"].siren


def test_only_the_floor_that_has_a_memory_acknowledges() -> None:
    house = House()
    house.ask(ARM)
    house.post(UP, ZoneOpened(zone="attic"))
    house.ask(Disarm(actor=ANNA))
    assert house.ask(Acknowledge(actor=ANNA)).outcomes.keys() == {"up"}


def test_a_zone_is_bypassed_wherever_it_is() -> None:
    house = House()
    house.ask(Bypass(zones=("door", "attic"), actor=ANNA))
    assert [status.bypassed for status in house.statuses.values()] == [("door",), ("door", "attic")]


def test_panic_sounds_everywhere() -> None:
    house = House()
    house.ask(Panic(actor=ANNA))
    assert house.phases() == [Phase.TRIGGERED, Phase.TRIGGERED]


def test_a_walk_test_is_begun_and_ended_for_all() -> None:
    house = House()
    house.ask(WalkTest(actor=ANNA))
    assert all(status.walk for status in house.statuses.values())
    house.ask(WalkTest(actor=ANNA, on=False))
    assert not any(status.walk for status in house.statuses.values())


def test_help_under_duress_is_called_for_once() -> None:
    house = House()
    house.ask(ARM)
    outcome = house.ask(Disarm(actor=THREATENED))
    said = [*outcome.effects, *(effect for each in outcome.outcomes.values() for effect in each.effects)]
    assert [effect for effect in said if isinstance(effect, DuressRaised)] == [DuressRaised(actor=THREATENED, at=START)]


def test_help_under_duress_is_called_for_even_if_refused() -> None:
    house = House()
    house.zones["attic"] = InputStanding(open=True)
    outcome = house.ask(replace(ARM, actor=THREATENED))
    assert outcome.refusals
    assert any(isinstance(effect, DuressRaised) for effect in outcome.effects)


def test_a_code_that_works_once_is_used_up_once_and_not_by_a_refusal() -> None:
    house = House()
    guest = replace(ANNA, once=True)
    house.zones["attic"] = InputStanding(open=True)
    assert not any(isinstance(effect, CodeUsedUp) for effect in house.ask(replace(ARM, actor=guest)).effects)
    house.zones["attic"] = InputStanding()
    assert house.ask(replace(ARM, actor=guest)).effects == (CodeUsedUp(user_id="anna"),)


def test_a_master_is_armed_only_when_all_are() -> None:
    house = House()
    house.post(UP, ARM)
    assert house.view() == MasterView(phase=Phase.DISARMED, partial=True)


def test_a_master_of_different_modes_shows_a_custom_one() -> None:
    house = House()
    house.post(UP, ARM)
    house.post(DOWN, replace(ARM, mode=Mode.NIGHT))
    assert house.view() == MasterView(phase=Phase.ARMED, mode=Mode.CUSTOM)


def test_a_master_is_arming_while_any_is() -> None:
    house = House()
    house.post(UP, ARM)
    house.post(DOWN, replace(ARM, skip_delay=False))
    assert house.view().phase is Phase.ARMING


@pytest.mark.parametrize(("zone", "phase"), [("attic", Phase.TRIGGERED), ("door", Phase.PENDING)])
def test_a_master_shows_the_most_urgent_phase(zone: str, phase: Phase) -> None:
    house = House()
    house.post(UP, ARM)
    house.post(UP, ZoneOpened(zone=zone))
    assert house.view() == MasterView(phase=phase, mode=Mode.AWAY, partial=True)


def test_a_master_of_none_is_disarmed() -> None:
    assert view([]) == MasterView(phase=Phase.DISARMED)
