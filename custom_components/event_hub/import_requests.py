"""What the actions about importing and exporting do, and what they answer."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import ServiceResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .alarm_door import Requester
from .asked import checked
from .const import DOMAIN
from .engine.events import EnabledSet, Event, PartitionSet
from .hub import Hub
from .importing.document import PortableError
from .importing.files import FileFaultError, async_read_text, async_write_export
from .importing.legacy_db import LegacyDatabaseError, async_read
from .importing.legacy_model import LegacyConfig
from .importing.plan import plan
from .importing.planner import Plan
from .importing.portable import export_yaml, plan_yaml

# An error is read in a corner of the screen.
MOST_PROBLEMS: Final = 10

type Data = Mapping[str, Any]


async def async_import_legacy(hub: Hub, data: Data, *, by: Requester | None = None) -> ServiceResponse:
    """Take over the replaced system's configuration, or say what that would change."""
    try:
        legacy = await async_read(hub.hass, data["path"])
    except LegacyDatabaseError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key=f"legacy_{error.fault.value}"
        ) from error
    return _done(hub, await async_plan(hub, legacy), dry_run=data["dry_run"], by=by)


async def async_export_configuration(hub: Hub, data: Data) -> ServiceResponse:
    """Return the hub's configuration as YAML, and write it to a file if one is named."""
    export = partial(export_yaml, hub.state.copy(), with_logins=data["logins"])
    answer: dict[str, Any] = {"yaml": await hub.hass.async_add_executor_job(export)}
    if "file" in data:
        try:
            answer["file"] = await async_write_export(hub.hass, data["file"], answer["yaml"])
        except FileFaultError as error:
            raise _file_error(error) from error
    return answer


async def async_import_configuration(hub: Hub, data: Data, *, by: Requester | None = None) -> ServiceResponse:
    """Take over a configuration that was exported, or say what that would change."""
    if ("yaml" in data) == ("path" in data):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="configuration_not_one")
    try:
        text = data["yaml"] if "yaml" in data else await async_read_text(hub.hass, data["path"])
        wanted = await hub.hass.async_add_executor_job(plan_yaml, text, hub.state.copy())
    except FileFaultError as error:
        raise _file_error(error) from error
    except PortableError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="configuration_invalid",
            translation_placeholders={"problems": "\n".join(_first(error.problems))},
        ) from error
    return _done(hub, wanted, dry_run=data["dry_run"], by=by)


async def async_plan(hub: Hub, legacy: LegacyConfig) -> Plan:
    """Return what taking over the replaced system's configuration changes as the hub is now."""
    return await hub.hass.async_add_executor_job(plan, legacy, hub.state.copy())


@callback
def carry_out(hub: Hub, wanted: Plan, by: Requester | None = None) -> None:
    """Do all that was planned, in the name of ``by``. Raises ``HomeAssistantError``, and then none of it is done."""
    if hub.entry.state is not ConfigEntryState.LOADED or hub.entry.runtime_data is not hub:
        # It ended while the plan was made.
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_running")
    with checked():
        hub.post_all([_named(event, by) for event in wanted.events])


def _named(event: Event, by: Requester | None) -> Event:
    """Return an event with who asked for it, where that is told of it."""
    if by is None or not isinstance(event, EnabledSet | PartitionSet):
        return event
    return replace(event, actor=by.actor)


def _done(hub: Hub, wanted: Plan, *, dry_run: bool, by: Requester | None) -> ServiceResponse:
    if not dry_run:
        carry_out(hub, wanted, by)
    return {
        "applied": not dry_run,
        "changes": [change.text for change in wanted.changes],
        "problems": [each.text for each in wanted.left_out],
    }


def _file_error(error: FileFaultError) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=f"file_{error.fault.value}")


def _first(problems: tuple[str, ...]) -> list[str]:
    """Return the first problems, and how many more there are."""
    more = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], *([f"(+{more})"] if more > 0 else [])]
