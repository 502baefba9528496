"""While brokers are away pictures wait for them; while the app is away commands wait at RabbitMQ."""

from collections.abc import Generator
import contextlib
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgpack
import pika
import pytest
import pytest_socket

from devkit.brokers import Mosquitto, RabbitMQ
from devkit.fake_camera import FakeCamera
from tests.addons.hub_relay.kit import as_msgpack, command

from .cameras import jpeg, push
from .ears import Ears
from .kit import App, camera, eventually, running

EXCHANGE = "home_automation"
PICTURES = 12


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Mosquitto, RabbitMQ]]:
    if not (Mosquitto.installed() and RabbitMQ.installed()):
        pytest.skip("Mosquitto or RabbitMQ is not installed")
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("brokers")
    with Mosquitto(folder / "mosquitto") as mosquitto, RabbitMQ(folder / "rabbitmq") as rabbitmq:
        yield mosquitto, rabbitmq


@pytest.fixture
def hub(brokers: tuple[Mosquitto, RabbitMQ]) -> Generator[Hub]:
    _, rabbitmq = brokers
    hub = Hub(rabbitmq)
    yield hub
    hub.close()


class Hub:
    """A queue at RabbitMQ that keeps what every app says."""

    def __init__(self, broker: RabbitMQ) -> None:
        parameters = pika.ConnectionParameters(broker.host, broker.port, heartbeat=0)
        self._connection = pika.BlockingConnection(parameters)
        self._channel = self._connection.channel()
        self._channel.exchange_declare(EXCHANGE, "topic")
        self._channel.exchange_declare(f"{EXCHANGE}_control", "direct")
        self._queue: str = self._channel.queue_declare("", exclusive=True).method.queue
        self._channel.queue_bind(self._queue, EXCHANGE, "event.#")
        self.events: list[dict[str, Any]] = []

    def hear(self) -> list[dict[str, Any]]:
        """Return the events so far, a repeated one once."""
        while (found := self._channel.basic_get(self._queue, auto_ack=True))[0] is not None:
            said = msgpack.unpackb(found[2])
            known = {one["message_id"] for one in self.events}
            if found[0].routing_key.startswith("event.notify.") and said["message_id"] not in known:
                self.events.append(said)
        return self.events

    def is_consumed(self, name: str) -> bool:
        """Say whether there is such a queue and somebody takes what it is sent: it is bound by then."""
        with self._connection.channel() as channel, contextlib.suppress(pika.exceptions.ChannelClosedByBroker):
            return bool(channel.queue_declare(name, passive=True).method.consumer_count)
        return False

    def command(self, key: str) -> str:
        """Give the command to take a picture, and return its id."""
        said = command(key)
        self._channel.basic_publish(f"{EXCHANGE}_control", "event.trigger.snapshot", as_msgpack(said))
        return str(said["command_id"])

    def close(self) -> None:
        self._connection.close()


def test_pictures_wait_for_both_brokers_and_come_in_order_with_their_own_times(
    brokers: tuple[Mosquitto, RabbitMQ], hub: Hub, folder: Path
) -> None:
    mosquitto, rabbitmq = brokers
    cameras = [camera("Porch", "porch")]
    app = App(folder, mosquitto, cameras=cameras, rabbitmq_hosts=rabbitmq.address)
    with running(app), Ears(app) as ears:
        push(app, "porch", jpeg())
        ears.until_events(1)
        eventually(hub.hear, "RabbitMQ has nothing")
        mosquitto.stop()
        # It keeps its connections and answers nobody, as a machine that is asleep.
        rabbitmq.pause()
        sent = [jpeg() for _ in range(PICTURES)]
        # Files have their times of a clock that is some milliseconds late.
        began = datetime.now().astimezone() - timedelta(seconds=0.1)
        for content in sent[: PICTURES // 2]:
            push(app, "porch", content)
        eventually(lambda: len(app.files()) == 1 + PICTURES // 2, "not all are kept")
        app.kill()
        app.start()
        for content in sent[PICTURES // 2 :]:
            push(app, "porch", content)
        eventually(lambda: len(app.files()) == 1 + PICTURES, "not all are kept")
        ended = datetime.now().astimezone()
        assert app.health().said["stages"]["accept"] == "ok"
        rabbitmq.resume()
        mosquitto.start()
        # A broker that was stopped may say again what it had no receipt for.
        eventually(lambda: len(ears.once()) == 1 + PICTURES, "Mosquitto has not got all")
        told = ears.once()[1:]
        eventually(lambda: len(hub.hear()) == 1 + PICTURES, "RabbitMQ has not got all")
        eventually(app.all_told, "something waits")
    assert [one.image for one in told] == sent
    assert [one["inputs"][0]["image"] for one in hub.events[1:]] == sent
    assert [one.message_id for one in told] == [one["message_id"] for one in hub.events[1:]]
    moments = [datetime.fromisoformat(one.timestamp) for one in told]
    assert all(before <= after for before, after in pairwise([began, *moments, ended]))
    assert [one["timestamp"] for one in hub.events[1:]] == [one.timestamp for one in told]
    own = [moment.timestamp() for moment in moments]
    assert [one.device["image_timestamp"] for one in told] == pytest.approx(own, rel=0, abs=1e-5)


def test_a_command_that_came_while_the_app_was_dead_is_carried_out(
    brokers: tuple[Mosquitto, RabbitMQ], hub: Hub, folder: Path
) -> None:
    mosquitto, rabbitmq = brokers
    with FakeCamera("Yard") as yard:
        cameras = [camera("Yard", snapshot_url=yard.url)]
        app = App(folder, mosquitto, cameras=cameras, rabbitmq_hosts=rabbitmq.address)
        with running(app), Ears(app) as ears:
            eventually(lambda: hub.is_consumed(f"event_hub.snapshot.{app.name}"), "the app hears no commands")
            app.kill()
            asked = hub.command("Yard Camera")
            app.start()
            assert ears.until_answered(asked)[0] == "done"
            assert ears.until_events(1)[0].device["operation"] == "fetch"
            eventually(lambda: len(hub.hear()) == 1, "RabbitMQ has not got it")
            assert hub.events[0]["message_id"] == ears.events()[0].message_id
