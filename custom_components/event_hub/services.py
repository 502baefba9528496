"""The hub's actions: their fields, who may use them, and errors in the user's words.

What an action does is in ``requests.py``. Actions that write configuration need an
administrator; automations, which run without a user, may use all of them.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import voluptuous as vol

from . import activity_requests, import_requests, requests, schedule_requests
from .asked import checked
from .const import DOMAIN
from .engine.alarm.codes import Path
from .hub import Hub
from .picked import with_names
from .requester import async_requester


def _some(keys: list[str]) -> list[str]:
    """Return what is named. Nothing is refused in words: done to nothing, it would look done."""
    if keys:
        return keys
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_named")


KEY: Final = vol.All(cv.string, vol.Length(min=1, max=255))
KEYS: Final = vol.All(cv.ensure_list, [KEY])
NAMED: Final = vol.All(KEYS, _some)
NUMBER: Final = vol.Coerce(float)
COUNT: Final = vol.Coerce(int)
OPTIONAL_NUMBER: Final = vol.Any(None, NUMBER)
TIME: Final = cv.datetime

type Fields = Mapping[vol.Marker, Any]
type Handler = Callable[..., Awaitable[ServiceResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One action: what it takes, whether it only answers, who may use it."""

    name: str
    fields: Fields
    admin: bool = False
    response: SupportsResponse = SupportsResponse.OPTIONAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDescription(Described):
    """One action of the hub, and what it does. ``named``: the handler is told as ``by`` who asks."""

    handler: Handler
    named: bool = False


_RULE_FIELDS: Final[Fields] = {
    vol.Optional("latch"): NUMBER,
    vol.Optional("confirm_count"): COUNT,
    vol.Optional("confirm_within"): NUMBER,
    vol.Optional("hold"): NUMBER,
    vol.Optional("low"): OPTIONAL_NUMBER,
    vol.Optional("high"): OPTIONAL_NUMBER,
    vol.Optional("factor"): NUMBER,
    vol.Optional("precision"): vol.Any(None, COUNT),
    vol.Optional("unit"): vol.Any(None, cv.string),
    vol.Optional("informational"): cv.boolean,
    vol.Optional("escalate_after"): OPTIONAL_NUMBER,
    vol.Optional("notify"): cv.boolean,
}
_DEVICES: Final[Fields] = {vol.Optional("inputs", default=list): KEYS, vol.Optional("outputs", default=list): KEYS}
_LINKS: Final[Fields] = {vol.Required("inputs"): NAMED, vol.Required("outputs"): NAMED}
_DESCRIPTION: Final[Fields] = {
    vol.Optional("key"): KEY,
    vol.Optional("label"): KEY,
    vol.Optional("location"): KEY,
    vol.Optional("group"): KEY,
}
_DRY_RUN: Final[Fields] = {vol.Optional("dry_run", default=True): cv.boolean}

