"""Commands: kept before they are answered for, taken up again after a kill, and answered in the end."""

from collections.abc import Callable
import sqlite3
import time
from typing import Any

import pytest

from hub_relay.native import Status
from snapshot_processor.accept import FETCHED
from snapshot_processor.fetch.requests import Fetched, Outcome
from snapshot_processor.fetched import Keeping
from snapshot_processor.ledger.commands import Accepted
from snapshot_processor.order import GRACE, Orders
from snapshot_processor.receive import inbox

from .kit import GARDEN, NOW, PORCH, Home, command_of, jpeg_of, no_room


def orders_of(home: Home) -> Orders:
    return Orders(home.cameras, home.store, home.ledger, home.clock)


def to_fetch(orders: Orders) -> list[str]:
    return [one.command_id for one in orders.to_fetch]


def test_a_command_is_accepted_and_goes_on_to_be_fetched(home: Home) -> None:
    orders = orders_of(home)
    orders.take(command_of())
    assert home.results() == [("c1", "accepted")]
    assert to_fetch(orders) == ["c1"]


@pytest.mark.parametrize(
    ("camera", "expires_at", "status"),
    [(PORCH, NOW, "expired"), (PORCH, NOW - 100, "expired"), (GARDEN, NOW + 90, "failed")],
)
def test_what_cannot_be_carried_out_is_answered_at_once(
    home: Home, camera: str, expires_at: float, status: str
) -> None:
    orders = orders_of(home)
    orders.take(command_of(camera, expires_at=expires_at))
    assert home.results() == [("c1", status)]
    assert to_fetch(orders) == []


def test_a_command_for_another_program_is_left_to_it(home: Home) -> None:
    orders = orders_of(home)
    orders.take(command_of("Attic Camera"))
    assert (home.told(), to_fetch(orders)) == ([], [])


def test_a_command_that_comes_over_both_brokers_is_carried_out_once(home: Home) -> None:
    orders = orders_of(home)
    for _ in range(2):
        orders.take(command_of())
    home.ledger.commands.answer(["c1"], Status.DONE, "x")
    orders.take(command_of())
    home.now += 1_000
    orders.take(command_of())
    assert home.results() == [("c1", "accepted"), ("c1", "done")]
    assert to_fetch(orders) == ["c1"]


def accept(home: Home, command_id: str, *, camera: str = PORCH, expires_at: float = NOW + 90) -> None:
    home.ledger.commands.accept(Accepted(command_id=command_id, camera=camera, expires_at=expires_at))


def fetched(home: Home, command_id: str) -> str:
    """Have the picture of a command come in, and return its ticket."""
    ticket = inbox.new_ticket()
    home.ledger.commands.fetched([command_id], ticket)
    inbox.put(home.store.inbox, FETCHED, "porch-camera", "a.jpg", jpeg_of(1), ticket=ticket)
    return ticket


def test_what_was_accepted_before_a_kill_is_taken_up_again(home: Home) -> None:
    accept(home, "open")
    accept(home, "late", expires_at=NOW - 1)
    accept(home, "no address", camera=GARDEN)
    accept(home, "no camera", camera="Gone Camera")
    accept(home, "in the inbox")
    fetched(home, "in the inbox")
    orders = orders_of(home)
    orders.take_up_again()
    assert to_fetch(orders) == ["open"]
    answers = [answer for answer in home.results() if answer[1] != "accepted"]
    assert sorted(answers) == [("late", "expired"), ("no address", "failed"), ("no camera", "failed")]
    home.sweep()
    assert home.results()[-1] == ("in the inbox", "done")


def test_what_is_in_its_place_and_was_not_answered_is_done(home: Home) -> None:
    accept(home, "c1", expires_at=NOW - 1)
    fetched(home, "c1")
    home.sweep()
    home.ledger.connection.execute("UPDATE commands SET answered_at = NULL")
    home.ledger.connection.execute("DELETE FROM outbox")
    orders_of(home).take_up_again()
    assert home.results() == [("c1", "done")]


