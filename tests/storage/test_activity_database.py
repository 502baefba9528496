import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import sqlite3
import time

import pytest

from custom_components.event_hub.storage import activity_db
from custom_components.event_hub.storage.activity import ActivityLimits, ActivityLog

from .kit import ALL, FOREVER, OpenLog, Problems, count, decision, ids


def test_what_cannot_be_written_whole_is_not_written_at_all(tmp_path: Path) -> None:
    path = tmp_path / "activity.db"
    database = activity_db.ActivityDatabase(path, ActivityLimits(days=1))
    database.write([])
    connection = sqlite3.connect(path)
    connection.execute("CREATE TRIGGER refuse BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'refused'); END")
    connection.close()
    too_old = decision(1, at=1.0)
    with pytest.raises(sqlite3.Error, match="refused"):
        database.write([too_old, decision(2, at=time.time())])
    assert count(path) == 0
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER refuse")
    connection.close()
    database.write([too_old, decision(2, at=time.time())])
    database.close()
    assert count(path) == 1


def test_two_who_use_the_file_at_once_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "activity.db"
    database = activity_db.ActivityDatabase(path, FOREVER)

    def write(batch: int) -> None:
        database.write([decision(batch * 100 + number) for number in range(100)])

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(write, range(40)))
    database.close()
    assert count(path) == 4_000


def other_database(path: Path, *statements: str) -> bytes:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        pytest.param(["PRAGMA user_version = 99"], "newer", id="newer"),
        pytest.param(["CREATE TABLE entry (x)"], "broken", id="of another program"),
        pytest.param(["PRAGMA user_version = 1", "CREATE TABLE entry (x)"], "broken", id="of another shape"),
        pytest.param(None, "broken", id="no database"),
    ],
)
async def test_a_file_that_is_not_ours_is_moved_aside_and_the_log_starts_anew(
    open_log: OpenLog, path: Path, problems: Problems, statements: list[str] | None, what: str
) -> None:
    path.parent.mkdir()
    if statements is None:
        content = b"This is no database. " * 100
        path.write_bytes(content)
    else:
        content = other_database(path, *statements)
    log = open_log(FOREVER)
    await log.async_open()
    assert problems.told() == [(what, False)]
    kept_as = problems[0].kept_as
    assert kept_as is not None
    assert Path(kept_as).read_bytes() == content
    log.add_decision(decision(1))
    assert await ids(log) == ["decision-1"]


def test_what_was_not_yet_in_the_file_goes_aside_with_it(tmp_path: Path) -> None:
    path = tmp_path / "activity.db"
    for part in ("", "-wal", "-shm"):
        Path(f"{path}{part}").write_text(f"the part {part}")
    kept_as = activity_db.ActivityDatabase(path, FOREVER).move_aside()
    kept = {file.name.removeprefix(Path(kept_as).name): file.read_text() for file in tmp_path.iterdir()}
    assert kept == {"": "the part ", "-wal": "the part -wal", "-shm": "the part -shm"}


async def test_damage_met_while_reading_is_moved_aside_once_however_many_meet_it(
    log: ActivityLog, open_log: OpenLog, path: Path, problems: Problems
) -> None:
    for number in range(500):
        log.add_decision(decision(number, detail="x" * 100))
    await log.async_close()
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xaa" * (len(content) - 8192)
    path.write_bytes(content)
    again = open_log(FOREVER)
    answers = await asyncio.gather(*(again.async_query(ALL) for _ in range(5)))
    assert answers == [[]] * 5
    assert problems.told() == [("broken", False)]
    (kept,) = path.parent.glob("activity.db.broken-*")
    assert kept.read_bytes()[8192:] == content[8192:]
