from itertools import pairwise

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest

from custom_components.event_hub.announcer import DEVICES_AT_ONCE
from custom_components.event_hub.devices import async_remove_config_entry_device
from custom_components.event_hub.engine.events import Forgotten, InputExpected
from custom_components.event_hub.engine.model import InputRecord
from custom_components.event_hub.wire.messages import Dialect, InputReport, OutputReport
from devkit.polling import until

from .kit import Home, source

DOOR = InputReport(device_key="Garage Door", label="Door", type="contact", location="Garage", active=False)


async def test_the_hub_and_what_is_always_there_are_devices(home: Home) -> None:
    hub, panic = home.device("event_hub"), home.device("device:Panic")
    assert hub is not None
    assert hub.name == "Event Hub"
    assert hub.entry_type is dr.DeviceEntryType.SERVICE
    assert panic is not None
    assert panic.via_device_id == hub.id


async def test_a_reporting_source_and_its_inputs_become_devices_one_via_the_other(home: Home) -> None:
    await home.report(DOOR)
    hub, board, door = (home.device(name) for name in ("event_hub", "ioboard.garage", "device:Garage Door"))
    assert hub is not None
    assert board is not None
    assert door is not None
    assert (board.via_device_id, board.model) == (hub.id, "RabbitMQ device")
    assert (door.via_device_id, door.name, door.model) == (board.id, "Garage Door", "Contact")


async def test_a_new_device_is_put_into_the_area_of_its_location(home: Home) -> None:
    await home.report(DOOR)
    area = ar.async_get(home.hass).async_get_area_by_name("Garage")
    door = home.device("device:Garage Door")
    assert area is not None
    assert door is not None
    assert door.area_id == area.id


async def test_an_entitys_id_says_the_location_once(home: Home) -> None:
    await home.report(
        DOOR,
        InputReport(device_key="Barn Window", label="Barn Window", location="Barn", active=False),
        InputReport(device_key="Main Gate", location="Drive", active=False),
    )
    ids = {
        home.entity_id("binary_sensor", "device:Garage Door:active"),
        home.entity_id("event", "device:Garage Door:trigger"),
        home.entity_id("switch", "device:Barn Window:input_enabled"),
        home.entity_id("binary_sensor", "device:Main Gate:active"),
    }
    assert ids == {
        "binary_sensor.garage_door",
        "event.garage_door_trigger",
        "switch.barn_window_input_enabled",
        "binary_sensor.drive_main_gate",
    }


@pytest.mark.parametrize(
    ("key", "label", "name"),
    [
        ("Garage Door", "Door", "Garage Door"),
        ("Garage DOOR", "Door", "Garage DOOR"),
        ("Door", "Door", "Door"),
        ("Trapdoor", "Door", "Door"),
        ("a7:0c", "Door", "Door"),
    ],
)
async def test_until_it_reports_a_device_is_called_by_a_key_that_says_where_it_is(
    home: Home, key: str, label: str, name: str
) -> None:
    await home.post(InputExpected(record=InputRecord(key=key, source_id="", label=label)))
    device = home.device(f"device:{key}")
    assert device is not None
    assert device.name == name


async def test_once_it_reports_a_device_is_called_as_it_says(home: Home) -> None:
    await home.post(InputExpected(record=InputRecord(key="Garage Door", source_id="", label="Door")))
    await home.report(InputReport(device_key="Garage Door", location="Barn", active=False))
    door = home.device("device:Garage Door")
    assert door is not None
    assert door.name == "Barn Door"


async def test_a_device_that_people_moved_stays_where_they_put_it(home: Home) -> None:
    await home.report(DOOR)
    door = home.device("device:Garage Door")
    assert door is not None
    kitchen = ar.async_get(home.hass).async_create("Kitchen")
    dr.async_get(home.hass).async_update_device(door.id, area_id=kitchen.id)
    await home.report(InputReport(device_key="Garage Door", label="Big Door", location="Barn", active=False))
    moved = home.device("device:Garage Door")
    assert moved is not None
    assert (moved.name, moved.area_id) == ("Barn Big Door", kitchen.id)


async def test_a_camera_that_is_input_and_output_is_one_device(home: Home) -> None:
    await home.report(
        InputReport(device_key="Yard Camera", label="Yard Camera", active=False),
        outputs=(OutputReport(device_key="Yard Camera", type="camera"),),
    )
    camera = home.device("device:Yard Camera")
    assert camera is not None
    platforms = {entity.domain for entity in er.async_entries_for_device(er.async_get(home.hass), camera.id)}
    assert {"binary_sensor", "button", "switch"} <= platforms


async def test_a_board_says_what_board_it_is(home: Home) -> None:
    await home.report(DOOR, by=source("esp-1", "sensor", Dialect.ESP_SENSOR))
    board = home.device("sensor.esp-1")
    assert board is not None
    assert board.model == "ESP sensor board"


async def test_the_model_of_a_device_is_its_type_as_it_spells_it(home: Home) -> None:
    types = {"a": "reed_contact", "b": "PIR", "c": None}
    await home.report(*(InputReport(device_key=key, type=type_, active=False) for key, type_ in types.items()))
    devices = [home.device(f"device:{key}") for key in types]
    assert [device.model for device in devices if device] == ["Reed contact", "PIR", "Input"]


