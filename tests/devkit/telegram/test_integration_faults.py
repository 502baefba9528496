"""Home Assistant's real `telegram_bot` when Telegram fails: what our retries have to reckon with."""

import asyncio
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter
import voluptuous as vol

from devkit.polling import until
from devkit.telegram import Bad, Blocked, Broken, Cut, Down, Fault, Flood, Hang, Pace

from .home import Bot
from .kit import ANN, jpeg


@pytest.fixture
async def ann(bot: Bot) -> str:
    """Return the notify entity of the allowed user."""
    return await bot.allow(ANN)


async def refused(bot: Bot, message: str = "Front door", **data: object) -> HomeAssistantError:
    """Return the error with which a message is refused."""
    with pytest.raises(HomeAssistantError) as caught:
        await bot.act("send_message", message=message, **data)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "cause", "words"),
    [
        (Flood(retry_after=12), RetryAfter, "Retry in 12 seconds"),
        (Blocked(), Forbidden, "bot was blocked by the user"),
        (Bad(description="have no rights to send"), BadRequest, "Have no rights to send"),
        (Broken(status=HTTPStatus.INTERNAL_SERVER_ERROR), NetworkError, "Internal Server Error"),
        (Broken(status=HTTPStatus.BAD_GATEWAY), NetworkError, "Bad Gateway"),
        (Cut(), NetworkError, "httpx."),
        (Cut(taken=True), NetworkError, "httpx."),
    ],
)
async def test_an_action_fails_at_once_and_is_not_tried_again(
    bot: Bot, ann: str, fault: Fault, cause: type[Exception], words: str
) -> None:
    bot.telegram.fail(fault)
    error = await refused(bot, entity_id=ann)
    assert error.translation_key == "action_failed"
    assert type(error.__cause__) is cause
    assert words in str(error.__cause__)
    assert bot.telegram.requests.count("sendMessage") == 1
    await bot.act("send_message", entity_id=ann, message="Again")


async def test_how_long_to_wait_is_known_from_the_cause(bot: Bot, ann: str) -> None:
    bot.telegram.limit(Pace(messages=1, seconds=600))
    await bot.act("send_message", entity_id=ann, message="First")
    cause = (await refused(bot, entity_id=ann)).__cause__
    assert isinstance(cause, RetryAfter)
    wait = cause.retry_after
    assert (wait.total_seconds() if isinstance(wait, timedelta) else wait) == pytest.approx(600, abs=2)


async def test_the_notify_entity_lets_telegrams_own_error_out(hass: HomeAssistant, bot: Bot, ann: str) -> None:
    bot.telegram.fail(Flood(retry_after=12))
    with pytest.raises(RetryAfter):
        await hass.services.async_call(
            "notify", "send_message", {"entity_id": ann, "message": "Front door"}, blocking=True
        )


@pytest.mark.parametrize("taken", [False, True])
async def test_an_action_waits_for_an_answer_until_its_caller_gives_up(bot: Bot, ann: str, taken: bool) -> None:
    bot.telegram.fail(Hang(taken=taken))
    sending = asyncio.create_task(bot.act("send_message", entity_id=ann, message="Front door"))
    await until(lambda: "sendMessage" in bot.telegram.requests)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await sending
    assert [sent.text for sent in bot.telegram.sent] == ["Front door"] * taken
    await bot.act("send_message", entity_id=ann, message="Again")


async def test_messages_are_sent_again_once_the_network_is_back(bot: Bot, ann: str) -> None:
    with bot.telegram.down():
        assert type((await refused(bot, entity_id=ann)).__cause__) is NetworkError
    await bot.act("send_message", entity_id=ann, message="After")
    assert [sent.text for sent in bot.telegram.sent] == ["After"]


@pytest.mark.usefixtures("ann")
async def test_commands_that_came_while_the_network_was_lost_come_afterwards(hass: HomeAssistant, bot: Bot) -> None:
    events = async_capture_events(hass, "telegram_command")
    with bot.telegram.down(Down.CUT):
        bot.telegram.say(ANN, "/status")
    await until(lambda: events)
    assert [event.data["command"] for event in events] == ["/status"]


async def test_a_label_with_an_underscore_breaks_the_default_format(bot: Bot, ann: str) -> None:
    error = await refused(bot, "binary_sensor", entity_id=ann)
    assert "can't parse entities" in str(error.__cause__).lower()
    await bot.act("send_message", entity_id=ann, message="binary_sensor", parse_mode="plain_text")
    assert [sent.text for sent in bot.telegram.sent] == ["binary_sensor"]


async def test_a_message_that_is_too_long_is_not_cut_for_us(bot: Bot, ann: str) -> None:
    assert "too long" in str((await refused(bot, "a" * 4097, entity_id=ann)).__cause__).lower()


async def test_of_two_chats_one_fails_and_the_other_is_told(bot: Bot, ann: str) -> None:
    bot.telegram.add_user(1002, "Ben")
    ben = await bot.allow(1002)
    bot.telegram.block(ANN)
    assert type((await refused(bot, entity_id=[ann, ben])).__cause__) is Forbidden
    assert [sent.chat_id for sent in bot.telegram.sent] == [1002]


@pytest.mark.usefixtures("ann")
async def test_a_chat_that_is_not_allowed_is_not_sent_to(bot: Bot) -> None:
    bot.telegram.add_user(1002, "Ben")
    with pytest.raises(ServiceValidationError) as caught:
        await bot.act("send_message", chat_id=1002, message="Front door")
    assert caught.value.translation_key == "invalid_chat_ids"
    assert bot.telegram.sent == ()


async def test_a_file_that_is_not_allowed_is_not_sent(bot: Bot, ann: str, tmp_path: Path) -> None:
    secret = tmp_path.parent / "secret.jpg"
    with pytest.raises(ServiceValidationError) as caught:
        await bot.act("send_photo", entity_id=ann, file=str(secret))
    assert caught.value.translation_key == "allowlist_external_dirs_error"


async def test_an_album_fails_as_a_whole(hass: HomeAssistant, bot: Bot, ann: str, tmp_path: Path) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    paths = [tmp_path / name for name in ("good.jpg", "bad.jpg")]
    paths[0].write_bytes(jpeg())
    paths[1].write_bytes(b"no picture")
    media = [{"media_type": "photo", "file": str(path)} for path in paths]
    with pytest.raises(HomeAssistantError) as caught:
        await bot.act("send_media_group", entity_id=ann, media=media)
    assert isinstance(caught.value.__cause__, BadRequest)
    assert bot.telegram.sent == ()


@pytest.mark.parametrize("count", [1, 11])
async def test_an_album_of_a_wrong_size_does_not_reach_telegram(bot: Bot, ann: str, count: int) -> None:
    media = [{"media_type": "photo", "file": "/x.jpg"}] * count
    with pytest.raises(vol.Invalid):
        await bot.act("send_media_group", entity_id=ann, media=media)
    assert "sendMediaGroup" not in bot.telegram.requests


async def test_while_it_is_not_loaded_nothing_is_sent(hass: HomeAssistant, bot: Bot, ann: str) -> None:
    assert ann
    await hass.config_entries.async_unload(bot.entry.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await bot.act("send_message", chat_id=ANN, message="Front door")
    assert caught.value.translation_key == "entry_not_loaded"


async def test_it_does_not_start_while_telegram_is_down_and_does_afterwards(hass: HomeAssistant, bot: Bot) -> None:
    with bot.telegram.down():
        assert not await hass.config_entries.async_reload(bot.entry.entry_id)
        assert bot.entry.state.value == "setup_retry"
    assert await hass.config_entries.async_reload(bot.entry.entry_id)
