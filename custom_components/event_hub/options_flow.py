"""The form about the hub's limits."""

from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode
import voluptuous as vol

from .engine.model import Settings
from .entry_data import (
    CONF_ACTIVITY_DAYS,
    CONF_ACTIVITY_MEGABYTES,
    CONF_COMMAND_EXPIRY,
    CONF_MAX_VALIDITY,
    CONF_SILENCE_MAX,
    CONF_SILENCE_MIN,
)
from .storage.activity import ActivityLimits

_SETTINGS: Final = Settings()
_LIMITS: Final = ActivityLimits()


def _number(low: float, high: float, unit: str) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(min=low, max=high, step=1, unit_of_measurement=unit, mode=NumberSelectorMode.BOX)
    )


SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_MAX_VALIDITY, default=_SETTINGS.max_validity): _number(10, 3_600, "s"),
        vol.Required(CONF_SILENCE_MIN, default=_SETTINGS.silence_min): _number(5, 3_600, "s"),
        vol.Required(CONF_SILENCE_MAX, default=_SETTINGS.silence_max): _number(10, 86_400, "s"),
        vol.Required(CONF_COMMAND_EXPIRY, default=_SETTINGS.command_expiry): _number(5, 3_600, "s"),
        vol.Required(CONF_ACTIVITY_DAYS, default=_LIMITS.days): _number(1, 3_650, "days"),
        vol.Required(CONF_ACTIVITY_MEGABYTES, default=_LIMITS.megabytes): _number(10, 10_000, "MB"),
    }
)


class EventHubOptionsFlow(OptionsFlowWithReload):
    """Asks for the limits; the hub starts anew with them."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for all of them at once."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if user_input[CONF_SILENCE_MIN] <= user_input[CONF_SILENCE_MAX]:
                return self.async_create_entry(data=user_input)
            errors[CONF_SILENCE_MAX] = "below_minimum"
        shown = user_input or self.config_entry.options
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(SCHEMA, shown), errors=errors
        )
