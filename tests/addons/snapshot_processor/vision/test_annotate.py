"""Pictures with what was found drawn in."""

import numpy as np
from numpy.typing import NDArray
import pytest

from snapshot_processor.annotate import annotate
from snapshot_processor.images import Picture, read_picture
from snapshot_processor.model import Box, Category, Detection, Status, Thing

from .kit import NOON, person, picture_of, plain, scene, thing

WHERE = Box(left=0.25, top=0.25, width=0.5, height=0.5)


def drawn(picture: Picture, *things: Thing, longest: int = 1_920) -> Picture:
    return read_picture(annotate(picture, Detection(status=Status.DONE, things=things), longest))


def changed(picture: Picture, *things: Thing) -> NDArray[np.bool_]:
    """Return which pixels are otherwise than without the things."""
    before, after = drawn(picture).pixels.astype(int), drawn(picture, *things).pixels.astype(int)
    return np.asarray(np.abs(after - before).max(axis=2) > 60)


@pytest.mark.parametrize("shade", [0, 128, 255], ids=["dark", "grey", "light"])
@pytest.mark.parametrize("category", Category)
def test_a_box_is_seen_on_any_ground_and_what_is_in_it_is_left_alone(category: Category, shade: int) -> None:
    found = changed(picture_of(plain(640, 480, shade)), thing("anything", category, 87, WHERE))
    edges = [found[118:124, 200:440], found[357:363, 200:440], found[180:300, 157:164], found[180:300, 477:484]]
    assert all(edge.any(axis=int(edge.shape[0] > edge.shape[1])).mean() > 0.95 for edge in edges)
    assert not found[130:350, 170:470].any()
    assert not found[370:].any()


@pytest.mark.parametrize("top", [0.0, 0.01, 0.25, 0.9])
def test_a_label_is_readable_wherever_the_box_is(top: float) -> None:
    box = Box(left=0.25, top=top, width=0.5, height=0.1)
    picture = drawn(picture_of(plain(640, 480, 128)), person(87, box))
    near = picture.pixels[max(0, int(top * 480) - 40) : int(top * 480) + 40, 160:400].astype(int)
    red = (near[..., 2] > 180) & (near[..., 1] < 90)
    white = near.min(axis=2) > 200
    # A strip of red with white letters in it.
    assert red.sum() > 600
    assert white.sum() > 100


def test_a_label_at_the_right_edge_stays_within_the_picture() -> None:
    box = Box(left=0.98, top=0.5, width=0.02, height=0.2)
    found = changed(picture_of(plain(640, 480)), thing("a long word", Category.PERSON, 87, box))
    assert found[:, 540:620].any()


def test_what_has_no_place_is_listed_in_the_lower_left_corner() -> None:
    picture = picture_of(plain(640, 480))
    few = changed(picture, thing("car", Category.VEHICLE))
    many = changed(picture, *[thing("car", Category.VEHICLE)] * 30)
    assert few[440:, :120].any()
    assert not few[:400].any()
    assert few.sum() < many.sum() < 0.2 * many.size


def test_categories_have_colours_of_their_own() -> None:
    picture = picture_of(plain(1_280, 960))
    # In the middle of the line at the left.
    colours = {tuple(drawn(picture, thing("x", each, 87, WHERE)).pixels[480, 322] // 40) for each in Category}
    assert len(colours) == 4


@pytest.mark.parametrize(("size", "expected"), [((640, 480), (640, 480)), ((4_000, 2_000), (1_920, 960))])
def test_the_picture_is_a_jpeg_within_the_limit(size: tuple[int, int], expected: tuple[int, int]) -> None:
    picture = drawn(picture_of(plain(*size)), person())
    assert (picture.kind, picture.width, picture.height) == ("jpeg", *expected)


def test_lines_are_thicker_in_larger_pictures() -> None:
    small = changed(picture_of(plain(320, 240)), person(87, WHERE))[:, 160].sum()
    large = changed(picture_of(plain(1_280, 960)), person(87, WHERE))[:, 640].sum()
    assert large > 2 * small


@pytest.mark.parametrize("size", [(16, 16), (16, 800), (800, 16)])
@pytest.mark.parametrize("name", ["person", "Größe", "猫", "", "two\nlines", "x" * 200])
def test_any_label_is_drawn_into_a_picture_of_any_size(size: tuple[int, int], name: str) -> None:
    edge = Box(left=0.9, top=0.9, width=0.1, height=0.1)
    nothing = Box(left=1.0, top=1.0, width=0.0, height=0.0)
    things = [thing(name, Category.OTHER, 50, box) for box in (edge, nothing, WHERE, None)]
    assert drawn(picture_of(plain(*size)), *things).width == size[0]


def test_the_picture_itself_is_not_drawn_on() -> None:
    picture = scene("Porch", NOON, 1)
    before = picture.pixels.copy()
    drawn(picture, person())
    assert np.array_equal(picture.pixels, before)
