import asyncio
from collections.abc import Iterable
from dataclasses import replace
import json
from pathlib import Path
import time

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.event_hub.engine.model import InputRecord
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.storage import store as store_module
from custom_components.event_hub.storage.remove import async_remove_files
from custom_components.event_hub.storage.store import HubStore

from .kit import Problems, async_pass, full_disk, full_state

REGISTRY = ".storage/event_hub.registry"
STATUS = ".storage/event_hub.status"


async def saved(hass: HomeAssistant, state: State) -> None:
    """Leave the files of a hub that had ``state`` and stopped."""
    store = HubStore(hass, Problems().append)
    await store.async_load()
    await store.async_save_now(state)
    store.close()


def inputs_in(file: Path) -> Iterable[str]:
    return set(json.loads(file.read_text())["data"]["inputs"])


def aside(file: Path) -> Path:
    """Return the one file that was kept beside ``file``."""
    (kept,) = file.parent.glob(f"{file.name}.broken-*")
    return kept


async def test_the_first_start_finds_nothing_and_complains_of_nothing(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    loaded = await HubStore(hass, problems.append).async_load()
    assert loaded.problems == ()
    assert loaded.state.inputs == {}
    assert list((config_dir / ".storage").iterdir()) == []


async def test_a_restart_finds_the_state_as_it_was(hass: HomeAssistant, config_dir: Path, problems: Problems) -> None:
    state = full_state(time.time())
    await saved(hass, state)
    loaded = await HubStore(hass, problems.append).async_load()
    assert loaded.problems == ()
    assert replace(loaded.state, deadlines=state.deadlines) == state
    assert (config_dir / REGISTRY).stat().st_mode & 0o077 == 0, "others on the machine may read it"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"version": 1, "data": {"inpu', id="cut off"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"version": "one", "data": {}}', id="no version"),
        pytest.param(b'{"version": 1, "minor_version": null, "data": {}}', id="no minor version"),
        pytest.param(b'{"version": 1, "minor_version": 1, "data": []}', id="no data"),
    ],
)
async def test_a_broken_file_is_moved_aside_and_the_other_one_still_read(
    hass: HomeAssistant, config_dir: Path, problems: Problems, content: bytes
) -> None:
    await saved(hass, full_state(time.time()))
    file = config_dir / STATUS
    file.write_bytes(content)
    loaded = await HubStore(hass, problems.append).async_load()
    (problem,) = loaded.problems
    assert (problem.what, problem.file, problem.solved) == ("broken", str(file), False)
    assert problem.detail
    assert problem.kept_as == str(aside(file))
    assert aside(file).read_bytes() == content
    assert not file.exists()
    assert set(loaded.state.inputs) == {"Door"}
    assert loaded.state.input_status == {}


async def test_a_newer_version_is_refused_and_kept(hass: HomeAssistant, config_dir: Path, problems: Problems) -> None:
    content = json.dumps({"version": 99, "minor_version": 1, "key": "event_hub.registry", "data": {"inputs": 5}})
    file = config_dir / REGISTRY
    file.write_text(content)
    store = HubStore(hass, problems.append)
    loaded = await store.async_load()
    assert [problem.what for problem in loaded.problems] == ["newer"]
    assert aside(file).read_text() == content
    await store.async_save_now(loaded.state)
    assert inputs_in(file) == set()
    assert aside(file).read_text() == content


