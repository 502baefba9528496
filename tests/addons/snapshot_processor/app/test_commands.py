"""Pictures on command: cameras that do as they should, and all others, whose command is answered with the reason."""

from collections.abc import Generator, Iterator
import contextlib
from contextlib import ExitStack
import threading
import time

import pytest
import pytest_socket

from devkit.broker_process import LOOPBACK, free_ports
from devkit.brokers import Mosquitto
from devkit.fake_camera import Behaviour, FakeCamera
from devkit.fake_camera_door import CameraLogin, Guard

from .ears import Ears
from .kit import HEARTBEAT, App, camera, eventually

PASSWORD = "nobody should read this"
LOGIN = CameraLogin(username="viewer", password=PASSWORD)
GOOD, CGI, DEAD, PUSHING = "Good Camera", "Cgi Camera", "Dead Camera", "Pushing Camera"
# What is wrong with a camera, and what whoever asked for its picture is told.
WRONG = {
    Behaviour.DRIPS: "The camera does not answer in time",
    Behaviour.HANGS: "The camera does not answer in time",
    Behaviour.PAGE: "The camera sent something that is no picture: check its address and login",
    Behaviour.HALF: "The camera sent half a picture",
    Behaviour.SHORT: "The camera broke the connection off",
    Behaviour.REFUSES: "The camera refuses the login: check its user name and password",
    Behaviour.FAILS: "The camera answers 500",
    Behaviour.ENDLESS: "The camera sends more than 20 MiB",
    Behaviour.NOTHING: "The camera sent nothing",
    Behaviour.GARBAGE: "The camera does not speak HTTP as it should",
}
SLOW = {Behaviour.DRIPS, Behaviour.HANGS}
# What a test holds up must not be given up meanwhile.
FETCH = {"snapshot_processor.fetch.client.TIMEOUT": 3_600}


class Yard:
    """Cameras that do well, and where the others are once they are there."""

    def __init__(self, stack: ExitStack) -> None:
        self.good = stack.enter_context(FakeCamera("Good", login=LOGIN, guard=Guard.DIGEST))
        self.cgi = stack.enter_context(FakeCamera("Cgi", login=LOGIN))
        self._closed, *ports = free_ports(len(WRONG) + 1)
        self._wrong = dict(zip(WRONG, ports, strict=True))

    def options(self) -> list[dict[str, object]]:
        login = {"username": LOGIN.username, "password": PASSWORD}
        others = {"Dead": self._closed, **{one.capitalize(): port for one, port in self._wrong.items()}}
        return [
            camera("Good", snapshot_url=self.good.url, **login),
            camera("Cgi", snapshot_url=self.cgi.cgi_url, **login),
            camera("Pushing", "pushing"),
            *(
                camera(location, snapshot_url=f"http://{LOOPBACK}:{port}/snapshot.jpg", **login)
                for location, port in others.items()
            ),
        ]

    @contextlib.contextmanager
    def wrong(self) -> Iterator[dict[Behaviour, FakeCamera]]:
        """Run the cameras that do wrong."""
        before = threading.active_count()
        with ExitStack() as stack:
            yield {
                one: stack.enter_context(FakeCamera(one, login=LOGIN, behaviour=one, port=port))
                for one, port in self._wrong.items()
            }
        eventually(lambda: threading.active_count() <= before, "a camera does not end")


@pytest.fixture(scope="module")
def yard() -> Generator[Yard]:
    pytest_socket.enable_socket()
    with ExitStack() as stack:
        yield Yard(stack)


