"""Looking at pictures: one after the other, each told once, whatever the detectors do."""

import sqlite3
from typing import Any

import pytest

from snapshot_processor.accept import FETCHED
from snapshot_processor.images import Picture
from snapshot_processor.look import BACKLOG, LATE, SENT_AGAIN
from snapshot_processor.model import Detection, Gate, Status
from snapshot_processor.store import Store

from .kit import BROKERS, GARDEN, NOTHING, NOW, PERSON, PORCH, Home, jpeg_of, no_room


def test_pictures_are_looked_at_in_the_order_in_which_they_came(home: Home) -> None:
    for number in range(3):
        home.upload(jpeg_of(number), ago=3 - number)
        home.upload(jpeg_of(number), "", account="garden", ago=2.5 - number)
    home.sweep()
    assert home.look() == 6
    assert [key for key, _ in home.looker.asked] == [PORCH, GARDEN] * 3
    assert [device["device_key"] for device in home.events()] == [PORCH, GARDEN] * 3


def test_every_broker_is_told_the_same_under_the_same_id(home: Home) -> None:
    home.upload(jpeg_of(1))
    home.sweep()
    home.look()
    (known,) = home.pictures()
    ids = {said["message_id"] for broker in BROKERS for said in home.told(broker)}
    assert ids == {known.message_id}


def test_what_was_found_is_drawn_in_beside_it(home: Home) -> None:
    home.upload(jpeg_of(1))
    home.sweep()
    home.look()
    (known,) = home.pictures()
    assert known.marked == known.path.replace("/upload_", "/human_")
    assert known.summary == "1 person(s)"
    content = home.store.path(known.marked).read_bytes()
    assert (len(content), content[:3]) == (known.marked_size, b"\xff\xd8\xff")
    (device,) = home.events()
    assert (device["image"], device["image_annotated"]) == (jpeg_of(1), content)


def test_nothing_found_is_nothing_drawn(home: Home) -> None:
    home.looker.answer = lambda _picture: NOTHING
    home.upload(jpeg_of(1))
    home.sweep()
    home.look()
    (known,) = home.pictures()
    assert (known.marked, known.summary, known.detection) == (None, None, NOTHING)


def reasons(home: Home) -> list[tuple[str, str | None]]:
    return [(str(one.detection.status), one.detection.reason) for one in home.pictures() if one.detection]


@pytest.mark.parametrize(
    ("apart", "again"),
    [(1.0, True), (SENT_AGAIN - 1, True), (SENT_AGAIN + 1, False), (-5.0, True)],
)
def test_the_same_bytes_of_a_camera_are_the_same_picture_for_ten_minutes(home: Home, apart: float, again: bool) -> None:
    for moment in (0.0, apart):
        home.now = NOW + moment
        home.upload(jpeg_of(1), ago=0)
        home.sweep()
        home.look()
    second = ("gated", "sent_again") if again else ("done", None)
    assert reasons(home) == [("done", None), second]
    assert [device["state"] for device in home.events()] == ["triggered", "OK" if again else "triggered"]
    assert [device["event_detail"] for device in home.events()][1:] == [
        "the same picture again" if again else "1 person(s)"
    ]


def test_the_same_bytes_of_two_cameras_are_two_pictures(home: Home) -> None:
    home.upload(jpeg_of(1))
    home.upload(jpeg_of(1), "", account="garden")
    home.sweep()
    home.look()
    assert reasons(home) == [("done", None)] * 2


@pytest.mark.parametrize(
    ("age", "others", "busy"),
    [
        (LATE - 1, BACKLOG, False),
        (LATE + 1, BACKLOG, True),
        (LATE + 1, BACKLOG - 1, False),
        # After the app was away: late, and yet nothing is gained by not looking.
        (86_400.0, 0, False),
    ],
)
def test_what_is_late_goes_out_unlooked_while_others_wait_behind_it(
    home: Home, age: float, others: int, busy: bool
) -> None:
    home.upload(jpeg_of(1), ago=age)
    for number in range(others):
        home.upload(jpeg_of(2 + number))
    home.sweep()
    home.look()
    first = reasons(home)[0]
    assert first == (("gated", "busy") if busy else ("done", None))
    assert home.events()[0]["state"] == "triggered"


def test_what_somebody_asked_for_is_looked_at_however_many_wait_behind_it(home: Home) -> None:
    home.upload(jpeg_of(1), "porch-camera", account=FETCHED, ago=LATE + 1)
    for number in range(BACKLOG):
        home.upload(jpeg_of(20 + 20 * number))
    home.sweep()
    home.look()
    assert reasons(home) == [("done", None)] * (BACKLOG + 1)
    assert home.looker.asked[0] == (PORCH, True)


