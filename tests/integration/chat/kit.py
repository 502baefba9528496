"""Somebody who writes to the bot, and reads what it answers."""

from typing import Final

from homeassistant.core import HomeAssistant

from devkit.polling import until
from devkit.telegram import FakeTelegram
from tests.devkit.telegram.home import Bot
from tests.integration.alarm.kit import House

ANN: Final = 1001
BEN: Final = 1002
FAMILY: Final = -77


class Talk:
    """Ann's chat with the bot."""

    def __init__(self, bot: Bot, house: House) -> None:
        """Write to this bot, of this house."""
        self.bot = bot
        self.house = house

    @property
    def hass(self) -> HomeAssistant:
        """Her Home Assistant."""
        return self.bot.hass

    @property
    def telegram(self) -> FakeTelegram:
        """The Telegram she uses."""
        return self.bot.telegram

    async def ask(self, text: str, *, by: int = ANN, chat_id: int | None = None) -> str:
        """Write something and return the answer."""
        before = len(self.telegram.sent)
        self.telegram.say(by, text, chat_id=chat_id)
        await until(lambda: len(self.telegram.sent) > before)
        await self.house.told()
        return self.telegram.sent[before].text

    async def ask_in_vain(self, text: str, *, by: int, chat_id: int | None = None) -> None:
        """Write something that is not answered: what Ann asks afterwards is the next answer."""
        before = len(self.telegram.sent)
        self.telegram.say(by, text, chat_id=chat_id)
        answer = await self.ask("/help")
        assert answer.startswith("/help")
        await self.hass.async_block_till_done(wait_background_tasks=True)
        assert len(self.telegram.sent) == before + 1