async def test_a_forgotten_source_takes_its_devices_and_their_entities_along(home: Home) -> None:
    await home.report(DOOR)
    assert home.entity_id("binary_sensor", "device:Garage Door:active") is not None
    await home.post(Forgotten(sources=("ioboard.garage",)))
    assert home.device("ioboard.garage") is None
    assert home.device("device:Garage Door") is None
    assert home.entity_id("binary_sensor", "device:Garage Door:active") is None
    assert home.entity_id("binary_sensor", "source:ioboard.garage:connected") is None


async def test_a_forgotten_device_comes_back_when_it_reports_again(home: Home) -> None:
    await home.report(DOOR)
    await home.post(Forgotten(keys=("Garage Door",)))
    await home.report(InputReport(device_key="Garage Door", label="Door", active=True))
    assert home.device("device:Garage Door") is not None
    assert home.state("binary_sensor", "device:Garage Door:active").state == "on"


async def test_a_device_that_is_removed_and_reports_at_once_is_there_again(home: Home) -> None:
    await home.report(DOOR)
    door = home.device("device:Garage Door")
    assert door is not None
    assert await async_remove_config_entry_device(home.hass, home.entry, door)
    dr.async_get(home.hass).async_remove_device(door.id)
    await home.report(DOOR)
    assert home.device("device:Garage Door") is not None
    assert home.state("binary_sensor", "device:Garage Door:active").state == "off"


async def test_removing_a_device_forgets_it(home: Home) -> None:
    await home.report(DOOR)
    door = home.device("device:Garage Door")
    assert door is not None
    assert await async_remove_config_entry_device(home.hass, home.entry, door)
    assert "Garage Door" not in home.hub.state.inputs
    assert "ioboard.garage" in home.hub.state.sources


async def test_removing_a_source_forgets_all_that_it_brought(home: Home) -> None:
    await home.report(DOOR)
    board = home.device("ioboard.garage")
    assert board is not None
    assert await async_remove_config_entry_device(home.hass, home.entry, board)
    assert "ioboard.garage" not in home.hub.state.sources
    assert "Garage Door" not in home.hub.state.inputs


async def test_neither_the_hub_nor_what_is_always_there_can_be_removed(home: Home) -> None:
    for name in ("event_hub", "device:Panic", "device:Report"):
        device = home.device(name)
        assert device is not None
        assert not await async_remove_config_entry_device(home.hass, home.entry, device)
    assert {"Panic", "Report"} <= home.hub.state.inputs.keys()


async def test_nothing_can_be_removed_while_the_hub_is_not_running(hass: HomeAssistant, home: Home) -> None:
    await home.report(DOOR)
    door = home.device("device:Garage Door")
    assert door is not None
    await hass.config_entries.async_unload(home.entry.entry_id)
    assert not await async_remove_config_entry_device(hass, home.entry, door)


async def test_devices_that_nobody_knows_any_more_go_at_the_next_start(home: Home) -> None:
    dr.async_get(home.hass).async_get_or_create(
        config_entry_id=home.entry.entry_id, identifiers={("event_hub", "device:Long Gone")}
    )
    await home.reload()
    assert home.device("device:Long Gone") is None
    assert home.device("event_hub") is not None


async def test_devices_are_the_same_after_a_restart(home: Home) -> None:
    await home.report(DOOR)
    before = {device.id for device in dr.async_get(home.hass).devices}
    assert len(before) == 5
    await home.reload()
    assert {device.id for device in dr.async_get(home.hass).devices} == before


async def test_of_many_that_come_at_once_a_few_are_added_at_a_time_and_all_in_the_end(home: Home) -> None:
    keys = [f"Door {number}" for number in range(5 * DEVICES_AT_ONCE)]
    registry = dr.async_get(home.hass)
    counts: list[int] = []

    def count() -> None:
        counts.append(len(dr.async_entries_for_config_entry(registry, home.entry.entry_id)))

    home.hub.announcer.listen_devices(count)
    home.inject(
        *(InputReport(device_key=key, label=f"Label of {key}", location="Garage", active=False) for key in keys)
    )
    await until(lambda: home.entity_id("switch", f"device:{keys[-1]}:input_enabled") is not None)
    assert max(now - before for before, now in pairwise(counts)) <= DEVICES_AT_ONCE
    assert len(counts) >= 5
    for key in keys:
        device = home.device(f"device:{key}")
        assert device is not None
        assert (device.name, device.area_id is not None) == (f"Garage Label of {key}", True)
        assert home.entity_id("switch", f"device:{key}:input_enabled") is not None


async def test_of_many_that_change_at_once_all_are_renamed_in_the_end(home: Home) -> None:
    keys = [f"Door {number}" for number in range(3 * DEVICES_AT_ONCE)]
    home.inject(*(InputReport(device_key=key, active=False) for key in keys))
    await until(lambda: home.device(f"device:{keys[-1]}") is not None)
    home.inject(*(InputReport(device_key=key, label="New", active=False) for key in keys))

    def names() -> list[str | None]:
        return [None if (device := home.device(f"device:{key}")) is None else device.name for key in keys]

    await until(lambda: set(names()) == {"New"})


async def test_all_are_there_right_after_a_restart(home: Home) -> None:
    keys = [f"Door {number}" for number in range(3 * DEVICES_AT_ONCE)]
    home.inject(*(InputReport(device_key=key, active=False) for key in keys))
    await until(lambda: home.entity_id("switch", f"device:{keys[-1]}:input_enabled") is not None)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    shown = [home.entity_id("switch", f"device:{key}:input_enabled") for key in keys]
    assert all(entity is not None and home.hass.states.get(entity) is not None for entity in shown)
