"""From a configuration as it is written to a plan: what differs from what there is, in an order that works."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..engine.alarm.model import Partition
from ..engine.errors import EngineError, InvalidRuleError
from ..engine.events import (
    EnabledSet,
    GroupRuleSet,
    InputAdopted,
    InputExpected,
    Linked,
    OutputAdopted,
    OutputExpected,
    OutputOptionsSet,
    PartitionSet,
    RuleSet,
    ScheduleSet,
    SilenceLimitSet,
)
from ..engine.expected import DESCRIPTION
from ..engine.model import ADOPTED_SOURCE, GroupRule, InputRecord, OutputRecord
from ..engine.scheduling import plan_of
from ..engine.state import State
from ..engine.times.schedules import Schedule
from .document import OPTIONS, Document, PortableError
from .planner import Event, Kind, Plan, Planner, reason
from .wording import listed, quoted, rule_text, schedule_text, settings_text

_NOTHING: Final[Mapping[str, Any]] = {}
type _Settings = Mapping[str, Any]


def plan_document(document: Document, state: State) -> Plan:
    """Return what a document changes. Raises ``PortableError`` for settings that are outside of their limits."""
    writer = _Writer(state)
    for key, settings in document.outputs.items():
        writer.output_there(key, settings)
    for key, settings in document.inputs.items():
        writer.input_there(key, settings)
    for source_id, settings in document.sources.items():
        writer.source(source_id, settings)
    for name, settings in document.groups.items():
        writer.group(name, settings)
    for key, settings in document.outputs.items():
        writer.output(key, settings)
    for key, settings in document.inputs.items():
        writer.input(key, settings)
    # A master's members come before it.
    for partition_id, settings in sorted(document.partitions.items(), key=lambda item: bool(item[1].get("members"))):
        writer.partition(partition_id, settings)
    quiet, wanted = state.settings.quiet_hours, document.quiet_hours
    if wanted is not None and wanted != quiet:
        writer.planner.leave_out("quiet_hours", "Quiet hours stay as they are: they are set in the hub's options.")
    if writer.problems:
        raise PortableError(tuple(writer.problems))
    return writer.planner.finish()


class _Writer:
    """Plans one thing after the other; what the engine would not take is a problem with its path."""

    def __init__(self, state: State) -> None:
        self.planner = Planner(state)
        self.problems: list[str] = []

    def input_there(self, key: str, settings: _Settings) -> None:
        """Have an input: adopt its entity, or expect its device."""
        known = self.planner.state.inputs.get(key)
        entity_id = settings.get("entity_id") or (None if known is None else known.entity_id)
        described = _described(settings)
        if entity_id is None:
            expected = InputRecord(key=key, source_id="", **described)
            self._do(("inputs", key), Kind.DEVICE, _appears(key, "input", known), InputExpected(record=expected))
            return
        base = known or InputRecord(key=key, source_id=ADOPTED_SOURCE.source_id)
        record = replace(base, entity_id=entity_id, **described)
        if record != known:
            text = f"{quoted(key)} is the entity {entity_id}"
            self._do(("inputs", key), Kind.DEVICE, text, InputAdopted(record=record))

    def output_there(self, key: str, settings: _Settings) -> None:
        """Have an output: adopt its action, or expect its device."""
        known = self.planner.state.outputs.get(key)
        action = settings.get("action") or (None if known is None else known.action)
        described = _described(settings)
        if action is None:
            expected = OutputRecord(key=key, source_id="", **described)
            self._do(("outputs", key), Kind.DEVICE, _appears(key, "output", known), OutputExpected(record=expected))
            return
        base = known or OutputRecord(key=key, source_id=ADOPTED_SOURCE.source_id)
        record = replace(base, action=action, **described)
        if record != known:
            text = f"{quoted(key)} is the action {action.action}"
            self._do(("outputs", key), Kind.DEVICE, text, OutputAdopted(record=record))

    def source(self, source_id: str, settings: _Settings) -> None:
        """Set a source's silence limit."""
        if source_id not in self.planner.state.sources:
            self.planner.leave_out(source_id, f"{quoted(source_id)} has not reported yet, so it gets no silence limit.")
        elif "silence_limit" in settings:
            limit = settings["silence_limit"]
            is_lost = "silent for as long as it is used to" if limit is None else f"silent for {limit:g} s"
            text = f"{quoted(source_id)} is lost when {is_lost}"
            event = SilenceLimitSet(source_id=source_id, limit=limit)
            self._do(("sources", source_id), Kind.SOURCE, text, event)

    def group(self, name: str, settings: _Settings) -> None:
        """Set a group's rule and schedule."""
        path = ("groups", name)
        known = self.planner.state.groups.get(name)
        if "rule" in settings:
            rule = None if settings["rule"] is None else _group_rule(name, known, settings["rule"])
            text = f"The group {quoted(name)} " + (
                "has no rule any more" if rule is None else f"needs {rule.count} members within {rule.within:g} s"
            )
            self._do((*path, "rule"), Kind.GROUP, text, GroupRuleSet(name=name, rule=rule))
        if "schedule" in settings:
            schedule = _schedule(settings)
            if schedule == self.planner.state.group_schedules.get(name):
                return
            text = f"The group {quoted(name)} gets: {schedule_text(schedule)}"
            self.planner.attempt(Kind.SCHEDULE, name, text, ScheduleSet(groups=(name,), schedule=schedule))

    def output(self, key: str, settings: _Settings) -> None:
        """Set an output's schedule, switch and options."""
        record = self.planner.state.outputs.get(key)
        if record is None:
            return
        self._times(("outputs", key), record, settings)
        options = {name: settings[name] for name in OPTIONS if name in settings}
        changed = {name: value for name, value in options.items() if value != getattr(record, name)}
        if changed:
            text = f"{quoted(key)} gets {settings_text(record, changed)}"
            self._do(("outputs", key), Kind.OPTIONS, text, OutputOptionsSet(output_key=key, options=changed))

    def input(self, key: str, settings: _Settings) -> None:
        """Set an input's schedule, switch, rule and links."""
        record = self.planner.state.inputs.get(key)
        if record is None:
            return
        path = ("inputs", key)
        self._times(path, record, settings)
        rule = replace(record.rule, **settings.get("rule", _NOTHING))
        text = f"{quoted(key)} gets the rule {rule_text(record.rule, rule)}"
        self._do((*path, "rule"), Kind.RULE, text, RuleSet(input_key=key, rule=rule))
        if "links" in settings:
            self._links(path, record, settings["links"])

    def partition(self, partition_id: str, settings: _Settings) -> None:
        """Set up or change a partition."""
        known = self.planner.state.partitions.get(partition_id)
        name = settings.get("name") or (partition_id if known is None else known.name)
        before = known or Partition(partition_id=partition_id, name=name)
        text = f"The partition {quoted(name)} is {'set up' if known is None else 'changed'}"
        event = PartitionSet(partition=replace(before, **settings))
        self._do(("partitions", partition_id), Kind.PARTITION, text, event)

    def _times(self, path: tuple[str, ...], record: InputRecord | OutputRecord, settings: _Settings) -> None:
        """Set a schedule, and the switch where no schedule counts."""
        keys = {path[0]: (record.key,)}
        schedule = _schedule(settings)
        if "schedule" in settings and schedule != record.schedule:
            text = f"{quoted(record.key)} is scheduled: {schedule_text(schedule)}"
            self._do((*path, "schedule"), Kind.SCHEDULE, text, ScheduleSet(schedule=schedule, **keys))
        table: Mapping[str, InputRecord | OutputRecord] = getattr(self.planner.state, path[0])
        now, wanted = table[record.key], settings.get("enabled")
        if wanted is not None and wanted != now.enabled and plan_of(self.planner.state, now) is None:
            text = f"{quoted(record.key)} is switched {'on' if wanted else 'off'}"
            inputs, outputs = keys.get("inputs", ()), keys.get("outputs", ())
            event = EnabledSet(inputs=inputs, outputs=outputs, enabled=wanted)
            self._do((*path, "enabled"), Kind.ENABLED, text, event)

    def _links(self, path: tuple[str, ...], record: InputRecord, wanted: tuple[str, ...]) -> None:
        """Link to exactly these outputs, in this order; new links go to the end, so others may have to go first."""
        name = quoted(record.key)
        outputs = self.planner.state.outputs
        unknown = tuple(key for key in wanted if key not in outputs and key not in record.links)
        if unknown:
            self.planner.leave_out(record.key, f"{name} is not linked to {listed(unknown)}, which is not there.")
        links = tuple(dict.fromkeys(key for key in wanted if key not in unknown))
        kept = tuple(key for key in record.links if key in links)
        if kept != links[: len(kept)]:
            kept = ()
        gone = tuple(key for key in record.links if key not in kept)
        added = tuple(key for key in links if key not in kept and key in outputs)
        for keys, linked, words in ((gone, False, "triggers no more"), (added, True, "triggers")):
            if keys:
                event = Linked(inputs=(record.key,), outputs=keys, linked=linked)
                self._do((*path, "links"), Kind.LINKS, f"{name} {words} {listed(keys)}", event)

    def _do(self, path: tuple[str, ...], kind: Kind, text: str, event: Event) -> None:
        try:
            self.planner.change(kind, path[1], text, event)
        except InvalidRuleError as error:
            self.problems.append(f"{' > '.join((*path, error.setting))}: {error.allowed}")
        except EngineError as error:
            self.problems.append(f"{' > '.join(path)}: {reason(error)}")


def _described(settings: _Settings) -> dict[str, Any]:
    return {name: settings[name] for name in DESCRIPTION if settings.get(name) is not None}


def _appears(key: str, role: str, known: object) -> str:
    if known is None:
        return f"{quoted(key)} is added as an {role}, before its device reports"
    return f"{quoted(key)} gets the description that its device does not give"


def _group_rule(name: str, known: GroupRule | None, settings: _Settings) -> GroupRule:
    """Return a group's rule; a new one needs two members within a minute, unless it says otherwise."""
    return replace(known or GroupRule(name=name, count=2, within=60.0), **settings)


def _schedule(settings: _Settings) -> Schedule | None:
    """Return the schedule that is wanted; one without spans is none."""
    schedule: Schedule | None = settings.get("schedule")
    return schedule if schedule is not None and schedule.spans else None
