"""Makes messages of what is to be told: the text in the reader's language, links, pictures, and buttons."""

from collections.abc import Sequence
import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.network import NoURLAvailableError, get_url

from .alarm_door import AlarmRefusedError
from .const import DOMAIN
from .engine.alarm.codes import Path
from .engine.alarm.model import Action
from .engine.chat.buttons import button_data
from .engine.telling.model import TOGETHER, Button, Channel, ChannelKind, Picture, Telling, Topic
from .engine.telling.text import Reader, compose_all
from .outputs.notify.message import Attachment, Message, MessageButton
from .outputs.notify.send import text_limit
from .telling_pictures import ToldPictures

if TYPE_CHECKING:
    from .hub import Hub

BUTTON_ACTIONS: Final = {
    Button.SILENCE: Action.SILENCE,
    Button.ACKNOWLEDGE: Action.ACKNOWLEDGE,
    Button.DISARM: Action.DISARM,
}
ACTION_PREFIX: Final = "event_hub"
# The phone may be in the hand of the one who is forced.
QUIET: Final = frozenset({Topic.DURESS, Topic.SILENT})
_ALARM_TOPICS: Final = frozenset({Topic.ALARM, Topic.CANCELLED})
# Of a message with a link longer than this share of it too little else would be left.
_LINK_SHARE: Final = 2


class MessageMaker:
    """Makes the messages of one hub."""

    def __init__(self, hub: Hub, pictures: ToldPictures) -> None:
        """Look things up in ``hub``."""
        self._hub = hub
        self._pictures = pictures

    async def async_make(self, channel: Channel, tellings: Sequence[Telling], pictures: Sequence[Picture]) -> Message:
        """Return the message that tells these on a channel, with these pictures, as far as they are still there."""
        attached = [each for picture in pictures if (each := await self._async_attached(picture)) is not None]
        first = tellings[0]
        limit = text_limit(channel, pictured=bool(attached))
        on_phone = channel.kind is ChannelKind.MOBILE_APP
        link = await self._async_link(first, limit, pictured=bool(attached) or on_phone)
        reader = Reader(
            language=channel.language,
            limit=limit,
            zone=self._hub.state.settings.zone,
            titled=channel.kind is not ChannelKind.TELEGRAM,
            now=self._hub.now(),
        )
        # A phone opens the link when the message is touched.
        composed = compose_all(tellings, reader, None if on_phone else link)
        return Message(
            title=composed.title,
            text=composed.message,
            topic=first.topic,
            tag=_tag(tellings),
            language=channel.language,
            critical=any(each.critical for each in tellings),
            quiet=any(each.only_for in QUIET for each in tellings),
            pictures=tuple(attached),
            link=link,
            view=panel_path(self._hub.hass),
            buttons=self.buttons(channel, first),
        )

    def buttons(self, channel: Channel, telling: Telling) -> tuple[MessageButton, ...]:
        """Return what can be done from a message about a telling: on Telegram, only what takes no code."""
        partition_id, topic = telling.partition_id, telling.topic
        if channel.kind is ChannelKind.TELEGRAM:
            wanted: tuple[Button, ...] = (Button.SILENCE, Button.ACKNOWLEDGE)
        elif channel.kind is ChannelKind.MOBILE_APP:
            wanted = channel.buttons
        else:
            return ()
        made = []
        for button in wanted:
            if button is Button.VIEW:
                made.append(MessageButton(button=button, data=""))
            elif partition_id is not None and (
                topic is Topic.ALARM or (topic is Topic.CANCELLED and button is Button.ACKNOWLEDGE)
            ):
                made.extend(self.act_button(channel, button, partition_id, telling.at))
        return tuple(made)

    def act_button(
        self, channel: Channel, button: Button, partition_id: str, alarm_at: float
    ) -> tuple[MessageButton, ...]:
        """Return a button that asks a partition for something about its alarm, if that can be asked from there."""
        on_phone = channel.kind is ChannelKind.MOBILE_APP
        path = Path.PUSH if on_phone else Path.CHAT
        try:
            asks_code = self._hub.alarm.code_needed(partition_id, BUTTON_ACTIONS[button], path)
        except AlarmRefusedError:
            return ()
        now = self._hub.now()
        if on_phone:
            times, nonce = (str(int(now)), str(int(alarm_at))), secrets.token_hex(8)
            data = ":".join((ACTION_PREFIX, button.value, channel.channel_id, partition_id, *times, nonce))
        else:
            data = button_data(button.value, partition_id, now, alarm_at)
        return (MessageButton(button=button, data=data, asks_code=asks_code),)

    async def _async_attached(self, picture: Picture) -> Attachment | None:
        name = self._name_of(picture)
        path = await self._pictures.async_path(name)
        if path is None and picture.storage_id is not None:
            name = self._name_of(Picture(device_key=picture.device_key))
            path = await self._pictures.async_path(name)
        if name is None or path is None:
            return None
        return Attachment(path=path, url=self._pictures.signed(name))

    def _name_of(self, picture: Picture) -> str | None:
        """Return under which name a picture is kept; of one that was not kept, the camera's newest is, now."""
        if picture.storage_id is not None:
            return picture.storage_id
        image = self._hub.images.get(picture.device_key)
        return None if image is None else self._pictures.keep(image)

    async def _async_link(self, telling: Telling, limit: int, *, pictured: bool) -> str | None:
        """Return the address of the picture, if it does not come along, else of the panel; ``None`` without one."""
        base = outside_url(self._hub.hass)
        if base is None:
            return None
        if not pictured and telling.picture is not None:
            attached = await self._async_attached(telling.picture)
            if attached is not None and len(base + attached.url) <= limit // _LINK_SHARE:
                return base + attached.url
        return base + panel_path(self._hub.hass)


def outside_url(hass: HomeAssistant) -> str | None:
    """Return the address of Home Assistant from outside, if it has one."""
    try:
        return get_url(hass, allow_internal=False, prefer_external=True)
    except NoURLAvailableError:
        return None


def panel_path(hass: HomeAssistant) -> str:
    """Return the path of the hub's panel, or of the first dashboard where there is none."""
    return f"/{DOMAIN}" if DOMAIN in hass.data.get("frontend_panels", {}) else "/"


def _tag(tellings: Sequence[Telling]) -> str:
    """Return what a later message about the same goes by, which takes this one's place.

    That an alarm is over replaces the alarm, an input's news its older ones; all else stays beside each other. So does
    a message that counts many sources: that the first of them is back says nothing of the others.
    """
    telling = tellings[0]
    if telling.only_for in QUIET:
        # It must not take the place of what shows, nor the other way round.
        return f"event_hub_{hashlib.blake2b(telling.telling_id.encode(errors='replace'), digest_size=8).hexdigest()}"
    kind = "alarm" if telling.topic in _ALARM_TOPICS else "source" if telling.topic in TOGETHER else telling.topic
    about: str | None = telling.telling_id
    if telling.topic in _ALARM_TOPICS:
        about = telling.partition_id
    elif not telling.critical and not telling.shows_people:
        about = telling.input_key or telling.telling_id
        if telling.topic in TOGETHER:
            about = telling.source_id if len(tellings) == 1 else telling.telling_id
    digest = hashlib.blake2b(f"{kind} {about}".encode(errors="replace"), digest_size=8).hexdigest()
    return f"event_hub_{digest}"
