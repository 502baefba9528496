"""The stages as they run: threads joined by relays, from what comes in to what every broker hears."""

from collections.abc import Callable, Iterator
import contextlib
from functools import partial
import json
from pathlib import Path
import time
from typing import Any

import msgpack
import pytest

from devkit.fake_camera import FakeCamera
from hub_relay.frames import Frame
from hub_relay.links import Link
from hub_relay.native import Transport, Voice
from hub_relay.publisher import Publisher
from hub_relay.signals import Flag
from hub_relay.stages import Inlet, Outlet, Overflow, Relay, Relays, Stage
from snapshot_processor.accept import AcceptStage
from snapshot_processor.fetched import FetchedTo, FetchingStage
from snapshot_processor.heartbeat import HeartbeatStage
from snapshot_processor.ledger.ledger import Ledger
from snapshot_processor.ledger.outbox import OutboxOfBroker
from snapshot_processor.look import LookStage
from snapshot_processor.model import PartHealth
from snapshot_processor.order import OrderStage, Ways
from snapshot_processor.retain import RetainStage, Room
from tests.addons.hub_relay.kit import PATIENCE, StubLink, eventually, running

from .kit import GARDEN, PORCH, SHARED, Home, command_of, jpeg_of, no_room

VOICE = Voice(topic="snapshot", name="home")


class Line:
    """A home whose stages run, and two brokers."""

    def __init__(self, home: Home) -> None:
        home.now = time.time()
        self.home = home
        self.relays = Relays()
        self.commands = self.relays.relay("commands", limit=100, overflow=Overflow.DROP_NEWEST)
        self.orders = self.relays.relay("orders", limit=100, overflow=Overflow.WAIT, patience=0.05)
        self.arrived, self.taken = self.wake("arrived"), self.wake("taken")
        self.links = {Transport.MQTT: StubLink("mqtt"), Transport.AMQP: StubLink("amqp")}
        self.ways = tuple(self.wake(f"publish_{transport}") for transport in self.links)
        self.publishers = [
            self.publisher(way, transport, link)
            for way, (transport, link) in zip(self.ways, self.links.items(), strict=True)
        ]
        cameras, place = home.settings.cameras, home.place
        self.look = LookStage(cameras, home.store, place, lambda _ledger: home.looker, self.taken, self.ways)
        self.accept = AcceptStage(cameras, SHARED, home.store, place, self.arrived, self.taken)
        to = FetchedTo(store=home.store, place=place, accept=self.arrived, publish=self.ways)
        self.fetching = FetchingStage(self.orders, cameras, to)
        self.order = OrderStage(
            home.cameras, place, home.store, self.commands, Ways(fetch=self.orders, publish=self.ways)
        )

    def wake(self, name: str) -> Relay:
        return self.relays.relay(name, limit=16, overflow=Overflow.DROP_NEWEST)

    def publisher(self, way: Relay, transport: Transport, link: Link) -> Publisher:
        place = OutboxPlace(self.home, str(transport))
        return Publisher(way, VOICE, {transport: link}, spool=place, name=f"publisher_{transport}")

    @property
    def stages(self) -> list[Stage]:
        return [*self.publishers, self.look, self.accept, self.fetching, self.order]

    def connect(self) -> None:
        for link in self.links.values():
            link.connect()

    def nudge(self) -> None:
        with Outlet(self.arrived) as outlet:
            outlet.put("arrived", {})

    def heard(self, purpose: str) -> list[dict[str, Any]]:
        """Return what came on a topic; each message on the other broker is the same."""
        mqtt = [one for one in self.links[Transport.MQTT].sent if one.address.endswith(f"/{purpose}")]
        return [json.loads(one.body) for one in mqtt]

    def close(self) -> None:
        self.relays.close()
        for link in self.links.values():
            link.release()


class OutboxPlace:
    def __init__(self, home: Home, broker: str) -> None:
        self._home = home
        self._broker = broker

    def open(self) -> OutboxOfBroker:
        return self._home.outbox(self._broker)


