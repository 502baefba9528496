"""The action that takes over the old system's configuration."""

from pathlib import Path
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context
from homeassistant.exceptions import Unauthorized
import pytest

from custom_components.event_hub import import_requests
from custom_components.event_hub.engine.model import EXPECTED_SOURCE, CommandStatus
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.importing.legacy_db import Fault
from custom_components.event_hub.importing.planner import TABLES
from custom_components.event_hub.wire.messages import InputReport, OutputReport, ReportKind
from tests.importing.kit import LATER, OF_2023, door, make, siren
from tests.integration.actions.kit import ask, refusal, tell
from tests.integration.flows.kit import TEXTS
from tests.integration.kit import Home

from .conftest import OLD


def configuration(state: State) -> dict[str, Any]:
    """Return all that people set."""
    return {name: dict(getattr(state, name)) for name in TABLES}


async def test_by_default_it_only_says_what_would_change(moved: Home) -> None:
    before = configuration(moved.hub.state)
    answer = await ask(moved.hass, "import_legacy", path=OLD)
    assert answer["applied"] is False
    assert "“Front Door” triggers “Garage Siren”" in answer["changes"]
    assert "“Garden PIR” is scheduled: on at 22:30, off at 05:30 every day" in answer["changes"]
    assert any("were linked, which had no effect" in problem for problem in answer["problems"])
    assert configuration(moved.hub.state) == before


async def test_what_it_said_is_what_it_does(moved: Home) -> None:
    said = await ask(moved.hass, "import_legacy", path=OLD)
    done = await ask(moved.hass, "import_legacy", path=OLD, dry_run=False)
    assert done == {**said, "applied": True}
    state = moved.hub.state
    assert (state.inputs["Front Door"].enabled, state.inputs["Front Door"].rule.latch) == (True, 30.0)
    assert state.inputs["Front Door"].links == ("Garage Siren",)
    assert state.inputs["Cellar"].rule.unit == "kWh"
    assert state.inputs["Garden PIR"].schedule is not None
    assert (state.outputs["Garage Siren"].params, state.outputs["Garage Siren"].interval) == ("30", 15.0)


async def test_doing_it_again_doubles_nothing(moved: Home) -> None:
    await tell(moved.hass, "import_legacy", path=OLD, dry_run=False)
    before = configuration(moved.hub.state)
    again = await ask(moved.hass, "import_legacy", path=OLD, dry_run=False)
    assert again["changes"] == []
    assert configuration(moved.hub.state) == before


async def test_doing_it_again_doubles_nothing_of_a_database_of_2023_either(home: Home) -> None:
    rows: dict[str, list[dict[str, object]]] = {
        "input_config": [
            door(customized=1, activation_interval=30, multi_trigger=1, auto_schedule=1, auto_schedule_enable="22:30")
        ],
        "output_config": [siren()],
        "output_link": [{"id": 1, "input_device_id": 1, "output_device_id": 1}],
    }
    make(Path(home.hass.config.path(OLD)), OF_2023, rows)
    done = await ask(home.hass, "import_legacy", path=OLD, dry_run=False)
    assert "“Front Door” triggers “Garage Siren”" in done["changes"]
    rule = home.hub.state.inputs["Front Door"].rule
    assert (rule.latch, rule.confirm_count, rule.confirm_within) == (30.0, 2, 10.0)
    before = configuration(home.hub.state)
    assert (await ask(home.hass, "import_legacy", path=OLD, dry_run=False))["changes"] == []
    assert configuration(home.hub.state) == before


async def test_doing_it_again_after_the_devices_reported_doubles_nothing(moved: Home) -> None:
    await tell(moved.hass, "import_legacy", path=OLD, dry_run=False)
    await moved.report(
        *(InputReport(device_key=key, label=key) for key in ("Front Door", "Garden PIR", "Cellar")),
        outputs=[OutputReport(device_key="Garage Siren", label="Siren", trigger_topic="event.trigger.ioboard")],
        kind=ReportKind.HEARTBEAT,
    )
    assert EXPECTED_SOURCE.source_id not in moved.hub.state.sources
    before = configuration(moved.hub.state)
    assert (await ask(moved.hass, "import_legacy", path=OLD, dry_run=False))["changes"] == []
    assert configuration(moved.hub.state) == before


async def test_what_was_taken_over_is_there_after_a_restart(moved: Home) -> None:
    await tell(moved.hass, "import_legacy", path=OLD, dry_run=False)
    before = configuration(moved.hub.state)
    await moved.reload()
    assert configuration(moved.hub.state) == before


