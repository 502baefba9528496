"""Commands in a chat, through Home Assistant's own Telegram bot: who may give them, and who is answered.

The bot passes on what the chats write that it knows; who of them may command the hub is chosen in the options.
Whatever asks something of the alarm goes through its one door (``AlarmDesk.async_ask``) as any other way in does.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import traceback
from typing import Any, Final
from uuid import uuid4

from homeassistant.core import Context, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .button_alarm import is_another_alarm
from .channels import is_of_chat
from .chat_alarm import async_alarm, async_press, async_status, may_hold_code
from .chat_answers import ChatAnswers, Place
from .chat_asked import Answer, Asked
from .chat_bots import ChatBots
from .chat_devices import async_report, async_snapshot, async_switch, async_why
from .chat_pictures import async_send_next
from .chat_repeats import Repeats
from .chat_users import chat_title, chat_users, may_command
from .const import LOGGER
from .engine.chat.buttons import Pressed, read_button
from .engine.chat.commands import Command, NotACommand, Verb, read_command
from .engine.chat.wording import NAME_LIMIT, Voice, quoted, whole
from .engine.telling.cutting import cut, tidy
from .engine.telling.model import Telling, Topic
from .house_words import voice_of
from .hub import EventHubConfigEntry, Hub

COMMAND: Final = "telegram_command"
CALLBACK: Final = "telegram_callback"
# So many commands of one chat may wait; more come from no person.
MOST_WAITING: Final = 8
# A stranger is logged once in so many seconds, whatever they write.
LOG_EVERY: Final = 3_600.0
MOST_STRANGERS: Final = 1_000
# So long, in seconds, has what was asked to be done when the hub stops; then nobody answers any more.
LAST_PATIENCE: Final = 5.0

type Handler = Callable[[Asked], Awaitable[Answer]]


async def async_help(asked: Asked) -> Answer:
    """List the commands."""
    lines: Any = asked.voice.says.help
    return Answer(text=whole(getattr(lines, verb.value) for verb in Verb))


HANDLERS: Final[Mapping[Verb, Handler]] = {
    Verb.HELP: async_help,
    Verb.STATUS: async_status,
    Verb.REPORT: async_report,
    Verb.ARM: async_alarm,
    Verb.DISARM: async_alarm,
    Verb.SILENCE: async_alarm,
    Verb.ACKNOWLEDGE: async_alarm,
    Verb.INPUT_ON: async_switch,
    Verb.INPUT_OFF: async_switch,
    Verb.OUTPUT_ON: async_switch,
    Verb.OUTPUT_OFF: async_switch,
    Verb.SNAPSHOT: async_snapshot,
    Verb.WHY: async_why,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """What somebody wrote, where. ``number`` is the message's."""

    place: Place
    by: str
    number: int | None
    sent_at: float | None
    context_id: str


