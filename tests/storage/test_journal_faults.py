from collections.abc import Callable
from pathlib import Path
import random
import shutil

import pytest

from custom_components.event_hub.storage import journal_disk
from custom_components.event_hub.storage.encode import Json
from custom_components.event_hub.storage.journal_file import JournalFile

from .journal_kit import (
    CALLS,
    FaultyDisk,
    Power,
    PowerCutError,
    append,
    file_size_limit,
    opened,
    wrapped_calls,
    write_journal,
)

FIRST = {"house": "armed", "lockout": {"until": 1.5}}
THIRD: dict[str, object] = {"shed": ["disarmed", None, {"é\n": True}]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alarm.journal"


type Values = dict[str, Json]


class Records(list[Values]):
    """Changes, in the order in which they were appended."""


def scenario(file: JournalFile, done: list[Values], tried: list[Values]) -> int:
    """Open, append and compact, however often the disk fails; returns how often it did.

    ``done`` gets what is on disk, ``tried`` what may be.
    """
    failed = 0
    failed += file.open().unwritable is not None
    for number in range(6):
        changes: Values = {f"key {number}": number, "newest": number, f"key {number - 2}": None}
        tried.append(changes)
        try:
            append(file, changes)
        except OSError:
            failed += 1
        else:
            done.append(changes)
        if number % 3 == 1:
            try:
                file.compact()
            except OSError:
                failed += 1
        if number == 3:
            file.close()
            failed += file.open().unwritable is not None
    return failed


def merged(records: list[Values]) -> Values:
    values: Values = {}
    for changes in records:
        values.update(changes)
    return {key: value for key, value in values.items() if value is not None}


def calls_of_the_scenario(folder: Path) -> list[str]:
    undisturbed = FaultyDisk(0, 0)
    with wrapped_calls(undisturbed.wrap):
        assert scenario(JournalFile(folder / "undisturbed"), [], []) == 0
    return undisturbed.calls


def fail_and_look(path: Path, disk: FaultyDisk, may_be: Callable[[Records, Records], list[Values]]) -> None:
    """Go through the scenario on a failing disk, and look what is there then, and once the disk is well again."""
    path.parent.mkdir()
    file, done, tried = JournalFile(path), Records(), Records()
    with wrapped_calls(disk.wrap):
        assert scenario(file, done, tried) >= 1, "nobody was told that the disk failed"
    assert opened(path).values in may_be(done, tried)
    append(file, {"after": True})
    file.close()
    again = opened(path)
    assert again.values in [{**values, "after": True} for values in may_be(done, tried)]
    assert again.problem is None
    assert list(path.parent.iterdir()) == [path], "a half-written file was left"


def test_whichever_call_fails_nothing_done_is_lost_and_nothing_failed_is_there(tmp_path: Path) -> None:
    calls = calls_of_the_scenario(tmp_path)
    assert set(calls) == set(CALLS) - {"keep", "truncate"}
    for first in range(len(calls)):
        path = tmp_path / str(first) / "alarm.journal"
        fail_and_look(path, FaultyDisk(first, 1), lambda done, _: [merged(done)])


@pytest.mark.parametrize("call", ["write", "sync_data"])
def test_what_failed_and_could_not_be_taken_out_is_taken_out_at_closing(path: Path, call: str) -> None:
    content = write_journal(path, FIRST)
    file = JournalFile(path)
    file.open()
    # The call itself, then the truncation.
    with wrapped_calls(FaultyDisk(["write", "sync_data"].index(call), 2).wrap), pytest.raises(OSError, match="space"):
        append(file, THIRD)
    assert path.read_bytes().startswith(content)
    assert path.read_bytes() != content
    file.close()
    assert path.read_bytes() == content


def test_however_long_the_disk_fails_nothing_done_is_lost(tmp_path: Path) -> None:
    def any_of_the_failed_too(done: Records, tried: Records) -> list[Values]:
        # What the disk refused to take, and then to give back, may be there.
        return [
            merged([changes for number, changes in enumerate(tried) if changes in done or subset >> number & 1])
            for subset in range(2 ** len(tried))
        ]

    for first in range(len(calls_of_the_scenario(tmp_path))):
        for count in (2, 5, 20):
            disk = FaultyDisk(first, count)
            fail_and_look(tmp_path / f"{first} {count}" / "alarm.journal", disk, any_of_the_failed_too)


def power_cut(folder: Path, at: int, seed: int) -> bool:
    """Cut the power at a call and look at what is left; says whether it was cut before everything was done."""
    before, after = folder / f"{at} {seed} before", folder / f"{at} {seed} after"
    before.mkdir()
    after.mkdir()
    power, done, tried = Power(at), Records(), Records()
    file, is_cut = JournalFile(before / "alarm.journal"), False
    with wrapped_calls(power.wrap):
        try:
            scenario(file, done, tried)
        except PowerCutError:
            is_cut = True
    file.close()
    power.close()
    power.leave(after, random.Random(seed))  # noqa: S311 - repeatable, no secret
    file = JournalFile(after / "alarm.journal")
    found = file.open()
    assert found.values in (merged(done), merged(tried)), f"cut at call {at}, seed {seed}"
    assert len(tried) <= len(done) + 1
    # Garbage with an end could be what a power cut left or what a disk lost: it is kept, to be safe.
    assert found.problem is None or found.problem.what == "partly_broken", f"cut at call {at}, seed {seed}"
    append(file, {"after": True})
    file.close()
    assert opened(after / "alarm.journal").values == {**found.values, "after": True}
    shutil.rmtree(before)
    shutil.rmtree(after)
    return is_cut


def test_a_power_cut_at_any_call_loses_nothing_that_was_done(tmp_path: Path) -> None:
    at = 0
    while power_cut(tmp_path, at, 0):
        for seed in range(1, 4):
            power_cut(tmp_path, at, seed)
        at += 1
    assert at > 30, "there was hardly anything to cut"


def cut_often(folder: Path) -> None:
    for at in range(60):
        for seed in range(6):
            power_cut(folder, at, seed)


@pytest.mark.parametrize("call", ["sync_data", "sync", "sync_folder"])
def test_without_its_syncs_a_power_cut_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def skipped(power: Power, name: str, real: Callable[..., object]) -> Callable[..., object]:
        return (lambda *_: None) if name == call else wrap(power, name, real)

    wrap = Power.wrap
    monkeypatch.setattr(Power, "wrap", skipped)
    with pytest.raises(AssertionError, match="cut at call"):
        cut_often(tmp_path)


def test_a_disk_that_is_full_half_way_through_a_line_is_left_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = write_journal(path, FIRST)
    file = JournalFile(path)
    file.open()
    with file_size_limit(len(content) + 10):
        sizes = []
        truncate = journal_disk.truncate

        def noted(descriptor: int, size: int) -> None:
            sizes.append(path.stat().st_size)
            truncate(descriptor, size)

        monkeypatch.setattr(journal_disk, "truncate", noted)
        with pytest.raises(OSError, match="File too large"):
            append(file, THIRD)
        assert sizes == [len(content) + 10], "the kernel took nothing, so nothing was taken back"
        assert path.read_bytes() == content
    append(file, THIRD)
    file.close()
    assert opened(path).values == {**FIRST, **THIRD}
