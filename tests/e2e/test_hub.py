"""A device nobody configured reports, appears, is linked, and its trigger reaches the other device.

The tests follow one home through its life, so their order matters.
"""

import time
from typing import Any

import pytest

from .home import Home
from .messages import (
    BACK_DOOR,
    CELLAR,
    FRONT_DOOR,
    HORN,
    SIREN,
    SWITCH_BOARD,
    board_event,
    board_heartbeat,
    esp_sensor,
    legacy_event,
    legacy_heartbeat,
    meter,
    switch_state,
)

pytestmark = pytest.mark.e2e

SIREN_KEY = "event.trigger.ioboard"
HORN_KEY = "event.control.ioboard"
SWITCH_TOPIC = f"switch/control/{SWITCH_BOARD}"
GARAGE = "event.notify.ioboard.garage"


def lamp(home: Home) -> str:
    """Return the key of the switch board's second channel."""
    outputs = home.action("list_devices")["outputs"]
    return str(next(output["key"] for output in outputs if output.get("channel") == 1))


def caused_by(key: str, detail: str) -> Any:
    """Return a check for commands that one trigger caused."""
    return lambda body: body["active_input"]["device_key"] == key and body["active_input"]["event_detail"] == detail


def siren_details(home: Home) -> list[str]:
    """Return the details of the triggers that commanded the siren."""
    commands = [command for command in home.devices.commands if command["address"] == SIREN_KEY]
    return [command["content"]["active_input"]["event_detail"] for command in commands]


def reasons_by_detail(home: Home) -> dict[str, str]:
    """Return what was decided about the front door's last events."""
    return {entry.get("detail"): entry["reason"] for entry in home.action("why", input=FRONT_DOOR)["decisions"]}


def attic_sensor(*, active: bool) -> dict[str, Any]:
    """Return what another board tells, in the attic."""
    return esp_sensor(active=active) | {"device_id": "esp32_0B", "input_location": "Attic"}


def trigger(home: Home, detail: str, *, at: float | None = None) -> None:
    """Let the front door of the current board trigger; every detail is a trigger of its own."""
    home.devices.amqp(GARAGE, board_event(detail, at=at))


def announce(home: Home) -> None:
    """Let every device say once what it is; devices repeat that every few seconds."""
    home.devices.amqp("event.heartbeat.ioboard.garage", board_heartbeat())
    home.devices.amqp("event.heartbeat.ioboard.cellar", legacy_heartbeat())
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=False))
    home.devices.mqtt(f"switch/state/{SWITCH_BOARD}", switch_state(1, 0))
    home.devices.mqtt("meter/water", meter(120))


def test_devices_that_nobody_configured_appear(home: Home) -> None:
    home.until_listening()

    async def all_known() -> bool:
        announce(home)
        registered = await home.assistant.api.call("config/device_registry/list")
        keys = {identifier[1] for device in registered for identifier in device["identifiers"]}
        wanted = {f"device:{key}" for key in (FRONT_DOOR, SIREN, CELLAR, HORN, BACK_DOOR, "Water Meter")}
        return keys >= wanted | {"ioboard.garage", "ioboard.cellar", f"switch.{SWITCH_BOARD}"}

    home.until("all devices in the device registry", all_known)
    assert not any(record.get("enabled") for key, record in home.inputs().items() if key not in ("Panic", "Report"))


def test_an_input_linked_by_the_action_commands_its_output_in_the_current_dialect(home: Home) -> None:
    home.action("enable", inputs=[FRONT_DOOR, CELLAR, BACK_DOOR], outputs=[SIREN, HORN])
    assert home.action("link", inputs=["front door"], outputs=[SIREN])["links"] == {FRONT_DOOR: [SIREN]}
    before = time.time()
    trigger(home, "opened")
    command = home.devices.got(SIREN_KEY)
    content = command["content"]
    assert abs(content.pop("timestamp") - before) < 10
    assert content.pop("output_triggered") == {
        "device_key": SIREN,
        "device_label": "Siren",
        "device_type": "Siren",
        "device_params": "5",
    }
    cause = content.pop("active_input")
    assert (cause["device_key"], cause["device_label"], cause["event_detail"]) == (FRONT_DOOR, "Front Door", "opened")
    assert content == {}
    assert 0 < int(command["expiration"]) <= 90_000


def test_a_board_of_2023_gets_its_command_in_its_own_dialect(home: Home) -> None:
    home.action("link", inputs=[CELLAR], outputs=[HORN])
    home.devices.amqp("event.notify.ioboard.cellar", legacy_event())
    content = home.devices.got(HORN_KEY)["content"]
    assert content["data"] == [HORN, None]
    assert isinstance(content["timestamp"], str)


def test_an_esp_sensor_switches_one_channel_and_keeps_the_other(home: Home) -> None:
    key = lamp(home)
    home.action("enable", outputs=[key])
    home.action("link", inputs=[BACK_DOOR], outputs=[key])
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=True))
    assert home.devices.got(SWITCH_TOPIC)["content"] == {"state": [1, 1]}
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=False))


