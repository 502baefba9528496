"""Quiet hours among the options."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.engine.times.quiet_hours import QuietHours
from custom_components.event_hub.engine.times.wall import HOUR
from custom_components.event_hub.entry_data import settings

from .kit import entry_of, fields

LATE: dict[str, Any] = {"enabled": True, "begin_at": "23:30:00", "end_at": "05:00:00"}


async def ask_for(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> ConfigFlowResult:
    """Go to a form of the options."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": step})


async def answer(hass: HomeAssistant, form: ConfigFlowResult, answers: dict[str, Any]) -> ConfigFlowResult:
    """Answer it."""
    return await hass.config_entries.options.async_configure(form["flow_id"], answers)


async def test_they_are_from_nine_to_seven_until_somebody_says_otherwise(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True)
    assert settings(entry).quiet_hours == QuietHours(enabled=True, begin_at=21 * HOUR, end_at=7 * HOUR)
    form = await ask_for(hass, entry, "quiet_hours")
    assert fields(form) == {"enabled": True, "begin_at": "21:00", "end_at": "07:00"}


async def test_what_is_chosen_counts(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True)
    result = await answer(hass, await ask_for(hass, entry, "quiet_hours"), LATE)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert settings(entry).quiet_hours == QuietHours(begin_at=23 * HOUR + 1800, end_at=5 * HOUR)
    assert fields(await ask_for(hass, entry, "quiet_hours")) == {
        "enabled": True,
        "begin_at": "23:30",
        "end_at": "05:00",
    }


async def test_they_can_be_switched_off(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True)
    await answer(hass, await ask_for(hass, entry, "quiet_hours"), {**LATE, "enabled": False})
    assert settings(entry).quiet_hours.enabled is False


async def test_those_that_never_end_are_refused(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True)
    form = await ask_for(hass, entry, "quiet_hours")
    form = await answer(hass, form, {**LATE, "end_at": "23:30:00"})
    assert form["errors"] == {"end_at": "never_ends"}
    assert entry.options == {}


async def test_limits_and_quiet_hours_do_not_overwrite_each_other(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True)
    await answer(hass, await ask_for(hass, entry, "quiet_hours"), LATE)
    form = await ask_for(hass, entry, "limits")
    assert form["data_schema"] is not None
    await answer(hass, form, {**form["data_schema"]({}), "max_validity": 60})
    await answer(hass, await ask_for(hass, entry, "quiet_hours"), {**LATE, "end_at": "06:00:00"})
    assert settings(entry).max_validity == 60
    assert settings(entry).quiet_hours == QuietHours(begin_at=23 * HOUR + 1800, end_at=6 * HOUR)


@pytest.mark.parametrize("kept", [{"begin_at": "soon"}, {"begin_at": "07:00"}, "always", None])
async def test_a_hub_starts_although_what_is_kept_makes_no_sense(hass: HomeAssistant, kept: object) -> None:
    entry = entry_of(hass, options={"quiet_hours": kept}, mqtt=True)
    assert settings(entry).quiet_hours == QuietHours()
