"""The publisher with somebody else's store: woken by news, and alive whatever the store does."""

from collections.abc import Iterator
import json
import time
from typing import Self

import msgpack
import pytest

from hub_relay.native import Kind, Transport, Voice, event, heartbeat
from hub_relay.publisher import NEWS, Publisher
from hub_relay.spool import Priority, Spooled, SpoolError
from hub_relay.stages import Outlet, Overflow, Relays

from .kit import StubLink, eventually, running

VOICE = Voice(topic="snapshot", name="home")


class Rows:
    """A store that others write to, and that a disk may keep from being read."""

    def __init__(self) -> None:
        self.rows: list[Spooled] = []
        self.broken = False
        self.lost = 0

    def add(self, number: int) -> None:
        body = event(timestamp=time.time(), inputs=[{"device_key": "Door", "sample_value": number}])
        self.rows.append(Spooled(id=len(self.rows) + 1, kind="event", body=bytes(msgpack.packb(body))))

    def open(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.check()

    def __len__(self) -> int:
        self.check()
        return len(self.rows)

    def __bool__(self) -> bool:
        return len(self) > 0

    def put(self, kind: str, body: bytes, priority: Priority) -> bool:
        self.check()
        assert priority in Priority
        self.rows.append(Spooled(id=len(self.rows) + 1, kind=kind, body=body))
        return True

    def first(self) -> Spooled | None:
        self.check()
        return self.rows[0] if self.rows else None

    def done(self, message: Spooled) -> None:
        self.rows.remove(message)

    def check(self) -> None:
        if self.broken:
            raise SpoolError("disk I/O error")


class Bench:
    def __init__(self) -> None:
        self.relays = Relays()
        self.link, self.rows = StubLink(), Rows()
        way = self.relays.relay("publish", limit=16, overflow=Overflow.DROP_NEWEST)
        self.publisher = Publisher(way, VOICE, {Transport.MQTT: self.link}, spool=self.rows, name="publisher_mqtt")
        self.outlet = Outlet(way)

    def numbers(self) -> list[int]:
        return [json.loads(one.body)["inputs"][0]["sample_value"] for one in self.link.sent]

    def close(self) -> None:
        self.outlet.__exit__()
        self.relays.close()
        self.link.release()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


def test_news_send_what_others_have_put_there(bench: Bench) -> None:
    bench.link.connect()
    with running(bench.publisher):
        assert bench.publisher.name == "publisher_mqtt"
        for number in range(3):
            bench.rows.add(number)
            bench.outlet.put(NEWS, {})
        eventually(lambda: bench.publisher.published == 3)
        eventually(lambda: bench.publisher.waiting == 0)
    assert bench.numbers() == [0, 1, 2]


def test_what_was_put_there_goes_out_without_news_too(bench: Bench) -> None:
    bench.rows.add(1)
    bench.link.connect()
    with running(bench.publisher):
        eventually(lambda: bench.numbers() == [1])


def test_a_store_that_cannot_be_read_is_asked_again_and_nothing_overtakes_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.rows.add(1)
    bench.rows.broken = True
    bench.link.connect()
    with running(bench.publisher):
        bench.outlet.put(Kind.EVENT, event(timestamp=time.time(), inputs=[{"device_key": "Door", "sample_value": 9}]))
        bench.outlet.put(Kind.HEARTBEAT, heartbeat(timestamp=time.time(), uptime=1, inputs=[], outputs=[]))
        eventually(lambda: bench.publisher.lost == 1)
        assert bench.publisher.alive
        assert bench.link.sent == []
        bench.rows.broken = False
        eventually(lambda: len(bench.link.sent) == 2)
    assert [one.address.rpartition("/")[2] for one in bench.link.sent] == ["event", "heartbeat"]
    assert "The spool cannot be read: disk I/O error" in caplog.text


def test_it_shows_that_it_lives_while_it_sends_much(bench: Bench) -> None:
    for number in range(40):
        bench.rows.add(number)
    beats: list[float] = []
    beat = bench.publisher.beat

    def counted() -> None:
        beats.append(time.monotonic())
        beat()

    bench.publisher._beat = 0.0
    bench.publisher.beat = counted  # type: ignore[method-assign]
    bench.link.connect()
    with running(bench.publisher):
        eventually(lambda: bench.publisher.published == 40)
    assert len(beats) > 40
