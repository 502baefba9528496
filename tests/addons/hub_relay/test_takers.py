"""What comes on other topics than the commands': given to who takes it, and no trouble for the link."""

from collections.abc import Iterator
import contextlib
import socket
import threading

import pytest

from devkit.brokers import Mosquitto
from hub_relay.mqtt import MqttConfig, MqttLink, Takers
from hub_relay.signals import Flag
from hub_relay.stages import Inlet, Overflow, Relays

from .kit import PATIENCE, MqttEars, as_json, command, commands, eventually, mqtt_config, quick, running, voice

PICTURE = b"\xff\xd8\xff picture \xff\xd9"


class Taken:
    """Takes what comes, and fails when told to."""

    def __init__(self) -> None:
        self.relays = Relays()
        self.news = self.relays.relay("arrived", limit=16, overflow=Overflow.DROP_NEWEST)
        self.payloads: list[bytes] = []
        self.tried = 0
        self.fails: Exception | None = None
        self._stop = Flag()
        self.inlet = Inlet(self.news, self._stop)

    def take(self, payload: bytes) -> None:
        self.tried += 1
        if self.fails is not None:
            raise self.fails
        self.payloads.append(payload)

    def close(self) -> None:
        self.inlet.__exit__()
        self._stop.close()
        self.relays.close()


@pytest.fixture
def taken() -> Iterator[Taken]:
    taken = Taken()
    yield taken
    taken.close()


def test_a_picture_goes_to_who_takes_it_and_a_command_where_commands_go(mosquitto: Mosquitto, taken: Taken) -> None:
    speaker, said = voice(), command()
    topic = f"cameras/{speaker.name}"
    with commands() as place, MqttEars(mosquitto) as hub:
        takers = Takers(topics={topic: taken.take}, news=taken.news)
        link = MqttLink(mqtt_config(mosquitto, speaker), commands=place.mqtt, takers=takers, backoff=quick())
        with running(link):
            eventually(lambda: link.up)
            hub.say(topic, PICTURE)
            hub.say(speaker.mqtt("command"), as_json(said))
            assert place.next().content["command_id"] == said["command_id"]
            frame = taken.inlet.get(PATIENCE)
        assert place.nothing()
    assert frame is not None
    assert (frame.kind, frame.content) == ("arrived", {})
    assert taken.payloads == [PICTURE]


def test_a_picture_that_the_broker_had_kept_is_not_taken(mosquitto: Mosquitto, taken: Taken) -> None:
    speaker = voice()
    topic = f"cameras/{speaker.name}"
    with MqttEars(mosquitto) as hub:
        hub.say(topic, b"of last year", retain=True)
        config = mqtt_config(mosquitto, speaker, command_topic=None)
        link = MqttLink(config, takers=Takers(topics={topic: taken.take}, news=taken.news), backoff=quick())
        with running(link):
            eventually(lambda: link.up)
            hub.say(topic, PICTURE)
            eventually(lambda: taken.payloads)
        hub.say(topic, b"", retain=True)
    assert taken.payloads == [PICTURE]


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError("No space left on device"), "make room or check the disk"), (ValueError("strange"), "cannot be taken")],
)
def test_what_cannot_be_taken_is_said_once_and_the_link_goes_on(
    mosquitto: Mosquitto, taken: Taken, error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    speaker = voice()
    topic = f"cameras/{speaker.name}"
    taken.fails = error
    with MqttEars(mosquitto) as hub:
        config = mqtt_config(mosquitto, speaker, command_topic=None)
        link = MqttLink(config, takers=Takers(topics={topic: taken.take}, news=taken.news), backoff=quick())
        with running(link):
            eventually(lambda: link.up)
            for _ in range(3):
                hub.say(topic, PICTURE)
            eventually(lambda: taken.tried == 3)
            assert link.up
            taken.fails = None
            hub.say(topic, PICTURE)
            eventually(lambda: taken.payloads)
    assert caplog.text.count(said) == 1


def test_what_is_too_large_is_refused(mosquitto: Mosquitto, taken: Taken, caplog: pytest.LogCaptureFixture) -> None:
    speaker = voice()
    topic = f"cameras/{speaker.name}"
    with MqttEars(mosquitto) as hub:
        takers = Takers(topics={topic: taken.take}, news=taken.news, largest=100)
        link = MqttLink(mqtt_config(mosquitto, speaker, command_topic=None), takers=takers, backoff=quick())
        with running(link):
            eventually(lambda: link.up)
            hub.say(topic, b"x" * 101)
            hub.say(topic, b"x" * 100)
            eventually(lambda: taken.payloads)
    assert [len(payload) for payload in taken.payloads] == [100]
    assert "more than 100 bytes" in caplog.text


CONNACK, SUBACK_HEAD = b"\x20\x02\x00\x00", 0x90


@contextlib.contextmanager
def broker_that_grants(*codes: int) -> Iterator[int]:
    """Listen as a broker that answers a subscription with these codes; yield its port."""
    ended = threading.Event()

    def serve(server: socket.socket) -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                peer, _ = server.accept()
                with peer:
                    peer.recv(4_096)
                    peer.sendall(CONNACK)
                    _grant(peer, codes)
                    ended.wait(PATIENCE)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _grant(peer: socket.socket, codes: tuple[int, ...]) -> None:
    said = b""
    # The status may come before it: a subscription begins with 0x82, its length and its number.
    while (at := said.find(b"\x82")) < 0 or len(said) < at + 4:
        said += peer.recv(4_096)
    number = said[at + 2 : at + 4]
    peer.sendall(bytes([SUBACK_HEAD, 2 + len(codes)]) + number + bytes(codes))


@contextlib.contextmanager
def linked(port: int, taken: Taken) -> Iterator[MqttLink]:
    """Run a link that hears commands and a camera."""
    config = MqttConfig(host="127.0.0.1", port=port, client_id="a", status_topic="s", command_topic="c")
    takers = Takers(topics={"cameras/porch": taken.take}, news=taken.news)
    with commands() as place:
        link = MqttLink(config, commands=place.mqtt, takers=takers, backoff=quick())
        with running(link):
            yield link


def test_a_camera_that_may_not_be_heard_costs_nothing_but_its_pictures(
    taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    with broker_that_grants(1, 0x80) as port, linked(port, taken) as link:
        eventually(lambda: link.up)
    assert "refuses a subscription to cameras/porch: allow it to this app's user" in caplog.text


def test_a_device_that_may_not_be_commanded_is_not_connected(taken: Taken, caplog: pytest.LogCaptureFixture) -> None:
    with broker_that_grants(0x80, 1) as port, linked(port, taken) as link:
        eventually(lambda: "refuses a subscription to c" in caplog.text)
        assert not link.up