async def test_a_device_has_its_entities_before_it_reports_and_keeps_them(moved: Home) -> None:
    await tell(moved.hass, "import_legacy", path=OLD, dry_run=False)
    await moved.told()
    before = {state.entity_id for state in moved.hass.states.async_all()}
    assert moved.hass.states.is_state("switch.front_door_input_enabled", "on")
    await moved.report(InputReport(device_key="Front Door", active=True))
    assert moved.hass.states.is_state("binary_sensor.front_door", "on")
    assert {state.entity_id for state in moved.hass.states.async_all()} >= before


async def test_devices_hang_at_what_is_expected_until_their_source_reports(moved: Home) -> None:
    await tell(moved.hass, "import_legacy", path=OLD, dry_run=False)
    await moved.told()
    expected = moved.device(EXPECTED_SOURCE.source_id)
    door_device = moved.device("device:Front Door")
    assert expected is not None
    assert door_device is not None
    assert expected.name == "Not reported yet"
    assert door_device.via_device_id == expected.id
    await moved.report(InputReport(device_key="Front Door", active=True))
    board = moved.device("ioboard.garage")
    assert board is not None
    again = moved.device("device:Front Door")
    assert again is not None
    assert (again.id, again.via_device_id) == (door_device.id, board.id)


async def test_an_output_that_has_not_reported_has_no_button_and_a_command_says_why(moved: Home) -> None:
    await tell(moved.hass, "import_legacy", path=OLD, dry_run=False)
    await moved.told()
    outputs = moved.hub.state.output_status
    await ask(moved.hass, "trigger_output", output="Garage Siren")
    await moved.told()
    assert outputs["Garage Siren"].command_status is CommandStatus.UNDELIVERED
    assert "has not reported yet" in (outputs["Garage Siren"].command_detail or "")
    buttons = [state for state in moved.hass.states.async_all("button") if "siren" in state.entity_id]
    assert buttons == []
    await moved.report(outputs=[OutputReport(device_key="Garage Siren")], kind=ReportKind.HEARTBEAT)
    assert [state for state in moved.hass.states.async_all("button") if "siren" in state.entity_id]


async def test_what_one_row_has_wrong_keeps_nothing_else_out(home: Home) -> None:
    rows = {"input_config": [door(customized=1, trigger_latch_duration=-5), {**door(), "id": 2, "device_key": "Gate"}]}
    make(Path(home.hass.config.path(OLD)), LATER, rows)
    answer = await ask(home.hass, "import_legacy", path=OLD, dry_run=False)
    assert {"Front Door", "Gate"} <= home.hub.state.inputs.keys()
    assert any("trigger_latch_duration" in problem for problem in answer["problems"])


async def test_it_is_for_administrators(moved: Home, hass_read_only_user: User, hass_admin_user: User) -> None:
    with pytest.raises(Unauthorized):
        await ask(moved.hass, "import_legacy", path=OLD, context=Context(user_id=hass_read_only_user.id))
    assert await ask(moved.hass, "import_legacy", path=OLD, context=Context(user_id=hass_admin_user.id))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("none.db", "There is no such file"),
        (".", "This is not a file"),
        ("/etc/passwd", "Home Assistant may not read this file"),
        ("../../old.db", "Home Assistant may not read this file"),
        ("notes.txt", "This is not a SQLite database"),
    ],
)
async def test_a_file_that_will_not_do_is_refused_in_words(moved: Home, path: str, said: str) -> None:
    Path(moved.hass.config.path("notes.txt")).write_text("shopping: milk\n" * 100, encoding="utf-8")
    assert (await refusal(moved.hass, "import_legacy", path=path)).startswith(said)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_of_a_database_has_its_words(fault: Fault) -> None:
    assert TEXTS["exceptions"][f"legacy_{fault.value}"]["message"] == TEXTS["options"]["error"][f"legacy_{fault.value}"]


async def test_nothing_is_done_when_the_hub_ended_meanwhile(moved: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, plan = moved.hub, import_requests.async_plan

    async def slow(*given: Any) -> Any:
        wanted = await plan(*given)
        await moved.reload()
        return wanted

    monkeypatch.setattr(import_requests, "async_plan", slow)
    assert (await refusal(moved.hass, "import_legacy", path=OLD, dry_run=False)).startswith("Event Hub is not running")
    assert "Front Door" not in hub.state.inputs
    assert "Front Door" not in moved.hub.state.inputs
