"""The brokers of an app: from its options or the Supervisor, and what is made of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from hub_relay.amqp import AmqpListener, AmqpPublisher
from hub_relay.brokers import Brokers, join, mqtt_of, read_brokers
from hub_relay.descriptions import Description, device_key
from hub_relay.links import Login, Tls
from hub_relay.mqtt import MqttLink
from hub_relay.native import Transport, Voice
from hub_relay.options import Reader
from hub_relay.stages import Overflow, Relays
from hub_relay.supervisor import MqttService

MQTT = {"mqtt_host": "broker", "mqtt_username": "me", "mqtt_password": "mqtt secret"}
RABBITMQ = {"rabbitmq_hosts": "one, two:5673", "rabbitmq_username": "you", "rabbitmq_password": "amqp secret"}


def read(options: dict[str, Any]) -> tuple[Brokers, list[str]]:
    reader = Reader(options)
    found = read_brokers(reader)
    reader.finish()
    return found, [str(problem) for problem in reader.problems]


@pytest.mark.parametrize(
    ("options", "mqtt", "rabbitmq"),
    [({}, False, False), (MQTT, True, False), (RABBITMQ, False, True), ({**MQTT, **RABBITMQ}, True, True)],
)
def test_there_are_the_brokers_that_are_named(options: dict[str, Any], mqtt: bool, rabbitmq: bool) -> None:
    found, problems = read(options)
    assert problems == []
    assert (found.mqtt is not None, found.rabbitmq is not None, bool(found)) == (mqtt, rabbitmq, mqtt or rabbitmq)


def test_a_broker_has_the_usual_port_and_no_login_unless_one_is_given() -> None:
    plain, _ = read({"mqtt_host": "a"})
    secure, _ = read({"mqtt_host": "a", "mqtt_tls": True})
    assert plain.mqtt is not None
    assert secure.mqtt is not None
    assert (plain.mqtt.port, plain.mqtt.login, plain.mqtt.tls) == (1883, None, None)
    assert (secure.mqtt.port, secure.mqtt.tls) == (8883, Tls())
    rabbitmq = read({"rabbitmq_hosts": "a"})[0].rabbitmq
    assert rabbitmq is not None
    assert (rabbitmq.login, rabbitmq.exchange, rabbitmq.virtual_host) == (
        Login(username="guest", password="guest"),
        "home_automation",
        "/",
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mqtt_port": 0}, "mqtt_port must be 1 to 65535"),
        ({"mqtt_tls": True, "mqtt_ca": "none.pem"}, "mqtt_ca must be a file below /ssl"),
        ({"mqtt_tls": "yes"}, "mqtt_tls must be true or false"),
        ({"rabbitmq_hosts": "one,:5672"}, "rabbitmq_hosts must be host or host:port"),
        ({"rabbitmq_hosts": "one:"}, "rabbitmq_hosts must be host or host:port"),
        ({"rabbitmq_hosts": "one:70000"}, "rabbitmq_hosts must be host or host:port"),
        ({"rabbitmq_exchange": 5}, "rabbitmq_exchange must be a text"),
    ],
)
def test_a_broker_with_a_problem_is_left_out_and_the_other_stays(options: dict[str, Any], said: str) -> None:
    found, (problem,) = read({**MQTT, **RABBITMQ, **options})
    assert problem.startswith(said)
    assert "secret" not in problem
    assert (found.mqtt is None) is said.startswith("mqtt")
    assert (found.rabbitmq is None) is said.startswith("rabbitmq")


@pytest.mark.parametrize(
    ("options", "told", "wrong"),
    [
        ({}, ["mqtt"], []),
        (MQTT, ["mqtt"], []),
        (RABBITMQ, ["amqp"], []),
        ({**MQTT, **RABBITMQ}, ["mqtt", "amqp"], []),
        ({**MQTT, "rabbitmq_hosts": "one:"}, ["mqtt", "amqp"], ["amqp"]),
        ({"rabbitmq_hosts": "one:"}, ["mqtt", "amqp"], ["amqp"]),
        ({**RABBITMQ, "mqtt_host": "a", "mqtt_port": 0}, ["mqtt", "amqp"], ["mqtt"]),
        ({"mqtt_port": 0}, ["mqtt"], ["mqtt"]),
    ],
)
def test_one_that_was_named_wrongly_is_not_forgotten(
    options: dict[str, Any], told: list[str], wrong: list[str]
) -> None:
    found, problems = read(options)
    assert (list(found.transports), list(found.wrong)) == (told, wrong)
    assert list(found.wrong.values()) == problems


def test_passwords_are_secrets() -> None:
    found, _ = read({**MQTT, **RABBITMQ})
    assert list(found.secrets()) == ["mqtt secret", "amqp secret"]
    assert "secret" not in repr(found)


def test_the_supervisors_broker_is_one_like_any_other() -> None:
    service = MqttService(host="core-mosquitto", port=1883, username="addons", password="x", ssl=False)
    found = mqtt_of(service)
    assert (found.host, found.port, found.login, found.tls) == (
        "core-mosquitto",
        1883,
        Login(username="addons", password="x"),
        None,
    )
    assert mqtt_of(MqttService(host="a", port=8883, username="", password="", ssl=True)).tls == Tls()


@pytest.fixture
def relays() -> Iterator[Relays]:
    relays = Relays()
    yield relays
    relays.close()


def test_every_broker_has_a_link_and_rabbitmq_a_listener(relays: Relays) -> None:
    commands = relays.relay("commands", limit=10, overflow=Overflow.WAIT)
    brokers, _ = read({**MQTT, **RABBITMQ})
    joined = join(brokers, Voice(topic="snapshot", name="home"), commands)
    assert {transport: type(link) for transport, link in joined.links.items()} == {
        Transport.MQTT: MqttLink,
        Transport.AMQP: AmqpPublisher,
    }
    assert [type(stage) for stage in joined.listeners] == [AmqpListener]
    for stage in (*joined.links.values(), *joined.listeners):
        stage.release()


@pytest.mark.parametrize(
    ("location", "label", "key"),
    [
        ("Porch", "camera", "Porch Camera"),
        ("ground floor", "front DOOR", "Ground Floor Front Door"),
        ("", "siren", "Siren"),
        ("  a ", " b\tc ", "A B C"),
    ],
)
def test_a_device_is_known_by_its_place_and_label(location: str, label: str, key: str) -> None:
    assert device_key(location, label) == key


def test_a_description_has_a_group_where_there_is_one() -> None:
    plain = Description(key="Porch Camera", label="Camera", type="camera", location="Porch")
    said = {"device_key": "Porch Camera", "device_label": "Camera", "type": "camera", "location": "Porch"}
    assert plain.wire() == said
    grouped = Description(key="Porch Camera", label="Camera", type="camera", location="Porch", group="Doors")
    assert grouped.wire() == {**said, "group_name": "Doors"}
