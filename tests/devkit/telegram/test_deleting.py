"""What users write can be deleted by the bot where Telegram lets it."""

from devkit.telegram import FakeTelegram

from .kit import ANN, Client

FAMILY = -77


async def test_a_bot_deletes_what_somebody_wrote_to_it(telegram: FakeTelegram, client: Client) -> None:
    number = telegram.say(ANN, "/disarm 1234")
    telegram.say(ANN, "/status")
    assert (await client.ask("deleteMessage", chat_id=ANN, message_id=number)).result is True
    assert telegram.written(ANN) == ("/status",)


async def test_in_a_group_it_may_not(telegram: FakeTelegram, client: Client) -> None:
    telegram.add_group(FAMILY)
    number = telegram.say(ANN, "/disarm 1234", chat_id=FAMILY)
    refusal = (await client.ask("deleteMessage", chat_id=FAMILY, message_id=number)).refusal
    assert refusal == "Bad Request: message can't be deleted"
    assert telegram.written(FAMILY) == ("/disarm 1234",)
