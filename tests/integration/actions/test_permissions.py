"""Who may use the actions, what happens while no hub runs, and which of them only answer."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.services import ACTIONS
from custom_components.event_hub.services_alarm import ALARM_ACTIONS
from tests.integration.kit import Home
from tests.source import HUB

from .kit import add_inputs, add_outputs, ask, refusal, tell

CONFIGURING: dict[str, dict[str, Any]] = {
    "link": {"inputs": ["Door"], "outputs": ["Siren"]},
    "unlink": {"inputs": ["Window"], "outputs": ["Siren"]},
    "set_rule": {"inputs": ["Door"], "latch": 5},
    "set_output": {"output": "Siren", "interval": 5},
    "set_group_rule": {"group": "Attic", "within": 5},
    "remove_group_rule": {"group": "Cellar"},
    "set_schedule": {"inputs": ["Door"], "spans": [{"enable_at": "22:00", "disable_at": "06:00"}]},
    "set_silence_limit": {"source": "home_assistant", "limit": 60},
    "adopt_input": {"entity_id": "input_boolean.night"},
    "adopt_output": {"key": "Lamp", "action": "light.turn_on"},
}
USING: dict[str, dict[str, Any]] = {
    "trigger_output": {"output": "Siren"},
    "trigger_input": {"input": "Door"},
    "enable": {"inputs": ["Door"]},
    "disable": {"outputs": ["Siren"]},
    "why": {"input": "Door"},
    "list_activity": {},
    "list_devices": {},
}
METER = {"input": "Door", "register": 1}
MOVING: dict[str, dict[str, Any]] = {
    "import_legacy": {"path": "old.db"},
    "export_configuration": {},
    "import_configuration": {"yaml": "event_hub: 1"},
}
ONLY_ANSWERING = ("why", "list_activity", "list_devices")


@pytest.fixture
async def furnished(home: Home) -> Home:
    """Return a home where each of the actions above has something to do."""
    home.hass.states.async_set("input_boolean.night", "off")
    await add_inputs(home, "Door", "Window")
    await add_outputs(home, "Siren")
    await tell(home.hass, "link", inputs=["Window"], outputs=["Siren"])
    await tell(home.hass, "set_group_rule", group="Cellar", within=5)
    return home


def configuration(home: Home) -> tuple[object, ...]:
    state = home.hub.state
    return dict(state.sources), dict(state.inputs), dict(state.outputs), dict(state.groups)


def test_every_action_is_either_for_administrators_or_for_all() -> None:
    assert {action.name for action in ACTIONS if action.admin} == {*CONFIGURING, *MOVING, "set_meter"}
    assert {action.name for action in ACTIONS if not action.admin} == set(USING)


def test_every_action_s_fields_are_described() -> None:
    described = load_yaml_dict(str(HUB / "services.yaml"))
    fields = {name: set((action or {}).get("fields", {})) for name, action in described.items()}
    assert fields == {action.name: {str(field) for field in action.fields} for action in (*ACTIONS, *ALARM_ACTIONS)}


@pytest.mark.parametrize("action", CONFIGURING)
async def test_configuring_is_refused_to_one_who_is_no_administrator(
    furnished: Home, hass_read_only_user: User, action: str
) -> None:
    before = configuration(furnished)
    with pytest.raises(Unauthorized):
        await tell(furnished.hass, action, context=Context(user_id=hass_read_only_user.id), **CONFIGURING[action])
    assert configuration(furnished) == before


async def test_setting_a_meter_is_refused_to_one_who_is_no_administrator(
    furnished: Home, hass_read_only_user: User
) -> None:
    with pytest.raises(Unauthorized):
        await tell(furnished.hass, "set_meter", context=Context(user_id=hass_read_only_user.id), **METER)


@pytest.mark.parametrize("action", CONFIGURING)
@pytest.mark.parametrize("by_a_person", [True, False])
async def test_an_administrator_and_an_automation_may_configure(
    furnished: Home, hass_admin_user: User, action: str, by_a_person: bool
) -> None:
    before = configuration(furnished)
    context = Context(user_id=hass_admin_user.id) if by_a_person else None
    assert await ask(furnished.hass, action, context=context, **CONFIGURING[action])
    assert configuration(furnished) != before


@pytest.mark.parametrize("action", USING)
async def test_everybody_in_the_home_may_use_the_other_actions(
    furnished: Home, hass_read_only_user: User, action: str
) -> None:
    furnished.hass.services.async_register("siren", "turn_on", lambda _: None)
    assert await ask(furnished.hass, action, context=Context(user_id=hass_read_only_user.id), **USING[action])


@pytest.mark.parametrize("action", ONLY_ANSWERING)
async def test_what_only_answers_must_be_asked_for_its_answer(furnished: Home, action: str) -> None:
    assert furnished.hass.services.supports_response(DOMAIN, action) is SupportsResponse.ONLY
    with pytest.raises(ServiceValidationError):
        await tell(furnished.hass, action, **USING[action])


@pytest.mark.parametrize("action", [action.name for action in ACTIONS if action.name not in ONLY_ANSWERING])
async def test_what_acts_may_be_asked_for_an_answer(hass: HomeAssistant, action: str) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.supports_response(DOMAIN, action) is SupportsResponse.OPTIONAL


ALL = {**CONFIGURING, **USING, **MOVING, "set_meter": METER}


@pytest.mark.parametrize("action", ALL)
async def test_an_action_says_what_is_missing_while_no_hub_is_set_up(hass: HomeAssistant, action: str) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    said = await refusal(hass, action, **ALL[action])
    assert said.startswith("Event Hub is not running")


@pytest.mark.parametrize("action", ["trigger_output", "why"])
async def test_an_action_says_what_is_missing_while_the_hub_is_unloaded(furnished: Home, action: str) -> None:
    assert await furnished.hass.config_entries.async_unload(furnished.entry.entry_id)
    assert furnished.entry.state is ConfigEntryState.NOT_LOADED
    with pytest.raises(HomeAssistantError) as caught:
        await ask(furnished.hass, action, **USING[action])
    assert caught.value.translation_key == "not_running"
