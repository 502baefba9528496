"""What comes in: whole pictures in their place, all else apart, and nobody waits for another's trouble."""

import os
from pathlib import Path
import sqlite3
import time

import pytest

from snapshot_processor.accept import FETCHED, HANDED_IN, KEEP_BROKEN, Cameras
from snapshot_processor.ledger.commands import Accepted
from snapshot_processor.receive import inbox
from snapshot_processor.receive.inbox import Arrival
from snapshot_processor.store import Store, day_of

from .kit import GARDEN, NOW, PORCH, SHARED, Home, jpeg_of, md5_of, no_room, png_of, settings_of


@pytest.mark.parametrize(
    ("account", "folder", "camera"),
    [
        (SHARED, "porch", PORCH),
        (SHARED, "Porch/2026-01-02/001", PORCH),
        (SHARED, "garage", None),
        (SHARED, "", None),
        (SHARED, "porchlight", None),
        (SHARED, "garden/today", GARDEN),
        ("garden", "", GARDEN),
        ("garden", "porch", GARDEN),
        ("stranger", "porch", None),
        (FETCHED, "porch-camera", PORCH),
        (HANDED_IN, "garden-camera", GARDEN),
        (HANDED_IN, "porch", None),
    ],
)
def test_a_picture_is_of_the_camera_that_its_account_or_folder_names(
    account: str, folder: str, camera: str | None, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path)
    arrival = Arrival(path=tmp_path, account=account, folder=folder, name="a.jpg", at=NOW, ticket="0" * 32)
    found = Cameras(settings.cameras, settings.shared_account).of(arrival)
    assert (found.key if found else None) == camera


def test_the_longest_folder_that_fits_names_the_camera(tmp_path: Path) -> None:
    cameras = [
        {"label": "wide", "location": "Porch", "folder": "cameras"},
        {"label": "near", "location": "Porch", "folder": "/cameras/Porch/"},
    ]
    settings = settings_of(tmp_path, cameras=cameras)
    known = Cameras(settings.cameras, settings.shared_account)
    for folder, camera in (("cameras/porch/today", "Porch Near"), ("cameras/attic", "Porch Wide")):
        arrival = Arrival(path=tmp_path, account=SHARED, folder=folder, name="a", at=NOW, ticket="0" * 32)
        found = known.of(arrival)
        assert found is not None
        assert found.key == camera


def test_a_whole_picture_is_in_its_place_and_in_the_ledger(home: Home) -> None:
    home.upload(jpeg_of(1), ago=5)
    home.upload(png_of(2), "", account="garden", ago=4)
    assert home.sweep() == 2
    porch, garden = home.pictures()
    day = day_of(NOW - 5)
    assert porch.path == f"porch-camera/{day}/upload_porch-camera_{int(NOW - 5)}.jpg"
    assert garden.path == f"garden-camera/{day}/upload_garden-camera_{int(NOW - 4)}.png"
    assert (porch.taken_at, porch.size, porch.md5) == (NOW - 5, len(jpeg_of(1)), md5_of(jpeg_of(1)))
    assert home.store.path(porch.path).read_bytes() == jpeg_of(1)
    assert (porch.arrived, garden.arrived) == (None, None)
    assert inbox.sweep(home.store.inbox) == []
    assert home.counts.taken == 2


def test_a_picture_of_tomorrow_counts_from_now(home: Home) -> None:
    home.upload(jpeg_of(1), ago=NOW - time.time() - 86_400)
    home.sweep()
    (known,) = home.pictures()
    assert known.taken_at == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", jpeg_of(1)[:-20], png_of(1)[:-4], jpeg_of(1)[:20] + b"\0" * 400 + jpeg_of(1)[-2:]]
)
def test_what_is_no_whole_picture_is_kept_apart_and_told_to_nobody(home: Home, content: bytes) -> None:
    home.upload(content)
    home.upload(content, "garage")
    assert home.sweep() == 0
    assert (home.counts.broken.count, home.counts.strange.count, home.counts.taken) == (2, 0, 0)
    assert len(list(home.store.broken.iterdir())) == 2
    assert "2 files were no whole pictures since " in (home.counts.told() or "")
    assert (home.look(), home.told(), home.pictures()) == (0, [], [])


def test_whole_pictures_of_no_camera_are_kept_and_told_however_many(home: Home) -> None:
    for number in range(KEEP_BROKEN + 2):
        home.upload(jpeg_of(number), "Garage/today", ago=1_000 - number)
    home.upload(png_of(1), "", account="stranger")
    assert home.sweep() == 0
    kept = [one.path for one in home.store.strangers()]
    assert len(kept) == KEEP_BROKEN + 3
    assert kept[0].name.startswith(f"{int(NOW - 1_000)}_camera-garage-today_")
    assert {path.suffix for path in kept} == {".jpg", ".png"}
    assert kept[0].read_bytes() == jpeg_of(0)
    assert home.counts.strange.count == KEEP_BROKEN + 3
    said = home.counts.told() or ""
    assert said.startswith(f"{KEEP_BROKEN + 3} pictures of no camera since 20")
    assert said.endswith("the last of stranger: check the folder")
    assert (home.look(), home.told(), list(home.store.broken.iterdir())) == (0, [], [])


def test_it_may_stop_after_each_that_came_whatever_that_was(home: Home) -> None:
    home.upload(b"no picture", ago=3)
    home.upload(jpeg_of(1), "garage", ago=2)
    home.upload(jpeg_of(2), ago=1)
    steps = home.intake.sweep()
    assert [next(steps), next(steps)] == [False, False]
    assert home.counts.taken == 0
    assert list(steps) == [True]


