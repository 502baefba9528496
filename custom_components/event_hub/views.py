"""What entities can be about, and how each of it stands now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from homeassistant.const import STATE_UNAVAILABLE

from .announcer import Listener, Topic
from .engine.model import (
    InputRecord,
    InputStatus,
    OutputRecord,
    OutputStatus,
    SourceRecord,
    SourceStatus,
)
from .hub import Hub
from .identifiers import HUB_IDENTIFIER, device_identifier, source_identifier
from .schedule_views import ScheduleView, look_at_schedule
from .wire.messages import Source, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class InputView:
    """An input as it stands now. ``lost`` tells whether its source is, or the entity that was adopted as it."""

    record: InputRecord
    status: InputStatus
    source: Source | None
    lost: bool
    schedule: ScheduleView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputView:
    """An output as it stands now. ``lost`` tells whether its source is, ``is_input`` whether it is one too."""

    record: OutputRecord
    status: OutputStatus
    is_input: bool
    lost: bool
    schedule: ScheduleView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source as it stands now.

    A clock that is off by more than ``offset_notice`` seconds is told, by more than ``offset_problem`` it is a problem.
    """

    record: SourceRecord
    status: SourceStatus | None
    offset_notice: float
    offset_problem: float
    lost: bool

    @property
    def supervised(self) -> bool:
        """Whether it may be lost at all: Home Assistant itself is not."""
        return self.record.source.transport is not Transport.HOME_ASSISTANT


@dataclass(frozen=True, slots=True, kw_only=True)
class HubView:
    """The hub itself, which is never lost."""

    record: Hub
    lost: bool = False


class View(Protocol):
    """What entities are shown of what they are about."""

    @property
    def record(self) -> object:
        """How it describes itself; the same object until that changes."""

    @property
    def lost(self) -> bool:
        """Whether what it says now cannot be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What must be there for an entity to be available: a source that is not lost, an entity that was adopted."""

    source_id: str | None = None
    entity_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind[V: View]:
    """A kind of thing that entities are about: where its records are, and how to look at one of them.

    ``listen`` has a listener called when one of them changed, ``listen_all`` when some came, went or describe
    themselves differently; both return how to stop.
    """

    listen: Callable[[Hub, str, Listener], Callable[[], None]]
    prefix: str
    identifier: Callable[[str], tuple[str, str]]
    records: Callable[[Hub], Mapping[str, object]]
    look: Callable[[Hub, str], V | None]
    needs: Callable[[V], Needs] = lambda _: Needs()
    listen_all: Callable[[Hub, Listener], Callable[[], None]] = lambda hub, listener: hub.announcer.listen_devices(
        listener
    )


def _announced(topic: Topic) -> Callable[[Hub, str, Listener], Callable[[], None]]:
    """Return how to listen to what is announced under a topic."""

    def listen(hub: Hub, key: str, listener: Listener) -> Callable[[], None]:
        return hub.announcer.listen(topic, key, listener)

    return listen


def _look_at_input(hub: Hub, key: str) -> InputView | None:
    record = hub.state.inputs.get(key)
    if record is None:
        return None
    source = hub.state.sources.get(record.source_id)
    return InputView(
        record=record,
        status=hub.state.input_status.get(key) or InputStatus(),
        source=None if source is None else source.source,
        lost=_is_lost(hub, record.source_id) or _is_away(hub, record.entity_id),
        schedule=look_at_schedule(hub.state, record),
    )


def _look_at_output(hub: Hub, key: str) -> OutputView | None:
    record = hub.state.outputs.get(key)
    if record is None:
        return None
    status = hub.state.output_status.get(key) or OutputStatus()
    return OutputView(
        record=record,
        status=status,
        is_input=key in hub.state.inputs,
        lost=_is_lost(hub, record.source_id),
        schedule=look_at_schedule(hub.state, record),
    )


def _look_at_source(hub: Hub, source_id: str) -> SourceView | None:
    record = hub.state.sources.get(source_id)
    if record is None:
        return None
    return SourceView(
        record=record,
        status=hub.state.source_status.get(source_id),
        offset_notice=hub.state.settings.offset_notice,
        offset_problem=hub.state.settings.offset_problem,
        lost=_is_lost(hub, source_id),
    )


def _is_lost(hub: Hub, source_id: str) -> bool:
    status = hub.state.source_status.get(source_id)
    return status is not None and status.lost


def _is_away(hub: Hub, entity_id: str | None) -> bool:
    if entity_id is None:
        return False
    state = hub.hass.states.get(entity_id)
    return state is None or state.state == STATE_UNAVAILABLE


INPUTS: Final = Kind[InputView](
    listen=_announced(Topic.INPUT),
    prefix="device:",
    identifier=device_identifier,
    records=lambda hub: hub.state.inputs,
    look=_look_at_input,
    needs=lambda view: Needs(source_id=view.record.source_id, entity_id=view.record.entity_id),
)
OUTPUTS: Final = Kind[OutputView](
    listen=_announced(Topic.OUTPUT),
    prefix="device:",
    identifier=device_identifier,
    records=lambda hub: hub.state.outputs,
    look=_look_at_output,
    needs=lambda view: Needs(source_id=view.record.source_id),
)
SOURCES: Final = Kind[SourceView](
    listen=_announced(Topic.SOURCE),
    prefix="source:",
    identifier=source_identifier,
    records=lambda hub: hub.state.sources,
    look=_look_at_source,
)
HUB: Final = Kind[HubView](
    listen=_announced(Topic.HUB),
    prefix="hub",
    identifier=lambda _: HUB_IDENTIFIER,
    records=lambda hub: {"": hub},
    look=lambda hub, _: HubView(record=hub),
)
