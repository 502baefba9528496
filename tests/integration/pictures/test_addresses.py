"""Where an app's pictures are: by the Supervisor's word, or by a person's."""

from typing import Any

from homeassistant.config_entries import SOURCE_HASSIO, SOURCE_IGNORE, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.events import Forgotten
from custom_components.event_hub.picture_apps import (
    BY_HAND,
    AddressError,
    async_keep,
    picture_apps,
    read_announced,
    read_token,
    read_url,
    with_announced,
    with_app,
)
from custom_components.event_hub.transports.pictures import PictureApp
from custom_components.event_hub.wire.messages import Dialect, InputReport
from tests.integration.flows.kit import TEXTS, answer, app as announced, begin
from tests.integration.kit import Home, source

from .fake_app import TOKEN, FakeApp, Mood

ADDRESS = {"host": "local-snapshot", "port": 8098, "token": TOKEN}
SNAPSHOT = source("home", "snapshot", Dialect.NATIVE)
HOME = {"app": "snapshot", "device": "home", "images": ADDRESS}


async def announce(hass: HomeAssistant, **config: object) -> ConfigFlowResult:
    """Let the Supervisor tell of the app."""
    return await begin(hass, SOURCE_HASSIO, announced(**{**HOME, **config}))


async def form(home: Home) -> ConfigFlowResult:
    """Go to the form about pictures."""
    options = home.hass.config_entries.options
    menu = await options.async_init(home.entry.entry_id)
    return await options.async_configure(menu["flow_id"], {"next_step_id": "pictures"})


async def enter(home: Home, shown: ConfigFlowResult, **answers: str | list[str]) -> ConfigFlowResult:
    """Answer it."""
    result = await home.hass.config_entries.options.async_configure(shown["flow_id"], answers)
    await home.hass.async_block_till_done()
    return result


def addresses(home: Home) -> dict[str, str]:
    return {name: app.url for name, app in picture_apps(home.entry).items()}


@pytest.fixture
def entry() -> MockConfigEntry:
    """Return an entry that knows no app."""
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", unique_id=DOMAIN, data={"mqtt": False})


async def test_an_address_that_works_is_kept_and_the_hub_runs_on(home: Home, app: FakeApp) -> None:
    before = home.hub
    result = await enter(home, await form(home), url=app.url, token=f" {TOKEN} ")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert picture_apps(home.entry) == {BY_HAND: PictureApp(url=app.url, token=TOKEN)}
    assert (home.hub, home.entry.options) == (before, {})


async def test_limits_are_not_lost_with_an_address(home: Home, app: FakeApp) -> None:
    home.hass.config_entries.async_update_entry(home.entry, options={"max_validity": 60})
    await enter(home, await form(home), url=app.url, token=TOKEN)
    assert home.entry.options == {"max_validity": 60}


@pytest.mark.parametrize(
    ("url", "token", "errors"),
    [
        ("two words", TOKEN, {"url": "invalid_address"}),
        ("ftp://cameras", TOKEN, {"url": "invalid_address"}),
        ("http://cameras/api", TOKEN, {"url": "address_with_path"}),
        ("http://me:secret@cameras", TOKEN, {"url": "address_with_path"}),
        ("127.0.0.1:1", "", {"token": "token_missing"}),
        ("127.0.0.1:1", "tökén", {"token": "invalid_token"}),
        ("127.0.0.1:1", TOKEN, {"url": "pictures_away"}),
    ],
)
async def test_an_answer_that_cannot_be_used_is_told_where_it_is_wrong(
    home: Home, url: str, token: str, errors: dict[str, str]
) -> None:
    shown = await enter(home, await form(home), url=url, token=token)
    assert shown["errors"] == errors
    assert set(errors.values()) <= set(TEXTS["options"]["error"])
    assert "secret" not in str(shown["description_placeholders"])
    assert addresses(home) == {}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("mood", "errors"),
    [
        (Mood.HANGING, {"url": "pictures_timeout"}),
        (Mood.NO_JSON, {"url": "pictures_unexpected"}),
        (Mood.FAILING, {"url": "pictures_unexpected"}),
    ],
)
async def test_what_answers_badly_is_not_kept_but_may_be_tried_again(
    home: Home, app: FakeApp, mood: Mood, errors: dict[str, str]
) -> None:
    app.mood = mood
    shown = await enter(home, await form(home), url=app.url, token=TOKEN)
    assert (shown["errors"], addresses(home)) == (errors, {})
    app.mood = Mood.WELL
    await enter(home, shown, url=app.url, token=TOKEN)
    assert addresses(home) == {BY_HAND: app.url}


