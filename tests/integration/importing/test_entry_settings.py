"""What Home Assistant keeps for the hub, its quiet hours and channels, is exported and imported as well."""

from collections.abc import Callable
from typing import Any, NoReturn

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.event_hub.storage import store
from tests.integration.actions.kit import Answer, ask, refusal
from tests.integration.flows.kit import TEXTS
from tests.integration.kit import Home

from .conftest import OLD
from .test_loop_kept_free import meanwhile

QUIET = "event_hub: 1\nquiet_hours: {begin_at: '23:00', end_at: '06:00'}"
GATE = "event_hub: 1\ninputs: {Gate: {}}"
SMS = "event_hub: 1\nchannels: {SMS: {kind: action, target: script.sms, priority: 30}}"


@pytest.fixture
def sms(hass: HomeAssistant) -> None:
    """Have an action that a channel can go to."""
    hass.services.async_register("script", "sms", lambda _: None)


async def read_back(home: Home, text: str, *, dry_run: bool = False) -> Answer:
    """Take over a text."""
    return await ask(home.hass, "import_configuration", yaml=text, dry_run=dry_run)


async def export(home: Home) -> str:
    """Return the whole configuration."""
    text: str = (await ask(home.hass, "export_configuration"))["yaml"]
    return text


async def test_quiet_hours_count_at_once_and_after_a_restart(home: Home) -> None:
    hub = home.hub
    assert (await read_back(home, QUIET))["changes"] == ["Quiet hours are from 23:00 to 06:00"]
    for _ in range(2):
        quiet = home.hub.state.settings.quiet_hours
        assert (quiet.enabled, quiet.begin_at, quiet.end_at) == (True, 23 * 3600, 6 * 3600)
        assert "begin_at: '23:00'" in await export(home)
        assert home.hub is hub
        await home.reload()
        hub = home.hub
    assert (await read_back(home, QUIET))["changes"] == []


@pytest.mark.usefixtures("sms")
async def test_a_dry_run_changes_nothing_of_them(home: Home) -> None:
    for text in (QUIET, SMS, "event_hub: 1\noutputs_suspended: true"):
        assert len((await read_back(home, text, dry_run=True))["changes"]) == 1
    assert home.entry.options == {}
    assert not home.entry.subentries
    assert not home.hub.state.outputs_suspended


async def test_outputs_are_suspended_and_their_switch_shows_it(home: Home) -> None:
    answer = await read_back(home, "event_hub: 1\noutputs_suspended: true")
    assert answer["changes"] == ["All outputs are suspended: none of them is commanded, except sirens"]
    await home.told()
    assert home.hub.state.outputs_suspended
    assert "outputs_suspended: true" in await export(home)
    await home.reload()
    assert home.hub.state.outputs_suspended


@pytest.mark.usefixtures("sms")
async def test_a_channel_is_set_up_and_used_at_once_and_not_twice(home: Home) -> None:
    assert (await read_back(home, SMS))["changes"] == ["The channel “SMS” is set up; it goes to “script.sms”"]
    await home.hass.async_block_till_done()
    (channel,) = home.hub.telling.channels
    assert (channel.name, channel.target) == ("SMS", "script.sms")
    assert (await read_back(home, SMS))["changes"] == []
    assert (await read_back(home, await export(home)))["changes"] == []
    (subentry,) = home.entry.subentries.values()
    assert (subentry.title, subentry.data["priority"]) == ("SMS", 30)


@pytest.mark.usefixtures("sms")
async def test_a_channel_is_changed_and_keeps_what_the_text_does_not_name(home: Home) -> None:
    await read_back(home, SMS)
    await read_back(home, "event_hub: 1\nchannels: {SMS: {enabled: false, topics: [alarm]}}")
    (subentry,) = home.entry.subentries.values()
    assert dict(subentry.data) == {
        "kind": "action",
        "target": "script.sms",
        "priority": 30,
        "enabled": False,
        "topics": ["alarm"],
    }
    await home.hass.async_block_till_done()
    assert not home.hub.telling.channels[0].enabled


@pytest.mark.usefixtures("sms")
async def test_two_channels_of_one_name_stay_two(home: Home) -> None:
    await read_back(home, SMS)
    await read_back(home, SMS.replace("SMS:", "Other:"))
    second = list(home.entry.subentries.values())[1]
    home.hass.config_entries.async_update_subentry(home.entry, second, title="SMS")
    text = await export(home)
    assert "SMS (2):" in text
    assert (await read_back(home, text))["changes"] == []


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("action", "script.sms"),
        ("mobile_app", "notify.mobile_app_ann"),
        ("notify_entity", "notify.neighbour"),
        ("telegram", "notify.family"),
        ("telegram", "'12345'"),
    ],
)
async def test_a_channel_that_reaches_nobody_here_is_left_out_and_said(home: Home, kind: str, target: str) -> None:
    answer = await read_back(home, f"event_hub: 1\nchannels: {{X: {{kind: {kind}, target: {target}}}}}")
    assert answer["changes"] == []
    (said,) = answer["problems"]
    assert "Set it up in Home Assistant and import again" in said
    assert not home.entry.subentries


