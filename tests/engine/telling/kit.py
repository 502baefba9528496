"""An outbox for tests with a clock, channels that work or do not, and short ways to say what happens."""

from dataclasses import replace
import json
from typing import Any

from custom_components.event_hub.engine.telling.encode import decode, encode
from custom_components.event_hub.engine.telling.events import (
    ChannelsChanged,
    Deliver,
    Delivered,
    Dropped,
    DropReason,
    Effect,
    Event,
    Failed,
    Posted,
    Restarted,
    Tick,
    Told,
    Undelivered,
)
from custom_components.event_hub.engine.telling.model import (
    Channel,
    ChannelKind,
    Picture,
    Pictures,
    Telling,
    Topic,
)
from custom_components.event_hub.engine.telling.outbox import next_due, step
from custom_components.event_hub.engine.telling.state import Outbox

START = 1_700_000_000.0
TELEGRAM = Channel(
    channel_id="telegram",
    name="Family chat",
    kind=ChannelKind.TELEGRAM,
    target="notify.family_chat",
    min_interval=12,
    deadline=60,
    pictures=Pictures.ALBUM,
    max_length=1024,
)
SMS = Channel(
    channel_id="sms", name="SMS", kind=ChannelKind.ACTION, target="script.send_sms", deadline=30, max_length=160
)
MAIL = Channel(channel_id="mail", name="Mail", kind=ChannelKind.NOTIFY_ENTITY, target="notify.mail", deadline=20)


def telling(telling_id: str, topic: Topic = Topic.TRIGGER, **details: Any) -> Telling:
    """Return a telling of a trigger, or of something else; by default each of an input of its own."""
    details.setdefault("input_key", telling_id)
    return Telling(telling_id=telling_id, at=START, topic=topic, **details)


def alarm(telling_id: str, **details: Any) -> Telling:
    """Return a critical telling."""
    return telling(telling_id, Topic.ALARM, critical=True, **details)


def pictured(telling_id: str, people: int | None = 1, key: str = "Camera", **details: Any) -> Telling:
    """Return a telling with a picture of a camera."""
    picture = Picture(device_key=key, storage_id=f"{telling_id}.jpg")
    return telling(telling_id, input_key=key, picture=picture, people=people, **details)


class Post:
    """Steps an outbox through events. ``down`` are channels that fail, ``hung`` those that do not answer.

    What other channels are given is told at once, while time passes or something happens.
    """

    def __init__(self, *channels: Channel) -> None:
        """Start with nothing to tell."""
        self.outbox = Outbox()
        self.channels = channels
        self.now = START
        self.down: set[str] = set()
        self.hung: set[str] = set()
        self.effects: list[Effect] = []
        self.sent: list[tuple[float, Deliver]] = []

    def happens(self, event: Event) -> list[Effect]:
        """Let something happen, and return what was wanted."""
        self.outbox, effects = step(self.outbox, event, self.now, self.channels)
        self.effects += effects
        wanted = list(effects)
        for effect in effects:
            if isinstance(effect, Deliver):
                self.sent.append((self.now, effect))
                wanted += self._answer(effect)
        return wanted

    def post(self, *tellings: Telling) -> None:
        """Post tellings, one after the other."""
        for each in tellings:
            self.happens(Posted(telling=each))

    def wait(self, seconds: float) -> None:
        """Let time pass, with a tick whenever one is wanted."""
        until = self.now + seconds
        while (due := next_due(self.outbox, self.channels)) is not None and due <= until:
            assert due > self.now or due == self.now, "a tick in the past"
            self.now = due
            self.happens(Tick())
            after = next_due(self.outbox, self.channels)
            assert after is None or after > self.now, "what was due is still due"
        self.now = until

    def set_up(self, *channels: Channel) -> None:
        """Use other channels."""
        changed = frozenset(each.channel_id for each in self.channels if each not in channels)
        self.channels = channels
        self.happens(ChannelsChanged(changed=changed))

    def fails(self, retry_after: float | None = None, *, permanent: bool = False) -> None:
        """Let the last message fail."""
        attempt_id = self.sent[-1][1].attempt_id
        self.happens(Failed(attempt_id=attempt_id, retry_after=retry_after, permanent=permanent))

    def arrives(self, index: int = -1) -> None:
        """Let a message get through."""
        self.happens(Delivered(attempt_id=self.sent[index][1].attempt_id))

    def restart(self) -> None:
        """Load what was kept."""
        restored = decode(json.loads(json.dumps(encode(self.outbox))))
        assert restored.garbled == ()
        assert restored.outbox == self.outbox
        self.outbox = restored.outbox
        self.happens(Restarted())

    @property
    def told(self) -> list[tuple[str, str]]:
        """Who told what, in that order: channel and telling."""
        return [(each.channel_id, each.telling.telling_id) for each in self.effects if isinstance(each, Told)]

    @property
    def messages(self) -> list[tuple[str, list[str]]]:
        """What was given to channels, message by message."""
        return [(sent.channel_id, [each.telling_id for each in sent.tellings]) for _, sent in self.sent]

    @property
    def undelivered(self) -> list[str]:
        """What was reported as undelivered."""
        return [each.telling.telling_id for each in self.effects if isinstance(each, Undelivered)]

    @property
    def dropped(self) -> list[tuple[str, DropReason]]:
        """What was dropped, and why."""
        return [(each.telling.telling_id, each.reason) for each in self.effects if isinstance(each, Dropped)]

    def sent_after(self, channel: Channel = TELEGRAM) -> list[float]:
        """Seconds after the start at which a channel was given messages."""
        return [at - START for at, sent in self.sent if sent.channel_id == channel.channel_id]

    def _answer(self, deliver: Deliver) -> list[Effect]:
        if deliver.channel_id in self.hung:
            return []
        if deliver.channel_id in self.down:
            return self.happens(Failed(attempt_id=deliver.attempt_id))
        return self.happens(Delivered(attempt_id=deliver.attempt_id))


def always(channel: Channel) -> Channel:
    """Return a channel that is told everything."""
    return replace(channel, always=True)
