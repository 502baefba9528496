"""Zones and masks that a user drew."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from snapshot_processor.model import Box, Polygon
from snapshot_processor.regions import contains, in_zones, mask_of, parse_polygons

SQUARE: Polygon = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
ALL: Polygon = ((0, 0), (1, 0), (1, 1), (0, 1))
# An L: what is right above its notch is outside.
CORNER: Polygon = ((0, 0), (0.5, 0), (0.5, 0.5), (1, 0.5), (1, 1), (0, 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" ; ", ()),
        ("0,0 100,0 100,100", (((0, 0), (1, 0), (1, 1)),)),
        ("  25,25   75,25 75,75  25,75 ;", (SQUARE,)),
        ("25,25 75,25 75,75 25,75;0,0 50,0 0,12.5", (SQUARE, ((0, 0), (0.5, 0), (0, 0.125)))),
    ],
)
def test_corners_are_written_in_percent(text: str, expected: tuple[Polygon, ...]) -> None:
    assert parse_polygons(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10,10 20,20", "at least 3 corners such as"),
        ("0,0 9,9 9,0; 10,10", "at least 3 corners such as .*: '10,10'"),
        ("10,10 20,20 30", "two numbers in percent such as 10,20, is '30'"),
        ("10,10 20,20 30,x", "is '30,x'"),
        ("10,10 20,20 30,40,50", "is '30,40,50'"),
        ("10, 10 20, 20 30, 40", "is '10,'"),
        ("10,10 20,20 30,101", "within 0 to 100 percent, is '30,101'"),
        ("10,10 20,20 -1,5", "within 0 to 100 percent"),
        ("10,10 20,20 nan,5", "within 0 to 100 percent"),
        ("10,10 20,20 30,30", "not all be in one line"),
        ("10,10 10,10 10,10", "not all be in one line"),
    ],
)
def test_what_is_no_region_is_refused_with_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_polygons(text)


@given(st.text(alphabet="0123456789,.;- enaif", max_size=40))
def test_any_text_is_regions_or_refused(text: str) -> None:
    try:
        polygons = parse_polygons(text)
    except ValueError:
        return
    assert all(len(polygon) >= 3 and all(0 <= part <= 1 for part in sum(polygon, ())) for polygon in polygons)


@pytest.mark.parametrize(
    ("polygon", "x", "y", "inside"),
    [
        (SQUARE, 0.5, 0.5, True),
        (SQUARE, 0.2, 0.5, False),
        (SQUARE, 0.5, 0.8, False),
        (SQUARE, 0.25, 0.25, True),
        (SQUARE, 0.75, 0.5, True),
        (SQUARE, 0.5, 0.75, True),
        (ALL, 0, 0, True),
        (ALL, 1, 1, True),
        (CORNER, 0.75, 0.25, False),
        (CORNER, 0.75, 0.75, True),
        (CORNER, 0.25, 0.25, True),
        (CORNER, 0.5, 0.25, True),
    ],
)
def test_a_point_is_in_a_polygon_or_not(polygon: Polygon, x: float, y: float, *, inside: bool) -> None:
    assert contains(polygon, x, y) is inside
    assert contains(polygon[::-1], x, y) is inside


@pytest.mark.parametrize(
    ("zones", "box", "counts"),
    [
        pytest.param((), Box(left=0, top=0, width=0.1, height=0.1), True, id="no zones"),
        pytest.param((SQUARE,), None, True, id="no box"),
        pytest.param((SQUARE,), Box(left=0.45, top=0, width=0.1, height=0.5), True, id="stands within"),
        pytest.param((SQUARE,), Box(left=0.45, top=0.4, width=0.1, height=0.5), False, id="only the head within"),
        pytest.param((SQUARE, CORNER), Box(left=0, top=0, width=0.1, height=0.1), True, id="in the second"),
        pytest.param((ALL,), Box(left=0.1, top=0.6, width=0.7, height=0.4000001), True, id="at the lower edge"),
        pytest.param((SQUARE,), Box(left=0, top=0, width=0.3, height=0.5), False, id="its middle is beside"),
    ],
)
def test_a_thing_counts_where_it_stands(zones: tuple[Polygon, ...], box: Box | None, *, counts: bool) -> None:
    assert in_zones(zones, box) is counts


@pytest.mark.parametrize("polygon", [SQUARE, CORNER, ALL, ((0.1, 0.9), (0.5, 0.1), (0.83, 0.77))])
def test_a_mask_holds_the_pixels_whose_middle_is_in_the_polygon(polygon: Polygon) -> None:
    mask = mask_of([polygon], 32, 16)
    expected = [[contains(polygon, (x + 0.5) / 32, (y + 0.5) / 16) for x in range(32)] for y in range(16)]
    assert mask.any()
    assert np.array_equal(mask, expected)


def test_masks_add_up() -> None:
    left, right = ((0, 0), (0.5, 0), (0.5, 1), (0, 1)), ((0.4, 0), (1, 0), (1, 1), (0.4, 1))
    assert mask_of([left, right], 20, 10).all()
    assert mask_of([left], 20, 10).sum() == 100
    assert not mask_of([], 20, 10).any()
