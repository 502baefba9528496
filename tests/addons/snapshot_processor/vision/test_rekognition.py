"""Amazon's detector, at a service that is played."""

from collections.abc import Iterator
import time

from botocore.config import Config
import pytest
import pytest_socket

from devkit.brokers import free_ports
from devkit.fake_rekognition import FakeRekognition, Label, Mood, label
from snapshot_processor.detect import rekognition
from snapshot_processor.detect.detector import DetectorError
from snapshot_processor.detect.rekognition import Rekognition
from snapshot_processor.images import Picture, read_picture
from snapshot_processor.model import Category

from .kit import LARGE, NOON, noise, picture_of, plain, png, scene

SECRET = "a very secret one"
KEY_ID = "KEYOFTHEHOUSE"
MAN, WOMAN = (0.1, 0.2, 0.1, 0.5), (0.5, 0.2, 0.12, 0.5)


@pytest.fixture(scope="module")
def running() -> Iterator[FakeRekognition]:
    pytest_socket.enable_socket()
    with FakeRekognition() as service, pytest.MonkeyPatch.context() as patch:
        # Whatever this machine says of Amazon counts for nothing.
        for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            patch.delenv(name, raising=False)
        yield service


@pytest.fixture(scope="module")
def detector(running: FakeRekognition) -> Rekognition:
    return asking(running.url)


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where the service is."""


@pytest.fixture
def service(running: FakeRekognition) -> FakeRekognition:
    """The played service as new: a client for each test would take longer than the tests."""
    running.labels = ()
    running.scripted.clear()
    running.calls.clear()
    running.attempts = 0
    return running


def asking(url: str | None, region: str = "eu-west-1") -> Rekognition:
    return Rekognition(region=region, key_id=KEY_ID, secret=SECRET, endpoint=url)


def found(service: FakeRekognition, detector: Rekognition, *labels: Label) -> list[tuple[str, Category, bool]]:
    service.labels = labels
    return [(each.label, each.category, each.box is not None) for each in detector.find(scene("Porch", NOON))]


def test_instances_have_boxes_and_labels_without_any_have_none(service: FakeRekognition, detector: Rekognition) -> None:
    things = found(
        service,
        detector,
        label("Person", 98.5, MAN, WOMAN),
        label("Coupe", 80, (0.6, 0.6, 0.3, 0.3), parents=("Car", "Transportation", "Vehicle")),
        label("Tree", 70, parents=("Plant",)),
        label("Poodle", 60, parents=("Animal", "Canine", "Dog", "Mammal", "Pet")),
    )
    assert things == [
        ("person", Category.PERSON, True),
        ("person", Category.PERSON, True),
        ("coupe", Category.VEHICLE, True),
        ("tree", Category.OTHER, False),
        ("poodle", Category.ANIMAL, False),
    ]


def test_a_box_and_its_confidence_are_as_told(service: FakeRekognition, detector: Rekognition) -> None:
    service.labels = (label("Person", 98.5, MAN),)
    (person,) = detector.find(scene("Porch", NOON))
    assert person.box is not None
    assert (person.box.left, person.box.top, person.box.width, person.box.height) == pytest.approx(MAN)
    assert person.confidence == 98.5


ADULT, FACE = ("Person",), ("Head", "Person")


@pytest.mark.parametrize(
    ("labels", "persons"),
    [
        pytest.param([label("Adult", 90, MAN, parents=ADULT), label("Person", 90, MAN)], ["person"], id="adult"),
        pytest.param(
            [
                label("Person", 90, MAN, WOMAN),
                label("Adult", 90, MAN, WOMAN, parents=ADULT),
                label("Woman", 90, WOMAN, parents=("Adult", "Female", "Person")),
            ],
            ["person", "person"],
            id="two adults",
        ),
        pytest.param(
            [label("Person", 90, MAN), label("Face", 95, (0.12, 0.22, 0.04, 0.08), parents=FACE)], ["person"], id="face"
        ),
        pytest.param(
            [label("Person", 90, MAN), label("Child", 80, (0.7, 0.5, 0.1, 0.3), parents=ADULT)],
            ["person", "child"],
            id="a child elsewhere",
        ),
        pytest.param([label("Person", 90), label("Adult", 91, parents=ADULT)], ["person"], id="nowhere"),
        pytest.param([label("Walking", 91, parents=ADULT)], ["walking"], id="only that somebody walks"),
        pytest.param([label("Person", 90), label("Man", 91, MAN, parents=ADULT)], ["man"], id="only the man somewhere"),
        pytest.param([label("Tree", 90)], [], id="nobody"),
    ],
)
def test_a_person_is_counted_once_by_whatever_names(
    labels: list[Label], persons: list[str], service: FakeRekognition, detector: Rekognition
) -> None:
    things = found(service, detector, *labels)
    assert [name for name, category, _ in things if category is Category.PERSON] == persons


def test_the_key_signs_and_fifty_labels_are_asked_for(service: FakeRekognition, detector: Rekognition) -> None:
    found(service, detector)
    (call,) = service.calls
    assert (call.key_id, call.most_labels, call.least) == (KEY_ID, 50, 20)


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        pytest.param(scene("Porch", NOON), (640, 360), id="as it came"),
        pytest.param(read_picture(png(plain(200, 100))), (200, 100), id="PNG"),
        pytest.param(picture_of(plain(3_840, 2_160)), (1_920, 1_080), id="large"),
        pytest.param(scene("Street", NOON, 2, LARGE), (1_920, 1_440), id="twelve megapixels"),
        pytest.param(picture_of(plain(40, 30)), (80, 80), id="small"),
        pytest.param(picture_of(plain(16, 12_000)), (80, 1_920), id="narrow"),
        pytest.param(picture_of(plain(12_000, 16)), (1_920, 80), id="low"),
    ],
)
def test_a_picture_of_any_size_is_made_to_fit(
    picture: Picture, size: tuple[int, int], service: FakeRekognition, detector: Rekognition
) -> None:
    detector.find(picture)
    (call,) = service.calls
    assert (call.width, call.height) == size
    assert call.kind == "JPEG"


def test_a_picture_of_too_many_bytes_is_made_to_fit(service: FakeRekognition, detector: Rekognition) -> None:
    picture = read_picture(png(noise(1_900, 1_900)))
    assert len(picture.content) > 5_242_880
    detector.find(picture)
    assert service.calls[0].size <= 5_242_880


def test_boxes_are_parts_of_the_picture_and_not_of_what_was_sent(
    service: FakeRekognition, detector: Rekognition
) -> None:
    service.labels = (label("Person", 90, (0.25, 0.0, 0.25, 0.1875)),)
    (person,) = detector.find(picture_of(plain(40, 30)))
    assert person.box is not None
    assert (person.box.left, person.box.top, person.box.width, person.box.height) == pytest.approx((0.5, 0, 0.5, 0.5))


def test_a_service_that_fails_once_is_asked_again(service: FakeRekognition, detector: Rekognition) -> None:
    service.scripted.append(Mood.FAIL)
    assert found(service, detector, label("Person", 90, MAN)) == [("person", Category.PERSON, True)]
    assert service.attempts == 2


@pytest.mark.parametrize(
    ("mood", "words", "attempts"),
    [
        (Mood.THROTTLE, "asked too often for this account: make the cool-down longer", 2),
        (Mood.EXCEED, "asked too often for this account", 2),
        (Mood.WRONG_KEY, "does not accept the key: check key and secret in the options", 1),
        (Mood.DENY, "allow its user rekognition:DetectLabels", 1),
        (Mood.FAIL, "refused the picture: InternalServerError", 2),
        (Mood.CUT, "answer cannot be understood: check the network and the address", 1),
        (Mood.BABBLE, "answer cannot be understood", 1),
    ],
)
def test_a_service_that_does_not_answer_is_told_in_words(
    mood: Mood, words: str, attempts: int, service: FakeRekognition, detector: Rekognition
) -> None:
    service.scripted.extend([mood] * 4)
    with pytest.raises(DetectorError, match=words) as refused:
        detector.find(scene("Porch", NOON))
    assert service.attempts == attempts
    assert SECRET not in str(refused.value)
    assert KEY_ID not in str(refused.value)


def test_a_service_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (rekognition.TIMES.connect_timeout, rekognition.TIMES.read_timeout) == (2, 4)
    monkeypatch.setattr(rekognition, "TIMES", rekognition.TIMES.merge(Config(read_timeout=0.2)))
    began = time.monotonic()
    with FakeRekognition() as service:
        service.scripted.extend([Mood.HANG] * 4)
        with pytest.raises(DetectorError, match="does not answer in time: check the network"):
            asking(service.url).find(scene("Porch", NOON))
        # Two attempts, and some time between them.
        assert time.monotonic() - began > 0.4


def test_where_nobody_listens_the_network_is_to_be_checked() -> None:
    (port,) = free_ports(1)
    with pytest.raises(DetectorError, match="cannot be reached: check the network and the region"):
        asking(f"http://127.0.0.1:{port}").find(scene("Porch", NOON))


@pytest.mark.parametrize(("url", "region"), [("no address", "eu-west-1"), (None, "no region!")])
def test_options_that_cannot_be_used_are_told(url: str | None, region: str) -> None:
    with pytest.raises(DetectorError, match="the options"):
        asking(url, region).find(scene("Porch", NOON))


def test_the_secret_is_in_no_text(detector: Rekognition) -> None:
    assert SECRET not in f"{detector!r} {detector}"
    assert KEY_ID not in f"{detector!r} {detector}"


def test_the_played_service_wants_a_proper_picture(service: FakeRekognition, detector: Rekognition) -> None:
    broken = Picture(content=b"\xff\xd8\xff", kind="jpeg", width=640, height=360, pixels=plain(640, 360))
    with pytest.raises(DetectorError, match="InvalidImageFormatException"):
        detector.find(broken)
    assert service.calls == []