def test_a_detector_that_breaks_down_holds_no_picture_back(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_picture: Picture) -> Detection:
        raise ZeroDivisionError

    home.looker.answer = broken
    home.upload(jpeg_of(1))
    home.sweep()
    assert home.look() == 1
    assert reasons(home) == [("failed", "The detector failed: ZeroDivisionError, see the log")]
    assert home.events()[0]["image"] == jpeg_of(1)
    assert "ZeroDivisionError" in caplog.text


def test_a_picture_that_has_gone_from_the_disk_is_told_without_it(home: Home) -> None:
    home.upload(jpeg_of(1))
    home.sweep()
    (known,) = home.pictures()
    home.store.path(known.path).unlink()
    home.look()
    (device,) = home.events()
    assert device["detection"]["status"] == "failed"
    assert "image" not in device


@pytest.mark.parametrize("options", [{"detectors": "off"}, {"cameras": []}])
def test_where_nobody_is_to_look_nobody_is_asked(home: Home, options: dict[str, Any]) -> None:
    home.upload(jpeg_of(1))
    home.sweep()
    home.close()
    later = Home(home.folder, **options)
    assert later.look() == 1
    assert reasons(later) == [("off", None)]
    (device,) = later.events()
    assert (device["device_key"], device["type"], device["state"]) == (PORCH, "camera", "triggered")
    later.close()


def test_what_cannot_be_drawn_in_is_told_all_the_same(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_store: Store, _path: str, _content: bytes) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Store, "write", full)
    home.upload(jpeg_of(1))
    home.sweep()
    home.look()
    (known,) = home.pictures()
    assert (known.detection, known.marked) == (PERSON, None)
    assert home.events()[0]["event_detail"] == "1 person(s)"
    assert "cannot be drawn in" in caplog.text


def test_what_cannot_be_noted_is_not_looked_at_again(home: Home) -> None:
    home.upload(jpeg_of(1))
    home.sweep()
    looking = home.looking
    with no_room(home):
        for _ in range(3):
            with pytest.raises(sqlite3.Error, match="full"):
                looking.next()
    home.now += LATE + 60
    assert looking.next()
    assert not looking.next()
    assert len(home.looker.asked) == 1
    assert reasons(home) == [("done", None)]
    assert len(home.events()) == 1


def test_what_is_not_in_its_place_yet_is_not_looked_at(home: Home) -> None:
    home.kept(seen=False)
    (known,) = home.pictures()
    home.ledger.connection.execute("UPDATE pictures SET arrived = '.inbox/x'")
    assert home.look() == 0
    home.ledger.settle(known)
    assert home.look() == 1


@pytest.mark.parametrize(
    ("wanted", "drive", "queued"),
    [(True, True, 2), (False, True, 0), (True, False, 0)],
)
def test_a_picture_and_what_was_found_wait_for_the_archive_where_there_is_one(
    home: Home, wanted: bool, drive: bool, queued: int
) -> None:
    home.close()
    options: dict[str, Any] = {"drive_client_id": "a", "drive_client_secret": "secret"} if drive else {}
    cameras = [{"label": "camera", "location": "Porch", "archive": wanted}]
    later = Home(home.folder, cameras=cameras, **options)
    later.upload(jpeg_of(1))
    later.sweep()
    later.look()
    rows = later.ledger.connection.execute("SELECT path, size, md5 FROM archive ORDER BY id").fetchall()
    assert len(rows) == queued
    if queued:
        (known,) = later.pictures()
        assert [path for path, _, _ in rows] == [known.path, known.marked]
        assert rows[0][1:] == (known.size, known.md5)
        assert rows[1][1] == known.marked_size
    later.close()


def test_what_somebody_asked_for_is_looked_at_even_if_it_was_seen_before(home: Home) -> None:
    home.upload(jpeg_of(1))
    home.upload(jpeg_of(1), "porch-camera", account=FETCHED, ago=0.5)
    home.sweep()
    home.look()
    assert home.looker.asked == [(PORCH, False), (PORCH, True)]
    assert reasons(home) == [("done", None)] * 2


@pytest.mark.parametrize(
    ("triggered_by", "told"), [("image", ("triggered", None)), ("detection", ("OK", "nothing moved"))]
)
def test_the_gate_of_the_looker_is_told_and_decides_only_where_looking_does(
    home: Home, triggered_by: str, told: tuple[str, str | None]
) -> None:
    home.close()
    cameras = [{"label": "camera", "location": "Porch", "triggered_by": triggered_by}]
    later = Home(home.folder, cameras=cameras)
    later.looker.answer = lambda _picture: Detection(status=Status.GATED, reason=Gate.MOTION)
    later.upload(jpeg_of(1))
    later.sweep()
    later.look()
    (device,) = later.events()
    assert (device["state"], device["event_detail"]) == told
    assert device["detection"]["reason"] == "motion"
    later.close()
