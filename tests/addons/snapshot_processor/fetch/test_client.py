"""Pictures are fetched whole, within a time that holds whatever the camera does."""

from pathlib import Path
import socket

import pytest

from devkit.certificates import Authority
from devkit.fake_camera import SNAPSHOT, Behaviour, FakeCamera
from devkit.fake_camera_door import CameraLogin, Guard
from devkit.polling import until
from hub_relay.links import Login
from snapshot_processor.fetch.challenge import Auth
from snapshot_processor.fetch.client import check_picture, fetch_picture
from snapshot_processor.fetch.error import FetchError
from snapshot_processor.fetch.source import HttpSource

PASSWORD = 'p@ss/w&rd "x'
LOGIN = Login(username="viewer", password=PASSWORD)
CAMERA_LOGIN = CameraLogin(password=PASSWORD)
PNG = b"\x89PNG\r\n\x1a\n....IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0....\xff\xd9"


@pytest.mark.parametrize("guard", Guard)
@pytest.mark.parametrize("password", [PASSWORD, "pässwörd", "%41%20+&=#?"])
async def test_a_picture_is_fetched_however_the_login_is_wanted(guard: Guard, password: str) -> None:
    login = Login(username="viewer", password=password)
    with FakeCamera(login=CameraLogin(password=password), guard=guard) as camera:
        camera.clock = lambda: 1_764_136_000.0
        assert await fetch_picture(HttpSource(url=camera.url, login=login)) == camera.picture()


async def test_the_fleets_cameras_have_the_login_in_the_query() -> None:
    with FakeCamera(login=CAMERA_LOGIN) as camera:
        camera.people = 2
        camera.clock = lambda: 1_764_136_000.0
        assert await fetch_picture(HttpSource(url=camera.cgi_url, login=LOGIN)) == camera.picture()


@pytest.mark.parametrize(
    ("guard", "auth", "refused"),
    [
        (Guard.BASIC, Auth.AUTO, 1),
        (Guard.BASIC, Auth.BASIC, 0),
        (Guard.DIGEST, Auth.DIGEST, 1),
        (Guard.NONE, Auth.NONE, 0),
    ],
)
async def test_the_login_is_told_as_the_options_say(guard: Guard, auth: Auth, refused: int) -> None:
    with FakeCamera(login=CAMERA_LOGIN, guard=guard) as camera:
        await fetch_picture(HttpSource(url=camera.url, login=LOGIN, auth=auth))
        assert camera.refused == refused


@pytest.mark.parametrize(
    ("guard", "auth"),
    [(Guard.DIGEST, Auth.BASIC), (Guard.BASIC, Auth.DIGEST), (Guard.BASIC, Auth.NONE), (Guard.DIGEST, Auth.NONE)],
)
async def test_a_login_told_otherwise_than_wanted_is_refused(guard: Guard, auth: Auth) -> None:
    with FakeCamera(login=CAMERA_LOGIN, guard=guard) as camera:
        with pytest.raises(FetchError, match="refuses the login") as refusal:
            await fetch_picture(HttpSource(url=camera.url, login=LOGIN, auth=auth))
        assert refusal.value.final


@pytest.mark.parametrize("guard", [Guard.BASIC, Guard.DIGEST, Guard.BOTH])
async def test_a_wrong_password_is_tried_once_and_no_more(guard: Guard) -> None:
    with FakeCamera(login=CAMERA_LOGIN, guard=guard) as camera:
        with pytest.raises(FetchError, match="refuses the login"):
            await fetch_picture(HttpSource(url=camera.url, login=Login(username="viewer", password="wrong")))
        assert (camera.refused, camera.requests) == (2, 0)


