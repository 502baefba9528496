"""What was found, in words."""

import pytest

from snapshot_processor.model import Category, Detection, Status
from snapshot_processor.words import summary

from .kit import person, thing


@pytest.mark.parametrize(
    ("people", "things", "words"),
    [
        (0, 0, None),
        (1, 0, "1 person(s)"),
        (2, 7, "2 person(s) and 7 things"),
        (0, 3, "3 things"),
        (0, 1, "1 thing"),
        (3, 1, "3 person(s) and 1 thing"),
    ],
)
def test_what_was_found_is_told_as_the_fleet_tells_it(people: int, things: int, words: str | None) -> None:
    found = (*[person()] * people, *[thing("car", Category.VEHICLE)] * things)
    assert summary(Detection(status=Status.DONE, things=found)) == words


@pytest.mark.parametrize("status", [Status.GATED, Status.FAILED, Status.OFF])
def test_what_was_not_looked_at_is_not_told(status: Status) -> None:
    assert summary(Detection(status=status, reason="motion")) is None
