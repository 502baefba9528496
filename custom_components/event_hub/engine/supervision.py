"""Sources are supervised: rhythm, silence, clock (behaviour.md, 3)."""

from dataclasses import replace
from typing import Final

from ..wire.messages import Dialect, Report, ReportKind, Transport
from .deadlines import Timer
from .effects import ClockProblem, SourceBack, SourceLost
from .model import SourceRecord, SourceStatus
from .state import Draft

OFFSETS_KEPT: Final = 5
# A broker that stops in order sends every last will first; within so many seconds it is seen to be gone.
BROKER_STOPS: Final = 3.0
_LEARNING_RATE: Final = 0.2
_LEAST_GAP: Final = 0.5
_LAST_WILL_WAIT: Final = 10.0
_TIMELESS_HEARTBEATS: Final = frozenset((Dialect.ESP_SENSOR, Dialect.ESP_METER, Dialect.ESP_SWITCH))


def heard(draft: Draft, source_id: str, report: Report) -> float:
    """Note that a source was heard; returns the report's age in seconds, by the source's corrected clock.

    A report without a time of day has age 0.
    """
    now = draft.now
    record = draft.sources.get(source_id)
    on_its_way = record is not None and record.source.transport is report.source.transport
    status = draft.source_status.get(source_id) or SourceStatus(last_seen=now)
    heartbeat = report.kind is ReportKind.HEARTBEAT
    doubt = status.clock_doubt
    if doubt:
        age, offsets, doubt = _age_in_doubt(draft, status, report, heartbeat=heartbeat)
    else:
        age, offsets = _age(draft, status, report, heartbeat=heartbeat)
    status_now = draft.source_status[source_id] = SourceStatus(
        last_seen=now,
        last_heartbeat=now if heartbeat else status.last_heartbeat,
        interval=_interval(draft, status) if heartbeat else status.interval,
        heartbeat_sent_at=_newest(draft, status, age) if heartbeat else status.heartbeat_sent_at,
        online=True,
        lost=False,
        offsets=offsets,
        uptime=status.uptime if report.uptime is None else report.uptime,
        way_seen=now if on_its_way else status.way_seen,
        health=status.health,
        budget=status.budget,
        cost_since=status.cost_since,
        clock_doubt=doubt,
        channels=_channels(report) or status.channels,
    )
    if status.lost:
        draft.effects.append(SourceBack(source_id=source_id, silent_for=now - status.last_seen, at=now))
    if offsets is not status.offsets:
        _note_clock(draft, source_id, status, status_now)
    watch(draft, source_id)
    return age


def overtaken(draft: Draft, source_id: str, age: float) -> bool:
    """Whether a heartbeat of this age tells how things were: it is old, or a later one was faster elsewhere."""
    newest = draft.source_status[source_id].heartbeat_sent_at
    return age > draft.settings.max_validity or (newest is not None and draft.now - age < newest)


def availability(draft: Draft, source_id: str, *, online: bool, retained: bool = False) -> None:
    """Take a source's own word, or its last will's, for whether it is online; what is ``retained`` was said before."""
    record, status = draft.sources.get(source_id), draft.source_status.get(source_id)
    if record is None or status is None:
        return
    if not online:
        draft.source_status[source_id] = replace(status, online=False)
        wait = _doubt(draft, record, status, retained=retained)
        if not wait:
            _lose(draft, source_id)
        elif not status.lost:
            due = draft.armed(Timer.SILENCE, source_id)
            draft.arm(Timer.SILENCE, source_id, draft.now + wait if due is None else min(due, draft.now + wait))
    elif not status.online:
        # Not for one that fell silent: the broker keeps the word of a program that hangs.
        draft.source_status[source_id] = replace(status, online=True, lost=False, last_seen=draft.now)
        if status.lost:
            silent = draft.now - status.last_seen
            draft.effects.append(SourceBack(source_id=source_id, silent_for=silent, at=draft.now))
        watch(draft, source_id)


def transport_changed(draft: Draft, transport: Transport, *, up: bool) -> None:
    """Let every silence limit start afresh once a broker is back: its absence was not the sources'."""
    was_up = draft.transport_up(transport)
    draft.set_transport(transport, up=up)
    if not up or was_up:
        return
    for source_id, record in draft.sources.items():
        status = draft.source_status.get(source_id)
        if record.source.transport is transport and status and not status.lost:
            watch(draft, source_id)


def silence_due(draft: Draft, source_id: str) -> None:
    """Handle a silence limit that has passed; while its broker is down the broker is what is missing."""
    draft.disarm(Timer.SILENCE, source_id)
    record = draft.sources.get(source_id)
    if record is not None and draft.transport_up(record.source.transport):
        _lose(draft, source_id)


def silence_limit(draft: Draft, record: SourceRecord) -> float | None:
    """Return after how many seconds of silence a source is lost; ``None`` when it has no rhythm to miss."""
    if record.silence_limit is not None:
        return record.silence_limit
    status = draft.source_status.get(record.source.source_id)
    if status is None or status.last_heartbeat is None or record.source.transport is Transport.HOME_ASSISTANT:
        return None
    settings = draft.settings
    if status.interval is None:
        return settings.silence_max
    return max(settings.silence_min, min(settings.silence_max, settings.silence_intervals * status.interval))


