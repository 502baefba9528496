"""Making room: by age, by size, by the disk; the archived first, and never what nobody has looked at."""

from collections.abc import Callable
import contextlib
import os
from pathlib import Path
import sqlite3
import tempfile
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from snapshot_processor.ledger.pictures import KnownPicture
from snapshot_processor.retain import DAY, RetainStage, Retention, Room
from snapshot_processor.store import Store

from .kit import GARDEN, NOW, PORCH, Home, no_room


def retention(home: Home, *, most: int = 0, reserve: int = 0, keep_days: float = 30) -> Retention:
    room = Room(most=most, reserve=reserve, keep_days=keep_days)
    return Retention(home.settings.cameras, home.store, home.ledger.pictures, room, home.clock)


def all_rounds(rule: Retention) -> int:
    total = 0
    while gone := rule.make_room():
        total += gone
    return total


def left(home: Home) -> list[int]:
    return [known.id for known in home.pictures()]


def test_what_is_older_than_its_camera_keeps_goes_with_its_files(home: Home) -> None:
    home.close()
    cameras: list[dict[str, Any]] = [
        {"label": "camera", "location": "Porch", "keep_days": 2},
        {"label": "camera", "location": "Garden", "keep_days": 0},
    ]
    later = Home(home.folder, cameras=cameras)
    for camera, age in ((PORCH, 1.9), (PORCH, 2.1), (GARDEN, 900), ("Gone Camera", 31), ("Gone Camera", 29)):
        later.kept(camera=camera, age=age * DAY)
    assert all_rounds(retention(later)) == 2
    assert left(later) == [1, 3, 5]
    assert later.files() == {known.path for known in later.pictures()}
    later.close()


def test_the_oldest_go_while_there_is_too_much(home: Home) -> None:
    for age in (5, 9, 1, 7, 3):
        home.kept(age=age, size=1_000)
    assert all_rounds(retention(home, most=3_000)) == 2
    assert left(home) == [1, 3, 5]
    assert home.ledger.pictures.size() == 3_000


def test_what_waits_for_the_archive_goes_last(home: Home) -> None:
    for age, waits in ((9, True), (8, False), (7, True), (6, False)):
        home.kept(age=age, size=1_000, to_archive=waits)
    rule = retention(home, most=3_000)
    all_rounds(rule)
    assert left(home) == [1, 3, 4]
    home.ledger.connection.execute(
        "UPDATE archive SET done_at = 1 WHERE path = (SELECT path FROM pictures WHERE id = 3)"
    )
    all_rounds(retention(home, most=2_000))
    assert left(home) == [1, 4]
    all_rounds(retention(home, most=1_000))
    assert left(home) == [1]
    all_rounds(retention(home, most=1))
    assert left(home) == []


def test_what_nobody_has_looked_at_stays(home: Home) -> None:
    home.kept(age=90 * DAY, seen=False)
    home.kept(age=80 * DAY)
    assert all_rounds(retention(home, most=1)) == 1
    assert left(home) == [1]


def test_what_still_has_to_be_told_does_not_go_for_its_age(home: Home) -> None:
    home.kept(age=40 * DAY, told=False)
    home.kept(age=39 * DAY)
    assert all_rounds(retention(home)) == 1
    assert left(home) == [1]
    with home.outbox("mqtt") as mqtt, home.outbox("amqp") as amqp:
        for outbox in (mqtt, amqp):
            assert all_rounds(retention(home)) == 0
            message = outbox.first()
            assert message is not None
            outbox.done(message)
    assert all_rounds(retention(home)) == 1


def test_what_goes_for_the_room_is_told_all_the_same_but_for_its_picture(home: Home) -> None:
    for age in (3, 2, 1):
        home.kept(age=age, told=False)
    before = home.told()
    assert all_rounds(retention(home, most=1_000)) == 2
    after = home.told()
    assert after == home.told("amqp")
    assert [said["message_id"] for said in after] == [said["message_id"] for said in before]
    assert ["image" in said["inputs"][0] for said in before] == [True, True, True]
    assert ["image" in said["inputs"][0] for said in after] == [False, False, True]
    without = [{**said, "inputs": [{**said["inputs"][0], "image": None}]} for said in (*before, *after)]
    assert without[:3] == without[3:]


def test_a_picture_goes_from_the_ledger_and_its_event_changes_at_once_or_not_at_all(home: Home) -> None:
    known = home.kept(told=False)
    with no_room(home), pytest.raises(sqlite3.Error, match="full"):
        home.ledger.pictures.forget([known], lambda _number: {"number": 1})
    assert left(home) == [known.id]
    assert [said["inputs"][0]["image_id"] for said in home.told()] == [known.id]


def test_pictures_of_no_camera_go_first_and_for_their_age(home: Home) -> None:
    home.kept(age=40 * DAY + 1, size=1_000)
    for number, age in enumerate((40 * DAY, 9.0, 8.0)):
        path = home.store.strange / f"{number}.jpg"
        path.write_bytes(bytes(500))
        os.utime(path, (NOW - age, NOW - age))
    rule = retention(home, most=2_100)
    assert [rule.make_room(by_age=False), rule.make_room(by_age=False)] == [1, 0]
    assert [one.path.name for one in home.store.strangers()] == ["1.jpg", "2.jpg"]
    home.now += 31 * DAY
    assert rule.make_room() == 2
    assert home.store.strangers() == []
    assert left(home) == [1]


