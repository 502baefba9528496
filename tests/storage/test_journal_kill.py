"""Kills what writes a journal, at random instants and at every step.

As a program it does so as often as it is told: ``python -m tests.storage.test_journal_kill 500``.
"""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import random
import signal
import sys
import tempfile

import pytest

from custom_components.event_hub.storage.journal_file import JournalFile

from .journal_kit import Writers, append, opened, write_journal
from .journal_writer import WINDOW

ROOT = Path(__file__).parents[2]
ROUNDS = 30


@pytest.fixture(scope="module")
def writers() -> Iterator[Writers]:
    with Writers(ROOT) as process:
        yield process


def killer(after: int) -> Callable[[int, int], None]:
    """Return what kills a writer, once, when it has told so many numbers."""
    is_alive = True

    def kill(told: int, writer: int) -> None:
        nonlocal is_alive
        if is_alive and told >= after:
            is_alive = False
            os.kill(writer, signal.SIGKILL)

    return kill


def kill_and_look(writers: Writers, path: Path, seed: int, newest: int) -> int:
    """Have a writer go on from ``newest``, kill it, check what is there; returns the newest number that is."""
    after = random.Random(seed).randrange(60)  # noqa: S311 - repeatable, no secret
    told = writers.run({"path": str(path), "seed": seed}, killer(after))
    assert len(told) >= after
    assert told == sorted(told), f"seed {seed}: not in their order"
    found = opened(path)
    assert (found.problem, found.unwritable) == (None, None), f"seed {seed}"
    kept = sorted(value for value in found.values.values() if isinstance(value, int))
    last = max([newest, *told])
    if kept or last >= 0:
        assert kept[-1] >= last, f"seed {seed}: told that {last} is on disk, found {kept[-1]}"
        assert kept == list(range(max(0, kept[-1] - WINDOW + 1), kept[-1] + 1)), f"seed {seed}: there are gaps"
    return kept[-1] if kept else -1


def test_a_process_killed_at_a_random_instant_has_lost_nothing_that_it_had_told(
    writers: Writers, tmp_path: Path
) -> None:
    path, newest = tmp_path / "alarm.journal", -1
    for seed in range(ROUNDS):
        newest = kill_and_look(writers, path, seed, newest)
    assert newest > ROUNDS * WINDOW / 2, "hardly anything was written, so this says nothing"
    assert path.stat().st_size < newest * 50, "it was never compacted, so this says little"


def test_a_process_killed_at_any_step_leaves_what_it_had_told_and_nothing_else(
    writers: Writers, tmp_path: Path
) -> None:
    seen = set()
    for last in range(100):
        path = tmp_path / str(last) / "alarm.journal"
        path.parent.mkdir()
        content = write_journal(path, {"old": 0}, {"kept": [1]})
        path.write_bytes(content + b"4f1d22c9 31 17 {")
        told = writers.run({"path": str(path), "last": last}, lambda *_: None)
        found = opened(path)
        assert (found.problem, found.unwritable) == (None, None)
        may_be = [{"old": 0, "kept": [1]}, {"old": 0, "kept": [1], "first": 1}, {"kept": [1], "first": 1, "second": 2}]
        assert found.values in may_be[min(len(told), 2) : len(told) + 2], f"step {last}"
        assert list(path.parent.iterdir()) == [path], "a half-written file was left"
        seen.add(len(told))
        if len(told) == 3:
            break
    assert seen == {0, 1, 3}, "it was not killed before, between and after the appends"
    assert last > 15


def test_a_journal_goes_on_after_a_kill(writers: Writers, tmp_path: Path) -> None:
    path = tmp_path / "alarm.journal"
    writers.run({"path": str(path), "seed": 1}, killer(5))
    file = JournalFile(path)
    before = file.open().values
    append(file, {"again": True})
    file.close()
    assert opened(path).values == {**before, "again": True}


def main() -> None:
    """Kill as often as the command line says."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    newest = -1
    with tempfile.TemporaryDirectory() as folder, Writers(ROOT) as process:
        for seed in range(rounds):
            newest = kill_and_look(process, Path(folder) / "alarm.journal", seed, newest)
    sys.stdout.write(f"{rounds} kills, {newest + 1} numbers written, none lost that was told\n")


if __name__ == "__main__":
    main()
