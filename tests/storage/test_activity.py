import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
import sqlite3
import threading
import time

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.event_hub.engine.effects import SourceLost
from custom_components.event_hub.storage import activity as activity_module, activity_db
from custom_components.event_hub.storage.activity import ActivityFilter, ActivityLimits, ActivityLog
from custom_components.event_hub.storage.activity_entries import Fact, Row, row_of

from .kit import Problems, async_pass, decision, full_disk

ALL = ActivityFilter(limit=1000)
FOREVER = ActivityLimits(days=100_000, megabytes=200)
type OpenLog = Callable[[ActivityLimits], ActivityLog]


@pytest.fixture
def path(config_dir: Path) -> Path:
    return config_dir / "event_hub" / "activity.db"


@pytest.fixture
async def open_log(hass: HomeAssistant, path: Path, problems: Problems) -> AsyncIterator[OpenLog]:
    """Make logs that are closed when the test ends."""
    logs: list[ActivityLog] = []

    def make(limits: ActivityLimits = FOREVER) -> ActivityLog:
        logs.append(ActivityLog(hass, path, limits, problems.append))
        return logs[-1]

    yield make
    for log in logs:
        await log.async_close()


@pytest.fixture
async def log(open_log: OpenLog) -> ActivityLog:
    opened = open_log(FOREVER)
    await opened.async_open()
    return opened


def count(path: Path) -> int:
    """Count the entries that another reader of the file sees."""
    connection = sqlite3.connect(path)
    try:
        (entries,) = connection.execute("SELECT COUNT(*) FROM entry").fetchone()
    finally:
        connection.close()
    assert isinstance(entries, int)
    return entries


async def ids(log: ActivityLog, wanted: ActivityFilter = ALL) -> list[object]:
    return [entry.data.get("decision_id", entry.kind) for entry in await log.async_query(wanted)]


async def test_what_was_added_a_moment_ago_is_read(log: ActivityLog) -> None:
    log.add_decision(decision(1))
    log.add_decision(decision(2))
    assert await ids(log) == ["decision-2", "decision-1"]
    log.add_decision(decision(3))
    assert await ids(log) == ["decision-3", "decision-2", "decision-1"]


async def test_entries_are_written_together_a_quarter_of_a_second_later(
    hass: HomeAssistant, log: ActivityLog, path: Path
) -> None:
    for number in range(50):
        log.add_decision(decision(number))
    await hass.async_block_till_done()
    assert count(path) == 0
    await async_pass(hass, 0.3)
    assert count(path) == 50


async def test_closing_writes_what_waits(log: ActivityLog, path: Path, problems: Problems) -> None:
    log.add_decision(decision())
    await log.async_close()
    assert count(path) == 1
    assert not Path(f"{path}-wal").exists(), "the file was not closed"
    with pytest.raises(HomeAssistantError):
        await log.async_query(ALL)
    assert problems == []


async def test_the_log_goes_on_after_a_restart(log: ActivityLog, open_log: OpenLog) -> None:
    log.add_decision(decision(1))
    await log.async_close()
    again = open_log(FOREVER)
    await again.async_open()
    again.add_decision(decision(2))
    assert await ids(again) == ["decision-2", "decision-1"]


async def test_one_who_stops_waiting_for_an_answer_disturbs_nobody(hass: HomeAssistant, log: ActivityLog) -> None:
    log.add_decision(decision(1))
    impatient = hass.async_create_task(log.async_query(ALL))
    log.add_decision(decision(2))
    impatient.cancel()
    assert await ids(log) == ["decision-2", "decision-1"]
    assert impatient.cancelled()


async def test_entries_older_than_the_limit_are_deleted(hass: HomeAssistant, open_log: OpenLog, path: Path) -> None:
    log = open_log(ActivityLimits(days=2))
    now = time.time()
    for number in range(2_500):
        log.add_decision(decision(number, at=now - 3 * 86_400))
    log.add_decision(decision(9_999, at=now - 86_400))
    await log.async_open()
    async with asyncio.timeout(10):
        while count(path) > 1:
            await async_pass(hass, 1)
    assert await ids(log) == ["decision-9999"]
    assert subjects(path) == {"i:Door"}


