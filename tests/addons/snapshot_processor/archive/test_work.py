from pathlib import Path
import sqlite3

import pytest

from devkit.fake_drive_store import Fault
from snapshot_processor.archive.queue import Waiting

from .kit import DAY, FOLDER, NOON, Home

PAUSES_OF_A_DAY = 8 + 24


def _sent(home: Home) -> list[str]:
    return [file.title for file in home.drive.store.files()]


def test_what_waits_is_sent_in_the_order_in_which_it_was_taken(home: Home) -> None:
    names = [home.take(NOON + number).name for number in (3, 1, 2)]
    home.run()
    assert _sent(home) == [names[1], names[2], names[0]]
    assert home.queue.waiting() == Waiting(count=0, size=0, oldest=None)
    assert home.work.health.ok


def test_how_much_waits_is_known(home: Home) -> None:
    home.drive.away = True
    items = [home.take(NOON + number) for number in range(3)]
    home.run(60)
    assert home.work.waiting == Waiting(count=3, size=sum(item.size for item in items), oldest=NOON)
    home.drive.away = False
    home.run(3600)
    assert home.work.waiting.count == 0


@pytest.mark.parametrize(
    "fault", [Fault.UNAVAILABLE, Fault.CUT, Fault.GARBAGE, Fault.LOST_ANSWER, Fault.RATE_LIMIT, Fault.FULL]
)
@pytest.mark.parametrize("on", ["GET /drive", "POST /upload", "PUT /upload"])
def test_whatever_fails_once_is_made_up_for(
    home: Home, caplog: pytest.LogCaptureFixture, fault: Fault, on: str
) -> None:
    home.drive.fail(fault, on=on)
    names = [home.take(NOON + number).name for number in range(3)]
    home.run(600)
    assert _sent(home) == names
    assert home.work.health.ok
    assert "works again" in caplog.text


def test_the_first_pause_is_half_a_minute_and_then_doubles(home: Home) -> None:
    home.run()
    home.take()
    home.drive.fail(Fault.UNAVAILABLE, 4, on="GET /drive")
    assert [home.step() for _ in range(4)] == [30, 60, 120, 240]
    home.step()
    assert len(_sent(home)) == 1
    home.drive.fail(Fault.UNAVAILABLE, 1, on="GET /drive")
    home.take(NOON + 9)
    assert home.step() == 30


def test_a_day_away_loses_nothing_keeps_the_order_and_asks_seldom(home: Home) -> None:
    home.run()
    home.drive.away = True
    before = len(home.drive.requests)
    names = []
    for _ in range(24 * 12):
        names.append(home.take().name)
        home.run(300)
    assert PAUSES_OF_A_DAY / 2 < len(home.drive.requests) - before <= 3 * PAUSES_OF_A_DAY
    assert home.work.health.detail is not None
    assert "cannot be reached" in home.work.health.detail
    home.drive.away = False
    home.run(3700)
    assert _sent(home) == names
    assert home.work.health.ok


