"""How files of older versions become files of this one: one pure function a step.

A step takes the whole ``data`` of a file and returns it as the next version
has it; it may change what it was given. To change the shape of a file, add a
step under the version that it leads to, and a test with a file of the version
before. A new minor version is one that older programs of the same major
version still understand; anything else is a new major version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .encode import JsonObject

type Version = tuple[int, int]
type Step = Callable[[JsonObject], JsonObject]

FIRST_VERSION: Final = (1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrations:
    """The steps of one file, each by the (major, minor) version that it leads to."""

    steps: Mapping[Version, Step] = field(default_factory=dict)

    @property
    def version(self) -> Version:
        """The version that this program writes."""
        return max(self.steps, default=FIRST_VERSION)

    def upgrade(self, data: JsonObject, version: Version) -> JsonObject:
        """Take ``data`` of an older ``version`` to the current one, step by step."""
        for target in sorted(self.steps):
            if target > version:
                data = self.steps[target](data)
        return data


REGISTRY: Final = Migrations()
STATUS: Final = Migrations()
