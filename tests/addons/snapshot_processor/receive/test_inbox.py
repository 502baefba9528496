"""The folder that pictures come in by."""

import errno
import os
from pathlib import Path
import shutil
import time

from hypothesis import given, settings, strategies as st
import pytest

from snapshot_processor.receive.inbox import (
    EMPTY_FOR,
    entry_name,
    finish_leftovers,
    new_ticket,
    put,
    sweep,
    tidy,
    waiting_bytes,
    waiting_in,
)
from snapshot_processor.receive.jail import PathError

HOUR = 3600.0


def write(inbox: Path, place: str, ending: str, content: bytes = b"content", at: float | None = None) -> Path:
    """Put a file there as a server does: ``place`` is its account, folders and name."""
    target = inbox / place
    path = target.with_name(entry_name(target.name, new_ticket(), ending))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if at is not None:
        os.utime(path, (at, at))
    return path


def test_what_waits_is_swept_oldest_first(tmp_path: Path) -> None:
    write(tmp_path, "porch/2024-01-02/new.jpg", "done", at=300)
    write(tmp_path, "garage/old.jpg", "done", at=100)
    write(tmp_path, "garage/broken.jpg", "half", at=200)
    found = [(one.account, one.folder, one.name, one.at, one.whole) for one in sweep(tmp_path)]
    assert found == [
        ("garage", "", "old.jpg", 100.0, True),
        ("garage", "", "broken.jpg", 200.0, False),
        ("porch", "2024-01-02", "new.jpg", 300.0, True),
    ]


def test_files_of_one_moment_are_swept_as_they_were_begun(tmp_path: Path) -> None:
    for number in range(20):
        write(tmp_path, f"porch/{number}", "done", at=100)
    assert [one.name for one in sweep(tmp_path)] == [str(number) for number in range(20)]


@pytest.mark.parametrize("ending", ["part", "new"])
def test_what_is_still_written_is_left_alone(tmp_path: Path, ending: str) -> None:
    write(tmp_path, "porch/picture.jpg", ending)
    assert sweep(tmp_path) == []


def test_what_is_nobodys_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "of_no_account.jpg", "done")
    (tmp_path / "porch").mkdir()
    (tmp_path / "porch" / "notes.txt").write_text("a person's own")
    (tmp_path / "porch" / f"picture.jpg~{'x' * 32}.done").write_text("no ticket")
    assert sweep(tmp_path) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "elsewhere", "porch/secret.jpg", "done")
    home = tmp_path / "inbox" / "porch"
    home.mkdir(parents=True)
    (home / "folder").symlink_to(secret.parent)
    (home / secret.name).symlink_to(secret)
    assert sweep(tmp_path / "inbox") == []
    assert waiting_in(home) == {}


def test_an_inbox_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert sweep(tmp_path / "none") == []
    assert finish_leftovers(tmp_path / "none") == 0
    tidy(tmp_path / "none")


def test_what_a_killed_server_left_waits_like_the_rest(tmp_path: Path) -> None:
    left = write(tmp_path, "porch/left.jpg", "part", b"perhaps whole")
    write(tmp_path, "porch/empty.jpg", "part", b"")
    assert finish_leftovers(tmp_path) == 1
    (arrival,) = sweep(tmp_path)
    assert (arrival.name, arrival.whole, arrival.path.read_bytes()) == ("left.jpg", True, b"perhaps whole")
    assert arrival.ticket in left.name
    assert [path.name for path in (tmp_path / "porch").iterdir()] == [arrival.path.name]


def test_a_picture_that_this_app_writes_waits_at_once(tmp_path: Path) -> None:
    arrival = put(tmp_path, "porch", "2024/01", "fetched.jpg", b"picture")
    assert sweep(tmp_path) == [arrival]
    assert (arrival.account, arrival.folder, arrival.name) == ("porch", "2024/01", "fetched.jpg")
    assert arrival.path.read_bytes() == b"picture"
    assert time.time() - arrival.at < 10


def test_a_picture_may_have_its_ticket_before_it_is_written(tmp_path: Path) -> None:
    ticket = new_ticket()
    assert put(tmp_path, "porch", "", "fetched.jpg", b"picture", ticket=ticket).ticket == ticket


