"""What Home Assistant may look at."""

from datetime import datetime

import pytest

from .cameras import push, scene, size_of
from .conftest import STREET
from .ears import Ears, Event
from .kit import App


@pytest.fixture
def shown(house: App, ears: Ears) -> Event:
    """A picture in which somebody is, which has just come."""
    push(house, "street", scene("Street", 1))
    return ears.until_events(1, STREET)[0]


def test_a_picture_is_listed_under_its_camera_and_day_and_can_be_looked_at(house: App, shown: Event) -> None:
    number = shown.device["image_id"]
    cameras = {one["key"]: one for one in house.get("/api/cameras").said["cameras"]}
    street = cameras[STREET]
    assert street["newest"] == shown.device["image_timestamp"]
    day = datetime.fromtimestamp(street["newest"]).astimezone().strftime("%Y-%m-%d")
    days = house.get(f"/api/cameras/{street['slug']}/days").said["days"]
    assert days[0] == {"day": day, "images": street["images"]}
    (newest,) = house.get(f"/api/cameras/{street['slug']}/days/{day}?limit=1").said["images"]
    assert (newest["id"], newest["people"], newest["marked"]) == (number, 1, True)
    assert newest["summary"] == "1 person(s)"
    assert house.get(f"/api/images/{number}").content == shown.image
    assert house.get(f"/api/images/{number}/marked").content == shown.annotated
    width, height = size_of(house.get(f"/api/images/{number}/thumbnail").content)
    assert 0 < width < 640
    assert abs(width / height - 640 / 360) < 0.02


@pytest.mark.parametrize("token", ["", "wrong"])
@pytest.mark.parametrize("path", ["/api/cameras", "/api/images/1", "/api/images/1/thumbnail"])
def test_nobody_sees_anything_without_the_token(house: App, path: str, token: str) -> None:
    refused = house.get(path, token=token)
    assert refused.status == 401
    assert house.token.encode() not in refused.content


def test_the_token_and_the_passwords_are_in_no_log(house: App, shown: Event) -> None:
    assert house.get(f"/api/images/{shown.device['image_id']}", token="wrong").status == 401
    assert "has no token, or a wrong one" in house.log
    assert house.token not in house.log
    assert "knows" not in house.log


def test_health_names_every_stage_and_all_are_well(house: App) -> None:
    page = house.health()
    assert (page.status, page.said["status"]) == (200, "ok")
    assert set(page.said["stages"]) >= {"health", "mqtt", "publisher_mqtt", "retain", "look", "accept", "fetch"}
    assert set(page.said["stages"]) >= {"order", "heartbeat", "api", "ftp"}
    assert set(page.said["stages"].values()) == {"ok"}
