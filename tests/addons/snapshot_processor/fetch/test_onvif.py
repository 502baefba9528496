"""ONVIF cameras tell where their picture is, once, and prove their login by their own clock."""

from collections.abc import Iterator
from http import HTTPStatus
import time

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from devkit.fake_camera import Behaviour, FakeCamera
from devkit.fake_camera_door import CameraLogin, Guard
from devkit.fake_camera_onvif import Said
from hub_relay.links import Login
from snapshot_processor.fetch.client import LARGEST_TOLD, fetch_picture
from snapshot_processor.fetch.error import FetchError
from snapshot_processor.fetch.onvif import Known
from snapshot_processor.fetch.source import OnvifSource

PASSWORD = 'p@ss/<w>&rd "x'
LOGIN = Login(username="viewer & co", password=PASSWORD)
CAMERA_LOGIN = CameraLogin(username=LOGIN.username, password=PASSWORD)
ALL = ["GetSystemDateAndTime", "GetCapabilities", "GetProfiles", "GetSnapshotUri"]


def camera_of(guard: Guard = Guard.NONE, behaviour: Behaviour = Behaviour.WELL) -> FakeCamera:
    return FakeCamera(login=CAMERA_LOGIN, guard=guard, behaviour=behaviour)


def source_of(camera: FakeCamera) -> OnvifSource:
    return OnvifSource(url=camera.onvif_url, login=LOGIN)


@pytest.mark.parametrize("guard", Guard)
async def test_the_picture_is_found_and_fetched_with_the_login(guard: Guard) -> None:
    with camera_of(guard) as camera:
        camera.clock = lambda: 1_764_136_000.0
        assert await fetch_picture(source_of(camera)) == camera.picture()
        assert camera.onvif.asked == ALL


async def test_where_the_picture_is_is_asked_once() -> None:
    known = Known()
    with camera_of() as camera:
        for _ in range(3):
            await fetch_picture(source_of(camera), known=known)
        assert camera.onvif.asked == ALL
        assert camera.requests == 3


@pytest.mark.parametrize("ahead", [-86_400.0 * 365, 3_600.0, 86_400.0 * 3000])
async def test_a_camera_whose_clock_is_wrong_is_told_its_own_time(ahead: float) -> None:
    with camera_of() as camera:
        camera.clock = lambda: time.time() + ahead
        assert await fetch_picture(source_of(camera))


async def test_a_camera_that_does_not_tell_its_time_is_taken_to_be_right() -> None:
    with camera_of() as camera:
        camera.onvif.knows.remove("GetSystemDateAndTime")
        assert await fetch_picture(source_of(camera))


async def test_the_newer_question_finds_the_media_service_too() -> None:
    with camera_of() as camera:
        camera.onvif.knows.remove("GetCapabilities")
        assert await fetch_picture(source_of(camera))
        assert "GetServices" in camera.onvif.asked


async def test_addresses_behind_a_router_are_taken_to_be_on_the_camera() -> None:
    with camera_of() as camera:
        camera.onvif.media = "http://10.9.8.7/onvif/media"
        camera.onvif.picture = "http://10.9.8.7:8080/snapshot.jpg?channel=1"
        assert await fetch_picture(source_of(camera))


async def test_a_picture_that_has_moved_is_found_again() -> None:
    known = Known()
    with camera_of() as camera:
        camera.onvif.picture = camera.at("/gone.jpg")
        with pytest.raises(FetchError, match="answers 404"):
            await fetch_picture(source_of(camera), known=known)
        camera.onvif.picture = None
        assert await fetch_picture(source_of(camera), known=known)


async def test_a_known_picture_that_is_gone_is_worth_another_try() -> None:
    known = Known()
    with camera_of() as camera:
        await fetch_picture(source_of(camera), known=known)
        camera.behaviour = Behaviour.REFUSES
        with pytest.raises(FetchError) as problem:
            await fetch_picture(source_of(camera), known=known)
        assert not problem.value.final
        assert known == Known()