async def test_a_token_that_is_refused_is_what_is_wrong(home: Home, app: FakeApp) -> None:
    shown = await enter(home, await form(home), url=app.url, token="of-another-app")
    assert shown["errors"] == {"token": "pictures_refused"}


async def test_a_token_is_never_shown_and_need_not_be_typed_again(home: Home, app: FakeApp) -> None:
    await enter(home, await form(home), url=app.url, token=TOKEN)
    shown = await form(home)
    assert shown["data_schema"] is not None
    suggested = {str(field.schema): (field.description or {}) for field in shown["data_schema"].schema}
    assert suggested["url"] == {"suggested_value": app.url}
    assert TOKEN not in str(suggested)
    result = await enter(home, shown, url=app.url)
    assert (result["type"], addresses(home)) == (FlowResultType.CREATE_ENTRY, {BY_HAND: app.url})


async def test_a_token_is_not_given_to_another_address(home: Home, app: FakeApp) -> None:
    await enter(home, await form(home), url=app.url, token=TOKEN)
    shown = await enter(home, await form(home), url="127.0.0.1:1")
    assert shown["errors"] == {"token": "token_missing"}


async def test_an_empty_address_forgets_the_app(home: Home, app: FakeApp) -> None:
    await enter(home, await form(home), url=app.url, token=TOKEN)
    await enter(home, await form(home))
    assert home.entry.data == {"mqtt": False}


async def test_an_app_that_the_supervisor_announces_counts_at_once(home: Home) -> None:
    before = home.hub
    assert ((await form(home))["description_placeholders"] or {})["found"] == "0"
    result = await announce(home.hass)
    await home.hass.async_block_till_done()
    assert result["reason"] == "already_configured"
    known = PictureApp(url="http://local-snapshot:8098", token=TOKEN, source_id="snapshot.home")
    assert picture_apps(home.entry) == {"home": known}
    assert home.hub is before
    shown = await form(home)
    assert shown["description_placeholders"] is not None
    assert shown["description_placeholders"]["found"] == "1 (home)"


async def test_a_new_token_takes_the_place_of_the_old_and_apps_stand_beside_each_other(home: Home) -> None:
    await announce(home.hass)
    await announce(home.hass, device="barn", images={**ADDRESS, "host": "barn"})
    await announce(home.hass, images={**ADDRESS, "token": "another"})
    assert addresses(home) == {"barn": "http://barn:8098", "home": "http://local-snapshot:8098"}
    assert picture_apps(home.entry)["home"].token == "another"


@pytest.mark.parametrize(
    "images",
    [
        *(None, {}, "http://x"),
        {**ADDRESS, "port": "x"},
        {**ADDRESS, "port": float("inf")},
        {**ADDRESS, "token": ""},
    ],
)
async def test_an_app_that_says_no_usable_address_has_none(home: Home, images: object) -> None:
    await announce(home.hass)
    await announce(home.hass, images=images)
    assert home.entry.data == {"mqtt": False}


