"""Where commands go from the links: read, counted, and handed to the stage that carries them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import logging
from typing import Final

from .commands import CommandError
from .frames import FrameError
from .logs import Throttle
from .stages import Outlet, Relay

LOG: Final = logging.getLogger(__name__)
COMMAND: Final = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSink:
    """What a link does with bodies: ``read`` (raises ``CommandError``), then into ``relay`` as frames ``command``."""

    relay: Relay
    read: Callable[[bytes], Mapping[str, object]]


@dataclass(slots=True, kw_only=True)
class CommandCounts:
    """What became of the commands that came."""

    taken: int = 0
    malformed: int = 0
    retained: int = 0
    dropped: int = 0


class CommandDoor:
    """A link's own end of the sink, for the thread of the link."""

    def __init__(self, name: str, sink: CommandSink, outlet: Outlet, counts: CommandCounts) -> None:
        """Speak of the link under this name, and count in ``counts``."""
        self._name = name
        self._sink = sink
        self._outlet = outlet
        self._counts = counts
        self._complaints = Throttle()

    def offer(self, body: bytes, where: str) -> bool:
        """Hand a command on; false when there was no room for it. A malformed one is counted, logged and done with."""
        try:
            taken = self._outlet.put(COMMAND, self._sink.read(body))
        except (CommandError, FrameError, ArithmeticError, RecursionError) as error:
            self._counts.malformed += 1
            self._complain("malformed", f"a command on {where} is not understood: {error}")
            return True
        if taken:
            self._counts.taken += 1
        else:
            self._counts.dropped += 1
        return taken

    def refuse_retained(self, where: str) -> None:
        """Count and log a command that the broker had kept: it may be of last year."""
        self._counts.retained += 1
        self._complain("retained", f"a retained command on {where} is not carried out")

    def _complain(self, about: str, text: str) -> None:
        if self._complaints.due(about):
            LOG.warning("%s: %s", self._name, text)