def test_half_an_upload_is_kept_apart_even_if_what_came_is_whole(home: Home) -> None:
    path = home.upload(jpeg_of(1))
    path.rename(path.with_suffix(".half"))
    assert home.sweep() == 0
    assert home.counts.broken.count == 1


def test_of_what_is_broken_the_newest_are_kept(home: Home) -> None:
    for number in range(KEEP_BROKEN + 5):
        home.upload(b"%d" % number, ago=1_000 - number)
    home.sweep()
    kept = sorted(int(path.read_bytes()) for path in home.store.broken.iterdir())
    assert kept == list(range(5, KEEP_BROKEN + 5))


def test_a_camera_may_rename_or_delete_its_file_at_any_moment(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed, deleted = home.upload(jpeg_of(1), ago=3), home.upload(jpeg_of(2), ago=2)
    home.upload(jpeg_of(3), ago=1)
    take_in = Store.take_in

    def meddled(store: Store, arrived: Path, relative: str) -> None:
        if arrived == renamed:
            ticket = renamed.name.partition("~")[2]
            renamed.rename(renamed.with_name(f"other.jpg~{ticket}"))
        elif arrived == deleted:
            deleted.unlink()
        take_in(store, arrived, relative)

    monkeypatch.setattr(Store, "take_in", meddled)
    assert home.sweep() == 1
    assert home.look() == 1
    monkeypatch.undo()
    assert home.sweep() == 1
    assert home.look() == 1
    assert {known.md5 for known in home.pictures()} == {md5_of(jpeg_of(1)), md5_of(jpeg_of(3))}
    assert home.ledger.pictures.to_settle() == []
    assert len(home.events()) == 2


def test_a_picture_that_cannot_be_moved_keeps_no_other_and_comes_later(home: Home) -> None:
    home.upload(jpeg_of(1), ago=3)
    home.upload(jpeg_of(2), "", account="garden", ago=2)
    # No folder can be made where a file is.
    (home.store.root / "porch-camera").write_bytes(b"")
    found = list(home.intake.sweep())
    assert [type(one) for one in found] == [NotADirectoryError, bool]
    assert home.look() == 1
    (home.store.root / "porch-camera").unlink()
    assert home.sweep() == 1
    assert home.look() == 1
    assert [device["device_key"] for device in home.events()] == [GARDEN, PORCH]


def test_a_picture_that_waits_for_its_place_keeps_its_name_from_others(home: Home) -> None:
    blocked = home.store.root / "porch-camera"
    home.upload(jpeg_of(1), ago=3)
    blocked.write_bytes(b"")
    list(home.intake.sweep())
    blocked.unlink()
    # Older by its time, so it is swept first, and in the same second.
    home.upload(jpeg_of(2), ago=3.4)
    home.upload(jpeg_of(3), ago=2.8)
    assert [known.taken_at for known in home.pictures()] == [NOW - 3]
    assert home.sweep() == 3
    paths = [known.path for known in home.pictures()]
    assert len(set(paths)) == 3
    assert {home.store.path(path).read_bytes() for path in paths} == {jpeg_of(1), jpeg_of(2), jpeg_of(3)}


def test_a_ledger_that_takes_nothing_leaves_everything_in_the_inbox(home: Home) -> None:
    home.upload(jpeg_of(1))
    home.upload(jpeg_of(2))
    with no_room(home), pytest.raises(sqlite3.Error, match="full"):
        home.sweep()
    assert len(inbox.sweep(home.store.inbox)) == 2
    assert home.files() == set()
    assert home.sweep() == 2


def test_what_was_asked_for_is_answered_when_it_is_in_its_place(home: Home) -> None:
    commands = home.ledger.commands
    for name, content in (("good", jpeg_of(1)), ("bad", b"no picture")):
        ticket = inbox.new_ticket()
        commands.accept(Accepted(command_id=name, camera=PORCH, expires_at=NOW + 90))
        commands.fetched([name], ticket)
        inbox.put(home.store.inbox, FETCHED, "porch-camera", "porch-camera.jpg", content, ticket=ticket)
    home.sweep()
    answers = {said["command_id"]: said for said in home.told() if said["status"] != "accepted"}
    (known,) = home.pictures()
    assert (answers["good"]["status"], answers["good"]["detail"]) == ("done", known.path)
    assert answers["bad"]["status"] == "failed"
    assert "did not send a whole picture" in answers["bad"]["detail"]
    assert known.operation == "fetch"


def test_the_same_file_put_in_twice_is_one_picture(home: Home) -> None:
    for _ in range(2):
        inbox.put(home.store.inbox, HANDED_IN, "porch-camera", "a.jpg", jpeg_of(1), ticket="a" * 32)
        home.sweep()
    assert len(home.pictures()) == 1
    assert inbox.sweep(home.store.inbox) == []
    assert home.store.path(home.pictures()[0].path).read_bytes() == jpeg_of(1)


def test_a_thousand_pictures_are_listed_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        for number in range(300):
            home.upload(jpeg_of(number), ago=9)
        home.ledger.connection.execute("PRAGMA synchronous = OFF")
        listed, scandir = [], os.scandir

        def listing(path: str) -> object:
            listed.append(path)
            return scandir(path)

        patch.setattr(os, "scandir", listing)
        assert home.sweep() == 300
    assert len(listed) == 3
    assert len({known.path for known in home.pictures()}) == 300
