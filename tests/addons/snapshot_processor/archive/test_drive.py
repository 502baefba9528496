from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devkit.broker_process import free_ports
from devkit.fake_drive import FakeDrive
from devkit.fake_drive_store import DriveFile, Fault
from snapshot_processor.archive.drive import Drive
from snapshot_processor.archive.errors import DriveError, Kind

from .kit import DAY, FOLDER, NOON, config, item_of, logged_in

PICTURE = b"\xff\xd8 a picture \xff\xd9"
ITEM = item_of("front_door/2026-11-26/upload_front_door_1.jpg", PICTURE)


@pytest.fixture
def archive(drive: FakeDrive, tmp_path: Path) -> Drive:
    settings = config(drive, tmp_path)
    return Drive(settings, logged_in(drive, settings))


def _local_path(moment: float) -> str:
    return f"{FOLDER}/{datetime.fromtimestamp(moment, UTC).astimezone():%Y/%m/%d}"


def _store(archive: Drive, taken_at: float) -> None:
    name = f"upload_front_door_{int(taken_at)}.jpg"
    archive.upload(item_of(f"front_door/{name}", PICTURE, taken_at), PICTURE)


def _file_away(archive: Drive, before: float) -> int:
    pictures = list(archive.to_file_away(before))
    for picture in pictures:
        archive.file_away(picture)
    return len(pictures)


def _expire(archive: Drive, before: float) -> None:
    for thing in archive.expired(before):
        archive.trash(thing)


def test_a_picture_is_stored_with_its_name_its_moment_and_its_camera(drive: FakeDrive, archive: Drive) -> None:
    number = archive.upload(ITEM, PICTURE)
    (file,) = drive.store.files()
    assert file.id == number
    assert (file.title, file.mime_type, file.content) == (ITEM.name, "image/jpeg", PICTURE)
    assert (file.created, file.description) == ("2026-11-26T12:00:00.000Z", "Front door")
    assert drive.store.path(file) == f"{FOLDER}/{ITEM.name}"


def test_a_png_is_stored_as_one(drive: FakeDrive, archive: Drive) -> None:
    archive.upload(item_of("front_door/2026-11-26/upload_front_door_1.png", PICTURE), PICTURE)
    assert [file.mime_type for file in drive.store.files()] == ["image/png"]


def test_the_folder_is_made_once(drive: FakeDrive, tmp_path: Path) -> None:
    settings = config(drive, tmp_path, folder="Mum's \\ house")
    credentials = logged_in(drive, settings)
    for number in range(3):
        item = item_of(f"front/{number}.jpg", PICTURE)
        Drive(settings, credentials).upload(item, PICTURE)
    assert drive.asked("POST /drive/v2/files") == 1
    assert {path.partition("/")[0] for path in drive.store.paths()} == {"Mum's \\ house"}


def test_what_drive_has_already_is_not_sent_again(drive: FakeDrive, archive: Drive) -> None:
    first = archive.upload(ITEM, PICTURE)
    assert archive.upload(ITEM, PICTURE) == first
    assert drive.asked("PUT /upload") == 1


def test_what_was_filed_away_meanwhile_is_not_sent_again(drive: FakeDrive, archive: Drive) -> None:
    first = archive.upload(ITEM, PICTURE)
    assert _file_away(archive, NOON + DAY) == 1
    assert archive.upload(ITEM, PICTURE) == first
    assert len(drive.store.files()) == 1


@pytest.mark.parametrize("fault", [Fault.WRONG_CHECKSUM, Fault.WRONG_SIZE])
def test_what_arrives_wrong_is_trashed_and_sent_again(drive: FakeDrive, archive: Drive, fault: Fault) -> None:
    drive.fail(fault, 2, on="PUT /upload")
    archive.upload(ITEM, PICTURE)
    (file,) = drive.store.files()
    assert file.content == PICTURE
    assert [len(file.content) >= len(PICTURE) - 1 for file in drive.store.trashed()] == [True, True]


def test_what_always_arrives_wrong_is_an_error_and_leaves_nothing(drive: FakeDrive, archive: Drive) -> None:
    drive.fail(Fault.WRONG_CHECKSUM, 3, on="PUT /upload")
    with pytest.raises(DriveError, match="arrives wrong") as caught:
        archive.upload(ITEM, PICTURE)
    assert caught.value.kind is Kind.WRONG
    assert caught.value.own
    assert drive.store.files() == []


def test_a_wrong_one_that_a_crash_left_is_trashed(drive: FakeDrive, archive: Drive) -> None:
    wrong = b"something else"
    archive.upload(item_of(ITEM.path, wrong), wrong)
    archive.upload(ITEM, PICTURE)
    assert [file.content for file in drive.store.files()] == [PICTURE]
    assert [file.content for file in drive.store.trashed()] == [wrong]


