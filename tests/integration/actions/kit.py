"""Performs the hub's actions and reads what they answer, or in which words they refuse."""

from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_exception_message
import pytest

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.events import InputAdopted, OutputAdopted
from custom_components.event_hub.engine.model import Action, InputRecord, OutputRecord
from tests.integration.kit import Home

type Answer = dict[str, Any]


async def ask(hass: HomeAssistant, action: str, /, *, context: Context | None = None, **data: Any) -> Answer:
    """Perform an action and return its answer."""
    answer = await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context, return_response=True)
    assert answer is not None
    return dict(answer)


async def tell(hass: HomeAssistant, action: str, /, *, context: Context | None = None, **data: Any) -> None:
    """Perform an action without wanting an answer."""
    await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context)


async def refusal(hass: HomeAssistant, action: str, /, **data: Any) -> str:
    """Perform an action that refuses, and return what people read; Home Assistant takes the last full stop away."""
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, action, **data)
    error = caught.value
    assert error.translation_domain == DOMAIN
    assert error.translation_key is not None
    return async_get_exception_message(DOMAIN, error.translation_key, error.translation_placeholders)


async def add_inputs(home: Home, *keys: str, label: str | None = None, group: str | None = None) -> None:
    """Have inputs that are switched on and follow no entity yet."""
    for key in keys:
        record = InputRecord(key=key, source_id="", enabled=True, label=label, group=group)
        await home.post(InputAdopted(record=record))


async def add_outputs(
    home: Home, *keys: str, action: str = "siren.turn_on", label: str | None = None, group: str | None = None
) -> None:
    """Have outputs that are switched on and perform ``action``."""
    for key in keys:
        record = OutputRecord(
            key=key, source_id="", enabled=True, label=label, group=group, action=Action(action=action)
        )
        await home.post(OutputAdopted(record=record))
