from dataclasses import replace
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.action_data import freeze
from custom_components.event_hub.engine.alarm.codes import CodeUser
from custom_components.event_hub.engine.alarm.model import CrossZone, Delays, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.events import (
    CodeUserSet,
    EnabledSet,
    GroupRuleSet,
    InputAdopted,
    OutputAdopted,
    OutputsSuspended,
    PartitionSet,
    ScheduleSet,
    SilenceLimitSet,
)
from custom_components.event_hub.engine.model import Action, GroupRule, InputRecord, InputRule, OutputRecord
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.engine.times.quiet_hours import QuietHours
from custom_components.event_hub.engine.times.schedules import WEEK, Schedule, Span, Weekday
from custom_components.event_hub.importing.document import PortableError
from custom_components.event_hub.importing.planner import TABLES, Kind, QuietHoursWanted
from custom_components.event_hub.importing.portable import export_yaml, plan_yaml
from custom_components.event_hub.importing.yaml_text import load
from custom_components.event_hub.wire.messages import InputReport
from tests.engine.kit import Engine

from .kit import carry_out, left_out, texts

NIGHT = Schedule(spans=(Span(days=(Weekday.MONDAY,), enable_at=81_000, disable_at=19_800),))


def a_home() -> Engine:
    """Return a hub with one of everything that people can set."""
    engine = Engine()
    engine.output("Siren")
    engine.output("Lamp", enabled=False)
    engine.input("Door", InputRule(latch=12.5, unit="%", low=3.0, informational=True), group="Hall")
    engine.input("Window", group="Hall")
    engine.link("Door", "Lamp", "Siren")
    engine.options("Siren", interval=5.0, deadline=20.0, params="7", trigger_topic="event.trigger.garage")
    engine.post(SilenceLimitSet(source_id="ioboard.board", limit=45.0))
    engine.post(GroupRuleSet(name="Hall", rule=GroupRule(name="Hall", count=2, within=20.0)))
    engine.post(ScheduleSet(inputs=("Door",), schedule=NIGHT))
    engine.post(ScheduleSet(groups=("Hall",), schedule=Schedule(spans=(Span(disable_at=60),))))
    engine.post(InputAdopted(record=InputRecord(key="pir", source_id="", entity_id="binary_sensor.pir", label="PIR")))
    data = freeze({"volume": 0.5, "on": ["a", {"deep": None}], "line": "a\x85b"})
    action = Action(action="siren.turn_on", target={"entity_id": ("siren.a", "siren.b"), "area_id": "hall"}, data=data)
    engine.post(OutputAdopted(record=OutputRecord(key="bell", source_id="", action=action, enabled=True)))
    zone = Zone(kind=ZoneKind.ENTRY_EXIT, modes=(Mode.AWAY,), entry_delay=10.0)
    house = Partition(
        partition_id="house",
        name="House",
        zones={"Door": zone, "Window": Zone()},
        delays={Mode.NIGHT: Delays(exit=0.0)},
        cross_zones=(CrossZone(zones=("Door", "Window")),),
        siren_outputs=("Siren",),
    )
    engine.post(PartitionSet(partition=house))
    engine.post(PartitionSet(partition=Partition(partition_id="all", name="All", members=("house",))))
    return engine


def owned(state: State) -> dict[str, Any]:
    """Return all that people set, whoever reports the devices, and without what a schedule decides."""
    found = {name: dict(getattr(state, name)) for name in TABLES if name != "sources"}
    for name in ("inputs", "outputs"):
        for key, record in found[name].items():
            found[name][key] = replace(record, source_id="", override=None)
            if record.schedule is not None or record.group in state.group_schedules:
                found[name][key] = replace(found[name][key], enabled=False)
    return found


def problems(text: str, state: State | None = None) -> list[str]:
    """Return everything that is wrong with a text."""
    with pytest.raises(PortableError) as raised:
        plan_yaml(text, a_home().state if state is None else state)
    return list(raised.value.problems)


def test_reading_back_what_was_exported_changes_nothing() -> None:
    state = a_home().state
    for with_logins in (True, False):
        wanted = plan_yaml(export_yaml(state, with_logins=with_logins), state)
        assert (texts(wanted), left_out(wanted)) == ([], "")


