"""What the system says of a process, and what is made of many measurements."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import os
from pathlib import Path
import re
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PERIOD: Final = 0.005


def processor_time(pid: int) -> float:
    """Return how many seconds of processor a process has used, all its threads together."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


def memory(pid: int) -> tuple[float, float]:
    """Return a process's memory in MiB: what it has now, and the most it ever had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    sizes = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", status, re.MULTILINE))
    return int(sizes["VmRSS"]) / 1024, int(sizes["VmHWM"]) / 1024


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


@contextmanager
def watched_loop() -> Iterator[list[float]]:
    """Watch this process's own loop, which does nothing, as Home Assistant's is watched: the machine's own lateness.

    The list gets every lateness, in milliseconds.
    """
    loop = asyncio.get_running_loop()
    lateness: list[float] = []
    handle: asyncio.TimerHandle

    def look(due: float) -> None:
        lateness.append((loop.time() - due) * 1000)
        arm()

    def arm() -> None:
        nonlocal handle
        due = loop.time() + _PERIOD
        handle = loop.call_at(due, look, due)

    arm()
    try:
        yield lateness
    finally:
        handle.cancel()
