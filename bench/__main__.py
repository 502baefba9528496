"""Run the benchmarks: ``scripts/bench [--quick] [names]``, each a module of this package: see ``BENCHMARKS``.

A full run of all of them is kept in bench/RESULTS.md. Exits with 1 when a target is missed, with
``--quick`` never: that only shows that everything runs.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Mapping
from pathlib import Path
import sys
import tempfile
from typing import Final, Protocol

from .alarm import alarm
from .ftp import ftp
from .importing import importing
from .latency import latency
from .load import load
from .pictures import pictures
from .remote_monitor import remote_monitor
from .report import Figure, keep, load_average, machine, table
from .setting_up import setting_up
from .telling import telling


class Benchmark(Protocol):
    """Measures something on a stage of its own in ``folder``."""

    def __call__(self, folder: Path, *, quick: bool) -> Awaitable[list[Figure]]:
        """Return the figures."""


BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    "latency": latency,
    "alarm": alarm,
    "load": load,
    "setting_up": setting_up,
    "importing": importing,
    "telling": telling,
    "remote_monitor": remote_monitor,
    "ftp": ftp,
    "pictures": pictures,
}


def main() -> int:
    """Run what is asked for and print it as it comes."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure the hub against a bare relay.")
    parser.add_argument("--quick", action="store_true", help="a minute or two each, for a first impression")
    parser.add_argument(
        "names", nargs="*", choices=[[], *BENCHMARKS], default=[], metavar="name", help=", ".join(BENCHMARKS)
    )
    chosen = parser.parse_args()
    others = load_average()
    print(machine(), others, flush=True)
    figures: list[Figure] = []
    for name in chosen.names or BENCHMARKS:
        found = asyncio.run(_measured(BENCHMARKS[name], quick=chosen.quick))
        print(f"\n{table(found)}", flush=True)
        figures += found
    if not chosen.quick and not chosen.names:
        keep(figures, others)
    return int(not chosen.quick and any(figure.met is False for figure in figures))


async def _measured(benchmark: Benchmark, *, quick: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="event_hub_bench_") as folder:
        return await benchmark(Path(folder), quick=quick)


if __name__ == "__main__":
    sys.exit(main())
