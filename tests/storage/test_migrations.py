from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.storage.encode import JsonObject
from custom_components.event_hub.storage.migrations import FIRST_VERSION, Step, current_version, upgrade
from custom_components.event_hub.storage.schema import Registry
from custom_components.event_hub.storage.store import StateFile

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
