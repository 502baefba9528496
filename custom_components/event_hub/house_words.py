"""How the house is, in words: for chats, which read it, and for assistants, which say it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import ATTR_DEVICE_CLASS
from homeassistant.helpers import entity_registry as er

from .alarm_views import PARTITIONS, PartitionView, ready
from .const import DOMAIN
from .device_class import sensed_by
from .engine.alarm.problems import RefusalReason
from .engine.alarm.status import Alarm, Phase
from .engine.chat.wording import SHORT_LIST_LIMIT, Voice, short
from .engine.model import InputRecord, InputStatus
from .engine.telling.languages.sentences import AlarmTitles
from .hub import Hub
from .identifiers import device_name, name_of, source_name
from .views import INPUTS
from .wire.messages import Transport

OPENINGS: Final = frozenset(
    (
        BinarySensorDeviceClass.DOOR,
        BinarySensorDeviceClass.GARAGE_DOOR,
        BinarySensorDeviceClass.WINDOW,
        BinarySensorDeviceClass.OPENING,
    )
)
_BROKERS: Final = {Transport.MQTT: "MQTT", Transport.AMQP: "RabbitMQ"}

type Wanted = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """Doors, windows and the like: how many there are, and by name which are open, or not heard from."""

    count: int
    open: tuple[str, ...]
    unheard: tuple[str, ...]


def voice_of(hub: Hub, language: str | None = None) -> Voice:
    """Return how to speak: in a language, else in Home Assistant's."""
    return Voice(language=language or hub.hass.config.language, zone=hub.state.settings.zone)


def look_at(hub: Hub, partition_id: str) -> PartitionView | None:
    """Return a partition as it is shown now."""
    view = PARTITIONS.look(hub, partition_id)
    return view if isinstance(view, PartitionView) else None


def partition_state(hub: Hub, partition_id: str, voice: Voice) -> str:
    """Return how a partition is, as it was announced."""
    view = look_at(hub, partition_id)
    if view is None:
        return ""
    shown = hub.alarm.view(partition_id)
    sentence: str = getattr(voice.says.states, shown.phase.value)
    until = "" if view.delay_end is None else voice.clock(view.delay_end)
    return sentence.format(name=short(view.record.name), mode=voice.mode(shown.mode), until=until)


def openings(hub: Hub, wanted: Wanted | None = None) -> Openings:
    """Return what stands open, of the inputs that are ``wanted`` by key; switched off in the hub or not."""
    count, open_, unheard = 0, [], []
    for record, status in _inputs(hub):
        if not _opens(hub, record) or (wanted is not None and not wanted(record.key)):
            continue
        view = INPUTS.look(hub, record.key)
        count += 1
        if view is not None and view.lost:
            unheard.append(device_name(record))
        elif status.active:
            open_.append(device_name(record))
    return Openings(count=count, open=tuple(open_), unheard=tuple(unheard))


def openings_in_words(found: Openings, voice: Voice) -> str:
    """Return what is open. What nobody has heard from is said, too: it may be open."""
    says = voice.says.house
    if not found.count:
        return says.nothing_opens
    parts = [voice.counted(says.open, found.open, SHORT_LIST_LIMIT)] if found.open else []
    if not found.open and not found.unheard:
        parts.append(says.all_closed)
    if found.unheard:
        parts.append(says.unheard.format(names=voice.listed(found.unheard, SHORT_LIST_LIMIT)))
    return " ".join(parts)


def status_lines(hub: Hub, voice: Voice) -> Iterator[str]:
    """Yield how everything is, what matters most first."""
    says = voice.says.house
    for partition_id in hub.alarm.partitions:
        yield partition_state(hub, partition_id, voice)
        yield _not_ready(hub, partition_id, voice)
    down = [
        name
        for transport, name in _BROKERS.items()
        if transport in hub.links and not hub.state.transports.get(transport)
    ]
    if down:
        yield says.broker_down.format(names=voice.listed(down))
    found = openings(hub)
    if found.count:
        yield openings_in_words(found, voice)
    active = [
        device_name(record)
        for record, status in _inputs(hub)
        if status.active and record.enabled and not _opens(hub, record)
    ]
    if active:
        yield voice.counted(says.active, active, SHORT_LIST_LIMIT)
    lost = [
        source_name(source_id, hub.state.sources)
        for source_id in hub.state.sources
        if (heard := hub.state.source_status.get(source_id)) is not None and heard.lost
    ]
    if lost:
        yield says.source_lost.format(names=voice.listed(lost, SHORT_LIST_LIMIT))
    if hub.state.outputs_suspended:
        yield says.suspended


def last_alarm(hub: Hub, partition_ids: tuple[str, ...], voice: Voice) -> str:
    """Return the last alarm that was not acknowledged yet; silent ones are told nowhere."""
    views = [view for each in partition_ids if (view := look_at(hub, each)) is not None and not view.record.members]
    alarms = [(view.memory[-1], view.record.name) for view in views if view.memory]
    if not alarms:
        return voice.says.house.no_alarm
    alarm, name = max(alarms, key=lambda each: each[0].at)
    return _alarm(hub, alarm, name, voice)


def entity_of(hub: Hub, platform: str, unique_id: str) -> str | None:
    """Return the id of one of the hub's entities."""
    return er.async_get(hub.hass).async_get_entity_id(platform, DOMAIN, unique_id)


def _alarm(hub: Hub, alarm: Alarm, name: str, voice: Voice) -> str:
    titles: AlarmTitles = voice.base.alarms
    says = voice.says.house
    facts = {
        "kind": getattr(titles, alarm.kind.value),
        "name": short(name),
        "ago": voice.ago(max(0.0, hub.now() - alarm.at)),
    }
    zone = "" if alarm.zone is None else next(iter(hub.alarm.names((alarm.zone,))), alarm.zone)
    return says.last_alarm_zone.format(**facts, zone=short(zone)) if zone else says.last_alarm.format(**facts)


def _not_ready(hub: Hub, partition_id: str, voice: Voice) -> str:
    """Return what is in the way of arming a partition that is disarmed, once for those that a master has too."""
    view = look_at(hub, partition_id)
    if view is None or view.record.members or hub.alarm.view(partition_id).phase is not Phase.DISARMED:
        return ""
    found = ready(view)
    names = [name_of(zone, hub.state.inputs, hub.state.outputs) for zone, _ in found.blocking]
    lines = [] if found.disarmable else [voice.refusal(RefusalReason.NO_CODE, problem="", name=short(view.record.name))]
    if names:
        lines.append(voice.says.house.not_ready.format(names=voice.listed(dict.fromkeys(names), SHORT_LIST_LIMIT)))
    return "\n".join(lines)


def _inputs(hub: Hub) -> Iterator[tuple[InputRecord, InputStatus]]:
    for key, record in hub.state.inputs.items():
        status = hub.state.input_status.get(key)
        if status is not None:
            yield record, status


def _opens(hub: Hub, record: InputRecord) -> bool:
    """Whether an input senses doors, windows and the like: as people have set it, else as it describes itself."""
    entity_id = entity_of(hub, "binary_sensor", f"device:{record.key}:active")
    state = None if entity_id is None else hub.hass.states.get(entity_id)
    return (sensed_by(record) if state is None else state.attributes.get(ATTR_DEVICE_CLASS)) in OPENINGS
