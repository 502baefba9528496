"""What an import says, in one language: changes without a full stop, and whole sentences about what is left out."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """What is said of a setting that is either on or off."""

    on: str
    off: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What sentences are put together from. Settings and days are by their names in the engine.

    A setting is one of ``flags``, or has a value, of some in one of ``measures``. ``unset``: it has none any more.
    """

    quoted: str
    point: str
    none: str
    setting: str
    unset: str
    parameters: str
    no_parameters: str
    no_schedule: str
    on_at: str
    off_at: str
    every_day: str
    on_days: str
    described: str
    settings: Mapping[str, str]
    measures: Mapping[str, str]
    flags: Mapping[str, Flag]
    days: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Does:
    """What is changed. ``{name}`` and whatever else people named is in quotes already."""

    input_added: str
    output_added: str
    described: str
    described_by_text: str
    is_entity: str
    is_action: str
    scheduled: str
    switched_on: str
    switched_off: str
    rule: str
    options: str
    triggers: str
    triggers_in_order: str
    triggers_no_more: str
    lost_when_usual: str
    lost_when: str
    group_rule: str
    group_no_rule: str
    group_scheduled: str
    partition_set_up: str
    partition_changed: str
    quiet_hours: str
    no_quiet_hours: str
    outputs_suspended: str
    outputs_not_suspended: str
    channel_added: str
    channel_changed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavesOut:
    """What is not taken over, and why, or what to do about it."""

    not_possible: str
    unknown: str
    setting_stays: str
    note: str
    stays_in_group: str
    schedules_off: str
    schedule_at_once: str
    not_linked: str
    no_messages: str
    inputs_linked: str
    stayed_on: str
    source_unknown: str
    no_codes: str
    channel_unreachable: str
    meter_decimals: str
    meter_topic: str
    register_set: str
    register_added: str
    meter_rounded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """What is odd about a value of a database. ``place`` says where it stands, and what is odd."""

    place: str
    no_key: str
    twice: str
    no_text: str
    long_text: str
    no_number: str
    out_of_range: str
    no_flag: str
    no_time: str
    no_times: str
    no_device: str
    counted_twice: str
    half_confirmation: str
    too_many: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """Everything that an import says."""

    words: Words
    does: Does
    leaves_out: LeavesOut
    odd: Odd
