"""The media browser: a camera, its days, their pictures."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.picture_apps import BY_HAND, async_keep
from custom_components.event_hub.transports.pictures import PictureApp, PictureProblem
from tests.integration.kit import Home
from tests.source import HUB

from . import fake_app
from .fake_app import JPEG, MARKED, SMALL, TOKEN, FakeApp, Mood

ROOT = "media-source://event_hub"
TEXTS: dict[str, Any] = json.loads((HUB / "translations/en.json").read_text(encoding="utf-8"))

type Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def ask(browser: Home, hass_ws_client: WebSocketGenerator) -> Ask:
    """Return what sends a command to Home Assistant as the frontend does."""
    client = await hass_ws_client(browser.hass)

    async def ask(command: str, media: str) -> dict[str, Any]:
        await client.send_json_auto_id({"type": f"media_source/{command}_media", "media_content_id": media})
        answer: dict[str, Any] = await client.receive_json()
        return answer

    return ask


async def browse(ask: Ask, media: str = ROOT) -> list[dict[str, Any]]:
    """Return what is at a place of the browser."""
    answer = await ask("browse", media)
    assert answer["success"], answer
    children: list[dict[str, Any]] = answer["result"]["children"]
    return children


def titles(items: list[dict[str, Any]]) -> list[str]:
    return [item["title"] for item in items]


async def test_event_hub_is_among_the_sources(ask: Ask) -> None:
    assert "Event Hub" in titles(await browse(ask, "media-source://"))


async def test_a_camera_leads_to_its_days_and_a_day_to_its_pictures(hass: HomeAssistant, ask: Ask) -> None:
    await hass.config.async_set_time_zone("UTC")
    cameras = await browse(ask)
    assert titles(cameras) == ["Porch Camera (3)", "yard (1)"]
    days = await browse(ask, cameras[0]["media_content_id"])
    assert titles(days) == ["2025-11-26 (3)", "2025-11-25 (0)"]
    pictures = await browse(ask, days[0]["media_content_id"])
    assert titles(pictures) == ["01:20:00 2 people", "01:19:59", "Older pictures of this day"]
    assert [(item["can_play"], item["can_expand"]) for item in pictures] == [
        (True, False),
        (True, False),
        (False, True),
    ]
    older = await browse(ask, pictures[2]["media_content_id"])
    assert titles(older) == ["01:19:58"]


@pytest.mark.parametrize(
    ("language", "summary", "title"),
    [
        ("en", "1 person(s)", "1 person"),
        ("en", "2 person(s) and 1 thing", "2 people and 1 thing"),
        ("en", "1 person(s) and 7 things", "1 person and 7 things"),
        ("en", "3 things", "3 things"),
        ("de", "1 person(s)", "1 Person"),
        ("de", "2 person(s) and 1 thing", "2 Personen und 1 Objekt"),
        ("de", "3 things", "3 Objekte"),
        ("de", "1 cat, 2 person(s)", "1 cat, 2 person(s)"),
        ("en", "nothing new", "nothing new"),
    ],
)
async def test_what_was_found_is_counted_in_words_of_the_home_s_language(
    hass: HomeAssistant, ask: Ask, app: FakeApp, language: str, summary: str, title: str
) -> None:
    hass.config.language = language
    assert await async_get_translations(hass, language, "common", {DOMAIN})
    app.summary = summary
    newest = (await browse(ask, f"{ROOT}/home/porch-camera/2025-11-26"))[0]
    assert newest["title"].split(" ", 1)[1] == title


async def test_a_camera_without_pictures_is_empty(ask: Ask) -> None:
    assert await browse(ask, f"{ROOT}/home/yard") == []


async def test_a_thumbnail_and_a_picture_are_shown_by_their_addresses_alone(
    ask: Ask, hass_client_no_auth: ClientSessionGenerator
) -> None:
    marked, clean, _ = await browse(ask, f"{ROOT}/home/porch-camera/2025-11-26")
    player = await hass_client_no_auth()
    thumbnail = await player.get(marked["thumbnail"])
    assert (thumbnail.status, await thumbnail.read()) == (HTTPStatus.OK, SMALL)
    resolved = (await ask("resolve", marked["media_content_id"]))["result"]
    shown = await player.get(resolved["url"])
    assert (resolved["mime_type"], await shown.read()) == ("image/jpeg", MARKED)
    assert (await ask("resolve", clean["media_content_id"]))["result"]["url"].startswith(
        "/api/event_hub/images/home/16?"
    )
    other = await ask("resolve", f"{ROOT}/home/17")
    assert await (await player.get(other["result"]["url"])).read() == JPEG


async def test_a_place_that_does_not_exist_is_said_to_be_none(ask: Ask, app: FakeApp) -> None:
    nowhere = TEXTS["exceptions"]["unknown_picture"]["message"].rstrip(".")
    day = "home/porch-camera/2025-11-26"
    for place in (
        "other",
        "home/..%2F",
        "home/porch camera!",
        "home/yard/today",
        "home//x",
        f"{day}/!",
        f"{day}/2-0/x",
    ):
        answer = await ask("browse", f"{ROOT}/{place}")
        assert answer["error"]["message"].rstrip(".") == nowhere, place
    assert app.asked == []


async def test_a_picture_that_does_not_exist_cannot_be_played(ask: Ask) -> None:
    many = (f"home/{'1' * 19}", f"home/{'1' * 5000}")
    for picture in ("home", "other/17", "home/17/small", "home/x", "home/17/marked/x", "home/²", "home/\u0661", *many):
        assert not (await ask("resolve", f"{ROOT}/{picture}"))["success"], picture


@pytest.mark.usefixtures("impatient")
async def test_an_app_that_hangs_is_told_in_words(ask: Ask, app: FakeApp) -> None:
    await told_in_words(ask, app, Mood.HANGING, PictureProblem.TIMEOUT)


@pytest.mark.parametrize(
    ("mood", "problem"),
    [
        (Mood.FAILING, PictureProblem.UNEXPECTED),
        (Mood.REDIRECTING, PictureProblem.UNEXPECTED),
        (Mood.NO_JSON, PictureProblem.UNEXPECTED),
        (Mood.NO_OBJECT, PictureProblem.UNEXPECTED),
        (Mood.EMPTY_OBJECT, PictureProblem.UNEXPECTED),
        (Mood.ENDLESS, PictureProblem.UNEXPECTED),
    ],
)
async def test_an_app_that_lists_nothing_is_told_in_words(
    ask: Ask, app: FakeApp, mood: Mood, problem: PictureProblem
) -> None:
    await told_in_words(ask, app, mood, problem)


async def told_in_words(ask: Ask, app: FakeApp, mood: Mood, problem: PictureProblem) -> None:
    """Check that an app in this mood is told of in the words for the problem, without the token."""
    app.mood = mood
    message = (await ask("browse", ROOT))["error"]["message"]
    begin = TEXTS["exceptions"][f"pictures_{problem}"]["message"].split(":", maxsplit=1)[0].format(name="home")
    assert message.startswith(begin.rstrip("."))
    assert TOKEN not in message


async def test_an_app_that_is_away_is_told_in_words(ask: Ask, app: FakeApp) -> None:
    await app.stop()
    assert "home cannot be reached" in (await ask("browse", ROOT))["error"]["message"]


async def test_a_token_that_is_refused_is_told_in_words(
    hass: HomeAssistant, home: Home, ask: Ask, app: FakeApp
) -> None:
    async_keep(hass, home.entry, "home", PictureApp(url=app.url, token="of-another-app"))
    assert "home refuses the token" in (await ask("browse", ROOT))["error"]["message"]


async def test_without_an_app_it_is_said_how_to_get_one(hass: HomeAssistant, home: Home, ask: Ask) -> None:
    async_keep(hass, home.entry, "home", None)
    assert "Install the snapshot processor" in (await ask("browse", ROOT))["error"]["message"]


async def test_several_apps_are_a_level_of_their_own(hass: HomeAssistant, home: Home, ask: Ask, app: FakeApp) -> None:
    away = PictureApp(url="http://127.0.0.1:1", token=TOKEN)
    async_keep(hass, home.entry, BY_HAND, away)
    apps = await browse(ask)
    assert titles(apps) == ["home", "Snapshot processor"]
    assert titles(await browse(ask, apps[0]["media_content_id"])) == ["Porch Camera (3)", "yard (1)"]
    assert (
        "Snapshot processor cannot be reached" in (await ask("browse", apps[1]["media_content_id"]))["error"]["message"]
    )
    assert app.asked != []


@pytest.mark.parametrize("name", ["Front yard", "100%", "Cam%41", "Where?", "Hof#2", "a:b", "Gerät", "..", "."])
async def test_pictures_of_an_app_of_any_name_are_shown(
    home: Home, ask: Ask, app: FakeApp, name: str, hass_client_no_auth: ClientSessionGenerator
) -> None:
    async_keep(home.hass, home.entry, name, PictureApp(url=app.url, token=TOKEN))
    marked, *_ = await browse(ask, f"{ROOT}/{name}/porch-camera/2025-11-26")
    player = await hass_client_no_auth()
    assert (await player.get(marked["thumbnail"])).status == HTTPStatus.OK
    resolved = (await ask("resolve", marked["media_content_id"]))["result"]
    assert await (await player.get(resolved["url"])).read() == MARKED


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"taken_at": 1e18}, id="far in the future"),
        pytest.param({"taken_at": 10**400}, id="no float"),
        pytest.param({"taken_at": "nan"}, id="no number"),
        pytest.param({"taken_at": -1}, id="before there was time"),
        pytest.param({"id": 10**18}, id="19 digits"),
    ],
)
async def test_a_picture_of_no_possible_time_or_number_is_left_out(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, odd: dict[str, object]
) -> None:
    monkeypatch.setattr(fake_app, "ODD", odd)
    assert titles(await browse(ask, f"{ROOT}/home/porch-camera/2025-11-26")) == ["Older pictures of this day"]


@pytest.mark.parametrize("problem", PictureProblem)
def test_every_problem_has_words_in_the_browser_and_in_the_form(problem: PictureProblem) -> None:
    assert f"pictures_{problem}" in TEXTS["exceptions"]
    assert f"pictures_{problem}" in TEXTS["options"]["error"]
