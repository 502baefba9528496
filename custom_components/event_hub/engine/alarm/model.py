"""What people set up: partitions, the zones in them, the delays and limits. ``behaviour.md`` 4 gives the defaults.

All durations are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Mode(StrEnum):
    """How a partition is armed."""

    AWAY = "away"
    HOME = "home"
    NIGHT = "night"
    VACATION = "vacation"
    CUSTOM = "custom"


class ZoneKind(StrEnum):
    """What an opening of a zone means. The four of ``ROUND_THE_CLOCK`` are watched in every phase."""

    INSTANT = "instant"
    ENTRY_EXIT = "entry_exit"
    FOLLOWER = "follower"
    ALWAYS = "always"
    FIRE = "fire"
    PANIC = "panic"
    TAMPER = "tamper"
    CHIME = "chime"


ROUND_THE_CLOCK: Final = frozenset({ZoneKind.ALWAYS, ZoneKind.FIRE, ZoneKind.PANIC, ZoneKind.TAMPER})
# A fire and a cry for help wait for nothing: no settling, abort window, swinger shutdown, bypass.
LIFE_SAFETY: Final = frozenset({ZoneKind.FIRE, ZoneKind.PANIC})
# One walks through these on the way out; they may stand open while there is time to leave.
WAY_OUT: Final = frozenset({ZoneKind.ENTRY_EXIT, ZoneKind.FOLLOWER})


class AfterSiren(StrEnum):
    """What a partition that was armed is when its siren has sounded long enough."""

    ARMED = "armed"
    DISARMED = "disarmed"


class FaultPolicy(StrEnum):
    """Whether zones that are lost, tampered with, faulty or low on battery keep a partition from being armed."""

    REFUSE = "refuse"
    OVERRIDE = "override"


class Action(StrEnum):
    """What can be asked of a partition. ``FORCE_ARM`` and ``FORCE_MODE`` leave out what is open."""

    ARM = "arm"
    FORCE_ARM = "force_arm"
    DISARM = "disarm"
    CHANGE_MODE = "change_mode"
    FORCE_MODE = "force_mode"
    BYPASS = "bypass"
    SILENCE = "silence"
    ACKNOWLEDGE = "acknowledge"
    WALK_TEST = "walk_test"
    PANIC = "panic"


class ActorKind(StrEnum):
    """What sort of somebody asked for a change."""

    CODE_USER = "code_user"
    HOME_ASSISTANT_USER = "home_assistant_user"
    AUTOMATION = "automation"
    KEYPAD = "keypad"
    CHAT = "chat"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asked, and how, whoever's code was given: a Home Assistant user, a keypad, a chat, an automation.

    ``path`` is a ``codes.Path``. ``user_id`` is the Home Assistant user, ``context_id`` what Home Assistant knows the
    request by; ``None`` where there is none.
    """

    path: str
    name: str
    user_id: str | None = None
    context_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it: the owner of the code, or who asked without one. ``asker`` is who asked; unknown of old entries.

    ``user_id`` is the code's owner; ``once`` says that the code is used up by what it achieves, ``disarms`` that it
    may disarm, which is unknown of old entries.
    """

    kind: ActorKind
    name: str
    user_id: str | None = None
    duress: bool = False
    once: bool = False
    disarms: bool = False
    asker: Asker | None = None


SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, name="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Time to leave and time to disarm, in one mode."""

    exit: float = 60.0
    entry: float = 30.0


DEFAULT_DELAYS: Final = Delays()


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """How one input is watched. Own delays win over the mode's.

    ``silent`` alarms show and sound nowhere, they are only told. ``chimes``: its opening sounds while disarmed.
    """

    kind: ZoneKind = ZoneKind.INSTANT
    modes: tuple[Mode, ...] = tuple(Mode)
    entry_delay: float | None = None
    exit_delay: float | None = None
    bypassable: bool = True
    silent: bool = False
    chimes: bool = False

    @property
    def may_be_bypassed(self) -> bool:
        """Whether the zone may be left out. Never so for fire and panic."""
        return self.bypassable and self.kind not in LIFE_SAFETY

    def watched_in(self, mode: Mode | None) -> bool:
        """Whether an opening counts in a mode; ``None`` is disarmed."""
        return self.kind in ROUND_THE_CLOCK or (self.kind is not ZoneKind.CHIME and mode in self.modes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossZone:
    """``count`` different ones of ``zones`` must open within ``within`` seconds before any of them alarms."""

    zones: tuple[str, ...]
    count: int = 2
    within: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRules:
    """For what a code is required. Silencing and acknowledging go with disarming, a walk test with bypassing."""

    arm: bool = False
    disarm: bool = True
    change_mode: bool = True
    bypass: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One alarm panel. ``zones`` are by input key; a master has ``members`` (partition ids) and no zones.

    ``siren_limit`` bounds each alarm.
    """

    partition_id: str
    name: str
    zones: Mapping[str, Zone] = field(default_factory=dict)
    delays: Mapping[Mode, Delays] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    siren_limit: float = 180.0
    siren_outputs: tuple[str, ...] = ()
    after_siren: AfterSiren = AfterSiren.ARMED
    abort_window: float = 30.0
    cancel_window: float = 300.0
    swinger_limit: int = 3
    cross_zones: tuple[CrossZone, ...] = ()
    arm_on_close: bool = False
    codes: CodeRules = CodeRules()
    fault_policy: FaultPolicy = FaultPolicy.REFUSE

    def exit_delay(self, mode: Mode) -> float:
        """Return the time to leave: that of the slowest way out."""
        usual = self.delays.get(mode, DEFAULT_DELAYS).exit
        ways = (zone for zone in self.zones.values() if zone.kind is ZoneKind.ENTRY_EXIT and mode in zone.modes)
        return max((usual if zone.exit_delay is None else zone.exit_delay for zone in ways), default=usual)

    def entry_delay(self, mode: Mode | None, zone: Zone) -> float:
        """Return the time to disarm after coming in by a zone. Nobody comes in while disarmed: 0."""
        if mode is None:
            return 0.0
        return self.delays.get(mode, DEFAULT_DELAYS).entry if zone.entry_delay is None else zone.entry_delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Whether any channel tells people outside of alarms, and of silent ones."""

    alarms: bool = True
    silent: bool = True


ALL_CHANNELS: Final = Channels()


@dataclass(frozen=True, slots=True, kw_only=True)
class InputStanding:
    """How a zone's input stands at the moment. ``heard``: it has reported since the last start.

    ``unreachable``: the broker that it reports over is down, which is a fault of the broker and not of the zone.
    ``off_schedule``: it is not enabled because its schedule says so, and no person.
    ``confirmed``: since it is open, as often as its rules ask for; until then its opening counts for nothing.
    """

    open: bool = False
    confirmed: bool = True
    tampered: bool = False
    lost: bool = False
    low_battery: bool = False
    fault: bool = False
    enabled: bool = True
    heard: bool = True
    unreachable: bool = False
    off_schedule: bool = False

    @property
    def counts(self) -> bool:
        """Whether it stands open, and its opening counts."""
        return self.open and self.confirmed


# An input nobody knows of cannot be counted on.
UNKNOWN_INPUT: Final = InputStanding(lost=True, heard=False)
