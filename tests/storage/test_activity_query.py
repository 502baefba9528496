from collections.abc import AsyncIterator
import csv
from io import StringIO
import json
from pathlib import Path
import sqlite3

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.engine.effects import ClockProblem, DevicesFound, KeyConflict, SourceBack, SourceLost
from custom_components.event_hub.engine.model import CommandStatus, Decision, Reason
from custom_components.event_hub.storage import activity_query
from custom_components.event_hub.storage.activity import ActivityFilter, ActivityLimits, ActivityLog, Entry
from custom_components.event_hub.storage.activity_export import csv_text, json_text
from custom_components.event_hub.storage.activity_query import SELECT_COMMANDS, select_entries
from custom_components.event_hub.storage.decode import decode

from .kit import Problems, decision, decision_for, progress


@pytest.fixture
async def log(hass: HomeAssistant, config_dir: Path) -> AsyncIterator[ActivityLog]:
    """A log of one eventful minute."""
    problems = Problems()
    log = ActivityLog(hass, config_dir / "activity.db", ActivityLimits(days=100_000), problems.append)
    log.add_decision(decision(1, at=1.0, reason=Reason.LATCHED))
    log.add_decision(decision(2, at=2.0, input_key="Window"))
    log.add_decision(decision_for("Siren", 3, at=3.0))
    log.add_command(progress(3, CommandStatus.SENT, at=3.0))
    log.add_command(progress(3, CommandStatus.DONE, at=4.0))
    log.add_decision(decision_for("Lamp", 4, at=5.0))
    log.add_command(progress(4, CommandStatus.FAILED, at=5.0, output_key="Lamp"))
    log.add_event(SourceLost(source_id="ioboard.board", last_seen=1.0, at=6.0), 6.0)
    log.add_event(SourceBack(source_id="ioboard.board", silent_for=5.0, at=7.0), 7.0)
    log.add_event(KeyConflict(device_key="Door", owner_id="ioboard.board", source_id="other.board"), 8.0)
    log.add_event(ClockProblem(source_id="other.board", offset=70.0, solved=False), 9.0)
    log.add_event(DevicesFound(inputs=("Gate",), outputs=("Lamp",)), 10.0)
    yield log
    await log.async_close()
    assert problems == []


def label(entry: Entry) -> str:
    """Name an entry: its kind, and of decisions and commands the number."""
    number = str(entry.data.get("decision_id", "")).removeprefix("decision")
    return f"{entry.kind}{number}"


async def labels(log: ActivityLog, **wanted: object) -> list[str]:
    values: dict[str, object] = {"limit": 100, **wanted}
    return [label(entry) for entry in await log.async_query(decode(ActivityFilter, _lists(values)))]


def _lists(values: dict[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"input_keys": ("Window",)}, ["decision-2"]),
        (
            {"input_keys": ("Door",)},
            ["key_conflict", "command-4", "decision-4", "command-3", "command-3", "decision-3", "decision-1"],
        ),
        ({"output_keys": ("Siren",)}, ["command-3", "command-3", "decision-3"]),
        ({"output_keys": ("Lamp",)}, ["devices_found", "command-4", "decision-4"]),
        ({"input_keys": ("Door",), "output_keys": ("Lamp",)}, ["command-4", "decision-4"]),
        ({"input_keys": ("Siren",)}, []),
        ({"source_id": "ioboard.board"}, ["key_conflict", "source_back", "source_lost"]),
        ({"source_id": "other.board"}, ["clock_problem", "key_conflict"]),
        ({"kinds": ("source_lost", "source_back")}, ["source_back", "source_lost"]),
        ({"kinds": ("decision",)}, ["decision-4", "decision-3", "decision-2", "decision-1"]),
        ({"reasons": ("latched",)}, ["decision-1"]),
        ({"reasons": ("done", "failed")}, ["command-4", "command-3"]),
        ({"kinds": ("decision",), "reasons": ("triggered",), "input_keys": ("Door",)}, ["decision-4", "decision-3"]),
        ({"since": 9.0}, ["devices_found", "clock_problem"]),
        ({"until": 2.0}, ["decision-1"]),
        ({"since": 2.0, "until": 3.0}, ["decision-2"]),
        ({"input_keys": ("Door",), "since": 4.0, "until": 5.0}, ["command-3"]),
        ({"limit": 2}, ["devices_found", "clock_problem"]),
        ({"limit": 0}, []),
        ({"limit": -1}, []),
        ({"input_keys": ("' OR 1=1 --",)}, []),
        ({"input_keys": ("Window", "Gate", "Cellar")}, ["devices_found", "decision-2"]),
        ({"input_keys": ("Window", "Gate"), "until": 10.0}, ["decision-2"]),
        ({"input_keys": ("Window", "Door"), "output_keys": ("Lamp",)}, ["command-4", "decision-4"]),
        ({"input_keys": ("Gate",), "output_keys": ("Lamp", "Siren")}, ["devices_found"]),
        (
            {"input_keys": ("Door", "Gate"), "output_keys": ("Lamp", "Siren"), "limit": 2},
            ["devices_found", "command-4"],
        ),
        ({"input_keys": ("Cellar", "Attic")}, []),
    ],
)
async def test_only_what_is_asked_for_is_found_newest_first(
    log: ActivityLog, wanted: dict[str, object], found: list[str]
) -> None:
    assert await labels(log, **wanted) == found


