"""What devices say and what the hub says to them, as values.

Every dialect of the wire parses into these types, so nothing above this layer
knows how a device spells them. Times are unix seconds; ``None`` means the
device did not say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .detection import Detection
from .records import record
from .wellbeing import Budget, PartHealth

# Home Assistant's entities whose state is the time of the last press or event: at a start they say nothing.
MOMENTARY: Final = frozenset(("button", "event", "input_button", "scene"))

type Scalar = str | int | float | bool | None


class Transport(StrEnum):
    """The way a message came and a command goes."""

    AMQP = "amqp"
    MQTT = "mqtt"
    HOME_ASSISTANT = "home_assistant"


class Dialect(StrEnum):
    """How a source spells its messages, and so how its outputs are commanded."""

    CURRENT = "current"
    LEGACY = "legacy"
    NATIVE = "native"
    ESP_SENSOR = "esp_sensor"
    ESP_METER = "esp_meter"
    ESP_SWITCH = "esp_switch"
    HOME_ASSISTANT = "home_assistant"


class ReportKind(StrEnum):
    """Whether a report tells of something that happened or only of life."""

    EVENT = "event"
    HEARTBEAT = "heartbeat"


class ResultStatus(StrEnum):
    """What a native device says became of a command."""

    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


class ParseError(ValueError):
    """A message that is refused. ``reason`` is a fixed word for counters, the text is for people."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the countable reason apart from the text."""
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who reports: a board, an app or an integration, and where its commands go.

    ``source_id`` is its identity whatever transport it uses: ``<topic>.<name>``,
    or ``<topic>`` alone for the camera program's bare heartbeat.
    """

    source_id: str
    dialect: Dialect
    transport: Transport
    topic: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """What a meter board counted. ``register`` is ``None`` while the board says "not set" (-1).

    ``address`` is where the board listens for this meter, ``meter/<address>/control``.
    """

    register: float | None
    address: str | None = None
    last_sample: float | None = None
    last_minute: float | None = None
    last_minute_at: float | None = None
    pulse_discards: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How an input itself is doing: tampered with, low on battery, and what is wrong with it, in words."""

    tamper: bool
    fault: str | None = None
    low_battery: bool = False


@record(frozen=True, slots=True, kw_only=True)
class InputReport:
    """One input as a message names it. ``active`` is ``None`` when the message does not say.

    ``level`` is true where the source repeats its state for as long as it lasts
    (ESP boards, adopted entities), so that a repeat is no new activation. ``image_at`` is when the
    image was taken, which may also have gone ahead alone; ``annotated`` is the
    image with what was found drawn into it, ``image_id`` its number in the app that keeps it. ``already``: that it
    is active is how things are, and nothing that happens now. ``reachable`` is whether what it speaks for can be asked.
    """

    device_key: str
    label: str | None = None
    type: str | None = None
    location: str | None = None
    group: str | None = None
    active: bool | None = None
    level: bool = False
    detail: str | None = None
    value: float | None = None
    meter: MeterReading | None = None
    image: bytes | None = None
    image_at: float | None = None
    annotated: bytes | None = None
    detection: Detection | None = None
    image_id: int | None = None
    storage_url: str | None = None
    condition: Condition | None = None
    already: bool = False
    reachable: bool | None = None
    extra: Mapping[str, Scalar] = field(default_factory=dict)


@record(frozen=True, slots=True, kw_only=True)
class OutputReport:
    """One output as advertised. ``channel`` counts a switch board's outputs from 0.

    ``is_on`` is ``None`` when the message does not say.
    """

    device_key: str
    label: str | None = None
    type: str | None = None
    location: str | None = None
    group: str | None = None
    params: str | None = None
    trigger_topic: str | None = None
    channel: int | None = None
    is_on: bool | None = None
    extra: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A part of a message that was refused while the rest was handled."""

    reason: str
    detail: str


@record(frozen=True, slots=True, kw_only=True)
class Report:
    """A heartbeat or an event of one source, with the devices it names.

    ``health`` and ``budget`` are of an app's heartbeat, ``None`` where it does not say.
    """

    source: Source
    kind: ReportKind
    sent_at: float | None = None
    message_id: str | None = None
    uptime: float | None = None
    inputs: tuple[InputReport, ...] = ()
    outputs: tuple[OutputReport, ...] = ()
    health: tuple[PartHealth, ...] | None = None
    budget: Budget | None = None
    rejections: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """A native source's status or last will. ``retained``: its broker kept it from before."""

    source: Source
    online: bool
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a native device says became of a command."""

    source: Source
    command_id: str
    device_key: str
    status: ResultStatus
    detail: str | None = None
    sent_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFrame:
    """A native source's raw JPEG on MQTT, for the device whose key has this slug.

    ``annotated`` is one with what was found drawn into it.
    """

    source: Source
    slug: str
    jpeg: bytes
    annotated: bool = False


type Message = Report | Availability | CommandResult | ImageFrame


@record(frozen=True, slots=True, kw_only=True)
class Command:
    """One order to one output, with what caused it. Times in unix seconds.

    ``turn_on`` is ``None`` for "do your thing" (a pulse, a snapshot); a switch
    channel is told on or off. ``channels`` holds the board's wanted state of
    every channel for a switch board, because it takes them only together.
    """

    command_id: str
    source: Source
    output: OutputReport
    cause: InputReport
    issued_at: float
    expires_at: float
    turn_on: bool | None = None
    channels: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterCommand:
    """Set a meter's register, or add to it. Exactly one of the two is given.

    ``address`` is where its board listens for it, which only its readings tell.
    """

    source: Source
    address: str | None = None
    set_register: float | None = None
    adjust_register: float | None = None


@record(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message ready to send. ``address`` is a routing key on AMQP and a topic on MQTT.

    ``expires_in`` is in seconds; the transport turns it into what its broker knows. ``retained``: MQTT brokers keep
    it for those who subscribe later.
    """

    transport: Transport
    address: str
    body: bytes
    expires_in: float | None = None
    retained: bool = False
