"""What people are told, and the channels that tell them. ``behaviour.md`` 5 gives the defaults.

All times are unix seconds, all durations seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ..alarm.status import AlarmKind
from ..names import placed


class Topic(StrEnum):
    """What a telling is about. Channels choose by it, and each has its sentence in every language."""

    TRIGGER = "trigger"
    ALARM = "alarm"
    ESCALATION = "escalation"
    CANCELLED = "cancelled"
    DURESS = "duress"
    SILENT = "silent"
    LOCKOUT = "lockout"
    SWUNG_OUT = "swung_out"
    FAULT = "fault"
    SOURCE_LOST = "source_lost"
    SOURCE_BACK = "source_back"
    DIGEST = "digest"
    REPORT = "report"
    UNDELIVERED = "undelivered"
    TEST = "test"


# Only channels that choose these by name tell them: whoever stands beside the victim must not hear of the first two.
BY_NAME_ONLY: Final = frozenset({Topic.DURESS, Topic.SILENT, Topic.UNDELIVERED})


# What tends to happen to many at once, and is told in one message that counts them.
TOGETHER: Final = frozenset({Topic.SOURCE_LOST, Topic.SOURCE_BACK})


class Fault(StrEnum):
    """What is wrong. Each has its words in every language."""

    LEFT_OPEN = "left_open"


class ChannelKind(StrEnum):
    """How a channel reaches people."""

    NOTIFY_ENTITY = "notify_entity"
    ACTION = "action"
    TELEGRAM = "telegram"
    MOBILE_APP = "mobile_app"


class Pictures(StrEnum):
    """How many pictures one message of a channel carries."""

    NONE = "none"
    ONE = "one"
    ALBUM = "album"


class Button(StrEnum):
    """What can be done from a message on a phone. ``DISARM`` asks for the code."""

    VIEW = "view"
    SILENCE = "silence"
    ACKNOWLEDGE = "acknowledge"
    DISARM = "disarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Where a picture is found: the camera it is of, and its name or number where pictures are kept, if it is there."""

    device_key: str
    storage_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Something else that happened: before what is told, or in quiet hours. ``count``: so many times, ``at`` last."""

    label: str
    at: float
    detail: str | None = None
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One thing that people are to be told.

    A telling posted again under its ``telling_id`` is the same one. ``label`` is what people call the input, source or
    user that it is about; ``partition`` the partition's name. ``people`` and ``faces`` are ``None`` where nobody
    looked for them. ``lasted`` is how long something was active or silent, ``until`` when it ends, ``by`` who did it,
    ``count`` how many things a digest tells of in all. ``affected`` are names of devices that a source's silence
    concerns, at most a few of ``count`` in all, ``areas`` where they are. ``critical`` ones are never left out, and go
    first.
    ``only_for``: channels choose it by that topic, whatever it is about. ``not_to`` are channels that must not tell it.
    """

    telling_id: str
    at: float
    topic: Topic
    label: str | None = None
    input_key: str | None = None
    source_id: str | None = None
    detail: str | None = None
    location: str | None = None
    picture: Picture | None = None
    people: int | None = None
    faces: int | None = None
    recent: tuple[Recent, ...] = ()
    by_button: bool = False
    critical: bool = False
    partition_id: str | None = None
    partition: str | None = None
    alarm_kind: AlarmKind | None = None
    by: str | None = None
    lasted: float | None = None
    until: float | None = None
    count: int = 0
    fault: Fault | None = None
    affected: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    only_for: Topic | None = None
    not_to: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """What people call what it is about, as on the screen; a device without a label by its key, wherever it is."""
        if self.label and self.label != self.input_key:
            return placed(self.label, self.location)
        return self.input_key or self.source_id or None

    @property
    def shows_people(self) -> bool:
        """Whether it has a picture in which somebody was seen."""
        return self.picture is not None and bool(self.people or self.faces)

    @property
    def shows_nobody(self) -> bool:
        """Whether it has a picture in which somebody was looked for, and not found."""
        looked = self.people is not None or self.faces is not None
        return self.picture is not None and looked and not self.shows_people


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way to people. Channels are used in their order: the next when one has not told within its ``deadline``.

    ``target`` is an entity, an action, or a chat. ``min_interval`` lies between two messages; within it only the
    newest of an input is kept. A picture waits for ``gather``, so that others come along. ``people_only`` leaves out
    pictures without people, unless a button or an alarm caused them. ``max_length`` is in UTF-16 units, as
    messengers count. No ``topics``: all but those that are told by name only. An ``always`` channel is told everything,
    beside the others.
    """

    channel_id: str
    name: str
    kind: ChannelKind
    target: str
    language: str = "en"
    enabled: bool = True
    always: bool = False
    min_interval: float = 0.0
    deadline: float = 60.0
    gather: float = 0.0
    people_only: bool = False
    max_length: int = 1000
    pictures: Pictures = Pictures.NONE
    topics: tuple[Topic, ...] = ()
    buttons: tuple[Button, ...] = ()

    def wants(self, telling: Telling) -> bool:
        """Whether the channel is for this."""
        topic = telling.only_for or telling.topic
        is_chosen = topic in self.topics or (not self.topics and topic not in BY_NAME_ONLY)
        return self.enabled and is_chosen and self.channel_id not in telling.not_to

    def leaves_out(self, telling: Telling) -> bool:
        """Whether it is a picture without people that nobody asked for."""
        asked_for = telling.by_button or telling.critical or telling.topic is Topic.ALARM
        return self.people_only and telling.shows_nobody and not asked_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What a channel of a kind starts with, until somebody changes it."""

    min_interval: float = 0.0
    gather: float = 0.0
    max_length: int = 1000
    pictures: Pictures = Pictures.NONE


# Telegram takes 20 messages a minute, captions of 1024 characters, and albums.
USUAL: Final[Mapping[ChannelKind, Usual]] = MappingProxyType(
    {
        ChannelKind.NOTIFY_ENTITY: Usual(),
        ChannelKind.ACTION: Usual(max_length=160),
        ChannelKind.TELEGRAM: Usual(min_interval=12.0, gather=2.0, max_length=1024, pictures=Pictures.ALBUM),
        ChannelKind.MOBILE_APP: Usual(max_length=400, pictures=Pictures.ONE),
    }
)