def test_an_outage_is_told_once_and_so_is_its_end(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.drive.away = True
    home.take()
    home.run(DAY)
    home.drive.away = False
    home.run(3700)
    told = [record.getMessage() for record in caplog.records if record.name.endswith("archive.work")]
    assert sum("cannot be reached" in line for line in told) == 1
    assert sum("works again" in line for line in told) == 1


def test_a_full_queue_is_sent_after_a_restart(home: Home) -> None:
    home.drive.away = True
    names = [home.take(NOON + number).name for number in range(40)]
    home.run(60)
    home.restart()
    home.drive.away = False
    home.run(60)
    assert _sent(home) == names


def test_a_picture_whose_file_is_gone_is_given_up(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    gone = home.take()
    kept = home.take(NOON + 1)
    (home.images / gone.path).unlink()
    home.run()
    assert _sent(home) == [kept.name]
    assert home.queue.waiting().count == 0
    assert f"{gone.path} is not archived: its file is gone" in caplog.text


def test_a_picture_that_is_not_what_was_queued_is_given_up(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    item = home.take()
    (home.images / item.path).write_bytes(b"x" * item.size)
    home.run()
    assert _sent(home) == []
    assert home.queue.waiting().count == 0
    assert "its file has changed" in caplog.text


def test_a_file_that_cannot_be_read_waits_alone(home: Home) -> None:
    item = home.take()
    path = home.images / item.path
    content = path.read_bytes()
    path.unlink()
    path.mkdir()
    other = home.take(NOON + 1)
    home.run()
    assert _sent(home) == [other.name]
    path.rmdir()
    path.write_bytes(content)
    home.run(120)
    assert _sent(home) == [other.name, item.name]


def test_others_go_first_while_one_picture_fails_again_and_again(home: Home) -> None:
    home.run()
    stubborn = home.take()
    names = [home.take(home.now + 1 + number).name for number in range(3)]
    home.drive.store.spoiled.add(stubborn.name)
    home.run(30 + 60 + 120 + 240)
    assert _sent(home) == []
    home.run(1)
    assert _sent(home) == names
    assert home.work.health.ok
    home.drive.store.spoiled.clear()
    home.run(3600)
    assert _sent(home) == [*names, stubborn.name]
    assert home.queue.waiting().count == 0


def test_pictures_that_drive_never_takes_are_not_sent_hot(home: Home) -> None:
    for number in range(5):
        home.take(NOON + number)
    home.drive.fail(Fault.UNAVAILABLE, 10_000, on="PUT /upload")
    home.run(DAY)
    assert home.drive.asked("PUT /upload") < 5 * PAUSES_OF_A_DAY
    assert home.queue.waiting().count == 5


def test_pictures_are_filed_and_expire_by_themselves(home: Home) -> None:
    home.take()
    home.run()
    assert home.drive.store.paths() == [f"{FOLDER}/upload_front_door_{int(NOON)}.jpg"]
    home.run(DAY + 3600)
    assert home.drive.store.paths() == [f"{FOLDER}/2026/11/26/upload_front_door_{int(NOON)}.jpg"]


def test_old_pictures_are_trashed_when_the_settings_say_so(home: Home) -> None:
    home.changes = {"keep_days": 10}
    home.restart()
    home.take(NOON - 9.5 * DAY)
    starred = home.take(NOON - 9.5 * DAY + 60)
    home.run(2 * 3600)
    assert len([path for path in home.drive.store.paths() if "/11/" in path]) == 2
    home.drive.store.files()[1].starred = True
    home.run(9 * 3600)
    assert len(_sent(home)) == 2
    home.run(3 * 3600)
    assert _sent(home) == [starred.name]


def test_without_a_limit_nothing_is_trashed(home: Home) -> None:
    home.take(NOON - 4000 * DAY)
    home.run(4 * 3600)
    assert len(_sent(home)) == 1
    assert home.drive.store.trashed() == []


def test_tidying_comes_about_once_an_hour_also_when_there_is_much_to_send(home: Home) -> None:
    for number in range(30):
        home.take(NOON - 2 * DAY + number)
    home.run(3599)
    assert len(_sent(home)) == 30
    assert home.drive.asked("PATCH") == 0
    home.take()
    home.run(62)
    assert home.drive.asked("PATCH") == 30


def test_one_picture_that_may_not_be_moved_does_not_keep_the_others(home: Home) -> None:
    home.run()
    for number in range(3):
        home.take(NOON - 2 * DAY + number)
    home.drive.fail(Fault.FORBIDDEN, on="PATCH")
    home.run(3700)
    assert len([path for path in home.drive.store.paths() if "/11/24/" in path]) == 2
    assert home.work.health.ok


def test_the_ledger_stays_small(home: Home) -> None:
    for number in range(10):
        home.take(NOON + number)
    home.run()
    home.run(DAY + 3700)
    assert home.connection.execute("SELECT COUNT(*) FROM archive").fetchone() == (0,)


def test_a_ledger_that_takes_nothing_stops_nobody(home: Home, tmp_path: Path) -> None:
    item = home.take()
    other = sqlite3.connect(tmp_path / "ledger.db", autocommit=True)
    home.connection.execute("PRAGMA busy_timeout = 0")
    other.execute("BEGIN IMMEDIATE")
    home.run(60)
    assert "make room" in (home.work.health.detail or "")
    other.execute("ROLLBACK")
    other.close()
    home.run(600)
    assert home.work.health.ok
    assert home.queue.waiting().count == 0
    assert _sent(home) == [item.name]


def test_a_clock_that_jumps_back_stops_nothing(home: Home) -> None:
    home.run()
    home.drive.fail(Fault.UNAVAILABLE, 1, on="GET /drive")
    home.take()
    assert home.step() == 30
    home.now -= 10 * DAY
    home.run()
    assert len(_sent(home)) == 1


@pytest.mark.parametrize(
    "garbage", [b"", b"null", b"[]", b"{}", b'"text"', b'{"items": [{}]}', b'{"error": "no"}', b"\xff"]
)
def test_an_answer_of_any_shape_is_only_a_pause(home: Home, garbage: bytes) -> None:
    item = home.take()
    home.drive.garbage = garbage
    for on in ("GET /drive", "POST /drive", "POST /upload", "PUT /upload"):
        home.drive.fail(Fault.GARBAGE, on=on)
    home.run(1200)
    assert _sent(home) == [item.name]
    assert home.work.health.ok


def test_without_pictures_the_end_of_an_outage_is_found_too(home: Home) -> None:
    home.drive.away = True
    home.run(60)
    assert not home.work.health.ok
    home.drive.away = False
    home.run(121)
    assert home.work.health.ok
