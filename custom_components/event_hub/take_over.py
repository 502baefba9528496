"""The forms that take over the configuration of the system that this one replaces."""

from operator import eq
from pathlib import Path
from typing import Any, Final

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_PATH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import FileSelector, FileSelectorConfig, TextSelector
import voluptuous as vol

from .connection_form import BASE, FaultyAnswerError
from .hub import Hub
from .import_requests import NotStoredError, PlanChangedError, async_carry_out, async_plan, planner_of
from .importing.legacy_db import LegacyDatabaseError, async_read, read_database
from .importing.legacy_model import LegacyConfig
from .importing.planner import Plan
from .issues import plain

CONF_FILE: Final = "file"
# The form is for reading; the action "import_legacy" answers with everything.
MOST_LINES: Final = 200
LONGEST_LINE: Final = 1_000
SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_FILE): FileSelector(FileSelectorConfig(accept="*/*")),
        vol.Optional(CONF_PATH): TextSelector(),
    }
)


class TakeOverSteps(OptionsFlowWithReload):
    """Asks for the old database, shows what it would change, and changes it. Options stay as they are."""

    _legacy: LegacyConfig
    _shown: Plan | None = None

    async def async_step_take_over(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the old database is, and read it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._legacy = await _async_read(self.hass, user_input.get(CONF_FILE), user_input.get(CONF_PATH))
            except FaultyAnswerError as error:
                errors = error.errors
            else:
                self._shown = None
                return await self.async_step_take_over_plan()
        shown = {CONF_PATH: (user_input or {}).get(CONF_PATH)}
        schema = self.add_suggested_values_to_schema(SCHEMA, shown)
        return self.async_show_form(step_id="take_over", data_schema=schema, errors=errors)

    async def async_step_take_over_plan(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what would change and, where that is still so once a person agrees, change it."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_running")
        hub: Hub = self.config_entry.runtime_data
        planned = await async_plan(hub, planner_of(hub, self._legacy))
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None and not await self.hass.async_add_executor_job(eq, planned.plan, self._shown):
            errors[BASE] = "plan_changed"
        elif user_input is not None:
            try:
                await async_carry_out(hub, planned)
            except NotStoredError:
                return self.async_abort(reason="not_stored")
            except PlanChangedError:
                errors[BASE] = "plan_changed"
                planned = await async_plan(hub, planner_of(hub, self._legacy))
            except HomeAssistantError as error:
                errors[BASE], detail = "take_over_failed", str(error)
            else:
                return self.async_create_entry(data=dict(self.config_entry.options))
        wanted = planned.plan
        left_out = _lines([each.text for each in wanted.left_out])
        if not wanted.changes and not await hub.async_save():
            return self.async_abort(reason="not_stored")
        if not wanted.changes:
            return self.async_abort(reason="nothing_to_take_over", description_placeholders={"left_out": left_out})
        self._shown = wanted
        return self.async_show_form(
            step_id="take_over_plan",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders={
                "count": str(len(wanted.texts)),
                "changes": _lines(list(wanted.texts)),
                "left_out": left_out,
                "detail": detail,
            },
        )


async def _async_read(hass: HomeAssistant, file_id: str | None, path: str | None) -> LegacyConfig:
    """Read the database that was uploaded or else the one at a path. Raises ``FaultyAnswerError``."""
    field = CONF_FILE if file_id else CONF_PATH
    try:
        if file_id:
            return await hass.async_add_executor_job(_read_upload, hass, file_id)
        if path and path.strip():
            return await async_read(hass, path.strip())
    except LegacyDatabaseError as error:
        raise FaultyAnswerError(field, f"legacy_{error.fault.value}") from error
    except ValueError as error:
        raise FaultyAnswerError(field, "upload_gone") from error
    raise FaultyAnswerError(BASE, "no_database_named")


def _read_upload(hass: HomeAssistant, file_id: str) -> LegacyConfig:
    """Read a database that was uploaded; it is deleted. Raises ``ValueError`` where it is gone already."""
    with process_uploaded_file(hass, file_id) as path:
        return read_database(Path(path))


def _lines(texts: list[str]) -> str:
    """Return sentences as a list in Markdown, and how many more there are; what devices are called is no Markdown."""
    shown = [f"- {plain(text, LONGEST_LINE)}" for text in texts[:MOST_LINES]]
    more = len(texts) - MOST_LINES
    return "\n".join([*shown, *([f"- … (+{more})"] if more > 0 else [])]) or "—"