def test_an_empty_hub_gets_all_of_it_and_then_nothing_more() -> None:
    state, fresh = a_home().state, Engine().state
    text = export_yaml(state, with_logins=True)
    carry_out(plan_yaml(text, fresh), fresh)
    assert owned(fresh) == owned(state)
    assert plan_yaml(text, fresh).changes == ()


def test_a_master_may_stand_before_its_members() -> None:
    head, _, tail = export_yaml(a_home().state).partition("partitions:")
    assert tail.index("house:") < tail.index("all:")
    text = "event_hub: 1\npartitions:\n  all: {name: All, members: [house]}\n  house: {name: House}\n"
    assert head
    assert texts(plan_yaml(text, Engine().state)) == [
        "The partition “House” is set up",
        "The partition “All” is set up",
    ]


def test_codes_are_in_no_export() -> None:
    engine = a_home()
    engine.post(CodeUserSet(user=CodeUser(user_id="u1", name="Somebody"), code_hash="scrypt$secret"))
    text = export_yaml(engine.state, with_logins=True)
    assert "secret" not in text
    assert "Somebody" not in text


def test_logins_are_left_out_unless_asked_for_and_then_stay_as_they_are() -> None:
    engine = a_home()
    engine.output("bell 2")
    engine.state.outputs["bell 2"] = replace(engine.state.outputs["bell 2"], params="me:hunter2@cam:80")
    assert "hunter2" in export_yaml(engine.state, with_logins=True)
    text = export_yaml(engine.state)
    assert "hunter2" not in text
    assert plan_yaml(text, engine.state).changes == ()


def test_what_a_text_does_not_name_stays_as_it_is() -> None:
    engine = a_home()
    text = "event_hub: 1\ninputs:\n  Door: {rule: {latch: 30}}\n  Window: {}\n"
    (change,) = plan_yaml(text, engine.state).changes
    assert change.text == "“Door” gets the rule: latch 30 s (was 12.5 s)"
    carry_out(plan_yaml(text, engine.state), engine.state)
    assert engine.state.inputs["Door"].rule == InputRule(latch=30.0, unit="%", low=3.0, informational=True)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("[Lamp, Siren]", []),
        ("[Siren]", ["“Door” triggers no more “Lamp”"]),
        ("[]", ["“Door” triggers no more “Lamp”, “Siren”"]),
        ("[Lamp, Siren, bell]", ["“Door” triggers “bell”"]),
        ("[Siren, Lamp]", ["“Door” triggers in another order: “Siren”, “Lamp”"]),
    ],
)
def test_links_become_exactly_these_in_this_order(wanted: str, said: list[str]) -> None:
    state = a_home().state
    text = f"event_hub: 1\ninputs: {{Door: {{links: {wanted}}}}}"
    assert texts(plan_yaml(text, state), Kind.LINKS) == said
    carry_out(plan_yaml(text, state), state)
    assert plan_yaml(text, state).changes == ()


def test_a_link_to_an_output_that_is_not_there_is_left_out() -> None:
    wanted = plan_yaml("event_hub: 1\ninputs: {Window: {links: [Gone, Lamp]}}", a_home().state)
    assert texts(wanted) == ["“Window” triggers “Lamp”"]
    assert "Gone" in left_out(wanted)


def test_null_takes_away() -> None:
    text = (
        "event_hub: 1\n"
        "groups: {Hall: {rule: null, schedule: null}}\n"
        "inputs: {Door: {schedule: null, rule: {low: null}}}\n"
        "outputs: {Siren: {params: null}}\n"
        "sources: {ioboard.board: {silence_limit: null}}\n"
    )
    state = a_home().state
    carry_out(plan_yaml(text, state), state)
    assert (state.groups, state.group_schedules) == ({}, {})
    assert (state.inputs["Door"].schedule, state.inputs["Door"].rule.low) == (None, None)
    assert state.outputs["Siren"].params is None
    assert state.sources["ioboard.board"].silence_limit is None


def test_the_switch_of_a_scheduled_device_is_its_schedules() -> None:
    text = "event_hub: 1\ninputs: {Door: {enabled: true}, Window: {enabled: true}}"
    assert plan_yaml(text, a_home().state).changes == ()


