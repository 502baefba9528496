"""The forms that take over the old system's configuration."""

from pathlib import Path
from typing import Any

import aiohttp
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.event_hub.engine.errors import UnknownKeyError
from custom_components.event_hub.wire.messages import InputReport
from tests.importing.kit import LATER, door, make
from tests.integration.flows.kit import TEXTS
from tests.integration.kit import Home

from .conftest import OLD


async def begin(home: Home) -> ConfigFlowResult:
    """Go to the form that asks for the database."""
    options = home.hass.config_entries.options
    menu = await options.async_init(home.entry.entry_id)
    return await options.async_configure(menu["flow_id"], {"next_step_id": "take_over"})


async def answer(home: Home, form: ConfigFlowResult, answers: dict[str, Any]) -> ConfigFlowResult:
    """Answer a form."""
    return await home.hass.config_entries.options.async_configure(form["flow_id"], answers)


async def name(home: Home, path: str = OLD) -> ConfigFlowResult:
    """Name the database."""
    return await answer(home, await begin(home), {"path": path})


async def upload(hass_client: ClientSessionGenerator, content: bytes) -> str:
    """Upload a file as the frontend does; returns its id."""
    client = await hass_client()
    form = aiohttp.FormData()
    form.add_field("file", content, filename="old.db")
    response = await client.post("/api/file_upload", data=form)
    assert response.status == 200
    file_id: str = (await response.json())["file_id"]
    return file_id


def said(form: ConfigFlowResult) -> str:
    """Return what a form tells."""
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    text: str = TEXTS["options"]["step"]["take_over_plan"]["description"]
    return text.format(**placeholders)


async def test_the_plan_is_shown_and_nothing_is_done_yet(moved: Home) -> None:
    form = await name(moved)
    assert form["step_id"] == "take_over_plan"
    assert "- “Front Door” triggers “Garage Siren”" in said(form)
    assert "were linked, which had no effect" in said(form)
    assert "Front Door" not in moved.hub.state.inputs


async def test_it_is_carried_out_once_somebody_agrees_and_the_hub_runs_on(moved: Home) -> None:
    before = moved.hub
    done = await answer(moved, await name(moved), {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await moved.told()
    assert moved.hub is before
    assert moved.hub.state.inputs["Front Door"].links == ("Garage Siren",)
    assert moved.entry.options == {}


async def test_the_second_time_there_is_nothing_left_to_do(moved: Home) -> None:
    await answer(moved, await name(moved), {})
    again = await name(moved)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "nothing_to_take_over")
    assert again["description_placeholders"] is not None
    assert "were linked" in again["description_placeholders"]["left_out"]


async def test_a_database_can_be_uploaded_and_does_not_stay(
    moved: Home, database: Path, hass_client: ClientSessionGenerator
) -> None:
    file_id = await upload(hass_client, database.read_bytes())
    form = await answer(moved, await begin(moved), {"file": file_id})
    assert "“Front Door” triggers" in said(form)
    await answer(moved, form, {})
    assert "Front Door" in moved.hub.state.inputs
    gone = await answer(moved, await begin(moved), {"file": file_id})
    assert gone["errors"] == {"file": "upload_gone"}


async def test_an_upload_that_is_no_database_is_refused(moved: Home, hass_client: ClientSessionGenerator) -> None:
    file_id = await upload(hass_client, b"no database at all" * 100)
    form = await answer(moved, await begin(moved), {"file": file_id})
    assert form["errors"] == {"file": "legacy_no_database"}


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        ({}, {"base": "no_database_named"}),
        ({"path": " "}, {"base": "no_database_named"}),
        ({"path": "none.db"}, {"path": "legacy_missing"}),
        ({"path": "/etc/passwd"}, {"path": "legacy_not_allowed"}),
    ],
)
async def test_a_database_that_will_not_do_is_asked_for_again(
    moved: Home, answers: dict[str, str], errors: dict[str, str]
) -> None:
    form = await answer(moved, await begin(moved), answers)
    assert (form["step_id"], form["errors"]) == ("take_over", errors)
    assert all(word in TEXTS["options"]["error"] for word in errors.values())
    assert (await answer(moved, form, {"path": OLD}))["step_id"] == "take_over_plan"


async def test_what_changed_meanwhile_is_shown_before_it_is_done(moved: Home) -> None:
    form = await name(moved)
    await moved.report(InputReport(device_key="Front Door", label="Own label"))
    form = await answer(moved, form, {})
    assert form["errors"] == {"base": "plan_changed"}
    assert "“Front Door” is added" not in said(form)
    assert not moved.hub.state.inputs["Front Door"].enabled
    assert (await answer(moved, form, {}))["type"] is FlowResultType.CREATE_ENTRY
    assert moved.hub.state.inputs["Front Door"].enabled


async def test_what_changed_while_it_was_done_is_shown_before_it_is_done(
    moved: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = await name(moved)
    do = moved.hub.async_post_all

    async def outrun(events: Any, still: Any) -> bool:
        moved.inject(InputReport(device_key="Front Door", label="Own label"))
        return await do(events, still)

    with monkeypatch.context() as slow:
        slow.setattr(moved.hub, "async_post_all", outrun)
        form = await answer(moved, form, {})
    assert form["errors"] == {"base": "plan_changed"}
    assert "“Front Door” is added" not in said(form)
    assert (await answer(moved, form, {}))["type"] is FlowResultType.CREATE_ENTRY


async def test_without_a_hub_nothing_is_planned(moved: Home) -> None:
    form = await begin(moved)
    assert await moved.hass.config_entries.async_unload(moved.entry.entry_id)
    assert (await answer(moved, form, {"path": OLD}))["reason"] == "not_running"


async def test_what_the_engine_refuses_is_said_and_nothing_is_done(
    moved: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = await name(moved)

    async def refuse(*_: object) -> None:
        raise UnknownKeyError("Front Door")

    monkeypatch.setattr(moved.hub, "async_post_all", refuse)
    form = await answer(moved, form, {})
    assert form["errors"] == {"base": "take_over_failed"}
    assert form["description_placeholders"] is not None
    assert "Front Door" in form["description_placeholders"]["detail"]


async def test_what_devices_are_called_is_shown_as_it_is(home: Home) -> None:
    row = door(device_key="[Door](http://x) <b>", customized=1, device_enabled=1)
    make(Path(home.hass.config.path(OLD)), LATER, {"input_config": [row]})
    text = said(await name(home))
    assert "Door" in text
    assert not set("[]<>") & set(text)


async def test_the_first_of_many_changes_are_shown_and_all_counted(hass: HomeAssistant, home: Home) -> None:
    rows = [{"id": number, "device_key": f"Door {number}", "device_type": "contact"} for number in range(1, 302)]
    make(Path(hass.config.path(OLD)), LATER, {"input_config": rows})
    form = await name(home)
    assert "301" in said(form).partition("\n")[0]
    assert "(+101)" in said(form)
    await answer(home, form, {})
    assert len(home.hub.state.inputs) == 303
