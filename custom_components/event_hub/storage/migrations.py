"""How files of older versions become files of this one: one pure function a step.

A step takes the whole ``data`` of a file and returns it as the next version
has it. To change the shape of a file, append a step and a test with a file of
the version before. A new minor version is one that older programs of the same
major version still understand; anything else is a new major version.
"""

from collections.abc import Callable
from typing import Final

from .encode import JsonObject

type Version = tuple[int, int]
type Step = tuple[Version, Callable[[JsonObject], JsonObject]]
"""The (major, minor) version that a step leads to, and the function that takes it there."""

FIRST_VERSION: Final[Version] = (1, 1)
REGISTRY_STEPS: Final[tuple[Step, ...]] = ()
STATUS_STEPS: Final[tuple[Step, ...]] = ()


def current_version(steps: tuple[Step, ...]) -> Version:
    """Return the version that this program writes."""
    return steps[-1][0] if steps else FIRST_VERSION


def upgrade(data: JsonObject, version: Version, steps: tuple[Step, ...]) -> JsonObject:
    """Take ``data`` of an older ``version`` to the current one, step by step."""
    for target, step in steps:
        if target > version:
            data = step(data)
    return data
