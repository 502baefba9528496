"""What the actions about importing and exporting do, and what they answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .alarm_door import Requester
from .asked import checked
from .bulk import turns
from .const import DOMAIN
from .engine.events import EnabledSet, Event, PartitionSet
from .engine.state import State
from .hub import Hub
from .import_wishes import channels_by_name, fulfil, here
from .importing.document import PortableError
from .importing.files import FileFaultError, async_read_text, async_write_export
from .importing.legacy_db import LegacyDatabaseError, async_read
from .importing.legacy_model import LegacyConfig
from .importing.plan import plan
from .importing.planner import Plan, still_so
from .importing.portable import export_yaml, plan_yaml

# An error is read in a corner of the screen.
MOST_PROBLEMS: Final = 10

# So often is an import planned, where what it changes is changed by others meanwhile.
TRIALS: Final = 3

type Data = Mapping[str, Any]
type Make = Callable[[State], Plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and how the hub was when it was made."""

    plan: Plan
    before: State


class PlanChangedError(HomeAssistantError):
    """What was planned would be planned otherwise by now; nothing was done."""


class NotStoredError(HomeAssistantError):
    """What was imported counts from now on, but the disk did not take it."""


async def async_import_legacy(hub: Hub, data: Data, *, by: Requester | None = None) -> ServiceResponse:
    """Take over the replaced system's configuration, or say what that would change."""
    try:
        legacy = await async_read(hub.hass, data["path"])
    except LegacyDatabaseError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key=f"legacy_{error.fault.value}"
        ) from error
    return await _async_done(hub, planner_of(hub, legacy), dry_run=data["dry_run"], by=by)


async def async_export_configuration(hub: Hub, data: Data) -> ServiceResponse:
    """Return the hub's configuration as YAML, and write it to a file if one is named."""
    channels = {name: known for name, (_, known) in channels_by_name(hub.entry).items()}
    export = partial(export_yaml, hub.state.copy(), channels, with_logins=data["logins"], turn=turns())
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
        make = partial(plan_yaml, text, here=here(hub.hass, hub.entry), language=_language(hub), turn=turns())
        return await _async_done(hub, make, dry_run=data["dry_run"], by=by)
    except FileFaultError as error:
        raise _file_error(error) from error
    except PortableError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="configuration_invalid",
            translation_placeholders={"problems": "\n".join(_first(error.problems))},
        ) from error


def planner_of(hub: Hub, legacy: LegacyConfig) -> Make:
    """Return what plans to take over the replaced system's configuration, in the language of Home Assistant."""
    return partial(plan, legacy, language=_language(hub), turn=turns())


async def async_plan(hub: Hub, make: Make) -> Planned:
    """Return what ``make`` plans as the hub is now."""
    before = hub.state.copy()
    return Planned(plan=await hub.hass.async_add_executor_job(make, before), before=before)


async def async_carry_out(hub: Hub, planned: Planned, by: Requester | None = None) -> None:
    """Do all that was planned, in the name of ``by``, and return once it is on disk.

    Raises ``HomeAssistantError``, and then none of it is done, ``PlanChangedError`` where it would be another plan by
    now; ``NotStoredError`` where it is done and a restart would not know of it. A hub that ends in the middle of it
    may leave quiet hours and channels undone, or all of it: asking again does what is left.
    """
    wanted = planned.plan
    _check_running(hub)
    with checked():
        events = [_named(event, by) for event in wanted.events]
        if not await hub.async_post_all(events, lambda: still_so(wanted, planned.before, hub.state)):
            raise PlanChangedError(translation_domain=DOMAIN, translation_key="import_changed")
    _check_running(hub)
    fulfil(hub, wanted.wishes)
    # Also where there is nothing to do: what was done before may be on no disk yet.
    if not await hub.async_save():
        _check_running(hub)
        raise NotStoredError(translation_domain=DOMAIN, translation_key="import_not_stored")


def _check_running(hub: Hub) -> None:
    """Raise ``HomeAssistantError`` for a hub that ended meanwhile, or was reloaded: another one has its place."""
    if hub.entry.state is not ConfigEntryState.LOADED or hub.entry.runtime_data is not hub:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_running")


def _language(hub: Hub) -> str:
    language: str = hub.hass.config.language
    return language


def _named(event: Event, by: Requester | None) -> Event:
    """Return an event with who asked for it, where that is told of it."""
    if by is None or not isinstance(event, EnabledSet | PartitionSet):
        return event
    return replace(event, actor=by.actor)


async def _async_done(hub: Hub, make: Make, *, dry_run: bool, by: Requester | None) -> ServiceResponse:
    for trial in range(TRIALS):
        planned = await async_plan(hub, make)
        try:
            if not dry_run:
                await async_carry_out(hub, planned, by)
            break
        except PlanChangedError:
            if trial == TRIALS - 1:
                raise
    return {
        "applied": not dry_run,
        "changes": list(planned.plan.texts),
        "problems": [each.text for each in planned.plan.left_out],
    }


def _file_error(error: FileFaultError) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=f"file_{error.fault.value}")


def _first(problems: tuple[str, ...]) -> list[str]:
    """Return the first problems, and how many more there are."""
    more = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], *([f"(+{more})"] if more > 0 else [])]
