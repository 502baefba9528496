"""What was found, in the words that the fleet's cameras use."""

from __future__ import annotations

from .model import Detection


def summary(detection: Detection) -> str | None:
    """Return ``2 person(s) and 7 things`` (things besides persons); ``None`` when nothing was found or looked for."""
    people = detection.people
    things = len(detection.things) - people
    words = []
    if people:
        words.append(f"{people} person(s)")
    if things:
        words.append(f"{things} thing" if things == 1 else f"{things} things")
    return " and ".join(words) or None