def test_what_was_switched_by_hand_since_is_not_undone() -> None:
    engine = a_home()
    text = export_yaml(engine.state)
    engine.post(EnabledSet(inputs=("Door",), enabled=not engine.state.inputs["Door"].enabled))
    assert plan_yaml(text, engine.state).changes == ()


def test_a_source_that_has_not_reported_gets_no_limit_and_it_is_said() -> None:
    wanted = plan_yaml("event_hub: 1\nsources: {new.board: {silence_limit: 60}}", Engine().state)
    assert (wanted.changes, "has not reported yet" in left_out(wanted)) == ((), True)


@pytest.mark.parametrize(
    ("quiet", "said"),
    [
        (QuietHours(begin_at=0), "Quiet hours are from 00:00 to 07:00"),
        (QuietHours(enabled=False), "There are no quiet hours"),
    ],
)
def test_other_quiet_hours_are_wanted_and_the_same_are_not(quiet: QuietHours, said: str) -> None:
    state = Engine().state
    state.settings = replace(state.settings, quiet_hours=quiet)
    text = export_yaml(state)
    assert plan_yaml(text, state).changes == ()
    wanted = plan_yaml(text, Engine().state)
    assert (texts(wanted), wanted.events, wanted.wishes) == ([said], (), (QuietHoursWanted(quiet=quiet),))


def test_of_quiet_hours_what_is_not_named_stays() -> None:
    state = Engine().state
    state.settings = replace(state.settings, quiet_hours=QuietHours(enabled=False, begin_at=0, end_at=60))
    wanted = plan_yaml("event_hub: 1\nquiet_hours: {begin_at: '07:00'}", state)
    assert wanted.wishes == (QuietHoursWanted(quiet=QuietHours(enabled=False, begin_at=7 * 3600, end_at=60)),)
    assert plan_yaml("event_hub: 1\nquiet_hours: {}", state).changes == ()


def test_outputs_are_suspended_and_no_more_as_the_export_has_it() -> None:
    engine = Engine()
    free = export_yaml(engine.state)
    engine.post(OutputsSuspended(suspended=True))
    suspended = export_yaml(engine.state)
    assert plan_yaml(suspended, engine.state).changes == ()
    assert texts(plan_yaml(free, engine.state)) == ["Outputs are not suspended any more"]
    fresh = Engine().state
    carry_out(plan_yaml(suspended, fresh), fresh)
    assert fresh.outputs_suspended


