"""Folders that others write to are emptied, each file once."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path

import pytest

from snapshot_processor.accept import HANDED_IN
from snapshot_processor.receive import inbox
from snapshot_processor.watched import LARGEST, QUIET, WatchedFolders

from .kit import NOW, PORCH, Home, jpeg_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def watching(tmp_path: Path, folder: Path) -> Iterator[Home]:
    cameras = [
        {"label": "camera", "location": "Porch", "watch_folder": str(folder)},
        {"label": "camera", "location": "Garden", "watch_folder": str(tmp_path / "none")},
    ]
    home = Home(tmp_path, cameras=cameras)
    yield home
    home.close()


def folders_of(home: Home) -> WatchedFolders:
    def known(ticket: str) -> bool:
        return home.ledger.pictures.by_ticket(ticket) is not None

    return WatchedFolders(home.settings.cameras, HANDED_IN, home.store.inbox, known, home.clock)


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
    lay(folder, "broken.jpg", b"no picture")
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