def test_with_a_clock_that_was_just_set_nothing_goes_for_its_age(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.kept(age=40 * DAY)
    room = Room(most=0, reserve=0, keep_days=30)
    stage = RetainStage(home.settings.cameras, home.store, home.place, room)
    assert stage._round(home.ledger) == 0
    monkeypatch.setattr("snapshot_processor.steady.STEADY_FOR", 0)
    assert stage._round(home.ledger) == 1
    stage.release()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[Home, int], None]:
    """Give a home a disk of so many bytes."""

    def make(home: Home, size: int) -> None:
        def free(store: Store) -> int:
            used = sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file())
            return size - used

        assert home.store.root.exists()
        monkeypatch.setattr(Store, "free", free)

    return make


def test_the_reserve_of_the_disk_is_made_free(home: Home, disk: Callable[[Home, int], None]) -> None:
    for age in (5, 4, 3, 2, 1):
        home.kept(age=age, size=1_000)
    disk(home, 6_000)
    rule = retention(home, reserve=3_000)
    assert rule.full()
    assert all_rounds(rule) == 2
    assert left(home) == [3, 4, 5]
    assert not rule.full()


def test_what_is_broken_goes_first_when_the_disk_is_full(home: Home, disk: Callable[[Home, int], None]) -> None:
    home.kept(size=1_000)
    (home.store.broken / "x.jpg").write_bytes(bytes(1_000))
    disk(home, 2_500)
    rule = retention(home, reserve=1_000)
    assert all_rounds(rule) == 1
    assert left(home) == [1]
    assert list(home.store.broken.iterdir()) == []


def test_files_that_cannot_be_deleted_stay_in_the_ledger_and_keep_no_others(home: Home) -> None:
    stuck, other = home.kept(age=9), home.kept(age=5)
    home.store.path(stuck.path).unlink()
    home.store.path(stuck.path).mkdir()
    rule = retention(home, most=1)
    assert rule.make_room() == 1
    assert left(home) == [stuck.id]
    assert not home.store.path(other.path).exists()
    with pytest.raises(OSError, match="directory"):
        rule.make_room()


def test_files_that_are_gone_already_are_forgotten(home: Home) -> None:
    known = home.kept(age=40 * DAY)
    home.store.path(known.path).unlink()
    assert all_rounds(retention(home)) == 1
    assert left(home) == []


def test_it_goes_on_when_the_ledger_takes_nothing_and_says_what_to_do(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.kept(age=40 * DAY)
    home.now = NOW
    room = Room(most=1, reserve=0, keep_days=30)
    stage = RetainStage(home.settings.cameras, home.store, home.place, room)
    with no_room(home):
        for _ in range(2):
            assert stage._round(home.ledger) == 0
        assert not stage.health().ok
        assert "check the disk" in (stage.health().detail or "")
    assert caplog.text.count("check the disk") == 1
    assert stage._round(home.ledger) == 1
    assert stage.health().ok
    stage.release()


def test_a_disk_that_others_have_filled_is_said(home: Home) -> None:
    stage = RetainStage(home.settings.cameras, home.store, home.place, Room(most=0, reserve=10**18, keep_days=30))
    home.kept()
    assert stage._round(home.ledger) == 1
    assert stage._round(home.ledger) == 0
    assert "delete something else" in (stage.health().detail or "")
    stage.release()


AGE, SIZE = st.integers(0, 60), st.integers(1, 900)


@settings(max_examples=15, deadline=None)
@given(
    pictures=st.lists(
        st.tuples(AGE, SIZE, st.booleans(), st.booleans(), st.sampled_from([PORCH, GARDEN])), max_size=12
    ),
    most=st.integers(0, 4_000),
    keep_days=st.sampled_from([0.0, 20.0]),
)
def test_only_what_must_go_goes(pictures: list[tuple[int, int, bool, bool, str]], most: int, keep_days: float) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Home(Path(folder), keep_days=keep_days)) as home:
        for days, size, seen, waits, camera in pictures:
            home.kept(camera=camera, age=days * DAY, size=size, seen=seen, to_archive=waits)
        before = home.pictures()
        all_rounds(retention(home, most=most, keep_days=keep_days))
        check_what_went(home, before, most=most, oldest=NOW - keep_days * DAY if keep_days else 0.0)


def check_what_went(home: Home, before: list[KnownPicture], *, most: int, oldest: float) -> None:
    waiting = {path for (path,) in home.ledger.connection.execute("SELECT path FROM archive")}
    kept = {known.id: known for known in home.pictures()}
    could_go = [known for known in kept.values() if known.detection is not None]
    young = [known for known in before if known.id not in kept and known.taken_at >= oldest]
    size = sum(known.size for known in kept.values())
    assert home.files() == {known.path for known in kept.values()}
    assert all(known.id in kept or known.detection is not None for known in before)
    assert all(known.taken_at >= oldest for known in could_go)
    assert not most or size <= most or not could_go
    for known in young:
        # It went for its size alone: with the last of them there would have been too much, and older ones went before.
        assert most
        assert size + max(one.size for one in young) > most
        rivals = [one for one in could_go if (one.path in waiting) <= (known.path in waiting)]
        assert all(one.taken_at >= known.taken_at and one.path in waiting for one in rivals) or (
            known.path not in waiting and all(one.taken_at >= known.taken_at for one in rivals)
        )