@pytest.mark.parametrize(
    ("partition", "codes", "said"),
    [
        ("{}", (), True),
        ("{}", ((),), False),
        ("{}", (("p",),), False),
        ("{}", (("q",),), True),
        ("{codes: {arm: false, disarm: false, change_mode: false, bypass: false}}", (), False),
    ],
)
def test_a_new_partition_that_nobody_has_a_code_for_is_said(
    partition: str, codes: tuple[tuple[str, ...], ...], said: bool
) -> None:
    engine = Engine()
    for number, partitions in enumerate(codes):
        user = CodeUser(user_id=f"u{number}", name="Somebody", partitions=partitions)
        engine.state.code_users[user.user_id] = user
    text = f"event_hub: 1\npartitions: {{p: {partition}}}"
    assert ("has no code here" in left_out(plan_yaml(text, engine.state))) is said
    carry_out(plan_yaml(text, engine.state), engine.state)
    assert left_out(plan_yaml(text, engine.state)) == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected event_hub, quiet_hours"),
        ("[]", "expected event_hub, quiet_hours"),
        ("inputs: {}", "event_hub: expected the version of this format, 1"),
        ("event_hub: yes", "event_hub: expected the version"),
        ("event_hub: 2", "event_hub: version 2 is of a newer Event Hub; update this one first"),
        ("event_hub: 1\ninput: {}", "input: no such setting; there are event_hub"),
        ("event_hub: 1\ninputs: []", "inputs: expected names with settings"),
        ("event_hub: 1\ninputs: {Door: 5}", "inputs > Door: expected label, type"),
        ("event_hub: 1\ninputs: {Door: {lach: 5}}", "inputs > Door > lach: no such setting"),
        ("event_hub: 1\ninputs: {Door: {enabled: 1}}", "inputs > Door > enabled: expected yes or no"),
        ("event_hub: 1\ninputs: {Door: {label: ''}}", "inputs > Door > label: expected text"),
        ("event_hub: 1\ninputs: {Door: {rule: 5}}", "inputs > Door > rule: expected latch"),
        ("event_hub: 1\ninputs: {Door: {rule: null}}", "inputs > Door > rule: expected latch"),
        ("event_hub: 1\ninputs: {Door: {rule: {latch: x}}}", "inputs > Door > rule > latch: expected a number"),
        ("event_hub: 1\ninputs: {Door: {rule: {latch: .inf}}}", "inputs > Door > rule > latch: expected a number"),
        ("event_hub: 1\ninputs: {Door: {rule: {latch: -1}}}", "inputs > Door > rule > latch: from 0 to 86400"),
        (
            "event_hub: 1\ninputs: {Door: {rule: {precision: 1.5}}}",
            "inputs > Door > rule > precision: expected a whole",
        ),
        ("event_hub: 1\ninputs: {Door: {links: Siren}}", "inputs > Door > links: expected a list"),
        ("event_hub: 1\ninputs: {Door: {links: [Siren, 3]}}", "inputs > Door > links > 2: expected text"),
        ("event_hub: 1\ninputs: {'': {}}", "inputs >  > key: text of 1 to"),
        (
            "event_hub: 1\ninputs: {Door: {schedule: {spans: [{days: [x]}]}}}",
            "inputs > Door > schedule > days: a list of mon",
        ),
        ("event_hub: 1\noutputs: {Siren: {params: x}}", "outputs > Siren > params: The parameter of a relay"),
        ("event_hub: 1\noutputs: {Siren: {interval: -1}}", "outputs > Siren > interval: from 0 to 86400"),
        ("event_hub: 1\noutputs: {x: {action: {target: {}}}}", "outputs > x > action: action missing"),
        ("event_hub: 1\noutputs: {pir: {}}", "outputs > pir > key: another"),
        ("event_hub: 1\ninputs: {Door: {entity_id: a.b}}", "inputs > Door > key: another"),
        ("event_hub: 1\ngroups: {Hall: {rule: {count: 1}}}", "groups > Hall > rule > count: from 2 to 100"),
        ("event_hub: 1\nsources: {ioboard.board: {silence_limit: 1}}", "sources > ioboard.board > silence_limit: from"),
        (
            "event_hub: 1\npartitions: {p: {zones: {Door: {kind: x}}}}",
            "partitions > p > zones > Door > kind: expected one",
        ),
        ("event_hub: 1\npartitions: {p: {delays: {x: {}}}}", "partitions > p > delays > x: expected one of away"),
        ("event_hub: 1\npartitions: {p: {siren_limit: 0}}", "partitions > p > siren_limit: 1 to"),
        ("event_hub: 1\npartitions: {p: {members: [q]}}", "partitions > p > members: partitions that"),
        ("event_hub: 1\nquiet_hours: {begin_at: 22:00}", "quiet_hours > begin_at: a time"),
        ("event_hub: 1\nquiet_hours: {begin_at: '07:00'}", "quiet_hours > end_at: another time"),
        ("event_hub: 1\nquiet_hours: null", "quiet_hours > quiet_hours: the settings enabled"),
        ("event_hub: 1\nquiet_hours: {until: x}", "quiet_hours > until: only enabled"),
        ("event_hub: 1\noutputs_suspended: 1", "outputs_suspended: expected yes or no"),
        ("event_hub: 1\ninputs: {Door: {rule: {latch: 1" + "0" * 400 + "}}}", "inputs > Door > rule > latch: expected"),
    ],
)
def test_what_is_wrong_is_said_with_its_path(text: str, problem: str) -> None:
    assert any(each.startswith(problem) for each in problems(text)), problems(text)


def test_all_that_is_wrong_is_said_at_once() -> None:
    text = "event_hub: 1\ninputs: {Door: {enabled: 1, rule: {latch: x, hold: y}}, Window: {links: 5}}\nx: 1"
    assert len(problems(text)) == 5


