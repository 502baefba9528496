"""The hub's conditions for automations: how inputs, partitions and sources stand, and whether it is quiet.

They look at what the hub knows at this moment, not at entities, which follow a moment later. While no hub runs
nothing is known, and a condition says so instead of being false: "not active" must not pass for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Final, Unpack, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConditionErrorMessage
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .alarm_desk import AlarmRefusedError
from .const import DOMAIN
from .engine.alarm.model import Mode
from .engine.deadlines import apart
from .engine.model import InputStatus
from .engine.times.quiet_hours import is_quiet
from .hub import Hub
from .targets import Reader, hub_of, input_of, keys_of, partition_of, source_of

DISARMED: Final = "disarmed"
WITHIN: Final = timedelta(minutes=5)

type Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionDescription:
    """A condition on each of what is targeted. ``None``: nothing is known of that key."""

    reader: Reader
    holds: Callable[[Hub, str, Options], bool | None]
    options: Mapping[Any, Any] = field(default_factory=dict)


class HubCondition(Condition):
    """A condition that needs the hub to run."""

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Look at what is configured."""
        super().__init__(hass, config)
        self._target = config.target or {}
        self._options: Options = config.options or {}

    def _hub(self) -> Hub:
        hub = hub_of(self._hass)
        if hub is None:
            raise ConditionErrorMessage(DOMAIN, "Event Hub is not running, so that nothing is known of its devices")
        return hub


class TargetCondition(HubCondition):
    """A condition on what is targeted. Where nothing is, or nothing is known of it, it does not hold."""

    description: ClassVar[ConditionDescription]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check target and options."""
        schema = vol.Schema(
            {
                vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
                vol.Required(CONF_OPTIONS, default=dict): {
                    vol.Optional(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): vol.In([BEHAVIOR_ANY, BEHAVIOR_ALL]),
                    **cls.description.options,
                },
            }
        )
        return cast("ConfigType", schema(config))

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Look. Raises ``ConditionErrorMessage`` while no hub runs."""
        hub = self._hub()
        keys = keys_of(self._hass, self._target, self.description.reader)
        known = [held for key in keys if (held := self.description.holds(hub, key, self._options)) is not None]
        return bool(known) and (all(known) if self._options[ATTR_BEHAVIOR] == BEHAVIOR_ALL else any(known))


class QuietHoursCondition(HubCondition):
    """Whether it is quiet."""

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check that there is nothing to check."""
        return cast("ConfigType", vol.Schema({vol.Required(CONF_OPTIONS, default=dict): {}})(config))

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Look. Raises ``ConditionErrorMessage`` while no hub runs."""
        hub = self._hub()
        return is_quiet(hub.state.settings.quiet_hours, hub.now(), hub.state.settings.zone)


def _on_target(of: ConditionDescription) -> type[Condition]:
    class ConditionOnTarget(TargetCondition):
        description = of

    return ConditionOnTarget


def _status(hub: Hub, key: str) -> InputStatus | None:
    """Return how an input stands; a device that is only an output has nothing to say."""
    return (hub.state.input_status.get(key) or InputStatus()) if key in hub.state.inputs else None


def _is_active(hub: Hub, key: str, _: Options) -> bool | None:
    status = _status(hub, key)
    return None if status is None else status.active


def _is_clear(hub: Hub, key: str, options: Options) -> bool | None:
    """Whether an input is known to be clear: of one whose source is lost that is not known."""
    active = _is_active(hub, key, options)
    return (
        None
        if active is None
        else not active and _is_connected(hub, hub.state.inputs[key].source_id, options) is not False
    )


def _is_enabled(hub: Hub, key: str, _: Options) -> bool | None:
    record = hub.state.inputs.get(key)
    return None if record is None else record.enabled


def _was_triggered(hub: Hub, key: str, options: Options) -> bool | None:
    now, status = hub.look_at_clock(), _status(hub, key)
    if status is None:
        return None
    within: float = options["within"].total_seconds()
    return status.triggered_at is not None and apart(now, status.triggered_at) <= within


def _is_in_mode(hub: Hub, partition_id: str, options: Options) -> bool | None:
    if partition_id not in hub.alarm.partitions:
        return None
    mode = hub.alarm.view(partition_id).mode
    return (DISARMED if mode is None else mode.value) in options["mode"]


def _is_ready(hub: Hub, partition_id: str, options: Options) -> bool | None:
    try:
        return hub.alarm.readiness(partition_id, Mode(options["mode"])).ready
    except AlarmRefusedError:
        return None


def _is_connected(hub: Hub, source_id: str, _: Options) -> bool | None:
    status = hub.state.source_status.get(source_id)
    return None if status is None else not status.lost


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "input_is_active": _on_target(ConditionDescription(reader=input_of, holds=_is_active)),
    "input_is_clear": _on_target(ConditionDescription(reader=input_of, holds=_is_clear)),
    "input_is_enabled": _on_target(ConditionDescription(reader=input_of, holds=_is_enabled)),
    "input_was_triggered": _on_target(
        ConditionDescription(
            reader=input_of,
            holds=_was_triggered,
            options={vol.Optional("within", default=WITHIN): cv.positive_time_period},
        )
    ),
    "partition_is_in_mode": _on_target(
        ConditionDescription(
            reader=partition_of,
            holds=_is_in_mode,
            options={
                vol.Required("mode"): vol.All(
                    cv.ensure_list, vol.Length(min=1), [vol.In([DISARMED, *(mode.value for mode in Mode)])]
                )
            },
        )
    ),
    "partition_is_ready": _on_target(
        ConditionDescription(
            reader=partition_of,
            holds=_is_ready,
            options={vol.Optional("mode", default=Mode.AWAY.value): vol.In([mode.value for mode in Mode])},
        )
    ),
    "source_is_connected": _on_target(ConditionDescription(reader=source_of, holds=_is_connected)),
    "quiet_hours": QuietHoursCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:  # noqa: ARG001 - its name is Home Assistant's
    """Return the hub's conditions by name."""
    return CONDITIONS
