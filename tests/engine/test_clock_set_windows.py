"""The clock is set: what happened before counts for as long as it would have, and nobody is muted."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from custom_components.event_hub.engine.alarm.effects import AlarmRaised, Cancelled
from custom_components.event_hub.engine.alarm.model import CrossZone
from custom_components.event_hub.engine.effects import EscalationRaised, SendCommand, SourceBack
from custom_components.event_hub.engine.events import GroupRuleSet
from custom_components.event_hub.engine.model import GroupRule, InputRule
from custom_components.event_hub.wire.messages import InputReport

from .house import BOARD, HOUSE, PANEL, House, told
from .kit import START, Engine, decisions, only, reasons, sent, source
from .test_clock_set import HOUR, JUMPS, gate, opens, stays_open
from .test_commands import commanded


@dataclass(frozen=True, kw_only=True)
class Window:
    """What happens, for how many seconds that counts, and what the next thing leads to within them and after."""

    begin: Callable[[House], object]
    seconds: float
    then: Callable[[House], object]
    within: object
    after: object


def passes(house: House, key: str = "Gate") -> list[str]:
    """Let an input be active for a moment; returns what is decided."""
    decided = reasons(house.active(key))
    house.clear(key)
    return decided


def agrees(house: House) -> None:
    """Let one of two inputs that must agree be active."""
    house.input("Post", group="Drive")
    house.post(GroupRuleSet(name="Drive", rule=GroupRule(name="Drive", count=2, within=10)))
    gate(house, InputRule(), group="Drive")


def one_crosses(house: House) -> None:
    """Let one of two zones open that must agree."""
    house.set_up(replace(HOUSE, cross_zones=(CrossZone(zones=("Window", "Hall"), within=60),)))
    opens(house, "Window")


def alarms(house: House, key: str) -> bool:
    """Let a zone open; returns whether that alarms."""
    return any(isinstance(effect, AlarmRaised) for effect in told(house.active(key)))


def is_told(house: House) -> None:
    """Let outside be told of an alarm."""
    opens(house, "Window")
    house.wait(30)


def is_called_off(house: House) -> bool:
    """Disarm; returns whether outside hears that all is well."""
    return any(isinstance(effect, Cancelled) for effect in told(house.disarm()))


def one_after_another(house: House) -> None:
    """Let an input trigger, and another be there."""
    house.input("Path")
    gate(house, InputRule())


def horn_rests(house: House) -> None:
    """Let an output be used that rests for a while then."""
    house.input("Path")
    house.output("Horn", by=source("relays"))
    house.options("Horn", interval=30)
    house.link("Path", "Horn")
    gate(house, InputRule(latch=1))
    house.link("Gate", "Horn")
    house.active("Path")
    house.clear("Path")


WINDOWS = {
    "latch": Window(
        begin=lambda house: gate(house, InputRule(latch=60)),
        seconds=60,
        then=passes,
        within=["latched"],
        after=["triggered"],
    ),
    "interval": Window(
        begin=horn_rests,
        seconds=30,
        then=lambda house: sent(house.active("Gate")),
        within=[],
        after=["Horn"],
    ),
    "confirmation": Window(
        begin=lambda house: gate(house, InputRule(confirm_count=2, confirm_within=60)),
        seconds=60,
        then=passes,
        within=["triggered"],
        after=["unconfirmed"],
    ),
    "confirmation by another": Window(
        begin=agrees,
        seconds=10,
        then=lambda house: passes(house, "Post"),
        within=["triggered"],
        after=["unconfirmed"],
    ),
    "cross-zone group": Window(
        begin=one_crosses, seconds=61, then=lambda house: alarms(house, "Hall"), within=True, after=False
    ),
    "cancel window": Window(begin=is_told, seconds=301, then=is_called_off, within=True, after=False),
    "what happened shortly before": Window(
        begin=one_after_another,
        seconds=300,
        then=lambda house: [each.key for each in decisions(house.active("Path"))[0].recent],
        within=["Gate"],
        after=[],
    ),
}


@pytest.mark.parametrize("by", JUMPS)
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_what_happened_counts_for_as_long_as_it_would_have(window: Window, by: float) -> None:
    for waits, expected in ((window.seconds - 1, window.within), (window.seconds, window.after)):
        house = House()
        window.begin(house)
        house.set_clock(by)
        house.wait(waits)
        assert window.then(house) == expected


@pytest.mark.parametrize("by", JUMPS)
def test_what_lasts_has_lasted_as_long_as_it_has(by: float) -> None:
    house = House()
    house.active("Door")
    house.wait(40)
    house.set_clock(by)
    (decision,) = decisions(house.clear("Door"))
    assert decision.facts["active_for"] == 40


@pytest.mark.parametrize("by", JUMPS)
def test_everything_else_that_counts_is_as_long_ago_as_it_was(by: float) -> None:
    house, now = House(), START + 1000.0
    house.now = now
    times = {
        "source_status": ("last_seen", "last_heartbeat", "heartbeat_sent_at", "way_seen"),
        "input_status": (
            *("active_since", "last_active", "activated_at", "triggered_at"),
            *("changed_at", "healed_at", "detected_at"),
        ),
        "alarm": ("told_at", "told_silently_at"),
    }
    keys = {"source_status": BOARD.source_id, "input_status": "Door", "alarm": "house"}
    for table, names in times.items():
        statuses = getattr(house.state, table)
        ago = {name: now - number for number, name in enumerate(names)}
        statuses[keys[table]] = replace(statuses[keys[table]], **ago)
    house.set_clock(by)
    for table, names in times.items():
        status = getattr(house.state, table)[keys[table]]
        assert [house.now - getattr(status, name) for name in names] == list(range(len(names)))


@pytest.mark.parametrize("by", JUMPS)
def test_an_alarm_and_its_input_agree_on_when_it_was_let_go(by: float) -> None:
    house = House()
    house.active("Smoke")
    house.clear("Smoke")
    house.wait(5)
    house.set_clock(by)
    (moved,) = house.status().moved
    assert moved.at == house.state.input_status["Smoke"].changed_at == house.now - 5


@pytest.mark.parametrize("by", JUMPS)
def test_a_command_under_way_is_still_sent_again_by_the_next_run(by: float) -> None:
    engine, command_id = commanded()
    engine.wait(10)
    engine.set_clock(by)
    command = only(engine.restart(after=5), SendCommand).command
    assert (command.command_id, command.issued_at, command.expires_at) == (command_id, engine.now - 15, engine.now + 75)


@pytest.mark.parametrize("by", JUMPS)
def test_what_is_escalated_has_lasted_as_long_as_it_has(by: float) -> None:
    house = House()
    stays_open(house)
    house.wait(50)
    house.set_clock(by)
    assert only(house.wait(70), EscalationRaised).since == house.now - 120


@pytest.mark.parametrize("by", JUMPS)
def test_a_source_was_silent_for_as_long_as_it_was(by: float) -> None:
    house = House()
    house.heartbeat(PANEL)
    house.wait(310)
    house.set_clock(by)
    house.wait(90)
    assert only(house.heartbeat(PANEL), SourceBack).silent_for == 400


@pytest.mark.parametrize("by", JUMPS)
def test_a_message_was_handled_as_long_ago_as_it_was(by: float) -> None:
    """The next run goes by it: it would take the message for a new one."""
    engine = Engine()
    for message_id in ("first", "second"):
        engine.report(InputReport(device_key="Door", active=True), message_id=message_id)
        engine.wait(5)
    before = {message_id: engine.now - at for message_id, at in engine.state.seen.items()}
    engine.set_clock(by)
    after = {message_id: engine.now - at for message_id, at in engine.state.seen.items()}
    assert list(after.items()) == list(before.items())
    assert list(before.values()) == [10, 5]


@pytest.mark.parametrize("by", JUMPS)
def test_history_keeps_its_time(by: float) -> None:
    house = House()
    opens(house, "Window")
    at = house.now
    house.set_clock(by)
    assert [alarm.at for alarm in house.status().memory] == [at]


@pytest.mark.parametrize("by", JUMPS)
@pytest.mark.parametrize("goes_along", [False, True], ids=["a clock of its own", "the same clock"])
@pytest.mark.parametrize("offset", [0.0, 7200.0])
def test_no_source_is_muted(by: float, goes_along: bool, offset: float) -> None:
    """What runs on the same machine has its clock set along, and a board has not."""
    engine = Engine()
    engine.input("Door")
    for _ in range(6):
        engine.heartbeat(sent_at=engine.now - offset)
        engine.wait(10)
    engine.set_clock(by)
    behind = offset + (0.0 if goes_along else by)
    for _ in range(2):
        report = InputReport(device_key="Door", active=True)
        assert reasons(engine.report(report, sent_at=engine.now - behind)) == ["triggered"]
        engine.clear("Door")
        engine.wait(70)
    # What was kept on the way shows as such, before and after a heartbeat.
    for _ in range(2):
        report = InputReport(device_key="Door", active=True)
        assert reasons(engine.report(report, sent_at=engine.now - behind - 200)) == ["stale"]
        engine.heartbeat(sent_at=engine.now - behind)
    assert engine.state.source_status[source().source_id].clock_offset == behind


def test_a_clock_set_there_and_back_leaves_everything_as_it_was() -> None:
    house = House()
    opens(house, "Door")
    before = house.state.alarm, house.state.input_status, dict(house.state.deadlines.items())
    house.state = house.state.copy()
    house.set_clock(HOUR)
    house.set_clock(-HOUR)
    assert (house.state.alarm, house.state.input_status, dict(house.state.deadlines.items())) == before


def test_what_an_earlier_run_left_in_the_future_stays_where_it_is_right() -> None:
    """A machine that forgot the time while it was off has it again by and by."""
    engine = Engine()
    engine.input("Door")
    engine.active("Door")
    engine.clear("Door")
    at = engine.now
    engine.restart(after=-600)
    engine.set_clock(HOUR)
    assert engine.state.input_status["Door"].triggered_at == at
