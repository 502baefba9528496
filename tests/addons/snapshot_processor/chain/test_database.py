"""The ledger's file: made once, kept whole, and begun anew when it is no ledger any more."""

from pathlib import Path
import sqlite3

from hypothesis import given, settings, strategies as st
import pytest

from snapshot_processor.ledger.database import _SCHEMA, Kept, LedgerError, connect, prepare, transaction
from snapshot_processor.ledger.pictures import KnownPicture

from .kit import PORCH, Home, jpeg_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "ledger.db"
    prepare(path)
    return path


def note(connection: sqlite3.Connection, day: str) -> None:
    connection.execute("INSERT INTO paid_calls VALUES ('x', ?, 1)", (day,))


def days(connection: sqlite3.Connection) -> list[str]:
    return [day for (day,) in connection.execute("SELECT day FROM paid_calls ORDER BY day")]


def test_a_ledger_that_is_there_is_not_written_to_at_the_start(path: Path) -> None:
    before = path.read_bytes()
    prepare(path)
    assert path.read_bytes() == before
    assert not path.with_name("ledger.db-wal").exists() or not path.with_name("ledger.db-wal").stat().st_size


@pytest.mark.parametrize("content", [b"this was a ledger", b"\0" * 8192, b"SQLite format 3\0" + b"\xff" * 8000])
def test_what_is_no_ledger_is_kept_aside_and_a_new_one_begun(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(content)
    prepare(path)
    with connect(path) as connection:
        assert days(connection) == []
    (aside,) = path.parent.glob("ledger.db.broken-*")
    assert aside.read_bytes() == content
    assert "a new one is begun" in caplog.text


def test_a_ledger_that_is_damaged_inside_is_kept_aside(path: Path) -> None:
    with connect(path) as connection:
        for number in range(500):
            note(connection, f"day {number}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)
    prepare(path)
    assert list(path.parent.glob("ledger.db.broken-*"))


def test_a_ledger_of_a_later_version_is_left_alone(path: Path) -> None:
    with connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LedgerError, match=r"later version of this app \(99\)"):
        prepare(path)
    assert not list(path.parent.glob("ledger.db.broken-*"))


def test_a_ledger_that_cannot_be_opened_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(LedgerError, match="check the disk"):
        prepare(tmp_path / "ledger.db")
    assert (tmp_path / "ledger.db").is_dir()


def facts_of(known: KnownPicture) -> tuple[object, ...]:
    return (known.path, known.marked, known.size, known.marked_size, int(known.taken_at), known.operation)


def test_a_new_ledger_begins_with_the_pictures_that_are_there(home: Home) -> None:
    home.upload(jpeg_of(1), ago=2)
    home.upload(jpeg_of(2), ago=2)
    home.upload(jpeg_of(3), "", account="garden")
    home.sweep()
    home.look()
    before = home.pictures()
    (home.store.root / "porch-camera" / "notes.txt").write_text("mine", encoding="utf-8")
    home.close()
    home.place.path.write_bytes(b"broken")
    prepare(home.place.path, Kept(images=home.store.root, cameras={"porch-camera": PORCH}))
    home.ledger = home.place.open()
    after = home.pictures()
    assert {facts_of(one) for one in after} == {facts_of(one) for one in before}
    assert len(after) == 3
    assert {one.camera for one in after} == {PORCH, "garden-camera"}
    assert home.ledger.pictures.size() == sum(one.size + one.marked_size for one in before)
    assert home.look() == 0
    assert home.told() == []


def test_a_block_that_fails_has_done_nothing(path: Path) -> None:
    with connect(path) as connection:
        with pytest.raises(sqlite3.IntegrityError), transaction(connection), transaction(connection):
            connection.executemany("INSERT INTO paid_calls VALUES ('x', ?, 1)", [("1",), ("1",)])
        with transaction(connection):
            note(connection, "2")
            with transaction(connection):
                note(connection, "3")
        assert days(connection) == ["2", "3"]


def test_on_a_full_disk_a_transaction_fails_whole_and_the_next_one_works_once_there_is_room(path: Path) -> None:
    with connect(path) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="full"), transaction(connection):
                connection.executemany("INSERT INTO paid_calls VALUES ('x', ?, 1)", [("1",), ("x" * 100_000,)])
        connection.execute(f"PRAGMA max_page_count = {pages + 100}")
        with transaction(connection):
            note(connection, "2")
        assert days(connection) == ["2"]


class RefusesToCommit(sqlite3.Connection):
    """A disk that is full at the last moment."""

    refuses = True

    def execute(self, sql: str, parameters: object = (), /) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.refuses:
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, parameters)  # type: ignore[arg-type]


def test_a_commit_that_is_refused_leaves_no_transaction_open(path: Path) -> None:
    connection = sqlite3.connect(path, autocommit=True, factory=RefusesToCommit)
    with pytest.raises(sqlite3.OperationalError), transaction(connection):
        note(connection, "1")
    assert not connection.in_transaction
    connection.refuses = False
    with transaction(connection):
        note(connection, "2")
    assert days(connection) == ["2"]
    connection.close()


@settings(max_examples=30)
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(["add", "mark", "delete"]), st.integers(1, 9), st.integers(0, 10**9)), max_size=30
    )
)
def test_the_size_of_all_pictures_is_the_sum_of_theirs(changes: list[tuple[str, int, int]]) -> None:
    with sqlite3.connect(":memory:", autocommit=True) as connection:
        connection.executescript(_SCHEMA)
        for what, number, size in changes:
            if what == "add":
                connection.execute(
                    "INSERT OR IGNORE INTO pictures"
                    " (id, ticket, camera, slug, operation, taken_at, day, path, size, md5, message_id)"
                    " VALUES (?1, ?1, 'a', 'a', 'upload', 1, 'a', ?1, ?2, '', '')",
                    (number, size),
                )
            elif what == "mark":
                connection.execute("UPDATE pictures SET marked_size = ? WHERE id = ?", (size, number))
            else:
                connection.execute("DELETE FROM pictures WHERE id = ?", (number,))
        (wanted,) = connection.execute("SELECT COALESCE(SUM(size + marked_size), 0) FROM pictures").fetchone()
        assert connection.execute("SELECT bytes FROM totals").fetchone() == (wanted,)
    connection.close()