def watch(draft: Draft, source_id: str) -> None:
    """Let the silence limit of a source run from now."""
    record = draft.sources.get(source_id)
    limit = None if record is None else silence_limit(draft, record)
    if limit is None:
        if draft.armed(Timer.SILENCE, source_id) is not None:
            draft.disarm(Timer.SILENCE, source_id)
        return
    draft.arm(Timer.SILENCE, source_id, draft.now + limit)


def offset_of(status: SourceStatus, sent_at: float | None, now: float) -> float:
    """Return by how many seconds a source's clock is behind the hub's, by what it sent at ``sent_at`` of its own.

    After the hub's clock was set, the source's may have been set along, as on the same machine, or not. What makes
    younger what it sent is taken for true.
    """
    if sent_at is None:
        return status.clock_offset
    age = now - sent_at - status.clock_offset
    return status.clock_offset + (status.clock_doubt if abs(age - status.clock_doubt) < abs(age) else 0.0)


def _channels(report: Report) -> tuple[bool, ...]:
    """Return the channels of a switch board, which tells all of them at once and in their order."""
    if report.source.dialect is not Dialect.ESP_SWITCH:
        return ()
    return tuple([output.is_on is True for output in report.outputs])


def _newest(draft: Draft, status: SourceStatus, age: float) -> float:
    """Return when the newest heartbeat was sent, this one included; a time in the future is of a clock set back."""
    sent_at, before = draft.now - age, status.heartbeat_sent_at
    return sent_at if before is None or before > draft.now else max(before, sent_at)


def _doubt(draft: Draft, record: SourceRecord, status: SourceStatus, *, retained: bool) -> float:
    """Return for how many seconds a last will on MQTT may be of something else than its source's end."""
    if record.source.dialect is not Dialect.NATIVE:
        return 0.0
    if record.source.transport is Transport.AMQP and draft.transport_up(Transport.AMQP):
        # Its connection to one broker ended, maybe with it: the other one shows soon.
        return max(_LAST_WILL_WAIT, 2 * (status.interval or 0.0))
    if retained:
        # Maybe of the stop of its broker, which is back sooner than its devices.
        return silence_limit(draft, record) or draft.settings.silence_max
    return BROKER_STOPS


def _lose(draft: Draft, source_id: str) -> None:
    status = draft.source_status.get(source_id)
    draft.disarm(Timer.SILENCE, source_id)
    if status is None or status.lost:
        return
    draft.source_status[source_id] = replace(status, lost=True)
    draft.effects.append(SourceLost(source_id=source_id, last_seen=status.last_seen, at=draft.now))


def _interval(draft: Draft, status: SourceStatus) -> float | None:
    """Learn the time between heartbeats. A long outage teaches nothing; a slower rhythm does, even if it was a loss.

    Neither do heartbeats that come in one go: over both brokers, or out of a queue.
    """
    if status.last_heartbeat is None:
        return status.interval
    gap = draft.now - status.last_heartbeat
    if gap < _LEAST_GAP or gap > draft.settings.silence_max:
        return status.interval
    if status.interval is None:
        return gap
    return status.interval + _LEARNING_RATE * (gap - status.interval)


def _age(draft: Draft, status: SourceStatus, report: Report, *, heartbeat: bool) -> tuple[float, tuple[float, ...]]:
    """Return a report's corrected age and the offsets with what it teaches.

    A device may keep events while its broker is away, but no heartbeats: only those may
    teach that a clock fell behind, or kept events would pass for new ones. Boards whose
    heartbeats tell no time keep nothing, and report all the time.
    """
    if report.sent_at is None:
        return 0.0, status.offsets
    delay = draft.now - report.sent_at
    learned = (*status.offsets, delay)[-OFFSETS_KEPT:]
    if not status.offsets:
        return 0.0, learned
    age = delay - status.clock_offset
    if heartbeat and age > draft.settings.max_validity:
        # Nothing is under way for that long: a clock was set, and what was learned before is void.
        return age, (delay,)
    if heartbeat or status.last_heartbeat is None or report.source.dialect in _TIMELESS_HEARTBEATS:
        return age, learned
    plausible = -draft.settings.max_ahead <= age < 0
    return age, learned if plausible else status.offsets


def _age_in_doubt(
    draft: Draft, status: SourceStatus, report: Report, *, heartbeat: bool
) -> tuple[float, tuple[float, ...], float]:
    """Return the age, the offsets, and the doubt that is left, after the hub's clock was set.

    How far off the source's clock is says ``offset_of``; only what teaches (see ``_age``) settles it.
    """
    doubt = status.clock_doubt
    if report.sent_at is None:
        return 0.0, status.offsets, doubt
    if offset_of(status, report.sent_at, draft.now) != status.clock_offset:
        stayed = replace(status, offsets=tuple(offset + doubt for offset in status.offsets))
        age, offsets = _age(draft, stayed, report, heartbeat=heartbeat)
    else:
        age, offsets = _age(draft, status, report, heartbeat=heartbeat)
    if heartbeat or status.last_heartbeat is None or report.source.dialect in _TIMELESS_HEARTBEATS:
        return age, offsets, 0.0
    return age, status.offsets, doubt


def _note_clock(draft: Draft, source_id: str, before: SourceStatus, after: SourceStatus) -> None:
    limit = draft.settings.offset_problem
    was, is_off = abs(before.clock_offset) > limit, abs(after.clock_offset) > limit
    if was != is_off:
        draft.effects.append(ClockProblem(source_id=source_id, offset=after.clock_offset, solved=not is_off))