@pytest.fixture(scope="module")
def app(yard: Yard, mosquitto: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Generator[App]:
    pytest_socket.enable_socket()
    app = App(tmp_path_factory.mktemp("yard"), mosquitto, pauses={**FETCH, HEARTBEAT: 0.5}, cameras=yard.options())
    app.start()
    yield app
    app.close()


@pytest.fixture(scope="module")
def ears(app: App) -> Generator[Ears]:
    with Ears(app) as ears:
        ears.until_beat()
        yield ears


@pytest.mark.parametrize("key", [GOOD, CGI])
def test_a_picture_is_fetched_kept_and_told(app: App, ears: Ears, key: str) -> None:
    asked = ears.command(key)
    assert ears.until_answered(asked)[0] == "done"
    assert [status for status, _ in ears.results(asked)] == ["accepted", "done"]
    (event,) = ears.until_events(1, key)
    assert event.device["operation"] == "fetch"
    assert event.image == (app.images / event.device["storage_path"]).read_bytes()
    assert ears.results(asked)[-1][1] == event.device["storage_path"]


def test_whoever_asked_is_told_what_is_wrong_with_a_camera(app: App, yard: Yard, ears: Ears) -> None:
    now = time.time()
    with yard.wrong() as wrong:
        asked = {
            one: ears.command(f"{one.capitalize()} Camera", expires_at=now + (8 if one in SLOW else 600))
            for one in WRONG
        }
        dead = ears.command(DEAD)
        answers = {one: ears.until_answered(command) for one, command in asked.items()}
    assert answers == {one: ("failed", reason) for one, reason in WRONG.items()}
    assert ears.until_answered(dead) == ("failed", "The camera cannot be reached: Connection refused")
    # Without the login, then with it, and no more: some cameras lock who tries again and again.
    assert wrong[Behaviour.REFUSES].requests == 2
    assert wrong[Behaviour.FAILS].requests == 3
    eventually(lambda: (ears.health("cameras").get("detail") or "").count("; ") == len(WRONG), "not all are told of")
    assert ears.health("cameras")["ok"] is False
    assert "Dead Camera: The camera cannot be reached: Connection refused" in ears.health("cameras")["detail"]
    assert {one.key for one in ears.events()} == {GOOD, CGI}
    assert app.health().said["status"] == "ok"


def test_a_burst_of_twenty_commands_is_two_requests_and_all_are_answered(yard: Yard, ears: Ears) -> None:
    before, told = yard.good.requests, len(ears.events(GOOD))
    yard.good.gate.clear()
    asked = [ears.command(GOOD) for _ in range(20)]
    eventually(lambda: all(("accepted", None) in ears.results(one) for one in asked), "not all are accepted")
    yard.good.gate.set()
    assert {ears.until_answered(one)[0] for one in asked} == {"done"}
    assert 1 <= yard.good.requests - before <= 2
    assert yard.good.most_at_once == 1
    assert 1 <= len(ears.until_events(told + 1, GOOD)) - told <= 2


@pytest.mark.parametrize(
    ("key", "ago", "answer"),
    [
        (GOOD, 1, ("expired", "The command came too late")),
        (PUSHING, -60, ("failed", "This camera has no address: set its snapshot_url or onvif_url")),
    ],
)
def test_what_cannot_be_done_is_answered(ears: Ears, key: str, ago: float, answer: tuple[str, str]) -> None:
    assert ears.until_answered(ears.command(key, expires_at=time.time() - ago)) == answer


def test_a_command_that_was_accepted_outlives_a_kill(app: App, yard: Yard, ears: Ears) -> None:
    before = len(ears.events(GOOD))
    yard.good.gate.clear()
    asked = ears.command(GOOD)
    eventually(lambda: ("accepted", None) in ears.results(asked), "it is not accepted")
    app.kill()
    yard.good.gate.set()
    app.start()
    assert ears.until_answered(asked)[0] == "done"
    eventually(app.all_told, "something waits")
    assert len(ears.until_events(before + 1, GOOD)) == before + 1


def test_a_command_that_came_while_it_was_dead_is_done_when_it_is_sent_again(app: App, yard: Yard, ears: Ears) -> None:
    before = yard.good.requests
    ears.until_beat()
    app.kill(family=False)
    sent = time.time()
    asked = ears.command(GOOD, command_id="while it was dead", timestamp=sent, expires_at=sent + 60)
    app.start()
    ears.until_beat()
    # The hub sends it again, and more than once.
    for _ in range(3):
        ears.command(GOOD, command_id=asked, timestamp=sent, expires_at=sent + 60)
    assert ears.until_answered(asked)[0] == "done"
    eventually(app.all_told, "something waits")
    assert [status for status, _ in ears.results(asked)] == ["accepted", "done"]
    assert yard.good.requests == before + 1


def test_no_password_is_told_kept_or_logged(app: App, ears: Ears) -> None:
    quoted = PASSWORD.replace(" ", "%20")
    for secret in (PASSWORD, quoted, quoted.replace("%20", "+")):
        assert [topic for topic, body in ears.heard if secret.encode() in body] == []
        assert secret not in app.log
        kept = [path for path in (app.folder / "state").rglob("*") if path.is_file()]
        assert [path for path in kept if secret.encode() in path.read_bytes()] == []
    assert "no picture was fetched" in app.log


def test_it_ends_in_order_while_a_camera_hangs(app: App, yard: Yard, ears: Ears) -> None:
    yard.good.gate.clear()
    asked = ears.command(GOOD)
    eventually(lambda: ("accepted", None) in ears.results(asked), "it is not accepted")
    app.end()
    yard.good.gate.set()
    app.start()
    assert ears.until_answered(asked)[0] == "done"
