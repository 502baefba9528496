from contextlib import closing
import os
from pathlib import Path
import sqlite3
import threading

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.importing import legacy_db
from custom_components.event_hub.importing.legacy_db import Fault, LegacyDatabaseError, async_read, read_database
from custom_components.event_hub.importing.legacy_model import Edition, OddValue

from .kit import LATER, OF_2023, door, fill, make, siren

ROWS = {"input_config": [door()], "output_config": [siren()]}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return make(tmp_path / "old.db", LATER, ROWS)


def fault_of(path: Path) -> Fault:
    with pytest.raises(LegacyDatabaseError) as raised:
        read_database(path)
    return raised.value.fault


@pytest.mark.parametrize(("schema", "edition"), [(OF_2023, Edition.OF_2023), (LATER, Edition.LATER)])
def test_both_sets_of_columns_are_recognised(tmp_path: Path, schema: dict[str, str], edition: Edition) -> None:
    found = read_database(make(tmp_path / "old.db", schema, ROWS))
    assert (found.edition, [each.key for each in found.inputs]) == (edition, ["Front Door"])
    assert found.problems == ()


def test_the_original_is_left_as_it_was(database: Path) -> None:
    before = (database.read_bytes(), database.stat().st_mtime_ns)
    read_database(database)
    assert (database.read_bytes(), database.stat().st_mtime_ns) == before
    assert [each.name for each in database.parent.iterdir()] == [database.name]


def test_what_a_running_program_committed_beside_the_file_is_read(database: Path) -> None:
    with closing(sqlite3.connect(database)) as running:
        running.execute("PRAGMA journal_mode = WAL")
        with running:
            fill(running, {"input_config": [door(id=2, device_key="Back Door")]})
        assert b"Back Door" not in database.read_bytes()
        assert [each.key for each in read_database(database).inputs] == ["Front Door", "Back Door"]


def test_a_locked_database_is_read_as_it_was_committed_last(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as running:
        running.execute("BEGIN EXCLUSIVE")
        fill(running, {"input_config": [door(id=2, device_key="Back Door")]})
        assert [each.key for each in read_database(database).inputs] == ["Front Door"]
        running.execute("ROLLBACK")


def test_what_a_transaction_has_written_into_the_file_and_not_committed_is_undone(database: Path) -> None:
    doors = [door(id=number, device_key=f"Door {number}", device_label="x" * 90) for number in range(2, 2_000)]
    with closing(sqlite3.connect(database, isolation_level=None)) as running:
        running.execute("PRAGMA cache_size = 1")
        running.execute("BEGIN EXCLUSIVE")
        fill(running, {"input_config": doors})
        assert b"Door 1000" in database.read_bytes()
        assert [each.key for each in read_database(database).inputs] == ["Front Door"]
        running.execute("ROLLBACK")


@pytest.mark.parametrize("kept", [0.0, 0.4, 0.99])
def test_what_was_not_written_whole_beside_the_file_does_not_count(tmp_path: Path, kept: float) -> None:
    path = make(tmp_path / "old.db", LATER, ROWS)
    beside = path.with_name("old.db-wal")
    with closing(sqlite3.connect(path)) as running:
        running.execute("PRAGMA journal_mode = WAL")
        with running:
            fill(running, {"input_config": [door(id=2, device_key="Back Door")]})
        written = beside.read_bytes()
    (tmp_path / "crashed").mkdir()
    crashed = make(tmp_path / "crashed" / "old.db", LATER, ROWS)
    with closing(sqlite3.connect(crashed)) as running:
        running.execute("PRAGMA journal_mode = WAL")
    crashed.with_name("old.db-wal").write_bytes(written[: int(kept * len(written))])
    assert [each.key for each in read_database(crashed).inputs] == ["Front Door"]


def test_a_file_that_its_program_keeps_beside_and_that_is_huge_is_refused(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.with_name(database.name + "-wal").write_bytes(b"x" * 50_000)
    monkeypatch.setattr(legacy_db, "SIZE_LIMIT", 40_000)
    assert database.stat().st_size < 40_000
    assert fault_of(database) is Fault.TOO_LARGE


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "none.db") is Fault.MISSING


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert fault_of(tmp_path) is Fault.NO_FILE


def test_a_pipe_is_no_file_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert fault_of(tmp_path / "pipe") is Fault.NO_FILE


def test_a_path_that_no_system_takes_is_said() -> None:
    assert fault_of(Path("a\0b")) is Fault.UNREADABLE


@pytest.mark.parametrize("content", [b"{}" * 600, b"SQLite format 4\0" * 100])
def test_another_file_is_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "old.db").write_bytes(content)
    assert fault_of(tmp_path / "old.db") is Fault.NO_DATABASE


def test_an_empty_file_is_another_database(tmp_path: Path) -> None:
    (tmp_path / "old.db").touch()
    assert fault_of(tmp_path / "old.db") is Fault.OTHER_TABLES


def test_a_database_of_something_else_is_told_from_ours(tmp_path: Path) -> None:
    assert fault_of(make(tmp_path / "old.db", {"input_config": "id INTEGER"}, {})) is Fault.OTHER_TABLES


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    rows = {"input_config": [door(id=number, device_key=f"Door {number}") for number in range(2_000)]}
    path = make(tmp_path / "old.db", LATER, rows)
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
    path.write_bytes(content)
    assert fault_of(path) is Fault.BROKEN


def test_half_a_database_is_said(tmp_path: Path) -> None:
    rows = {"input_config": [door(id=number, device_key=f"Door {number}") for number in range(2_000)]}
    path = make(tmp_path / "old.db", LATER, rows)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert fault_of(path) is Fault.BROKEN


