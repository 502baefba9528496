"""English."""

from types import MappingProxyType
from typing import Final

from .sentences import Does, Flag, LeavesOut, Odd, Says, Words

EN: Final = Says(
    words=Words(
        quoted="“{name}”",
        point=".",
        none="none",
        setting="{setting} {value} (was {before})",
        unset="no {setting} any more (was {before})",
        parameters="its parameters",
        no_parameters="no parameters",
        no_schedule="no schedule",
        on_at="on at {time}",
        off_at="off at {time}",
        every_day="{times} every day",
        on_days="{times} on {days}",
        described="{word} {value}",
        settings=MappingProxyType(
            {
                "label": "label",
                "type": "type",
                "location": "location",
                "group": "group",
                "latch": "latch",
                "confirm_count": "activations needed",
                "confirm_within": "time for the activations",
                "hold": "hold",
                "low": "low limit",
                "high": "high limit",
                "factor": "factor",
                "precision": "decimals",
                "unit": "unit",
                "escalate_after": "time to escalation",
                "interval": "trigger interval",
                "deadline": "deadline",
                "trigger_topic": "topic of its commands",
                "kind": "kind",
                "target": "target",
                "language": "language",
                "priority": "place in the order",
                "min_interval": "time between two messages",
                "gather": "wait of pictures",
                "max_length": "longest message",
                "pictures": "pictures",
                "topics": "choice of topics",
                "buttons": "buttons",
            }
        ),
        measures=MappingProxyType(
            {
                "latch": "{value} s",
                "confirm_within": "{value} s",
                "hold": "{value} s",
                "escalate_after": "{value} s",
                "interval": "{value} s",
                "deadline": "{value} s",
                "min_interval": "{value} s",
                "gather": "{value} s",
                "max_length": "{value} characters",
            }
        ),
        flags=MappingProxyType(
            {
                "informational": Flag(on="only informational", off="no longer only informational"),
                "notify": Flag(on="people are told", off="people are not told"),
                "enabled": Flag(on="switched on", off="switched off"),
                "always": Flag(on="told everything, beside the others", off="no longer told everything"),
                "people_only": Flag(on="pictures with people only", off="pictures without people as well"),
            }
        ),
        days=MappingProxyType(
            {"mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun"}
        ),
    ),
    does=Does(
        input_added="{name} is added as an input, before its device reports",
        output_added="{name} is added as an output, before its device reports",
        described="{name} gets the {description}",
        described_by_text="{name} gets the description that its device does not give",
        is_entity="{name} is the entity {entity}",
        is_action="{name} is the action {action}",
        scheduled="{name} is scheduled: {schedule}",
        switched_on="{name} is switched on",
        switched_off="{name} is switched off",
        rule="{name} gets the rule: {settings}",
        options="{name} gets: {settings}",
        triggers="{name} triggers {outputs}",
        triggers_in_order="{name} triggers in another order: {outputs}",
        triggers_no_more="{name} triggers no more {outputs}",
        lost_when_usual="{name} is lost when silent for as long as it is used to",
        lost_when="{name} is lost when silent for {seconds} s",
        group_rule="The group {name} needs {count} members within {within} s",
        group_no_rule="The group {name} has no rule any more",
        group_scheduled="The group {name} gets: {schedule}",
        partition_set_up="The partition {name} is set up",
        partition_changed="The partition {name} is changed",
        quiet_hours="Quiet hours are from {begin} to {end}",
        no_quiet_hours="There are no quiet hours",
        outputs_suspended="All outputs are suspended: none of them is commanded, except sirens",
        outputs_not_suspended="Outputs are not suspended any more",
        channel_added="The channel {name} is set up; it goes to {target}",
        channel_changed="The channel {name} changes: {settings}",
    ),
    leaves_out=LeavesOut(
        not_possible="{change}: not possible ({problem}).",
        unknown="there is no {name}",
        setting_stays="{name}: {problem}; this setting stays as it is.",
        note="{name}: {note}",
        stays_in_group="{name} stays in the group {group}, which its device names.",
        schedules_off="{name} does not get its schedule ({schedule}): schedules were switched off.",
        schedule_at_once="{name} does not get its schedule ({schedule}): it is on and off at the same time.",
        not_linked="{name} is not linked to {outputs}, which is not there.",
        no_messages="{name} does not send messages to people: they get notifications, set up apart from links.",
        inputs_linked="{name} and {other} were linked, which had no effect. A rule for their group has one.",
        stayed_on=(
            "{name} had its outputs stay on for {seconds} s."
            " How long they do is now set at each output, in its parameters."
        ),
        source_unknown="{name} has not reported yet, so it gets no silence limit.",
        no_codes="{name} has no code here, and no import brings one. Set one up with the action “Set a code”.",
        channel_unreachable=(
            "The channel {name} is left out: there is no {target} here."
            " Set it up in Home Assistant and import again, or add the channel with another target."
        ),
        meter_decimals="it shows {decimals} decimals, the most there are.",
        meter_topic="its topic is not needed: the meter says itself where it listens.",
        register_set="{value} was set in its register at the push of a button; use the action “Set meter”.",
        register_added="{value} was added to its register at the push of a button; use the action “Set meter”.",
        meter_rounded=(
            "its limits are compared with the reading as it is shown, rounded; show more decimals to be exact."
        ),
    ),
    odd=Odd(
        place="{table}, row {row}, {column}: {problem}.",
        no_key="no key of a device; the row is left out",
        twice="there is such a row already; this one is left out",
        no_text="no text, or far too long",
        long_text="longer than {limit} characters, or with characters that cannot be shown",
        no_number="no whole number",
        out_of_range="not from {low} to {high}",
        no_flag="neither yes (1) nor no (0)",
        no_time="no time of day such as 22:30",
        no_times="a schedule without times",
        no_device="names a device that is not there; the row is left out",
        counted_twice="there is a row for this input already; this one is left out",
        half_confirmation="a number of triggers and an interval count together only",
        too_many="there are more rows than can be taken over",
    ),
)
