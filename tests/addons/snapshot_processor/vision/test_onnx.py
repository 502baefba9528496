"""Models that a user brings, run by OpenCV."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
import pytest

from snapshot_processor.detect import onnx
from snapshot_processor.detect.detector import DetectorError
from snapshot_processor.detect.onnx import Onnx
from snapshot_processor.images import Picture, read_picture
from snapshot_processor.model import Category, Thing

from .kit import plain, png
from .tiny_onnx import FIELD, LABELS, SIDE, Shape, write_model

RED, BLUE = (0, 0, 255), (255, 0, 0)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("Person\n\n car \n", encoding="utf-8")
    return path


def model_file(folder: Path, content: bytes) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(content)
    return path


def picture_of(pixels: NDArray[np.uint8]) -> Picture:
    return read_picture(png(pixels))


def where(thing: Thing) -> tuple[float, ...]:
    assert thing.box is not None
    return thing.box.left, thing.box.top, thing.box.width, thing.box.height


@pytest.mark.parametrize("shape", Shape)
def test_things_are_found_where_they_are(shape: Shape, tmp_path: Path, labels: Path) -> None:
    pixels = plain(SIDE, SIDE)
    pixels[16:32, 32:48] = RED
    pixels[48:64, 0:16] = BLUE
    if shape is Shape.TURNED:
        # With two labels and so few fields it would be taken for what is sifted already.
        labels.write_text("person\ncar\ndog", encoding="utf-8")
    model = write_model(shape, len(labels.read_text(encoding="utf-8").split()))
    detector = Onnx(model_file(tmp_path, model), labels, sides=(SIDE,))
    person, car = sorted(detector.find(picture_of(pixels)), key=lambda thing: thing.label, reverse=True)
    assert (person.label, person.category) == ("person", Category.PERSON)
    assert (car.label, car.category) == ("car", Category.VEHICLE)
    assert where(person) == pytest.approx((0.5, 0.25, 0.25, 0.25))
    assert where(car) == pytest.approx((0, 0.75, 0.25, 0.25))
    sure = 80 if shape is Shape.YOLO5 else 100
    assert (person.confidence, car.confidence) == (pytest.approx(sure, abs=1), pytest.approx(sure, abs=1))


@pytest.mark.parametrize(
    ("size", "red", "expected"),
    [
        pytest.param((128, 64), (64, 32), (0.5, 0.5, 0.25, 0.5), id="wide"),
        pytest.param((64, 128), (32, 64), (0.5, 0.5, 0.5, 0.25), id="high"),
        pytest.param((640, 320), (320, 160), (0.5, 0.5, 0.25, 0.5), id="large"),
        pytest.param((32, 16), (16, 8), (0.5, 0.5, 0.25, 0.5), id="small"),
    ],
)
def test_boxes_are_parts_of_the_picture_and_not_of_the_square(
    size: tuple[int, int], red: tuple[int, int], expected: tuple[float, ...], tmp_path: Path, labels: Path
) -> None:
    pixels = plain(*size)
    field = FIELD * max(size) // SIDE
    pixels[red[1] : red[1] + field, red[0] : red[0] + field] = RED
    detector = Onnx(model_file(tmp_path, write_model(Shape.YOLO8)), labels, sides=(SIDE,))
    (person,) = detector.find(picture_of(pixels))
    assert where(person) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("shape", "side"), [(Shape.SIFTED, SIDE), (Shape.YOLO8, SIDE), (Shape.YOLO5, 640), (Shape.TURNED, 640)]
)
def test_a_model_that_knows_one_thing_finds_that(shape: Shape, side: int, tmp_path: Path, labels: Path) -> None:
    labels.write_text("Parcel\n", encoding="utf-8")
    pixels = plain(side, side)
    pixels[16:32, 32:48] = RED
    detector = Onnx(model_file(tmp_path, write_model(shape, 1, side)), labels, sides=(side,))
    (parcel,) = detector.find(picture_of(pixels))
    assert parcel.label == "parcel"
    assert where(parcel) == pytest.approx((32 / side, 16 / side, 16 / side, 16 / side))
    assert parcel.confidence == pytest.approx(80 if shape is Shape.YOLO5 else 100, abs=1)


def test_a_kind_that_has_no_label_is_told_and_not_called_by_another(tmp_path: Path, labels: Path) -> None:
    labels.write_text("person\n", encoding="utf-8")
    pixels = plain(SIDE, SIDE)
    pixels[48:64, 0:16] = BLUE
    detector = Onnx(model_file(tmp_path, write_model(Shape.SIFTED)), labels, sides=(SIDE,))
    with pytest.raises(DetectorError, match="check its labels"):
        detector.find(picture_of(pixels))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param([0, 0, 5, 5, 0.1, 99], False, id="not likely"),
        pytest.param([10, 10, 5, 5, 0.9, 0], False, id="inside out"),
        pytest.param([-500, -500, -400, -400, 0.9, 0], False, id="beyond the edge"),
        pytest.param([np.nan, 0, 5, 5, 0.9, 0], False, id="no number"),
        pytest.param([0, 0, 5, 5, np.inf, 0], False, id="endlessly sure"),
        pytest.param([0, 0, 5, 5, 0.9, 1e30], True, id="kind far off"),
        pytest.param([0, 0, 5, 5, 0.9, -1], True, id="kind below all"),
    ],
)
def test_a_sifted_row_that_makes_no_sense_is_nothing(
    row: list[float], told: bool, labels: Path, tmp_path: Path
) -> None:
    model = Onnx(model_file(tmp_path, write_model(Shape.SIFTED)), labels, sides=(SIDE,))
    with pytest.MonkeyPatch.context() as patch:
        answer = np.zeros((1, 300, 6), np.float32)
        patch.setattr(onnx, "_run", lambda *_: answer.copy())
        assert model.find(picture_of(plain())) == ()
        answer[0, 0] = row
        if told:
            with pytest.raises(DetectorError, match="check its labels"):
                model.find(picture_of(plain()))
        else:
            assert model.find(picture_of(plain())) == ()


def test_in_a_grey_picture_there_is_nothing(tmp_path: Path, labels: Path) -> None:
    detector = Onnx(model_file(tmp_path, write_model(Shape.YOLO8)), labels, sides=(SIDE,))
    assert detector.find(picture_of(plain(SIDE, SIDE))) == ()


def test_the_side_that_a_model_wants_is_found_out(tmp_path: Path, labels: Path) -> None:
    pixels = plain(320, 320)
    pixels[16:32, 32:48] = RED
    detector = Onnx(model_file(tmp_path, write_model(Shape.YOLO8, side=320)), labels)
    (person,) = detector.find(picture_of(pixels))
    assert where(person) == pytest.approx((0.1, 0.05, 0.05, 0.05))


def test_a_thing_is_found_once_however_often_the_model_says_it(tmp_path: Path, labels: Path) -> None:
    model = write_model(Shape.YOLO8)
    # The size of each field follows its place: fields of six times the size overlap nearly all.
    small, large = np.full(16, FIELD, np.float32).tobytes(), np.full(16, FIELD * 6, np.float32).tobytes()
    assert model.count(small) == 2
    detector = Onnx(model_file(tmp_path, model.replace(small, large)), labels, sides=(SIDE,))
    pixels = plain(SIDE, SIDE)
    pixels[16:32, 16:48] = RED
    assert [thing.label for thing in detector.find(picture_of(pixels))] == ["person"]


def test_files_are_read_again_until_they_can_be_used(tmp_path: Path, labels: Path) -> None:
    path = tmp_path / "model.onnx"
    detector = Onnx(path, labels, sides=(SIDE,))
    with pytest.raises(DetectorError):
        detector.find(picture_of(plain()))
    model_file(tmp_path, write_model(Shape.YOLO8))
    assert detector.find(picture_of(plain())) == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "model.onnx cannot be read, No such file.*: give another file", id="missing"),
        pytest.param(b"", "no ONNX model that OpenCV can run", id="empty"),
        pytest.param(b"\x08\x07 nonsense" * 100, "no ONNX model that OpenCV can run", id="nonsense"),
        pytest.param(write_model(Shape.YOLO8)[:-400], "no ONNX model that OpenCV can run", id="cut off"),
        pytest.param(write_model(Shape.YOLO8, labels=7), r"its answer is \[1, 11, 16\], with 2 labels", id="labels"),
        pytest.param(write_model(Shape.YOLO8, side=96), "takes no square pictures of 64, 32 pixels", id="side"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_words(
    content: bytes | None, words: str, tmp_path: Path, labels: Path
) -> None:
    if content is not None:
        model_file(tmp_path, content)
    detector = Onnx(tmp_path / "model.onnx", labels, sides=(SIDE, 32))
    with pytest.raises(DetectorError, match=words):
        detector.find(picture_of(plain()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "labels.txt cannot be read, No such file.*: write one label on each line"),
        (b"", "cannot be used: write one label on each line"),
        (b"\n \n", "cannot be used: write one label on each line"),
        (b"\xff\xfe\x00", "cannot be read, it is no text"),
        (b"a" * 200, "cannot be used"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_with_words(content: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DetectorError, match=words):
        Onnx(model_file(tmp_path, write_model(Shape.YOLO8)), path, sides=(SIDE,)).find(picture_of(plain()))


def test_the_labels_of_the_tests_are_those_of_the_model(labels: Path) -> None:
    assert tuple(labels.read_text(encoding="utf-8").lower().split()) == LABELS
