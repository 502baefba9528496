"""What a power cut leaves: real processes, killed where it hurts most."""

from collections.abc import Iterator
import contextlib
import os
from pathlib import Path
import subprocess
import sys
import tempfile

from hypothesis import given, settings, strategies as st

from devkit.fake_drive import FakeDrive
from devkit.fake_drive_store import Fault

from .kit import NOON, SECRET, Home, eventually, logged_in

ROOT = Path(__file__).parents[4]
PATHS = (ROOT, ROOT / "addons" / "common", ROOT / "addons" / "snapshot_processor")


@contextlib.contextmanager
def _archive_of(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    module = f"{__package__}.archive_process"
    words = [sys.executable, "-m", module, str(home.folder), home.drive.url, SECRET]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PATHS))}
    with subprocess.Popen(words, env=environment, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_kill_between_upload_and_note_sends_nothing_twice(home: Home) -> None:
    item = home.take(NOON - 60)
    home.drive.fail(Fault.HELD_ANSWER, on="PUT /upload")
    with _archive_of(home) as process:
        eventually(home.drive.store.files)
        process.kill()
        process.wait()
    home.restart()
    assert home.queue.waiting().count == 1
    home.run()
    assert home.queue.waiting().count == 0
    assert [file.title for file in home.drive.store.files()] == [item.name]
    assert home.drive.asked("PUT /upload") == 1


STORMS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                Fault.UNAVAILABLE,
                Fault.CUT,
                Fault.LOST_ANSWER,
                Fault.GARBAGE,
                Fault.RATE_LIMIT,
                Fault.WRONG_CHECKSUM,
                Fault.WRONG_SIZE,
                None,
            ]
        ),
        st.sampled_from(["", "GET /drive", "POST /drive", "POST /upload", "PUT /upload", "PATCH"]),
        st.integers(1, 7),
        st.floats(1, 7200),
    ),
    max_size=6,
)


@settings(max_examples=12, deadline=None)
@given(storms=STORMS)
def test_whatever_happens_every_picture_is_there_once_and_whole(
    storms: list[tuple[Fault | None, str, int, float]],
) -> None:
    with FakeDrive(client_secret=SECRET) as drive, tempfile.TemporaryDirectory() as folder:
        home = Home(drive=drive, folder=Path(folder))
        logged_in(drive, home.settings)
        items = [home.take(NOON - 1000)]
        for number, (fault, on, times, seconds) in enumerate(storms):
            if fault is None:
                home.restart()
            else:
                drive.fail(fault, times, on=on)
            items.append(home.take(NOON - 900 + number))
            home.run(seconds)
        drive.fail_no_more()
        home.run(3 * 3600)
        home.close()
        assert home.work.health.ok
        found = [(file.title, len(file.content)) for file in drive.store.files()]
        assert sorted(found) == [(item.name, item.size) for item in items]
