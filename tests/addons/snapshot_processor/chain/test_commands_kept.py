"""Commands that were accepted: answered once, whatever comes again."""

import time

import pytest

from hub_relay.native import Status
from snapshot_processor.ledger.commands import REMEMBERED, Accepted, AcceptedCommands
from snapshot_processor.ledger.database import connect
from snapshot_processor.ledger.outbox import Outbox

from .kit import BROKERS, NOW, PORCH, Home


def accepted(command_id: str = "c1", expires_at: float = NOW + 90) -> Accepted:
    return Accepted(command_id=command_id, camera=PORCH, expires_at=expires_at)


@pytest.fixture
def commands(home: Home) -> AcceptedCommands:
    return home.ledger.commands


def test_a_command_is_accepted_once_and_told_to_every_broker(home: Home, commands: AcceptedCommands) -> None:
    assert commands.accept(accepted())
    assert not commands.accept(accepted())
    for broker in BROKERS:
        assert home.results(broker) == [("c1", "accepted")]


def test_a_command_that_was_answered_and_comes_again_is_passed_over(home: Home, commands: AcceptedCommands) -> None:
    commands.accept(accepted())
    commands.answer(["c1"], Status.DONE, "porch/1.jpg")
    assert not commands.accept(accepted())
    assert not commands.refuse(accepted(), Status.EXPIRED, "too late")
    assert home.results() == [("c1", "accepted"), ("c1", "done")]
    assert commands.waiting() == []


def test_a_command_that_was_refused_and_comes_again_is_passed_over(home: Home, commands: AcceptedCommands) -> None:
    assert commands.refuse(accepted(), Status.FAILED, "no address")
    assert not commands.refuse(accepted(), Status.FAILED, "no address")
    assert not commands.accept(accepted())
    assert home.results() == [("c1", "failed")]


def test_an_answer_is_given_once(home: Home, commands: AcceptedCommands) -> None:
    commands.accept(accepted("c1"))
    commands.accept(accepted("c2"))
    commands.fetched(["c1", "c2"], "ticket")
    commands.answer(["c2"], Status.FAILED, "no")
    commands.answer_ticket("ticket", Status.DONE, "porch/1.jpg")
    commands.answer_ticket("ticket", Status.DONE, "porch/1.jpg")
    commands.answer(["c1", "strange"], Status.FAILED, "no")
    assert home.results()[2:] == [("c2", "failed"), ("c1", "done")]


def test_those_that_expire_first_stand_in_front(commands: AcceptedCommands) -> None:
    for name, expires_at in (("late", NOW + 90), ("soon", NOW + 5), ("middle", NOW + 9)):
        commands.accept(accepted(name, expires_at))
    assert [one.command_id for one in commands.waiting()] == ["soon", "middle", "late"]


def test_overdue_is_what_expired_long_enough_ago(commands: AcceptedCommands) -> None:
    now = time.time()
    commands.accept(accepted("old", now - 31))
    commands.accept(accepted("new", now - 20))
    assert [one.command_id for one in commands.overdue(30)] == ["old"]


def test_what_was_answered_is_forgotten_after_a_day(home: Home) -> None:
    now = [NOW]
    with connect(home.place.path) as connection:
        commands = AcceptedCommands(connection, Outbox(connection, BROKERS), lambda: now[0])
        commands.accept(accepted("answered"))
        commands.answer(["answered"], Status.DONE, None)
        commands.accept(accepted("waits"))
        now[0] += REMEMBERED + 1
        commands.accept(accepted("another"))
        rows = connection.execute("SELECT command_id FROM commands ORDER BY rowid").fetchall()
    connection.close()
    assert [name for (name,) in rows] == ["waits", "another"]
