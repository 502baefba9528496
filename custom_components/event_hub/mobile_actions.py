"""What people press in a message on their phone: silence, acknowledge, disarm with the code.

The phone answers with an event of Home Assistant's ``mobile_app``, under the name of the user it belongs to. A button
works once, for a quarter of an hour, and only what the alarm's door lets in is done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from homeassistant.core import Context, Event, callback
from homeassistant.exceptions import HomeAssistantError

from .alarm_door import AlarmRefusedError, Requester
from .button_alarm import is_another_alarm
from .const import LOGGER
from .engine.alarm.codes import Denial, Path
from .engine.chat.buttons import BUTTON_LIFE, MAX_AHEAD, is_time
from .engine.chat.wording import Voice
from .engine.telling.model import Button, Channel, ChannelKind, Topic
from .outputs.notify import mobile
from .outputs.notify.message import Message, MessageButton, SendError
from .outputs.notify.words import words_of
from .telling_messages import ACTION_PREFIX, BUTTON_ACTIONS, panel_path
from .under_way import UnderWay

if TYPE_CHECKING:
    from .hub import Hub

EVENT_ACTION: Final = "mobile_app_notification_action"
# A phone that lay about without a network tells so late that nobody waits for an answer.
VALID_FOR: Final = BUTTON_LIFE
# So long, in seconds, has what was pressed to be done when the hub stops.
LAST_PATIENCE: Final = 5.0
_PARTS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A button of a message on a phone, as it came back.

    ``issued`` is when the message was made, ``alarm_at`` since when there was the alarm it is about, in unix seconds.
    """

    button: Button
    channel_id: str
    partition_id: str
    issued: float
    alarm_at: float
    nonce: str


def read_pressed(action: object) -> Pressed | None:
    """Return which button an action stands for, ``None`` for one that is not ours."""
    parts = action.split(":") if isinstance(action, str) else []
    if len(parts) != _PARTS or parts[0] != ACTION_PREFIX:
        return None
    _, word, channel_id, partition_id, issued, alarm_at, nonce = parts
    if word not in BUTTON_ACTIONS or not (is_time(issued) and is_time(alarm_at)) or not nonce:
        return None
    return Pressed(
        button=Button(word),
        channel_id=channel_id,
        partition_id=partition_id,
        issued=float(issued),
        alarm_at=float(alarm_at),
        nonce=nonce[:64],
    )


class MobileActions:
    """Does what is pressed on phones, and answers there."""

    def __init__(self, hub: Hub) -> None:
        """Serve a hub."""
        self._hub = hub
        self._under_way = UnderWay(hub.hass)
        self._stop: Callable[[], None] | None = None

    @callback
    def start(self) -> None:
        """Begin to listen."""
        self._stop = self._hub.hass.bus.async_listen(EVENT_ACTION, self._acted)

    async def async_stop(self) -> None:
        """Listen no more, and let what was pressed be done: within seconds, while the hub still works."""
        if self._stop is not None:
            self._stop()
            self._stop = None
        await self._under_way.async_end(LAST_PATIENCE)

    @callback
    def _acted(self, event: Event) -> None:
        pressed = read_pressed(event.data.get("action"))
        if pressed is None:
            return
        channel = self._hub.telling.channel(pressed.channel_id)
        is_offered = channel is not None and channel.kind is ChannelKind.MOBILE_APP
        if channel is None or not is_offered or pressed.button not in channel.buttons:
            LOGGER.warning("A button on a phone was pressed that no channel offers any more")
            return
        if event.context.user_id is None:
            LOGGER.warning("What looks like a button of %s came from no phone, and was passed over", channel.name)
            return
        typed = event.data.get("reply_text") or event.data.get("textInput")
        self._under_way.begin(
            self._async_do(pressed, channel, event.context, typed if isinstance(typed, str) else None),
            "event_hub button on a phone",
        )

    async def _async_do(self, pressed: Pressed, channel: Channel, context: Context, code: str | None) -> None:
        words = words_of(channel.language)
        now = self._hub.now()
        keeper = self._hub.telling.keeper
        age = now - pressed.issued
        is_late = not -MAX_AHEAD <= age <= VALID_FOR or pressed.nonce in keeper.used
        if is_late or is_another_alarm(self._hub, pressed.partition_id, pressed.alarm_at):
            await self._async_answer(pressed, channel, words.late)
            return
        # Before it is done: of two that come together one is too late.
        keeper.use(pressed.nonce, now, now - VALID_FOR - MAX_AHEAD)
        user = None if context.user_id is None else await self._hub.hass.auth.async_get_user(context.user_id)
        if user is None or not user.is_active:
            return
        # What a forced code tells must not come back to this phone.
        self._hub.telling.note_origin(context.id, (channel.channel_id,))
        by = Requester(path=Path.PUSH, name=user.name or channel.name, user_id=user.id, context_id=context.id)
        try:
            await self._hub.alarm.async_ask(
                pressed.partition_id, BUTTON_ACTIONS[pressed.button], by, code=(code or "").strip() or None
            )
        except AlarmRefusedError as error:
            await self._async_answer(pressed, channel, self._refusal(error, channel), again=_may_try_again(error))
        except HomeAssistantError:
            await self._async_answer(pressed, channel, words.failed)

    def _refusal(self, error: AlarmRefusedError, channel: Channel) -> str:
        words = words_of(channel.language)
        facts = {"name": "", "zones": "", "until": ""} | (error.translation_placeholders or {})
        match error.reason:
            case Denial.CODE_WRONG:
                return words.code_wrong
            case Denial.CODE_MISSING:
                return words.code_missing
            case Denial.LOCKED_OUT:
                return words.locked.format(until=facts["until"] or "…")
        voice = Voice(language=channel.language, zone=self._hub.state.settings.zone)
        return f"{words.failed} {voice.refusal(error.reason, problem=str(error), **facts)}"

    async def _async_answer(self, pressed: Pressed, channel: Channel, text: str, *, again: bool = False) -> None:
        """Answer on the phone, with the same button once more where trying again makes sense."""
        partition = self._hub.alarm.partitions.get(pressed.partition_id)
        maker = self._hub.telling.maker
        buttons: tuple[MessageButton, ...] = ()
        if again:
            buttons = maker.act_button(channel, pressed.button, pressed.partition_id, pressed.alarm_at)
        message = Message(
            title=pressed.partition_id if partition is None else partition.name,
            text=text,
            topic=Topic.ALARM,
            tag=f"event_hub_answer_{pressed.nonce[:16]}",
            language=channel.language,
            view=panel_path(self._hub.hass),
            buttons=buttons,
        )
        try:
            await mobile.async_send(self._hub.hass, channel.target, message)
        except SendError as error:
            LOGGER.warning("%s could not be told that its button did nothing: %s", channel.name, error.failure.problem)


def _may_try_again(error: AlarmRefusedError) -> bool:
    return error.reason in (Denial.CODE_WRONG, Denial.CODE_MISSING)
