"""The real image, built and run as the Supervisor does it."""

import json
from pathlib import Path
import queue
import subprocess

import msgpack
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
import pika
import pytest

from devkit.addons.container import Container
from devkit.addons.machine import CERTIFICATES, PIP_SETTINGS
from devkit.broker_process import wait_for
from devkit.brokers import Mosquitto, RabbitMQ
from devkit.lock import CONTAINER_PYTHON
from tests.source import ROOT

from .kit import app_of, pins_of, text_of

pytestmark = pytest.mark.e2e

VERSIONS = """
import json, re, sys
from importlib.metadata import distributions
names = {re.sub("[-_.]+", "-", found.name).lower(): found.version for found in distributions()}
print(json.dumps({"python": "{}.{}".format(*sys.version_info), "packages": names}))
"""
APP = ROOT / "addons/remote_monitor"


def devices_of(heartbeat: dict[str, list[dict[str, str]]]) -> list[str]:
    """Return the keys of the devices that a heartbeat names."""
    return [device["device_key"] for device in (*heartbeat["inputs"], *heartbeat["outputs"])]


def listen(client: mqtt.Client, *_: object) -> None:
    """Subscribe once connected."""
    client.subscribe("event_hub/remote_monitor/container/heartbeat")


def inside(container: Container, *words: str) -> str:
    """Run a program in the container and return what it prints."""
    return subprocess.run(container.inside(*words), stdout=subprocess.PIPE, text=True, check=True).stdout


def test_the_app_becomes_healthy(container: Container) -> None:
    wait_for(container.healthy, "It never became healthy", patience=30)
    assert container.exit_code is None


@pytest.mark.usefixtures("container", "socket_enabled")
def test_the_app_reports_on_mqtt(mosquitto: Mosquitto) -> None:
    bodies = queue.SimpleQueue[bytes]()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_connect = listen
    client.on_message = lambda _client, _data, message: bodies.put(message.payload)
    client.connect(mosquitto.host, mosquitto.port)
    client.loop_start()
    try:
        heartbeat = json.loads(bodies.get(timeout=15))
    finally:
        client.disconnect()
        client.loop_stop()
    assert devices_of(heartbeat) == ["Garage Door", "Garage Siren"]


@pytest.mark.usefixtures("container", "socket_enabled")
def test_the_app_reports_on_rabbitmq(rabbitmq: RabbitMQ) -> None:
    with pika.BlockingConnection(pika.ConnectionParameters(rabbitmq.host, rabbitmq.port)) as connection:
        channel = connection.channel()
        channel.exchange_declare("home_automation", "topic")
        name = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(name, "home_automation", "event.heartbeat.remote_monitor.container")
        _, _, body = next(channel.consume(name, auto_ack=True, inactivity_timeout=15))
    assert devices_of(msgpack.unpackb(body)) == ["Garage Door", "Garage Siren"]


def test_the_app_gives_up_the_rights_of_root(container: Container) -> None:
    wait_for(container.healthy, "It never became healthy", patience=30)
    status = Path(f"/proc/{app_of(container)}/status").read_text(encoding="utf-8")
    facts = dict(line.split(":", 1) for line in status.splitlines())
    assert "0" not in facts["Uid"].split()
    assert "0" not in facts["Gid"].split()
    assert int(facts["CapEff"], 16) == 0


def test_the_options_stay_their_owners_alone(container: Container) -> None:
    wait_for(container.healthy, "It never became healthy", patience=30)
    assert (container.data / "options.json").stat().st_mode & 0o777 == 0o600


def test_the_image_has_the_packages_of_the_lock_and_no_others(container: Container) -> None:
    found = json.loads(inside(container, "python", "-c", VERSIONS))
    assert found["python"] == CONTAINER_PYTHON
    assert {name: version for name, version in found["packages"].items() if name != "pip"} == pins_of(
        text_of(APP, "requirements.txt")
    )


def test_nothing_of_the_machine_that_built_it_is_in_the_image(container: Container) -> None:
    places = f"{PIP_SETTINGS} {CERTIFICATES}"
    assert inside(container, "sh", "-c", f"find {places} -type f -size +0 2>/dev/null || true") == ""


def test_the_image_has_no_tools_to_build_packages(container: Container) -> None:
    assert inside(container, "sh", "-c", "command -v gcc cc make git curl || true") == ""
