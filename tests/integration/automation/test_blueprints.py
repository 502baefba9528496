"""What is true of every blueprint."""

from pathlib import Path
import re
from typing import Any

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.util.yaml import load_yaml_dict
import pytest

from tests.integration.automation.blueprints import FOLDER
from tests.source import ROOT

FILES = sorted(FOLDER.glob("*.yaml"))
DOCS = (ROOT / "docs/automations.md").read_text(encoding="utf-8")


def metadata(name: str) -> dict[str, Any]:
    """Return what a blueprint says of itself."""
    found: dict[str, Any] = load_yaml_dict(str(FOLDER / f"{name}.yaml"))["blueprint"]
    return found


def used(path: Path) -> set[str]:
    """Return the blueprints that a test module has automations of."""
    text = path.read_text(encoding="utf-8")
    named = dict(re.findall(r'^([A-Z]+) = "(\w+)"$', text, re.MULTILINE))
    return {named.get(word, word.strip('"')) for word in re.findall(r'await use\([\w.]+, ("\w+"|[A-Z]+),', text)}


def test_each_blueprint_is_used_in_tests_in_which_it_fires() -> None:
    modules = sorted(Path(__file__).parent.glob("test_blueprints_of_*.py"))
    assert set().union(*(used(path) for path in modules)) == {path.stem for path in FILES}


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_a_blueprint_is_complete(name: str) -> None:
    data = load_yaml_dict(str(FOLDER / f"{name}.yaml"))
    blueprint = Blueprint(data, expected_domain="automation", path=f"{name}.yaml", schema=AUTOMATION_BLUEPRINT_SCHEMA)
    assert blueprint.validate() is None
    assert blueprint.metadata["source_url"].endswith(f"/blueprints/automation/event_hub/{name}.yaml")
    assert blueprint.metadata["homeassistant"]["min_version"] == "2026.10.0"
    assert all(each["name"] and each["selector"] for each in metadata(name)["input"].values())


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_a_blueprint_is_offered_by_its_address(name: str) -> None:
    assert f"blueprint_import/?blueprint_url={metadata(name)['source_url']}" in DOCS
    assert metadata(name)["name"].removeprefix("Event Hub: ") in DOCS


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_what_is_picked_of_the_hub_is_of_a_kind_that_the_blueprint_can_use(name: str) -> None:
    for key, each in metadata(name)["input"].items():
        ((kind, selector),) = each["selector"].items()
        if kind in ("target", "device"):
            assert "domain" in selector.get("entity", {}), f"{key} offers outputs, boards and partitions too"
