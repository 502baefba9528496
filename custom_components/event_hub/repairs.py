"""Issues that a person confirms to have read."""

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant


async def async_create_fix_flow(
    _hass: HomeAssistant, _issue_id: str, _data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Ask for the confirmation, after which the issue is gone."""
    return ConfirmRepairFlow()