def test_values_are_not_repeated_in_what_is_said() -> None:
    text = "event_hub: 1\noutputs: {Siren: {params: {a: hunter2}, interval: hunter2}}"
    assert "hunter2" not in "".join(problems(text))
    assert "hunter2" not in "".join(problems("event_hub: 1\noutputs: {Siren: {params: 'me:hunter2@x'}}"))


def test_planning_changes_nothing() -> None:
    fresh = Engine().state
    assert plan_yaml(export_yaml(a_home().state), fresh).changes != ()
    assert owned(fresh) == owned(Engine().state)


NAMES = st.text(min_size=1, max_size=12).map(lambda name: "".join(filter(str.isprintable, name)).strip()).filter(bool)
SECONDS = st.floats(1, 86_400)
RULES = st.builds(
    InputRule,
    latch=SECONDS,
    confirm_count=st.integers(1, 100),
    confirm_within=SECONDS,
    hold=SECONDS,
    low=st.none() | st.floats(-1e9, 0),
    high=st.none() | st.floats(0.5, 1e9),
    factor=st.floats(1e-9, 1e9),
    precision=st.none() | st.integers(0, 6),
    unit=st.none() | NAMES,
    informational=st.booleans(),
    escalate_after=st.none() | SECONDS,
)
TIMES = st.integers(0, 86_399)
SCHEDULES = st.builds(
    lambda days, at, until: Schedule(
        spans=(Span(days=tuple(day for day in WEEK if day in days), enable_at=at, disable_at=until),)
    ),
    st.sets(st.sampled_from(WEEK), min_size=1),
    TIMES,
    st.none() | TIMES,
).filter(lambda schedule: schedule.spans[0].enable_at != schedule.spans[0].disable_at)


@st.composite
def homes(draw: st.DrawFn) -> State:
    """Draw a hub's configuration."""
    engine = Engine()
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=4))
    outputs = [f"{name} (out)" for name in names]
    for key in outputs:
        engine.output(key, enabled=draw(st.booleans()))
        engine.options(key, interval=draw(SECONDS), deadline=draw(st.floats(1, 600)))
        engine.options(key, trigger_topic=draw(st.none() | NAMES), params=draw(st.sampled_from([None, "5", "0.5"])))
    for name in names:
        engine.report(
            InputReport(device_key=name, active=None, label=draw(st.none() | NAMES), group=draw(st.none() | NAMES))
        )
        engine.input(name, draw(RULES), enabled=draw(st.booleans()))
        if links := draw(st.lists(st.sampled_from(outputs), unique=True)):
            engine.link(name, *links)
        if draw(st.booleans()):
            engine.post(ScheduleSet(inputs=(name,), outputs=(outputs[0],), schedule=draw(SCHEDULES)))
        if (group := engine.state.inputs[name].group) is not None:
            engine.post(GroupRuleSet(name=group, rule=GroupRule(name=group, count=2, within=draw(SECONDS))))
            engine.post(ScheduleSet(groups=(group,), schedule=draw(st.none() | SCHEDULES)))
    if zones := draw(st.lists(st.sampled_from(names), unique=True)):
        sirens = tuple(draw(st.lists(st.sampled_from(outputs), unique=True)))
        zoned = {name: Zone(kind=draw(st.sampled_from(ZoneKind))) for name in zones}
        engine.post(PartitionSet(partition=Partition(partition_id="p", name="P", zones=zoned, siren_outputs=sirens)))
        switched = (*draw(st.lists(st.sampled_from(names))),), (*draw(st.lists(st.sampled_from(outputs))),)
        engine.post(EnabledSet(inputs=switched[0], outputs=switched[1], enabled=False))
    return engine.state


@given(homes())
@settings(max_examples=25, deadline=None)
def test_any_configuration_goes_to_text_and_back(state: State) -> None:
    text = export_yaml(state, with_logins=True)
    assert plan_yaml(text, state).changes == ()
    fresh = Engine().state
    carry_out(plan_yaml(text, fresh), fresh)
    assert owned(fresh) == owned(state)
    assert load(export_yaml(fresh, with_logins=True)) == load(text)
    assert plan_yaml(text, fresh).changes == ()
