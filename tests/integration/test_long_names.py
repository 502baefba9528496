"""Names may have 255 characters of any script, and the ids that are made of them are valid all the same."""

from collections.abc import Iterator
import itertools

import attr
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, valid_entity_id
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest

from custom_components.event_hub import announcer
from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.alarm.model import Partition, Zone
from custom_components.event_hub.engine.events import PartitionSet
from custom_components.event_hub.wire.detection import Detection, DetectionStatus
from custom_components.event_hub.wire.messages import Condition, InputReport, MeterReading, OutputReport
from tests.integration.notify.kit import add_channel, jpeg

from .kit import Home, source

SHORT = "Door"
# As the wire lets them in: no control characters, and not only blanks.
NAMES = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=255).filter(
    lambda name: not name.isspace()
)
LONG = {
    "words": ("Very long name of a window " * 10)[:255],
    "one_word": "Donaudampfschifffahrt" * 12,
    "chinese": "很长的窗户名称" * 36,
    "arabic": "ﷺ" * 255,
    "pictures": "🏠" * 255,
}
NUMBERS: Iterator[int] = itertools.count()


@pytest.fixture(autouse=True)
def _no_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let much be announced at once."""
    monkeypatch.setattr(announcer, "SHARE", 1.0)


async def add(home: Home, name: str, *, location: str | None = None) -> set[str]:
    """Have a source, a device with all there is to show, a partition and a channel of a name.

    Returns what entities the device has, by what comes after its name.
    """
    device = InputReport(
        device_key=name,
        location=location,
        active=True,
        value=1.0,
        meter=MeterReading(register=1.0, last_minute=2.0),
        image=jpeg(10),
        annotated=jpeg(20),
        detection=Detection(status=DetectionStatus.DONE),
        condition=Condition(tamper=False, fault="dirty"),
    )
    await home.report(
        device,
        InputReport(device_key=f"{name[:254]}2", label=name, location=location, active=True),
        by=source(f"board {name}"),
        outputs=(OutputReport(device_key=name, type="siren", location=location),),
    )
    switched = f"{name[:254]}3"
    await home.report(by=source(f"board {name}"), outputs=(OutputReport(device_key=switched, channel=0, is_on=False),))
    number = next(NUMBERS)
    zones = {name: Zone()}
    await home.post(PartitionSet(partition=Partition(partition_id=f"p{number}", name=name, zones=zones)))
    add_channel(home, name.strip()[:100], "mobile_app", "notify.mobile_app_phone")
    await home.told()
    prefix = f"device:{name}:"
    return {each.unique_id.removeprefix(prefix) for each in entries(home) if each.unique_id.startswith(prefix)}


def entries(home: Home) -> list[er.RegistryEntry]:
    """Return what Home Assistant knows of the hub's entities."""
    return er.async_entries_for_config_entry(er.async_get(home.hass), home.entry.entry_id)


def wrong(home: Home) -> list[str]:
    """Return the entities that have no valid id, or are not there though they are switched on."""
    return [
        each.entity_id
        for each in entries(home)
        if not valid_entity_id(each.entity_id)
        or len(each.entity_id) > 255
        or (each.disabled_by is None and home.hass.states.get(each.entity_id) is None)
    ]


@given(name=NAMES, location=st.none() | NAMES)
@example(name=LONG["words"], location=None)
@example(name=LONG["one_word"], location="Hall")
@example(name=LONG["chinese"], location=LONG["chinese"])
@example(name=LONG["chinese"][:60], location=LONG["words"])
@example(name=LONG["arabic"], location=None)
@example(name="_", location="-")
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
async def test_whatever_is_called_whatever_all_of_its_entities_are_there(
    home: Home, name: str, location: str | None
) -> None:
    usual = await add(home, SHORT)
    assert len(usual) > 15
    assert await add(home, name, location=location) == usual
    assert wrong(home) == []


@pytest.mark.parametrize("name", LONG.values(), ids=LONG)
async def test_an_entity_of_a_long_name_says_what_it_is_of_its_device(home: Home, name: str) -> None:
    await add(home, name)
    ids = {each: home.entity_id("sensor", f"device:{name}:{each}") for each in ("last_trigger", "last_command")}
    assert all(found is not None and found.endswith(what) for what, found in ids.items())
    device = home.device(f"device:{name}")
    assert device is not None
    assert device.name == name


async def test_where_people_have_put_a_device_may_have_a_long_name_too(home: Home, hass: HomeAssistant) -> None:
    await home.report(InputReport(device_key="Door", active=True))
    device = home.device("device:Door")
    assert device is not None
    area = ar.async_get(hass).async_create(LONG["words"] * 2)
    dr.async_get(hass).async_update_device(device.id, area_id=area.id, name_by_user=LONG["chinese"])
    await home.report(InputReport(device_key="Door", value=1.0, condition=Condition(tamper=False)))
    found = home.entity_id("sensor", "device:Door:value")
    assert found is not None
    assert found.startswith("sensor.hen_chang_de_")
    assert found.endswith("_ming_value")
    assert wrong(home) == []


async def test_an_entity_with_an_id_that_is_none_gets_a_valid_one(home: Home, hass: HomeAssistant) -> None:
    await home.report(InputReport(device_key="Door", active=True))
    registry = er.async_get(hass)
    known = registry.async_get(home.entity_id("sensor", "device:Door:last_trigger") or "")
    assert known is not None
    assert await hass.config_entries.async_unload(home.entry.entry_id)
    registry.async_update_entity(known.entity_id, name="Mine", entity_category=EntityCategory.DIAGNOSTIC)
    # As Home Assistant cut it, without a look at what it left.
    found = registry.entities.pop(known.entity_id)
    registry.entities["sensor.door_last_"] = replace_id(found, "sensor.door_last_")
    assert await hass.config_entries.async_setup(home.entry.entry_id)
    await home.told()
    mended = registry.async_get("sensor.door_last")
    assert mended is not None
    assert (mended.name, mended.unique_id, mended.platform) == ("Mine", "device:Door:last_trigger", DOMAIN)
    assert wrong(home) == []


def replace_id(entry: er.RegistryEntry, entity_id: str) -> er.RegistryEntry:
    """Return an entry under another id, whatever it is."""
    return attr.evolve(entry, entity_id=entity_id)
