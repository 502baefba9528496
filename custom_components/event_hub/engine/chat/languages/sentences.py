"""What every language has to answer with: a missing sentence is an error of types.

Names in braces are filled in: ``{name}`` a partition or device, ``{names}`` several with commas between,
``{n}`` a number, ``{time}`` a duration, ``{until}`` a time of day, ``{mode}``, ``{words}`` what was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ...alarm.model import Mode
from ...telling.languages.sentences import Plural


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpLines:
    """What each command is for: one for each ``Verb``, by its value. What is in <> people put in."""

    help: str
    status: str
    report: str
    arm: str
    disarm: str
    silence: str
    acknowledge: str
    inputon: str
    inputoff: str
    outputon: str
    outputoff: str
    snapshot: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Why an alarm did not do what was asked: one for each reason, by its value. ``other`` has a ``{problem}``."""

    not_offered: str
    code_missing: str
    code_wrong: str
    locked_out: str
    no_permission: str
    not_valid_now: str
    used_up: str
    already_armed: str
    not_armed: str
    same_mode: str
    not_ready: str
    nothing_watched: str
    no_code: str
    alarm_running: str
    entry_running: str
    zone_open: str
    not_sounding: str
    no_memory: str
    codes_busy: str
    unknown_partition: str
    no_mode: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """What is wrong with a zone, or a siren: one for each ``Problem``, by its value."""

    open: str
    lost: str
    tampered: str
    low_battery: str
    fault: str
    disabled: str
    off_schedule: str
    siren_off: str
    siren_gone: str
    siren_lost: str
    siren_undelivered: str
    siren_no_off: str


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """How a partition is: ``arming`` and ``pending`` have an ``{until}``, ``armed`` and ``arming`` a ``{mode}``."""

    disarmed: str
    arming: str
    armed: str
    pending: str
    triggered: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why an input did, or did not, trigger: one for each ``Reason``, by its value. Facts are in braces.

    ``silenced`` is said instead of ``not_armed`` where a partition (``{silenced_by}``) has silenced it.
    """

    stale: str
    duplicate: str
    cleared: str
    disabled: str
    off_schedule: str
    not_armed: str
    silenced: str
    unconfirmed: str
    latched: str
    deferred: str
    triggered: str
    requested: str
    alarm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputReasons:
    """What that meant for an output: one for each ``OutputReason``, by its value."""

    output_disabled: str
    off_schedule: str
    outputs_suspended: str
    interval: str
    unknown_output: str
    sent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What was switched, by what it was: how many, and which.

    ``already_on`` and ``already_off`` were so before; on ``guarded`` ones a partition relies.
    """

    input_on: Plural
    input_off: Plural
    output_on: Plural
    output_off: Plural
    already_on: str
    already_off: str
    guarded: str
    no_inputs: str
    no_outputs: str
    no_schedules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What helps somebody whose words were not understood."""

    did_you_mean: str
    not_a_command: str
    unknown_input: str
    unknown_output: str
    unknown_camera: str
    unknown_partition: str
    unknown_mode: str
    there_are: str
    no_cameras: str
    no_partitions: str
    nothing_armed: str
    nothing_sounds: str
    which_partition: str
    which_mode: str
    which_input: str
    which_camera: str
    send_code: str
    for_example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done about other commands, or why not."""

    silenced: str
    acknowledged: str
    report_asked: str
    report_unlinked: str
    report_refused: str
    camera_asked: str
    camera_refused: str
    no_picture: str
    too_late: str
    old_button: str
    too_many: str
    failed: str
    delete_yourself: str


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """How the house is, to be read or heard. A ``{time}`` in ``last_alarm`` is a duration: so long ago."""

    all_closed: str
    open: Plural
    active: Plural
    unheard: str
    suspended: str
    broker_down: str
    source_lost: str
    nothing_opens: str
    no_alarm: str
    last_alarm: str
    last_alarm_zone: str
    not_ready: str
    nothing_known: str
    not_exposed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """Everything that is answered in one language. ``mode_words`` are what people call the modes, besides English."""

    help: HelpLines
    refusals: Refusals
    problems: Problems
    states: States
    reasons: Reasons
    outputs: OutputReasons
    switched: Switched
    guidance: Guidance
    done: Done
    house: House
    modes: Mapping[Mode, str]
    mode_words: Mapping[str, Mode]
