"""Triggers and conditions in the files that describe them to forms."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import selector
from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.event_hub.condition import CONDITIONS
from custom_components.event_hub.trigger import TRIGGERS
from tests.integration.kit import Home
from tests.source import HUB

from .kit import automate

TEXTS = json.loads((HUB / "translations/en.json").read_text(encoding="utf-8"))
ICONS = json.loads((HUB / "icons.json").read_text(encoding="utf-8"))


def described(kind: str) -> dict[str, Any]:
    """Return what a YAML file offers."""
    return {name: body for name, body in load_yaml_dict(str(HUB / f"{kind}.yaml")).items() if not name.startswith(".")}


@pytest.mark.parametrize(("kind", "table"), [("triggers", TRIGGERS), ("conditions", CONDITIONS)])
def test_everything_is_offered_named_and_has_an_icon(kind: str, table: dict[str, Any]) -> None:
    offered = described(kind)
    assert set(offered) == set(table) == set(TEXTS[kind]) == set(ICONS[kind])
    for name, body in offered.items():
        assert set(body.get("fields", {})) == set(TEXTS[kind][name].get("fields", {})), name


def fields() -> list[tuple[str, str, dict[str, Any]]]:
    """Return every field with a list of words to choose from, or a default."""
    return [
        (kind, name, body["fields"])
        for kind in ("triggers", "conditions")
        for name, body in described(kind).items()
        if "fields" in body
    ]


def taken(field: dict[str, Any], value: Any) -> bool:
    """Whether a form may show a value in a field."""
    form: Any = selector.selector(field["selector"])
    form(value)
    return True


def words(field: dict[str, Any]) -> list[str]:
    """Return what a field has to choose from."""
    every: list[str] = (field["selector"].get("select") or {}).get("options", [])
    return every


def is_list(field: dict[str, Any]) -> bool:
    """Whether a field takes several words."""
    return bool(field["selector"]["select"].get("multiple"))


def first(field: dict[str, Any]) -> Any:
    """Return what a field may be."""
    if "default" in field:
        return field["default"]
    return (words(field) if is_list(field) else words(field)[0]) if words(field) else field["example"]


@pytest.mark.parametrize(("kind", "name", "offered"), fields())
async def test_what_forms_offer_is_what_is_taken(
    hass: HomeAssistant, kind: str, name: str, offered: dict[str, Any]
) -> None:
    every = {field: first(body) for field, body in offered.items()}
    options = {field: words(body) if words(body) and is_list(body) else every[field] for field, body in offered.items()}
    for chosen in (every, options):
        for field, value in chosen.items():
            selector.validate_selector(offered[field]["selector"])
            assert taken(offered[field], value)
        table: Any = TRIGGERS if kind == "triggers" else CONDITIONS
        config: dict[str, Any] = {"options": chosen}
        if "target" in described(kind)[name]:
            config["target"] = {"entity_id": "event.door"}
        assert (await table[name].async_validate_config(hass, config))["options"].keys() == offered.keys()


@pytest.mark.parametrize("name", [name for name, body in described("triggers").items() if "fields" in body])
async def test_defaults_of_forms_are_those_without_them(hass: HomeAssistant, name: str) -> None:
    defaults = {
        field: body["default"] for field, body in described("triggers")[name]["fields"].items() if "default" in body
    }
    without = await TRIGGERS[name].async_validate_config(hass, {})
    assert {field: without["options"][field] for field in defaults} == defaults


async def test_every_trigger_starts_in_an_automation(home: Home) -> None:
    await automate(home.hass, [{"trigger": f"event_hub.{name}"} for name in TRIGGERS])
