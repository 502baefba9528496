"""Figures, each with its floor and its target, as a table for the terminal and for RESULTS.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
import os
from pathlib import Path
import platform
import re
import subprocess
from typing import Final

import homeassistant.const

from devkit.brokers import find_program

RESULTS: Final = Path(__file__).with_name("RESULTS.md")
_HEADING: Final = """\
# Results

`scripts/bench` writes this file, the newest run first. Mosquitto, RabbitMQ, Home Assistant with the hub, the devices
and a bare relay share one machine. The relay consumes and publishes again, through the same brokers, and does nothing
else; it is measured in turns of a few seconds with the hub. What other programs take of the machine is in the figures.

* **Latency** is from a device's publish to the command's arrival at the device. A board names all its eight inputs.
* **Alarm** is from a zone's opening to the siren's command at its device, with the alarm on disk in between, while a
  hundred other events come each second. The floor is the relay's way and a synced line in a file, added.
* **One telling** is what posting one more takes of Home Assistant's loop, with so many waiting for four channels; the
  floor is the same with none waiting.
* **Loop late, import and export**: the floor is the loop of a process that does nothing else, beside a thread
  of it that reads and plans, or writes, the same.
* **Most events a second** is as fast as commands come back, with 50 events under way.
* **Processor** is all of Home Assistant, its recorder and the activity log included, less what it takes at rest. In a
  flood the states of entities follow at a limited rate; what is still to be written when it ends is not counted.
* **Loop late** is how much later than due a timer in Home Assistant's loop comes that is set every 5 ms; the floor is
  the same in an idle process at the same time.
* **Memory** is resident, after the floods; the floor is Home Assistant before the hub was added.
* **Pictures** go to the snapshot processor's app, whose floor is a bare pyftpdlib with an account and no more. The FTP
  server alone is measured with eight cameras at once, in turns with the bare one, and with vsftpd where there is one.
* **The remote monitor's** app runs on a simulated bus, beside a bare bridge on another, which reads the same inputs as
  often and writes a pin for each command, and does nothing else.
"""
_COLUMNS: Final = ("Figure", "Event Hub", "Floor", "Ratio", "Target", "Verdict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing that was measured.

    ``floor`` is what the same costs without the hub, measured in the same run. ``met`` is ``None`` where
    nothing was promised.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    target: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the floor it is."""
        return self.value / self.floor if self.floor else None

    @property
    def row(self) -> tuple[str, ...]:
        """The figure as a table shows it."""
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        return (
            self.name,
            _with_unit(self.value, self.unit),
            "" if self.floor is None else _with_unit(self.floor, self.unit),
            "" if self.ratio is None else f"{self.ratio:.2f}",
            self.target,
            verdict,
        )


def at_most_times(name: str, unit: str, value: float, floor: float, times: float) -> Figure:
    """Return a figure that may be at most so many times its floor."""
    target = f"≤ {times:g} times the floor"
    return Figure(name=name, unit=unit, value=value, floor=floor, target=target, met=value <= times * floor)


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table, aligned so that a terminal shows it well too."""
    rows = [_COLUMNS, *(figure.row for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def keep(figures: Sequence[Figure], load: str) -> None:
    """Put the figures on top of those of earlier runs."""
    _, mark, earlier = RESULTS.read_text(encoding="utf-8").partition("\n## ") if RESULTS.exists() else ("", "", "")
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    section = f"\n## {when}\n\n{machine()} {load}\n\n{table(figures)}\n"
    RESULTS.write_text(_HEADING + section + mark + earlier, encoding="utf-8")


def machine() -> str:
    """Say what the figures were measured on, and with which versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = (
        f"Python {platform.python_version()}",
        f"Home Assistant {homeassistant.const.__version__}",
        f"RabbitMQ {_version('rabbitmqctl', 'version')}",
        f"Mosquitto {_version('mosquitto', '-h')}",
    )
    return (
        f"{os.cpu_count()} cores of {_processor()}, {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.release().partition('-')[0]}; {', '.join(versions)}."
    )


def load_average() -> str:
    """Say how busy the machine is with other things: what runs beside a benchmark is in its figures."""
    return f"Load average before the run: {os.getloadavg()[0]:.1f}."


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found[1].strip() if found else platform.machine()


def _version(program: str, argument: str) -> str:
    path = find_program(program)
    if path is None:
        return "?"
    done = subprocess.run([path, argument], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout)
    return found[0] if found else "?"


def _with_unit(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}"
