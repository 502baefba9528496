import asyncio
from dataclasses import replace
import json
from pathlib import Path
import time

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.storage import get_internal_store_manager
import pytest

from custom_components.event_hub.engine.model import InputRecord
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.storage import store as store_module
from custom_components.event_hub.storage.remove import async_remove_files
from custom_components.event_hub.storage.store import HubStore

from .kit import REGISTRY, STATUS, Problems, async_pass, full_disk, full_state, inputs_in, saved


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


async def test_a_file_put_back_by_hand_is_found_without_a_restart(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    await get_internal_store_manager(hass).async_initialize()
    data = {"inputs": {"Door": {"key": "Door", "source_id": "ioboard.board"}}}
    (config_dir / REGISTRY).write_text(json.dumps({"version": 1, "minor_version": 1, "data": data}))
    loaded = await HubStore(hass, problems.append).async_load()
    assert set(loaded.state.inputs) == {"Door"}


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
    async with asyncio.timeout(60):
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
    await async_pass(hass, 55)
    assert inputs_in(config_dir / REGISTRY) == set(), "a failing disk is tried too often"
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