def subjects(path: Path) -> set[str]:
    """Return what the mentions in the file are about, each of which belongs to an entry."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT subject FROM mention").fetchall()
    (orphans,) = connection.execute("SELECT COUNT(*) FROM mention WHERE entry NOT IN (SELECT id FROM entry)").fetchone()
    connection.close()
    assert orphans == 0
    return {subject for (subject,) in rows}


async def test_the_file_stays_within_its_size_and_keeps_the_newest(
    hass: HomeAssistant, open_log: OpenLog, path: Path, problems: Problems
) -> None:
    log = open_log(ActivityLimits(days=100_000, megabytes=1))
    await log.async_open()
    for number in range(9_000):
        log.add_decision(decision(number, at=number, detail="x" * 200))
        if number % 500 == 499:
            await log.async_query(ActivityFilter(limit=1))
    for _ in range(10):
        await async_pass(hass, 1)
    kept = count(path)
    assert 500 < kept < 3_000
    (newest,) = await log.async_query(ActivityFilter(limit=1))
    assert newest.at == 8_999.0
    assert await ids(log, ActivityFilter(until=9_000.0 - kept)) == []
    await log.async_close()
    assert path.stat().st_size < 1_000_000
    assert problems == []


async def test_a_full_disk_is_told_once_and_nothing_is_lost_when_there_is_room_again(
    hass: HomeAssistant, log: ActivityLog, path: Path, problems: Problems
) -> None:
    log.add_decision(decision(1))
    await async_pass(hass, 0.3)
    with full_disk():
        log.add_decision(decision(2))
        await async_pass(hass, 0.3)
        assert problems.told() == [("cannot_save", False)]
        log.add_decision(decision(3))
        await async_pass(hass, 31)
        assert problems.told() == [("cannot_save", False)]
    assert count(path) == 1
    await async_pass(hass, 31)
    assert problems.told() == [("cannot_save", False), ("cannot_save", True)]
    assert await ids(log) == ["decision-3", "decision-2", "decision-1"]


async def test_memory_stays_bounded_while_the_disk_is_full_and_the_gap_is_counted(
    hass: HomeAssistant, log: ActivityLog, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity_module, "MOST_WAITING", 10)
    with full_disk():
        for number in range(15):
            log.add_decision(decision(number))
        await async_pass(hass, 0.3)
        for number in range(15, 20):
            log.add_decision(decision(number))
        await async_pass(hass, 31)
    assert problems.told() == [("entries_lost", False), ("cannot_save", False)]
    await async_pass(hass, 31)
    assert problems.told()[2:] == [("cannot_save", True), ("entries_lost", True)]
    assert problems[-1].detail == "10"
    *newer, gap = await log.async_query(ALL)
    assert [entry.data["decision_id"] for entry in newer] == [f"decision-{number}" for number in range(19, 9, -1)]
    assert (gap.kind, gap.data["count"]) == ("entries_lost", 10)


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
    database.close()
    assert count(path) == 0


async def test_a_folder_that_cannot_be_made_is_told_and_the_log_begins_once_it_can(
    hass: HomeAssistant, open_log: OpenLog, path: Path, problems: Problems
) -> None:
    path.parent.write_text("in the way")
    log = open_log(FOREVER)
    await log.async_open()
    log.add_decision(decision(1))
    with pytest.raises(HomeAssistantError):
        await log.async_query(ALL)
    assert problems.told() == [("cannot_save", False)]
    path.parent.unlink()
    await async_pass(hass, 31)
    assert problems.told()[1:] == [("cannot_save", True)]
    assert await ids(log) == ["decision-1"]


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
    assert problems[0].kept_as is not None
    assert Path(problems[0].kept_as).read_bytes() == content
    log.add_decision(decision(1))
    assert await ids(log) == ["decision-1"]


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


async def test_a_fact_that_cannot_be_written_keeps_no_other_from_it(
    log: ActivityLog, problems: Problems, caplog: pytest.LogCaptureFixture
) -> None:
    log.add_decision(decision(1, facts={"strange": object()}))
    log.add_decision(decision(2, detail="\ud83d"))
    log.add_event(SourceLost(source_id="s\ud83d", last_seen=1.0, at=2.0), 2.0)
    assert await ids(log) == ["decision-2", "source_lost"]
    assert "leaves out a Decision" in caplog.text
    assert problems == []


async def test_adding_only_queues(log: ActivityLog, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    def watched_row_of(fact: Fact) -> Row:
        threads.append(threading.current_thread().name)
        return row_of(fact)

    monkeypatch.setattr(activity_db, "row_of", watched_row_of)
    log.add_decision(decision(1))
    assert threads == []
    assert await ids(log) == ["decision-1"]
    (thread,) = threads
    assert thread != threading.current_thread().name
