"""Folders that others write to are emptied, each file once."""

from collections.abc import Callable, Iterator
import errno
import os
from pathlib import Path

import pytest

from snapshot_processor.accept import HANDED_IN
from snapshot_processor.receive import inbox
from snapshot_processor.store import Store
from snapshot_processor.watched import LARGEST, MOST, QUIET, RECENT, WatchedFolders

from .kit import NOW, PORCH, Home, jpeg_of, png_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def watching(tmp_path: Path, folder: Path) -> Iterator[Home]:
    cameras = [
        {"label": "camera", "location": "Porch", "watch_folder": str(folder)},
    ]
    home = Home(tmp_path, cameras=cameras)
    yield home
    home.close()


def folders_of(home: Home) -> WatchedFolders:
    def known(ticket: str) -> bool:
        return home.ledger.pictures.by_ticket(ticket) is not None

    return WatchedFolders(home.settings.cameras, HANDED_IN, home.store, known, home.clock)


def lay(folder: Path, name: str, content: bytes, ago: float = 10.0) -> Path:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (NOW - ago, NOW - ago))
    return path


def test_what_lies_still_is_taken_with_its_own_time(watching: Home, folder: Path) -> None:
    lay(folder, "a.jpg", jpeg_of(1), ago=3_600)
    lay(folder, "b.jpg", jpeg_of(2), ago=QUIET - 1)
    lay(folder, ".c.jpg", jpeg_of(3))
    lay(folder, "large.jpg", b"x")
    os.truncate(folder / "large.jpg", LARGEST + 1)
    os.utime(folder / "large.jpg", (NOW - 10, NOW - 10))
    (folder / "older").mkdir()
    folders = folders_of(watching)
    folders.empty()
    watching.sweep()
    (known,) = watching.pictures()
    assert (known.camera, known.taken_at, known.operation) == (PORCH, NOW - 3_600, "upload")
    assert sorted(path.name for path in folder.iterdir()) == [".c.jpg", "b.jpg", "large.jpg", "older"]
    assert folders.problem is None


