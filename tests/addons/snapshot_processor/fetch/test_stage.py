"""Commands become pictures: cameras side by side, each of them one picture at a time."""

from collections.abc import Iterator, Mapping
import logging
import threading
import time

import pytest

from devkit.fake_camera import Behaviour, FakeCamera
from hub_relay.frames import encode
from hub_relay.stages import Inlet, Outlet, Overflow, Relays
from snapshot_processor.fetch.requests import Fetched, Outcome
from snapshot_processor.fetch.source import HttpSource, Source
from snapshot_processor.fetch.stage import FetchStage
from tests.addons.hub_relay.kit import PATIENCE, eventually, running

PORCH = "Porch Camera"
GARAGE = "Garage Camera"


@pytest.fixture
def camera() -> Iterator[FakeCamera]:
    with FakeCamera() as camera:
        yield camera


class Bench:
    """The stage, whoever commands it, and what it has told."""

    def __init__(self, sources: Mapping[str, Source], timeout: float = 3_600.0) -> None:
        self.relays = Relays()
        self.relay = self.relays.relay("fetch", limit=200, overflow=Overflow.DROP_NEWEST)
        self.told: list[Fetched] = []
        self.threads: set[str] = set()
        self.stage = FetchStage(self.relay, sources, self.done, timeout=timeout)
        self.outlet = Outlet(self.relay)

    def done(self, fetched: Fetched) -> None:
        self.told.append(fetched)
        self.threads.add(threading.current_thread().name)

    def ask(self, camera: str, *tickets: str, expires_in: float = 3_600) -> None:
        for ticket in tickets:
            content = {"camera": camera, "ticket": ticket, "expires_at": time.time() + expires_in}
            assert self.outlet.put("fetch", content)

    @property
    def tickets(self) -> list[str]:
        return [ticket for fetched in self.told for ticket in fetched.tickets]

    def close(self) -> None:
        self.outlet.__exit__()
        self.relays.close()


@pytest.fixture
def bench(camera: FakeCamera) -> Iterator[Bench]:
    bench = Bench({PORCH: HttpSource(url=camera.url)})
    yield bench
    bench.close()


def test_a_command_becomes_a_picture_that_is_told_in_the_stages_own_thread(bench: Bench, camera: FakeCamera) -> None:
    with running(bench.stage):
        before = time.time()
        bench.ask(PORCH, "one")
        eventually(lambda: bench.told)
        assert bench.stage.health().ok
    fetched = bench.told[0]
    assert (fetched.camera, fetched.tickets, fetched.outcome) == (PORCH, ("one",), Outcome.DONE)
    assert (fetched.content or b"").startswith(b"\xff\xd8\xff")
    assert before <= fetched.fetched_at <= time.time()
    assert bench.threads == {"fetch"}
    assert camera.requests == 1


def test_a_burst_of_twenty_commands_is_two_requests_at_most(bench: Bench, camera: FakeCamera) -> None:
    camera.gate.clear()
    names = [f"command {number}" for number in range(20)]
    with running(bench.stage):
        bench.ask(PORCH, names[0])
        eventually(lambda: camera.requests == 1)
        bench.ask(PORCH, *names[1:])
        # Frames keep their order: once this one is answered, the burst has come in.
        bench.ask("Attic Camera", "last")
        eventually(lambda: bench.tickets == ["last"])
        camera.gate.set()
        eventually(lambda: len(bench.tickets) == 21)
    assert sorted(bench.tickets) == sorted([*names, "last"])
    assert {fetched.outcome for fetched in bench.told[1:]} == {Outcome.DONE}
    assert camera.requests == 2
    assert camera.most_at_once == 1


def test_a_camera_that_hangs_holds_no_other_up(camera: FakeCamera) -> None:
    with FakeCamera(behaviour=Behaviour.HANGS) as hanging:
        bench = Bench({PORCH: HttpSource(url=camera.url), GARAGE: HttpSource(url=hanging.url)})
        with running(bench.stage):
            bench.ask(GARAGE, "stuck")
            eventually(lambda: hanging.requests == 1)
            bench.ask(PORCH, "one")
            eventually(lambda: bench.told)
            assert bench.tickets == ["one"]
    assert bench.tickets == ["one", "stuck"]
    bench.close()


def test_a_camera_that_lies_once_is_asked_again(
    bench: Bench, camera: FakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter = camera.enter

    def lie_once() -> bool:
        is_served = enter()
        camera.behaviour = Behaviour.HALF if camera.requests == 1 else Behaviour.WELL
        return is_served

    monkeypatch.setattr(camera, "enter", lie_once)
    with running(bench.stage):
        bench.ask(PORCH, "one")
        eventually(lambda: bench.told)
    assert (bench.told[0].outcome, camera.requests) == (Outcome.DONE, 2)


def test_a_camera_that_fails_is_named_until_it_gives_a_picture(
    bench: Bench, camera: FakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    camera.behaviour = Behaviour.FAILS
    with running(bench.stage):
        for number in (1, 2):
            bench.ask(PORCH, f"command {number}")
            eventually(lambda: len(bench.told) == number)  # noqa: B023 - waited for within the round
        health = bench.stage.health()
        assert (health.ok, health.detail) == (False, "Porch Camera: The camera answers 500")
        camera.behaviour = Behaviour.WELL
        bench.ask(PORCH, "command 3")
        eventually(lambda: len(bench.told) == 3)
        assert bench.stage.health().ok
    assert camera.requests == 7
    assert [fetched.outcome for fetched in bench.told] == [Outcome.FAILED, Outcome.FAILED, Outcome.DONE]
    said = [record.getMessage() for record in caplog.records if PORCH in record.getMessage()]
    assert said == [
        "Porch Camera: no picture was fetched: The camera answers 500",
        "Porch Camera: a picture was fetched again",
    ]


def test_a_command_that_comes_too_late_is_expired(bench: Bench, camera: FakeCamera) -> None:
    with running(bench.stage):
        bench.ask(PORCH, "late", expires_in=-1)
        eventually(lambda: bench.told)
    assert bench.told[0].outcome is Outcome.EXPIRED
    assert camera.requests == 0


def test_a_camera_that_is_not_there_is_told(bench: Bench) -> None:
    with running(bench.stage):
        bench.ask("Attic Camera", "one")
        eventually(lambda: bench.told)
        assert bench.stage.health().ok
    assert bench.told[0].outcome is Outcome.FAILED
    assert "no camera of this name" in (bench.told[0].problem or "")


def test_everybody_is_told_when_the_stage_stops(bench: Bench, camera: FakeCamera) -> None:
    camera.behaviour = Behaviour.HANGS
    with running(bench.stage):
        bench.ask(PORCH, "under way")
        eventually(lambda: camera.requests == 1)
        bench.ask(PORCH, "waits")
    assert sorted(bench.tickets) == ["under way", "waits"]
    assert {fetched.outcome for fetched in bench.told} == {Outcome.STOPPED}
    assert bench.stage.health().ok


def test_a_frame_is_as_the_stage_before_makes_it(bench: Bench) -> None:
    with Inlet(bench.relay, bench.stage.stop_flag) as inlet:
        bench.ask(PORCH, "one")
        frame = inlet.get(PATIENCE)
    assert frame is not None
    assert encode(frame.kind, frame.content)
