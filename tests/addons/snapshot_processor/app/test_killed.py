"""Killed at random moments while four cameras push: what was answered with 226 is told, and told once as new.

``EVENT_HUB_KILLS`` says how often it is killed, ``EVENT_HUB_SEED`` when.
"""

from collections import Counter, defaultdict
from collections.abc import Generator
import contextlib
from contextlib import ExitStack
from ftplib import all_errors
import hashlib
import os
import random
import threading
import time

import pytest
import pytest_socket

from devkit.brokers import Mosquitto

from .cameras import begin, jpeg, login, push, send
from .ears import Ears
from .kit import App, camera, eventually, running

KILLS = int(os.environ.get("EVENT_HUB_KILLS", "10"))
SEED = int(os.environ.get("EVENT_HUB_SEED", "1"))
ACCOUNTS = ("porch", "garden", "yard", "attic")
# A camera's picture, and how often it has one, in seconds.
SIZE = 40_000
EVERY = 0.04
# Between the first answer that a new life gives and its end, in seconds.
LONGEST_LIFE = 0.5


class Pushing(threading.Thread):
    """A camera that sends one picture after the other, whenever somebody answers. ``taken`` are those answered 226."""

    def __init__(self, app: App, account: str) -> None:
        super().__init__(name=account)
        self.taken: set[str] = set()
        self.tried = 0
        self._app = app
        self._account = account
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(EVERY):
            with contextlib.suppress(*all_errors), login(self._app, self._account) as client:
                while not self._over.wait(EVERY):
                    content = jpeg(SIZE)
                    self.tried += 1
                    if send(client, content).startswith("226"):
                        self.taken.add(digest(content))

    def end(self) -> None:
        self._over.set()
        self.join()


def digest(content: bytes | None) -> str:
    return hashlib.sha256(content or b"").hexdigest()


class Figures:
    """What came of it."""

    def __init__(self, cameras: list[Pushing], ears: Ears) -> None:
        self.cameras = cameras
        self.ears = ears
        self.kills: Counter[str] = Counter()
        self.under_way: list[int] = []

    def taken(self) -> set[str]:
        return {one for camera in self.cameras for one in set(camera.taken)}

    def told(self) -> dict[str, set[str]]:
        """Return the ids of the messages that told each picture."""
        found: dict[str, set[str]] = defaultdict(set)
        for event in self.ears.events():
            found[digest(event.image)].add(event.message_id)
        return found

    def __str__(self) -> str:
        events = self.ears.events()
        repeats = len(events) - len({one.message_id for one in events})
        return (
            f"{sum(self.kills.values())} kills {dict(self.kills)}, {sum(one.tried for one in self.cameras)} uploads,"
            f" {len(self.taken())} answered 226, {len(self.told())} told, {repeats} messages repeated;"
            f" under way at a kill: {min(self.under_way)} to {max(self.under_way)}"
        )


@pytest.fixture(scope="module")
def app(mosquitto: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Generator[App]:
    pytest_socket.enable_socket()
    app = App(
        tmp_path_factory.mktemp("killed"),
        mosquitto,
        cameras=[camera(account.capitalize(), account) for account in ACCOUNTS],
    )
    with running(app):
        yield app


def live(app: App, figures: Figures, chance: random.Random) -> None:
    """Let it take something, kill it somewhere between that and what follows, and start it again."""
    before = len(figures.taken())
    eventually(lambda: len(figures.taken()) > before, "nothing is taken")
    # The moment is what the test is about.
    time.sleep(chance.uniform(0, LONGEST_LIFE))
    family = chance.random() < 0.5
    app.kill(family=family)
    figures.kills["all of it" if family else "the main process"] += 1
    figures.under_way.append(len(figures.taken() - set(figures.told())))
    app.start()


def test_whenever_it_is_killed_what_was_taken_is_told_once_as_new(app: App) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same moments again
    with ExitStack() as stack:
        ears = stack.enter_context(Ears(app))
        pushing = [Pushing(app, account) for account in ACCOUNTS]
        figures = Figures(pushing, ears)
        for one in pushing:
            one.start()
            stack.callback(one.end)
        for _ in range(KILLS):
            live(app, figures, chance)
        for one in pushing:
            one.end()
        eventually(app.all_told, "something waits")
        eventually(lambda: figures.taken() <= set(figures.told()), "something is not told")
        print(f"\n{figures}")  # noqa: T201 - what it is run with hundreds of kills for
        assert all(len(ids) == 1 for ids in figures.told().values())
        assert len({ids.copy().pop() for ids in figures.told().values()}) == len(figures.told())
    assert sum(figures.under_way) > 0, "it was never killed in the middle"
    assert len(figures.kills) == 2
    kept = Counter(digest(path.read_bytes()) for path in app.files(kind="upload"))
    assert set(kept) == set(figures.told())
    assert set(kept.values()) == {1}


def test_an_upload_that_a_kill_breaks_off_is_never_told(app: App) -> None:
    with Ears(app) as ears:
        content, before = jpeg(SIZE), len(app.broken())
        client = login(app, ACCOUNTS[0])
        data = begin(app, client, content)
        app.kill()
        data.close()
        client.close()
        app.start()
        eventually(lambda: len(app.broken()) > before, "it is not kept apart")
        push(app, ACCOUNTS[0], content)
        (event,) = ears.until_events(1)
        assert event.image == content