@pytest.mark.parametrize("swept", [False, True])
def test_a_kill_between_taking_and_removing_makes_no_second_picture(
    watching: Home, folder: Path, swept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(folder, "a.jpg", jpeg_of(1))

    def killed(_path: Path, *, missing_ok: bool) -> None:
        raise KeyboardInterrupt(missing_ok)

    monkeypatch.setattr(Path, "unlink", killed)
    folders = folders_of(watching)
    with pytest.raises(KeyboardInterrupt):
        folders.empty()
    monkeypatch.undo()
    if swept:
        watching.sweep()
    folders_of(watching).empty()
    watching.sweep()
    assert len(watching.pictures()) == 1
    assert list(folder.iterdir()) == []


@pytest.fixture
def no_removing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def refuse(_path: Path, *, missing_ok: bool) -> None:
        raise PermissionError(1, "Operation not permitted", missing_ok)

    return lambda: monkeypatch.setattr(Path, "unlink", refuse)


def test_where_nothing_can_be_removed_each_comes_once_and_it_is_said(
    watching: Home, folder: Path, no_removing: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        lay(folder, f"{number}.jpg", jpeg_of(number))
    lay(folder, "broken.jpg", jpeg_of(9)[:-20])
    no_removing()
    folders = folders_of(watching)
    for _ in range(3):
        folders.empty()
    assert len(inbox.sweep(watching.store.inbox)) == 4
    assert folders.problem is not None
    assert "let this app write there" in folders.problem
    assert caplog.text.count("let this app write there") == 1


def test_a_folder_that_cannot_be_read_is_said_and_stops_nothing(
    watching: Home, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    folders = folders_of(watching)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", refuse)
        folders.empty()
        assert folders.problem is not None
        assert str(folder) in folders.problem
    folders.empty()
    assert folders.problem is None


def taken(home: Home, folders: WatchedFolders) -> list[float]:
    """Return when the pictures were taken that are there after another look."""
    folders.empty()
    home.sweep()
    return [known.taken_at - NOW for known in home.pictures()]


@pytest.mark.parametrize(
    ("ago", "counts_from"),
    [(-3_600.0, 5.0), (0.0, 5.0), (RECENT - 10, 5.0), (RECENT + 10, -RECENT - 10)],
)
def test_a_file_that_appears_counts_from_then_unless_it_is_an_old_one(
    watching: Home, folder: Path, ago: float, counts_from: float
) -> None:
    folders = folders_of(watching)
    folders.empty()
    lay(folder, "a.jpg", jpeg_of(1), ago=ago)
    watching.now = NOW + 5
    assert taken(watching, folders) == []
    watching.now += QUIET + 0.5
    assert taken(watching, folders) == [counts_from]


def test_what_was_there_before_the_app_has_its_own_time_unless_that_is_still_to_come(
    watching: Home, folder: Path
) -> None:
    lay(folder, "a.jpg", jpeg_of(1), ago=300)
    lay(folder, "b.jpg", jpeg_of(2), ago=-300)
    folders = folders_of(watching)
    assert taken(watching, folders) == [-300]
    watching.now += QUIET + 0.5
    assert taken(watching, folders) == [-300, 0]


def test_a_file_that_still_grows_is_left_alone_whatever_the_clock_of_its_disk_says(
    watching: Home, folder: Path
) -> None:
    folders = folders_of(watching)
    folders.empty()
    for size in (30, 300, len(jpeg_of(1))):
        lay(folder, "a.jpg", jpeg_of(1)[:size], ago=3_600)
        watching.now += QUIET
        assert taken(watching, folders) == []
    watching.now += QUIET + 0.5
    assert len(taken(watching, folders)) == 1


def test_names_may_be_any_bytes(watching: Home, folder: Path) -> None:
    name = os.fsencode(folder) + b"/Haust\xfcr.jpg"
    Path(os.fsdecode(name)).write_bytes(jpeg_of(1))
    os.utime(name, (NOW - 60, NOW - 60))
    folders = folders_of(watching)
    assert taken(watching, folders) == [-60]
    assert folders.problem is None
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"RIFF....AVI ", b"\xff\xd8", b"text"])
def test_what_is_no_picture_stays_and_is_opened_once(
    watching: Home, folder: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(folder, "a.jpg", content)
    lay(folder, "b.bin", png_of(1))
    folders = folders_of(watching)
    folders.empty()
    assert [path.name for path in folder.iterdir()] == ["a.jpg"]
    assert folders.problem is None
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, _mode: pytest.fail(f"{path.name} is opened again"))
        folders.empty()


def test_a_file_that_cannot_be_read_keeps_no_other(
    watching: Home, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lay(folder, "a.jpg", jpeg_of(1))
    lay(folder, "b.jpg", jpeg_of(2))
    path_open = Path.open

    def refuse(path: Path, mode: str = "r", buffering: int = -1) -> object:
        if path.name == "a.jpg":
            raise PermissionError(errno.EACCES, "Permission denied")
        return path_open(path, mode, buffering)

    monkeypatch.setattr(Path, "open", refuse)
    folders = folders_of(watching)
    folders.empty()
    assert [path.name for path in folder.iterdir()] == ["a.jpg"]
    assert "give this app the right to: Permission denied" in (folders.problem or "")
    assert "('a.jpg')" in caplog.text


def test_a_folder_that_is_not_there_is_a_problem_until_it_is(watching: Home, folder: Path) -> None:
    folder.rmdir()
    folders = folders_of(watching)
    folders.empty()
    assert folders.problem == f"There is no folder {folder}: make it, or correct watch_folder of {PORCH}"
    folder.mkdir()
    folders.empty()
    assert folders.problem is None


def test_a_disk_without_room_is_said_and_the_files_stay(watching: Home, folder: Path) -> None:
    lay(folder, "a.jpg", jpeg_of(1))
    store = Store(watching.store.root, floor=2**62)
    folders = WatchedFolders(watching.settings.cameras, HANDED_IN, store, lambda _ticket: False, watching.clock)
    folders.empty()
    assert "make room" in (folders.problem or "")
    assert [path.name for path in folder.iterdir()] == ["a.jpg"]
    assert inbox.sweep(store.inbox) == []


def test_of_many_only_some_are_taken_in_one_go(watching: Home, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    for number in range(MOST + 5):
        lay(folder, f"{number:03}.jpg", jpeg_of(number))
    folders = folders_of(watching)
    folders.empty()
    assert len(list(folder.iterdir())) == 5
    folders.empty()
    assert list(folder.iterdir()) == []
