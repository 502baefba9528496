"""What a camera's options make of it, and which cameras cannot be beside each other."""

from typing import Any

import pytest

from hub_relay.links import Login
from snapshot_processor.camera_options import Camera, TriggeredBy
from snapshot_processor.fetch.source import HttpSource, OnvifSource
from snapshot_processor.settings import read_settings

from .test_settings import CAMERA, STATE, problems, settings


def camera(**options: Any) -> Camera:
    """Return the one camera that has these options."""
    (found,) = settings(cameras=[{**CAMERA, **options}]).cameras
    return found


def test_a_camera_is_known_by_its_place_and_label() -> None:
    one = camera(label="front camera", location="ground floor", group="Outside")
    assert one.description.wire() == {
        "device_key": "Ground Floor Front Camera",
        "device_label": "front camera",
        "type": "camera",
        "location": "ground floor",
        "group_name": "Outside",
    }
    assert (one.slug, one.folder) == ("ground-floor-front-camera", "groundfloor")
    assert camera(location="").key == "Home Camera"


def test_a_camera_has_the_defaults_of_all_until_it_says_otherwise() -> None:
    one = camera()
    assert (one.look.detectors, one.look.confirm, one.look.confidence, one.look.least) == (("hog",), False, 50, {})
    assert (one.triggered_by, one.keep_days, one.archive) == (TriggeredBy.IMAGE, 30, False)
    both = settings(
        detectors="off",
        confirm=True,
        keep_days=7,
        cameras=[CAMERA, {"label": "b", "detectors": "hog", "folder": "b"}],
        ftp_password="x",
    )
    assert [one.look.detectors for one in both.cameras] == [(), ("hog",)]
    assert [(one.look.confirm, one.keep_days) for one in both.cameras] == [(True, 7), (True, 7)]


