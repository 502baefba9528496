"""A hub that is offered because of what was found: devices on MQTT, or the RabbitMQ app."""

from unittest.mock import AsyncMock

from homeassistant.config_entries import (
    SOURCE_HASSIO,
    SOURCE_IGNORE,
    SOURCE_MQTT,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.transports.link import LinkError, Problem

from .kit import ANSWERS, KEPT, RABBITMQ_APP, answer, app, begin, mqtt_message


@pytest.mark.usefixtures("mqtt")
@pytest.mark.parametrize(
    ("topic", "payload", "device"),
    [
        ("event_hub/snapshot/porch/status", "online", "porch"),
        ("sensor/heartbeat/esp32_0A1B2C", "OK", "esp32_0A1B2C"),
        ("meter/heartbeat/esp32_0A1B2D", "OK", "esp32_0A1B2D"),
        ("switch/heartbeat/esp32_0A1B2E", "OK", "esp32_0A1B2E"),
    ],
)
async def test_a_device_on_mqtt_offers_the_hub(hass: HomeAssistant, topic: str, payload: str, device: str) -> None:
    form = await begin(hass, SOURCE_MQTT, mqtt_message(topic, payload))

    assert form["step_id"] == "mqtt_confirm"
    assert form["description_placeholders"] == {"device": device}
    result = await answer(hass, form, {"rabbitmq": False})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {"mqtt": True}


@pytest.mark.usefixtures("mqtt")
async def test_a_hub_found_on_mqtt_may_be_connected_to_rabbitmq_too(hass: HomeAssistant) -> None:
    form = await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_0A1B2C", "OK"))
    form = await answer(hass, form, {"rabbitmq": True})

    result = await answer(hass, form, ANSWERS)

    assert result["data"] == {"mqtt": True, "rabbitmq": KEPT}


async def test_many_devices_on_mqtt_offer_the_hub_once(hass: HomeAssistant) -> None:
    await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_1", "OK"))

    result = await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_2", "OK"))

    assert result["reason"] == "already_in_progress"
    assert len(hass.config_entries.flow.async_progress()) == 1


@pytest.mark.usefixtures("mqtt")
async def test_a_form_that_a_person_left_open_keeps_no_device_on_mqtt_from_offering_the_hub(
    hass: HomeAssistant,
) -> None:
    left = await begin(hass)

    form = await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_1", "OK"))

    assert form["step_id"] == "mqtt_confirm"
    again = await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_2", "OK"))
    assert again["reason"] == "already_in_progress"
    result = await answer(hass, left, {"mqtt": True, "rabbitmq": False})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert hass.config_entries.flow.async_progress() == []


async def test_devices_on_mqtt_do_not_offer_the_hub_while_the_app_does(hass: HomeAssistant) -> None:
    await begin(hass, SOURCE_HASSIO, app(**RABBITMQ_APP))

    result = await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_1", "OK"))

    assert result["reason"] == "already_in_progress"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [("sensor/heartbeat/thermometer", "21.5"), ("event_hub/snapshot/porch/status", ""), ("switch/heartbeat/", "OK")],
)
async def test_other_messages_on_mqtt_offer_nothing(hass: HomeAssistant, topic: str, payload: str) -> None:
    result = await begin(hass, SOURCE_MQTT, mqtt_message(topic, payload))

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_a_device"


@pytest.mark.parametrize("source", [SOURCE_MQTT, SOURCE_HASSIO])
async def test_a_hub_that_is_set_up_or_ignored_is_not_offered(hass: HomeAssistant, source: str) -> None:
    MockConfigEntry(domain=DOMAIN, unique_id=DOMAIN, source=SOURCE_IGNORE).add_to_hass(hass)
    data = mqtt_message("sensor/heartbeat/esp32_1", "OK") if source == SOURCE_MQTT else app(**RABBITMQ_APP)

    result = await begin(hass, source, data)

    assert result["type"] is FlowResultType.ABORT


@pytest.mark.usefixtures("mqtt")
async def test_the_rabbitmq_app_offers_the_hub(hass: HomeAssistant, tried: AsyncMock) -> None:
    form = await begin(hass, SOURCE_HASSIO, app(**RABBITMQ_APP))
    assert form["step_id"] == "hassio_confirm"
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["app"] == "RabbitMQ"

    tried.side_effect = LinkError(Problem.CANNOT_CONNECT, "still starting")
    form = await answer(hass, form, {"mqtt": True})
    assert form["errors"] == {"base": "cannot_connect"}
    tried.side_effect = None
    result = await answer(hass, form, {"mqtt": True})

    assert result["data"] == {"mqtt": True, "rabbitmq": {**KEPT, "hosts": ["local-rabbitmq:5672"]}}


async def test_the_app_is_used_alone_where_there_is_no_mqtt(hass: HomeAssistant) -> None:
    form = await begin(hass, SOURCE_HASSIO, app(**RABBITMQ_APP))
    form = await answer(hass, form, {"mqtt": True})
    assert form["errors"] == {"mqtt": "mqtt_not_set_up"}

    result = await answer(hass, form, {"mqtt": False})

    assert result["data"]["mqtt"] is False


