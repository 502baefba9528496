"""Many events as one step do what they would do one after the other, and count while what they rest on is the same."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
import sys
from types import FrameType

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.model import Partition, Zone, ZoneKind
from custom_components.event_hub.engine.effects import Effect
from custom_components.event_hub.engine.errors import EngineError, GuardedError, UnknownKeyError
from custom_components.event_hub.engine.events import (
    EnabledSet,
    Event,
    GroupRuleSet,
    InputExpected,
    Linked,
    OutputExpected,
    OutputOptionsSet,
    OutputRequested,
    OutputsSuspended,
    PartitionSet,
    RuleSet,
    ScheduleSet,
    SilenceLimitSet,
    SourceAvailability,
    TransportChanged,
)
from custom_components.event_hub.engine.model import EXPECTED_SOURCE, GroupRule, InputRecord, InputRule, OutputRecord
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.engine.step import step
from custom_components.event_hub.engine.times.schedules import Schedule, Span
from custom_components.event_hub.engine.together import rests_on, step_all
from custom_components.event_hub.wire.messages import InputReport, Source, Transport

from .house import HOUSE, House
from .kit import START, Engine, source

NIGHT = Schedule(spans=(Span(enable_at=81_000, disable_at=19_800),))
EVENTS: tuple[Event, ...] = (
    EnabledSet(inputs=("Door",), enabled=False),
    EnabledSet(outputs=("Siren",), enabled=False),
    RuleSet(input_key="Door", rule=InputRule(escalate_after=30.0)),
    RuleSet(input_key="Window", rule=InputRule(hold=5.0)),
    OutputOptionsSet(output_key="Siren", options={"interval": 9.0}),
    ScheduleSet(inputs=("Window",), schedule=NIGHT),
    ScheduleSet(groups=("Hall",), schedule=NIGHT),
    SilenceLimitSet(source_id="ioboard.board", limit=60.0),
    InputExpected(record=InputRecord(key="Gate", source_id="", label="Gate")),
    OutputExpected(record=OutputRecord(key="Gate", source_id="")),
    OutputsSuspended(suspended=True),
    PartitionSet(partition=Partition(partition_id="house", name="House", zones={"Window": Zone()})),
)


def a_home() -> Engine:
    """Return a hub with a door that was opened, and a window."""
    engine = Engine()
    engine.output()
    engine.input()
    engine.input("Window", group="Hall")
    engine.link()
    engine.active()
    return engine


def everything(state: State) -> dict[str, str]:
    """Return all that there is."""
    found = {name: repr(getattr(state, name)) for name in state.__slots__ if name not in ("deadlines", "code_hashes")}
    return {**found, "deadlines": repr(sorted(state.deadlines.items()))}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(EVENTS), max_size=8))
def test_they_lead_to_what_they_would_lead_to_one_after_the_other(events: list[Event]) -> None:
    engine = a_home()
    before = everything(engine.state)
    together = step_all(engine.state, events, START)
    assert everything(engine.state) == before
    alone = engine.state.copy()
    effects: list[Effect] = []
    for event in events:
        transition = step(alone, event, START)
        effects += transition.effects
        alone.apply(transition.changes)
    engine.state.apply(together.changes)
    assert everything(engine.state) == everything(alone)
    assert list(together.effects) == effects


def test_where_one_is_asked_in_vain_there_is_nothing_to_do() -> None:
    with pytest.raises(UnknownKeyError):
        step_all(a_home().state, (*EVENTS, Linked(inputs=("Gone",), outputs=("Siren",))), START)


def test_what_an_alarm_relies_on_is_named_all_at_once() -> None:
    house = House()
    house.armed()
    with pytest.raises(GuardedError) as raised:
        step_all(house.state, [EnabledSet(inputs=(key,), enabled=False) for key in ("Door", "Window")], house.now)
    assert raised.value.names == ("Door", "Window")


def test_what_only_follows_from_it_does_not_hide_what_an_alarm_relies_on() -> None:
    house = House()
    house.armed()
    events = (EnabledSet(inputs=("Door",), enabled=False), Linked(inputs=("Gone",), outputs=("Siren",)))
    with pytest.raises(GuardedError):
        step_all(house.state, events, house.now)


PLANNED = (RuleSet(input_key="Door", rule=InputRule(latch=9.0)), EnabledSet(inputs=("Door",)))
HAPPENINGS: dict[str, tuple[Callable[[Engine], object], bool]] = {
    "nothing": (lambda _: None, True),
    "another input triggers": (lambda engine: engine.active("Window"), True),
    "the input itself triggers": (lambda engine: engine.clear(), False),
    "the input is switched": (lambda engine: engine.post(EnabledSet(inputs=("Door",), enabled=False)), False),
    "another device comes": (lambda engine: engine.report(InputReport(device_key="New", active=None)), False),
    "a broker is lost": (lambda engine: engine.post(TransportChanged(transport=Transport.MQTT, up=False)), False),
    "a group gets a schedule": (lambda engine: engine.post(ScheduleSet(groups=("Hall",), schedule=NIGHT)), False),
    "a partition is set up": (lambda engine: engine.post(EVENTS[-1]), False),
}


@pytest.mark.parametrize(("happens", "holds"), HAPPENINGS.values(), ids=HAPPENINGS)
def test_what_was_worked_out_counts_while_what_it_rests_on_is_the_same(
    happens: Callable[[Engine], object], holds: bool
) -> None:
    engine = a_home()
    before = engine.state.copy()
    transition = step_all(before, PLANNED, engine.now)
    happens(engine)
    assert rests_on(before, transition, engine.state) is holds


def test_an_alarm_that_is_armed_meanwhile_is_seen() -> None:
    house = House()
    before = house.state.copy()
    transition = step_all(before, (OutputsSuspended(suspended=True),), house.now)
    assert rests_on(before, transition, house.state)
    house.armed()
    assert not rests_on(before, transition, house.state)


def test_a_zone_of_a_partition_that_is_changed_is_seen() -> None:
    engine = a_home()
    before = engine.state.copy()
    transition = step_all(before, (EVENTS[-1],), engine.now)
    engine.active("Window")
    assert not rests_on(before, transition, engine.state)


SHED, BARN = source("shed"), source("barn")
SHEDS = Partition(partition_id="shed", name="Shed", zones={"Gate": Zone(), "Cat": Zone()}, siren_outputs=("Horn",))
BARNS = Partition(partition_id="barn", name="Barn", zones={"Loft": Zone(kind=ZoneKind.PANIC)}, siren_outputs=("Lamp",))
ASKED: tuple[Event, ...] = (
    PartitionSet(partition=SHEDS),
    PartitionSet(partition=BARNS),
    PartitionSet(partition=replace(SHEDS, siren_outputs=("Lamp",))),
    PartitionSet(partition=replace(HOUSE, siren_outputs=("Siren", "Horn"))),
    EnabledSet(inputs=("Cat",), enabled=False),
    EnabledSet(outputs=("Horn",), enabled=False),
    EnabledSet(inputs=("Smoke",), enabled=False),
    RuleSet(input_key="Cat", rule=InputRule(escalate_after=90.0)),
    GroupRuleSet(name="Hall", rule=GroupRule(name="Hall", count=2, within=60.0)),
    ScheduleSet(groups=("Hall",), schedule=NIGHT),
    ScheduleSet(inputs=("Gate",), outputs=("Horn",), schedule=NIGHT),
    SilenceLimitSet(source_id="ioboard.shed", limit=60.0),
    InputExpected(record=InputRecord(key="New", source_id="", group="Hall")),
    OutputOptionsSet(output_key="Horn", options={"interval": 9.0}),
    OutputsSuspended(suspended=True),
    Linked(inputs=("Gate",), outputs=("Lamp",), linked=False),
)


def reports(by: Source, key: str, *, active: bool) -> Callable[[House], object]:
    """Return what lets a source report an input."""
    return lambda house: house.report(InputReport(device_key=key, active=active), by=by)


def goes(source_id: str) -> Callable[[House], object]:
    """Return what lets a source say that it goes."""
    return lambda house: house.post(SourceAvailability(source_id=source_id, online=False))


def uses(key: str) -> Callable[[House], object]:
    """Return what switches an output on."""
    return lambda house: house.post(OutputRequested(output_key=key, request_id=key, turn_on=True))


GOES_ON: dict[str, Callable[[House], object]] = {
    "the shed is lost": goes("ioboard.shed"),
    "the barn is lost": goes("ioboard.barn"),
    "the board is lost": goes("ioboard.board"),
    "the shed lives": lambda house: house.heartbeat(SHED),
    "the barn lives": lambda house: house.heartbeat(BARN),
    "a second goes by": lambda house: house.wait(1),
    "the gate opens": reports(SHED, "Gate", active=True),
    "the gate closes": reports(SHED, "Gate", active=False),
    "the loft triggers": reports(BARN, "Loft", active=True),
    "the horn sounds": uses("Horn"),
    "the lamp is on": uses("Lamp"),
    "the siren sounds": uses("Siren"),
    "the house is armed": lambda house: house.arm(),
    "a broker is down": lambda house: house.transport(Transport.MQTT, up=False),
    "the shed is guarded": lambda house: house.set_up(SHEDS),
}


def a_farm() -> House:
    """Return a house with two more boards."""
    house = House()
    for board, keys, output in ((SHED, ("Gate", "Cat"), "Horn"), (BARN, ("Loft",), "Lamp")):
        for key in keys:
            house.report(InputReport(device_key=key, active=False, group="Hall"), by=board)
        house.output(output, by=board)
    house.post(EnabledSet(inputs=("Gate", "Cat", "Loft")))
    house.post(Linked(inputs=("Gate", "Loft", "Door"), outputs=("Lamp", "Horn")))
    return house


def happen(house: House, names: list[str]) -> None:
    """Let things happen, as far as they can."""
    for name in names:
        with suppress(EngineError):
            GOES_ON[name](house)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(GOES_ON)), max_size=2),
    st.lists(st.sampled_from(ASKED), min_size=1, max_size=3, unique_by=id),
    st.lists(st.sampled_from(sorted(GOES_ON)), min_size=1, max_size=2),
)
@example([], [ASKED[0]], ["the shed is lost"])
@example(["the shed is guarded"], [ASKED[2]], ["the barn is lost"])
@example([], [ASKED[1]], ["the barn lives"])
def test_what_counts_is_what_would_come_of_it_now(first: list[str], events: list[Event], then: list[str]) -> None:
    farm = a_farm()
    happen(farm, first)
    before, now = farm.state.copy(), farm.now
    try:
        transition = step_all(before, events, now)
    except GuardedError:
        return
    happen(farm, then)
    if not rests_on(before, transition, farm.state):
        return
    anew = step_all(farm.state, events, now)
    apart = farm.state.copy()
    apart.apply(transition.changes)
    farm.state.apply(anew.changes)
    assert everything(apart) == everything(farm.state)
    assert transition.effects == anew.effects


def calls_for(count: int) -> int:
    """Return how many calls it takes to expect so many inputs."""
    calls = 0

    def called(_frame: FrameType, what: str, _arg: object) -> None:
        nonlocal calls
        calls += what in ("call", "c_call")

    engine = Engine()
    events = [InputExpected(record=InputRecord(key=f"Door {number}", source_id="")) for number in range(count)]
    before = sys.getprofile()
    sys.setprofile(called)
    try:
        transition = step_all(engine.state, events, START)
    finally:
        sys.setprofile(before)
    engine.state.apply(transition.changes)
    owned = engine.state.source_devices[EXPECTED_SOURCE.source_id]
    assert owned == tuple(f"Door {number}" for number in range(count))
    return calls


def test_twice_as_many_devices_cost_twice_as_much() -> None:
    assert calls_for(3_000) < 2.1 * calls_for(1_500)


def test_a_source_that_takes_over_what_was_expected_leaves_the_others_in_order() -> None:
    engine = Engine()
    events = [InputExpected(record=InputRecord(key=key, source_id="")) for key in ("A", "B", "C", "D")]
    engine.state.apply(step_all(engine.state, events, START).changes)
    engine.report(InputReport(device_key="C", active=None), InputReport(device_key="A", active=None))
    assert engine.state.source_devices[EXPECTED_SOURCE.source_id] == ("B", "D")
    assert engine.state.source_devices[source().source_id] == ("C", "A")
