"""Actions that only answer: why an input did or did not trigger, what happened, and what there is."""

from collections.abc import Iterable
import csv
from datetime import timedelta
from io import StringIO
import json
import threading
import time
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service
import voluptuous as vol

from custom_components.event_hub import activity_requests, hub
from custom_components.event_hub.engine.events import Forgotten, Linked
from custom_components.event_hub.storage.activity import ActivityFilter, Entry
from custom_components.event_hub.wire.messages import InputReport, OutputReport
from tests.integration.kit import Home

from .kit import add_inputs, add_outputs, ask, refusal, tell

NOON = dt_util.utcnow().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


class Clock:
    """The hub's clock, which stands still at noon until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def time(self) -> float:
        return self.now.timestamp()

    def monotonic(self) -> float:
        return self.now.timestamp() - time.time() + time.monotonic()


@pytest.fixture
def clock(home: Home, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of a hub that runs."""
    clock = Clock()
    assert home.hub.state.inputs
    monkeypatch.setattr(hub, "time", clock)
    return clock


@pytest.fixture
def sirens(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the calls of the action that the outputs perform."""
    return async_mock_service(hass, "siren", "turn_on")


@pytest.fixture
async def alarm(home: Home) -> Home:
    """Return a home whose door is linked to two sirens, of which one is switched off."""
    await add_inputs(home, "Door")
    await add_outputs(home, "Siren 1", "Siren 2")
    await home.enable(outputs=("Siren 2",), enabled=False)
    await home.post(Linked(inputs=("Door",), outputs=("Siren 1", "Siren 2")))
    return home


async def why(home: Home, name: str, **more: Any) -> list[dict[str, Any]]:
    decisions: list[dict[str, Any]] = (await ask(home.hass, "why", input=name, **more))["decisions"]
    return decisions


async def activity(home: Home, **wanted: Any) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = (await ask(home.hass, "list_activity", **wanted))["activity"]
    return entries


async def test_why_tells_what_was_decided_for_each_output_and_what_became_of_it(
    alarm: Home, sirens: list[ServiceCall]
) -> None:
    await tell(alarm.hass, "trigger_input", input="Door", detail="forced")
    await alarm.told()
    (decision,) = await why(alarm, "door")
    assert decision["explanation"] == (
        "It triggered. Siren 1: commanded. Siren 2: the output is switched off in the hub."
    )
    assert (decision["reason"], decision["detail"]) == ("triggered", "forced")
    assert decision["outcome"] == {"Siren 1": "done"}
    told = [(command["output_key"], command["status"]) for command in decision["commands"]]
    assert told == [("Siren 1", "sent"), ("Siren 1", "done")]
    assert len(sirens) == 1


async def test_why_tells_what_went_wrong_with_a_command(alarm: Home) -> None:
    async_mock_service(alarm.hass, "siren", "turn_on", raise_exception=HomeAssistantError("no power"))
    await tell(alarm.hass, "trigger_input", input="Door")
    await alarm.told()
    (decision,) = await why(alarm, "Door")
    failed = decision["commands"][-1]
    assert (failed["status"], failed["detail"]) == ("undelivered", "siren.turn_on: no power")
    assert dt_util.parse_datetime(failed["at"], raise_on_error=True).tzinfo is not None


async def test_why_tells_the_reasons_newest_first(alarm: Home, sirens: list[ServiceCall]) -> None:
    for _ in range(2):
        await tell(alarm.hass, "trigger_input", input="Door")
    await alarm.enable(inputs=("Door",), enabled=False)
    await tell(alarm.hass, "trigger_input", input="Door")
    assert [decision["reason"] for decision in await why(alarm, "Door")] == ["disabled", "latched", "triggered"]
    (newest,) = await why(alarm, "Door", limit=1)
    assert newest["explanation"] == "The input is switched off in the hub."
    assert len(sirens) == 1


async def test_why_of_a_group_tells_the_newest_of_all_its_inputs(home: Home) -> None:
    await add_inputs(home, "Door", "Window", "Hatch", group="Ground Floor")
    for key in ("Window", "Door", "Hatch"):
        await tell(home.hass, "trigger_input", input=key)
    decisions = await why(home, "ground floor", limit=2)
    assert [decision["input_key"] for decision in decisions] == ["Hatch", "Door"]


async def test_why_still_knows_after_a_reload(alarm: Home, sirens: list[ServiceCall]) -> None:
    await tell(alarm.hass, "trigger_input", input="Door")
    await alarm.told()
    before = await why(alarm, "Door")
    await alarm.reload()
    assert await why(alarm, "Door") == before
    assert len(sirens) == 1


async def test_why_of_an_input_that_never_reported_is_empty(alarm: Home) -> None:
    assert await why(alarm, "Door") == []


async def test_why_of_an_unknown_input_is_refused(home: Home) -> None:
    assert "no device called Cellar" in await refusal(home.hass, "why", input="Cellar")


@pytest.mark.parametrize("limit", [0, 101, "many"])
async def test_a_limit_that_makes_no_sense_is_refused(alarm: Home, limit: object) -> None:
    with pytest.raises(vol.Invalid):
        await why(alarm, "Door", limit=limit)


async def test_activity_is_told_newest_first_by_input_output_source_kind_and_reason(
    alarm: Home, sirens: list[ServiceCall]
) -> None:
    await alarm.report(InputReport(device_key="Gate", active=True), outputs=(OutputReport(device_key="Horn"),))
    await tell(alarm.hass, "trigger_input", input="Door")
    await tell(alarm.hass, "trigger_input", input="Door")
    await alarm.lose()
    await alarm.told()
    assert len(sirens) == 1

    async def kinds(**wanted: Any) -> list[str]:
        return [entry["kind"] for entry in await activity(alarm, **wanted)]

    assert await kinds(source="ioboard.garage") == ["source_lost"]
    assert await kinds(input="Gate") == ["devices_found", "decision"]
    assert await kinds(output="Horn") == ["devices_found"]
    assert await kinds(kinds=["devices_found", "source_lost"]) == ["source_lost", "devices_found"]
    assert await kinds(kinds="source_lost") == ["source_lost"]
    assert [entry["reason"] for entry in await activity(alarm, input="Door", kinds=["decision"])] == [
        "latched",
        "triggered",
    ]
    assert [entry["input_key"] for entry in await activity(alarm, reasons=["latched", "disabled"])] == ["Door", "Gate"]
    assert [entry["status"] for entry in await activity(alarm, output="Siren 1", reasons=["done"])] == ["done"]
    both = await activity(alarm, input="Door", output="Siren 2")
    assert [(entry["kind"], entry["reason"]) for entry in both] == [("decision", "triggered")]
    assert await kinds(input="Nobody") == []


async def test_activity_is_found_by_the_names_that_people_know(alarm: Home, sirens: list[ServiceCall]) -> None:
    await alarm.report(
        InputReport(device_key="G1", label="Front", location="Hall", group="Ground Floor", active=False),
        InputReport(device_key="G2", label="Back", group="Ground Floor", active=False),
    )
    for name in ("Hall Front", "back", "Door"):
        await tell(alarm.hass, "trigger_input", input=name)
    await alarm.lose()
    await alarm.told()
    assert len(sirens) == 1

    async def inputs(**wanted: Any) -> list[str]:
        return [entry["input_key"] for entry in await activity(alarm, kinds=["decision"], **wanted)]

    assert await inputs(input="hall front") == ["G1"]
    assert await inputs(input="ground  floor") == ["G2", "G1"]
    assert await inputs(input="ground floor", limit=1) == ["G2"]
    assert await inputs(output="siren 1") == ["Door"]
    assert await inputs(input="door", output="SIREN 2") == ["Door"]
    assert await inputs(input="ground floor", output="siren 2") == []
    board = alarm.device("ioboard.garage")
    assert board is not None
    dr.async_get(alarm.hass).async_update_device(board.id, name_by_user="Board")
    await alarm.told()
    assert [entry["kind"] for entry in await activity(alarm, source="board")] == ["source_lost"]


async def test_activity_of_a_device_that_was_forgotten_is_found_by_its_key(home: Home) -> None:
    await add_inputs(home, "Door")
    await tell(home.hass, "trigger_input", input="Door")
    await home.post(Forgotten(keys=("Door",)))
    assert [entry["kind"] for entry in await activity(home, input="Door")] == ["decision"]


async def test_an_entry_about_several_of_a_name_is_told_once(home: Home) -> None:
    await home.report(*(InputReport(device_key=key, label="Door") for key in ("G1", "G2")))
    (found,) = await activity(home, input="door")
    assert (found["kind"], found["inputs"]) == ("devices_found", ["G1", "G2"])


async def test_the_log_is_asked_once_about_the_devices_of_two_groups(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_inputs(home, "Door", "Window", group="Ground Floor")
    await add_outputs(home, "Lamp", "Siren", group="Ground Floor")
    await home.post(Linked(inputs=("Door",), outputs=("Lamp",)))
    await tell(home.hass, "trigger_input", input="Door")
    await tell(home.hass, "trigger_input", input="Window")
    asked, query = [], home.hub.activity.async_query

    async def asks(wanted: ActivityFilter) -> list[Entry]:
        asked.append(wanted)
        return await query(wanted)

    monkeypatch.setattr(home.hub.activity, "async_query", asks)
    found = await activity(home, input="ground floor", output="ground floor", kinds=["decision"])
    assert [entry["input_key"] for entry in found] == ["Door"]
    assert len(asked) == 1
    assert [decision["input_key"] for decision in await why(home, "ground floor")] == ["Window", "Door"]
    assert len(asked) == 2


async def test_an_export_is_written_beside_the_event_loop(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    writers: list[int] = []

    def writes(_: Iterable[Entry]) -> str:
        writers.append(threading.get_ident())
        return "written"

    monkeypatch.setattr(activity_requests, "EXPORTS", {"csv": writes})
    assert await ask(home.hass, "list_activity", format="csv") == {"text": "written"}
    assert writers
    assert threading.get_ident() not in writers


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_activity_is_exported_as_text(alarm: Home, form: str) -> None:
    await tell(alarm.hass, "trigger_input", input="Door", detail="=forced")
    answer = await ask(alarm.hass, "list_activity", input="door", kinds=["decision"], format=form)
    assert answer.keys() == {"text"}
    if form == "json":
        (entry,) = json.loads(answer["text"])
        data = entry["data"]
    else:
        header, row = csv.reader(StringIO(answer["text"]))
        assert header == ["time", "kind", "reason", "detail", "data"]
        assert row[1:4] == ["decision", "triggered", "'=forced"]
        data = json.loads(row[4])
    assert (data["input_key"], data["detail"]) == ("Door", "=forced")


async def test_activity_is_told_from_one_time_until_another(home: Home, clock: Clock) -> None:
    await add_inputs(home, "Door")
    for minute in range(3):
        clock.now = NOON + timedelta(minutes=minute)
        await tell(home.hass, "trigger_input", input="Door", detail=str(minute))

    async def minutes(**wanted: Any) -> list[str]:
        return [entry["detail"] for entry in await activity(home, input="Door", reasons=["triggered"], **wanted)]

    assert await minutes() == ["2", "1", "0"]
    assert await minutes(since=NOON + timedelta(minutes=1)) == ["2", "1"]
    assert await minutes(until=NOON + timedelta(minutes=1)) == ["0"]
    assert await minutes(since=f"{NOON:%Y-%m-%dT12:01:00+00:00}", until=f"{NOON:%Y-%m-%dT14:02:00+02:00}") == ["1"]
    assert await minutes(limit=1) == ["2"]


async def test_a_time_without_a_zone_is_the_home_s(home: Home, clock: Clock) -> None:
    await home.hass.config.async_set_time_zone("Asia/Kolkata")
    await add_inputs(home, "Door")
    await tell(home.hass, "trigger_input", input="Door")
    assert clock.now == NOON
    (entry,) = await activity(
        home, since=f"{NOON:%Y-%m-%d 17:30:00}", until=f"{NOON:%Y-%m-%d 17:30:01}", kinds=["decision"]
    )
    assert entry["at"] == NOON.isoformat()
    assert await activity(home, since=f"{NOON:%Y-%m-%d 17:30:01}", kinds=["decision"]) == []


@pytest.mark.parametrize(
    "wanted", [{"limit": 0}, {"limit": 1001}, {"since": "some time"}, {"format": "xml"}, {"colour": "red"}]
)
async def test_a_question_that_makes_no_sense_is_refused(home: Home, wanted: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        await activity(home, **wanted)


async def test_everything_there_is_is_listed_without_what_may_be_a_password(home: Home) -> None:
    camera = OutputReport(device_key="Yard", label="Yard Camera", params="user:secret@camera:554")
    await home.report(InputReport(device_key="Yard", active=False), outputs=(camera,))
    await add_inputs(home, "Door")
    await tell(home.hass, "link", inputs=["Door"], outputs=["Yard"])
    await tell(home.hass, "set_group_rule", group="Attic", within=5)
    answer = await ask(home.hass, "list_devices")
    assert {source["source"]["source_id"] for source in answer["sources"]} == {
        "event_hub",
        "home_assistant",
        "ioboard.garage",
    }
    assert [input_["key"] for input_ in answer["inputs"]] == ["Panic", "Report", "Yard", "Door"]
    assert answer["inputs"][3]["links"] == ["Yard"]
    (output,) = answer["outputs"]
    assert (output["key"], output["enabled"], output["has_advertised_params"]) == ("Yard", False, True)
    assert [group["name"] for group in answer["groups"]] == ["Attic"]
    assert answer["outputs_suspended"] is False
    assert "secret" not in str(answer)
