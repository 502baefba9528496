"""The ledger as Home Assistant browses it."""

from collections.abc import Iterator

import pytest

from snapshot_processor.catalogue import CameraEntry, DayEntry, Position
from snapshot_processor.ledger.pictures import Seen
from snapshot_processor.ledger.reading import LedgerCatalogue
from snapshot_processor.model import Detection, Gate, Status
from snapshot_processor.store import day_of

from .kit import GARDEN, NOW, PERSON, PORCH, Home

DAY = 86_400.0


@pytest.fixture
def catalogue(home: Home) -> Iterator[LedgerCatalogue]:
    found = LedgerCatalogue(home.place.path, home.store, {PORCH: "Porch", GARDEN: "Garden"})
    yield found
    found.close()


def test_cameras_are_listed_by_their_labels_with_what_they_have(home: Home, catalogue: LedgerCatalogue) -> None:
    for camera, age in ((PORCH, 5), (PORCH, 2 * DAY), (GARDEN, 7), ("Gone Camera", 9)):
        home.kept(camera=camera, age=age)
    assert catalogue.cameras() == [
        CameraEntry(key=GARDEN, label="Garden", slug="garden-camera", images=1, newest=NOW - 7),
        CameraEntry(key="Gone Camera", label="Gone Camera", slug="gone-camera", images=1, newest=NOW - 9),
        CameraEntry(key=PORCH, label="Porch", slug="porch-camera", images=2, newest=NOW - 5),
    ]


def test_a_camera_that_was_renamed_is_listed_once(home: Home, catalogue: LedgerCatalogue) -> None:
    home.kept(age=9)
    home.kept(age=5)
    home.ledger.connection.execute("UPDATE pictures SET camera = 'porch camera' WHERE id = 1")
    (entry,) = catalogue.cameras()
    assert (entry.key, entry.images) == (PORCH, 2)


def test_the_days_of_a_camera_begin_with_the_newest(home: Home, catalogue: LedgerCatalogue) -> None:
    for age in (0, 1, 3 * DAY, 3 * DAY + 1, 3 * DAY + 2):
        home.kept(age=age)
    assert catalogue.days("porch-camera") == [
        DayEntry(day=day_of(NOW), images=2),
        DayEntry(day=day_of(NOW - 3 * DAY), images=3),
    ]
    assert catalogue.days("attic") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_the_images_of_a_day_come_page_by_page_each_once(home: Home, catalogue: LedgerCatalogue, limit: int) -> None:
    for age in (3, 1, 1, 2, 1, 5):
        home.kept(age=age)
    found, before = [], None
    while page := catalogue.images("porch-camera", day_of(NOW), limit=limit, before=before):
        assert len(page) <= limit
        found += [entry.id for entry in page]
        before = Position(page[-1].taken_at, page[-1].id)
    assert found == [5, 3, 2, 4, 1, 6]


def test_an_image_tells_what_was_found_and_why_nobody_looked(home: Home, catalogue: LedgerCatalogue) -> None:
    first, second = home.kept(age=2, seen=False), home.kept(age=1, seen=False)
    home.ledger.pictures.looked_at(
        first,
        Seen(detection=PERSON, summary="1 person(s)", marked="porch-camera/x/human_1.jpg", marked_size=5),
        to_archive=False,
    )
    gated = Detection(status=Status.GATED, reason=Gate.BUDGET)
    home.ledger.pictures.looked_at(second, Seen(detection=gated, summary=None), to_archive=False)
    newer, older = catalogue.images("porch-camera", day_of(NOW), limit=9)
    assert (older.people, older.summary, older.marked, older.reason) == (1, "1 person(s)", True, None)
    assert (newer.people, newer.summary, newer.marked, newer.reason) == (0, None, False, "budget")
    assert newer.name == second.path.rpartition("/")[2]
    assert catalogue.path(first.id, marked=False) == home.store.path(first.path)
    assert catalogue.path(first.id, marked=True) == home.store.path("porch-camera/x/human_1.jpg")
    assert catalogue.path(second.id, marked=True) is None
    assert catalogue.path(99, marked=False) is None


@pytest.mark.parametrize(
    "query",
    [
        "SELECT slug, COUNT(*), MAX(taken_at) FROM pictures GROUP BY slug",
        "SELECT day, COUNT(*) FROM pictures WHERE slug = 'a' GROUP BY day ORDER BY day DESC",
        "SELECT id FROM pictures WHERE slug = 'a' AND day = 'b' AND taken_at < 1 ORDER BY taken_at DESC, id DESC",
        "SELECT id FROM pictures WHERE camera = 'a' AND taken_at < 5 AND looked = 1 ORDER BY taken_at, id LIMIT 9",
        "SELECT MIN(camera) FROM pictures WHERE camera > 'a'",
        "SELECT id FROM pictures WHERE looked = 0 AND arrived IS NULL ORDER BY id LIMIT 1",
        "SELECT id FROM pictures WHERE arrived IS NOT NULL ORDER BY id",
        "SELECT 1 FROM pictures WHERE camera = 'a' AND md5 = 'b' AND taken_at BETWEEN 1 AND 2 AND id < 5 LIMIT 1",
        "SELECT id FROM outbox WHERE broker = 'a' AND id > 5 ORDER BY id LIMIT 1",
        "SELECT command_id FROM commands WHERE ticket = 'a' AND answered_at IS NULL",
    ],
)
def test_what_is_asked_all_the_time_reads_an_index_in_its_order(home: Home, query: str) -> None:
    plan = str(home.ledger.connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall())
    assert "USING" in plan
    assert "INDEX" in plan
    assert "TEMP B-TREE" not in plan
