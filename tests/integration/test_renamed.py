"""A device that people rename in Home Assistant has that name wherever the hub speaks of it."""

from homeassistant.helpers import device_registry as dr, frame
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.event_hub.chat_asked import Asked
from custom_components.event_hub.chat_devices import async_switch
from custom_components.event_hub.engine.chat.commands import Command, Verb
from custom_components.event_hub.engine.effects import SourceLost
from custom_components.event_hub.engine.events import Forgotten, Linked
from custom_components.event_hub.house_words import openings, status_lines, voice_of
from custom_components.event_hub.identifiers import device_name, name_of, source_name
from custom_components.event_hub.telling_producers import trigger_of
from custom_components.event_hub.telling_sources import source_told
from custom_components.event_hub.wire.messages import InputReport, OutputReport

from .actions.kit import ask, refusal
from .kit import Home

STAIRS = InputReport(device_key="G1", label="Input 1", location="Garage", type="door", active=False)


@pytest.fixture
async def board(home: Home) -> Home:
    """Return a home with a board whose inputs have numbers, and a siren."""
    await home.report(
        STAIRS,
        InputReport(device_key="G2", label="Input 2", location="Garage", active=False),
        outputs=(OutputReport(device_key="S1", label="Output 1"),),
    )
    await home.enable(inputs=("G1", "G2"))
    await home.post(Linked(inputs=("G1",), outputs=("S1",)))
    return home


async def rename(home: Home, identifier: str, name: str | None) -> None:
    device = home.device(identifier)
    assert device is not None
    dr.async_get(home.hass).async_update_device(device.id, name_by_user=name)
    await home.told()


def name(home: Home, key: str) -> str:
    return name_of(key, home.hub.state.inputs, home.hub.state.outputs)


async def test_a_device_is_found_by_the_name_that_people_gave_it(board: Home) -> None:
    await rename(board, "device:G1", "Cellar stairs")
    assert await ask(board.hass, "disable", inputs="cellar Stairs") == {"inputs": ["G1"], "outputs": []}
    for former in ("G1", "input 1", "garage input 1"):
        assert (await ask(board.hass, "enable", inputs=former))["inputs"] == ["G1"]


