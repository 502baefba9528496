"""From a configuration as it is written to a plan: what differs from what there is, in an order that works."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ..engine.alarm.model import Partition
from ..engine.errors import EngineError, InvalidRuleError
from ..engine.events import (
    EnabledSet,
    GroupRuleSet,
    InputAdopted,
    InputExpected,
    OutputAdopted,
    OutputExpected,
    OutputOptionsSet,
    OutputsSuspended,
    PartitionSet,
    RuleSet,
    ScheduleSet,
    SilenceLimitSet,
)
from ..engine.expected import DESCRIPTION
from ..engine.model import ADOPTED_SOURCE, GroupRule, InputRecord, OutputRecord
from ..engine.scheduling import plan_of
from ..engine.state import State
from ..engine.times.quiet_hours import quiet_hours_data, read_quiet_hours
from ..engine.times.schedules import Schedule
from ..engine.times.wall import format_time
from .channel_plan import Here, plan_channel
from .document import OPTIONS, Document, PortableError
from .link_plan import plan_links
from .named import with_keys
from .planner import Event, Kind, Plan, Planner, QuietHoursWanted
from .yaml_text import Turn, no_turn

_NOTHING: Final[Mapping[str, Any]] = {}
type _Settings = Mapping[str, Any]


def plan_document(document: Document, state: State, here: Here, language: str, turn: Turn = no_turn) -> Plan:
    """Return, said in ``language``, what a document changes.

    Raises ``PortableError`` for settings that are outside of their limits.
    """
    document = with_keys(document, state)
    writer = _Writer(state, language, turn)
    there = {"outputs": writer.output_there, "inputs": writer.input_there}
    for (section, key), settings in _devices(document):
        there[section](key, settings)
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
    # A partition switches on what it watches and sounds.
    for path, settings in _devices(document):
        writer.switch(path, settings)
    for name, settings in document.channels.items():
        writer.channel(here, name, settings)
    writer.quiet_hours(document.quiet_hours)
    writer.suspension(document.outputs_suspended)
    if writer.problems:
        raise PortableError(tuple(writer.problems))
    return writer.planner.finish()


class _Writer:
    """Plans one thing after the other; what the engine would not take is a problem with its path."""

    def __init__(self, state: State, language: str, turn: Turn) -> None:
        self.planner = Planner(state, language, turn)
        self._does, self._leaves_out = self.planner.says.does, self.planner.says.leaves_out
        self._wording = self.planner.wording
        self.problems: list[str] = []

    def input_there(self, key: str, settings: _Settings) -> None:
        """Have an input: adopt its entity, or expect its device."""
        known = self.planner.state.inputs.get(key)
        entity_id = settings.get("entity_id") or (None if known is None else known.entity_id)
        described = _described(settings)
        if entity_id is None:
            expected = InputRecord(key=key, source_id="", **described)
            self._do(
                ("inputs", key),
                Kind.DEVICE,
                self._appears(key, self._does.input_added, known),
                InputExpected(record=expected),
            )
            return
        base = known or InputRecord(key=key, source_id=ADOPTED_SOURCE.source_id)
        record = replace(base, entity_id=entity_id, **described)
        if record != known:
            text = self._does.is_entity.format(name=self._wording.quoted(key), entity=entity_id)
            self._do(("inputs", key), Kind.DEVICE, text, InputAdopted(record=record))

    def output_there(self, key: str, settings: _Settings) -> None:
        """Have an output: adopt its action, or expect its device."""
        known = self.planner.state.outputs.get(key)
        action = settings.get("action") or (None if known is None else known.action)
        described = _described(settings)
        if action is None:
            expected = OutputRecord(key=key, source_id="", **described)
            self._do(
                ("outputs", key),
                Kind.DEVICE,
                self._appears(key, self._does.output_added, known),
                OutputExpected(record=expected),
            )
            return
        base = known or OutputRecord(key=key, source_id=ADOPTED_SOURCE.source_id)
        record = replace(base, action=action, **described)
        if record != known:
            text = self._does.is_action.format(name=self._wording.quoted(key), action=action.action)
            self._do(("outputs", key), Kind.DEVICE, text, OutputAdopted(record=record))

    def source(self, source_id: str, settings: _Settings) -> None:
        """Set a source's silence limit."""
        name = self._wording.quoted(source_id)
        if source_id not in self.planner.state.sources:
            self.planner.leave_out(source_id, self._leaves_out.source_unknown.format(name=name))
        elif "silence_limit" in settings:
            limit = settings["silence_limit"]
            text = self._does.lost_when_usual.format(name=name)
            if limit is not None:
                text = self._does.lost_when.format(name=name, seconds=self._wording.number(limit))
            event = SilenceLimitSet(source_id=source_id, limit=limit)
            self._do(("sources", source_id), Kind.SOURCE, text, event)

    def group(self, name: str, settings: _Settings) -> None:
        """Set a group's rule and schedule."""
        path, called = ("groups", name), self._wording.quoted(name)
        known = self.planner.state.groups.get(name)
        if "rule" in settings:
            rule = None if settings["rule"] is None else _group_rule(name, known, settings["rule"])
            text = self._does.group_no_rule.format(name=called)
            if rule is not None:
                within = self._wording.number(rule.within)
                text = self._does.group_rule.format(name=called, count=rule.count, within=within)
            self._do((*path, "rule"), Kind.GROUP, text, GroupRuleSet(name=name, rule=rule))
        if "schedule" in settings:
            schedule = _schedule(settings)
            if schedule == self.planner.state.group_schedules.get(name):
                return
            text = self._does.group_scheduled.format(name=called, schedule=self._wording.schedule(schedule))
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
            said = self._wording.settings({name: getattr(record, name) for name in changed}, changed)
            text = self._does.options.format(name=self._wording.quoted(key), settings=said)
            self._do(("outputs", key), Kind.OPTIONS, text, OutputOptionsSet(output_key=key, options=changed))

    def input(self, key: str, settings: _Settings) -> None:
        """Set an input's schedule, switch, rule and links."""
        record = self.planner.state.inputs.get(key)
        if record is None:
            return
        path = ("inputs", key)
        self._times(path, record, settings)
        rule = replace(record.rule, **settings.get("rule", _NOTHING))
        said = self._wording.rule(record.rule, rule)
        text = self._does.rule.format(name=self._wording.quoted(key), settings=said)
        self._do((*path, "rule"), Kind.RULE, text, RuleSet(input_key=key, rule=rule))
        if "links" in settings:
            self._links(path, record, settings["links"])

    def switch(self, path: tuple[str, str], settings: _Settings) -> None:
        """Switch an input or output, where no schedule counts."""
        section, key = path
        table: Mapping[str, InputRecord | OutputRecord] = getattr(self.planner.state, section)
        now, wanted = table.get(key), settings.get("enabled")
        if now is None or wanted is None or wanted == now.enabled or plan_of(self.planner.state, now) is not None:
            return
        text = (self._does.switched_on if wanted else self._does.switched_off).format(name=self._wording.quoted(key))
        keys = {"inputs": (), "outputs": (), section: (key,)}
        event = EnabledSet(inputs=keys["inputs"], outputs=keys["outputs"], enabled=wanted)
        self._do((*path, "enabled"), Kind.ENABLED, text, event)

    def partition(self, partition_id: str, settings: _Settings) -> None:
        """Set up or change a partition."""
        known = self.planner.state.partitions.get(partition_id)
        name = settings.get("name") or (partition_id if known is None else known.name)
        before = known or Partition(partition_id=partition_id, name=name)
        called = self._wording.quoted(name)
        text = (self._does.partition_set_up if known is None else self._does.partition_changed).format(name=called)
        event = PartitionSet(partition=replace(before, **settings))
        self._do(("partitions", partition_id), Kind.PARTITION, text, event)
        if known is None and not self._has_code(event.partition):
            self.planner.leave_out(partition_id, self._leaves_out.no_codes.format(name=called))

    def channel(self, here: Here, name: str, settings: _Settings) -> None:
        """Set up or change a channel."""
        try:
            plan_channel(self.planner, here, name, settings)
        except InvalidRuleError as error:
            self._problem(("channels", name, error.setting), error.allowed)

    def quiet_hours(self, given: object) -> None:
        """Set quiet hours; what is not given of them stays."""
        before = self.planner.state.settings.quiet_hours
        try:
            quiet = read_quiet_hours({**quiet_hours_data(before), **given} if isinstance(given, Mapping) else given)
        except InvalidRuleError as error:
            self._problem(("quiet_hours", error.setting), error.allowed)
            return
        if quiet != before:
            times = {"begin": format_time(quiet.begin_at), "end": format_time(quiet.end_at)}
            text = (self._does.quiet_hours if quiet.enabled else self._does.no_quiet_hours).format(**times)
            self.planner.wish(Kind.HUB, "quiet_hours", text, QuietHoursWanted(quiet=quiet))

    def suspension(self, suspended: bool | None) -> None:  # noqa: FBT001 - as it is written
        """Suspend all outputs, or no longer."""
        if suspended is not None and suspended != self.planner.state.outputs_suspended:
            text = self._does.outputs_suspended if suspended else self._does.outputs_not_suspended
            self._do(("outputs_suspended",), Kind.HUB, text, OutputsSuspended(suspended=suspended))

    def _has_code(self, partition: Partition) -> bool:
        """Whether somebody has a code for a partition, or nobody needs one."""
        rules = partition.codes
        users = self.planner.state.code_users.values()
        return not (rules.arm or rules.disarm or rules.change_mode or rules.bypass) or any(
            not user.partitions or partition.partition_id in user.partitions for user in users
        )

    def _times(self, path: tuple[str, str], record: InputRecord | OutputRecord, settings: _Settings) -> None:
        """Set a schedule, and the switch where no schedule counts."""
        keys = {path[0]: (record.key,)}
        schedule = _schedule(settings)
        if "schedule" in settings and schedule != record.schedule:
            said = self._wording.schedule(schedule)
            text = self._does.scheduled.format(name=self._wording.quoted(record.key), schedule=said)
            self._do((*path, "schedule"), Kind.SCHEDULE, text, ScheduleSet(schedule=schedule, **keys))
        self.switch(path, settings)

    def _links(self, path: tuple[str, ...], record: InputRecord, wanted: tuple[str, ...]) -> None:
        """Link to exactly these outputs, in this order; those that are not there are left out."""
        name, listed = self._wording.quoted(record.key), self._wording.listed
        outputs = self.planner.state.outputs
        unknown = tuple(key for key in wanted if key not in outputs and key not in record.links)
        if unknown:
            text = self._leaves_out.not_linked.format(name=name, outputs=listed(unknown))
            self.planner.leave_out(record.key, text)
        links = tuple(dict.fromkeys(key for key in wanted if key not in unknown))
        for text, event in plan_links(record, links, outputs, self._does, self._wording):
            self._do((*path, "links"), Kind.LINKS, text, event)

    def _do(self, path: tuple[str, ...], kind: Kind, text: str, event: Event) -> None:
        try:
            self.planner.change(kind, path[:2][-1], text, event)
        except InvalidRuleError as error:
            self._problem((*path, error.setting), error.allowed)
        except EngineError as error:
            self._problem(path, self._wording.reason(error))

    def _problem(self, path: tuple[str, ...], what: str) -> None:
        self.problems.append(f"{' > '.join(path)}: {what}")

    def _appears(self, key: str, added: str, known: object) -> str:
        return (added if known is None else self._does.described_by_text).format(name=self._wording.quoted(key))


def _devices(document: Document) -> Iterator[tuple[tuple[str, str], _Settings]]:
    for section, devices in (("outputs", document.outputs), ("inputs", document.inputs)):
        for key, settings in devices.items():
            yield (section, key), settings


def _described(settings: _Settings) -> dict[str, Any]:
    return {name: settings[name] for name in DESCRIPTION if settings.get(name) is not None}


def _group_rule(name: str, known: GroupRule | None, settings: _Settings) -> GroupRule:
    """Return a group's rule; a new one needs two members within a minute, unless it says otherwise."""
    return replace(known or GroupRule(name=name, count=2, within=60.0), **settings)


def _schedule(settings: _Settings) -> Schedule | None:
    """Return the schedule that is wanted; one without spans is none."""
    schedule: Schedule | None = settings.get("schedule")
    return schedule if schedule is not None and schedule.spans else None
