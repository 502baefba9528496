"""A Home Assistant that speaks German shows the hub in German."""

from dataclasses import fields
import json
from typing import Any, Final

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_translations
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.alarm_words import word
from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.chat.languages.de import DE
from custom_components.event_hub.wire.messages import InputReport
from tests.source import HUB

from .kit import Home
from .notices.kit import later

GERMAN: Final[dict[str, Any]] = json.loads((HUB / "translations/de.json").read_text(encoding="utf-8"))


@pytest.fixture
def hass(hass: HomeAssistant) -> HomeAssistant:
    """Return a Home Assistant whose owner chose German."""
    hass.config.language = "de"
    return hass


def flat(texts: dict[str, Any], path: str) -> dict[str, str]:
    """Return every text by the path of its key, as Home Assistant hands them to screens."""
    found: dict[str, str] = {}
    for key, value in texts.items():
        found |= flat(value, f"{path}.{key}") if isinstance(value, dict) else {f"{path}.{key}": value}
    return found


def named(home: Home, platform: str, unique_id: str) -> str | None:
    """Return what an entity is called beside its device."""
    entity_id = home.entity_id(platform, unique_id)
    assert entity_id is not None, f"no {platform} {unique_id}"
    entity = er.async_get(home.hass).async_get(entity_id)
    assert entity is not None
    return entity.original_name


@pytest.mark.parametrize("category", sorted(GERMAN))
async def test_home_assistant_takes_every_german_text(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, category: str
) -> None:
    shown = await async_get_translations(hass, "de", category, {DOMAIN})
    assert shown == flat(GERMAN[category], f"component.{DOMAIN}.{category}")
    assert "translation placeholders" not in caplog.text
    assert "parsing localized" not in caplog.text


async def test_entities_have_german_names(home: Home) -> None:
    await home.report(InputReport(device_key="Front Door", active=True))
    ids = {(entity.domain, entity.translation_key): entity.unique_id for entity in entities(home)}
    assert named(home, "switch", ids["switch", "input_enabled"]) == "Eingang eingeschaltet"
    assert named(home, "sensor", ids["sensor", "last_trigger"]) == "Letzte Auslösung"
    event_id = home.entity_id("event", ids["event", "trigger"])
    assert event_id is not None
    assert event_id.endswith("_auslosung")


def entities(home: Home) -> list[er.RegistryEntry]:
    """Return the entities of the hub."""
    return er.async_entries_for_config_entry(er.async_get(home.hass), home.entry.entry_id)


async def test_a_new_device_is_announced_in_german(home: Home) -> None:
    await home.report(InputReport(device_key="Front Door", active=True))
    await later(home.hass, 60.0)
    (note,) = persistent_notification._async_get_or_create_notifications(home.hass).values()
    assert note["title"] == "Event Hub: ein neues Gerät"
    assert "bis du sie einschaltest" in note["message"]


async def test_what_is_wrong_with_a_zone_is_said_in_german(home: Home) -> None:
    assert word(home.hass, "open") == "offen"
    assert word(home.hass, "more", n="3") == "und 3 weitere"


@pytest.mark.parametrize("problem", [field.name for field in fields(DE.problems)])
def test_the_chat_says_what_is_wrong_in_the_same_words(problem: str) -> None:
    assert GERMAN["exceptions"][f"alarm_word_{problem}"]["message"] == getattr(DE.problems, problem)


@pytest.mark.parametrize("mode", Mode)
def test_the_chat_calls_a_mode_the_same(mode: Mode) -> None:
    for screen in ("alarm_mode", "partition_mode"):
        assert GERMAN["selector"][screen]["options"][mode].lower() == DE.modes[mode].lower()


async def test_a_language_without_texts_is_shown_in_english(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.config.language = "sv"
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert word(hass, "open") == "open"