async def test_an_entity_and_a_bots_chat_are_reached(home: Home) -> None:
    home.hass.states.async_set("notify.neighbour", "unknown")
    home.hass.services.async_register("telegram_bot", "send_message", lambda _: None)
    text = (
        "event_hub: 1\nchannels: {A: {kind: notify_entity, target: notify.neighbour},"
        " B: {kind: telegram, target: '12345'}}"
    )
    assert (await read_back(home, text))["problems"] == []
    assert {each.title for each in home.entry.subentries.values()} == {"A", "B"}


async def test_the_plan_is_in_the_language_of_home_assistant(home: Home) -> None:
    home.hass.config.language = "de"
    answer = await read_back(home, GATE, dry_run=True)
    assert answer["changes"] == ["„Gate“ kommt als Eingang hinzu, noch bevor sein Gerät sich meldet"]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what fills the disk up."""

    def fail(_: object) -> NoReturn:
        raise OSError("the disk is full")

    return lambda: monkeypatch.setattr(store, "content_of", fail)


async def test_what_could_not_be_stored_is_said_and_counts(home: Home, full_disk: Callable[[], None]) -> None:
    full_disk()
    said = await refusal(home.hass, "import_configuration", yaml=GATE, dry_run=False)
    assert said.startswith("All changes were made and count from now on, but could not be stored")
    assert "Gate" in home.hub.state.inputs


async def test_the_answer_comes_once_it_is_stored(home: Home, hass_storage: dict[str, Any]) -> None:
    await read_back(home, GATE)
    assert "Gate" in hass_storage["event_hub.registry"]["data"]["inputs"]


async def test_while_the_disk_fails_trying_again_does_not_say_that_it_is_done(
    home: Home, full_disk: Callable[[], None]
) -> None:
    full_disk()
    for _ in range(2):
        said = await refusal(home.hass, "import_configuration", yaml=GATE, dry_run=False)
        assert said.startswith("All changes were made and count from now on, but could not be stored")
    assert (await read_back(home, GATE, dry_run=True))["changes"] == []


async def test_the_form_says_that_it_could_not_be_stored(moved: Home, full_disk: Callable[[], None]) -> None:
    options: Any = moved.hass.config_entries.options
    menu = await options.async_init(moved.entry.entry_id)
    form = await options.async_configure(menu["flow_id"], {"next_step_id": "take_over"})
    form = await options.async_configure(form["flow_id"], {"path": OLD})
    full_disk()
    done = await options.async_configure(form["flow_id"], {})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_stored")
    assert TEXTS["options"]["abort"]["not_stored"] == TEXTS["exceptions"]["import_not_stored"]["message"]
    assert "Front Door" in moved.hub.state.inputs
    again = await options.async_init(moved.entry.entry_id)
    form = await options.async_configure(again["flow_id"], {"next_step_id": "take_over"})
    done = await options.async_configure(form["flow_id"], {"path": OLD})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "not_stored")


@pytest.mark.usefixtures("sms")
async def test_a_channel_that_somebody_removes_meanwhile_is_not_left_broken(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read_back(home, SMS)
    (channel,) = home.entry.subentries
    meanwhile(monkeypatch, lambda: home.hass.config_entries.async_remove_subentry(home.entry, channel))
    await read_back(home, "event_hub: 1\nchannels: {SMS: {enabled: false}}\ninputs: {Gate: {}}")
    assert "Gate" in home.hub.state.inputs
    assert not home.entry.subentries


@pytest.mark.parametrize("where", ["async_post_all", "async_save"])
async def test_a_hub_that_is_reloaded_meanwhile_says_so_and_trying_again_does_the_rest(
    home: Home, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    hub = home.hub
    does = getattr(hub, where)

    async def reloaded(*given: Any) -> bool:
        monkeypatch.setattr(hub, where, does)
        done: bool = where == "async_save" or await does(*given)
        await home.reload()
        return done if where == "async_post_all" else await does(*given)

    monkeypatch.setattr(hub, where, reloaded)
    text = f"{QUIET}\ninputs: {{Gate: {{}}}}"
    said = await refusal(home.hass, "import_configuration", yaml=text, dry_run=False)
    assert said.startswith("Event Hub is not running")
    await read_back(home, text)
    assert "Gate" in home.hub.state.inputs
    assert home.hub.state.settings.quiet_hours.begin_at == 23 * 3600
