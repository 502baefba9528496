"""Which pictures need no detector."""

from collections.abc import Callable
from functools import cache

import cv2
from hypothesis import given, settings, strategies as st
import numpy as np
from numpy.typing import NDArray
import pytest

from devkit.devices.scene import SIZE, draw_scene
from snapshot_processor.gate import MOST_CAMERAS, Gatekeeper
from snapshot_processor.images import Picture, distance, fingerprint, jpeg, read_picture
from snapshot_processor.model import Gate, Look
from snapshot_processor.regions import parse_polygons

from .kit import CAPTION, GREY, LOOK, NIGHT, NOON, Camera, picture_of, plain, scene

type Pixels = NDArray[np.uint8]


def with_square(side: int, x: int, y: int, shade: int = 200, ground: Pixels | None = None) -> Picture:
    pixels = (plain(640, 360) if ground is None else ground).copy()
    pixels[y : y + side, x : x + side] = shade
    return picture_of(pixels)


def test_the_first_picture_is_looked_at() -> None:
    assert Camera().send(scene("Porch", NOON)) is None


def test_a_duplicate_is_not() -> None:
    camera = Camera()
    camera.send(scene("Porch", NOON))
    assert camera.send(scene("Porch", NOON)) is Gate.DUPLICATE


def with_clock(text: str) -> Picture:
    pixels = plain(640, 360)
    cv2.putText(pixels, text, (10, 50), cv2.FONT_HERSHEY_SIMPLEX, 2, (255, 255, 255), 5)
    return picture_of(pixels)


def test_the_caption_of_a_simulated_camera_does_not_move_under_its_mask() -> None:
    camera = Camera()
    camera.send(scene("Porch", NOON))
    gates = [camera.send(scene("Porch", NOON + seconds)) for seconds in (1, 60, 3_599, 7_260)]
    assert set(gates) <= {Gate.DUPLICATE, Gate.MOTION}


def test_a_large_clock_moves_unless_it_is_masked() -> None:
    camera = Camera(Look(detectors=("hog",)))
    camera.send(with_clock("11:11:11"))
    assert camera.send(with_clock("23:45:08")) is None
    camera = Camera(Look(detectors=("hog",), masks=parse_polygons("0,0 100,0 100,20 0,20")))
    camera.send(with_clock("11:11:11"))
    assert camera.send(with_clock("23:45:08")) in {Gate.DUPLICATE, Gate.MOTION}


def test_a_picture_that_looks_otherwise_without_motion_is_gated_for_that() -> None:
    camera = Camera(Look(detectors=("hog",), motion=0.5))
    left, right = with_square(160, 20, 100), with_square(160, 400, 100)
    assert distance(fingerprint(left.pixels), fingerprint(right.pixels)) > 2
    camera.send(left)
    assert camera.send(right) is Gate.MOTION


@pytest.mark.parametrize("quality", [30, 50, 75, 95])
def test_noise_of_a_jpeg_is_no_motion(quality: int) -> None:
    camera = Camera()
    camera.send(scene("Street", NOON, 1))
    again = read_picture(jpeg(scene("Street", NOON, 1).pixels, quality))
    assert camera.send(again) in {Gate.DUPLICATE, Gate.MOTION}


def test_noise_of_a_dark_sensor_is_no_motion() -> None:
    camera, random = Camera(), np.random.default_rng(3)
    dark = scene("Yard", NIGHT).pixels

    def taken() -> Picture:
        return picture_of((dark + random.normal(0, 8, dark.shape)).clip(0, 255).astype(np.uint8))

    camera.send(taken())
    assert {camera.send(taken()) for _ in range(5)} <= {Gate.DUPLICATE, Gate.MOTION}


@pytest.mark.parametrize("at", [NOON, NIGHT], ids=["noon", "night"])
@pytest.mark.parametrize("place", ["Porch", "Garden", "Street", "Yard"])
def test_a_person_who_comes_moves_and_so_does_one_who_goes(place: str, at: float) -> None:
    camera = Camera()
    camera.send(scene(place, at))
    assert camera.send(scene(place, at, 1)) is None
    assert camera.send(scene(place, at, 1)) is Gate.DUPLICATE
    assert camera.send(scene(place, at)) is None


def test_a_small_intruder_is_not_gated_by_a_coarse_fingerprint() -> None:
    camera = Camera(Look(detectors=("hog",), motion=0.002))
    empty, small = with_square(0, 0, 0), with_square(32, 300, 200, GREY + 40)
    assert distance(fingerprint(empty.pixels), fingerprint(small.pixels)) <= 2
    camera.send(empty)
    assert camera.send(small) is None


