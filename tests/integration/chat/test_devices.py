"""Inputs and outputs are switched and asked about in a chat."""

import time
from typing import Any

from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.event_hub.engine.events import InputAdopted, Linked, ScheduleSet
from custom_components.event_hub.engine.model import REPORT_KEY, InputRecord
from custom_components.event_hub.engine.times.schedule_data import read_schedule
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until
from tests.devkit.telegram.kit import jpeg
from tests.integration.alarm.kit import DOOR, HALL, WINDOW, House
from tests.integration.kit import Home

from .kit import ANN, Talk

NIGHTS: dict[str, Any] = {"spans": [{"enable_at": "22:00", "disable_at": "06:00"}]}


@pytest.fixture
def devices(house: House) -> Home:
    """Return the house's devices."""
    return house.home


def enabled(house: House, *keys: str) -> list[bool]:
    """Tell which inputs are switched on."""
    return [house.home.hub.state.inputs[key].enabled for key in keys]


async def have_camera(devices: Home, key: str) -> list[object]:
    """Adopt a camera, which takes pictures by an action; returns a list that grows by every call."""
    calls: list[object] = []
    devices.hass.services.async_register("shell", "snap", calls.append)
    await devices.post(InputAdopted(record=InputRecord(key=key, source_id="home_assistant", enabled=True)))
    await devices.adopt_output(key, "shell.snap")
    return calls


async def test_inputs_are_switched_off_by_name_and_on_again(talk: Talk, house: House) -> None:
    assert await talk.ask("/inputoff WINDOW hall") == "2 inputs switched off: Hall, Window."
    assert enabled(house, WINDOW, HALL, DOOR) == [False, False, True]
    assert await talk.ask("/inputon Window, Door") == "1 input switched on: Window."
    assert enabled(house, WINDOW, HALL, DOOR) == [True, False, True]
    assert await talk.ask("/inputon window") == "Nothing changed. On already: Window."


async def test_what_an_armed_partition_relies_on_is_not_switched_off(talk: Talk, house: House) -> None:
    await house.arm()
    answer = await talk.ask("/inputoff window door")
    assert answer == "Door, Window: Home is not disarmed and relies on that. Disarm it first."
    assert enabled(house, WINDOW, DOOR) == [True, True]


async def test_without_names_the_inputs_with_a_schedule_are_meant(talk: Talk, house: House) -> None:
    answer = await talk.ask("/inputoff")
    assert answer == "No input has a schedule, so say which: /inputon Front Door."
    await house.home.post(ScheduleSet(inputs=(HALL,), schedule=read_schedule(NIGHTS)))
    now = enabled(house, HALL)[0]
    verb, word = ("/inputoff", "off") if now else ("/inputon", "on")
    assert await talk.ask(verb) == f"1 input switched {word}: Hall."
    assert enabled(house, HALL, WINDOW) == [not now, True]


@pytest.mark.parametrize("command", ["/outputoff", "/outputsoff"])
async def test_without_names_all_outputs_are_meant(talk: Talk, devices: Home, command: str) -> None:
    await devices.adopt_output("Lamp", "light.turn_on")
    assert await talk.ask(command) == "2 outputs switched off: Siren, Lamp."
    assert {record.enabled for record in devices.hub.state.outputs.values()} == {False}
    assert await talk.ask(command.replace("off", "on")) == "2 outputs switched on: Siren, Lamp."


async def test_a_group_is_a_name(talk: Talk, devices: Home) -> None:
    for key in ("a", "b"):
        record = InputRecord(
            key=key, source_id="home_assistant", label=f"Lamp {key}", group="Ground floor", enabled=True
        )
        await devices.post(InputAdopted(record=record))
    assert await talk.ask("/inputoff GROUND floor") == "2 inputs switched off: Lamp a, Lamp b."


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("/inputoff windw", ["There is no input called windw.", "Did you mean Window?"]),
        ("/inputoff Win", ["There is no input called Win.", "Did you mean Window?"]),
        ("/inputoff Hall cellar", ["There is no input called cellar.", "There are: Panic, Report, Door, Hall"]),
    ],
)
async def test_half_and_wrong_words_change_nothing_and_are_helped(
    talk: Talk, house: House, text: str, lines: list[str]
) -> None:
    answer = (await talk.ask(text)).splitlines()
    assert [line[: len(expected)] for line, expected in zip(answer, lines, strict=True)] == lines
    assert enabled(house, WINDOW, HALL) == [True, True]


async def test_a_command_that_is_nearly_one_of_ours_is_helped(talk: Talk) -> None:
    assert await talk.ask("/inputof") == "I do not know /inputof.\nDid you mean /inputoff?"


async def test_two_hundred_devices_fit_into_one_message(talk: Talk, devices: Home) -> None:
    names = [f"Window number {number} of the great hall" for number in range(200)]
    await devices.report(*(InputReport(device_key=name, active=False) for name in names))
    answer = await talk.ask("/inputon nowhere")
    assert len(answer) <= 4096
    assert answer.splitlines()[0] == "There is no input called nowhere."
    assert "more" in answer.splitlines()[-1]
    switched = await talk.ask("/inputon " + ", ".join(names[:60]))
    assert switched.startswith(f"60 inputs switched on: {names[0]}, ")
    await devices.enable(inputs=tuple(names))
    await devices.report(*(InputReport(device_key=name, active=True) for name in names))
    status = await talk.ask("/status")
    assert len(status) <= 4096
    assert "200 are open: " in status


