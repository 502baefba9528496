"""Two systems of ``scripts/develop`` never work in one folder, and none is taken away from under one that runs."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

from devkit import develop
from devkit.develop import Options, run_until_stopped
from devkit.develop_lock import RunningError, sole_user
from tests.source import ROOT

URL = "http://127.0.0.1:8123"
# Has the folder, tells the test so, and goes on until its input ends. What it starts outlives a kill.
HOLDER = """
from pathlib import Path
import subprocess, sys
from devkit.develop_lock import sole_user
folder = Path(sys.argv[1])
with sole_user(folder) as note:
    if sys.argv[2] != "begun":
        left = subprocess.Popen(["sleep", "60"], cwd=folder if sys.argv[2] == "inside" else "/", start_new_session=True)
        note("http://127.0.0.1:8123", {"Home Assistant": left.pid})
        print(left.pid, flush=True)
    print("has it", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with something in it that nobody may lose."""
    folder = tmp_path / ".develop"
    folder.mkdir()
    (folder / "kept").touch()
    return folder


@contextmanager
def holder(folder: Path, child: str = "begun") -> Iterator[tuple[subprocess.Popen[str], int | None]]:
    """Run a process that has a folder; yields it, and the number of the one that it started, if any."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), child],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        left = int(first) if first.isdigit() else None
        assert "has it" in (first, process.stdout.readline().strip() if left else "")
        try:
            yield process, left
        finally:
            if left is not None:
                os.kill(left, signal.SIGKILL)
            process.kill()


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_that_is_in_use_is_refused_and_left_as_it_is(folder: Path, *, fresh: bool) -> None:
    with (
        holder(folder, "inside") as (process, _),
        pytest.raises(RunningError) as refused,
        sole_user(folder, fresh=fresh),
    ):
        pass

    assert str(refused.value) == (
        f"It runs already: {URL}. Stop it with Ctrl-C where it was started, or with `kill {process.pid}`."
    )
    assert (folder / "kept").exists()


def test_one_that_is_being_started_has_no_address_yet(folder: Path) -> None:
    with holder(folder) as (process, _), pytest.raises(RunningError) as refused, sole_user(folder):
        pass

    assert str(refused.value).startswith("It is being started already. ")
    assert f"`kill {process.pid}`" in str(refused.value)


async def test_the_script_refuses_to_begin_anew_before_it_does_anything_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(develop, "DATA", folder)
    monkeypatch.delattr(develop, "choose_brokers")
    with holder(folder, "inside"), pytest.raises(RunningError, match=URL):
        await run_until_stopped(Options(fresh=True), time.monotonic())

    assert (folder / "kept").exists()


def test_a_kill_gives_the_folder_free(folder: Path) -> None:
    with holder(folder) as (process, _):
        process.kill()
        process.wait()
        with sole_user(folder, fresh=True):
            assert not folder.exists()


def test_what_a_killed_one_left_running_is_not_taken_its_folder_away(folder: Path) -> None:
    with holder(folder, "inside") as (process, left):
        process.kill()
        process.wait()
        with pytest.raises(RunningError) as refused, sole_user(folder, fresh=True):
            pass

    assert f"left this running: Home Assistant. Stop it with `kill {left}`." in str(refused.value)
    assert (folder / "kept").exists()


def test_a_program_that_has_the_number_of_one_that_ended_is_in_nobodys_way(folder: Path) -> None:
    with holder(folder, "elsewhere") as (process, left):
        assert left is not None
        process.kill()
        process.wait()
        with sole_user(folder):
            pass


@pytest.mark.parametrize("noted", ["", "{", "[]", json.dumps({"pid": 1, "more": 2})])
def test_a_note_that_nobody_can_read_is_in_nobodys_way(folder: Path, noted: str) -> None:
    folder.with_name(".develop.lock").write_text(noted, encoding="utf-8")
    with sole_user(folder, fresh=True):
        assert not folder.exists()


def test_one_after_the_other_may_have_the_folder(folder: Path) -> None:
    for _ in range(2):
        with sole_user(folder) as note:
            note(URL, {})
    assert (folder / "kept").exists()
