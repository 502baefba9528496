"""What the hub asks of the snapshot processor, and the snapshot processor itself answers."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

from aiohttp import ClientSession
import pytest

from custom_components.event_hub.transports.pictures import (
    CameraPictures,
    PictureApp,
    PictureClient,
    PictureError,
    PictureKind,
    PictureProblem,
)
from snapshot_processor.api import ApiServer
from tests.addons.hub_relay.kit import running
from tests.addons.snapshot_processor.api.kit import DAY, LONG, LONG_DAY, PORCH, TOKEN, FakeCatalogue


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[PictureApp]:
    """Return the app's own server, with pictures that are made up."""
    server = ApiServer(FakeCatalogue(tmp_path).open, token=TOKEN, host="127.0.0.1", port=0)
    with running(server):
        yield PictureApp(url=f"http://127.0.0.1:{server.port}", token=TOKEN)


@pytest.fixture
async def client(app: PictureApp) -> AsyncIterator[PictureClient]:
    async with ClientSession() as session:
        yield PictureClient(session, app)


async def test_its_cameras_days_and_pictures_are_listed(client: PictureClient) -> None:
    assert await client.async_cameras() == (
        CameraPictures(slug="attic", label="Attic", images=0),
        CameraPictures(slug=PORCH, label="Porch", images=LONG + 3),
    )
    assert [day.day for day in await client.async_days(PORCH)] == [DAY, LONG_DAY]
    page = await client.async_pictures(PORCH, DAY)
    assert [(picture.id, picture.summary, picture.marked) for picture in page.pictures] == [
        (3, None, False),
        (2, "2 person(s) and 7 things", True),
        (1, None, False),
    ]
    assert page.before is None


async def test_all_pages_of_a_long_day_make_the_day(client: PictureClient) -> None:
    found: list[int] = []
    before: str | None = None
    for _ in range(LONG):
        page = await client.async_pictures(PORCH, LONG_DAY, before)
        found += [picture.id for picture in page.pictures]
        before = page.before
        if before is None:
            break
    assert found == list(range(LONG + 9, 9, -1))


@pytest.mark.parametrize("kind", PictureKind)
async def test_a_picture_comes_in_every_form_and_not_twice(client: PictureClient, kind: PictureKind) -> None:
    async with client.open(2, kind) as response:
        content, tag = await response.read(), response.headers["ETag"]
    assert (response.status, content[:2]) == (HTTPStatus.OK, b"\xff\xd8")
    async with client.open(2, kind, {"If-None-Match": tag}) as again:
        assert (again.status, await again.read()) == (HTTPStatus.NOT_MODIFIED, b"")


@pytest.mark.parametrize(
    ("image_id", "kind"), [(99, PictureKind.CLEAN), (3, PictureKind.CLEAN), (1, PictureKind.MARKED)]
)
async def test_a_picture_that_is_not_there_is_gone(client: PictureClient, image_id: int, kind: PictureKind) -> None:
    with pytest.raises(PictureError) as failed:
        async with client.open(image_id, kind):
            pass
    assert failed.value.problem is PictureProblem.GONE


async def test_another_token_is_refused(app: PictureApp) -> None:
    async with ClientSession() as session:
        stranger = PictureClient(session, PictureApp(url=app.url, token="another"))
        with pytest.raises(PictureError) as failed:
            await stranger.async_cameras()
    assert failed.value.problem is PictureProblem.REFUSED
