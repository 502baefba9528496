"""What entities are called and how they look, in the files that say so."""

from importlib import import_module
import json
from typing import Any

from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.event_hub.binary_sensor import PARTS
from custom_components.event_hub.const import PLATFORMS
from custom_components.event_hub.device_class import USES
from custom_components.event_hub.engine.events import Reported
from custom_components.event_hub.engine.model import CommandStatus, Reason
from custom_components.event_hub.entity import HubEntityDescription
from custom_components.event_hub.event import EVENT_TYPES, SUPPRESSED
from custom_components.event_hub.wire.detection import Category, Detection, DetectionStatus
from custom_components.event_hub.wire.messages import (
    Dialect,
    InputReport,
    MeterReading,
    OutputReport,
    Report,
    ReportKind,
)
from custom_components.event_hub.wire.wellbeing import Budget, PartHealth
from tests.source import HUB

from .kit import Home, source

PLATFORM_NAMES = [platform.value for platform in PLATFORMS]


def descriptions(platform: str) -> list[HubEntityDescription[Any, Any]]:
    """Return every entity that a platform describes."""
    module = import_module(f"custom_components.event_hub.{platform}")
    tables = [value for name, value in vars(module).items() if name.endswith("DESCRIPTIONS")]
    return [description for table in tables for description in table]


def texts(name: str) -> dict[str, Any]:
    """Return a file of texts."""
    loaded: dict[str, Any] = json.loads((HUB / name).read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("platform", PLATFORM_NAMES)
def test_every_entity_has_a_name(platform: str) -> None:
    named = texts("translations/en.json")["entity"].get(platform, {})
    nameless = [
        description.key
        for description in descriptions(platform)
        if description.name is not None and description.key not in named and not getattr(description, "device_class", 0)
    ]
    assert descriptions(platform) != []
    assert nameless == []


@pytest.mark.parametrize("platform", PLATFORM_NAMES)
@pytest.mark.parametrize("name", ["translations/en.json", "icons.json"])
def test_no_text_or_icon_is_for_an_entity_that_is_not_there(platform: str, name: str) -> None:
    described = {description.key for description in descriptions(platform)}
    if platform == "button":
        described |= {f"trigger_{use}" for use in USES}
    assert set(texts(name)["entity"].get(platform, {})) <= described


@pytest.mark.parametrize("name", ["translations/en.json", "icons.json"])
def test_every_use_of_an_output_has_a_name_and_an_icon(name: str) -> None:
    assert {f"trigger_{use}" for use in USES} <= set(texts(name)["entity"]["button"])


def test_every_state_has_words() -> None:
    entities = texts("translations/en.json")["entity"]
    attributes = entities["event"]["trigger"]["state_attributes"]
    assert set(attributes["event_type"]["state"]) == {*EVENT_TYPES.values(), SUPPRESSED}
    assert set(attributes["reason"]["state"]) == {reason.value for reason in Reason}
    assert set(entities["sensor"]["last_command"]["state"]) == {status.value for status in CommandStatus}
    assert set(entities["sensor"]["detection_status"]["state"]) == {status.value for status in DetectionStatus}
    found = entities["event"]["detection"]["state_attributes"]
    assert set(found["event_type"]["state"]) == {category.value for category in Category}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["translations/en.json", "icons.json"])
def test_every_part_of_an_app_has_a_name_and_an_icon(name: str, part: str) -> None:
    assert f"{part}_problem" in texts(name)["entity"]["binary_sensor"]


@pytest.mark.parametrize(
    "key", ["not_sent_output_disabled", "not_sent_outputs_suspended", "undelivered", "input_disabled", "unknown_device"]
)
def test_every_error_that_entities_raise_has_a_message(key: str) -> None:
    assert "{name}" in texts("translations/en.json")["exceptions"][key]["message"]


async def test_no_two_entities_of_a_device_are_called_the_same(home: Home) -> None:
    meter = MeterReading(register=1.0)
    looked = Detection(status=DetectionStatus.DONE)
    await home.report(
        InputReport(device_key="Yard", label="Yard", active=False, value=1.0, image=b"jpeg", annotated=b"jpeg"),
        InputReport(device_key="Yard", detection=looked),
        InputReport(device_key="Meter", label="Meter", meter=meter, value=1.0),
        uptime=3.0,
        outputs=(OutputReport(device_key="Yard"), OutputReport(device_key="Relay", channel=0)),
    )
    app = source("home", "snapshot", Dialect.NATIVE)
    health = tuple(PartHealth(name=part, ok=True) for part in PARTS)
    spent = Budget(calls_today=1, currency="USD")
    report = Report(source=app, kind=ReportKind.HEARTBEAT, health=health, budget=spent)
    await home.post(Reported(report=report))
    entities = er.async_entries_for_config_entry(er.async_get(home.hass), home.entry.entry_id)
    names = [(entity.device_id, entity.domain, entity.original_name) for entity in entities]
    assert len(entities) > 45
    assert len(set(names)) == len(names)
    assert None not in {entity.device_id for entity in entities}