ACTIONS: Final = (
    ActionDescription(
        name="trigger_output",
        handler=requests.async_trigger_output,
        fields={
            vol.Required("output"): KEY,
            vol.Optional("turn_on"): cv.boolean,
            vol.Optional("detail"): cv.string,
        },
    ),
    ActionDescription(
        name="trigger_input",
        handler=requests.async_trigger_input,
        fields={vol.Required("input"): KEY, vol.Optional("detail"): cv.string},
    ),
    ActionDescription(name="enable", handler=partial(requests.async_enable, enabled=True), fields=_DEVICES, named=True),
    ActionDescription(
        name="disable", handler=partial(requests.async_enable, enabled=False), fields=_DEVICES, named=True
    ),
    ActionDescription(name="link", handler=partial(requests.async_link, linked=True), fields=_LINKS, admin=True),
    ActionDescription(name="unlink", handler=partial(requests.async_link, linked=False), fields=_LINKS, admin=True),
    ActionDescription(
        name="set_rule",
        handler=requests.async_set_rule,
        fields={vol.Required("inputs"): NAMED, **_RULE_FIELDS},
        admin=True,
    ),
    ActionDescription(
        name="set_output",
        handler=requests.async_set_output,
        fields={
            vol.Required("output"): KEY,
            vol.Optional("interval"): NUMBER,
            vol.Optional("deadline"): NUMBER,
            vol.Optional("params"): vol.Any(None, cv.string),
            vol.Optional("trigger_topic"): vol.Any(None, cv.string),
        },
        admin=True,
    ),
    ActionDescription(
        name="set_group_rule",
        handler=requests.async_set_group_rule,
        fields={vol.Required("group"): KEY, vol.Optional("count", default=2): COUNT, vol.Required("within"): NUMBER},
        admin=True,
    ),
    ActionDescription(
        name="remove_group_rule",
        handler=requests.async_remove_group_rule,
        fields={vol.Required("group"): KEY},
        admin=True,
    ),
    ActionDescription(
        name="set_schedule",
        handler=schedule_requests.async_set_schedule,
        fields={
            **_DEVICES,
            vol.Optional("groups", default=list): KEYS,
            # What they may be, and what is wrong with them, the rules say in words.
            vol.Required("spans"): cv.ensure_list,
        },
        admin=True,
    ),
    ActionDescription(
        name="set_silence_limit",
        handler=requests.async_set_silence_limit,
        fields={vol.Required("source"): KEY, vol.Optional("limit"): OPTIONAL_NUMBER},
        admin=True,
    ),
    ActionDescription(
        name="set_meter",
        handler=requests.async_set_meter,
        fields={
            vol.Required("input"): KEY,
            vol.Exclusive("register", "reading"): NUMBER,
            vol.Exclusive("add", "reading"): NUMBER,
        },
        admin=True,
    ),
    ActionDescription(
        name="adopt_input",
        handler=requests.async_adopt_input,
        fields={vol.Required("entity_id"): cv.entity_id, **_DESCRIPTION},
        admin=True,
    ),
    ActionDescription(
        name="adopt_output",
        handler=requests.async_adopt_output,
        fields={
            vol.Required("key"): KEY,
            vol.Required("action"): cv.service,
            vol.Optional("target", default=dict): cv.TARGET_SERVICE_FIELDS,
            vol.Optional("data", default=dict): dict,
            **{marker: kind for marker, kind in _DESCRIPTION.items() if marker != "key"},
        },
        admin=True,
    ),
    ActionDescription(
        name="import_legacy",
        handler=import_requests.async_import_legacy,
        fields={vol.Required("path"): cv.string, **_DRY_RUN},
        admin=True,
        named=True,
    ),
    ActionDescription(
        name="export_configuration",
        handler=import_requests.async_export_configuration,
        fields={vol.Optional("file"): cv.string, vol.Optional("logins", default=False): cv.boolean},
        admin=True,
    ),
    ActionDescription(
        name="import_configuration",
        handler=import_requests.async_import_configuration,
        fields={
            vol.Exclusive("yaml", "configuration"): cv.string,
            vol.Exclusive("path", "configuration"): cv.string,
            **_DRY_RUN,
        },
        admin=True,
        named=True,
    ),
    ActionDescription(
        name="why",
        handler=activity_requests.async_why,
        fields={
            vol.Required("input"): KEY,
            vol.Optional("limit", default=10): vol.All(COUNT, vol.Range(min=1, max=100)),
        },
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(
        name="list_activity",
        handler=activity_requests.async_list_activity,
        fields={
            vol.Optional("input"): KEY,
            vol.Optional("output"): KEY,
            vol.Optional("source"): KEY,
            vol.Optional("partition"): KEY,
            vol.Optional("kinds", default=list): KEYS,
            vol.Optional("reasons", default=list): KEYS,
            vol.Optional("since"): TIME,
            vol.Optional("until"): TIME,
            vol.Optional("limit", default=100): vol.All(COUNT, vol.Range(min=1, max=1000)),
            vol.Optional("format", default=activity_requests.LIST): vol.In(
                (activity_requests.LIST, *activity_requests.EXPORTS)
            ),
        },
        response=SupportsResponse.ONLY,
    ),
    ActionDescription(
        name="list_devices",
        handler=requests.async_list_devices,
        fields={},
        response=SupportsResponse.ONLY,
    ),
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action; each says what is missing while no hub runs."""
    async_register(hass, ACTIONS, _async_handle)


@callback
def async_register[D: Described](
    hass: HomeAssistant,
    actions: Sequence[D],
    handle: Callable[[HomeAssistant, D, ServiceCall], Coroutine[Any, Any, ServiceResponse]],
) -> None:
    """Register actions that ``handle`` carries out, those for administrators for these alone."""
    for action in actions:
        handler = partial(handle, hass, action)
        schema = vol.Schema(dict(action.fields))
        if action.admin:
            async_register_admin_service(hass, DOMAIN, action.name, handler, schema, action.response)
        else:
            hass.services.async_register(DOMAIN, action.name, handler, schema, action.response)


async def _async_handle(hass: HomeAssistant, action: ActionDescription, call: ServiceCall) -> ServiceResponse:
    hub = running_hub(hass)
    who = {"by": await async_requester(hass, call.context, Path.ACTION)} if action.named else {}
    with checked():
        response = await action.handler(hub, with_names(hass, call.data), **who)
    return response if call.return_response else None


def running_hub(hass: HomeAssistant) -> Hub:
    """Return the hub. Raises ``HomeAssistantError`` while none runs."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is ConfigEntryState.LOADED:
            hub: Hub = entry.runtime_data
            return hub
    raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_running")