class Chat:
    """Answers one hub's chats for as long as it runs. All methods belong in the event loop."""

    def __init__(self, hub: Hub, allowed: frozenset[int]) -> None:
        """Answer those who are allowed, by their Telegram numbers."""
        self._hub = hub
        self._hass = hub.hass
        self._allowed = allowed
        self._answers = ChatAnswers(hub.hass, self._unanswered)
        self._turns: defaultdict[Place, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: Counter[Place] = Counter()
        self._told_off: set[Place] = set()
        self._repeats = Repeats()
        self._logged: dict[object, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # Those for whose end nobody waits when the hub stops.
        self._followers: set[asyncio.Task[None]] = set()
        self._bots = ChatBots(hub.hass, self._heard)

    @callback
    def start(self) -> None:
        """Begin to listen."""
        self._bots.start()

    async def async_stop(self) -> None:
        """Listen no more, let what was asked be done and answered within some seconds, and end what is left."""
        self._bots.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_PATIENCE)
        tasks = (*self._tasks, *self._followers)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._answers.async_stop()

    def _voice(self, chat_id: object) -> Voice:
        """Return how to speak in a chat: in the language of the channel that goes there, else in Home Assistant's."""
        channels = self._hub.telling.channels
        language = next((each.language for each in channels if is_of_chat(self._hass, each, chat_id)), None)
        return voice_of(self._hub, language)

    @callback
    def _heard(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == COMMAND:
            self._commanded(data)
        elif kind == CALLBACK:
            self._pressed(data)

    def _commanded(self, data: Mapping[str, Any]) -> None:
        bot = data.get("bot") or {}
        said = read_command(str(data.get("command", "")), tuple(data.get("args") or ()), bot.get("username"))
        if said is None or not self._may(data):
            return
        message = _Message(
            place=Place(chat_id=data["chat_id"], bot=bot.get("config_entry_id"), topic=data.get("message_thread_id")),
            by=self._name(data),
            number=data.get("id"),
            sent_at=_unix(data.get("date")),
            context_id=Context().id,
        )
        words = (data["command"], *(data.get("args") or ()))
        if self._repeats.is_repeat(message.place, message.number, (message.sent_at, data.get("user_id")), words):
            return
        voice = self._voice(message.place.chat_id)
        # Whatever becomes of it.
        if message.number is not None and may_hold_code(self._hub, said, voice):
            self._do(self._async_delete(message.place, message.number), "Delete a code from a chat")
        if isinstance(said, NotACommand):
            self._answers.say(message.place, self._guidance(said, voice))
        elif self._waiting[message.place] >= MOST_WAITING:
            if message.place not in self._told_off:
                self._told_off.add(message.place)
                self._answers.say(message.place, voice.says.done.too_many)
        else:
            self._waiting[message.place] += 1
            self._do(self._async_obey(message, said), "Obey a chat")

    def _pressed(self, data: Mapping[str, Any]) -> None:
        pressed = read_button(str(data.get("command", "")), tuple(data.get("args") or ()))
        if pressed is not None and self._may(data):
            self._do(self._async_answer_query(data, pressed), "Answer a button in a chat")

    async def _async_obey(self, message: _Message, command: Command) -> None:
        """Do what is asked, one command of a chat after the other, and answer."""
        place = message.place
        try:
            async with self._turns[place]:
                answer = self._late(message) or await self._async_done(
                    command, message.by, message.context_id, place.chat_id
                )
        finally:
            self._waiting[place] -= 1
            if not self._waiting[place]:
                del self._waiting[place]
                self._turns.pop(place, None)
                self._told_off.discard(place)
        self._answers.say(place, answer.text, matters_of=message.by if answer.matters else None)
        if answer.camera is not None:
            voice = self._voice(place.chat_id)
            follow = async_send_next(self._hub, self._answers, place, voice, key=answer.camera, before=answer.before)
            self._do(follow, "Send a picture to a chat", self._followers)

    async def _async_answer_query(self, data: Mapping[str, Any], pressed: Pressed) -> None:
        partition_id = pressed.partition_id(self._hub.alarm.partitions)
        late = pressed.too_late(self._hub.now())
        if late or partition_id is None or is_another_alarm(self._hub, partition_id, pressed.alarm_at):
            answer = Answer(text=self._voice(data["chat_id"]).says.done.old_button, alert=True)
        else:
            command = Command(verb=pressed.verb)
            do = partial(async_press, partition_id=partition_id)
            answer = await self._async_done(command, self._name(data), Context().id, data["chat_id"], do)
        bot = (data.get("bot") or {}).get("config_entry_id")
        await self._answers.async_answer_query(bot, str(data.get("id", "")), answer.text, alert=answer.alert)

    async def _async_done(
        self, command: Command, by: str, context_id: str, chat_id: object, do: Handler | None = None
    ) -> Answer:
        """Do what is asked, as is usual or with ``do``; what goes wrong is answered too."""
        self._hub.telling.note_chat(context_id, chat_id)
        asked = Asked(hub=self._hub, command=command, by=by, voice=self._voice(chat_id), context_id=context_id)
        try:
            return await (do or HANDLERS[command.verb])(asked)
        except HomeAssistantError as error:
            return Answer(text=asked.voice.says.done.failed.format(problem=str(error)), alert=True)
        except Exception as error:  # noqa: BLE001 - a fault of ours must be answered, too
            # Its text may be made of the words, and these may be a code.
            where = traceback.extract_tb(error.__traceback__)[-1]
            LOGGER.error(
                "/%s from a chat failed with %s in %s, line %s",
                command.verb.value,
                type(error).__name__,
                where.name,
                where.lineno,
            )
            return Answer(text=asked.voice.says.done.failed.format(problem=type(error).__name__), alert=True)

    async def _async_delete(self, place: Place, number: int) -> None:
        if not await self._answers.async_delete(place, number):
            self._answers.say(place, self._voice(place.chat_id).says.done.delete_yourself)

    def _unanswered(self, by: str, text: str) -> None:
        """Tell over the other channels what was done, where the chat it was asked for in cannot be reached."""
        now = self._hub.now()
        self._hub.telling.post(
            Telling(telling_id=f"chat {uuid4().hex}", at=now, topic=Topic.REPORT, label=by, detail=text, by_button=True)
        )

    def _late(self, message: _Message) -> Answer | None:
        """Return that a command came too late: nobody waits any more for what was asked while the line was dead."""
        age = 0.0 if message.sent_at is None else self._hub.now() - message.sent_at
        if age <= self._hub.state.settings.max_validity:
            return None
        voice = self._voice(message.place.chat_id)
        return Answer(text=voice.says.done.too_late.format(time=voice.span(age)))

    def _guidance(self, said: NotACommand, voice: Voice) -> str:
        says = voice.says.guidance
        return whole(
            (
                # What may be a code is not shown again.
                ""
                if said.has_digits or may_hold_code(self._hub, said, voice)
                else says.not_a_command.format(words=quoted(said.word)),
                says.did_you_mean.format(names=voice.listed(said.guesses)),
            )
        )

    def _may(self, data: Mapping[str, Any]) -> bool:
        """Say whether somebody may command the hub here; others are logged once in a while."""
        user_id, chat_id = data.get("user_id"), data.get("chat_id")
        if may_command(self._allowed, user_id=user_id, chat_id=chat_id):
            return True
        now = self._hass.loop.time()
        if len(self._logged) >= MOST_STRANGERS:
            self._logged.clear()
        if now - self._logged.get((user_id, chat_id), -LOG_EVERY) >= LOG_EVERY:
            self._logged[user_id, chat_id] = now
            LOGGER.warning("Telegram user %s may not command the hub in chat %s: not answered", user_id, chat_id)
        return False

    def _name(self, data: Mapping[str, Any]) -> str:
        """Return what somebody is called: as Home Assistant knows their chat, else as they call themselves."""
        own = chat_title(self._hass, data.get("user_id"))
        called = " ".join(str(data[part]) for part in ("from_first", "from_last") if data.get(part))
        return cut(tidy(own or called), NAME_LIMIT) or str(data.get("user_id"))

    def _do(self, work: Any, name: str, tasks: set[asyncio.Task[None]] | None = None) -> None:
        among = self._tasks if tasks is None else tasks
        task = self._hass.async_create_background_task(work, name, eager_start=False)
        among.add(task)
        task.add_done_callback(among.discard)


def _unix(date: object) -> float | None:
    return date.timestamp() if isinstance(date, datetime) else None


@callback
def async_serve_chats(hass: HomeAssistant, entry: EventHubConfigEntry) -> None:
    """Serve the chats that were chosen until the entry is unloaded."""
    allowed = chat_users(entry)
    if not allowed:
        return
    chat = Chat(entry.runtime_data, allowed)
    chat.start()
    # Before the hub stops, which then would do what nobody stores, and tell nobody what the chat was not told.
    entry.runtime_data.before_stop.append(chat.async_stop)
    entry.async_on_unload(hass.async_add_shutdown_job(HassJob(chat.async_stop, "Stop answering chats")))