async def test_a_known_picture_that_hangs_is_asked_for_anew() -> None:
    known = Known()
    with camera_of() as camera:
        await fetch_picture(source_of(camera), known=known)
        camera.behaviour = Behaviour.HANGS
        with pytest.raises(FetchError, match="in time"):
            await fetch_picture(source_of(camera), within=0.1, known=known)
        assert known == Known()


async def test_what_a_slow_camera_has_told_in_time_is_kept() -> None:
    known = Known()
    with camera_of(behaviour=Behaviour.HANGS) as camera:
        with pytest.raises(FetchError, match="in time"):
            await fetch_picture(source_of(camera), within=0.5, known=known)
        assert known.picture is not None


async def test_a_wrong_password_is_told_and_final() -> None:
    with camera_of() as camera:
        source = OnvifSource(url=camera.onvif_url, login=Login(username=LOGIN.username, password="wrong"))
        with pytest.raises(FetchError, match="refuses the login") as problem:
            await fetch_picture(source)
        assert problem.value.final


async def test_a_camera_without_media_service_is_told() -> None:
    with camera_of() as camera:
        camera.onvif.knows -= {"GetCapabilities", "GetServices"}
        with pytest.raises(FetchError, match="does not do what ONVIF asks"):
            await fetch_picture(source_of(camera))


def _soap(body: str) -> Said:
    envelope = f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{body}</s:Body></s:Envelope>'
    return Said(status=HTTPStatus.OK, content=envelope.encode())


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (Said(status=HTTPStatus.OK, content=b"<html>"), "does not speak ONVIF"),
        (Said(status=HTTPStatus.OK, content=b""), "does not speak ONVIF"),
        (Said(status=HTTPStatus.NOT_FOUND, content=b"no"), "answers 404"),
        (Said(status=HTTPStatus.UNAUTHORIZED, content=b"no"), "refuses the login"),
        (Said(status=HTTPStatus.SERVICE_UNAVAILABLE, content=b""), "answers 503"),
        (_soap(""), "no ONVIF media service"),
        (Said(status=HTTPStatus.OK, content=b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "does not speak ONVIF"),
    ],
)
async def test_an_answer_that_is_none_is_told(said: Said, sentence: str) -> None:
    with camera_of() as camera:
        camera.onvif.instead = said
        with pytest.raises(FetchError, match=sentence):
            await fetch_picture(source_of(camera))


async def test_an_answer_that_would_take_all_memory_is_not_read() -> None:
    with camera_of() as camera:
        camera.onvif.instead = _soap("<a/>" * 64 * 1024)
        with pytest.raises(FetchError, match="sends more than 256 KiB"):
            await fetch_picture(source_of(camera))


async def test_a_picture_may_be_larger_than_what_a_camera_tells_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with camera_of() as camera:
        content = camera.picture() + bytes(LARGEST_TOLD)
        whole = content + b"\xff\xd9"
        monkeypatch.setattr(camera, "picture", lambda: whole)
        assert await fetch_picture(source_of(camera)) == whole


@pytest.mark.parametrize("address", ["", "snapshot.jpg", "ftp://10.9.8.7/", "http://[/"])
async def test_an_address_that_is_none_is_told(address: str) -> None:
    with camera_of() as camera:
        # A blank, or the fake camera would tell its own.
        camera.onvif.picture = address or " "
        with pytest.raises(FetchError, match=r"gives no address|does not speak ONVIF"):
            await fetch_picture(source_of(camera))


@pytest.fixture
def odd_camera() -> Iterator[FakeCamera]:
    with camera_of() as camera:
        yield camera


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
async def test_no_answer_is_too_odd_to_be_told_in_a_sentence(odd_camera: FakeCamera, content: bytes) -> None:
    odd_camera.onvif.instead = Said(status=HTTPStatus.OK, content=content)
    with pytest.raises(FetchError):
        await fetch_picture(source_of(odd_camera))