@pytest.fixture
def line(home: Home) -> Iterator[Line]:
    line = Line(home)
    yield line
    line.close()


def test_an_upload_becomes_an_event_on_both_brokers(line: Line) -> None:
    line.connect()
    with running(*line.stages):
        line.home.upload(jpeg_of(1))
        line.nudge()
        eventually(lambda: all(publisher.published == 1 for publisher in line.publishers))
        eventually(lambda: not line.look.health().ok)
        eventually(lambda: (line.accept.counts.taken, line.look.looked) == (1, 1))
        assert line.accept.health().ok
    (said,) = line.heard("event")
    (amqp,) = [msgpack.unpackb(one.body) for one in line.links[Transport.AMQP].sent]
    assert amqp["message_id"] == said["message_id"]
    assert amqp["inputs"][0]["image"] == jpeg_of(1)
    assert said["inputs"][0]["device_key"] == PORCH


def test_an_upload_that_nobody_told_of_is_found(line: Line) -> None:
    line.connect()
    line.home.upload(jpeg_of(1))
    with running(*line.stages):
        eventually(lambda: line.heard("event"))


def test_what_waited_for_a_broker_comes_in_its_order_when_it_is_back(line: Line) -> None:
    line.links[Transport.AMQP].connect()
    with running(*line.stages):
        for number in range(20):
            line.home.upload(jpeg_of(number), ago=5 - number / 10)
        line.nudge()
        eventually(lambda: line.publishers[1].published == 20)
        assert line.heard("event") == []
        line.links[Transport.MQTT].connect()
        eventually(lambda: line.publishers[0].published == 20)
    numbers = [said["inputs"][0]["image_id"] for said in line.heard("event")]
    assert numbers == list(range(1, 21))
    assert all(publisher.waiting == 0 for publisher in line.publishers)


def test_a_command_becomes_a_picture_and_an_answer(tmp_path: Path) -> None:
    with FakeCamera() as camera:
        home = Home(tmp_path, cameras=[{"label": "camera", "location": "Porch", "snapshot_url": camera.url}])
        line = Line(home)
        line.connect()
        with running(*line.stages), Outlet(line.commands) as outlet:
            outlet.put("command", command_of(expires_at=home.now + 90).as_content())
            eventually(lambda: len(line.heard("result")) == 2)
            eventually(lambda: line.heard("event"))
        assert [said["status"] for said in line.heard("result")] == ["accepted", "done"]
        (said,) = line.heard("event")
        assert said["inputs"][0]["storage_path"] == line.heard("result")[1]["detail"]
        addresses = [one.address for one in line.links[Transport.AMQP].sent]
        assert addresses[-1] == "event.notify.snapshot.home.image"
        assert home.looker.asked == [(PORCH, True)]
        line.close()
        home.close()


def test_a_camera_that_does_not_answer_is_an_answer(tmp_path: Path) -> None:
    cameras = [{"label": "camera", "location": "Porch", "snapshot_url": "http://127.0.0.1:9/x.jpg"}]
    home = Home(tmp_path, cameras=cameras)
    line = Line(home)
    line.connect()
    with running(*line.stages), Outlet(line.commands) as outlet:
        outlet.put("command", command_of(expires_at=home.now + 90).as_content())
        eventually(lambda: len(line.heard("result")) == 2)
    assert [said["status"] for said in line.heard("result")] == ["accepted", "failed"]
    line.close()
    home.close()


def test_on_a_full_disk_nothing_dies_and_it_goes_on_when_there_is_room(line: Line) -> None:
    line.connect()
    with running(*line.stages), Outlet(line.commands) as outlet:
        with no_room(line.home):
            line.home.upload(jpeg_of(1))
            line.nudge()
            outlet.put("command", command_of(GARDEN, expires_at=line.home.now + 90).as_content())
            eventually(lambda: not line.accept.health().ok)
            assert "make room" in (line.accept.health().detail or "")
            assert all(stage.alive for stage in line.stages)
            assert line.heard("event") == []
        eventually(lambda: line.heard("event"))
        eventually(lambda: line.accept.health().ok)
        assert len(line.heard("event")) == 1


