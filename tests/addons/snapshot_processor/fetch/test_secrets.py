"""No password of a camera stands in a log, an error or a repr, whatever the camera does."""

import asyncio
from collections.abc import Iterator
import logging
import traceback
from urllib.parse import quote, quote_plus

import pytest

from devkit.fake_camera import Behaviour, FakeCamera
from devkit.fake_camera_door import CameraLogin, Guard
from hub_relay.links import Login
from snapshot_processor.fetch.client import fetch_picture
from snapshot_processor.fetch.error import FetchError
from snapshot_processor.fetch.source import HttpSource, OnvifSource, Source

PASSWORD = 'p@ss/w&rd "x'
SPELLINGS = {PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), quote_plus(PASSWORD), repr(PASSWORD)[1:-1], "p@ss"}
# What the password says to a camera that asks for Basic.
SPELLINGS |= {"dmlld2VyOnBAc3Mvdy"}
LOGIN = Login(username="viewer", password=PASSWORD)


def sources(camera: FakeCamera) -> Iterator[Source]:
    yield HttpSource(url=camera.cgi_url, login=LOGIN)
    yield HttpSource(url=camera.at("/elsewhere?pwd={password}"), login=LOGIN)
    yield HttpSource(url=camera.url, login=LOGIN)
    yield OnvifSource(url=camera.onvif_url, login=LOGIN)
    yield HttpSource(url=f"http://127.0.0.1:1/?pwd={quote(PASSWORD, safe='')}")
    yield HttpSource(url="http://camera.invalid/?pwd={password}", login=LOGIN)


CASES = [(behaviour, Guard.NONE) for behaviour in Behaviour if behaviour is not Behaviour.ENDLESS]
CASES += [(Behaviour.WELL, guard) for guard in Guard if guard is not Guard.NONE]


async def what_is_shown(source: Source) -> list[str]:
    try:
        await fetch_picture(source, within=0.2)
    except FetchError as error:
        return [repr(source), str(error), repr(error), "".join(traceback.format_exception(error))]
    return [repr(source)]


@pytest.mark.parametrize(("behaviour", "guard"), CASES)
async def test_no_password_is_shown(behaviour: Behaviour, guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FakeCamera(behaviour=behaviour, guard=guard, login=CameraLogin(password=PASSWORD)) as camera:
        camera.elsewhere = "/snapshot.jpg?pwd=" + quote(PASSWORD, safe="")
        told = await asyncio.gather(*(what_is_shown(source) for source in sources(camera)))
    shown = [text for texts in told for text in texts] + [record.getMessage() for record in caplog.records]
    assert len(shown) > 12
    assert [text for text in shown if any(spelling in text for spelling in SPELLINGS)] == []


def test_the_spellings_are_those_that_would_be_shown() -> None:
    source = HttpSource(url="http://cam/?pwd={password}", login=LOGIN)
    assert any(spelling in source.address for spelling in SPELLINGS)