@pytest.mark.parametrize(
    ("behaviour", "sentence", "final"),
    [
        (Behaviour.DRIPS, "does not answer in time", False),
        (Behaviour.HANGS, "does not answer in time", False),
        (Behaviour.LONG, "does not answer in time", False),
        (Behaviour.PAGE, "sent something that is no picture", False),
        (Behaviour.HALF, "sent half a picture", False),
        (Behaviour.SHORT, "broke the connection off", False),
        (Behaviour.CLOSES, "broke the connection off", False),
        (Behaviour.FAILS, "answers 500", False),
        (Behaviour.NOTHING, "sent nothing", False),
        (Behaviour.GARBAGE, "does not speak HTTP", False),
        (Behaviour.ENDLESS, "sends more than 2 MiB", False),
        (Behaviour.REFUSES, "refuses the login", True),
        (Behaviour.FILM, "sends a film", True),
        (Behaviour.ELSEWHERE, "from one address to the next", True),
    ],
)
async def test_a_camera_that_gives_no_picture_is_told_in_a_sentence(
    behaviour: Behaviour, sentence: str, final: bool
) -> None:
    # Who waits for more than the answer that is due waits for a minute at least.
    within = 1.0 if sentence == "does not answer in time" else 50.0
    with FakeCamera(behaviour=behaviour) as camera:
        with pytest.raises(FetchError, match=sentence) as problem:
            await fetch_picture(HttpSource(url=camera.url), within=within, largest=2 * 2**20)
        await until(lambda: camera.requests >= 1)
        assert problem.value.final is final


async def test_a_large_picture_is_refused_before_it_comes() -> None:
    with FakeCamera() as camera, pytest.raises(FetchError, match="more than 1 KiB"):
        await fetch_picture(HttpSource(url=camera.url), largest=1024)


async def test_a_page_that_is_not_there_is_told() -> None:
    with FakeCamera() as camera, pytest.raises(FetchError, match="answers 404") as problem:
        await fetch_picture(HttpSource(url=camera.at("/else.jpg")))
    assert problem.value.final


async def test_the_fleets_way_to_refuse_a_login_is_no_picture() -> None:
    with FakeCamera(login=CAMERA_LOGIN) as camera, pytest.raises(FetchError, match="check its address and login"):
        await fetch_picture(HttpSource(url=camera.cgi_url, login=Login(username="viewer", password="wrong")))


async def test_nobody_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(FetchError, match="cannot be reached: Connection refused"):
        await fetch_picture(HttpSource(url=f"http://127.0.0.1:{port}/"))


async def test_a_redirect_on_the_same_host_is_followed() -> None:
    with FakeCamera() as there, FakeCamera(behaviour=Behaviour.ELSEWHERE) as camera:
        there.clock = lambda: 1_764_136_000.0
        camera.elsewhere = there.url
        assert await fetch_picture(HttpSource(url=camera.url)) == there.picture()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://localhost:{port}" + SNAPSHOT,
        "http://viewer:hunter22@127.0.0.1:{port}" + SNAPSHOT,
        "file:///etc/passwd",
        "http://[/",
    ],
)
async def test_a_redirect_to_anybody_else_is_not_followed(elsewhere: str) -> None:
    with FakeCamera() as there, FakeCamera(behaviour=Behaviour.ELSEWHERE) as camera:
        camera.elsewhere = elsewhere.format(port=there.port)
        with pytest.raises(FetchError, match="sends elsewhere"):
            await fetch_picture(HttpSource(url=camera.url))
        assert (camera.requests, there.requests) == (1, 0)


async def test_a_certificate_counts_only_where_that_is_wanted(tmp_path: Path) -> None:
    with FakeCamera(tls=Authority().issue(tmp_path, "camera.invalid")) as camera:
        assert await fetch_picture(HttpSource(url=camera.url))
        with pytest.raises(FetchError, match="certificate is not trusted"):
            await fetch_picture(HttpSource(url=camera.url, verify=True))


async def test_a_camera_without_encryption_is_told_from_one_that_is_away() -> None:
    with FakeCamera() as camera, pytest.raises(FetchError, match="no encrypted connection"):
        await fetch_picture(HttpSource(url=camera.url.replace("http:", "https:")))


@pytest.mark.parametrize("content", [JPEG, PNG, JPEG + b"\0" * 500, JPEG + b"made by a camera\n"])
def test_a_picture_with_an_end_looks_whole(content: bytes) -> None:
    check_picture(content)


@pytest.mark.parametrize("content", [JPEG[:-1], JPEG[:-2] + b"\0" * 500, PNG[:-1], JPEG + b"\0" * 5000])
def test_a_picture_without_an_end_is_half_a_picture(content: bytes) -> None:
    with pytest.raises(FetchError, match="half a picture"):
        check_picture(content)


@pytest.mark.parametrize("content", [b"GIF89a", b"<html>", b"\xff\xd8", b"\x00" * 100])
def test_what_begins_otherwise_is_no_picture(content: bytes) -> None:
    with pytest.raises(FetchError, match="no picture"):
        check_picture(content)
