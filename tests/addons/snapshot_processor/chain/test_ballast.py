"""A start on a disk that is full to the last byte."""

from collections.abc import Iterator
import contextlib
from pathlib import Path
import subprocess

import pytest

from snapshot_processor.ballast import SIZE, Ballast, make_room
from snapshot_processor.ledger.database import LedgerError, prepare
from snapshot_processor.store import Store, path_of

from .kit import NOW

DAY = 86_400


class Disk:
    """A small file system with the app's folders on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.store = Store(folder / "images")
        self.store.prepare()
        prepare(self.state / "ledger.db")

    def fill(self) -> None:
        with (self.folder / "others").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4_096))

    def picture(self, age: float, size: int = 400_000) -> str:
        path = path_of("upload", "porch-camera", NOW - age, "jpeg")
        self.store.write(path, bytes(size))
        return path

    @property
    def pictures(self) -> set[str]:
        return {path.relative_to(self.store.root).as_posix() for path in self.store.root.glob("[!.]*/*/*")}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("Only root can mount a small disk")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607 - Debian's own


def refuses_to_start(disk: Disk) -> bool:
    try:
        prepare(disk.state / "ledger.db")
    except LedgerError:
        return True
    return False


def test_the_ballast_is_thrown_away_for_the_ledger_and_no_picture(disk: Disk) -> None:
    kept = disk.picture(9 * DAY)
    Ballast(disk.state).keep()
    disk.fill()
    assert refuses_to_start(disk)
    make_room(disk.state, disk.store)
    assert not refuses_to_start(disk)
    assert disk.pictures == {kept}


def test_without_ballast_what_is_broken_goes_and_then_the_oldest_pictures(
    disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    paths = [disk.picture(age) for age in (3 * DAY, 2 * DAY, DAY, 40.0, 20.0)]
    (disk.store.broken / "half.jpg").write_bytes(bytes(400_000))
    disk.fill()
    assert refuses_to_start(disk)
    make_room(disk.state, disk.store)
    assert not refuses_to_start(disk)
    assert list(disk.store.broken.iterdir()) == []
    assert disk.pictures == set(paths[2:])
    assert "2 of the oldest pictures were deleted" in caplog.text


def test_pictures_on_another_disk_would_make_no_room(disk: Disk, tmp_path: Path) -> None:
    elsewhere = Store(tmp_path / "images")
    elsewhere.prepare()
    elsewhere.write(path_of("upload", "porch-camera", NOW, "jpeg"), bytes(400_000))
    disk.fill()
    make_room(disk.state, elsewhere)
    assert len(list(elsewhere.root.glob("[!.]*/*/*"))) == 1


def test_the_ballast_is_kept_again_once_there_is_ample_room(disk: Disk) -> None:
    ballast = Ballast(disk.state)
    disk.fill()
    ballast.keep()
    assert [path.name for path in disk.state.glob("ballast*")] == []
    (disk.folder / "others").unlink()
    ballast.keep()
    assert (disk.state / "ballast").stat().st_size == SIZE
    ballast.drop()
    assert list(disk.state.glob("ballast*")) == []


def test_with_room_nothing_is_touched(disk: Disk) -> None:
    kept = disk.picture(9 * DAY)
    Ballast(disk.state).keep()
    make_room(disk.state, disk.store)
    assert (disk.pictures, (disk.state / "ballast").exists()) == ({kept}, True)
