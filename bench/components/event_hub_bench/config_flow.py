"""Asks how many devices that do nothing are wanted."""

from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
import voluptuous as vol

from . import DOMAIN


class BenchConfigFlow(ConfigFlow, domain=DOMAIN):
    """One step."""

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the number of devices, and of entities in all."""
        if user_input is not None:
            return self.async_create_entry(title="Benchmark", data=user_input)
        schema = vol.Schema({vol.Required("devices"): int, vol.Required("entities"): int})
        return self.async_show_form(step_id="user", data_schema=schema)
