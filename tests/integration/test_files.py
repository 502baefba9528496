"""The hub's files: damaged ones are told of and kept, and all are gone with the hub."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.engine.events import Linked
from custom_components.event_hub.wire.messages import InputReport, OutputReport
from devkit.polling import until

from .kit import Home
from .notices.kit import later, shown, text_of

JPEG = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Leave the real ``.storage`` in place, which Home Assistant's test kit replaces by memory."""
    return {}


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Keep the hub's files of a test apart from those of others."""
    (tmp_path / ".storage").mkdir()
    return str(tmp_path)


@pytest.fixture
def storage(hass_config_dir: str) -> Path:
    """Return where Home Assistant keeps the hub's registry and statuses."""
    return Path(hass_config_dir, ".storage")


@pytest.fixture
def folder(hass_config_dir: str) -> Path:
    """Return where the hub keeps its log and its pictures."""
    return Path(hass_config_dir, "event_hub")


async def until_on_disk(hass: HomeAssistant, holds: Callable[[], bool]) -> None:
    """Wait until what is asked of the disk holds."""
    for _ in range(1000):
        if await hass.async_add_executor_job(holds):
            return
    pytest.fail("it never came to that")


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> Home:
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return Home(hass, entry)


async def furnish(home: Home) -> None:
    """Have something of everything that is kept."""
    await home.frame("Yard", JPEG)
    await home.report(InputReport(device_key="Door", active=True), outputs=[OutputReport(device_key="Siren")])
    await home.post(Linked(inputs=("Door",), outputs=("Siren",)))


def only_issue(hass: HomeAssistant) -> ir.IssueEntry:
    (issue,) = shown(hass).values()
    return issue


async def test_a_change_of_a_person_is_on_disk_a_moment_later(home: Home, storage: Path) -> None:
    await furnish(home)
    await later(home.hass, 2)

    def linked() -> bool:
        file = storage / "event_hub.registry"
        return file.exists() and json.loads(file.read_text())["data"]["inputs"]["Door"]["links"] == ["Siren"]

    await until_on_disk(home.hass, linked)
    assert home.hub.state.inputs["Door"].links == ("Siren",)


@pytest.mark.logs_error(".storage/event_hub.")
@pytest.mark.parametrize("name", ["registry", "status"])
async def test_a_damaged_file_is_told_of_and_kept_and_the_hub_runs(
    hass: HomeAssistant, entry: MockConfigEntry, storage: Path, name: str
) -> None:
    (storage / f"event_hub.{name}").write_text("{ this is no JSON", encoding="utf-8")
    home = await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    await later(hass)
    issue = only_issue(hass)
    assert issue.translation_key == "storage_broken"
    (aside,) = [path for path in storage.iterdir() if path.name.startswith(f"event_hub.{name}.")]
    assert aside.read_text(encoding="utf-8") == "{ this is no JSON"
    assert str(aside) in text_of(issue)
    await home.report(InputReport(device_key="Door", active=False))
    await home.reload()
    assert "Door" in home.hub.state.inputs


@pytest.mark.logs_error(".storage/event_hub.registry")
async def test_one_damaged_record_costs_the_others_nothing(home: Home, storage: Path) -> None:
    await furnish(home)
    hass = home.hass
    assert await hass.config_entries.async_unload(home.entry.entry_id)
    file = storage / "event_hub.registry"
    content = json.loads(file.read_text())
    content["data"]["inputs"]["Yard"]["enabled"] = "perhaps"
    file.write_text(json.dumps(content))
    assert await hass.config_entries.async_setup(home.entry.entry_id)
    await home.told()
    await later(hass)
    assert set(home.hub.state.inputs) == {"Panic", "Report", "Door"}
    assert home.hub.state.inputs["Door"].links == ("Siren",)
    assert only_issue(hass).translation_key == "storage_partly_broken"


async def test_a_file_that_the_disk_does_not_give_out_is_waited_for(
    hass: HomeAssistant, entry: MockConfigEntry, storage: Path
) -> None:
    in_the_way = storage / "event_hub.registry"
    in_the_way.mkdir()
    home = await set_up(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.reason is not None
    assert entry.reason.startswith("What the hub knew cannot be read from disk")
    in_the_way.rmdir()
    await later(hass, 60)
    await until(lambda: entry.state is ConfigEntryState.LOADED)
    assert "Panic" in home.hub.state.inputs


async def test_a_disk_that_takes_nothing_is_told_of_until_it_does(home: Home, storage: Path) -> None:
    in_the_way = storage / "event_hub.registry"
    in_the_way.unlink(missing_ok=True)
    in_the_way.mkdir()
    await furnish(home)
    assert not await home.hub.async_save()
    await later(home.hass)
    assert only_issue(home.hass).translation_key == "storage_cannot_save"
    in_the_way.rmdir()
    assert await home.hub.async_save()
    await later(home.hass)
    assert shown(home.hass) == {}


@pytest.mark.logs_error("The activity log starts anew")
async def test_a_damaged_activity_log_is_told_of_and_started_anew(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path
) -> None:
    folder.mkdir()
    (folder / "activity.db").write_bytes(b"this is no database" * 1000)
    home = await set_up(hass, entry)
    await later(hass)
    assert only_issue(hass).translation_key == "storage_broken"
    await home.report(InputReport(device_key="Door", active=True))
    answer = await hass.services.async_call("event_hub", "why", {"input": "Door"}, blocking=True, return_response=True)
    assert answer is not None
    assert len(answer["decisions"]) == 1  # type: ignore[arg-type] # a list


async def test_the_log_is_closed_with_the_hub(home: Home, folder: Path) -> None:
    await furnish(home)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert [path.name for path in folder.iterdir() if path.name.startswith("activity")] == ["activity.db"]


async def test_a_removed_hub_leaves_no_file(home: Home, storage: Path, folder: Path) -> None:
    await furnish(home)
    await home.reload()
    assert {path.name for path in storage.iterdir()} >= {"event_hub.registry", "event_hub.status"}
    assert {path.name for path in folder.iterdir()} >= {"activity.db", "images"}
    await home.hass.config_entries.async_remove(home.entry.entry_id)
    await home.hass.async_block_till_done()
    assert [path.name for path in storage.iterdir() if path.name.startswith("event_hub")] == []
    assert not folder.exists()


async def test_a_hub_that_is_set_up_again_after_its_removal_begins_with_nothing(home: Home) -> None:
    await furnish(home)
    await home.hass.config_entries.async_remove(home.entry.entry_id)
    again = await set_up(home.hass, MockConfigEntry(domain="event_hub", title="Event Hub", data={"mqtt": False}))
    assert set(again.hub.state.inputs) == {"Panic", "Report"}
    assert again.hub.images.get("Yard") is None
