"""Who may command the hub in a chat, and where."""

from homeassistant.core import Context, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.event_hub.engine.alarm.status import Phase
from devkit.polling import until
from tests.integration.alarm.kit import House

from .kit import ANN, BEN, FAMILY, Talk


async def test_somebody_that_only_the_bot_knows_is_not_answered_and_logged_once(
    talk: Talk, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    talk.telegram.add_user(BEN, "Ben")
    await talk.bot.allow(BEN)
    for _ in range(3):
        await talk.ask_in_vain("/arm away 1234", by=BEN)
    assert house.phase is Phase.DISARMED
    logged = [record.getMessage() for record in caplog.records if "may not command the hub" in record.getMessage()]
    assert logged == [f"Telegram user {BEN} may not command the hub in chat {BEN}: not answered"]


async def test_ann_commands_the_hub_in_her_familys_group(talk: Talk, house: House) -> None:
    talk.telegram.add_group(FAMILY)
    await talk.bot.allow(FAMILY)
    assert (await talk.ask("/arm@home_bot away", chat_id=FAMILY)).startswith("Home is being armed")
    assert talk.telegram.sent[-1].chat_id == FAMILY
    assert house.phase is Phase.ARMING


async def test_others_of_the_group_do_not(talk: Talk, house: House) -> None:
    talk.telegram.add_group(FAMILY)
    await talk.bot.allow(FAMILY)
    await talk.ask_in_vain("/arm away", by=BEN, chat_id=FAMILY)
    assert house.phase is Phase.DISARMED


async def test_in_a_group_that_was_not_chosen_ann_does_not_either(talk: Talk, house: House) -> None:
    talk.telegram.add_group(-88)
    await talk.bot.allow(-88)
    await talk.ask_in_vain("/arm away", by=ANN, chat_id=-88)
    assert house.phase is Phase.DISARMED


async def test_what_is_for_another_bot_is_not_answered(talk: Talk, house: House) -> None:
    talk.telegram.add_group(FAMILY)
    await talk.bot.allow(FAMILY)
    await talk.ask_in_vain("/arm@other_bot away", by=ANN, chat_id=FAMILY)
    assert house.phase is Phase.DISARMED


async def test_commands_of_other_programs_are_left_to_them(talk: Talk) -> None:
    await talk.ask_in_vain("/thermostat 21", by=ANN)


async def test_no_code_is_ever_logged(talk: Talk, house: House, caplog: pytest.LogCaptureFixture) -> None:
    await house.arm()
    await talk.ask("/disarm 739155")
    await until(lambda: talk.telegram.written(ANN) == ())
    own = [record for record in caplog.records if record.name.startswith("custom_components.event_hub")]
    assert not any("739155" in record.getMessage() for record in own)


async def test_a_hub_without_chosen_people_does_not_listen(talk: Talk, hass: HomeAssistant) -> None:
    entry = talk.house.home.entry
    hass.config_entries.async_update_entry(entry, options={})
    await talk.house.home.reload()
    heard = async_capture_events(hass, "telegram_command")
    talk.telegram.say(ANN, "/arm away")
    await until(lambda: heard)
    await talk.house.told()
    assert talk.house.phase is Phase.DISARMED
    assert talk.telegram.sent == ()


async def test_what_no_bot_heard_is_not_obeyed(talk: Talk, house: House, hass: HomeAssistant) -> None:
    bot = {"config_entry_id": talk.bot.entry.entry_id, "username": "home_bot"}
    data = {"command": "/arm", "args": ["away"], "chat_id": ANN, "user_id": ANN, "id": 5, "bot": bot}
    hass.bus.async_fire("telegram_command", data)
    hass.bus.async_fire("telegram_command", data, context=Context(user_id="somebody"))
    assert (await talk.ask("/help")).startswith("/help")
    assert len(talk.telegram.sent) == 1
    assert house.phase is Phase.DISARMED


async def test_a_bot_that_starts_anew_is_heard_again(talk: Talk, house: House, hass: HomeAssistant) -> None:
    for _ in range(2):
        assert await hass.config_entries.async_reload(talk.bot.entry.entry_id)
        await hass.async_block_till_done()
    assert (await talk.ask("/arm away")).startswith("Home is being armed")
    await house.told()
    assert len(talk.telegram.sent) == 1
