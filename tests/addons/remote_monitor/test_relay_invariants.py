"""What holds for relays whatever happens."""

from hypothesis import given, settings, strategies as st

from remote_monitor.relay_model import (
    Action,
    BrokersLost,
    Commanded,
    Effect,
    Event,
    PinFailed,
    PinsWell,
    Relay,
    Result,
    Retrigger,
    SetPin,
    Start,
    Status,
    Stop,
    Tick,
)
from remote_monitor.relays import next_deadline

from .kit import Board, plan_of

KEYS = ("Open", "Close", "Lock", "Lamp", "Bell")
GROUP = ("Open", "Close", "Bell")
FINAL = frozenset({Status.DONE, Status.FAILED, Status.EXPIRED})
LIMIT = 20.0

retriggers = st.sampled_from(list(Retrigger))
times = st.integers(1, 80).map(lambda number: number / 4)


@st.composite
def boards(draw: st.DrawFn) -> Board:
    relays = []
    for key in KEYS:
        relay = Relay(
            key=key,
            seconds=draw(times),
            safe_on=key == "Lock",
            retrigger=draw(retriggers),
            interlock="gate" if key in GROUP else None,
            pattern=draw(st.just(()) | st.tuples(times, times)),
            longest=draw(st.none() | times),
        )
        relays.append(relay)
    return Board(plan_of(*relays, brokers_lost_after=LIMIT))


commands = st.builds(
    Commanded,
    command_id=st.integers(0, 12).map(str),
    key=st.sampled_from([*KEYS, "Somewhere else"]),
    action=st.none() | st.sampled_from(list(Action)),
    seconds=st.none() | times,
    expires_at=st.none() | st.floats(90.0, 200.0),
)
events: st.SearchStrategy[Event] = (
    commands
    | commands
    | st.builds(Tick)
    | st.builds(Stop)
    | st.builds(Start)
    | st.builds(BrokersLost, seconds=st.floats(0.1, 40.0))
    | st.builds(PinFailed, key=st.sampled_from(KEYS), reason=st.just("No chip answers"))
    | st.just(PinsWell())
)
happenings = st.lists(st.tuples(st.sampled_from([0.0, 0.25, 1.0, 5.0]), events), max_size=40)


@settings(max_examples=200)
@given(boards(), happenings)
def test_relays_of_an_interlock_are_never_on_together_not_even_between_two_effects(
    board: Board, story: list[tuple[float, Event]]
) -> None:
    def check(_effect: Effect) -> None:
        assert sum(board.pins[key] for key in GROUP) <= 1

    board.on_effect = check
    for seconds, event in story:
        board.pass_time(seconds)
        board.happen(event)


@given(boards(), happenings, st.sampled_from([Stop(), BrokersLost(seconds=LIMIT)]))
def test_after_a_stop_or_the_loss_of_brokers_every_relay_is_safe(
    board: Board, story: list[tuple[float, Event]], end: Event
) -> None:
    for seconds, event in story:
        board.pass_time(seconds)
        board.happen(event)
    board.happen(end)
    assert board.pins == {key: relay.safe_on for key, relay in board.plan.relays.items()}
    assert next_deadline(board.state) is None


@settings(max_examples=200)
@given(boards(), happenings)
def test_no_relay_is_away_beyond_its_deadline_or_its_longest_time(
    board: Board, story: list[tuple[float, Event]]
) -> None:
    left: dict[str, float] = {}
    allowed: dict[str, tuple[str, float]] = {}

    def note(effect: Effect) -> None:
        if isinstance(effect, SetPin):
            if effect.on == board.plan.relays[effect.key].safe_on:
                return
            left.setdefault(effect.key, board.now)

    board.on_effect = note
    for seconds, event in story:
        board.pass_time(seconds)
        if isinstance(event, Commanded) and event.key in KEYS:
            own = board.plan.relays[event.key].seconds
            allowed.setdefault(event.command_id, (event.key, board.now + (event.seconds or own)))
        board.happen(event)
        for key, state in board.state.relays.items():
            relay = board.plan.relays[key]
            if state.away_since is None:
                left.pop(key, None)
                assert board.pins[key] is relay.safe_on
                continue
            assert state.until is None or state.until > board.now
            if relay.longest is not None:
                assert board.now <= left[key] + relay.longest
                assert state.until is not None
                assert state.until <= left[key] + relay.longest
            if state.command_id is not None:
                assert state.until is not None
                assert state.until <= max(end for wanted, end in allowed.values() if wanted == key)


@settings(max_examples=200)
@given(boards(), happenings, commands)
def test_a_repeated_command_sets_no_pin(board: Board, story: list[tuple[float, Event]], command: Commanded) -> None:
    seen: set[str] = set()
    for seconds, event in [*story, (0.0, command), (1.0, command)]:
        board.pass_time(seconds)
        effects = board.happen(event)
        if not isinstance(event, Commanded) or event.key not in KEYS:
            continue
        if event.command_id in seen:
            assert [type(effect) for effect in effects] == [Result]
        seen.add(event.command_id)


@settings(max_examples=200)
@given(boards(), happenings)
def test_two_relays_never_wait_for_each_other(board: Board, story: list[tuple[float, Event]]) -> None:
    """Whatever the others do, a command is answered in its own step, and carried out unless an interlock forbids."""
    for number, (seconds, event) in enumerate(story):
        board.pass_time(seconds)
        board.happen(event)
        board.happen(Start()) if not board.state.ready else None
        others = [board.state.relays[key] for key in GROUP if key != "Bell"]
        rival = any(relay.away_since is not None or relay.doubtful for relay in others)
        for key in ("Lamp", "Bell"):
            command = Commanded(command_id=f"{number} {key}", key=key, action=Action.ON)
            effects = board.happen(command)
            (answer,) = [each for each in effects if isinstance(each, Result) and each.command_id == command.command_id]
            refused = rival and key == "Bell"
            assert answer.status is (Status.FAILED if refused else Status.DONE)
            assert board.pins[key] is not refused or not rival
            board.happen(Commanded(command_id=f"{number} {key} off", key=key, action=Action.OFF))


@given(boards(), happenings)
def test_every_command_is_answered_for_good_once(board: Board, story: list[tuple[float, Event]]) -> None:
    commanded: dict[str, int] = {}
    finals: list[str] = []

    def note(effect: Effect) -> None:
        if isinstance(effect, Result) and effect.status in FINAL:
            finals.append(effect.command_id)

    board.on_effect = note
    for seconds, event in [*story, (0.0, Stop())]:
        board.pass_time(seconds)
        if isinstance(event, Commanded):
            if event.command_id in commanded:
                continue
            if event.key in KEYS:
                commanded[event.command_id] = 1
        board.happen(event)
    assert sorted(finals) == sorted(commanded)
