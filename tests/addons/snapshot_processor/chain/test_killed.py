"""Killed at any point: every picture is told once to every broker, and every accepted command is answered once."""

from collections import Counter
from collections.abc import Iterable, Iterator
import contextlib
from dataclasses import dataclass, field
import os
from pathlib import Path
import shutil
import sqlite3
import sys
import tempfile
from typing import Any, override

import msgpack
import pytest

from hub_relay.commands import Command
from snapshot_processor.fetch.requests import Fetched, Outcome
from snapshot_processor.fetched import Keeping
from snapshot_processor.order import Orders
from snapshot_processor.receive import inbox

from .kit import BROKERS, NOTHING, NOW, PERSON, PORCH, Home, command_of, jpeg_of, md5_of

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
_FILES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.utime", "os.truncate"})


class Killed(BaseException):
    """The program is gone; whatever it still tries to do is not done."""


class Fate:
    """Counts what is done to files and the ledger, and ends the program before one of these."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.done = 0
        self.watching = False
        sys.addaudithook(self._hear)

    @contextlib.contextmanager
    def strikes_at(self, point: int | None) -> Iterator[None]:
        self.left, self.done, self.watching = point, 0, True
        try:
            yield
        finally:
            self.watching = False

    def step(self) -> None:
        if not self.watching:
            return
        if self.left is not None and self.done >= self.left:
            raise Killed
        self.done += 1

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.watching and (event in _FILES or (event == "open" and _writes(arguments))):
            self.step()


def _writes(arguments: tuple[Any, ...]) -> bool:
    """Say whether a file of the store is opened for writing."""
    return isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


FATE = Fate()


class Watched(sqlite3.Connection):
    """A connection whose every statement may be the last."""

    @override
    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        FATE.step()
        # A program that is killed loses nothing of what the disk has not got yet, and there are hundreds of lives.
        return super().execute("SELECT 1" if sql.startswith("PRAGMA synchronous") else sql, parameters)

    @override
    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        FATE.step()
        return super().executemany(sql, parameters)


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, autocommit=True, factory=Watched)
    sqlite3.Connection.execute(connection, "PRAGMA synchronous = OFF")
    return connection


@dataclass
class World:
    """What is outside of the program: what came to it, and what every broker got of it."""

    home: Home
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {broker: [] for broker in BROKERS})
    commands: list[Command] = field(default_factory=list)

    def run(self) -> None:
        """Run the program from its start until there is nothing to do."""
        home = self.home
        home.store.prepare()
        home.connect = connect
        home.ledger = home.place.on(connect(home.place.path))
        inbox.finish_leftovers(home.store.inbox)
        orders = Orders(home.cameras, home.store, home.ledger, home.clock)
        orders.take_up_again()
        while self.commands:
            # What was handed over and not accepted is lost, as on a broker that had its acknowledgement.
            orders.take(self.commands.pop(0))
        self._fetch(orders)
        for _ in range(2):
            home.sweep()
            home.look()
            for broker in BROKERS:
                self._publish(broker)

    def _fetch(self, orders: Orders) -> None:
        home = self.home
        slugs = {camera.key: camera.slug for camera in home.cameras.values()}
        while orders.to_fetch:
            accepted = orders.to_fetch.popleft()
            outcome = FETCHES.get(accepted.command_id)
            said = Fetched(
                camera=accepted.camera,
                tickets=(accepted.command_id,),
                outcome=Outcome.FAILED if outcome is None else Outcome.DONE,
                content=outcome,
                problem="no answer" if outcome is None else None,
                fetched_at=home.now,
            )
            Keeping(home.store, home.ledger, slugs).keep(said)

    def _publish(self, broker: str) -> None:
        with self.home.outbox(broker) as outbox:
            while (message := outbox.first()) is not None:
                FATE.step()
                self.heard[broker].append({"kind": message.kind, **msgpack.unpackb(message.body)})
                outbox.done(message)


# What a camera answers to each command; nothing for one that does not.
FETCHES: dict[str, bytes] = {"good": jpeg_of(7), "half": jpeg_of(8)[:-40]}


WITH_PEOPLE = (jpeg_of(2), jpeg_of(7))
COMMANDS = (
    *(command_of(command_id=name) for name in ("good", "half", "none")),
    command_of(command_id="late", expires_at=NOW - 1),
)


def come_today(home: Home) -> None:
    """Let everything come that can come by FTP."""
    home.upload(jpeg_of(1), ago=3)
    home.upload(jpeg_of(2), ago=3)
    home.upload(jpeg_of(3), "", account="garden", ago=2)
    home.upload(jpeg_of(3), "", account="garden", ago=1)
    home.upload(jpeg_of(4)[:-30], ago=2)
    home.upload(jpeg_of(5), "nowhere", ago=2)


def outcome_of(world: World) -> dict[str, Any]:
    """Return what must be the same wherever the program was killed."""
    home = world.home
    messages = {broker: {said["message_id"]: said for said in heard}.values() for broker, heard in world.heard.items()}
    return {
        "events": {broker: _events(said) for broker, said in messages.items()},
        "answers": {broker: _answers(said) for broker, said in messages.items()},
        "pictures": Counter(known.md5 for known in home.pictures()),
        "files": len([path for path in home.files() if "/upload_" in path or "/fetch_" in path]),
        "marked": len([path for path in home.files() if "/human_" in path]),
        "waiting": len(inbox.sweep(home.store.inbox)),
        "to settle": len(home.ledger.pictures.to_settle()),
        # The hub hears nothing of a command that was lost before it was accepted, and says so itself.
        "never accepted": {one.command_id for one in COMMANDS} - {one for one, _ in _answers(world.heard["mqtt"])},
        "bytes": home.ledger.pictures.size() - sum(known.size + known.marked_size for known in home.pictures()),
    }


def _events(messages: Iterable[dict[str, Any]]) -> Counter[tuple[str, str, str, bool]]:
    found: Counter[tuple[str, str, str, bool]] = Counter()
    for said in messages:
        if said["kind"] == "event":
            (device,) = said["inputs"]
            found[device["device_key"], device["operation"], device["state"], "image" in device] += 1
    return found


def _answers(messages: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter((said["command_id"], said["status"]) for said in messages if said["kind"] == "result")


class Lives:
    """One day in a home, over and over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begin = folder / "begin"
        home = Home(self._begin)
        come_today(home)
        home.close()

    def live(self, point: int | None) -> tuple[dict[str, Any], int]:
        """Run the program, kill it before its step ``point``, run it again; return what came of it, and the steps."""
        folder = self._folder / f"killed at {point}"
        shutil.copytree(self._begin, folder)
        world = World(home=Home(folder), commands=list(COMMANDS))
        world.home.now = NOW + 2
        world.home.looker.answer = lambda picture: PERSON if picture.content in WITH_PEOPLE else NOTHING
        world.home.close()
        with FATE.strikes_at(point), contextlib.suppress(Killed):
            world.run()
        steps = FATE.done
        if point is not None:
            world.home.close()
            world.run()
        outcome = outcome_of(world)
        world.home.close()
        shutil.rmtree(folder)
        return outcome, steps


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: FATE.step())
        # In memory where that is possible: so many lives would keep a disk busy.
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            yield Lives(Path(folder))


