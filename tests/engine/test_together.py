"""Many events as one step do what they would do one after the other, and count while what they rest on is the same."""

from collections.abc import Callable

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.model import Partition, Zone
from custom_components.event_hub.engine.effects import Effect
from custom_components.event_hub.engine.errors import GuardedError, UnknownKeyError
from custom_components.event_hub.engine.events import (
    EnabledSet,
    Event,
    InputExpected,
    Linked,
    OutputExpected,
    OutputOptionsSet,
    OutputsSuspended,
    PartitionSet,
    RuleSet,
    ScheduleSet,
    SilenceLimitSet,
    TransportChanged,
)
from custom_components.event_hub.engine.model import EXPECTED_SOURCE, InputRecord, InputRule, OutputRecord
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.engine.step import step
from custom_components.event_hub.engine.times.schedules import Schedule, Span
from custom_components.event_hub.engine.together import rests_on, step_all
from custom_components.event_hub.wire.messages import InputReport, Transport

from .house import House
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


def test_thousands_of_devices_cost_as_much_each_as_a_few() -> None:
    engine = Engine()
    count = 3_000
    events = [InputExpected(record=InputRecord(key=f"Door {number}", source_id="")) for number in range(count)]
    engine.state.apply(step_all(engine.state, events, START).changes)
    owned = engine.state.source_devices[EXPECTED_SOURCE.source_id]
    assert owned == tuple(f"Door {number}" for number in range(count))


def test_a_source_that_takes_over_what_was_expected_leaves_the_others_in_order() -> None:
    engine = Engine()
    events = [InputExpected(record=InputRecord(key=key, source_id="")) for key in ("A", "B", "C", "D")]
    engine.state.apply(step_all(engine.state, events, START).changes)
    engine.report(InputReport(device_key="C", active=None), InputReport(device_key="A", active=None))
    assert engine.state.source_devices[EXPECTED_SOURCE.source_id] == ("B", "D")
    assert engine.state.source_devices[source().source_id] == ("C", "A")