HD = (1_920, 1_080)


@cache
def yard() -> Pixels:
    """Return a large picture of grass and gravel."""
    rough = np.random.default_rng(5).normal(110, 14, (90, 160, 3)).clip(0, 255).astype(np.uint8)
    return cv2.resize(rough, HD, interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


def with_figure(x: int, y: int, height: int = HD[1] // 6, shade: int = 25) -> Picture:
    """Return the yard with somebody in a coat, no wider than people are."""
    pixels, width = yard().copy(), height * 36 // 100
    cv2.ellipse(pixels, (x + width // 2, y + height // 12), (width // 6, height // 12), 0, 0, 360, (shade,) * 3, -1)
    pixels[y + height // 6 : y + height * 55 // 100, x + width // 5 : x + width * 4 // 5] = shade
    for left, right in ((25, 47), (53, 75)):
        pixels[y + height * 55 // 100 : y + height, x + width * left // 100 : x + width * right // 100] = shade
    return picture_of(pixels)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (60, 500), (905, 517), (1_333, 211), (1_850, 900)])
def test_somebody_far_away_in_a_large_picture_moves(x: int, y: int) -> None:
    camera = Camera(Look(detectors=("hog",)))
    camera.send(picture_of(yard()))
    assert camera.send(with_figure(x, y)) is None
    assert camera.send(with_figure(x, y)) is Gate.DUPLICATE


def test_somebody_under_a_mask_does_not_move() -> None:
    camera = Camera(Look(detectors=("hog",), masks=CAPTION))
    camera.send(picture_of(yard()))
    assert camera.send(with_figure(900, 2, 72)) in {Gate.DUPLICATE, Gate.MOTION}


def test_whoever_wants_only_large_things_to_move_sets_more_motion() -> None:
    camera = Camera(Look(detectors=("hog",), motion=0.03))
    camera.send(picture_of(yard()))
    assert camera.send(with_figure(900, 500)) in {Gate.DUPLICATE, Gate.MOTION}


@pytest.mark.parametrize("quality", [15, 40, 90])
def test_noise_of_a_large_picture_is_no_motion(quality: int) -> None:
    camera, random = Camera(Look(detectors=("hog",))), np.random.default_rng(7)

    def taken() -> Picture:
        return read_picture(
            jpeg((yard() + random.normal(0, 10, (*HD[::-1], 1))).clip(0, 255).astype(np.uint8), quality)
        )

    camera.send(taken())
    assert {camera.send(taken()) for _ in range(3)} <= {Gate.DUPLICATE, Gate.MOTION}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda pixels: cv2.convertScaleAbs(pixels, alpha=0.5), id="the light goes out"),
        pytest.param(lambda pixels: cv2.convertScaleAbs(pixels, beta=40), id="headlights"),
        pytest.param(lambda pixels: 255 - pixels, id="infrared"),
        pytest.param(lambda pixels: np.roll(pixels, 40, axis=1), id="somebody turns the camera"),
        pytest.param(np.zeros_like, id="somebody covers the camera"),
    ],
)
def test_what_changes_everywhere_is_looked_at(change: Callable[[Pixels], Pixels]) -> None:
    camera = Camera()
    picture = scene("Street", NOON)
    camera.send(picture)
    assert camera.send(picture_of(change(picture.pixels))) is None


def test_what_creeps_is_noticed_in_the_end() -> None:
    camera = Camera(Look(detectors=("hog",), motion=0.005))
    gates = [camera.send(with_square(90, 100 + step * 2, 200)) for step in range(60)]
    assert gates[1] in {Gate.DUPLICATE, Gate.MOTION}
    assert None in gates[2:]


def test_light_that_changes_slowly_is_noticed_in_the_end() -> None:
    camera = Camera()
    gates = [camera.send(picture_of(plain(shade=GREY + step))) for step in range(0, 60, 4)]
    assert gates[1] is Gate.DUPLICATE
    assert 2 <= gates.count(None) < len(gates)


def test_who_comes_right_after_a_picture_of_nobody_is_looked_at() -> None:
    camera = Camera()
    camera.send(scene("Porch", NOON), found=False)
    assert camera.send(scene("Porch", NOON, 1), 0.5) is None


def test_after_something_was_found_there_is_a_cool_down() -> None:
    camera = Camera()
    camera.send(scene("Porch", NOON))
    assert camera.send(scene("Porch", NOON, 1), 4.9) is Gate.COOL_DOWN
    assert camera.send(scene("Porch", NOON, 2), 0.2) is None


def test_who_came_during_the_cool_down_and_stands_still_is_looked_at_after_it() -> None:
    camera = Camera()
    camera.send(scene("Porch", NOON))
    assert camera.send(scene("Porch", NOON, 1), 2) is Gate.COOL_DOWN
    assert camera.send(scene("Porch", NOON, 1), 10) is None
    assert camera.send(scene("Porch", NOON, 1), 10) is Gate.DUPLICATE


def test_a_duplicate_is_called_so_in_the_cool_down_too() -> None:
    camera = Camera()
    camera.send(scene("Porch", NOON))
    assert camera.send(scene("Porch", NOON), 1) is Gate.DUPLICATE


def test_what_nobody_could_look_at_is_tried_again() -> None:
    camera = Camera()
    assert camera.send(scene("Porch", NOON, 1), answer=False) is None
    assert camera.send(scene("Porch", NOON, 1), answer=False) is None
    assert camera.send(scene("Porch", NOON, 1), 1) is None
    assert camera.send(scene("Porch", NOON, 1), 1) is Gate.DUPLICATE


def test_a_changed_size_is_looked_at() -> None:
    camera = Camera()
    camera.send(scene("Porch", NOON))
    assert camera.send(scene("Porch", NOON, 0, (640, 480))) is None
    assert camera.send(scene("Porch", NOON)) is None


def test_with_a_motion_of_zero_every_picture_is_looked_at() -> None:
    camera = Camera(Look(detectors=("hog",), motion=0.0))
    assert [camera.send(scene("Porch", NOON)) for _ in range(3)] == [None] * 3


def test_where_everything_is_masked_every_picture_is_looked_at() -> None:
    camera = Camera(Look(detectors=("hog",), masks=parse_polygons("0,0 100,0 100,100 0,100")))
    assert [camera.send(scene("Porch", NOON)) for _ in range(3)] == [None] * 3


def test_what_happens_under_a_mask_is_no_motion() -> None:
    camera = Camera(Look(detectors=("hog",), masks=parse_polygons("0,50 100,50 100,100 0,100")))
    camera.send(with_square(60, 100, 220))
    assert camera.send(with_square(60, 400, 220)) in {Gate.DUPLICATE, Gate.MOTION}
    assert camera.send(with_square(60, 400, 100)) is None


def test_a_clock_that_is_set_back_does_not_close_the_gate() -> None:
    camera = Camera()
    camera.send(scene("Porch", NOON))
    assert camera.send(scene("Porch", NOON, 1), -86_400) is None


def test_cameras_do_not_know_of_each_other() -> None:
    gatekeeper = Gatekeeper()
    for key in ("Porch", "Yard"):
        assert gatekeeper.check(key, LOOK, scene("Porch", NOON), 0.0) is None
        gatekeeper.looked(key, 0.0, found=True)
    assert gatekeeper.check("Porch", LOOK, scene("Porch", NOON), 60.0) is Gate.DUPLICATE


def test_so_many_cameras_are_remembered_and_not_one_more() -> None:
    gatekeeper, picture = Gatekeeper(), picture_of(plain(32, 32))
    for number in range(MOST_CAMERAS + 1):
        gatekeeper.check(str(number), LOOK, picture, 0.0)
        gatekeeper.looked(str(number), 0.0, found=True)
    assert gatekeeper.check("1", LOOK, picture, 60.0) is Gate.DUPLICATE
    assert gatekeeper.check("0", LOOK, picture, 60.0) is None


def test_a_look_at_an_unknown_camera_is_nothing() -> None:
    gatekeeper = Gatekeeper()
    gatekeeper.looked("Porch", 0.0, found=True)
    assert gatekeeper.check("Porch", LOOK, scene("Porch", NOON), 1.0) is None


@pytest.mark.parametrize("size", [(16, 16), (16, 2_000), (2_000, 16), (100, 4_000)])
def test_pictures_of_any_shape_are_compared(size: tuple[int, int]) -> None:
    camera = Camera(Look(detectors=("hog",), masks=CAPTION))
    camera.send(picture_of(plain(*size)))
    assert camera.send(picture_of(plain(*size))) is Gate.DUPLICATE
    assert camera.send(picture_of(plain(*size, shade=GREY + 60))) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_the_same_picture_never_passes_twice_and_people_always_pass(seconds: int, people: int) -> None:
    camera, at = Camera(), NOON + seconds
    empty = read_picture(draw_scene("Garden", at, size=SIZE))
    camera.send(empty)
    assert camera.send(empty) is Gate.DUPLICATE
    assert camera.send(read_picture(draw_scene("Garden", at, people))) is None
