"""Automations that wait for inputs, people and sources."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.wire.detection import Category, Detection, DetectionStatus, Thing
from custom_components.event_hub.wire.messages import Condition, InputReport
from tests.integration.kit import Home, source

from .kit import Done, automate, heard, target

DOOR, PIR = "Garage Door", "Yard PIR"
TRIGGERED = "event_hub.input_triggered"


@pytest.fixture
async def devices(home: Home) -> Home:
    """Return a home with a door and a detector of two boards, switched on."""
    await home.report(InputReport(device_key=DOOR, label="Door", location="Garage", active=False))
    await home.report(InputReport(device_key=PIR, label="PIR", location="Yard", active=False), by=source("yard"))
    await home.enable(inputs=(DOOR, PIR))
    return home


async def opens(home: Home, key: str = DOOR, *, active: bool = True, detail: str | None = None) -> None:
    """Let an input report."""
    by = source() if key == DOOR else source("yard")
    await home.report(InputReport(device_key=key, active=active, detail=detail), by=by)
    await heard(home)


async def test_a_trigger_tells_what_people_want_to_read(devices: Home, done: Done) -> None:
    await automate(devices.hass, TRIGGERED)
    await opens(devices, detail="wide open")
    (told,) = done.triggers
    assert (told["platform"], told["input"], told["name"]) == (TRIGGERED, DOOR, "Garage Door")
    assert (told["label"], told["location"], told["detail"]) == ("Door", "Garage", "wide open")
    assert told["reason"] == "triggered"
    assert told["description"] == "Garage Door triggered"
    device = devices.device(f"device:{DOOR}")
    assert device is not None
    assert told["device_id"] == device.id
    assert told["entity_id"] == devices.entity_id("binary_sensor", f"device:{DOOR}:active")


async def test_entities_show_it_by_the_time_an_automation_is_told(devices: Home, done: Done) -> None:
    entity_id = devices.entity_id("binary_sensor", f"device:{DOOR}:active")
    condition = {"condition": "state", "entity_id": entity_id, "state": "on"}
    await automate(devices.hass, TRIGGERED, conditions=[condition])
    await opens(devices)
    assert len(done.calls) == 1


async def test_the_triggers_before_it_are_told(devices: Home, done: Done) -> None:
    await automate(devices.hass, {"trigger": TRIGGERED, "target": target(devices, f"device:{DOOR}")})
    await opens(devices, PIR)
    await opens(devices)
    (told,) = done.triggers
    assert [each["input"] for each in told["recent"]] == [PIR]


async def test_only_a_detail_with_the_text_triggers(devices: Home, done: Done) -> None:
    await automate(devices.hass, {"trigger": TRIGGERED, "options": {"detail": "CUT"}})
    await opens(devices, detail="open")
    await opens(devices, PIR, detail="wire cut")
    assert [told["input"] for told in done.triggers] == [PIR]


async def test_becoming_clear_triggers(devices: Home, done: Done) -> None:
    await automate(devices.hass, "event_hub.input_cleared")
    await opens(devices)
    assert done.calls == []
    await opens(devices, active=False)
    assert [told["input"] for told in done.triggers] == [DOOR]


async def test_tampering_triggers_once_until_it_ends(devices: Home, done: Done) -> None:
    await automate(devices.hass, "event_hub.input_tampered")
    for tamper in (True, True, False, True):
        await devices.report(InputReport(device_key=DOOR, condition=Condition(tamper=tamper)))
        await heard(devices)
    assert [told["name"] for told in done.triggers] == ["Garage Door", "Garage Door"]


async def test_a_tampering_that_lasts_is_not_told_again_after_a_reload(devices: Home, done: Done) -> None:
    await automate(devices.hass, "event_hub.input_tampered")
    await devices.report(InputReport(device_key=DOOR, condition=Condition(tamper=True)))
    await heard(devices)
    await devices.reload()
    await devices.report(InputReport(device_key=DOOR, condition=Condition(tamper=True), active=True))
    await heard(devices)
    assert len(done.calls) == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["disabled"]),
        ({"reason": "latched"}, ["latched"]),
        ({"reason": ["disabled", "latched"]}, ["latched", "disabled"]),
    ],
)
async def test_what_did_not_trigger_is_told_by_its_reason(
    devices: Home, done: Done, options: dict[str, Any], expected: list[str]
) -> None:
    await automate(devices.hass, {"trigger": "event_hub.input_suppressed", "options": options})
    for active in (True, False, True):
        await opens(devices, active=active)
    await devices.enable(inputs=(DOOR,), enabled=False)
    await opens(devices, active=False)
    await opens(devices)
    assert [told["reason"] for told in done.triggers] == expected


def found(*confidences: float | None, category: Category = Category.PERSON) -> InputReport:
    """Return what a camera says that looked at a picture."""
    things = tuple(Thing(label=category.value, category=category, confidence=each) for each in confidences)
    people = len(things) if category is Category.PERSON else 0
    detection = Detection(status=DetectionStatus.DONE, detector="hog", people=people, things=things)
    return InputReport(device_key="Porch", label="Porch", active=True, detection=detection, image_id=7)


@pytest.mark.parametrize(
    ("options", "report", "expected"),
    [
        ({}, found(80.0), True),
        ({}, found(None), True),
        ({}, found(90.0, category=Category.ANIMAL), False),
        ({"count": 2}, found(80.0), False),
        ({"count": 2}, found(80.0, 40.0), True),
        ({"confidence": 75}, found(70.0), False),
        ({"confidence": 75}, found(70.0, 76.0), True),
        ({"confidence": 75}, found(None), True),
        ({"count": 2, "confidence": 75}, found(70.0, 76.0), False),
        ({"count": 2, "confidence": 75}, found(75.0, 76.0), True),
        ({"count": 2, "confidence": 75}, found(None, 76.0), True),
    ],
)
async def test_people_are_seen(
    home: Home, done: Done, options: dict[str, Any], report: InputReport, expected: bool
) -> None:
    await automate(home.hass, {"trigger": "event_hub.person_seen", "options": options})
    await home.report(report)
    await heard(home)
    assert len(done.calls) == int(expected)
    for told in done.triggers:
        assert (told["input"], told["image_id"], told["labels"]) == ("Porch", 7, ["person"])
        assert told["count"] == len(report.detection.things if report.detection else ())


async def test_the_picture_of_a_person_is_that_of_the_app_that_keeps_it(
    hass: HomeAssistant, entry: MockConfigEntry, home: Home, done: Done
) -> None:
    app = {"url": "http://127.0.0.1:8098", "token": "secret", "source": source().source_id}
    hass.config_entries.async_update_entry(entry, data={**entry.data, "images": {"porch": app}})
    await automate(hass, "event_hub.person_seen")
    await home.report(found(80.0))
    await heard(home)
    assert [told["image"] for told in done.triggers] == ["/api/event_hub/images/porch/7/marked"]


async def test_a_trigger_with_a_picture_says_where_it_is(home: Home, done: Done) -> None:
    await home.frame("Porch", b"\xff\xd8\xff\xe0 a picture")
    await home.enable(inputs=("Porch",))
    await automate(home.hass, TRIGGERED)
    await home.frame("Porch", b"\xff\xd8\xff\xe0 a newer picture")
    await heard(home)
    (told,) = done.triggers
    assert told["has_image"] is True
    assert told["image"] == f"/api/image_proxy/{home.entity_id('image', 'device:Porch:snapshot')}"


async def test_a_lost_source_and_its_return_trigger(devices: Home, done: Done) -> None:
    await automate(devices.hass, [{"trigger": "event_hub.source_lost"}, {"trigger": "event_hub.source_back"}])
    await devices.lose()
    await opens(devices)
    lost, back = done.triggers
    assert (lost["source"], lost["inputs"]) == (source().source_id, ["Garage Door"])
    assert lost["name"] == "ioboard.garage", "as messages and pages call it"
    assert "last_seen" in lost
    assert (back["platform"], back["source"]) == ("event_hub.source_back", source().source_id)
    assert back["silent_for"] >= 0


async def test_a_source_is_targeted_by_what_is_wired_to_it_too(devices: Home, done: Done) -> None:
    await automate(devices.hass, {"trigger": "event_hub.source_lost", "target": target(devices, f"device:{PIR}")})
    await devices.lose()
    await devices.lose(source("yard"))
    await heard(devices)
    assert [told["source"] for told in done.triggers] == [source("yard").source_id]


def by_device(home: Home) -> dict[str, Any]:
    return target(home, f"device:{DOOR}")


def by_entity(home: Home) -> dict[str, Any]:
    return {"entity_id": home.entity_id("binary_sensor", f"device:{DOOR}:active")}


def by_area(home: Home) -> dict[str, Any]:
    area = ar.async_get(home.hass).async_get_area_by_name("Garage")
    assert area is not None
    return {"area_id": area.id}


def by_label(home: Home) -> dict[str, Any]:
    label = lr.async_get(home.hass).async_create("Openings")
    device = home.device(f"device:{DOOR}")
    assert device is not None
    dr.async_get(home.hass).async_update_device(device.id, labels={label.label_id})
    return {"label_id": label.label_id}


def by_label_of_entity(home: Home) -> dict[str, Any]:
    label = lr.async_get(home.hass).async_create("Doors")
    entity_id = home.entity_id("binary_sensor", f"device:{DOOR}:active")
    assert entity_id is not None
    er.async_get(home.hass).async_update_entity(entity_id, labels={label.label_id})
    return {"label_id": label.label_id}


@pytest.mark.parametrize("targeted", [by_device, by_entity, by_area, by_label, by_label_of_entity])
async def test_an_input_is_targeted_in_every_way(devices: Home, done: Done, targeted: Any) -> None:
    await automate(devices.hass, {"trigger": TRIGGERED, "target": targeted(devices)})
    await opens(devices, PIR)
    await opens(devices)
    assert [told["input"] for told in done.triggers] == [DOOR]


async def test_a_target_grows_with_its_label(devices: Home, done: Done) -> None:
    label = lr.async_get(devices.hass).async_create("Outside")
    await automate(devices.hass, {"trigger": TRIGGERED, "target": {"label_id": label.label_id}})
    await opens(devices, PIR)
    assert done.calls == []
    device = devices.device(f"device:{DOOR}")
    assert device is not None
    dr.async_get(devices.hass).async_update_device(device.id, labels={label.label_id})
    await devices.hass.async_block_till_done()
    await opens(devices)
    assert [told["input"] for told in done.triggers] == [DOOR]


async def test_an_automation_outlives_reloads_of_the_hub(devices: Home, done: Done) -> None:
    await automate(devices.hass, {"trigger": TRIGGERED, "target": target(devices, f"device:{DOOR}")})
    for _ in range(2):
        await devices.reload()
        await opens(devices)
        await opens(devices, active=False)
    assert [told["input"] for told in done.triggers] == [DOOR]


async def test_an_automation_may_be_there_before_the_hub(
    hass: HomeAssistant, entry: MockConfigEntry, done: Done
) -> None:
    await automate(hass, TRIGGERED)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    home = Home(hass, entry)
    await home.report(InputReport(device_key=DOOR, active=False))
    await home.enable(inputs=(DOOR,))
    await opens(home)
    assert [told["input"] for told in done.triggers] == [DOOR]


async def test_an_automation_that_is_switched_off_waits_no_longer(devices: Home, done: Done) -> None:
    await automate(devices.hass, {"trigger": TRIGGERED, "target": target(devices, f"device:{DOOR}")})
    await devices.hass.services.async_call("automation", "turn_off", {"entity_id": "automation.one"}, blocking=True)
    await opens(devices)
    assert done.calls == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"trigger": "event_hub.input_exploded"},
        {"trigger": "event_hub.undelivered", "target": {"entity_id": "light.hall"}},
        {"trigger": "event_hub.input_suppressed", "options": {"reason": "triggered"}},
        {"trigger": "event_hub.input_suppressed", "target": {"entity_id": "light.hall"}, "options": {"reason": []}},
        {"trigger": "event_hub.person_seen", "options": {"count": 0}},
        {
            "trigger": "event_hub.alarm_armed",
            "target": {"entity_id": "alarm_control_panel.home"},
            "options": {"mode": []},
        },
        {
            "trigger": "event_hub.alarm_triggered",
            "target": {"entity_id": "alarm_control_panel.home"},
            "options": {"kind": []},
        },
    ],
)
async def test_a_wrong_trigger_is_refused(devices: Home, wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        await automate(devices.hass, wrong)