@pytest.mark.parametrize("folder", ["../other", "a/../../b", "a\x00b", "1/2/3/4/5/6/7"])
def test_a_picture_is_written_into_no_other_folder(tmp_path: Path, folder: str) -> None:
    with pytest.raises(PathError):
        put(tmp_path, "porch", folder, "x.jpg", b"x")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=30)
@given(st.text(), st.text())
def test_a_picture_may_be_called_anything(tmp_path_factory: pytest.TempPathFactory, account: str, name: str) -> None:
    inbox = tmp_path_factory.mktemp("inbox")
    arrival = put(inbox, account, "", name, b"picture")
    assert sweep(inbox) == [arrival]


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        put(tmp_path, "porch", "", "x.jpg", b"x")
    assert list((tmp_path / "porch").iterdir()) == []


@pytest.mark.parametrize(("reserve", "room"), [(0, True), (1, True), (2**62, False)])
def test_the_reserve_of_the_disk_is_left_alone(tmp_path: Path, reserve: int, room: bool) -> None:
    if room:
        put(tmp_path, "porch", "", "x.jpg", b"x", reserve=reserve)
    else:
        with pytest.raises(OSError, match="reserve") as raised:
            put(tmp_path, "porch", "", "x.jpg", b"x", reserve=reserve)
        assert raised.value.errno == errno.ENOSPC
    assert len(sweep(tmp_path)) == room


def test_the_picture_itself_counts_against_the_reserve(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    content = bytes(20_000_000)
    with pytest.raises(OSError, match="reserve"):
        put(tmp_path, "porch", "", "x.jpg", content, reserve=free - len(content) // 2)


def test_folders_that_were_empty_for_ten_minutes_are_removed(tmp_path: Path) -> None:
    kept = write(tmp_path, "porch/2024-01-02/waiting.jpg", "done")
    old, young = tmp_path / "porch" / "2024-01-01", tmp_path / "porch" / "2024-01-03"
    for folder, age in ((old, 2 * EMPTY_FOR), (young, EMPTY_FOR / 2), (kept.parent, 2 * EMPTY_FOR)):
        folder.mkdir(exist_ok=True)
        os.utime(folder, (time.time() - age,) * 2)
    tidy(tmp_path)
    assert (old.exists(), young.exists(), kept.exists()) == (False, True, True)
    tidy(tmp_path, time.time() + 2 * EMPTY_FOR)
    assert not young.exists()
    assert tmp_path.exists()


def test_folders_are_looked_into_as_deep_as_a_camera_can_make_them(tmp_path: Path) -> None:
    write(tmp_path, "porch/1/2/3/4/5/deep.jpg", "done")
    write(tmp_path, "porch/1/2/3/4/5/6/7/8/deeper.jpg", "done")
    assert [one.name for one in sweep(tmp_path)] == ["deep.jpg"]


def test_what_a_killed_app_had_begun_is_removed_and_what_it_writes_now_is_not(tmp_path: Path) -> None:
    old = write(tmp_path, "porch/old.jpg", "new", at=time.time() - 2 * HOUR)
    young = write(tmp_path, "porch/young.jpg", "new")
    tidy(tmp_path)
    assert (old.exists(), young.exists()) == (False, True)


def test_an_accounts_bytes_are_counted_in_whatever_state(tmp_path: Path) -> None:
    for number, ending in enumerate(("done", "half", "part")):
        write(tmp_path, f"porch/{number}/x.jpg", ending, bytes(10))
    write(tmp_path, "garage/x.jpg", "done", bytes(7))
    assert waiting_bytes(tmp_path) == {"porch": 30, "garage": 7}


def test_the_newest_of_one_name_is_shown(tmp_path: Path) -> None:
    write(tmp_path, "reader/x.jpg", "done", at=200)
    newest = write(tmp_path, "reader/x.jpg", "done", at=300)
    write(tmp_path, "reader/x.jpg", "done", at=100)
    assert waiting_in(tmp_path / "reader") == {"x.jpg": newest}
