"""Setting channels up by their forms, changing and trying them."""

from typing import Any, cast

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.event_hub.channel_flow import SECTION
from custom_components.event_hub.engine.telling.model import ChannelKind, Pictures
from tests.devkit.telegram.home import Bot
from tests.integration.actions.kit import add_inputs
from tests.integration.kit import Home

from .kit import PHONE, SMS, Receiver, add_channel, desk, receiver, settled

USUAL = {"name": "SMS", "target": SMS, "language": "de", "priority": 2, "people_only": False, SECTION: {}}


async def begin(home: Home, kind: str) -> str:
    """Open the form for a new channel of a kind; returns the flow."""
    flows = home.hass.config_entries.subentries
    menu = await flows.async_init((home.entry.entry_id, "channel"), context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    assert set(cast("list[str]", menu["menu_options"])) == {each.value for each in ChannelKind}
    form = await flows.async_configure(menu["flow_id"], {"next_step_id": kind})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, kind)
    return str(form["flow_id"])


async def answer(home: Home, flow_id: str, data: dict[str, Any]) -> Any:
    """Answer a form."""
    return await home.hass.config_entries.subentries.async_configure(flow_id, data)


async def reconfigure(home: Home, channel_id: str, step: str) -> Any:
    """Choose what is to be done with a channel."""
    flows = home.hass.config_entries.subentries
    menu = await flows.async_init(
        (home.entry.entry_id, "channel"), context={"source": SOURCE_RECONFIGURE, "subentry_id": channel_id}
    )
    assert menu["type"] is FlowResultType.MENU
    return await flows.async_configure(menu["flow_id"], {"next_step_id": step})


async def test_a_channel_is_set_up_and_used_at_once(home: Home, sms: Receiver) -> None:
    made = await answer(home, await begin(home, "action"), USUAL)
    assert made["type"] is FlowResultType.CREATE_ENTRY
    (channel,) = desk(home).channels
    assert (channel.name, channel.kind, channel.target, channel.language) == ("SMS", ChannelKind.ACTION, SMS, "de")
    await add_inputs(home, "Door")
    home.hub.press("Door")
    await settled(home)
    assert [call["title"] for call in sms.calls] == ["Ausgelöst"]


async def test_a_chat_gets_what_telegram_usually_takes(home: Home, bot: Bot, chat: str) -> None:
    made = await answer(home, await begin(home, "telegram"), {**USUAL, "name": "Family", "target": chat})
    assert made["type"] is FlowResultType.CREATE_ENTRY
    (channel,) = desk(home).channels
    assert (channel.min_interval, channel.max_length, channel.pictures) == (12, 1024, Pictures.ALBUM)
    assert bot.telegram.sent == ()


async def test_a_target_that_is_not_there_is_named(home: Home) -> None:
    form = await answer(home, await begin(home, "action"), USUAL)
    assert form["errors"] == {"target": "target_missing"}
    assert form["description_placeholders"]["target"] == SMS


@pytest.mark.parametrize(
    ("change", "field", "error"),
    [
        ({"target": "everybody"}, "target", "invalid_target"),
        ({"name": "  "}, "name", "invalid_name"),
        ({SECTION: {"deadline": 10, "min_interval": 30}}, "base", "deadline_too_short"),
    ],
)
async def test_what_cannot_be_is_said_with_what_can(
    home: Home, sms: Receiver, change: dict[str, Any], field: str, error: str
) -> None:
    flow_id = await begin(home, "action")
    form = await answer(home, flow_id, USUAL | change)
    assert form["errors"] == {field: error}
    assert form["description_placeholders"]["example"] == "script.send_sms"
    assert (await answer(home, flow_id, USUAL))["type"] is FlowResultType.CREATE_ENTRY
    assert sms.calls == []


async def test_channels_are_used_in_the_order_of_their_priority(home: Home, sms: Receiver, phone: Receiver) -> None:
    add_channel(home, "B", "action", SMS, priority=5)
    add_channel(home, "A", "mobile_app", PHONE, priority=7)
    add_channel(home, "C", "notify_entity", "notify.c", priority=1)
    assert [channel.name for channel in desk(home).channels] == ["C", "B", "A"]
    assert sms.calls == phone.calls == []


async def test_a_channel_is_changed_without_a_restart(home: Home, sms: Receiver, phone: Receiver) -> None:
    hub = home.hub
    channel_id = add_channel(home, "SMS", "action", SMS, language="de")
    form = await reconfigure(home, channel_id, "action")
    assert form["type"] is FlowResultType.FORM
    done = await answer(home, form["flow_id"], USUAL | {"name": "Text", "language": "fr"})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    (channel,) = desk(home).channels
    assert (channel.channel_id, channel.name, channel.language) == (channel_id, "Text", "fr")
    assert home.hub is hub
    assert sms.calls == phone.calls == []


async def test_a_channel_is_tried_from_its_form(home: Home, sms: Receiver) -> None:
    channel_id = add_channel(home, "SMS", "action", SMS)
    done = await reconfigure(home, channel_id, "test")
    assert done["reason"] == "test_sent"
    assert [call["topic"] for call in sms.calls] == ["test"]
    sms.be_away()
    failed = await reconfigure(home, channel_id, "test")
    assert failed["reason"] == "test_failed"
    assert "no route to host" in failed["description_placeholders"]["detail"]


async def test_each_channel_has_a_button_that_tries_it(home: Home, hass: HomeAssistant, sms: Receiver) -> None:
    channel_id = add_channel(home, "SMS", "action", SMS)
    await hass.async_block_till_done()
    unique_id = f"channel:{channel_id}:test"
    assert home.state("button", unique_id).name == "Event Hub Test SMS"
    await home.call("button", "press", unique_id)
    assert len(sms.calls) == 1
    sms.be_away()
    with pytest.raises(HomeAssistantError, match="SMS could not be reached"):
        await home.call("button", "press", unique_id)
    hass.config_entries.async_remove_subentry(home.entry, channel_id)
    await hass.async_block_till_done()
    assert home.entity_id("button", unique_id) is None


async def test_a_phone_that_was_kept_is_not_asked_for_what_is_secret(home: Home, hass: HomeAssistant) -> None:
    leaking = receiver(hass, "rest_command.sms")
    leaking.fails = HomeAssistantError("failed: https://gate.example.org/send?key=geheim")
    add_channel(home, "Gate", "action", "rest_command.sms")
    await hass.async_block_till_done()
    channel_id = desk(home).channels[0].channel_id
    with pytest.raises(HomeAssistantError) as caught:
        await desk(home).async_test(channel_id)
    assert "geheim" not in str(caught.value)
    assert "geheim" not in str(caught.value.translation_placeholders)
