"""What relays do, case by case."""

import pytest

from remote_monitor.relay_model import (
    Action,
    BrokersLost,
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
from remote_monitor.relays import MEMORY, initial, next_deadline, step

from .kit import Board, plan_of

ACCEPTED, DONE, FAILED, EXPIRED = "accepted", "done", "failed", "expired"

SIREN = Relay(key="Siren", seconds=2.0)
LAMP = Relay(key="Lamp", seconds=0.2)
LOCK = Relay(key="Lock", seconds=5.0, safe_on=True)


@pytest.fixture
def board() -> Board:
    return Board(plan_of(SIREN, LAMP, LOCK))


def test_every_pin_is_written_safe_at_start_and_at_stop(board: Board) -> None:
    assert board.pins == {"Siren": False, "Lamp": False, "Lock": True}
    board.command("1", "Siren")
    board.command("2", "Lock")
    board.words()
    effects = board.happen(Stop())
    assert [effect for effect in effects if isinstance(effect, SetPin)] == [
        SetPin(key="Siren", on=False),
        SetPin(key="Lamp", on=False),
        SetPin(key="Lock", on=True),
    ]
    assert board.words() == [("1", FAILED), ("2", FAILED)]


def test_a_pulse_is_accepted_when_it_begins_and_done_when_it_ends(board: Board) -> None:
    effects = board.command("1", "Siren")
    assert effects == (
        SetPin(key="Siren", on=True),
        Result(command_id="1", key="Siren", status=Status.ACCEPTED),
    )
    assert next_deadline(board.state) == board.now + 2.0
    board.pass_time(1.999)
    assert board.pins["Siren"]
    board.pass_time(0.001)
    assert not board.pins["Siren"]
    assert board.words() == [("1", ACCEPTED), ("1", DONE)]
    assert next_deadline(board.state) is None


def test_a_pulse_of_a_relay_that_is_safe_when_on_switches_it_off(board: Board) -> None:
    board.command("1", "Lock", seconds=1.0)
    assert not board.pins["Lock"]
    board.pass_time(1.0)
    assert board.pins["Lock"]


def test_a_command_waits_for_no_other_relay(board: Board) -> None:
    board.command("long", "Siren")
    effects = board.command("short", "Lamp")
    assert SetPin(key="Lamp", on=True) in effects
    board.pass_time(0.2)
    assert board.pins == {"Siren": True, "Lamp": False, "Lock": True}
    assert board.words() == [("long", ACCEPTED), ("short", ACCEPTED), ("short", DONE)]


def test_on_and_off_are_done_at_once_and_stay(board: Board) -> None:
    board.command("1", "Lamp", action=Action.ON)
    board.pass_time(1_000)
    assert board.pins["Lamp"]
    board.command("2", "Lamp", action=Action.OFF)
    assert not board.pins["Lamp"]
    assert board.words() == [("1", DONE), ("2", DONE)]


def test_toggle_goes_to_and_fro(board: Board) -> None:
    seen = []
    for number in range(4):
        board.command(str(number), "Lamp", action=Action.TOGGLE)
        seen.append(board.pins["Lamp"])
    assert seen == [True, False, True, False]


def test_off_ends_a_pulse_and_answers_both(board: Board) -> None:
    board.command("1", "Siren")
    board.command("2", "Siren", action=Action.OFF)
    assert not board.pins["Siren"]
    assert board.words() == [("1", ACCEPTED), ("1", DONE), ("2", DONE)]
    assert next_deadline(board.state) is None


def test_on_during_a_pulse_stays_on(board: Board) -> None:
    board.command("1", "Siren")
    board.command("2", "Siren", action=Action.ON)
    board.pass_time(100)
    assert board.pins["Siren"]


@pytest.mark.parametrize(
    ("retrigger", "second", "ends", "words"),
    [
        (Retrigger.EXTEND, None, 3.0, [("1", ACCEPTED), ("1", DONE), ("2", ACCEPTED), ("2", DONE)]),
        (Retrigger.EXTEND, 0.1, 2.0, [("1", ACCEPTED), ("1", DONE), ("2", ACCEPTED), ("2", DONE)]),
        (Retrigger.RESTART, None, 3.0, [("1", ACCEPTED), ("1", DONE), ("2", ACCEPTED), ("2", DONE)]),
        (Retrigger.RESTART, 0.1, 1.1, [("1", ACCEPTED), ("1", DONE), ("2", ACCEPTED), ("2", DONE)]),
        (Retrigger.IGNORE, None, 2.0, [("1", ACCEPTED), ("2", DONE), ("1", DONE)]),
        (Retrigger.IGNORE, 9.0, 2.0, [("1", ACCEPTED), ("2", DONE), ("1", DONE)]),
    ],
)
def test_a_second_pulse_follows_the_relays_rule(
    retrigger: Retrigger, second: float | None, ends: float, words: list[tuple[str, str]]
) -> None:
    board = Board(plan_of(Relay(key="Siren", seconds=2.0, retrigger=retrigger)))
    began = board.now
    board.command("1", "Siren")
    board.pass_time(1.0)
    assert SetPin(key="Siren", on=True) not in board.command("2", "Siren", seconds=second)
    assert next_deadline(board.state) == pytest.approx(began + ends)
    board.pass_time(10.0)
    assert not board.pins["Siren"]
    assert board.words() == words


@pytest.mark.parametrize(
    ("retrigger", "on_after"), [(Retrigger.EXTEND, True), (Retrigger.RESTART, False), (Retrigger.IGNORE, True)]
)
def test_a_pulse_of_a_relay_that_was_switched_on_to_stay(retrigger: Retrigger, on_after: bool) -> None:
    board = Board(plan_of(Relay(key="Siren", retrigger=retrigger)))
    board.command("1", "Siren", action=Action.ON)
    board.command("2", "Siren")
    board.pass_time(10.0)
    assert board.pins["Siren"] is on_after
    assert board.words()[-1] == ("2", DONE)


def edges(relay: Relay, seconds: float | None, watched: float) -> list[tuple[float, bool]]:
    board = Board(plan_of(relay))
    began, found = board.now, []
    board.on_effect = lambda effect: (
        found.append((round(board.now - began, 3), effect.on)) if isinstance(effect, SetPin) else None
    )
    board.command("1", relay.key, seconds=seconds)
    board.pass_time(watched)
    return found


def test_a_pattern_repeats_until_its_time_is_over_and_ends_safe() -> None:
    relay = Relay(key="Lamp", seconds=2.0, pattern=(0.5, 0.25))
    assert edges(relay, None, 9.0) == [(0, True), (0.5, False), (0.75, True), (1.25, False), (1.5, True), (2.0, False)]


def test_a_pattern_of_a_relay_that_is_safe_when_on_begins_with_off() -> None:
    relay = Relay(key="Lamp", safe_on=True, pattern=(0.5, 0.25))
    assert edges(relay, 1.0, 9.0) == [(0, False), (0.5, True), (0.75, False), (1.0, True)]


def test_a_late_tick_leaves_out_the_parts_of_a_pattern_that_passed() -> None:
    board = Board(plan_of(Relay(key="Lamp", seconds=100.0, pattern=(1.0, 1.0))))
    board.command("1", "Lamp")
    board.now += 10.5
    assert board.happen(Tick()) == ()
    board.now += 1.0
    assert board.happen(Tick()) == (SetPin(key="Lamp", on=False),)


def test_nothing_stays_away_longer_than_its_longest_time() -> None:
    board = Board(plan_of(Relay(key="Siren", seconds=4.0, longest=10.0)))
    for number in range(5):
        board.command(str(number), "Siren")
        board.pass_time(2.0)
    assert not board.pins["Siren"]
    board.command("on", "Siren", action=Action.ON)
    assert board.said[-1].detail == "For 10 s at the longest"
    board.pass_time(9.9)
    assert board.pins["Siren"]
    board.pass_time(0.1)
    assert not board.pins["Siren"]
    board.command("more", "Siren", seconds=60.0)
    assert board.said[-1].detail == "Shortened to the longest time of 10 s"
    board.pass_time(10.0)
    assert not board.pins["Siren"]


GATE = (Relay(key="Open", seconds=5.0, interlock="gate"), Relay(key="Close", seconds=5.0, interlock="gate"))


def test_of_an_interlock_only_one_is_on_and_the_other_is_refused_until_then() -> None:
    board = Board(plan_of(*GATE, LAMP))
    board.command("1", "Open")
    board.command("2", "Close")
    board.command("3", "Lamp")
    assert board.pins == {"Open": True, "Close": False, "Lamp": True}
    assert (
        Result(
            command_id="2",
            key="Close",
            status=Status.FAILED,
            detail="Open is on, and the two must never be on together",
        )
        in board.said
    )
    board.command("off", "Close", action=Action.OFF)
    assert board.said[-1].status is Status.DONE
    board.pass_time(5.0)
    board.command("4", "Close", action=Action.TOGGLE)
    assert board.pins["Close"]


def test_the_pause_of_a_pattern_does_not_let_its_rival_in() -> None:
    board = Board(plan_of(Relay(key="Open", seconds=9.0, pattern=(1.0, 1.0), interlock="gate"), GATE[1]))
    board.command("1", "Open")
    board.pass_time(1.5)
    assert not board.pins["Open"]
    board.command("2", "Close")
    assert not board.pins["Close"]


def test_without_brokers_for_too_long_every_relay_is_safe(board: Board) -> None:
    board.command("1", "Siren", seconds=500.0)
    board.command("2", "Lock", action=Action.OFF)
    board.happen(BrokersLost(seconds=59.9))
    assert board.pins == {"Siren": True, "Lamp": False, "Lock": False}
    board.words()
    board.happen(BrokersLost(seconds=60.0))
    assert board.pins == {"Siren": False, "Lamp": False, "Lock": True}
    assert board.said == [
        Result(command_id="1", key="Siren", status=Status.FAILED, detail="Cut short: no broker for 60 s")
    ]
    assert board.happen(BrokersLost(seconds=61.0)) == ()


@pytest.mark.parametrize("action", [None, Action.ON])
def test_a_pin_that_cannot_be_switched_on_fails_the_command(board: Board, action: Action | None) -> None:
    board.command("1", "Siren", action=action)
    effects = board.happen(PinFailed(key="Siren", reason="No chip answers", command_id="1"))
    assert effects == (
        SetPin(key="Siren", on=False),
        Result(command_id="1", key="Siren", status=Status.FAILED, detail="No chip answers"),
    )
    assert next_deadline(board.state) is None
    assert board.command("1", "Siren") == effects[1:]


def test_a_pin_that_cannot_be_switched_back_fails_the_command_that_ended(board: Board) -> None:
    board.command("1", "Lamp")
    board.pass_time(1.0)
    effects = board.happen(PinFailed(key="Lamp", reason="No chip answers", command_id="1"))
    assert effects == (Result(command_id="1", key="Lamp", status=Status.FAILED, detail="No chip answers"),)


def test_answers_are_kept_for_so_many_commands_and_for_those_that_run(board: Board) -> None:
    board.command("runs", "Siren", seconds=1_000.0)
    for number in range(MEMORY + 100):
        board.command(str(number), "Lamp", action=Action.TOGGLE)
    assert len(board.state.results) == MEMORY
    assert "runs" in board.state.results
    assert "0" not in board.state.results
    assert board.command("runs", "Siren") == (Result(command_id="runs", key="Siren", status=Status.ACCEPTED),)


def test_a_step_changes_nothing_of_the_state_before_it() -> None:
    plan = plan_of(SIREN)
    state = initial(plan)
    after, _ = step(plan, state, Start(), 1.0)
    assert state == initial(plan)
    assert after.ready


def test_a_relay_whose_pin_could_not_be_set_keeps_its_rivals_off_until_all_pins_are_well() -> None:
    board = Board(plan_of(Relay(key="Up", interlock="blind"), Relay(key="Down", interlock="blind")))
    board.happen(Start())
    board.command("1", "Up", action=Action.ON)
    board.command("2", "Up", action=Action.OFF)
    board.happen(PinFailed(key="Up", reason="No chip answers", command_id="2"))
    board.words()
    board.command("3", "Down", action=Action.ON)
    assert board.words() == [("3", FAILED)]
    board.happen(PinsWell())
    board.command("4", "Down", action=Action.ON)
    assert board.words() == [("4", DONE)]