@pytest.fixture(scope="module")
def undisturbed(lives: Lives) -> tuple[dict[str, Any], int]:
    return lives.live(None)


def test_undisturbed_everything_is_told_and_answered(undisturbed: tuple[dict[str, Any], int]) -> None:
    outcome, steps = undisturbed
    events = {
        (PORCH, "upload", "triggered", True): 2,
        (PORCH, "fetch", "triggered", True): 1,
        ("Garden Camera", "upload", "triggered", True): 1,
        ("Garden Camera", "upload", "OK", True): 1,
    }
    answers = {("good", "accepted"), ("good", "done"), ("half", "accepted"), ("half", "failed"), ("late", "expired")}
    answers |= {("none", "accepted"), ("none", "failed")}
    assert outcome["events"] == dict.fromkeys(BROKERS, events)
    assert outcome["answers"] == {broker: Counter(answers) for broker in BROKERS}
    assert (outcome["files"], outcome["marked"], outcome["waiting"], outcome["to settle"]) == (5, 2, 0, 0)
    assert outcome["bytes"] == 0
    assert steps > 100


def test_killed_before_any_step_nothing_is_lost_and_nothing_told_twice(
    lives: Lives, undisturbed: tuple[dict[str, Any], int]
) -> None:
    wanted, steps = undisturbed
    for point in range(steps):
        outcome, _ = lives.live(point)
        assert outcome == _without(wanted, outcome["never accepted"]), f"killed before step {point} of {steps}"


def _without(wanted: dict[str, Any], lost: set[str]) -> dict[str, Any]:
    """Return what is expected when some commands were killed with the program before it accepted them."""
    expected = {**wanted, "never accepted": lost}
    expected["answers"] = {
        broker: Counter({answer: count for answer, count in answers.items() if answer[0] not in lost})
        for broker, answers in wanted["answers"].items()
    }
    if "good" in lost:
        expected["events"] = {
            broker: events - Counter([(PORCH, "fetch", "triggered", True)])
            for broker, events in wanted["events"].items()
        }
        expected["files"] = wanted["files"] - 1
        expected["marked"] = wanted["marked"] - 1
        expected["pictures"] = wanted["pictures"] - Counter([md5_of(FETCHES["good"])])
    return expected