def test_a_picture_of_somebody_else_with_that_name_is_left_alone(drive: FakeDrive, archive: Drive) -> None:
    folder = {"title": FOLDER, "mimeType": "application/vnd.google-apps.folder"}
    parent = drive.store.insert(folder, b"").id
    body = {"title": ITEM.name, "mimeType": "image/jpeg", "parents": [{"id": parent}]}
    drive.store.insert(body, b"a holiday")
    archive.upload(ITEM, PICTURE)
    assert [file.content for file in drive.store.files()] == [b"a holiday", PICTURE]


def test_a_folder_in_the_bin_takes_no_pictures_with_it(drive: FakeDrive, archive: Drive) -> None:
    archive.upload(item_of("front/before.jpg", PICTURE), PICTURE)
    drive.store.trash(drive.store.folder(FOLDER).id)
    archive.upload(ITEM, PICTURE)
    assert drive.store.paths() == [f"{FOLDER}/{ITEM.name}"]


@pytest.mark.parametrize(
    ("fault", "on", "kind", "says", "own"),
    [
        (Fault.UNAVAILABLE, "PUT /upload", Kind.AWAY, "out of order", True),
        (Fault.UNAVAILABLE, "POST /upload", Kind.AWAY, "out of order", True),
        (Fault.UNAVAILABLE, "GET /drive", Kind.AWAY, "out of order", False),
        (Fault.CUT, "PUT /upload", Kind.AWAY, "cannot be reached", True),
        (Fault.CUT, "GET /drive", Kind.AWAY, "cannot be reached", False),
        (Fault.GARBAGE, "GET /drive", Kind.AWAY, "makes no sense", False),
        (Fault.RATE_LIMIT, "PUT /upload", Kind.REFUSED, "more slowly", False),
        (Fault.FULL, "POST /upload", Kind.REFUSED, "make room", False),
        (Fault.FORBIDDEN, "POST /upload", Kind.REFUSED, "content manager", False),
    ],
)
def test_every_fault_says_what_it_is(
    drive: FakeDrive, archive: Drive, fault: Fault, on: str, kind: Kind, says: str, own: bool
) -> None:
    drive.fail(fault, 2, on=on)
    with pytest.raises(DriveError, match=says) as caught:
        archive.upload(ITEM, PICTURE)
    assert (caught.value.kind, caught.value.own) == (kind, own or says == "refuses it")
    assert drive.store.files() == []


def test_nobody_there_is_away(drive: FakeDrive, tmp_path: Path) -> None:
    credentials = logged_in(drive, config(drive, tmp_path))
    (port,) = free_ports(1)
    with pytest.raises(DriveError, match="cannot be reached") as caught:
        Drive(config(drive, tmp_path, endpoint=f"http://127.0.0.1:{port}"), credentials).upload(ITEM, PICTURE)
    assert caught.value.kind is Kind.AWAY


def test_an_answer_that_does_not_come_is_away_in_time(drive: FakeDrive, tmp_path: Path) -> None:
    archive = Drive(config(drive, tmp_path, timeout=0.2), logged_in(drive, config(drive, tmp_path)))
    # Each of them would come after a minute.
    drive.fail(Fault.SLOW, 5)
    with pytest.raises(DriveError, match="cannot be reached"):
        archive.upload(ITEM, PICTURE)


def test_a_token_that_never_counts_asks_nobody_for_a_new_login(drive: FakeDrive, archive: Drive) -> None:
    drive.fail(Fault.UNAUTHORIZED, 3, on="GET /drive")
    with pytest.raises(DriveError, match="does not accept the login") as caught:
        archive.upload(ITEM, PICTURE)
    assert caught.value.kind is Kind.LOGIN
    assert drive.login.refreshes == 2


def test_pictures_go_into_their_days_folders_after_a_day(drive: FakeDrive, archive: Drive) -> None:
    moments = [NOON - 40 * DAY, NOON - DAY, NOON - DAY + 60, NOON]
    for moment in moments:
        _store(archive, moment)
    assert _file_away(archive, NOON - DAY + 100) == 3
    assert drive.store.paths() == [
        f"{_local_path(moment) if moment < NOON else FOLDER}/upload_front_door_{int(moment)}.jpg" for moment in moments
    ]
    assert _file_away(archive, NOON - DAY + 100) == 0


def test_each_days_folder_is_made_once(drive: FakeDrive, archive: Drive) -> None:
    for number in range(5):
        _store(archive, NOON + number)
    _file_away(archive, NOON + DAY)
    archive.look_again()
    _store(archive, NOON + 10)
    _file_away(archive, NOON + DAY)
    # The archive's own, a year, a month and a day.
    assert drive.asked("POST /drive/v2/files") == 4