async def test_the_app_is_offered_even_while_devices_on_mqtt_offer_the_hub(hass: HomeAssistant) -> None:
    await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_1", "OK"))

    form = await begin(hass, SOURCE_HASSIO, app(**RABBITMQ_APP))
    await answer(hass, form, {"mqtt": False})

    assert len(hass.config_entries.async_entries(DOMAIN)) == 1
    assert hass.config_entries.flow.async_progress() == []


REMOTE_MONITOR = {"device": "garage", "app": "remote_monitor"}


@pytest.mark.usefixtures("mqtt")
async def test_an_app_that_is_a_device_on_mqtt_offers_the_hub(hass: HomeAssistant) -> None:
    form = await begin(hass, SOURCE_HASSIO, app(**REMOTE_MONITOR))
    assert (form["step_id"], form["description_placeholders"]) == ("mqtt_confirm", {"device": "garage"})
    result = await answer(hass, form, {"rabbitmq": False})
    assert result["data"] == {"mqtt": True}


async def test_an_app_on_mqtt_asks_for_mqtt_first(hass: HomeAssistant) -> None:
    form = await begin(hass, SOURCE_HASSIO, app(**REMOTE_MONITOR))
    form = await answer(hass, form, {"rabbitmq": False})
    assert form["errors"] == {"base": "mqtt_not_set_up"}


async def test_an_app_offers_nothing_where_the_hub_is_set_up(hass: HomeAssistant) -> None:
    MockConfigEntry(domain=DOMAIN, unique_id=DOMAIN).add_to_hass(hass)
    result = await begin(hass, SOURCE_HASSIO, app(**REMOTE_MONITOR))
    assert result["reason"] == "already_configured"


SNAPSHOT = {
    "device": "home",
    "app": "snapshot",
    "images": {"host": "local-snapshot", "port": 8098, "token": "token"},
}
KEPT_PICTURES = {"home": {"url": "http://local-snapshot:8098", "token": "token", "source": "snapshot.home"}}


@pytest.mark.usefixtures("mqtt")
@pytest.mark.parametrize(
    ("first", "data"),
    [
        (SOURCE_MQTT, mqtt_message("event_hub/snapshot/home/status", "online")),
        (SOURCE_HASSIO, app(**REMOTE_MONITOR)),
    ],
)
async def test_where_pictures_are_is_kept_by_a_hub_that_another_device_offered(
    hass: HomeAssistant, first: str, data: object
) -> None:
    form = await begin(hass, first, data)
    await begin(hass, SOURCE_HASSIO, app(**SNAPSHOT))
    result = await answer(hass, form, {"rabbitmq": False})
    assert result["data"] == {"mqtt": True, "images": KEPT_PICTURES}


@pytest.mark.usefixtures("mqtt")
async def test_where_pictures_are_is_kept_by_a_hub_that_a_person_adds(hass: HomeAssistant) -> None:
    await begin(hass, SOURCE_HASSIO, app(**SNAPSHOT))
    result = await answer(hass, await begin(hass), {"mqtt": True, "rabbitmq": False})
    assert result["data"] == {"mqtt": True, "images": KEPT_PICTURES}
    assert hass.config_entries.flow.async_progress() == []


@pytest.mark.usefixtures("mqtt")
async def test_an_app_that_keeps_pictures_no_longer_is_not_remembered(hass: HomeAssistant) -> None:
    await begin(hass, SOURCE_HASSIO, app(**SNAPSHOT))
    await begin(hass, SOURCE_HASSIO, app(device="home", app="snapshot"))
    result = await answer(hass, await begin(hass), {"mqtt": True, "rabbitmq": False})
    assert result["data"] == {"mqtt": True}


async def test_where_pictures_are_is_remembered_while_the_hub_is_ignored(hass: HomeAssistant) -> None:
    ignored = MockConfigEntry(domain=DOMAIN, unique_id=DOMAIN, source=SOURCE_IGNORE)
    ignored.add_to_hass(hass)
    await begin(hass, SOURCE_HASSIO, app(**SNAPSHOT))
    await hass.config_entries.async_remove(ignored.entry_id)
    form = await begin(hass, SOURCE_HASSIO, app(**RABBITMQ_APP))
    result = await answer(hass, form, {"mqtt": False})
    assert result["data"]["images"] == KEPT_PICTURES


@pytest.mark.parametrize(
    "config", [{}, {**RABBITMQ_APP, "port": "amqp"}, {**RABBITMQ_APP, "password": ""}, {**RABBITMQ_APP, "host": "a b"}]
)
async def test_an_app_that_says_too_little_offers_nothing(hass: HomeAssistant, config: dict[str, object]) -> None:
    result = await begin(hass, SOURCE_HASSIO, app(**config))

    assert result["reason"] == "incomplete_discovery"
