"""What people set: checked here, so that no interface has to."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
import math
from typing import Any, Final

from ..wire.encode import check_address, check_params
from . import escalating, scheduling
from .deadlines import Timer
from .errors import InvalidRuleError, UnknownKeyError
from .events import (
    EnabledSet,
    GroupRuleSet,
    InputAdopted,
    Linked,
    OutputAdopted,
    OutputOptionsSet,
    RuleSet,
    SilenceLimitSet,
)
from .model import ADOPTED_SOURCE, EXPECTED_SOURCE, InputRule, OutputRecord, SourceRecord
from .registry import move, note_device, owner_of_key
from .state import Draft
from .supervision import watch
from .times.escalation import check_escalate_after

DAY: Final = 86_400.0
TEXT_LIMIT: Final = 255
LINKS_LIMIT: Final = 100
RULE_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "latch": (0, DAY),
    "confirm_count": (1, 100),
    "confirm_within": (1, DAY),
    "hold": (1, DAY),
}
OUTPUT_LIMITS: Final[Mapping[str, tuple[float, float]]] = {"interval": (0, DAY), "deadline": (1, 600)}
SILENCE_LIMITS: Final = (10.0, DAY)
PRECISIONS: Final = (0, 6)


def set_enabled(draft: Draft, event: EnabledSet) -> None:
    """Switch inputs and outputs on or off; all of them or, with an unknown one among them, none.

    Where a schedule counts, that holds until its next change.
    """
    _check_known(event.inputs, draft.inputs)
    _check_known(event.outputs, draft.outputs)
    for key in event.inputs:
        scheduling.switch(draft, draft.inputs[key], enabled=event.enabled)
    for key in event.outputs:
        scheduling.switch(draft, draft.outputs[key], enabled=event.enabled)


def set_links(draft: Draft, event: Linked) -> None:
    """Make or remove every link between the given inputs and outputs; new ones go to the end."""
    _check_known(event.inputs, draft.inputs)
    if event.linked:
        _check_known(event.outputs, draft.outputs)
    for key in event.inputs:
        record = draft.inputs[key]
        if event.linked:
            links = tuple(dict.fromkeys((*record.links, *event.outputs)))
        else:
            links = tuple(link for link in record.links if link not in event.outputs)
        if len(links) > LINKS_LIMIT:
            raise InvalidRuleError("links", f"at most {LINKS_LIMIT} an input")
        if links != record.links:
            draft.inputs[key] = replace(record, links=links)


def set_rule(draft: Draft, event: RuleSet) -> None:
    """Replace an input's rule."""
    _check_known((event.input_key,), draft.inputs)
    check_rule(event.rule)
    record = draft.inputs[event.input_key]
    ruled = draft.inputs[record.key] = replace(record, rule=event.rule)
    escalating.change(draft, ruled)
    status = draft.input_status.get(record.key)
    if _has_limits(record.rule) and not _has_limits(event.rule) and status is not None and status.active:
        # The readings that would have cleared it say nothing any more.
        draft.arm(Timer.HOLD, record.key, draft.now + event.rule.hold)
    elif (due := draft.armed(Timer.HOLD, record.key)) is not None:
        draft.arm(Timer.HOLD, record.key, max(draft.now, due - record.rule.hold + event.rule.hold))


def set_output_options(draft: Draft, event: OutputOptionsSet) -> None:
    """Change some options of an output; parameters that its device would die of, or never get, are refused."""
    _check_known((event.output_key,), draft.outputs)
    record = draft.outputs[event.output_key]
    changes: dict[str, Any] = {}
    for name, value in event.options.items():
        if name in OUTPUT_LIMITS and isinstance(value, int | float):
            _check_range(name, value, OUTPUT_LIMITS[name])
        elif name in ("params", "trigger_topic") and (value is None or isinstance(value, str)):
            _check_text(name, value)
        else:
            raise InvalidRuleError(name, "no such option, or a value of the wrong kind")
        changes[name] = value
    _check_params(draft, record, changes.get("params"))
    _check_topic(draft, record, changes.get("trigger_topic"))
    draft.outputs[record.key] = replace(record, **changes)


