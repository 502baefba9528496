"""Pictures of an app, handed through to people who are logged in."""

from http import HTTPStatus
import logging

from aiohttp import ClientError, ClientPayloadError
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.event_hub import picture_view
from custom_components.event_hub.transports.pictures import PictureApp
from tests.integration.kit import Home

from .fake_app import JPEG, MARKED, SMALL, TOKEN, Client, FakeApp, Mood

PICTURE = "/api/event_hub/images/home/17"


@pytest.fixture
async def client(home: Home, hass_client: ClientSessionGenerator) -> Client:
    """Return somebody who is logged in."""
    del home
    return await hass_client()


@pytest.mark.parametrize(
    ("form", "content"),
    [
        pytest.param("", JPEG, id="clean"),
        pytest.param("/marked", MARKED, id="marked"),
        pytest.param("/thumbnail", SMALL, id="thumbnail"),
    ],
)
async def test_a_picture_comes_in_every_form(client: Client, form: str, content: bytes) -> None:
    answer = await client.get(PICTURE + form)
    assert (answer.status, answer.content_type, await answer.read()) == (HTTPStatus.OK, "image/jpeg", content)
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_was_fetched_before_is_not_fetched_again(client: Client) -> None:
    first = await client.get(PICTURE)
    assert first.headers["Cache-Control"] == "private, max-age=86400"
    again = await client.get(PICTURE, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, await again.read()) == (HTTPStatus.NOT_MODIFIED, b"")


async def test_nobody_who_is_not_logged_in_sees_a_picture(
    home: Home, app: FakeApp, hass_client_no_auth: ClientSessionGenerator
) -> None:
    del home
    stranger = await hass_client_no_auth()
    for path in (PICTURE, f"{PICTURE}/marked", f"{PICTURE}/thumbnail"):
        assert (await stranger.get(path)).status == HTTPStatus.UNAUTHORIZED
    assert app.asked == []


async def test_what_is_not_there_is_not_found(client: Client) -> None:
    for path in (
        "home/18",
        "other/17",
        "home/17/clean",
        "home/17/x",
        "home/cameras",
        "home/-1",
        "home/\u0661",
        f"home/{'9' * 19}",
    ):
        assert (await client.get(f"/api/event_hub/images/{path}")).status == HTTPStatus.NOT_FOUND, path


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("mood", [Mood.FAILING, Mood.HANGING, Mood.REDIRECTING, Mood.DRAWING_HTML])
async def test_an_app_that_gives_no_picture_is_a_bad_gateway(
    client: Client,
    app: FakeApp,
    mood: Mood,
) -> None:
    app.mood = mood
    answer = await client.get(PICTURE)
    assert (answer.status, b"script" in await answer.read()) == (HTTPStatus.BAD_GATEWAY, False)


async def test_an_app_that_is_away_is_a_bad_gateway(client: Client, app: FakeApp) -> None:
    await app.stop()
    assert (await client.get(PICTURE)).status == HTTPStatus.BAD_GATEWAY


async def test_half_a_picture_does_not_pass_for_a_whole_one(client: Client, app: FakeApp) -> None:
    app.mood = Mood.BREAKING_OFF
    with pytest.raises(ClientPayloadError):
        await (await client.get(PICTURE)).read()


async def test_a_picture_without_end_is_cut_off(
    client: Client,
    app: FakeApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(picture_view, "LARGEST", 2 * 1024 * 1024)
    app.mood = Mood.ENDLESS
    with pytest.raises(ClientError):
        await (await client.get(PICTURE)).read()


async def test_a_picture_that_is_announced_as_too_large_is_none(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(picture_view, "LARGEST", len(JPEG) - 1)
    assert (await client.get(PICTURE)).status == HTTPStatus.BAD_GATEWAY


async def test_the_token_goes_to_the_app_alone(
    client: Client,
    app: FakeApp,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for mood in (Mood.WELL, Mood.FAILING, Mood.BREAKING_OFF):
        app.mood = mood
        answer = await client.get(PICTURE)
        assert TOKEN not in str(answer.headers)
        assert "Set-Cookie" not in answer.headers
    assert {request.headers["Authorization"] for request in app.asked} == {f"Bearer {TOKEN}"}
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(PictureApp(url=app.url, token=TOKEN))


async def test_a_hub_that_does_not_run_gives_no_picture(hass: HomeAssistant, home: Home, client: Client) -> None:
    assert await hass.config_entries.async_unload(home.entry.entry_id)
    assert (await client.get(PICTURE)).status == HTTPStatus.NOT_FOUND
