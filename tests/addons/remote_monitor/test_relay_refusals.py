"""What relays refuse, and what they answer."""

import math

import pytest

from remote_monitor.relay_model import Action, Relay, Result, Start, Status, Stop

from .kit import Board, plan_of

FAILED = "failed"

SIREN = Relay(key="Siren", seconds=2.0)
LAMP = Relay(key="Lamp", seconds=0.2)


@pytest.fixture
def board() -> Board:
    return Board(plan_of(SIREN, LAMP))


def test_an_expired_command_is_refused_and_says_so(board: Board) -> None:
    board.command("1", "Siren", expires_at=board.now - 3.0)
    assert not board.pins["Siren"]
    assert board.said == [Result(command_id="1", key="Siren", status=Status.EXPIRED, detail="It came 3.0 s too late")]
    board.command("2", "Siren", expires_at=board.now + 0.1)
    assert board.pins["Siren"]


def test_a_repeated_command_gets_the_last_answer_again_and_switches_nothing(board: Board) -> None:
    board.command("1", "Lamp")
    assert board.command("1", "Lamp") == (Result(command_id="1", key="Lamp", status=Status.ACCEPTED),)
    board.pass_time(1.0)
    assert board.command("1", "Lamp") == (Result(command_id="1", key="Lamp", status=Status.DONE),)
    assert not board.pins["Lamp"]


def test_a_relay_of_another_device_is_none_of_our_business(board: Board) -> None:
    assert board.command("1", "Somewhere else") == ()
    assert "1" not in board.state.results


@pytest.mark.parametrize(
    ("wants", "words"),
    [
        ({"seconds": 0.0}, "0 is no duration: it must be more than 0 s"),
        ({"seconds": -1.0}, "-1 is no duration: it must be more than 0 s"),
        ({"seconds": math.nan}, "nan is no duration: it must be more than 0 s"),
        ({"seconds": math.inf}, "inf is no duration: it must be more than 0 s"),
        ({"action": Action.PATTERN}, "Siren has no pattern: set the option pattern of this relay"),
    ],
)
def test_a_command_that_cannot_be_is_refused_with_what_to_do(
    board: Board, wants: dict[str, object], words: str
) -> None:
    board.command("1", "Siren", **wants)
    assert not board.pins["Siren"]
    assert board.said == [Result(command_id="1", key="Siren", status=Status.FAILED, detail=words)]


def test_commands_before_the_start_and_after_the_stop_are_refused(board: Board) -> None:
    board.happen(Stop())
    board.command("1", "Siren")
    assert board.words() == [("1", FAILED)]
    assert not board.pins["Siren"]
    board.happen(Start())
    board.command("2", "Siren")
    assert board.pins["Siren"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"seconds": 0.0}, "seconds must be 0.05 or more"),
        ({"seconds": math.inf}, "seconds must be"),
        ({"longest": 0.0}, "longest must be 0.05 s or more"),
        ({"pattern": (0.5,)}, "pattern must be pairs"),
        ({"pattern": (0.5, 0.0)}, "pattern must be pairs"),
        ({"pattern": (0.5, math.nan)}, "pattern must be pairs"),
        ({"interlock": "gate", "safe_on": True}, "interlock"),
    ],
)
def test_a_relay_that_cannot_be_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Relay(key="Siren", **wrong)  # type: ignore[arg-type]
