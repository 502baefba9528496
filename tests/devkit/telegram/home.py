"""Home Assistant's own `telegram_bot`, set up as a user sets it up, at a fake Telegram."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.telegram_bot.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from devkit.telegram import FakeTelegram

CHAT: Final = "allowed_chat_ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The set-up integration, and the Telegram it talks to."""

    hass: HomeAssistant
    telegram: FakeTelegram
    entry: ConfigEntry

    async def allow(self, chat_id: int) -> str:
        """Allow a chat by the integration's own dialogue; return its notify entity."""
        subentries = self.hass.config_entries.subentries
        form = await subentries.async_init((self.entry.entry_id, CHAT), context={"source": SOURCE_USER})
        assert form["type"] is FlowResultType.FORM
        made = await subentries.async_configure(form["flow_id"], {"chat_id": chat_id})
        assert made["type"] is FlowResultType.CREATE_ENTRY, made
        await self.hass.async_block_till_done()
        (entity_id,) = (
            state.entity_id
            for state in self.hass.states.async_all("notify")
            if state.attributes["friendly_name"] == made["title"]
        )
        return entity_id

    async def act(self, action: str, **data: Any) -> Any:
        """Call one of its actions and return what it answers."""
        return await self.hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


async def set_up(hass: HomeAssistant, telegram: FakeTelegram) -> Bot:
    """Set a polling bot up by its configuration dialogue."""
    flow = hass.config_entries.flow
    form = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert form["type"] is FlowResultType.FORM
    made = await flow.async_configure(
        form["flow_id"],
        {
            "platform": "polling",
            "api_key": telegram.token,
            "additional_settings": {"api_endpoint": telegram.url},
        },
    )
    assert made["type"] is FlowResultType.CREATE_ENTRY, made
    await hass.async_block_till_done()
    return Bot(hass=hass, telegram=telegram, entry=made["result"])


@asynccontextmanager
async def running_bot(hass: HomeAssistant, telegram: FakeTelegram) -> AsyncGenerator[Bot]:
    """Have a bot within a block; it stops polling afterwards."""
    bot = await set_up(hass, telegram)
    try:
        yield bot
    finally:
        await hass.config_entries.async_unload(bot.entry.entry_id)
        await hass.async_block_till_done()
