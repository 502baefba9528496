"""Who stands before a camera is found, boxed and told; where nobody stands, nobody is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from devkit.devices.scene import Frame, standing

from .cameras import NOON, push, scene, size_of
from .conftest import STREET
from .ears import Ears, Event
from .kit import App

NIGHT = NOON + 11 * 3_600


def overlap(thing: Mapping[str, Any], frame: Frame) -> float:
    """Return how much of both together is in both."""
    (left, top, width, height), (x, y, across, down) = thing["box"], frame
    common = max(0.0, min(left + width, x + across) - max(left, x)) * max(
        0.0, min(top + height, y + down) - max(top, y)
    )
    return float(common / (width * height + across * down - common))


def seen(house: App, ears: Ears, people: int, at: float) -> Event:
    push(house, "street", scene("Street", people, at))
    return ears.until_events(1, STREET)[0]


def beside(house: App, event: Event) -> list[Path]:
    """Return the files of a picture: the clean one, and that in which something is drawn."""
    clean = house.images / event.device["storage_path"]
    stem = clean.stem.partition("_")[2]
    return sorted(path for path in clean.parent.iterdir() if path.stem.partition("_")[2] == stem)


@pytest.mark.parametrize(("people", "at"), [(1, NOON), (2, NOON + 61), (1, NIGHT), (2, NIGHT + 61)])
def test_each_person_is_found_where_it_stands(house: App, ears: Ears, people: int, at: float) -> None:
    event = seen(house, ears, people, at)
    frames = standing("Street", at, people)
    assert event.device["state"] == "triggered"
    assert event.device["event_detail"] == f"{people} person(s)"
    detection = event.device["detection"]
    assert (detection["status"], detection["detector"], detection["people"]) == ("done", "hog", people)
    things = sorted(detection["objects"], key=lambda thing: thing["box"][0])
    assert all(overlap(thing, frame) > 0.5 for thing, frame in zip(things, frames, strict=True))
    marked, clean = beside(house, event)
    assert (marked.name.partition("_")[0], clean.name.partition("_")[0]) == ("human", "upload")
    assert event.image == clean.read_bytes() == scene("Street", people, at)
    assert event.annotated == marked.read_bytes() != event.image
    assert size_of(event.annotated or b"") == size_of(event.image)


@pytest.mark.parametrize("at", [NOON + 122, NIGHT + 122])
def test_where_nobody_stands_nobody_is_found(house: App, ears: Ears, at: float) -> None:
    event = seen(house, ears, 0, at)
    detection = event.device["detection"]
    assert (detection["status"], detection["people"], detection["objects"]) == ("done", 0, [])
    assert (event.device["event_detail"], event.annotated) == (None, None)
    assert [path.name.partition("_")[0] for path in beside(house, event)] == ["upload"]


def test_what_shows_nothing_new_is_told_with_the_reason(house: App, ears: Ears) -> None:
    again = scene("Street", 0, NOON + 200)
    for content in (again, scene("Street", 0, NOON + 201), again):
        push(house, "street", content)
    first, second, third = ears.until_events(3, STREET)
    assert [one.status for one in (first, second, third)] == [
        ("done", None),
        ("gated", "duplicate"),
        ("gated", "sent_again"),
    ]
    # This camera's pictures trigger by themselves; what was sent again is no new one.
    assert [one.device["state"] for one in (first, second, third)] == ["triggered", "triggered", "OK"]
    assert third.image == again
