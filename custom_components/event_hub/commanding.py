"""Commands that people give through entities: what was not sent is an error they read."""

from homeassistant.exceptions import HomeAssistantError

from .asked import checked
from .const import DOMAIN
from .engine.model import CommandStatus, OutputReason, Reason
from .hub import Hub
from .identifiers import name_of
from .pressing import async_press


async def async_command_output(hub: Hub, key: str, *, turn_on: bool | None = None) -> None:
    """Command an output. Raises ``HomeAssistantError`` when nothing was sent, or could not be handed over."""
    with checked():
        decision = await hub.async_request_output(key, turn_on=turn_on)
    (output,) = decision.outputs
    name = name_of(key, hub.state.outputs)
    if output.reason is not OutputReason.SENT:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=f"not_sent_{output.reason.value}",
            translation_placeholders={"name": name_of(key, hub.state.outputs)},
        )
    status = hub.state.output_status.get(key)
    if (
        status is not None
        and status.command_id == output.command_id
        and status.command_status is CommandStatus.UNDELIVERED
    ):
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="undelivered",
            translation_placeholders={"name": name, "problem": status.command_detail or ""},
        )


async def async_press_input(hub: Hub, key: str) -> None:
    """Trigger an input by hand, as ``async_press``. Raises ``HomeAssistantError`` when it is switched off."""
    with checked():
        decisions = await async_press(hub, (key,))
    if any(decision.reason in (Reason.DISABLED, Reason.OFF_SCHEDULE) for decision in decisions):
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="input_disabled", translation_placeholders={"name": key}
        )
