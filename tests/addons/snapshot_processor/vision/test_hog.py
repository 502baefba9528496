"""People found without any download, in what simulated cameras see."""

from datetime import datetime
from itertools import product

import numpy as np
import pytest

from devkit.devices.scene import Frame, draw_scene, standing
from snapshot_processor.detect.detector import UnfitError
from snapshot_processor.detect.hog import Hog
from snapshot_processor.images import Picture
from snapshot_processor.model import Box, Category

from .kit import LARGE, NIGHT, NOON, noise, picture_of, scene

PLACES = ("Porch", "Garden", "Street", "Yard")
MOMENTS = (NOON, NOON + 3_725, NIGHT, NIGHT + 7_299)
HOG = Hog()
type Size = tuple[int, int]


def shared(box: Box, frame: Frame) -> float:
    """Return how much of both together is in both."""
    left, top, width, height = frame
    across = min(box.left + box.width, left + width) - max(box.left, left)
    down = min(box.top + box.height, top + height) - max(box.top, top)
    inside = max(0.0, across) * max(0.0, down)
    return inside / (box.width * box.height + width * height - inside)


@pytest.mark.parametrize("people", [1, 2])
@pytest.mark.parametrize(("place", "at"), product(PLACES, MOMENTS))
def test_each_person_is_found_where_it_stands(place: str, at: float, people: int) -> None:
    found = HOG.find(scene(place, at, people))
    boxes = sorted((thing.box for thing in found if thing.box is not None), key=lambda box: box.left)
    frames = standing(place, at, people)
    assert len(boxes) == len(found) == people
    assert all(shared(box, frame) > 0.5 for box, frame in zip(boxes, frames, strict=True))
    assert {(thing.label, thing.category) for thing in found} == {("person", Category.PERSON)}
    assert min(thing.confidence for thing in found) > 75


@pytest.mark.parametrize("size", [(640, 480), (960, 540), (1_280, 720), LARGE])
def test_the_size_of_the_picture_makes_no_difference(size: Size) -> None:
    found = HOG.find(scene("Street", NOON, 2, size))
    frames = standing("Street", NOON, 2, size=size)
    boxes = sorted((thing.box for thing in found if thing.box is not None), key=lambda box: box.left)
    assert len(boxes) == 2
    assert all(shared(box, frame) > 0.5 for box, frame in zip(boxes, frames, strict=True))


@pytest.mark.parametrize("hour", range(0, 24, 4))
@pytest.mark.parametrize("place", PLACES)
def test_where_nobody_stands_nobody_is_found(place: str, hour: int) -> None:
    at = datetime(2026, 6, 21, hour).timestamp()  # noqa: DTZ001 - the camera's own hours
    assert HOG.find(scene(place, at)) == ()


@pytest.mark.parametrize("size", [(16, 16), (64, 1_280), (1_920, 384), (64, 128), (640, 128)])
def test_pictures_of_any_shape_are_looked_at(size: Size) -> None:
    picture = Picture(content=b"", kind="png", width=size[0], height=size[1], pixels=noise(*size))
    assert all(0 < thing.confidence <= 100 for thing in HOG.find(picture))


@pytest.mark.parametrize("size", [(16, 3_000), (3_000, 16), (1_920, 320), (4_096, 800)])
def test_a_picture_in_which_nobody_can_be_found_is_told_and_not_called_empty(size: Size) -> None:
    picture = Picture(content=b"", kind="png", width=size[0], height=size[1], pixels=noise(*size))
    with pytest.raises(UnfitError, match=f"{size[0]}x{size[1]} pixels, wider than 5:1"):
        HOG.find(picture)


def test_boxes_stay_within_the_picture() -> None:
    pixels = scene("Porch", NOON, 1).pixels
    left, top, _, height = standing("Porch", NOON, 1)[0]
    # Cut so that the person stands at the edges, and closer and closer to them.
    cuts = [(int(left * 640) - margin, int((top + height) * 360) + margin) for margin in range(0, 24, 3)]
    found = [HOG.find(picture_of(np.ascontiguousarray(pixels[:bottom, start:]))) for start, bottom in cuts]
    boxes = [thing.box for things in found for thing in things if thing.box is not None]
    assert len(boxes) >= 4
    assert all(0 <= box.left < box.left + box.width <= 1 for box in boxes)
    assert all(0 <= box.top < box.top + box.height <= 1 for box in boxes)


def test_a_scene_is_the_same_again_for_the_same_moment() -> None:
    assert draw_scene("Porch", NOON, 2) == draw_scene("Porch", NOON, 2)
    assert draw_scene("Porch", NOON, 2) != draw_scene("Porch", NOON + 1, 2)
    assert standing("Porch", NOON, 2) == standing("Porch", NOON, 2)


@pytest.mark.parametrize("people", range(6))
def test_as_many_stand_there_as_are_asked_for(people: int) -> None:
    frames = standing("Porch", NOON, people)
    assert len(frames) == people
    assert all(left >= 0 and left + width <= 1 and top + height <= 1 for left, top, width, height in frames)
