"""Which cameras, days and pictures there are."""

from dataclasses import asdict
import sqlite3
from urllib.parse import quote

import pytest

from .kit import DAY, FIRST, LONG, LONG_DAY, PORCH, Home, entry

DAYS = f"/api/cameras/{PORCH}/days"


def test_the_cameras_are_listed_also_one_without_pictures(home: Home) -> None:
    reply = home.get("/api/cameras")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert reply.said == {
        "cameras": [
            {"key": "Attic Camera", "label": "Attic", "slug": "attic", "images": 0, "newest": None},
            {"key": "Porch Camera", "label": "Porch", "slug": PORCH, "images": LONG + 3, "newest": FIRST + 3},
        ]
    }


def test_the_days_of_a_camera_are_listed(home: Home) -> None:
    assert home.get(DAYS).said == {"days": [{"day": DAY, "images": 3}, {"day": LONG_DAY, "images": LONG}]}


def test_the_pictures_of_a_day_are_listed_with_what_was_found(home: Home) -> None:
    reply = home.get(f"{DAYS}/{DAY}")
    assert [image["id"] for image in reply.said["images"]] == [3, 2, 1]
    assert reply.said["images"][1] == asdict(
        entry(2, people=2, summary="2 person(s) and 7 things", marked=True, reason=None)
    )
    assert reply.said["next"] is None
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_long_day_is_read_page_by_page(home: Home) -> None:
    seen: list[int] = []
    query, pages = "limit=1000", 0
    while query:
        said = home.get(f"{DAYS}/{LONG_DAY}?{query}").said
        seen += [image["id"] for image in said["images"]]
        query = said["next"] and f"limit=1000&before={said['next']}"
        pages += 1
    assert seen == list(range(LONG + 9, 9, -1))
    assert pages == 10
    assert home.catalogue.asked == [(PORCH, LONG_DAY)] * 10


def test_a_page_is_500_pictures_unless_asked_otherwise(home: Home) -> None:
    said = home.get(f"{DAYS}/{LONG_DAY}").said
    assert len(said["images"]) == 500
    assert said["next"] == f"{FIRST + LONG + 9 - 499}_{LONG + 9 - 499}"


def test_a_page_that_is_just_full_is_the_last(home: Home) -> None:
    assert home.get(f"{DAYS}/{DAY}?limit=3").said["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=٣",
        "before=",
        "before=17",
        "before=x_1",
        "before=nan_1",
        "before=inf_1",
        "before=1_x",
        "before=1_-1",
    ],
)
def test_a_query_that_makes_no_sense_is_refused_with_a_sentence(home: Home, query: str) -> None:
    reply = home.get(f"{DAYS}/{DAY}?{quote(query, safe='=')}")
    assert reply.status == 400
    assert "must be" in reply.said["error"]
    assert home.catalogue.asked == []


def test_a_camera_or_day_that_is_not_there_has_nothing(home: Home) -> None:
    assert home.get("/api/cameras/cellar/days").said == {"days": []}
    assert home.get(f"{DAYS}/1999-01-01").said == {"images": [], "next": None}


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), OSError(5, "Input/output error")])
def test_a_ledger_that_cannot_be_read_is_told_until_it_can(home: Home, error: Exception) -> None:
    assert home.get("/api/cameras").status == 200
    home.catalogue.error = error
    for path in ("/api/cameras", DAYS, f"{DAYS}/{DAY}", "/api/images/1"):
        reply = home.get(path)
        assert reply.status == 503
        assert reply.said == {"error": "The list of pictures cannot be read: look at the app's log"}
    home.catalogue.error = None
    assert home.get("/api/cameras").status == 200
    assert home.catalogue.opened == 2


def test_a_fault_of_the_program_is_told_and_ends_nothing(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.catalogue.error = ZeroDivisionError()
    reply = home.get("/api/cameras")
    assert (reply.status, reply.said) == (500, {"error": "The app failed: look at its log"})
    assert "ZeroDivisionError" in caplog.text
    home.catalogue.error = None
    assert home.get("/api/cameras").status == 200
