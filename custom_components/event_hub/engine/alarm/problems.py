"""What can be wrong with zones, and why something that was asked for is not done."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Problem(StrEnum):
    """Why a zone, or a siren output, is not ready to be armed, or what is to be known of it before.

    ``DISABLED``: switched off by a person; ``OFF_SCHEDULE``: by its schedule, which somebody wanted so.
    ``SIREN_NO_OFF``: it can only be triggered, and goes on for as long as it does by itself.
    """

    OPEN = "open"
    LOST = "lost"
    TAMPERED = "tampered"
    LOW_BATTERY = "low_battery"
    FAULT = "fault"
    DISABLED = "disabled"
    OFF_SCHEDULE = "off_schedule"
    SIREN_OFF = "siren_off"
    SIREN_GONE = "siren_gone"
    SIREN_LOST = "siren_lost"
    SIREN_UNDELIVERED = "siren_undelivered"
    SIREN_NO_OFF = "siren_no_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneProblem:
    """One zone and what is wrong with it. ``partition_id`` is set where several partitions are spoken of."""

    zone: str
    problem: Problem
    partition_id: str | None = None


class Fault(StrEnum):
    """What a zone can suffer from for a while; and ``BROKER``, what a partition can: its zones report over it.

    ``DISABLED``: a person switched its input off. Those of ``SIREN_FAULTS`` are of siren outputs: switched off by a
    person, forgotten, lost or its broker down, the last command not carried out.
    """

    LOST = "lost"
    LOW_BATTERY = "low_battery"
    FAULT = "fault"
    TAMPER = "tamper"
    BROKER = "broker"
    DISABLED = "disabled"
    SIREN_OFF = "siren_off"
    SIREN_GONE = "siren_gone"
    SIREN_LOST = "siren_lost"
    SIREN_UNDELIVERED = "siren_undelivered"


SIREN_FAULTS: Final = frozenset({Fault.SIREN_OFF, Fault.SIREN_GONE, Fault.SIREN_LOST, Fault.SIREN_UNDELIVERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A fault that a zone has; of a broker, ``zone`` is its name, of a siren the output's key."""

    zone: str
    fault: Fault


class RefusalReason(StrEnum):
    """Why something asked for was not done. Nothing has changed then."""

    ALREADY_ARMED = "already_armed"
    NOT_ARMED = "not_armed"
    SAME_MODE = "same_mode"
    NOT_READY = "not_ready"
    NOTHING_WATCHED = "nothing_watched"
    ALARM_RUNNING = "alarm_running"
    ENTRY_RUNNING = "entry_running"
    ARMED = "armed"
    NOT_BYPASSABLE = "not_bypassable"
    UNKNOWN_ZONE = "unknown_zone"
    ZONE_OPEN = "zone_open"
    NOT_SOUNDING = "not_sounding"
    NO_MEMORY = "no_memory"
    NO_WALK_TEST = "no_walk_test"
    NO_CODE = "no_code"


class PassReason(StrEnum):
    """Why an event changed nothing, or nothing but what is known of a zone."""

    NOT_A_ZONE = "not_a_zone"
    STILL_OPEN = "still_open"
    DISABLED = "disabled"
    BYPASSED = "bypassed"
    SETTLING = "settling"
    NOT_WATCHED = "not_watched"
    EXIT_DELAY = "exit_delay"
    SWUNG_OUT = "swung_out"
    UNCONFIRMED = "unconfirmed"
    IN_ALARM = "in_alarm"
    LOCKED_OUT = "locked_out"
    DEADLINES_ONLY = "deadlines_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The last request that was refused, when and why."""

    at: float
    reason: RefusalReason
    problems: tuple[ZoneProblem, ...] = ()
