"""Where a partition stands: everything that a restart must not lose, as plain data. Times are unix seconds.

The phase is not stored: it follows from the mode and from the deadlines that are running.
So a phase without its deadline, or a deadline without its phase, cannot be expressed.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from .model import Actor, Mode
from .problems import Refusal, Trouble


class Phase(StrEnum):
    """What a partition is doing."""

    DISARMED = "disarmed"
    ARMING = "arming"
    ARMED = "armed"
    PENDING = "pending"
    TRIGGERED = "triggered"


class Timer(StrEnum):
    """What a deadline ends. Of those due at the same time, the first here goes first.

    With ``OUTSIDE_SILENT`` outside is told of silent alarms: they have a time of their own.
    """

    LOCKOUT = "lockout"
    SETTLE = "settle"
    EXIT = "exit"
    ENTRY = "entry"
    OUTSIDE = "outside"
    OUTSIDE_SILENT = "outside_silent"
    ALARM = "alarm"
    WALK_TEST = "walk_test"


class AlarmKind(StrEnum):
    """What an alarm is about."""

    BURGLARY = "burglary"
    ALWAYS = "always"
    FIRE = "fire"
    PANIC = "panic"
    TAMPER = "tamper"


class Outside(StrEnum):
    """Whether an alarm was told outside. ``ABORTED``: disarmed before that.

    ``NO_CHANNEL``: told, but by then no channel told people of such alarms.
    """

    WAITING = "waiting"
    TOLD = "told"
    NO_CHANNEL = "no_channel"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When a timer ends, and how long it was to run at most: a clock that is set back must not lengthen it."""

    timer: Timer
    due: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One entry of the alarm memory. ``zone`` is ``None`` for a panic button that is no zone.

    ``images`` are references to its snapshots, ``detail`` is what its device told. ``at`` is by the clock of then,
    which was set by ``moved`` seconds since.
    """

    at: float
    kind: AlarmKind
    zone: str | None = None
    silent: bool = False
    images: tuple[str, ...] = ()
    detail: str | None = None
    outside: Outside = Outside.WAITING
    moved: float = 0.0

    @property
    def by_this_clock(self) -> float:
        """When it was raised, by the clock as it is now: for reckoning, not for showing."""
        return self.at + self.moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A zone that opened and did not alarm yet: in an entry delay, or one of a cross-zone group.

    ``acted``: its group was confirmed, and the trip was taken further.
    """

    zone: str
    at: float
    image: str | None = None
    detail: str | None = None
    acted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """When a zone opened or closed last, as far as the partition knows."""

    zone: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """How many alarms a zone has caused in this armed period: by what it saw, and by being tampered with."""

    zone: str
    alarms: int = 0
    tampers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A walk test: which zones were seen, and whether fire and panic zones are tested too."""

    life_safety: bool = False
    walked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """Wrong codes since the last right one, and how often they locked code entry."""

    wrong: int = 0
    locks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionStatus:
    """A partition's state. Zones are named by input key.

    ``mode`` is ``None`` while disarmed; ``from_mode`` is the mode left by a change, while its exit delay runs.
    ``open`` are the zones known to be open, ``moved`` is when those opened or closed that call for help: how their
    inputs stand is stored later than this. ``sounded`` are the zones of the alarm that is running ("" for a panic
    button), ``alarm_kinds`` what it is about. ``exit_closed`` are the exit zones closed since arming began.
    ``unsettled`` opened after a restart and wait for the others to report. ``bypassed`` were left out by hand,
    ``forced`` by force arming.
    ``told_at`` is when something was told outside last, ``told_silently_at`` when an alarm that shows nowhere was.
    """

    mode: Mode | None = None
    from_mode: Mode | None = None
    since: float = 0.0
    deadlines: tuple[Deadline, ...] = ()
    siren: bool = False
    alarm_kind: AlarmKind | None = None
    alarm_kinds: tuple[AlarmKind, ...] = ()
    sounded: tuple[str, ...] = ()
    exit_closed: tuple[str, ...] = ()
    exit_restarted: bool = False
    entry_trips: tuple[Trip, ...] = ()
    crossings: tuple[Trip, ...] = ()
    open: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    unsettled: tuple[str, ...] = ()
    bypassed: tuple[str, ...] = ()
    forced: tuple[str, ...] = ()
    swings: tuple[Swing, ...] = ()
    memory: tuple[Alarm, ...] = ()
    told_at: float | None = None
    told_silently_at: float | None = None
    troubles: tuple[Trouble, ...] = ()
    walk: Walk | None = None
    lockout: Lockout = Lockout()
    used_codes: tuple[str, ...] = ()
    changed_by: Actor | None = None
    changed_at: float | None = None
    last_refusal: Refusal | None = None

    @property
    def phase(self) -> Phase:
        """What the partition is doing."""
        return self.resting if self.due(Timer.ALARM) is None else Phase.TRIGGERED

    @property
    def resting(self) -> Phase:
        """What the partition does beside an alarm, and will go back to after it."""
        if self.mode is None:
            return Phase.DISARMED
        if self.due(Timer.EXIT) is not None:
            return Phase.ARMING
        return Phase.ARMED if self.due(Timer.ENTRY) is None else Phase.PENDING

    @property
    def visible(self) -> tuple[Alarm, ...]:
        """The alarm memory without silent alarms, which show nowhere."""
        return tuple(alarm for alarm in self.memory if not alarm.silent)

    def due(self, timer: Timer) -> float | None:
        """Return when a timer ends, or ``None`` when it is not running."""
        return next((deadline.due for deadline in self.deadlines if deadline.timer is timer), None)

    def left_out(self, zone: str) -> bool:
        """Whether a zone is bypassed, by hand or by force arming."""
        return zone in self.bypassed or zone in self.forced

    def swing_of(self, zone: str) -> Swing:
        """Return how many alarms a zone has caused in this armed period."""
        return next((swing for swing in self.swings if swing.zone == zone), Swing(zone=zone))

    def swung_out(self, zone: str, limit: int) -> bool:
        """Whether what a zone sees has caused so many alarms that it is silenced until disarmed."""
        return self.swing_of(zone).alarms >= limit

    def waits(self, *, silent: bool) -> bool:
        """Whether outside has still to be told of an alarm that shows, or of one that does not."""
        return any(alarm.outside is Outside.WAITING and alarm.silent is silent for alarm in self.memory)


def next_deadline(status: PartitionStatus) -> Deadline | None:
    """Return the deadline that comes first."""
    order = list(Timer)
    return min(status.deadlines, key=lambda deadline: (deadline.due, order.index(deadline.timer)), default=None)


def next_due(status: PartitionStatus) -> float | None:
    """Return when the next ``Tick`` is wanted, in unix seconds, or ``None`` when time changes nothing."""
    first = next_deadline(status)
    return None if first is None else first.due


def kept_in_bounds(status: PartitionStatus, now: float) -> PartitionStatus:
    """Return the status with deadlines that a clock set back had moved too far away brought near again."""
    if all(deadline.due <= now + deadline.seconds for deadline in status.deadlines):
        return status
    near = tuple(replace(each, due=min(each.due, now + each.seconds)) for each in status.deadlines)
    return replace(status, deadlines=near)
