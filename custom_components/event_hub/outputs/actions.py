"""Runs a Home Assistant action as an output."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, TemplateError
from homeassistant.helpers import template
from homeassistant.helpers.start import async_at_started
import voluptuous as vol

from ..const import LOGGER
from ..engine.model import Action
from ..wire.messages import Command

ACTION_TIMEOUT: Final = 15.0


async def async_run_action(hass: HomeAssistant, action: Action, command: Command, remaining: float) -> str | None:
    """Run ``action``, which may begin within ``remaining`` seconds; returns what went wrong, in words, or ``None``.

    Templates in its data know the input that triggered: ``input_key``,
    ``label``, ``location``, ``detail``, ``value``; and ``command_id``.
    """
    action = _told_off(action) if command.turn_on is False else action
    domain, _, name = action.action.partition(".")
    if not await _async_offered(hass, domain, name, remaining):
        return "expired before it could run"
    try:
        data = template.render_complex(_templates(hass, action.data), _variables(command))
        target = {key: list(v) if isinstance(v, tuple) else v for key, v in action.target.items()}
        call = hass.services.async_call(domain, name, data, blocking=True, target=target)
        running = hass.async_create_background_task(call, f"event_hub action {action.action}")
        late: str | None = f"{action.action} is still running after {ACTION_TIMEOUT:.0f} seconds"
        try:
            await asyncio.wait([running], timeout=ACTION_TIMEOUT)
        except asyncio.CancelledError:
            if running.cancelling():
                # Home Assistant stops, and cuts off everything.
                raise
            # The hub ends. What has begun counts as done: the next run must not begin it again.
            late = None
        finally:
            # Not cut off, not even by the end of the hub: a script that sounds a siren must also come to silencing it.
            if not running.done():
                running.add_done_callback(partial(_log_late_failure, action.action))
        if not running.done():
            return late
        await running
    except (HomeAssistantError, TemplateError, vol.Invalid, ValueError) as error:
        return f"{action.action}: {error}"
    except Exception:  # noqa: BLE001 - an action is anybody's code, and must not end the hub's
        LOGGER.exception("Action %s failed as an output", action.action)
        return f"{action.action} failed; see the log"
    return None


def _told_off(action: Action) -> Action:
    """Return the opposite of an action that turns something on, unless its own template says what off means.

    Without its data: the tone and volume of a siren are nothing that turning it off would take.
    """
    domain, _, name = action.action.partition(".")
    if name != "turn_on" or "turn_on" in str(action.data):
        return action
    return replace(action, action=f"{domain}.turn_off", data={})


async def _async_offered(hass: HomeAssistant, domain: str, name: str, remaining: float) -> bool:
    """Wait for an action whose integration may still be starting; ``False`` when time ran out."""
    if remaining <= 0:
        return False
    if hass.services.has_service(domain, name) or hass.is_running:
        return True
    started = asyncio.Event()

    async def note_start(_: HomeAssistant) -> None:
        started.set()

    cancel = async_at_started(hass, note_start)
    try:
        async with asyncio.timeout(remaining):
            await started.wait()
    except TimeoutError:
        return False
    finally:
        cancel()
    return True


def _log_late_failure(name: str, running: asyncio.Task[object]) -> None:
    if not running.cancelled() and (error := running.exception()) is not None:
        LOGGER.error("Action %s failed after it had run for long: %s", name, error)


def _templates(hass: HomeAssistant, value: Any) -> Any:
    """Copy ``value`` with every text in it that is a template made one."""
    if isinstance(value, str):
        return template.Template(value, hass) if template.is_template_string(value) else value
    if isinstance(value, tuple | list):
        return [_templates(hass, item) for item in value]
    if hasattr(value, "items"):
        return {key: _templates(hass, item) for key, item in value.items()}
    return value


def _variables(command: Command) -> dict[str, object]:
    cause = command.cause
    return {
        "input_key": cause.device_key,
        "label": cause.label or cause.device_key,
        "location": cause.location,
        "detail": cause.detail,
        "value": cause.value,
        "command_id": command.command_id,
        "turn_on": command.turn_on,
    }
