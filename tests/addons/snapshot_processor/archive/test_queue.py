from pathlib import Path
import sqlite3

from hypothesis import given, strategies as st
import pytest

from snapshot_processor.archive.queue import SCHEMA, ArchiveQueue, Waiting, add
from snapshot_processor.archive.rules import LONGEST_PAUSE

from .kit import DAY, NOON, item_of, open_ledger


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return open_ledger(tmp_path / "ledger.db")


def test_the_oldest_picture_comes_first(connection: sqlite3.Connection) -> None:
    queue = ArchiveQueue(connection)
    for moment in (NOON + 5, NOON, NOON + 9):
        add(connection, item_of(f"front/{moment}.jpg", b"x", moment))
    first = queue.next(NOON)
    assert first is not None
    assert first.taken_at == NOON


def test_what_comes_back_is_what_was_added(connection: sqlite3.Connection) -> None:
    item = item_of("front/2026-11-26/upload_front_1.jpg", b"picture", NOON + 0.25)
    add(connection, item)
    found = ArchiveQueue(connection).next(NOON)
    assert found is not None
    assert found.id > 0
    for name in ("path", "name", "camera", "taken_at", "size", "md5"):
        assert getattr(found, name) == getattr(item, name)


def test_adding_a_path_twice_is_once(connection: sqlite3.Connection) -> None:
    add(connection, item_of("front/a.jpg", b"first"))
    add(connection, item_of("front/a.jpg", b"second one"))
    assert ArchiveQueue(connection).waiting() == Waiting(count=1, size=5, oldest=NOON)


def test_a_picture_whose_transaction_fails_is_not_queued(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    add(connection, item_of("front/a.jpg", b"x"))
    assert ArchiveQueue(connection).waiting().count == 1
    connection.execute("ROLLBACK")
    assert ArchiveQueue(connection).waiting() == Waiting(count=0, size=0, oldest=None)


def test_what_was_put_off_comes_when_it_is_due(connection: sqlite3.Connection) -> None:
    queue = ArchiveQueue(connection)
    add(connection, item_of("front/a.jpg", b"x"))
    item = queue.next(NOON)
    assert item is not None
    queue.postpone(item, "Drive is away", NOON + 30)
    assert queue.next(NOON + 29) is None
    again = queue.next(NOON + 30)
    assert again is not None
    assert again.attempts == 1


def test_a_clock_that_is_set_back_holds_nothing_up(connection: sqlite3.Connection) -> None:
    queue = ArchiveQueue(connection)
    add(connection, item_of("front/a.jpg", b"x"))
    item = queue.next(NOON)
    assert item is not None
    queue.postpone(item, "Drive is away", NOON + 30)
    assert queue.next(NOON + 30 - LONGEST_PAUSE - 1) is not None


def test_what_is_done_waits_no_more(connection: sqlite3.Connection) -> None:
    queue = ArchiveQueue(connection)
    for name in ("a", "b"):
        add(connection, item_of(f"front/{name}.jpg", b"x"))
    first = queue.next(NOON)
    assert first is not None
    queue.uploaded(first, "id1", NOON)
    second = queue.next(NOON)
    assert second is not None
    assert second.path != first.path
    queue.drop(second, "its file is gone", NOON)
    assert queue.next(NOON) is None
    assert queue.waiting().count == 0


def test_what_is_done_is_remembered_for_its_identity_and_then_forgotten(connection: sqlite3.Connection) -> None:
    queue = ArchiveQueue(connection)
    add(connection, item_of("front/a.jpg", b"x"))
    add(connection, item_of("front/waits.jpg", b"x", NOON + 1))
    item = queue.next(NOON)
    assert item is not None
    queue.uploaded(item, "id1", NOON)
    add(connection, item)
    assert queue.waiting().count == 1
    assert queue.forget(NOON) == 0
    assert queue.forget(NOON + DAY) == 1
    assert queue.waiting().count == 1


def test_the_schema_may_be_run_again(connection: sqlite3.Connection) -> None:
    add(connection, item_of("front/a.jpg", b"x"))
    connection.executescript(SCHEMA)
    assert ArchiveQueue(connection).waiting().count == 1


@given(moments=st.lists(st.floats(0, 2e9), max_size=20, unique=True), lost=st.sets(st.integers(0, 19)))
def test_every_picture_comes_exactly_once_and_in_order(moments: list[float], lost: set[int]) -> None:
    connection = sqlite3.connect(":memory:", autocommit=True)
    connection.executescript(SCHEMA)
    queue = ArchiveQueue(connection)
    for moment in moments:
        add(connection, item_of(f"front/{moment}.jpg", b"x", moment))
    came: list[float] = []
    while (item := queue.next(NOON)) is not None:
        if len(came) in lost:
            queue.drop(item, "its file is gone", NOON)
        else:
            queue.uploaded(item, "id", NOON)
        came.append(item.taken_at)
    connection.close()
    assert came == sorted(moments)