def test_home_assistant_shows_the_state_and_the_log_the_decision(home: Home) -> None:
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=True))
    home.until_state("Garage Back Door", "on")
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=False))
    home.until_state("Garage Back Door", "off")
    (newest, *_) = home.action("why", input=FRONT_DOOR, limit=1)["decisions"]
    assert (newest["reason"], newest["detail"]) == ("triggered", "opened")
    assert [(output["output_key"], output["reason"]) for output in newest["outputs"]] == [(SIREN, "sent")]
    assert newest["commands"][-1]["status"] == "unanswered"
    assert "It triggered." in newest["explanation"]


def test_a_meters_register_is_set_through_the_action(home: Home) -> None:
    home.action("set_meter", input="Water Meter", add=100)
    assert home.devices.got("meter/water/control")["content"] == {"adjust_register": 100}


def test_a_retained_message_never_acts(home: Home) -> None:
    refused = home.diagnostics()["counters"]["retained"]
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=True), retain=True)
    home.until_state("Garage Back Door", "on")
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", "", retain=True)
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=False))
    home.until_state("Garage Back Door", "off")
    home.devices.mqtt("sensor/Attic/esp32_0B", attic_sensor(active=True), retain=True)
    home.until_state("Attic Back Door", "on")
    home.devices.mqtt("sensor/Attic/esp32_0B", attic_sensor(active=False))
    home.until_state("Attic Back Door", "off")
    decided = home.action("why", input="Attic Back Door")["decisions"]
    assert decided
    home.mosquitto.restart()
    home.until_listening()

    async def is_refused() -> bool:
        return bool((await home.async_diagnostics())["counters"]["retained"] > refused)

    home.until("the retained message was not acted on", is_refused)
    assert home.action("why", input="Attic Back Door")["decisions"] == decided
    home.until_state("Attic Back Door", "off")
    home.devices.mqtt("sensor/Attic/esp32_0B", "", retain=True)


def test_events_published_while_home_assistant_was_down_arrive_and_old_ones_do_not(home: Home) -> None:
    home.run(home.assistant.stop())
    trigger(home, "while it was down, long ago", at=time.time() - 130)
    trigger(home, "while it was down")
    home.run(home.assistant.start())
    home.devices.got(SIREN_KEY, caused_by(FRONT_DOOR, "while it was down"))
    details = siren_details(home)
    assert "while it was down, long ago" not in details
    reasons = reasons_by_detail(home)
    assert reasons["while it was down, long ago"] == "stale"


def test_links_and_switches_are_there_after_a_restart(home: Home) -> None:
    record = home.inputs()[FRONT_DOOR]
    assert record["enabled"]
    assert record["links"] == [SIREN]


def test_everything_works_after_rabbitmq_was_restarted(home: Home) -> None:
    home.rabbitmq.restart()
    home.until_listening()
    trigger(home, "after RabbitMQ's restart")
    home.devices.got(SIREN_KEY, caused_by(FRONT_DOOR, "after RabbitMQ's restart"))


def test_everything_works_after_mosquitto_was_killed(home: Home) -> None:
    home.mosquitto.kill()
    home.mosquitto.start()
    home.until_listening()
    home.action("set_rule", inputs=[BACK_DOOR], latch=0)
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=False))
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=True))
    assert home.devices.got(SWITCH_TOPIC)["content"] == {"state": [1, 1]}


def test_everything_is_there_after_home_assistant_was_killed(home: Home) -> None:
    trigger(home, "just before the kill")
    home.run(home.assistant.kill())
    trigger(home, "while it was dead")
    home.run(home.assistant.start())
    for detail in ("just before the kill", "while it was dead"):
        home.devices.got(SIREN_KEY, caused_by(FRONT_DOOR, detail))
    assert home.inputs()[FRONT_DOOR]["links"] == [SIREN]
    reasons = reasons_by_detail(home)
    assert reasons["while it was dead"] == "triggered"


def test_a_known_input_reported_under_another_origin_stops_nothing(home: Home) -> None:
    home.devices.amqp("event.notify.ioboard.impostor", board_event("from elsewhere"))
    trigger(home, "from home")
    home.devices.got(SIREN_KEY, caused_by(FRONT_DOOR, "from home"))
    details = siren_details(home)
    assert "from elsewhere" not in details


def test_malformed_bodies_stop_nothing_and_are_counted(home: Home) -> None:
    home.until_listening()
    before = sum(home.diagnostics()["refusals"].values())
    for body in (b"", b"\xc1", b"not messagepack", b"\x81", b"\xff" * 1000):
        home.devices.amqp(GARAGE, body)
    for text in ("", "{", "[]", "null", '{"input_1": 5}'):
        home.devices.mqtt("sensor/Garage/esp32_0A1B2C", text)
    trigger(home, "after nonsense")
    home.devices.got(SIREN_KEY, caused_by(FRONT_DOOR, "after nonsense"))

    async def all_counted() -> bool:
        return bool(sum((await home.async_diagnostics())["refusals"].values()) >= before + 10)

    home.until("every malformed body counted", all_counted)