@pytest.mark.parametrize("wanted", [{}, {"input_keys": ("Door",)}, {"kinds": ("decision", "command")}])
async def test_pages_join_without_gap_or_repeat_even_within_one_instant(
    log: ActivityLog, wanted: dict[str, object]
) -> None:
    for number in range(20, 30):
        log.add_decision(decision(number, at=11.0))
    whole = await labels(log, **wanted)
    pages: list[str] = []
    before = None
    while page := await log.async_query(decode(ActivityFilter, _lists({**wanted, "limit": 3, "before": before}))):
        pages += map(label, page)
        before = page[-1].position
    assert pages == whole
    assert len(set(pages) - {"command-3"}) > 10


async def test_nobody_gets_the_whole_log_at_once(log: ActivityLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_query, "MOST_ENTRIES", 4)
    assert len(await labels(log, limit=1_000_000)) == 4


async def test_a_decision_knows_what_became_of_each_of_its_commands(log: ActivityLog) -> None:
    lamp, siren, *others = await log.async_query(ActivityFilter(kinds=("decision",)))
    assert [(made["output_key"], made["status"], made["at"]) for made in siren.commands] == [
        ("Siren", "sent", 3.0),
        ("Siren", "done", 4.0),
    ]
    assert [made["status"] for made in lamp.commands] == ["failed"]
    assert [entry.commands for entry in others] == [(), ()]


async def test_a_decision_can_be_made_again_of_its_entry(log: ActivityLog) -> None:
    (entry,) = await log.async_query(ActivityFilter(output_keys=("Siren",), kinds=("decision",)))
    assert decode(Decision, entry.data) == decision_for("Siren", 3, at=3.0)


@pytest.mark.parametrize(
    "wanted",
    [
        ActivityFilter(),
        ActivityFilter(input_keys=("Door",)),
        ActivityFilter(input_keys=("Door",), output_keys=("Lamp",), kinds=("decision",)),
        ActivityFilter(kinds=("source_lost",)),
        ActivityFilter(reasons=("triggered",)),
        ActivityFilter(input_keys=("Door",), since=1.0, until=9.0, before=(5.0, 3)),
        ActivityFilter(input_keys=("Door", "Gate"), output_keys=("Lamp",)),
        ActivityFilter(input_keys=("Door", "Gate"), output_keys=("Lamp", "Siren"), kinds=("decision",)),
    ],
)
async def test_a_query_walks_an_index_and_never_sorts_or_scans(
    log: ActivityLog, config_dir: Path, wanted: ActivityFilter
) -> None:
    await log.async_query(wanted)
    sql, values = select_entries(wanted)
    connection = sqlite3.connect(config_dir / "activity.db")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    connection.close()
    assert plan
    assert not any("TEMP B-TREE" in step for step in plan), plan
    walks = [step for step in plan if step.startswith(("SCAN", "SEARCH")) and "json_each" not in step]
    assert walks
    assert all("USING" in step for step in walks), plan


async def test_an_export_is_csv_or_json_of_the_same_entries(log: ActivityLog) -> None:
    entries = await log.async_query(ActivityFilter(input_keys=("Window",)))
    header, row = csv.reader(StringIO(csv_text(entries)))
    assert header == ["time", "kind", "reason", "detail", "data"]
    assert row[:4] == ["1970-01-01T00:00:02.000+00:00", "decision", "triggered", ""]
    (item,) = json.loads(json_text(entries))
    assert json.loads(row[4]) == item["data"]
    assert json.loads(json_text([])) == []


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
async def test_a_device_cannot_smuggle_a_formula_into_a_spreadsheet(log: ActivityLog, formula: str) -> None:
    log.add_decision(decision(99, at=99.0, detail=formula))
    _, row = csv.reader(StringIO(csv_text(await log.async_query(ActivityFilter(limit=1)))))
    assert row[3] == f"'{formula}"


async def test_commands_are_joined_through_their_own_index(log: ActivityLog, config_dir: Path) -> None:
    await log.async_query(ActivityFilter())
    connection = sqlite3.connect(config_dir / "activity.db")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {SELECT_COMMANDS}", ("[]",))]
    connection.close()
    assert "SEARCH entry USING INDEX entry_decision (decision_id=?)" in plan
