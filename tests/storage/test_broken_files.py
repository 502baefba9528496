import json
from pathlib import Path
import time

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.event_hub.engine.model import InputRecord
from custom_components.event_hub.storage import store as store_module
from custom_components.event_hub.storage.store import HubStore

from .kit import REGISTRY, STATUS, Problems, aside, async_pass, full_disk, full_state, inputs_in, saved


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


@pytest.mark.parametrize(
    ("table", "content", "detail"),
    [
        pytest.param("input_status", [], "input_status: expected an object, found a list", id="a table"),
        pytest.param("recent", {}, "recent: expected a list, found an object", id="a list"),
        pytest.param("recent", "soon", "recent: expected a list, found text", id="a list that is text"),
        pytest.param("digest", 5, "digest: expected an object, found a whole number", id="a value"),
        pytest.param("seen", {"m1": "now"}, "seen > m1: expected a number, found text", id="an entry"),
    ],
)
async def test_a_part_of_another_shape_is_left_out_and_told(
    hass: HomeAssistant, config_dir: Path, problems: Problems, table: str, content: object, detail: str
) -> None:
    state = full_state(time.time())
    await saved(hass, state)
    file = config_dir / STATUS
    data = json.loads(file.read_text())
    data["data"][table] = content
    file.write_text(json.dumps(data))
    store = HubStore(hass, problems.append)
    loaded = await store.async_load()
    (problem,) = loaded.problems
    assert (problem.what, problem.detail) == ("partly_broken", detail)
    assert set(loaded.state.source_status) == set(state.source_status)
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


async def test_a_partly_broken_file_that_cannot_be_copied_is_never_written_to(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    file = config_dir / REGISTRY
    content = json.dumps({"version": 1, "minor_version": 1, "data": {"outputs_suspended": True, "inputs": {"Door": 1}}})
    file.write_text(content)
    store = HubStore(hass, problems.append)
    with full_disk():
        loaded = await store.async_load()
    assert [(problem.what, problem.kept_as) for problem in loaded.problems] == [("partly_broken", None)]
    assert loaded.state.outputs_suspended
    await store.async_save_now(loaded.state)
    store.close()
    assert file.read_text() == content
    assert list(file.parent.glob(f"{file.name}.broken-*")) == []


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