def test_what_was_looked_at_on_a_full_disk_is_told_once_there_is_room(line: Line) -> None:
    line.connect()
    line.home.kept(seen=False)
    line.home.store.path(line.home.pictures()[0].path).write_bytes(jpeg_of(1))
    with no_room(line.home), running(line.look):
        eventually(lambda: "make room" in (line.look.health().detail or ""))
    with running(
        *line.publishers,
        LookStage(
            line.home.settings.cameras,
            line.home.store,
            line.home.place,
            lambda _ledger: line.home.looker,
            line.wake("again"),
            line.ways,
        ),
    ):
        eventually(lambda: line.heard("event"))
    assert len(line.heard("event")) == 1


@contextlib.contextmanager
def end_of(relay: Relay) -> Iterator[Callable[[], Frame]]:
    """Hold the end of a relay, and yield what waits for the next frame there."""
    stop = Flag()

    def frame() -> Frame:
        found = inlet.get(PATIENCE)
        assert found is not None, "nothing came"
        return found

    with Inlet(relay, stop) as inlet:
        yield frame
    stop.close()


def test_commands_that_find_no_room_go_on_a_moment_later(line: Line) -> None:
    with running(line.order), Outlet(line.commands) as outlet:
        for number in range(5):
            said = command_of(command_id=f"c{number}", expires_at=line.home.now + 90)
            assert outlet.put("command", said.as_content())
        eventually(lambda: len(line.home.ledger.commands.waiting()) == 5)
        with end_of(line.orders) as fetched:
            frames = [fetched() for _ in range(5)]
    assert [frame.content["ticket"] for frame in frames] == [f"c{number}" for number in range(5)]


def test_room_is_made_while_it_runs(home: Home) -> None:
    home.now = time.time()
    home.kept(size=1_000)
    home.kept(size=1_000)
    stage = RetainStage(home.settings.cameras, home.store, home.place, Room(most=1_500, reserve=0, keep_days=0))
    with running(stage):
        eventually(lambda: stage.deleted == 1)
        assert stage.health() == PartHealth(ok=True)
    assert [known.id for known in home.pictures()] == [2]


def used(found: dict[str, Any] | None, ledger: Ledger) -> dict[str, Any] | None:
    assert ledger.paid_calls.load("x") == {}
    return found


@pytest.mark.parametrize("budget", [None, {"calls_today": 3}])
def test_a_heartbeat_tells_of_cameras_parts_and_budget(line: Line, budget: dict[str, Any] | None) -> None:
    parts = {"detector": lambda: PartHealth(ok=True), "storage": lambda: PartHealth(ok=False, detail="make room")}
    home = line.home
    stage = HeartbeatStage(home.settings.cameras, parts, partial(used, budget), home.place, line.ways)
    with end_of(line.ways[0]) as first, end_of(line.ways[1]) as second, running(stage):
        frame = first()
        assert second() == frame
    said = frame.content
    assert frame.kind == "heartbeat"
    assert [one["device_key"] for one in said["inputs"]] == [PORCH, GARDEN]
    assert [one["device_key"] for one in said["outputs"]] == [PORCH]
    assert said["health"] == {
        "detector": {"ok": True, "detail": None},
        "storage": {"ok": False, "detail": "make room"},
    }
    assert said.get("budget") == budget
    assert (said["schema"], said["uptime"] >= 0) == (1, True)


def test_a_ledger_that_cannot_be_read_costs_the_heartbeat_its_budget_alone(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(ledger: Ledger) -> None:
        ledger.connection.execute("SELECT * FROM nothing")

    stage = HeartbeatStage(line.home.settings.cameras, {}, broken, line.home.place, line.ways)
    with end_of(line.ways[0]) as first, running(stage):
        assert "budget" not in first().content
    assert "cannot be counted" in caplog.text
