"""Two systems of ``scripts/develop`` never work in one folder, and what a killed one left running is ended first."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

from devkit import develop, develop_lock
from devkit.develop import Options, run_until_stopped
from devkit.develop_lock import RunningError, children_of, sole_user
from tests.source import ROOT

URL = "http://127.0.0.1:8123"
# Has the folder, tells the test so, and goes on until its input ends. What it starts outlives a kill.
HOLDER = """
from pathlib import Path
import subprocess, sys
from devkit.develop_lock import children_of, sole_user
folder = Path(sys.argv[1])
with sole_user(folder) as note, children_of(folder):
    for command in sys.argv[2:]:
        subprocess.Popen(["sh", "-c", command], stdout=sys.stdout, cwd="/", start_new_session=True)
    if sys.argv[2:]:
        note("http://127.0.0.1:8123")
    sys.stdout.write("has it\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""
# Each tells its number: one process, a family in two sessions, and one that does not hear that it is to end.
ONE = "echo $$; exec sleep 60"
FAMILY = "echo $$; setsid sh -c 'echo $$; exec sleep 60' & exec sleep 60"
STUBBORN = "trap '' TERM; echo $$; while :; do sleep 1; done"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with something in it that nobody may lose."""
    folder = tmp_path / ".develop"
    folder.mkdir()
    (folder / "kept").touch()
    return folder


@contextmanager
def holder(folder: Path, *commands: str, children: int = 0) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Run a process that has a folder; yields it, and the numbers of the ``children`` that its commands are."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), *commands],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(children + 1)]
        assert "has it" in said
        left = [int(word) for word in said if word.isdigit()]
        try:
            yield process, left
        finally:
            process.kill()
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def runs(pid: int) -> bool:
    """Whether a process is there, and not only waits for its parent to take note of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_that_is_in_use_is_refused_and_left_as_it_is(folder: Path, *, fresh: bool) -> None:
    with (
        holder(folder, ONE, children=1) as (process, _),
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
    with holder(folder, ONE, children=1), pytest.raises(RunningError, match=URL):
        await run_until_stopped(Options(fresh=True), time.monotonic())

    assert (folder / "kept").exists()


def test_a_kill_gives_the_folder_free(folder: Path) -> None:
    with holder(folder) as (process, _):
        process.kill()
        process.wait()
        with sole_user(folder, fresh=True):
            assert not folder.exists()


@pytest.mark.parametrize(("command", "children"), [(ONE, 1), (FAMILY, 2), (STUBBORN, 1)])
def test_what_a_killed_one_left_running_is_ended_by_the_next(
    folder: Path, command: str, children: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    send = signal.pidfd_send_signal

    def sends(handle: int, number: int) -> None:
        # Those that are told to end may take their time; those that are killed have as long as it takes.
        monkeypatch.setattr(develop_lock, "END_PATIENCE", 0.5 if number == signal.SIGTERM else 60.0)
        send(handle, number)

    monkeypatch.setattr(signal, "pidfd_send_signal", sends)
    with holder(folder, command, children=children) as (process, left):
        process.kill()
        process.wait()
        assert [runs(pid) for pid in left] == [True] * children
        with sole_user(folder, fresh=True):
            assert [runs(pid) for pid in left] == [False] * children
            assert not folder.exists()
    assert "A start that was killed left" in capsys.readouterr().err


def test_what_another_folder_s_system_runs_is_left_alone(folder: Path) -> None:
    with holder(folder.with_name("other"), ONE, children=1) as (_, left), sole_user(folder):
        assert runs(*left)


def test_a_stranger_at_work_in_the_folder_is_left_alone(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=folder) as stranger:
        with sole_user(folder):
            assert runs(stranger.pid)
        stranger.kill()


def test_only_what_is_started_for_the_folder_is_known_as_its_own(folder: Path) -> None:
    before = dict(os.environ)
    with sole_user(folder):
        assert os.environ == before
        with children_of(folder):
            assert os.environ != before
        assert os.environ == before


@pytest.mark.parametrize("noted", ["", "{", "[]", json.dumps({"pid": 1, "more": 2})])
def test_a_note_that_nobody_can_read_is_in_nobodys_way(folder: Path, noted: str) -> None:
    folder.with_name(".develop.lock").write_text(noted, encoding="utf-8")
    with sole_user(folder, fresh=True):
        assert not folder.exists()


def test_one_after_the_other_may_have_the_folder(folder: Path) -> None:
    for _ in range(2):
        with sole_user(folder) as note:
            note(URL)
    assert (folder / "kept").exists()