def test_what_counts_in_a_picture_is_read_in_percent() -> None:
    look = camera(
        labels="Person:60, car , dog : 42.5",
        confidence=35,
        min_area=2.5,
        motion=1,
        cool_down=0,
        zones="0,0 100,0 100,50",
        masks="0,0 50,0 50,10 0,10; 90,90 100,90 100,100",
        triggered_by="detection",
    ).look
    assert look.least == {"person": 60, "car": 35, "dog": 42.5}
    assert (look.confidence, look.least_area, look.motion, look.cool_down) == (35, 0.025, 0.01, 0)
    assert look.zones == (((0, 0), (1, 0), (1, 0.5)),)
    assert len(look.masks) == 2


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({}, None),
        ({"snapshot_url": "http://a/b.jpg"}, HttpSource(url="http://a/b.jpg")),
        (
            {"snapshot_url": "https://a/b?u={username}", "username": "me", "password": "x", "verify_certificate": True},
            HttpSource(url="https://a/b?u={username}", login=Login(username="me", password="x"), verify=True),
        ),
        ({"onvif_url": "http://a/onvif"}, OnvifSource(url="http://a/onvif")),
    ],
)
def test_a_picture_is_fetched_where_the_camera_gives_it(options: dict[str, Any], source: object) -> None:
    assert camera(**options).source == source


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"label": "x" * 300}, "cameras[0].label must be a text"),
        ({"label": "x" * 250, "location": "y" * 20}, "cameras[0].label and location must not be longer"),
        ({"ftp_username": "../porch"}, "cameras[0].ftp_username must be 1 to 64 letters"),
        ({"ftp_password": ""}, "cameras[0].ftp_password must not be empty"),
        ({"folder": "../up"}, "cameras[0].folder must be a folder such as porch"),
        ({"folder": "a/b/c/d/e/f"}, "cameras[0].folder must be a folder such as porch"),
        ({"watch_folder": "media/x"}, "cameras[0].watch_folder must be a whole path"),
        ({"mqtt_topic": "porch/+/jpeg"}, "cameras[0].mqtt_topic must name one topic"),
        ({"snapshot_url": "porch/x.jpg"}, "cameras[0].snapshot_url must begin with http://"),
        ({"snapshot_url": "http://me:you@porch/"}, "cameras[0].snapshot_url must not hold the login"),
        ({"snapshot_url": "http://p/{password}"}, "cameras[0].snapshot_url must not name {username}"),
        ({"onvif_url": "http://a/{username}", "username": "me"}, "cameras[0].onvif_url must have no {}"),
        ({"snapshot_url": "http://a/", "onvif_url": "http://a/"}, "cameras[0].onvif_url must not be given together"),
        ({"authentication": "magic"}, "cameras[0].authentication must be one of"),
        ({"triggered_by": "luck"}, "cameras[0].triggered_by must be one of image, detection"),
        ({"detectors": "hog,eyes"}, "cameras[0].detectors must be off, or some of hog, onnx, rekognition, is 'eyes'"),
        ({"labels": "person:high"}, "cameras[0].labels must be labels such as person:60,car, is 'person:high'"),
        ({"labels": "person:101"}, "cameras[0].labels must be labels"),
        ({"confidence": 101, "labels": "a,b,c"}, "cameras[0].confidence must be 0 to 100"),
        ({"zones": "1,2 3,4"}, "cameras[0].zones cannot be used"),
        ({"masks": "x"}, "cameras[0].masks cannot be used"),
        ({"motion": -1}, "cameras[0].motion must be"),
        ({"cool_down": "5"}, "cameras[0].cool_down must be"),
        ({"keep_days": 4_000}, "cameras[0].keep_days must be"),
        ({"archive": "yes"}, "cameras[0].archive must be true or false"),
        ({"colour": "red"}, "cameras[0].colour is no option of this app"),
    ],
)
def test_a_camera_that_cannot_be_used_is_left_out_and_named(options: dict[str, Any], said: str) -> None:
    good = {"label": "other", "location": "Garden", "ftp_username": "garden", "ftp_password": "x"}
    found, reported = read_settings({"cameras": [{**CAMERA, **options}, good]}, STATE)
    (problem,) = reported
    assert str(problem).startswith(said)
    assert [one.key for one in found.cameras] == ["Garden Other"]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({}, {}, "the name 'Porch Camera'"),
        ({"label": "north-cam"}, {"label": "north cam"}, "the name of files 'porch-north-cam'"),
        ({"label": "a"}, {"label": "b"}, "the account 'porch'"),
        ({"folder": "in"}, {"label": "b", "ftp_username": "b", "folder": "IN"}, "the folder 'in'"),
        ({"watch_folder": "/m"}, {"label": "b", "ftp_username": "b", "watch_folder": "/m"}, "the folder '/m'"),
        ({"mqtt_topic": "a/b"}, {"label": "b", "ftp_username": "b", "mqtt_topic": "a/b"}, "the topic 'a/b'"),
    ],
)
def test_of_two_cameras_that_cannot_be_told_apart_the_second_is_left_out(
    first: dict[str, Any], second: dict[str, Any], said: str
) -> None:
    found, (problem,) = read_settings({"cameras": [{**CAMERA, **first}, {**CAMERA, **second}]}, STATE)
    assert str(problem) == f"cameras has {said} twice: the second is left out"
    assert len(found.cameras) == 1


def test_cameras_of_one_place_are_told_apart_by_their_accounts() -> None:
    cameras = [{**CAMERA, "label": name, "ftp_username": name} for name in ("north", "south")]
    assert [one.folder for one in settings(cameras=cameras).cameras] == ["porch", None]


def test_a_folder_that_a_camera_names_is_its_own() -> None:
    cameras = [
        {"label": "a", "location": "Porch", "snapshot_url": "http://a/"},
        {"label": "b", "location": "Street", "folder": "porch"},
    ]
    found = settings(cameras=cameras, ftp_password="x").cameras
    assert [one.folder for one in found] == [None, "porch"]


@pytest.mark.parametrize(
    ("options", "camera_has", "reported"),
    [
        ({}, {}, True),
        ({"ftp_password": "x"}, {}, False),
        ({}, {"snapshot_url": "http://a/"}, False),
        ({}, {"mqtt_topic": "a"}, False),
        ({}, {"watch_folder": "/a"}, False),
        ({}, {"ftp_username": "a", "ftp_password": "b"}, False),
    ],
)
def test_a_camera_of_which_no_picture_can_come_is_named(
    options: dict[str, Any], camera_has: dict[str, Any], reported: bool
) -> None:
    said = problems(cameras=[{"label": "a", **camera_has}], **options)
    assert bool(said) is reported
    assert all("no picture can come" in line for line in said)
