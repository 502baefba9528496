"""What files are called, and where they are: day by day, and never one in another's place."""

from collections.abc import Iterator, Sequence
import errno
import os
from pathlib import Path
import time

from hypothesis import given, strategies as st
import pytest

from snapshot_processor.ledger import adopt
from snapshot_processor.model import Detection, Origin, Status
from snapshot_processor.store import (
    Names,
    Store,
    day_of,
    marked_path,
    marked_paths,
    path_of,
    rivals,
    slug_of,
    sync_folder,
)

from .kit import NOTHING, PERSON

NOON = 1_772_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "images")
    store.prepare()
    return store


@pytest.fixture
def in_vienna() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Vienna"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.parametrize(
    ("key", "slug"),
    [
        ("Porch Camera", "porch-camera"),
        ("Front Door  (North)/2", "front-door-north-2"),
        ("Haustür Kamera", "haustür-kamera"),
        ("../../etc", "etc"),
        ("...", "camera"),
        ("a_b", "a-b"),
        ("x" * 255, "x" * 100),
        ("ü" * 255, "ü" * 50),
    ],
)
def test_a_camera_has_a_name_for_files(key: str, slug: str) -> None:
    assert slug_of(key) == slug


@given(st.text(max_size=255), st.sampled_from(Origin), st.sampled_from(["jpeg", "png"]), st.integers(1, 2_000))
def test_a_path_is_a_folder_a_day_and_a_name_that_every_disk_takes(
    key: str, operation: Origin, kind: str, number: int
) -> None:
    slug = slug_of(key)
    path = path_of(operation, slug, NOON, kind, number)
    folder, day, name = path.split("/")
    assert (folder, day) == (slug, day_of(NOON))
    assert len(name.encode()) < 160
    assert not set(slug) & set("./_~\0 ")
    found = adopt._FILE.fullmatch(name)
    assert found is not None
    assert (found["operation"], found["slug"], int(found["second"])) == (operation, slug, int(NOON))


@pytest.mark.parametrize(
    ("local", "moment"),
    [
        ("2026-03-29", 1_774_738_800.0),  # 00:00 CET, the day that has 23 hours
        ("2026-03-28", 1_774_738_799.0),
        ("2026-03-29", 1_774_821_599.0),  # 23:59:59 CEST
        ("2026-03-30", 1_774_821_600.0),
        ("2026-10-25", 1_792_879_200.0),  # 00:00 CEST, the day that has 25
        ("2026-10-24", 1_792_879_199.0),
        ("2026-10-25", 1_792_969_199.0),  # 23:59:59 CET
        ("2026-10-26", 1_792_969_200.0),
    ],
)
@pytest.mark.usefixtures("in_vienna")
def test_a_day_begins_at_midnight_of_the_house(local: str, moment: float) -> None:
    assert day_of(moment) == local


def test_what_was_found_is_drawn_beside_the_picture() -> None:
    path = "porch-camera/2026-11-26/upload_porch-camera_1764_2.png"
    assert marked_path(path, PERSON) == "porch-camera/2026-11-26/human_porch-camera_1764_2.jpg"
    assert marked_path(path, NOTHING) == "porch-camera/2026-11-26/detect_porch-camera_1764_2.jpg"
    assert {marked_path(path, PERSON), marked_path(path, NOTHING)} == set(marked_paths(path))
    assert path in rivals(path)


@given(
    st.lists(
        st.tuples(st.sampled_from(Origin), st.sampled_from(["jpeg", "png"]), st.sampled_from([NOON, NOON + 1])),
        max_size=30,
    )
)
def test_no_two_pictures_have_a_file_in_common(given_pictures: list[tuple[Origin, str, float]]) -> None:
    taken: list[str] = []

    def knows(paths: Sequence[str]) -> bool:
        return bool(set(paths) & set(taken))

    names = Names(Store(Path("/nowhere")), knows)
    for operation, kind, moment in given_pictures:
        taken.append(names.choose(operation, "porch", moment, kind))
    files = [file for path in taken for file in (path, *marked_paths(path))]
    assert len(files) == len(set(files))