async def test_a_name_is_taken_over_with_nothing_that_home_assistant_gives_up(
    board: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It says so once only.
    monkeypatch.setattr(frame, "_REPORTED_INTEGRATIONS", set())
    await rename(board, "device:G1", "Cellar stairs")
    assert name(board, "G1") == "Cellar stairs"
    assert "deprecated" not in caplog.text


async def test_a_chat_takes_and_answers_the_name_that_people_gave(board: Home) -> None:
    await rename(board, "device:G1", "Cellar stairs")
    command = Command(verb=Verb.INPUT_OFF, words=("cellar", "stairs"))
    answer = await async_switch(Asked(hub=board.hub, command=command, by="Ann", voice=voice_of(board.hub)))
    assert not board.hub.state.inputs["G1"].enabled
    assert "Cellar stairs" in answer.text


async def test_messages_say_the_name_that_people_gave_without_the_location(board: Home) -> None:
    await rename(board, "device:G1", "Cellar stairs")
    await rename(board, "ioboard.garage", "Board in the garage")
    await board.report(InputReport(device_key="G1", active=True))
    (decision,) = await board.decisions("G1")
    told = trigger_of(board.hub.state, decision)
    assert told is not None
    assert told.name == "Cellar stairs"
    lost = source_told(board.hub.state, SourceLost(source_id="ioboard.garage", last_seen=1.0, at=2.0))
    assert (lost.name, lost.affected) == ("Board in the garage", ("Cellar stairs", "Garage Input 2", "Output 1"))
    assert openings(board.hub).open == ("Cellar stairs",)


async def test_the_house_says_which_source_is_silent_by_the_name_that_people_gave(board: Home) -> None:
    await rename(board, "ioboard.garage", "Board in the garage")
    await board.lose()
    assert any("Board in the garage" in line for line in status_lines(board.hub, voice_of(board.hub)))


async def test_refusals_and_explanations_say_the_name_that_people_gave(board: Home) -> None:
    await rename(board, "device:S1", "Attic siren")
    await board.report(InputReport(device_key="G1", active=True))
    (decision,) = (await ask(board.hass, "why", input="G1"))["decisions"]
    assert decision["explanation"] == "It triggered. Attic siren: the output is switched off in the hub."
    assert "Attic siren" in await refusal(board.hass, "trigger_output", output="S1")


async def test_a_name_that_is_taken_back_is_the_devices_own_again(board: Home) -> None:
    await rename(board, "device:G1", " Cellar\nstairs ")
    assert name(board, "G1") == "Cellar stairs"
    await rename(board, "device:G1", None)
    assert name(board, "G1") == "Garage Input 1"


async def test_what_a_device_says_of_itself_later_changes_no_name_that_people_gave(board: Home) -> None:
    await rename(board, "device:G1", "Cellar stairs")
    await board.report(InputReport(device_key="G1", label="Contact", location="Shed"))
    assert name(board, "G1") == "Cellar stairs"
    device = board.device("device:G1")
    assert device is not None
    assert (device.name, device.name_by_user) == ("Shed Contact", "Cellar stairs")


async def test_a_device_renamed_while_the_hub_was_off_has_its_name_after_the_start(board: Home) -> None:
    assert await board.hass.config_entries.async_unload(board.entry.entry_id)
    device = board.device("device:G1")
    assert device is not None
    dr.async_get(board.hass).async_update_device(device.id, name_by_user="Cellar stairs")
    assert await board.hass.config_entries.async_setup(board.entry.entry_id)
    await board.told()
    assert name(board, "G1") == "Cellar stairs"


async def test_a_device_that_was_forgotten_comes_back_with_its_name(board: Home) -> None:
    await rename(board, "device:G1", "Cellar stairs")
    await board.post(Forgotten(keys=("G1",)))
    assert name(board, "G1") == "G1"
    await board.report(STAIRS)
    assert name(board, "G1") == "Cellar stairs"


async def test_two_devices_of_one_name_are_both_meant(board: Home) -> None:
    for key in ("G1", "G2"):
        await rename(board, f"device:{key}", "Stairs")
    assert (await ask(board.hass, "enable", inputs="stairs"))["inputs"] == ["G1", "G2"]


async def test_a_device_that_is_forgotten_and_reports_before_its_device_is_removed_keeps_its_name(board: Home) -> None:
    await rename(board, "device:G1", "Cellar stairs")
    before = board.device("device:G1")
    board.hub.post(Forgotten(keys=("G1",)))
    await board.report(STAIRS)
    assert board.device("device:G1") == before
    assert name(board, "G1") == "Cellar stairs"


async def test_an_input_that_is_an_output_too_later_has_its_name_as_both(board: Home) -> None:
    await rename(board, "device:G1", "Cellar stairs")
    await board.report(outputs=(OutputReport(device_key="G1", label="Input 1", location="Garage"),))
    assert device_name(board.hub.state.outputs["G1"]) == "Cellar stairs"
    assert device_name(board.hub.state.inputs["G1"]) == "Cellar stairs"


async def test_a_source_is_set_and_asked_for_by_the_name_that_people_gave(board: Home) -> None:
    await rename(board, "ioboard.garage", "Board in the garage")
    await board.lose()
    answer = await ask(board.hass, "set_silence_limit", source="board in the Garage", limit=120)
    assert answer == {"source": "ioboard.garage", "limit": 120.0}
    assert board.hub.state.sources["ioboard.garage"].silence_limit == 120.0
    by_name = await ask(board.hass, "list_activity", source="Board in the garage")
    assert by_name["activity"]
    assert by_name == await ask(board.hass, "list_activity", source="ioboard.garage")


async def test_renaming_a_device_again_and_again_changes_nothing_else(board: Home) -> None:
    updated = async_capture_events(board.hass, dr.EVENT_DEVICE_REGISTRY_UPDATED)
    before = board.hub.state.inputs["G1"]
    await rename(board, "device:G1", "Cellar stairs")
    assert len(updated) == 1
    assert device_name(board.hub.state.inputs["G1"]) == "Cellar stairs"
    await rename(board, "device:G1", None)
    assert board.hub.state.inputs["G1"] == before
    assert source_name("ioboard.garage", board.hub.state.sources) == "ioboard.garage"
