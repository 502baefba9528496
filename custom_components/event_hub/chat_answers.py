"""Answers on their way to a chat, through the actions of Home Assistant's Telegram bot.

Each chat gets its answers in their order. What Telegram does not take for now is sent again for some minutes;
after a broken connection nobody knows whether it was taken, so that an answer may come twice.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from .chat_users import TELEGRAM
from .const import LOGGER
from .engine.chat.wording import MESSAGE_LIMIT
from .engine.telling.cutting import cut, size
from .outputs.notify.calling import async_call
from .outputs.notify.message import Failure, Problem, SendError

# Seconds: until an answer is given up, and between attempts.
PATIENCE: Final = 300.0
# Who deletes a message or shows what a button did, does it soon or never.
SHORT_PATIENCE: Final = 60.0
FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 30.0
# So long may answers take that are on their way when the hub stops.
LAST_PATIENCE: Final = 3.0
# So many answers may wait for one chat; the oldest of more are given up.
MOST_WAITING: Final = 20
QUERY_LIMIT: Final = 200
# As Telegram words it, in lower case.
GONE: Final = "message to delete not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an answer belongs: a chat of a bot, and the topic of a group that has such."""

    chat_id: int
    bot: str | None = None
    topic: int | None = None

    @property
    def data(self) -> dict[str, Any]:
        """The same for the bot's actions."""
        bot = {} if self.bot is None else {"config_entry_id": self.bot}
        return {"chat_id": self.chat_id, **bot}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One call of an action. ``lost`` is called when it is given up."""

    action: str
    data: Mapping[str, Any] = field(repr=False)
    lost: Callable[[], None] | None = None


class ChatAnswers:
    """Sends answers. All methods belong in the event loop."""

    def __init__(self, hass: HomeAssistant, on_lost: Callable[[str, str], None]) -> None:
        """Send through the bots of ``hass``; ``on_lost`` is told by whom, and what, when what matters was not sent."""
        self._hass = hass
        self._on_lost = on_lost
        self._waiting: dict[Place, deque[_Call]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @callback
    def say(self, place: Place, text: str, *, matters_of: str | None = None) -> None:
        """Answer with a text, which is cut to a message. Something that somebody did must be known: ``matters_of``."""
        shown = text if size(text) <= MESSAGE_LIMIT else cut(text, MESSAGE_LIMIT)
        # As it is: names have signs in them that a format would take for its own.
        data = {"message": shown, "parse_mode": "plain_text"}
        lost = None if matters_of is None else partial(self._on_lost, matters_of, shown)
        self._queue(place, _Call(action="send_message", data=data, lost=lost))

    @callback
    def show(self, place: Place, path: str, caption: str) -> None:
        """Answer with the picture in a file, which must be one that Home Assistant allows the bot to read."""
        data = {"file": path, "caption": caption, "parse_mode": "plain_text"}
        self._queue(place, _Call(action="send_photo", data=data))

    async def async_delete(self, place: Place, message_id: int) -> bool:
        """Delete somebody's message; says whether it is gone, be it that they deleted it themselves."""
        failure = await self._async_try("delete_message", {**place.data, "message_id": message_id}, SHORT_PATIENCE)
        return failure is None or GONE in failure.detail.casefold()

    async def async_answer_query(self, bot: str | None, query_id: str, text: str, *, alert: bool) -> bool:
        """Show a text to who pressed a button, for a moment or until they have read it; says whether that was taken."""
        data = {"callback_query_id": query_id, "message": cut(text, QUERY_LIMIT), "show_alert": alert}
        bots = {} if bot is None else {"config_entry_id": bot}
        return await self._async_carry_out("answer_callback_query", {**bots, **data}, SHORT_PATIENCE)

    async def async_stop(self) -> None:
        """Stop within seconds; what was not sent is given up, also what is under way: nobody knows if it was taken."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_PATIENCE)
        waiting = [call for calls in self._waiting.values() for call in calls]
        self._waiting.clear()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for call in waiting:
            _give_up(call)

    def _queue(self, place: Place, call: _Call) -> None:
        waiting = self._waiting.get(place)
        if waiting is None:
            self._waiting[place] = deque((call,))
            task = self._hass.async_create_background_task(self._async_empty(place), "Answer in a chat")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        waiting.append(call)
        # The first is under way.
        while len(waiting) > MOST_WAITING:
            given_up = waiting[1]
            del waiting[1]
            _give_up(given_up)

    async def _async_empty(self, place: Place) -> None:
        waiting = self._waiting[place]
        try:
            while waiting:
                call = waiting[0]
                if not await self._async_sent(place, call):
                    _give_up(call)
                waiting.popleft()
        finally:
            self._waiting.pop(place, None)

    async def _async_sent(self, place: Place, call: _Call) -> bool:
        """Send one answer. A reply in a group without topics has a thread as well, which then is not found."""
        data = {**place.data, **call.data}
        if place.topic is not None:
            failure = await self._async_try(call.action, {**data, "message_thread_id": place.topic}, PATIENCE)
            if failure is None or failure.problem is not Problem.REFUSED:
                return failure is None
        return await self._async_carry_out(call.action, data, PATIENCE)

    async def _async_carry_out(self, action: str, data: Mapping[str, Any], patience: float) -> bool:
        """Call an action of the bot; says whether it was done."""
        return await self._async_try(action, data, patience) is None

    async def _async_try(self, action: str, data: Mapping[str, Any], patience: float) -> Failure | None:
        """Call an action of the bot until it is done, can never be, or ``patience`` seconds are over."""
        end = self._hass.loop.time() + patience
        wait = FIRST_WAIT
        while True:
            try:
                await async_call(self._hass, f"{TELEGRAM}.{action}", data)
            except SendError as error:
                failure = error.failure
                pause = wait if failure.retry_after is None else failure.retry_after
                if failure.permanent or self._hass.loop.time() + pause > end:
                    LOGGER.warning("Telegram took no answer (%s): %s", action, failure.detail)
                    return failure
                await asyncio.sleep(pause)
                wait = min(wait * 2, LONGEST_WAIT)
            else:
                return None


def _give_up(call: _Call) -> None:
    if call.lost is not None:
        call.lost()