def test_starred_pictures_keep_their_place(drive: FakeDrive, archive: Drive) -> None:
    for number in range(3):
        _store(archive, NOON + number)
    drive.store.files()[1].starred = True
    assert _file_away(archive, NOON + DAY) == 2
    assert drive.store.path(drive.store.files()[1]) == f"{FOLDER}/upload_front_door_{int(NOON) + 1}.jpg"


def test_a_picture_whose_star_was_taken_off_is_filed_later(drive: FakeDrive, archive: Drive) -> None:
    _store(archive, NOON)
    (file,) = drive.store.files()
    file.starred = True
    assert _file_away(archive, NOON + DAY) == 0
    file.starred = False
    assert _file_away(archive, NOON + DAY) == 1


def test_what_people_put_there_is_neither_filed_nor_trashed(drive: FakeDrive, archive: Drive) -> None:
    _store(archive, NOON)
    _file_away(archive, NOON + DAY)
    for folder in (FOLDER, _local_path(NOON)):
        parents = [{"id": drive.store.folder(folder).id}]
        created = "2020-01-01T00:00:00.000Z"
        body = {"title": "holiday.jpg", "mimeType": "image/jpeg", "parents": parents, "createdDate": created}
        drive.store.insert(body, b"a holiday")
    assert _file_away(archive, NOON + DAY) == 0
    _expire(archive, NOON + 100 * DAY)
    assert drive.store.paths() == [f"{FOLDER}/holiday.jpg", f"{_local_path(NOON)}/holiday.jpg"]


def test_old_pictures_are_trashed_with_their_folders(drive: FakeDrive, archive: Drive) -> None:
    moments = [NOON - 400 * DAY, NOON - 40 * DAY, NOON - 2 * DAY]
    for moment in moments:
        _store(archive, moment)
    _file_away(archive, NOON)
    _expire(archive, NOON - 30 * DAY)
    assert drive.store.paths() == [f"{_local_path(moments[2])}/upload_front_door_{int(moments[2])}.jpg"]
    gone = datetime.fromtimestamp(moments[0], UTC).astimezone()
    assert not drive.store.has_folder(f"{FOLDER}/{gone:%Y}")
    assert drive.store.has_folder(_local_path(moments[2]))


def test_on_its_last_day_a_picture_goes_by_the_minute(drive: FakeDrive, archive: Drive) -> None:
    for moment in (NOON, NOON + 120):
        _store(archive, moment)
    _file_away(archive, NOON + DAY)
    _expire(archive, NOON + 60)
    assert [Path(path).name for path in drive.store.paths()] == [f"upload_front_door_{int(NOON) + 120}.jpg"]


def test_starred_pictures_outlive_the_others_with_their_folder(drive: FakeDrive, archive: Drive) -> None:
    for number in range(2):
        _store(archive, NOON + number)
    _file_away(archive, NOON + DAY)
    drive.store.files()[0].starred = True
    _expire(archive, NOON + 50 * DAY)
    assert drive.store.paths() == [f"{_local_path(NOON)}/upload_front_door_{int(NOON)}.jpg"]


def test_after_old_folders_went_new_pictures_find_their_place(drive: FakeDrive, archive: Drive) -> None:
    _store(archive, NOON)
    _file_away(archive, NOON + DAY)
    _expire(archive, NOON + DAY)
    assert drive.store.paths() == []
    _store(archive, NOON + 60)
    _file_away(archive, NOON + DAY)
    assert drive.store.paths() == [f"{_local_path(NOON)}/upload_front_door_{int(NOON) + 60}.jpg"]


def test_more_pictures_than_fit_one_answer_are_all_filed(drive: FakeDrive, archive: Drive) -> None:
    _store(archive, NOON)
    (model,) = drive.store.files()
    body = {"mimeType": "image/jpeg", "parents": [{"id": model.parents[0]}], "properties": model.properties}
    for number in range(1500):
        moment = datetime.fromtimestamp(NOON, UTC) + timedelta(seconds=number)
        drive.store.insert({**body, "title": f"{number}.jpg", "createdDate": f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"}, b"x")
    assert len(list(archive.to_file_away(NOON + DAY))) == 1501


def test_an_answer_without_checksum_and_size_counts_as_wrong(drive: FakeDrive, archive: Drive) -> None:
    def resource(_self: DriveFile, _fields: str | None = None) -> dict[str, object]:
        return {"id": _self.id, "title": _self.title, "createdDate": _self.created}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DriveFile, "resource", resource)
        with pytest.raises(DriveError, match="arrives wrong"):
            archive.upload(ITEM, PICTURE)
    assert drive.store.files() == []