def set_group_rule(draft: Draft, event: GroupRuleSet) -> None:
    """Set or remove a group's cross-zone rule."""
    if event.rule is None:
        draft.groups.remove(event.name)
        draft.group_activations.remove(event.name)
        return
    _check_text("group", event.name)
    _check_range("count", event.rule.count, (2, 100))
    _check_range("within", event.rule.within, (1, DAY))
    draft.groups[event.name] = event.rule


def set_silence_limit(draft: Draft, event: SilenceLimitSet) -> None:
    """Set after how many seconds of silence a source is lost, or let it be learned again."""
    _check_known((event.source_id,), draft.sources)
    if event.limit is not None:
        _check_range("silence_limit", event.limit, SILENCE_LIMITS)
    draft.sources[event.source_id] = replace(draft.sources[event.source_id], silence_limit=event.limit)
    if (status := draft.source_status.get(event.source_id)) is not None and not status.lost:
        watch(draft, event.source_id)


def adopt(draft: Draft, event: InputAdopted | OutputAdopted) -> None:
    """Make a Home Assistant entity an input, or an action an output; adopting again replaces its description."""
    key = event.record.key
    _check_text("key", key)
    if not key.strip() or not key.isprintable():
        raise InvalidRuleError("key", "printable text that is not empty")
    owner = owner_of_key(draft, key)
    if owner not in (None, ADOPTED_SOURCE.source_id, EXPECTED_SOURCE.source_id):
        raise InvalidRuleError("key", "another device has it")
    if ADOPTED_SOURCE.source_id not in draft.sources:
        draft.sources[ADOPTED_SOURCE.source_id] = SourceRecord(source=ADOPTED_SOURCE)
    if owner == EXPECTED_SOURCE.source_id:
        move(draft, owner, ADOPTED_SOURCE.source_id, key)
    note_device(draft, ADOPTED_SOURCE.source_id, key)
    if isinstance(event, InputAdopted):
        check_rule(event.record.rule)
        adopted = draft.inputs[key] = replace(event.record, source_id=ADOPTED_SOURCE.source_id)
        scheduling.follow(draft, adopted)
    else:
        used = draft.outputs[key] = replace(event.record, source_id=ADOPTED_SOURCE.source_id)
        scheduling.follow(draft, used)


def check_rule(rule: InputRule) -> None:
    """Raise ``InvalidRuleError`` for a rule with a number outside its limits."""
    for name, limits in RULE_LIMITS.items():
        _check_range(name, getattr(rule, name), limits)
    if not math.isfinite(rule.factor) or rule.factor == 0:
        raise InvalidRuleError("factor", "a number other than 0")
    if rule.precision is not None:
        _check_range("precision", rule.precision, PRECISIONS)
    for name in ("low", "high"):
        limit = getattr(rule, name)
        if limit is not None and not math.isfinite(limit):
            raise InvalidRuleError(name, "a number")
    if rule.low is not None and rule.high is not None and rule.low >= rule.high:
        raise InvalidRuleError("low", "below the high limit")
    _check_text("unit", rule.unit)
    check_escalate_after(rule.escalate_after)


def _has_limits(rule: InputRule) -> bool:
    return rule.low is not None or rule.high is not None


def _check_params(draft: Draft, record: OutputRecord, params: object) -> None:
    source = draft.sources[record.source_id].source
    if params is None or record.action is not None:
        return
    try:
        check_params(source.dialect, source.topic, str(params))
    except ValueError as error:
        raise InvalidRuleError("params", str(error)) from error


def _check_topic(draft: Draft, record: OutputRecord, topic: str | None) -> None:
    if not topic:
        return
    try:
        check_address(draft.sources[record.source_id].source.transport, topic)
    except ValueError as error:
        raise InvalidRuleError("trigger_topic", str(error)) from error


def _check_known(keys: Iterable[str], table: Mapping[str, object]) -> None:
    for key in keys:
        if key not in table:
            raise UnknownKeyError(key)


def _check_range(name: str, value: float, limits: tuple[float, float]) -> None:
    low, high = limits
    if not math.isfinite(value) or not low <= value <= high:
        raise InvalidRuleError(name, f"from {low:g} to {high:g}")


def _check_text(name: str, value: str | None) -> None:
    if value is not None and len(value) > TEXT_LIMIT:
        raise InvalidRuleError(name, f"at most {TEXT_LIMIT} characters")
