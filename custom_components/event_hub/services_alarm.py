"""The alarm's actions: their fields, and who may use them. What they do is in ``alarm_actions.py``.

What writes configuration needs an administrator. For the rest the alarm's codes say who may: a person who has no
account that matters may still have a code.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from . import alarm_actions
from .alarm_actions import Asked
from .alarm_settings import WEEKDAYS
from .const import DOMAIN
from .engine.alarm.codes import Path, Permission
from .engine.alarm.model import Action, AfterSiren, FaultPolicy, Mode, ZoneKind
from .picked import with_names
from .requester import async_requester
from .services import KEY, KEYS, NAMED, Described, Fields, async_register, running_hub

SECONDS: Final = vol.Coerce(float)
COUNT: Final = vol.Coerce(int)
MODE: Final = vol.In([mode.value for mode in Mode])
MODES: Final = vol.All(cv.ensure_list, [MODE])

type Handler = Callable[[Asked], Awaitable[ServiceResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmActionDescription(Described):
    """One action of the alarm, and what it does."""

    handler: Handler


def _of(action: Action) -> Handler:
    return partial(alarm_actions.async_ask, action)


def _words(*words: str) -> Any:
    return vol.All(cv.ensure_list, [vol.In(words)])


def _code(value: object) -> str:
    """Return a code as it was given. A number is refused: YAML makes 5349 of 012345, which is another code."""
    if isinstance(value, str):
        return value
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="alarm_code_unquoted")


_CODE: Final[Fields] = {vol.Optional("code"): _code}
_PARTITION: Final[Fields] = {vol.Required("partition"): KEY}
_CROSS_ZONE: Final = vol.Schema(
    {
        vol.Required("zones"): KEYS,
        vol.Optional("count", default=2): COUNT,
        vol.Optional("within", default=60): SECONDS,
    }
)
_PARTITION_FIELDS: Final[Fields] = {
    vol.Optional("partition"): KEY,
    vol.Optional("name"): KEY,
    vol.Optional("members"): KEYS,
    vol.Optional("modes"): vol.All(MODES, vol.Length(min=1)),
    vol.Optional("exit_delay"): SECONDS,
    vol.Optional("entry_delay"): SECONDS,
    vol.Optional("siren_outputs"): KEYS,
    vol.Optional("siren_limit"): SECONDS,
    vol.Optional("after_siren"): vol.In([each.value for each in AfterSiren]),
    vol.Optional("abort_window"): SECONDS,
    vol.Optional("cancel_window"): SECONDS,
    vol.Optional("swinger_limit"): COUNT,
    vol.Optional("arm_on_close"): cv.boolean,
    vol.Optional("fault_policy"): vol.In([each.value for each in FaultPolicy]),
    vol.Optional("code_to_arm"): cv.boolean,
    vol.Optional("code_to_disarm"): cv.boolean,
    vol.Optional("code_to_change_mode"): cv.boolean,
    vol.Optional("code_to_bypass"): cv.boolean,
    vol.Optional("cross_zones"): vol.All(cv.ensure_list, [_CROSS_ZONE]),
}
_ZONE_FIELDS: Final[Fields] = {
    **_PARTITION,
    vol.Required("inputs"): NAMED,
    vol.Optional("kind"): vol.In([kind.value for kind in ZoneKind]),
    vol.Optional("modes"): MODES,
    vol.Optional("entry_delay"): vol.Any(None, SECONDS),
    vol.Optional("exit_delay"): vol.Any(None, SECONDS),
    vol.Optional("bypassable"): cv.boolean,
    vol.Optional("silent"): cv.boolean,
    vol.Optional("chimes"): cv.boolean,
}
_CODE_FIELDS: Final[Fields] = {
    vol.Optional("user"): KEY,
    vol.Optional("name"): KEY,
    **_CODE,
    vol.Optional("permissions"): _words(*Permission),
    vol.Optional("partitions"): KEYS,
    vol.Optional("first_day"): vol.Any(None, cv.date),
    vol.Optional("last_day"): vol.Any(None, cv.date),
    vol.Optional("weekdays"): _words(*WEEKDAYS),
    vol.Optional("from_time"): vol.Any(None, cv.time),
    vol.Optional("until_time"): vol.Any(None, cv.time),
    vol.Optional("once"): cv.boolean,
    vol.Optional("duress"): cv.boolean,
}

ALARM_ACTIONS: Final = (
    AlarmActionDescription(
        name="alarm_arm",
        handler=_of(Action.ARM),
        fields={
            **_PARTITION,
            vol.Required("mode"): MODE,
            vol.Optional("force", default=False): cv.boolean,
            vol.Optional("skip_delay", default=False): cv.boolean,
            **_CODE,
        },
    ),
    AlarmActionDescription(name="alarm_disarm", handler=_of(Action.DISARM), fields={**_PARTITION, **_CODE}),
    AlarmActionDescription(
        name="alarm_bypass",
        handler=_of(Action.BYPASS),
        fields={
            **_PARTITION,
            vol.Required("zones"): NAMED,
            vol.Optional("bypassed", default=True): cv.boolean,
            **_CODE,
        },
    ),
    AlarmActionDescription(name="alarm_acknowledge", handler=_of(Action.ACKNOWLEDGE), fields={**_PARTITION, **_CODE}),
    AlarmActionDescription(name="alarm_silence", handler=_of(Action.SILENCE), fields={**_PARTITION, **_CODE}),
    AlarmActionDescription(
        name="alarm_panic",
        handler=_of(Action.PANIC),
        fields={**_PARTITION, vol.Optional("silent", default=False): cv.boolean},
    ),
    AlarmActionDescription(
        name="alarm_walk_test",
        handler=_of(Action.WALK_TEST),
        fields={
            **_PARTITION,
            vol.Optional("on", default=True): cv.boolean,
            vol.Optional("life_safety", default=False): cv.boolean,
            **_CODE,
        },
    ),
    AlarmActionDescription(
        name="set_partition", handler=alarm_actions.async_set_partition, fields=_PARTITION_FIELDS, admin=True
    ),
    AlarmActionDescription(
        name="remove_partition", handler=alarm_actions.async_remove_partition, fields=_PARTITION, admin=True
    ),
    AlarmActionDescription(name="set_zone", handler=alarm_actions.async_set_zone, fields=_ZONE_FIELDS, admin=True),
    AlarmActionDescription(
        name="remove_zone",
        handler=alarm_actions.async_remove_zone,
        fields={**_PARTITION, vol.Required("inputs"): NAMED},
        admin=True,
    ),
    AlarmActionDescription(name="set_code", handler=alarm_actions.async_set_code, fields=_CODE_FIELDS, admin=True),
    AlarmActionDescription(
        name="revoke_code", handler=alarm_actions.async_revoke_code, fields={vol.Required("user"): KEY}, admin=True
    ),
    AlarmActionDescription(
        name="list_alarm",
        handler=alarm_actions.async_list_alarm,
        fields={},
        admin=True,
        response=SupportsResponse.ONLY,
    ),
)


@callback
def async_setup_alarm_services(hass: HomeAssistant) -> None:
    """Register every action; each says what is missing while no hub runs."""
    async_register(hass, ALARM_ACTIONS, _async_handle)


async def _async_handle(hass: HomeAssistant, action: AlarmActionDescription, call: ServiceCall) -> ServiceResponse:
    hub = running_hub(hass)
    by = await async_requester(hass, call.context, Path.ACTION)
    response = await action.handler(Asked(hub=hub, data=with_names(hass, call.data), by=by))
    return response if call.return_response else None
