from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.storage.encode import JsonObject
from custom_components.event_hub.storage.migrations import (
    FIRST_VERSION,
    REGISTRY_STEPS,
    Step,
    current_version,
    upgrade,
)
from custom_components.event_hub.storage.schema import Registry
from custom_components.event_hub.storage.store import HubStore, StateFile

from .kit import Problems


def rename_zones(data: JsonObject) -> JsonObject:
    """From 1.1 to 1.2: inputs were called zones."""
    return {"inputs": data["zones"]}


def add_sources(data: JsonObject) -> JsonObject:
    """From 1.2 to 2.1: every input says whose it is."""
    inputs: Any = data["inputs"]
    return {"inputs": {key: {**record, "source_id": "ioboard.board"} for key, record in inputs.items()}}


STEPS: tuple[Step, ...] = (((1, 2), rename_zones), ((2, 1), add_sources))
OLDEST: JsonObject = {"zones": {"Door": {"key": "Door"}}}
MIDDLE: JsonObject = {"inputs": {"Door": {"key": "Door"}}}
NEWEST: JsonObject = {"inputs": {"Door": {"key": "Door", "source_id": "ioboard.board"}}}


def test_without_steps_the_first_version_is_the_current_one() -> None:
    assert current_version(()) == FIRST_VERSION
    assert upgrade(NEWEST, FIRST_VERSION, ()) == NEWEST


@pytest.mark.parametrize(
    ("version", "data"),
    [((1, 1), OLDEST), ((1, 2), MIDDLE), ((2, 1), NEWEST), ((2, 7), NEWEST)],
)
def test_a_file_takes_only_the_steps_that_it_has_not_taken(version: tuple[int, int], data: JsonObject) -> None:
    assert current_version(STEPS) == (2, 1)
    assert upgrade(data, version, STEPS) == NEWEST


@dataclass
class Upgraded:
    """A registry file with the steps of these tests."""

    hass: HomeAssistant
    problems: Problems = field(default_factory=Problems)

    def file(self) -> StateFile[Registry]:
        return StateFile(self.hass, Registry, Registry.of, STEPS, 1.0, self.problems.append)


@pytest.mark.parametrize(("version", "data"), [((1, 1), OLDEST), ((1, 2), MIDDLE), ((2, 1), NEWEST)])
async def test_a_file_of_any_older_version_is_read_and_written_back_as_the_current_one(
    hass: HomeAssistant, config_dir: Path, version: tuple[int, int], data: JsonObject
) -> None:
    path = config_dir / ".storage" / "event_hub.registry"
    major, minor = version
    path.write_text(json.dumps({"version": major, "minor_version": minor, "key": path.name, "data": data}))
    registry, problems = await Upgraded(hass).file().async_read()
    assert problems == ()
    assert {key: record.source_id for key, record in registry.inputs.items()} == {"Door": "ioboard.board"}
    written = json.loads(path.read_text())
    assert (written["version"], written["minor_version"], written["data"]) == (2, 1, NEWEST)


async def test_a_file_that_a_step_cannot_take_is_moved_aside_as_it_was(hass: HomeAssistant, config_dir: Path) -> None:
    path = config_dir / ".storage" / "event_hub.registry"
    content = json.dumps({"version": 1, "minor_version": 1, "key": path.name, "data": {"rooms": {}}})
    path.write_text(content)
    registry, (problem,) = await Upgraded(hass).file().async_read()
    assert registry == Registry()
    assert problem.what == "broken"
    assert problem.kept_as is not None
    assert Path(problem.kept_as).read_text() == content
    assert not path.exists()


def board(name: str, **source: Any) -> JsonObject:
    """Return a registered board of meters as files of 1.1 had it."""
    said = {"source_id": f"meter.{name}", "dialect": "esp_meter", "transport": "mqtt", "topic": "meter", "name": name}
    return {"source": {**said, **source}}


async def test_where_a_meter_listens_is_still_known_after_the_update(
    hass: HomeAssistant, config_dir: Path, problems: Problems
) -> None:
    path = config_dir / ".storage" / "event_hub.registry"
    boards: JsonObject = {
        "meter.cellar": board("cellar", address="water"),
        "meter.shed": board("shed", address="gas"),
        "meter.attic": board("attic"),
    }
    inputs: JsonObject = {
        key: {"key": key, "source_id": f"meter.{of}", "is_meter": is_meter, "label": "Called otherwise"}
        for key, of, is_meter in (
            ("Water Meter", "cellar", True),
            ("Leak", "cellar", False),
            ("Gas Meter", "shed", True),
            ("Heat Meter", "shed", True),
            ("Rain Meter", "attic", True),
        )
    }
    content = {"version": 1, "minor_version": 1, "key": path.name, "data": {"sources": boards, "inputs": inputs}}
    path.write_text(json.dumps(content))
    loaded = await HubStore(hass, problems.append).async_load()
    assert loaded.problems == ()
    assert set(loaded.state.sources) == set(boards)
    known = {key: record.meter_address for key, record in loaded.state.inputs.items()}
    # Of two meters of one board it was known only where the last one listens.
    assert known == dict.fromkeys(inputs, None) | {"Water Meter": "water"}
    assert loaded.state.inputs["Water Meter"].label == "Called otherwise"


@pytest.mark.parametrize(
    "data",
    [
        {"inputs": 5, "sources": []},
        {"inputs": {"Door": 5}, "sources": {"meter.a": 5, "meter.b": {"source": "x"}}},
        {"inputs": {"Door": {"is_meter": True, "source_id": []}}, "sources": {"meter.a": {"source": {"address": 5}}}},
        {},
    ],
    ids=["no tables", "no records", "no texts", "nothing"],
)
def test_what_fits_nowhere_in_an_old_registry_stays_as_it_was(data: JsonObject) -> None:
    assert upgrade(data, FIRST_VERSION, REGISTRY_STEPS) == data
    assert current_version(REGISTRY_STEPS) > FIRST_VERSION