@pytest.mark.parametrize("name", ["upload_porch_1.jpg", "fetch_porch_1.png", "human_porch_1.jpg", "detect_porch_1.jpg"])
def test_a_file_that_is_there_is_not_taken_for_free(store: Store, name: str) -> None:
    path = path_of("upload", "porch", 1.0, "jpeg")
    store.write(f"{path.rpartition('/')[0]}/{name}", b"x")
    assert Names(store, lambda _paths: False).choose("upload", "porch", 1.0, "jpeg") == path.replace("_1.", "_1_2.")


def test_a_thousand_pictures_of_a_second_are_named_in_a_thousand_steps() -> None:
    asked = 0

    def knows(_paths: Sequence[str]) -> bool:
        nonlocal asked
        asked += 1
        return False

    names = Names(Store(Path("/nowhere")), knows)
    assert len({names.choose("upload", "porch", NOON, "jpeg") for _ in range(1_000)}) == 1_000
    assert asked == 1_000


def test_a_picture_is_deleted_with_what_was_drawn_and_its_empty_folders(store: Store) -> None:
    path, other = path_of("upload", "porch", NOON, "jpeg"), path_of("upload", "porch", NOON + 1, "jpeg")
    for one in (path, other):
        store.write(one, b"clean")
        store.write(marked_path(one, PERSON), b"marked")
    store.delete(path)
    assert sorted(name.name for name in store.path(path).parent.iterdir()) == sorted(
        name.rpartition("/")[2] for name in (other, marked_path(other, PERSON))
    )
    store.delete(other)
    store.delete(other)
    assert not (store.root / "porch").exists()


def test_a_file_that_cannot_be_deleted_is_said_to_be_there(store: Store) -> None:
    path = path_of("upload", "porch", NOON, "jpeg")
    store.path(path).mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        store.delete(path)


def test_what_a_killed_app_had_begun_to_write_is_removed_at_the_next_start(store: Store) -> None:
    (store.root / ".begun" / "detect_porch_1.jpg").write_bytes(b"half")
    store.prepare()
    assert list((store.root / ".begun").iterdir()) == []


def test_on_a_full_disk_nothing_half_is_left(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write("porch/2026-01-01/detect_porch_1.jpg", b"x")
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_the_newest_that_are_broken_are_kept(store: Store) -> None:
    for number in range(8):
        path = store.inbox / f"{number}.jpg"
        path.write_bytes(b"x")
        os.utime(path, (1_000 * number, 1_000 * number))
        store.set_apart(path, keep=3)
    assert sorted(path.name for path in store.broken.iterdir()) == ["5000_5.jpg", "6000_6.jpg", "7000_7.jpg"]
    assert store.drop_broken(0) == 3


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_disk_that_cannot_sync_folders_is_used_all_the_same(
    number: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(os, "fsync", refuse)
    sync_folder(store.root)


def test_a_disk_that_fails_to_sync_is_not(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="broken disk"):
        sync_folder(store.root)


def test_nothing_that_was_not_seen_counts_as_a_person() -> None:
    gated = Detection(status=Status.OFF)
    assert marked_path("a/b/upload_a_1.jpg", gated) == "a/b/detect_a_1.jpg"


def test_a_picture_of_no_camera_is_called_after_who_sent_it(store: Store) -> None:
    ticket = "0123456789abcdef" * 2
    path = store.inbox / f"a.jpg~{ticket}.done"
    path.write_bytes(b"png")
    os.utime(path, (1_000, 1_000))
    store.keep_strange(path, "camera/Garage/../" + "x" * 300, "png")
    (one,) = store.strangers()
    assert one.path.name.startswith("1000_camera-garage-xxx")
    assert one.path.name.endswith(f"_{ticket}.png")
    assert (one.at, one.size, one.path.parent) == (1_000, 3, store.strange)
