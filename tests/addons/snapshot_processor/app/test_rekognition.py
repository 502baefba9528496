"""Amazon's detector, which costs money, throttles, refuses and hangs: every picture goes out all the same."""

from collections.abc import Generator
from typing import Any

import pytest
import pytest_socket

from devkit.brokers import Mosquitto
from devkit.fake_rekognition import FakeRekognition, Mood, label

from .cameras import CAPTION, begin, jpeg, login, push, scene
from .ears import Ears, Event
from .kit import HEARTBEAT, App, camera, eventually

PAID, CHAIN, PLAIN = "Paid Camera", "Chain Camera", "Plain Camera"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PRICE = 0.002
PER_DAY = 3
SOMEBODY = label("Person", 97.0, (0.25, 0.25, 0.2, 0.5))
TOO_OFTEN = "Rekognition is asked too often for this account: make the cool-down longer, or ask Amazon for more"
WRONG_KEY = "Rekognition does not accept the key: check key and secret in the options, and the clock"
TOO_SLOW = "Rekognition does not answer in time: check the network"


@pytest.fixture(scope="module")
def amazon() -> Generator[FakeRekognition]:
    pytest_socket.enable_socket()
    with FakeRekognition(SOMEBODY, label("Car", 88.0, (0.6, 0.5, 0.2, 0.2))) as amazon:
        yield amazon


@pytest.fixture(scope="module")
def app(amazon: FakeRekognition, mosquitto: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Generator[App]:
    pytest_socket.enable_socket()
    looks: dict[str, Any] = {"cool_down": 0, "masks": CAPTION}
    app = App(
        tmp_path_factory.mktemp("amazon"),
        mosquitto,
        pauses={HEARTBEAT: 0.5},
        cameras=[
            camera("Paid", "paid", detectors="rekognition", motion=0, **looks),
            camera("Chain", "chain", detectors="hog,rekognition", confirm=True, **looks),
            camera("Plain", "plain"),
        ],
        rekognition_region="eu-central-1",
        rekognition_key_id="AKIAEXAMPLE",
        rekognition_secret=SECRET,
        rekognition_endpoint=amazon.url,
        paid_per_day=PER_DAY,
        paid_price=PRICE,
    )
    app.start()
    yield app
    app.close()


@pytest.fixture
def ears(app: App) -> Generator[Ears]:
    with Ears(app) as ears:
        yield ears


def seen(app: App, ears: Ears, account: str = "paid", people: int = 1) -> Event:
    """Push a picture, and return what is told of it."""
    before = len(ears.events())
    content = scene(account, people)
    push(app, account, content)
    event = ears.until_events(before + 1)[-1]
    assert event.image == content
    return event


def until_used(ears: Ears, calls: int) -> None:
    """Wait until the heartbeat tells of so many calls, and check what they cost."""
    ears.until_beat()
    eventually(lambda: ears.health("budget").get("calls_today") == calls, f"not {calls} calls")
    used = ears.health("budget")
    assert used["cost_today"] == pytest.approx(calls * PRICE)
    assert used["currency"] == "USD"


def test_what_amazon_finds_is_told_and_counted(app: App, ears: Ears, amazon: FakeRekognition) -> None:
    event = seen(app, ears)
    detection = event.device["detection"]
    assert (event.status, detection["detector"], detection["people"]) == (("done", None), "rekognition", 1)
    assert event.device["event_detail"] == "1 person(s) and 1 thing"
    assert [thing["label"] for thing in detection["objects"]] == ["person", "car"]
    assert detection["objects"][0]["box"] == [0.25, 0.25, 0.2, 0.5]
    assert event.annotated is not None
    assert amazon.calls[-1].key_id == "AKIAEXAMPLE"
    until_used(ears, 1)


@pytest.mark.parametrize(("mood", "times", "reason"), [(Mood.THROTTLE, 2, TOO_OFTEN), (Mood.WRONG_KEY, 1, WRONG_KEY)])
def test_a_picture_that_amazon_does_not_look_at_is_told_with_the_reason(
    app: App, ears: Ears, amazon: FakeRekognition, mood: Mood, times: int, reason: str
) -> None:
    amazon.scripted.extend([mood] * times)
    event = seen(app, ears)
    assert not amazon.scripted
    assert event.status == ("failed", f"rekognition: {reason}")
    # Nobody could look, so it counts.
    assert event.device["state"] == "triggered"


def test_what_the_budget_does_not_allow_is_not_asked_not_even_after_a_restart(
    app: App, ears: Ears, amazon: FakeRekognition
) -> None:
    attempts = amazon.attempts
    assert seen(app, ears).status == ("gated", "budget")
    until_used(ears, PER_DAY)
    app.end()
    app.start()
    assert seen(app, ears).status == ("gated", "budget")
    assert amazon.attempts == attempts


def test_where_the_budget_allows_no_confirmation_what_the_first_found_stands(app: App, ears: Ears) -> None:
    event = seen(app, ears, "chain")
    assert (event.status, event.device["detection"]["detector"]) == (("done", None), "hog")


def test_amazon_is_asked_only_to_confirm_what_the_first_found(app: App, ears: Ears, amazon: FakeRekognition) -> None:
    app.end()
    app.set(paid_per_day=100)
    app.start()
    attempts = amazon.attempts
    nobody = seen(app, ears, "chain", people=0)
    assert (nobody.status, nobody.device["detection"]["detector"]) == (("done", None), "hog")
    assert amazon.attempts == attempts
    amazon.scripted.append((label("Dog", 91.0, (0.4, 0.5, 0.1, 0.3)),))
    event = seen(app, ears, "chain")
    assert event.device["detection"]["detector"] == "rekognition"
    assert [thing["label"] for thing in event.device["detection"]["objects"]] == ["dog"]
    assert amazon.attempts == attempts + 1
    until_used(ears, PER_DAY + 1)


def test_it_ends_in_time_in_the_middle_of_an_upload_and_a_detection_and_loses_nothing(
    app: App, ears: Ears, amazon: FakeRekognition
) -> None:
    attempts = amazon.attempts
    amazon.scripted.append(Mood.HANG)
    looked_at, waiting, half = scene("paid", 1), jpeg(), jpeg(200_000)
    push(app, "paid", looked_at)
    eventually(lambda: amazon.attempts > attempts, "Amazon is not asked")
    push(app, "plain", waiting)
    client = login(app, "plain")
    data = begin(app, client, half)
    app.end()
    data.close()
    client.close()
    assert ears.events() == []
    app.start()
    push(app, "plain", half)
    told = [one.image for one in ears.until_events(3)]
    assert told == [looked_at, waiting, half]
    # It still hangs.
    assert ears.events()[0].status == ("failed", f"rekognition: {TOO_SLOW}")
    assert ears.events()[0].device["image_timestamp"] < ears.events()[2].device["image_timestamp"]


def test_the_secret_is_told_and_logged_nowhere(app: App, ears: Ears) -> None:
    ears.until_beat()
    assert SECRET not in app.log
    assert [topic for topic, body in ears.heard if SECRET.encode() in body] == []