def test_what_came_before_the_old_ones_could_be_taken_up_is_fetched_once(home: Home) -> None:
    accept(home, "old", expires_at=NOW - 1)
    orders = orders_of(home)
    with no_room(home), pytest.raises(sqlite3.Error):
        orders.take_up_again()
    assert not orders.begun
    orders.take(command_of(command_id="new"))
    orders.take_up_again()
    orders.take(command_of(command_id="newest"))
    assert orders.begun
    assert to_fetch(orders) == ["new", "newest"]
    assert home.results()[-2:] == [("old", "expired"), ("newest", "accepted")]


@pytest.mark.parametrize(("age", "answered"), [(GRACE - 5, False), (GRACE + 5, True)])
def test_what_was_never_answered_is_answered_in_the_end(home: Home, age: float, answered: bool) -> None:
    accept(home, "c1", expires_at=time.time() - age)
    orders_of(home).look_back()
    assert home.results()[1:] == ([("c1", "failed")] if answered else [])


def test_what_still_waits_in_the_inbox_is_not_given_up(home: Home) -> None:
    accept(home, "c1", expires_at=NOW - 100)
    fetched(home, "c1")
    orders_of(home).look_back()
    assert home.results() == [("c1", "accepted")]
    home.sweep()
    assert home.results()[-1] == ("c1", "done")


def result_of(outcome: Outcome, **changes: Any) -> Fetched:
    said: dict[str, Any] = {"camera": PORCH, "tickets": ("c1", "c2"), "outcome": outcome, "fetched_at": NOW}
    return Fetched(**(said | changes))


@pytest.fixture
def keep(home: Home) -> Callable[[Fetched], bool]:
    for name in ("c1", "c2"):
        accept(home, name)
    return Keeping(home.store, home.ledger, {one.key: one.slug for one in home.settings.cameras}).keep


def answers(home: Home) -> list[tuple[str, str]]:
    return [answer for answer in home.results() if answer[1] != "accepted"]


def test_one_picture_answers_everybody_who_waited_for_it(home: Home, keep: Callable[[Fetched], bool]) -> None:
    assert keep(result_of(Outcome.DONE, content=jpeg_of(1)))
    assert answers(home) == []
    home.sweep()
    assert answers(home) == [("c1", "done"), ("c2", "done")]
    (known,) = home.pictures()
    assert (known.operation, known.camera) == ("fetch", PORCH)


@pytest.mark.parametrize(("outcome", "status"), [(Outcome.FAILED, "failed"), (Outcome.EXPIRED, "expired")])
def test_no_picture_is_an_answer_too(
    home: Home, keep: Callable[[Fetched], bool], outcome: Outcome, status: str
) -> None:
    assert not keep(result_of(outcome, problem="The camera does not answer"))
    assert answers(home) == [("c1", status), ("c2", status)]
    assert {said["detail"] for said in home.told() if said["status"] == status} == {"The camera does not answer"}


def test_a_picture_that_finds_no_room_is_answered_for(
    home: Home, keep: Callable[[Fetched], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(inbox, "put", full)
    with pytest.raises(OSError, match="No space"):
        keep(result_of(Outcome.DONE, content=jpeg_of(1)))
    assert answers(home) == [("c1", "failed"), ("c2", "failed")]


def test_a_thousand_that_wait_are_looked_at_once(home: Home) -> None:
    home.ledger.connection.execute("BEGIN")
    for number in range(1_000):
        home.ledger.commands.accept(Accepted(command_id=f"c{number}", camera=PORCH, expires_at=NOW + 90))
    home.ledger.connection.execute("COMMIT")
    plan = home.ledger.connection.execute(
        "EXPLAIN QUERY PLAN SELECT 1 FROM commands WHERE answered_at IS NULL AND expires_at < 1"
    ).fetchall()
    assert "commands_waiting" in str(plan)
    orders = orders_of(home)
    orders.take_up_again()
    assert len(orders.to_fetch) == 1_000
