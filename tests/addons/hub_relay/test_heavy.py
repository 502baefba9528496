"""What a broker or the line to it cannot carry does not keep the others, and goes without its pictures."""

from collections.abc import Iterator
import contextlib
import json
import socket
import threading
import time
from typing import Any, override

import pytest
import pytest_socket

from devkit.brokers import LOOPBACK, Mosquitto
from hub_relay.links import Backoff
from hub_relay.mqtt import MqttLink
from hub_relay.native import Kind, Transport, Voice, event
from hub_relay.publisher import Publisher, SpoolPlace
from hub_relay.stages import Outlet, Overflow, Relays

from .conftest import PASSWORD
from .kit import PATIENCE, MqttEars, eventually, mqtt_config, quick, running, voice

LIMIT = 100_000
SMALL = 10


class Strict(Mosquitto):
    """A broker that closes the connection of whoever sends more than it takes."""

    @override
    def _prepare(self) -> list[str]:
        words = super()._prepare()
        file = self.folder / "mosquitto.conf"
        file.write_text(f"{file.read_text()}max_packet_size {LIMIT}\n")
        return words


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    with Strict(tmp_path_factory.mktemp("strict"), password=PASSWORD) as broker:
        yield broker


class Sending:
    """A publisher over a real link, and a way to give it pictures."""

    def __init__(self, broker: Mosquitto, speaker: Voice, within: float, **changes: Any) -> None:
        self.relays = Relays()
        relay = self.relays.relay("publish", limit=100, overflow=Overflow.WAIT)
        self.link = MqttLink(mqtt_config(broker, speaker, **changes), backoff=quick())
        self.publisher = Publisher(
            relay,
            speaker,
            {Transport.MQTT: self.link},
            spool=SpoolPlace(path=None),
            confirm_within=within,
            pauses=Backoff(first=0.01, most=0.05),
        )
        self.outlet = Outlet(relay)

    def say(self, number: int, **images: bytes) -> None:
        said = event(timestamp=time.time(), inputs=[{"device_key": "Porch", "sample_value": number, **images}])
        assert self.outlet.put(Kind.EVENT, said)


@contextlib.contextmanager
def sending(broker: Mosquitto, speaker: Voice, within: float = PATIENCE, **changes: Any) -> Iterator[Sending]:
    one = Sending(broker, speaker, within, **changes)
    with running(one.link, one.publisher):
        eventually(lambda: one.link.up)
        yield one
        one.outlet.__exit__()
    one.relays.close()


def heard(ears: MqttEars, count: int) -> list[int]:
    """Return the events of the next messages; one that was repeated is there once."""
    found: dict[int, None] = {}
    while len(found) < count:
        found[json.loads(ears.next().payload)["inputs"][0]["sample_value"]] = None
    return list(found)


@pytest.mark.parametrize(
    ("images", "kept"),
    [
        ({"image": bytes(SMALL + 1), "image_annotated": bytes(2 * LIMIT)}, [1]),
        ({"image": bytes(2 * LIMIT), "image_annotated": bytes(2 * LIMIT)}, []),
    ],
)
def test_a_picture_that_the_broker_does_not_take_is_left_out_and_the_others_come_after_it(
    strict: Mosquitto, images: dict[str, bytes], kept: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    speaker = voice()
    with (
        MqttEars(strict, speaker.mqtt("event")) as ears,
        MqttEars(strict, speaker.mqtt("image/#")) as pictures,
        sending(strict, speaker) as one,
    ):
        one.say(1, **images)
        one.say(2)
        one.say(3, image=bytes(SMALL))
        assert heard(ears, 3) == [1, 2, 3]
        eventually(lambda: one.publisher.waiting == 0)
        one.say(4, image=b"the last")
        seen = []
        while (message := pictures.next()).payload != b"the last":
            seen.append(len(message.payload))
        # That of the third comes in any case; the small one of the first may have come more than once.
        assert set(seen) == {SMALL + number for number in kept} | {SMALL}
        assert one.publisher.lost == 0
    assert "goes without its annotated picture" in caplog.text
    assert ("goes without its picture" in caplog.text) is not kept


def test_what_is_too_large_even_without_pictures_is_given_up(
    strict: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    speaker = voice()
    with MqttEars(strict, speaker.mqtt("event")) as ears, sending(strict, speaker) as one:
        said = event(timestamp=time.time(), inputs=[{"device_key": "x" * 2 * LIMIT, "sample_value": 1}])
        assert one.outlet.put(Kind.EVENT, said)
        one.say(2)
        assert heard(ears, 1) == [2]
        assert one.publisher.lost == 1
    assert "is given up" in caplog.text


class SlowLine:
    """A line to a broker that carries so many bytes a second."""

    def __init__(self, broker: Mosquitto, rate: int) -> None:
        self._broker = broker
        self._rate = rate
        self._server = socket.create_server((LOOPBACK, 0))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self.port: int = self._server.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in (self._server, *self._ends):
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection((LOOPBACK, self._broker.port))
                self._ends += [near, far]
                for one, other, rate in ((near, far, self._rate), (far, near, 0)):
                    self._threads.append(threading.Thread(target=self._carry, args=(one, other, rate), daemon=True))
                    self._threads[-1].start()

    def _carry(self, one: socket.socket, other: socket.socket, rate: int) -> None:
        pace = threading.Event()
        with contextlib.suppress(OSError):
            while content := one.recv(16_384):
                if rate:
                    pace.wait(len(content) / rate)
                other.sendall(content)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(mosquitto: Mosquitto) -> Iterator[SlowLine]:
    line = SlowLine(mosquitto, 300_000)
    yield line
    line.close()


def test_many_bytes_have_the_time_that_a_slow_line_needs(
    mosquitto: Mosquitto, line: SlowLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A machine may be slower than a line.
    monkeypatch.setattr("hub_relay.sender.SLOWEST", 400_000 / PATIENCE)
    speaker = voice()
    with MqttEars(mosquitto, speaker.mqtt("image/#")) as ears, sending(mosquitto, speaker, 0.5, port=line.port) as one:
        began = time.monotonic()
        one.say(1, image=bytes(400_000))
        eventually(lambda: one.publisher.published == 1)
        # Longer than a small message may take.
        assert time.monotonic() - began > 0.5
        assert len(ears.next().payload) == 400_000
        assert one.link.up


def test_a_line_that_is_slower_than_that_carries_what_comes_after_the_picture(
    mosquitto: Mosquitto, line: SlowLine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hub_relay.sender.SLOWEST", 10_000_000)
    speaker = voice()
    with MqttEars(mosquitto, speaker.mqtt("event")) as ears, sending(mosquitto, speaker, 1.0, port=line.port) as one:
        one.say(1, image=bytes(1_500_000))
        one.say(2)
        assert heard(ears, 2) == [1, 2]
    assert "goes without its picture" in caplog.text
