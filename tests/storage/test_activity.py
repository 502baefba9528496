from datetime import timedelta
from pathlib import Path
import sqlite3
import threading
import time

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub.engine.effects import SourceLost
from custom_components.event_hub.storage import activity as activity_module, activity_db
from custom_components.event_hub.storage.activity import ActivityFilter, ActivityLimits, ActivityLog
from custom_components.event_hub.storage.activity_entries import Fact, Row, row_of

from .kit import ALL, FOREVER, OpenLog, Problems, async_pass, count, decision, full_disk, ids


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


async def test_entries_older_than_the_limit_are_deleted_bit_by_bit(
    hass: HomeAssistant, log: ActivityLog, open_log: OpenLog, path: Path
) -> None:
    now = time.time()
    for number in range(2_500):
        log.add_decision(decision(number, at=now - 3 * 86_400))
    log.add_decision(decision(9_999, at=now - 86_400))
    await log.async_close()
    shorter = open_log(ActivityLimits(days=2))
    await shorter.async_open()
    assert 1 < count(path) < 2_501
    for _ in range(3):
        await async_pass(hass, 1)
    assert count(path) == 1
    assert subjects(path) == {"i:Door"}
    assert await ids(shorter) == ["decision-9999"]


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


async def test_memory_stays_bounded_while_a_slow_disk_makes_up_its_mind(
    hass: HomeAssistant, log: ActivityLog, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, go_on = threading.Event(), threading.Event()

    def fail_slowly(_: object) -> bool:
        writing.set()
        assert go_on.wait(60)
        raise OSError("no space left")

    monkeypatch.setattr(activity_module, "MOST_WAITING", 10)
    with monkeypatch.context() as slow_disk:
        slow_disk.setattr(log._database, "write", fail_slowly)
        for number in range(10):
            log.add_decision(decision(number))
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=1))
        assert await hass.async_add_executor_job(writing.wait, 60)
        for number in range(10, 15):
            log.add_decision(decision(number))
        go_on.set()
        await hass.async_block_till_done()
    assert problems.told() == [("entries_lost", False), ("cannot_save", False)]
    *newer, gap = await log.async_query(ALL)
    assert [entry.data["decision_id"] for entry in newer] == [f"decision-{number}" for number in range(14, 4, -1)]
    assert gap.data["count"] == 5


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
