"""The forms of every kind of channel: what they take, what they miss, and what they suggest."""

from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState, ConfigSubentryData
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.channel_flow import SECTION
from custom_components.event_hub.const import DOMAIN

PHONE, ENTITY, SMS = "notify.mobile_app_anns_phone", "notify.neighbour", "script.send_sms"
SIMPLE = {"name": "Ann", "language": "en", "priority": 1, SECTION: {}}
PICTURED = {**SIMPLE, "people_only": False}


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return a hub that is not running, with a channel."""
    channel = ConfigSubentryData(
        data={"kind": "action", "target": SMS}, subentry_type="channel", title="SMS", unique_id=None
    )
    entry = MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": False}, subentries_data=[channel])
    entry.add_to_hass(hass)
    return entry


async def form_of(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> Any:
    """Open the form for a new channel of a kind."""
    flows = hass.config_entries.subentries
    menu = await flows.async_init((entry.entry_id, "channel"), context={"source": SOURCE_USER})
    form = await flows.async_configure(menu["flow_id"], {"next_step_id": kind})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, kind)
    return form


def suggested(form: Any) -> dict[str, object]:
    """Return what a form suggests."""
    return {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
        if key.description and "suggested_value" in key.description
    }


@pytest.mark.parametrize(
    ("kind", "target", "answers"),
    [
        ("mobile_app", PHONE, PICTURED),
        ("telegram", ENTITY, PICTURED),
        ("notify_entity", ENTITY, SIMPLE),
        ("action", SMS, PICTURED),
    ],
)
async def test_a_channel_of_every_kind_is_kept_once_its_target_is_there(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, target: str, answers: dict[str, Any]
) -> None:
    flows = hass.config_entries.subentries
    form = await form_of(hass, entry, kind)
    missing: Any = await flows.async_configure(form["flow_id"], {**answers, "target": target})
    assert missing["errors"] == {"target": "target_missing"}
    assert suggested(missing)["target"] == target

    async def take(_: ServiceCall) -> None:
        pass

    domain, _, name = target.partition(".")
    hass.services.async_register(domain, name, take)
    hass.states.async_set(target, "unknown")
    made: Any = await flows.async_configure(form["flow_id"], {**answers, "target": target})
    assert made["type"] is FlowResultType.CREATE_ENTRY
    kept = next(each for each in entry.subentries.values() if each.title == "Ann")
    assert (kept.data["kind"], kept.data["target"]) == (kind, target)


@pytest.mark.parametrize(("language", "expected"), [("de-CH", "de"), ("pt-BR", "pt"), ("tlh", "en")])
async def test_the_language_of_the_home_is_suggested_where_it_is_spoken(
    hass: HomeAssistant, entry: MockConfigEntry, language: str, expected: str
) -> None:
    hass.config.language = language
    assert suggested(await form_of(hass, entry, "action"))["language"] == expected


async def test_a_channel_cannot_be_tried_while_the_hub_does_not_run(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    assert entry.state is ConfigEntryState.NOT_LOADED
    flows = hass.config_entries.subentries
    (channel_id,) = entry.subentries
    menu = await flows.async_init(
        (entry.entry_id, "channel"), context={"source": SOURCE_RECONFIGURE, "subentry_id": channel_id}
    )
    done = await flows.async_configure(menu["flow_id"], {"next_step_id": "test"})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_running")
