"""What became of what came in, and what of that people are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class Tally:
    """So many of a kind: ``since`` when (unix seconds), and whose the last was."""

    count: int = 0
    since: float = 0.0
    last: str = ""

    def add(self, whose: str, now: float) -> None:
        """Count one more at ``now`` (unix seconds)."""
        if not self.count:
            self.since = now
        self.count += 1
        self.last = whose

    @property
    def words(self) -> str:
        """Return since when, and whose the last was, for people."""
        when = datetime.fromtimestamp(self.since).astimezone().strftime("%Y-%m-%d %H:%M")
        return f"since {when}, the last of {self.last}"


@dataclass(slots=True, kw_only=True)
class AcceptCounts:
    """What became of what came since the app was started."""

    taken: int = 0
    broken: Tally = field(default_factory=Tally)
    strange: Tally = field(default_factory=Tally)
    """Of no camera that is set up."""

    def told(self) -> str | None:
        """Return what people should know of it, ``None`` while there is nothing."""
        said = []
        if self.strange.count:
            said.append(f"{self.strange.count} pictures of no camera {self.strange.words}: check the folder")
        if self.broken.count:
            said.append(f"{self.broken.count} files were no whole pictures {self.broken.words}: look into .broken")
        return "; ".join(said) or None