async def test_apps_that_no_longer_run_are_forgotten_when_a_person_says_so(home: Home, app: FakeApp) -> None:
    await enter(home, await form(home), url=app.url, token=TOKEN)
    for device in ("home", "barn", "shed"):
        await announce(home.hass, device=device, images={**ADDRESS, "host": device})
    shown = await form(home)
    assert shown["data_schema"] is not None
    (field,) = [kind for name, kind in shown["data_schema"].schema.items() if name == "forget"]
    assert field.config["options"] == ["barn", "home", "shed"]
    result = await enter(home, shown, url=app.url, forget=["home", "shed"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert addresses(home) == {BY_HAND: app.url, "barn": "http://barn:8098"}


async def test_nothing_is_to_be_forgotten_where_nothing_was_announced(home: Home, app: FakeApp) -> None:
    await enter(home, await form(home), url=app.url, token=TOKEN)
    shown = await form(home)
    assert shown["data_schema"] is not None
    assert [str(name) for name in shown["data_schema"].schema] == ["url", "token"]


async def test_an_app_that_is_forgotten_comes_back_with_its_next_word_and_not_before(home: Home) -> None:
    await announce(home.hass)
    await enter(home, await form(home), forget=["home"])
    assert with_announced(home.hass, {}) == {}
    await announce(home.hass)
    assert list(addresses(home)) == ["home"]


async def test_an_app_goes_with_its_source_and_with_no_other(home: Home) -> None:
    await announce(home.hass)
    for by in (SNAPSHOT, source("home")):
        await home.report(InputReport(device_key=f"Camera of {by.topic}", active=False), by=by)
    await home.post(Forgotten(sources=("ioboard.home",)))
    assert list(addresses(home)) == ["home"]
    await home.post(Forgotten(sources=(SNAPSHOT.source_id,)))
    assert addresses(home) == {}
    assert with_announced(home.hass, {}) == {}


async def test_an_app_whose_source_never_reported_stays(home: Home) -> None:
    await announce(home.hass)
    await home.report(InputReport(device_key="Door", active=False))
    await home.post(Forgotten(sources=("ioboard.garage",)))
    assert list(addresses(home)) == ["home"]


async def test_one_app_is_not_shown_twice_because_it_was_entered_and_is_announced(home: Home, app: FakeApp) -> None:
    await enter(home, await form(home), url=app.url, token=TOKEN)
    host, port = app.url.removeprefix("http://").split(":")
    await announce(home.hass, images={"host": host, "port": int(port), "token": TOKEN})
    assert addresses(home) == {"home": app.url}


async def test_an_app_offers_the_hub_with_its_pictures(hass: HomeAssistant) -> None:
    MockConfigEntry(domain="mqtt").add_to_hass(hass)
    shown = await announce(hass)
    result = await answer(hass, shown, {"rabbitmq": False})
    kept = {"home": {"url": "http://local-snapshot:8098", "token": TOKEN, "source": "snapshot.home"}}
    assert result["data"] == {"mqtt": True, "images": kept}


async def test_nothing_is_noted_of_a_hub_that_is_ignored(hass: HomeAssistant) -> None:
    ignored = MockConfigEntry(domain=DOMAIN, unique_id=DOMAIN, source=SOURCE_IGNORE)
    ignored.add_to_hass(hass)
    assert (await announce(hass))["type"] is FlowResultType.ABORT
    assert ignored.data == {}


async def test_the_systems_page_shows_whether_the_pictures_are_to_be_had(home: Home, app: FakeApp) -> None:
    assert await async_setup_component(home.hass, "system_health", {})
    assert "pictures" not in await get_system_health_info(home.hass, DOMAIN)
    async_keep(home.hass, home.entry, "home", PictureApp(url=app.url, token=TOKEN))
    assert await (await get_system_health_info(home.hass, DOMAIN))["pictures"] == "ok"
    async_keep(home.hass, home.entry, "barn", PictureApp(url="http://127.0.0.1:1", token=TOKEN))
    assert await (await get_system_health_info(home.hass, DOMAIN))["pictures"] == "ok, away"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("cameras.local", "http://cameras.local:8098"),
        (" 192.168.1.20:9000 ", "http://192.168.1.20:9000"),
        ("http://cameras", "http://cameras"),
        ("https://cameras.example.org/", "https://cameras.example.org"),
        ("[fd00::20]", "http://[fd00::20]:8098"),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, url: str) -> None:
    assert read_url(text) == url
    assert read_url(url) == url


@given(st.text(max_size=50) | st.from_regex(r"(https?://)?[\w.:@/\[\]?#-]{0,30}", fullmatch=True))
def test_any_text_is_an_address_or_said_to_be_none(text: str) -> None:
    for read in (read_url, read_token):
        try:
            kept = read(text)
        except AddressError as error:
            word = str(error)
        else:
            word = "invalid_address"
            assert read(kept) == kept
        assert word in TEXTS["options"]["error"]


@given(
    name=st.text(max_size=10), images=st.dictionaries(st.sampled_from(["host", "port", "token"]), st.text(max_size=9))
)
def test_whatever_is_announced_is_an_app_or_none(name: str, images: dict[str, Any]) -> None:
    found = read_announced(name, {"images": images})
    kept = with_app({"mqtt": True}, name, found)
    assert kept["mqtt"] is True
    assert ("images" in kept) is (found is not None)