async def test_a_record_that_cannot_be_read_is_left_out_and_its_file_copied(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    state = full_state(time.time())
    state.inputs["Window"] = InputRecord(key="Window", source_id="ioboard.board")
    await saved(hass, state)
    file = config_dir / REGISTRY
    data = json.loads(file.read_text())
    data["data"]["inputs"]["Window"]["enabled"] = "perhaps"
    file.write_text(json.dumps(data))
    store = HubStore(hass, problems.append)
    loaded = await store.async_load()
    (problem,) = loaded.problems
    assert problem.what == "partly_broken"
    assert problem.detail == "inputs > Window > enabled: expected true or false, found text"
    assert set(loaded.state.inputs) == {"Door"}
    assert inputs_in(aside(file)) == {"Door", "Window"}
    await async_pass(hass, 2)
    assert inputs_in(file) == {"Door"}
    store.close()


async def test_of_many_faults_the_first_are_told_and_the_rest_counted(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    inputs = {f"Door {number}": None for number in range(7)}
    (config_dir / REGISTRY).write_text(json.dumps({"version": 1, "minor_version": 1, "data": {"inputs": inputs}}))
    store = HubStore(hass, problems.append)
    (problem,) = (await store.async_load()).problems
    assert problem.detail.count("expected an object") == 5
    assert problem.detail.endswith("; and 2 more")
    store.close()


async def test_a_broken_file_that_cannot_be_moved_is_never_written_to(
    hass: HomeAssistant, config_dir: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "path_aside", lambda path: path.parent / "no such folder" / path.name)
    file = config_dir / REGISTRY
    file.write_bytes(b"{")
    store = HubStore(hass, problems.append)
    loaded = await store.async_load()
    assert [(problem.what, problem.kept_as) for problem in loaded.problems] == [("broken", None)]
    await store.async_save_now(full_state(time.time()))
    assert file.read_bytes() == b"{"
    assert (config_dir / STATUS).exists()


async def test_a_file_that_the_disk_does_not_give_out_is_waited_for(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    (config_dir / STATUS).mkdir()
    store = HubStore(hass, problems.append)
    with pytest.raises(HomeAssistantError):
        await store.async_load()
    await saved_status_is_untouched(store, config_dir)
    (config_dir / STATUS).rmdir()
    assert (await store.async_load()).problems == ()


async def saved_status_is_untouched(store: HubStore, config_dir: Path) -> None:
    await store.async_save_now(full_state(time.time()))
    assert (config_dir / STATUS).is_dir()


async def test_nothing_is_saved_before_it_was_read(hass: HomeAssistant, config_dir: Path, problems: Problems) -> None:
    await saved(hass, full_state(time.time()))
    store = HubStore(hass, problems.append)
    store.schedule_registry(State())
    await async_pass(hass, 2)
    await store.async_save_now(State())
    assert inputs_in(config_dir / REGISTRY) == {"Door"}


async def test_a_steady_stream_of_changes_does_not_put_the_saving_off(
    hass: HomeAssistant, config_dir: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "REGISTRY_DELAY", 0.05)
    store = HubStore(hass, problems.append)
    await store.async_load()
    async with asyncio.timeout(5):
        while not await hass.async_add_executor_job((config_dir / REGISTRY).exists):
            store.schedule_registry(full_state(time.time()))
    assert inputs_in(config_dir / REGISTRY) == {"Door"}
    store.close()


async def test_registry_changes_are_saved_a_second_later(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    store = HubStore(hass, problems.append)
    await store.async_load()
    store.schedule_registry(full_state(time.time()))
    await hass.async_block_till_done()
    assert not (config_dir / REGISTRY).exists()
    await async_pass(hass, 1)
    assert inputs_in(config_dir / REGISTRY) == {"Door"}
    assert not (config_dir / STATUS).exists()
    store.close()


async def test_statuses_are_saved_every_half_minute(hass: HomeAssistant, config_dir: Path, problems: Problems) -> None:
    store = HubStore(hass, problems.append)
    await store.async_load()
    store.schedule_status(full_state(time.time()))
    await async_pass(hass, 29)
    assert not (config_dir / STATUS).exists()
    await async_pass(hass, 31)
    assert "Door" in json.loads((config_dir / STATUS).read_text())["data"]["input_status"]
    store.close()


async def test_what_changes_after_scheduling_is_saved_too(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    store = HubStore(hass, problems.append)
    state = (await store.async_load()).state
    store.schedule_registry(state)
    state.inputs["Door"] = InputRecord(key="Door", source_id="ioboard.board")
    await async_pass(hass, 2)
    assert inputs_in(config_dir / REGISTRY) == {"Door"}
    store.close()


async def test_a_full_disk_is_told_once_and_saving_goes_on_when_there_is_room(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    await saved(hass, State())
    store = HubStore(hass, problems.append)
    await store.async_load()
    with full_disk():
        store.schedule_registry(full_state(time.time()))
        await async_pass(hass, 2)
        assert problems.told() == [("cannot_save", False)]
        assert problems[0].detail
        await async_pass(hass, 61)
        assert problems.told() == [("cannot_save", False)]
    assert inputs_in(config_dir / REGISTRY) == set()
    await async_pass(hass, 61)
    assert problems.told() == [("cannot_save", False), ("cannot_save", True)]
    assert inputs_in(config_dir / REGISTRY) == {"Door"}
    store.close()


async def test_a_folder_that_cannot_be_made_is_told_like_a_full_disk(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    store = HubStore(hass, problems.append)
    loaded = await store.async_load()
    (config_dir / ".storage").rmdir()
    (config_dir / ".storage").write_text("in the way")
    await store.async_save_now(loaded.state)
    assert problems.told() == [("cannot_save", False)] * 2
    assert {problem.file for problem in problems} == {str(config_dir / REGISTRY), str(config_dir / STATUS)}
    store.close()


async def test_after_the_close_nothing_is_saved(hass: HomeAssistant, config_dir: Path, problems: Problems) -> None:
    store = HubStore(hass, problems.append)
    await store.async_load()
    store.schedule_registry(full_state(time.time()))
    store.close()
    store.schedule_status(full_state(time.time()))
    await store.async_save_now(full_state(time.time()))
    await async_pass(hass, 61)
    assert list((config_dir / ".storage").iterdir()) == []


async def test_the_last_save_of_a_stopping_home_assistant_outlives_the_close(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    store = HubStore(hass, problems.append)
    await store.async_load()
    hass.set_state(CoreState.stopping)
    await store.async_save_now(full_state(time.time()))
    store.close()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert inputs_in(config_dir / REGISTRY) == {"Door"}


async def test_removing_the_hub_deletes_its_files_but_not_what_was_moved_aside(
    hass: HomeAssistant, config_dir: Path
) -> None:
    await saved(hass, full_state(time.time()))
    rescued = config_dir / f"{REGISTRY}.broken-20260101T000000Z"
    rescued.write_text("{")
    folder = config_dir / "event_hub"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "cafe").write_bytes(b"\xff\xd8\xff")
    (folder / "activity.db").touch()
    (folder / "activity.db-wal").touch()
    await async_remove_files(hass)
    assert [path for path in config_dir.rglob("*") if path.is_file()] == [rescued]
    assert not folder.exists()
