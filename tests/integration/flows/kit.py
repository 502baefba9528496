"""Begins and answers the forms, and reads what they show."""

from collections.abc import Mapping
import json
from typing import Any

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.const import DOMAIN
from tests.source import HUB

PASSWORD = "correct horse"
SECURITY = {"tls": False, "verify": True}
NAMES = {"exchange": "home_automation", "queue": "event_hub", "quorum": False}
LOGIN = {"username": "hub", "password": PASSWORD, "virtual_host": "/"}
ANSWERS = {"hosts": "rabbit-1:5673, rabbit-2", **LOGIN, "security": SECURITY, "names": NAMES}
KEPT = {"hosts": ["rabbit-1:5673", "rabbit-2"], **LOGIN, **SECURITY, **NAMES}
TEXTS: dict[str, Any] = json.loads((HUB / "translations/en.json").read_text(encoding="utf-8"))
RABBITMQ_APP = {"host": "local-rabbitmq", "port": 5672, "username": "hub", "password": PASSWORD}


def entry_of(hass: HomeAssistant, options: Mapping[str, Any] | None = None, **data: object) -> MockConfigEntry:
    """Return an entry that was made before."""
    entry = MockConfigEntry(domain=DOMAIN, title="Event Hub", unique_id=DOMAIN, data=data, options=options)
    entry.add_to_hass(hass)
    return entry


async def begin(hass: HomeAssistant, source: str = SOURCE_USER, data: object = None) -> ConfigFlowResult:
    """Begin a flow."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=data)


async def answer(hass: HomeAssistant, result: ConfigFlowResult, answers: Mapping[str, Any]) -> ConfigFlowResult:
    """Answer a form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], dict(answers))


async def ask_for_rabbitmq(hass: HomeAssistant) -> ConfigFlowResult:
    """Go to the form about RabbitMQ."""
    return await answer(hass, await begin(hass), {"mqtt": False, "rabbitmq": True})


def fields(result: ConfigFlowResult) -> dict[str, Any]:
    """Return each field of a form with what it suggests, sections included."""
    schema = result["data_schema"]
    assert schema is not None
    return suggestions(schema.schema)


def suggestions(schema: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what the fields of a schema suggest."""
    found: dict[str, Any] = {}
    for field, kind in schema.items():
        inner = getattr(kind, "schema", None)
        suggested = (field.description or {}).get("suggested_value")
        found[str(field.schema)] = suggestions(inner.schema) if inner is not None else suggested
    return found


def mqtt_message(topic: str, payload: str) -> MqttServiceInfo:
    """Return what Home Assistant hands over of a message on MQTT."""
    return MqttServiceInfo(topic=topic, payload=payload, qos=0, retain=False, subscribed_topic=topic, timestamp=0.0)


def app(**config: object) -> HassioServiceInfo:
    """Return what the Supervisor tells of the RabbitMQ app."""
    return HassioServiceInfo(config=config, name="RabbitMQ", slug="local_rabbitmq", uuid="1234")