async def test_a_report_is_asked_of_the_linked_outputs(talk: Talk, devices: Home) -> None:
    await devices.enable(inputs=(REPORT_KEY,))
    assert await talk.ask("/report") == '"Report" is linked to no output. Link it to your cameras first.'
    await devices.adopt_output("Yard", "camera.snapshot")
    await devices.post(Linked(inputs=(REPORT_KEY,), outputs=("Yard",), linked=True))
    await devices.enable(inputs=(REPORT_KEY,), enabled=False)
    assert await talk.ask("/report") == "Nothing was asked: It is switched off in the hub."


async def test_the_linked_cameras_are_named(talk: Talk, devices: Home) -> None:
    await devices.enable(inputs=(REPORT_KEY,))
    await devices.adopt_output("Yard", "camera.snapshot")
    await devices.adopt_output("Gate", "camera.snapshot", enabled=False)
    await devices.post(Linked(inputs=(REPORT_KEY,), outputs=("Yard", "Gate"), linked=True))
    assert await talk.ask("/report") == "Asked for a report: Yard.\nGate is switched off in the hub."


async def test_why_an_input_did_not_trigger_is_told(talk: Talk, house: House) -> None:
    assert await talk.ask("/why Win") == "There is no input called Win.\nDid you mean Window?"
    await talk.ask("/inputoff Window")
    await house.opens(WINDOW)
    lines = (await talk.ask("/why window")).splitlines()
    assert lines[0] == "Window"
    assert lines[1].endswith(" ago: It is switched off in the hub.")
    assert await talk.ask("/why door") == "Nothing is known about Door yet."


async def test_why_is_still_known_after_a_restart_and_after_much_else(talk: Talk, house: House) -> None:
    await talk.ask("/inputoff Window")
    await house.opens(WINDOW)
    others = [InputReport(device_key=f"Input {number}", active=True) for number in range(60)]
    await house.home.report(*others)
    await house.home.enable(inputs=tuple(each.device_key for each in others))
    house.home.inject(*others)
    assert (await talk.ask("/why window")).endswith(" ago: It is switched off in the hub.")
    await house.home.reload()
    assert (await talk.ask("/why window")).endswith(" ago: It is switched off in the hub.")


async def test_a_name_that_people_gave_a_device_is_taken_and_answered(talk: Talk, house: House) -> None:
    device = house.home.device(f"device:{WINDOW}")
    assert device is not None
    dr.async_get(talk.hass).async_update_device(device.id, name_by_user="Cellar stairs")
    await house.told()
    assert await talk.ask("/inputoff cellar stairs") == "1 input switched off: Cellar stairs."
    assert await talk.ask("/inputoff window") == "Nothing changed. Off already: Cellar stairs."


async def test_a_camera_takes_a_picture_and_it_is_shown(talk: Talk, devices: Home) -> None:
    calls = await have_camera(devices, "Yard Camera")
    devices.hub.images.put("Yard Camera", jpeg(10), time.time() - 60)
    assert await talk.ask("/snapshot yard camera") == "Yard Camera is asked for a picture."
    assert len(calls) == 1
    devices.hub.images.put("Yard Camera", jpeg(40), time.time())
    await until(lambda: len(talk.telegram.sent) == 2)
    sent = talk.telegram.sent[1]
    assert [picture.content for picture in sent.pictures] == [jpeg(40)]
    assert (sent.chat_id, sent.text.startswith("Yard Camera · ")) == (ANN, True)


async def test_a_camera_that_is_switched_off_is_not_asked(talk: Talk, devices: Home) -> None:
    assert await talk.ask("/snapshot yard") == "No camera can be asked for a picture yet."
    await devices.adopt_output("Yard Camera", "shell.snap", enabled=False)
    await devices.adopt_output("Gate Camera", "shell.snap", enabled=False)
    assert await talk.ask("/snapshot") == "Which camera: Yard Camera, Gate Camera?"
    answer = await talk.ask("/snapshot gate camera")
    assert answer == "Gate Camera was not asked: Gate Camera is switched off in the hub."
    assert await talk.ask("/snapshot yrd") == "There is no camera called yrd.\nDid you mean Yard Camera?"


async def test_a_camera_that_sends_nothing_is_told(talk: Talk, devices: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.event_hub.chat_pictures.PATIENCE", 0.05)
    await have_camera(devices, "Yard Camera")
    await talk.ask("/snapshot Yard Camera")
    await until(lambda: len(talk.telegram.sent) == 2)
    assert talk.telegram.sent[1].text.startswith("Yard Camera sent no picture within ")


async def test_a_very_long_name_of_a_device_does_not_fill_the_answer(talk: Talk, devices: Home) -> None:
    key = "Yard " * 40 + "camera"
    await have_camera(devices, key)
    assert (await talk.ask(f"/snapshot {key}")).endswith("… is asked for a picture.")
    assert (await talk.ask(f"/why {key}")).endswith("… yet.")
    await devices.report(InputReport(device_key=key, active=True))
    for answer in [await talk.ask(f"/why {key}"), *(sent.text for sent in talk.telegram.sent)]:
        assert max(len(line) for line in answer.splitlines()) < 150