def test_a_huge_file_is_refused_before_it_is_copied_whole(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy_db, "SIZE_LIMIT", 1_000)
    assert fault_of(database) is Fault.TOO_LARGE


def test_a_file_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy_db, "SIZE_LIMIT", 1_000_000)
    with (tmp_path / "old.db").open("wb") as sparse:
        sparse.truncate(50_000_000_000)
    assert fault_of(tmp_path / "old.db") is Fault.TOO_LARGE


def test_a_view_in_place_of_a_table_is_not_read(tmp_path: Path) -> None:
    path = make(tmp_path / "old.db", {name: columns for name, columns in LATER.items() if name != "input_config"}, {})
    endless = "WITH RECURSIVE n(id, device_key) AS (SELECT 1, 'a' UNION ALL SELECT id + 1, 'a' FROM n) SELECT * FROM n"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE VIEW input_config AS {endless}")
    assert fault_of(path) is Fault.OTHER_TABLES


def test_a_database_that_keeps_computing_is_given_up(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy_db, "PATIENCE", -1.0)
    monkeypatch.setattr(legacy_db, "_STEPS", 1)
    assert fault_of(database) is Fault.TOO_SLOW


def test_a_file_that_is_written_meanwhile_is_said(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = legacy_db._copy

    def copied_and_written(path: Path, target: Path) -> None:
        copy(path, target)
        with path.open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(legacy_db, "_copy", copied_and_written)
    assert fault_of(database) is Fault.CHANGING


def test_text_that_is_none_is_odd_and_the_rest_goes_on(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE input_config SET device_label = CAST(x'ff00ff' AS TEXT)")
        connection.execute("UPDATE output_config SET device_label = ?", ("x" * 1_000_000,))
        connection.execute("UPDATE output_config SET device_params = x'00'")
    found = read_database(database)
    assert sorted((each.table, each.column) for each in found.problems) == [
        ("input_config", "device_label"),
        ("output_config", "device_label"),
        ("output_config", "device_params"),
    ]
    assert (len(found.inputs), len(found.outputs)) == (1, 1)


def test_columns_that_nobody_reads_cost_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"input_config": [door(id=number, device_key=f"Door {number}") for number in range(1, 501)]}
    path = make(tmp_path / "old.db", LATER, rows)
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in range(20):
            connection.execute(f"ALTER TABLE input_config ADD COLUMN more{number} TEXT DEFAULT '{'A' * 10_000}'")
    monkeypatch.setattr(legacy_db, "BYTES_LIMIT", 200_000)
    found = read_database(path)
    assert len(found.inputs) == 500
    assert found.problems == ()


def test_a_database_with_more_in_it_than_people_would_write_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = "x" * 200
    rows = {"input_config": [door(id=number, device_key=f"{number}", device_label=label) for number in range(1, 501)]}
    path = make(tmp_path / "old.db", LATER, rows)
    monkeypatch.setattr(legacy_db, "BYTES_LIMIT", 50_000)
    assert fault_of(path) is Fault.TOO_LARGE


def test_text_that_hides_its_length_is_not_read(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE input_config SET device_label = ?", ("a\0" + "x" * 100_000,))
    assert [each.what for each in read_database(database).problems] == [OddValue.NO_TEXT]


def test_too_many_rows_are_cut_and_said(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        fill(connection, {"input_config": [door(id=number, device_key=f"Door {number}") for number in range(2, 6)]})
    monkeypatch.setitem(legacy_db._ROWS, "input_config", 3)
    found = read_database(database)
    assert len(found.inputs) == 3
    assert [each.what for each in found.problems] == [OddValue.TOO_MANY]


async def test_a_file_of_the_configuration_folder_is_read_outside_of_the_event_loop(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hass.config.config_dir = str(tmp_path)
    make(tmp_path / "old.db", LATER, ROWS)
    threads = []
    monkeypatch.setattr(
        legacy_db, "read_tables", lambda _: threads.append(threading.current_thread() is threading.main_thread())
    )
    await async_read(hass, "old.db")
    await async_read(hass, str(tmp_path / "old.db"))
    assert threads == [False, False]


@pytest.mark.parametrize("path", ["../old.db", "/etc/passwd"])
async def test_a_file_elsewhere_is_not_read(hass: HomeAssistant, tmp_path: Path, path: str) -> None:
    hass.config.config_dir = str(tmp_path / "config")
    make(tmp_path / "old.db", LATER, ROWS)
    with pytest.raises(LegacyDatabaseError) as raised:
        await async_read(hass, path)
    assert raised.value.fault is Fault.NOT_ALLOWED


async def test_a_link_out_of_the_configuration_folder_is_not_followed(hass: HomeAssistant, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    hass.config.config_dir = str(config)
    (config / "link.db").symlink_to(make(tmp_path / "old.db", LATER, ROWS))
    with pytest.raises(LegacyDatabaseError) as raised:
        await async_read(hass, "link.db")
    assert raised.value.fault is Fault.NOT_ALLOWED


async def test_a_file_where_home_assistant_is_allowed_to_read_is_read(hass: HomeAssistant, tmp_path: Path) -> None:
    hass.config.config_dir = str(tmp_path / "config")
    outside = tmp_path / "backup"
    outside.mkdir()
    hass.config.allowlist_external_dirs = {str(outside)}
    make(outside / "old.db", LATER, ROWS)
    assert [each.key for each in (await async_read(hass, str(outside / "old.db"))).inputs] == ["Front Door"]
    (outside / "link.db").symlink_to(make(tmp_path / "old.db", LATER, ROWS))
    with pytest.raises(LegacyDatabaseError) as raised:
        await async_read(hass, str(outside / "link.db"))
    assert raised.value.fault is Fault.NOT_ALLOWED
