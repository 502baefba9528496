"""What the hub's triggers tell an automation: names for people, keys for actions, and where the picture is."""

from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .about import about_input, about_partition, about_source, device_id
from .const import DOMAIN
from .engine.effects import Detected, SourceBack, SourceLost
from .engine.model import Decision, InputRecord
from .event import attributes_of
from .hub import Hub
from .identifiers import device_identifier, name_of, source_name
from .iso_time import iso
from .picture_apps import picture_apps
from .picture_view import path_of
from .transports.pictures import PictureKind
from .views import INPUTS, Kind
from .wire.detection import Category

type Data = dict[str, Any]


@callback
def input_data(hub: Hub, key: str) -> Data:
    """Return which input it is, its device and entity."""
    record = hub.state.inputs.get(key) or InputRecord(key=key, source_id="")
    return {
        "input": key,
        "name": name_of(key, hub.state.inputs),
        "label": record.label,
        "location": record.location,
        "group": record.group,
        **about_input(hub.hass, key),
    }


@callback
def decision_data(hub: Hub, decision: Decision) -> Data:
    """Return what an input told and what was made of it; ``image`` is the path of its newest picture, if any."""
    image_entity = entity_of(hub.hass, Platform.IMAGE, INPUTS, decision.input_key, "snapshot")
    return {
        **input_data(hub, decision.input_key),
        **attributes_of(decision),
        "at": iso(decision.at),
        "has_image": decision.has_image,
        "image_entity": image_entity,
        "image": image_path(image_entity),
    }


@callback
def detection_data(hub: Hub, detected: Detected) -> Data:
    """Return who was seen. ``confidence`` is the highest, in percent; ``image`` is the picture it was seen in.

    Where no app keeps that, it is the camera's newest picture.
    """
    people = [thing for thing in detected.detection.things if thing.category is Category.PERSON]
    known = [thing.confidence for thing in people if thing.confidence is not None]
    image_entity = entity_of(hub.hass, Platform.IMAGE, INPUTS, detected.input_key, "snapshot")
    return {
        **input_data(hub, detected.input_key),
        "count": people_in(detected),
        "labels": sorted({thing.label for thing in people}),
        "confidence": max(known, default=None),
        "detector": detected.detection.detector,
        "image_id": detected.image_id,
        "image_entity": image_entity,
        "image": _kept_path(hub, detected) or image_path(image_entity),
    }


def people_in(detected: Detected) -> int:
    """Return how many people were seen in a picture."""
    things = detected.detection.things
    return max(detected.detection.people, sum(thing.category is Category.PERSON for thing in things))


@callback
def source_data(hub: Hub, told: SourceLost | SourceBack) -> Data:
    """Return which source it is, since when it is silent or for how many seconds it was, and the inputs it has."""
    inputs = [key for key, each in hub.state.inputs.items() if each.source_id == told.source_id]
    silence = (
        {"last_seen": iso(told.last_seen)} if isinstance(told, SourceLost) else {"silent_for": round(told.silent_for)}
    )
    return {
        "source": told.source_id,
        "name": source_name(told.source_id, hub.state.sources),
        **about_source(hub.hass, told.source_id),
        "inputs": [name_of(key, hub.state.inputs) for key in inputs],
        "at": iso(told.at),
        **silence,
    }


@callback
def partition_data(hass: HomeAssistant, partition_id: str, zone: str | None) -> Data:
    """Return the device and the panel of a partition, and the device of the zone that it is about, if any."""
    return {
        "zone_device_id": None if zone is None else device_id(hass, device_identifier(zone)),
        **about_partition(hass, partition_id),
    }


@callback
def entity_of(hass: HomeAssistant, platform: Platform, kind: Kind[Any], key: str, name: str) -> str | None:
    """Return the entity that is called ``name`` in a platform's descriptions, of the thing called ``key``."""
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{kind.prefix}{key}:{name}")


def image_path(image_entity: str | None) -> str | None:
    """Return the path of a picture as notifications take it."""
    return None if image_entity is None else f"/api/image_proxy/{image_entity}"


def _kept_path(hub: Hub, detected: Detected) -> str | None:
    record = hub.state.inputs.get(detected.input_key)
    if record is None or detected.image_id is None:
        return None
    apps = picture_apps(hub.entry).items()
    names = (name for name, app in apps if app.source_id is not None and app.source_id == record.source_id)
    return next((path_of(name, detected.image_id, PictureKind.MARKED) for name in names), None)
