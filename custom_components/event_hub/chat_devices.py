"""What is answered in a chat to whoever switches inputs and outputs, asks cameras, or asks why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from homeassistant.exceptions import HomeAssistantError

from .alarm_door import Requester
from .chat_asked import Answer, Asked
from .commanding import async_command_output
from .device_class import used_as
from .engine.alarm.codes import Path
from .engine.chat.commands import Verb
from .engine.chat.naming import Found, Names, Thing, find, index
from .engine.chat.wording import quoted, short, whole
from .engine.errors import GuardedError
from .engine.events import EnabledSet
from .engine.model import REPORT_KEY, Decision, InputRecord, OutputReason, OutputRecord, Reason
from .engine.telling.languages.sentences import Plural
from .hub import Hub
from .identifiers import described_name, device_name, name_of
from .schedule_views import look_at_schedule
from .storage.activity_entries import DECISION, ActivityFilter
from .storage.activity_read import decision_of

# Why an input did what it did, the last times.
MOST_DECISIONS: Final = 3

_SENTENCES: Final = {
    Verb.INPUT_ON: "input_on",
    Verb.INPUT_OFF: "input_off",
    Verb.OUTPUT_ON: "output_on",
    Verb.OUTPUT_OFF: "output_off",
}

type Records = Mapping[str, InputRecord] | Mapping[str, OutputRecord]


def names_of(records: Iterable[InputRecord | OutputRecord]) -> Names:
    """Return devices by all that people call them: as ``matching.py`` has it."""
    return index(
        Thing(
            key=record.key,
            shown=device_name(record),
            names=tuple(name for name in (record.label, described_name(record)) if name),
            groups=(record.group,) if record.group else (),
        )
        for record in records
    )


async def async_switch(asked: Asked) -> Answer:
    """Switch inputs or outputs on or off in the hub, and tell which ones changed."""
    hub, says, verb = asked.hub, asked.voice.says.switched, asked.command.verb
    of_inputs = verb in (Verb.INPUT_ON, Verb.INPUT_OFF)
    enabled = verb in (Verb.INPUT_ON, Verb.OUTPUT_ON)
    records: Records = hub.state.inputs if of_inputs else hub.state.outputs
    if not records:
        return Answer(text=says.no_inputs if of_inputs else says.no_outputs, alert=True)
    if asked.command.words:
        found = find(asked.command.words, names_of(records.values()))
        if found.unknown:
            unknown = asked.voice.says.guidance.unknown_input if of_inputs else asked.voice.says.guidance.unknown_output
            return Answer(text=guidance(asked, unknown, found, names_of(records.values())), alert=True)
        keys = found.keys
    else:
        keys = _usual(hub, of_inputs=of_inputs)
        if not keys:
            return Answer(text=says.no_schedules, alert=True)
    changed = tuple(key for key in keys if records[key].enabled != enabled)
    if not changed:
        already = says.already_on if enabled else says.already_off
        return Answer(text=already.format(names=asked.voice.listed(name_of(key, records) for key in keys)))
    inputs, outputs = (changed, ()) if of_inputs else ((), changed)
    by = Requester(path=Path.CHAT, name=asked.by, context_id=asked.context_id)
    try:
        hub.post(EnabledSet(inputs=inputs, outputs=outputs, enabled=enabled, actor=by.actor))
    except GuardedError as error:
        return Answer(
            text=says.guarded.format(names=asked.voice.listed(error.names), name=short(error.partition)), alert=True
        )
    sentence: Plural = getattr(says, _SENTENCES[verb])
    return Answer(text=asked.voice.counted(sentence, [name_of(key, records) for key in changed]), matters=True)


async def async_report(asked: Asked) -> Answer:
    """Press the button that asks all linked cameras for a report."""
    hub, says = asked.hub, asked.voice.says.done
    decision = hub.press(REPORT_KEY, asked.by)
    if decision is None or decision.reason is not Reason.TRIGGERED:
        problem = "?" if decision is None else asked.voice.reason(decision)
        return Answer(text=says.report_refused.format(problem=problem), alert=True)
    if not decision.outputs:
        return Answer(text=says.report_unlinked, alert=True)
    sent = [
        name_of(each.output_key, hub.state.outputs) for each in decision.outputs if each.reason is OutputReason.SENT
    ]
    lines = [says.report_asked.format(names=asked.voice.listed(sent))] if sent else []
    return Answer(text=whole((*lines, *_not_sent(asked, decision))), alert=not sent)


async def async_snapshot(asked: Asked) -> Answer:
    """Ask one camera for a picture, which is to follow."""
    hub, says = asked.hub, asked.voice.says
    names = names_of(record for record in hub.state.outputs.values() if _is_camera(hub, record))
    if not names.shown:
        return Answer(text=says.guidance.no_cameras, alert=True)
    key = _one(asked, names, says.guidance.unknown_camera, says.guidance.which_camera)
    if isinstance(key, Answer):
        return key
    before = hub.images.get(key)
    try:
        await async_command_output(hub, key)
    except HomeAssistantError as error:
        text = says.done.camera_refused.format(name=short(names.shown[key]), problem=_refusal(asked, key) or str(error))
        return Answer(text=text, alert=True)
    return Answer(text=says.done.camera_asked.format(name=short(names.shown[key])), camera=key, before=before)


async def async_why(asked: Asked) -> Answer:
    """Tell why an input did, or did not, trigger, the last times."""
    hub, says = asked.hub, asked.voice.says
    names = names_of(hub.state.inputs.values())
    key = _one(asked, names, says.guidance.unknown_input, says.guidance.which_input)
    if isinstance(key, Answer):
        return key
    wanted = ActivityFilter(input_keys=(key,), kinds=(DECISION,), limit=MOST_DECISIONS)
    decisions = [each for entry in await hub.activity.async_query(wanted) if (each := decision_of(entry)) is not None]
    if not decisions:
        return Answer(text=says.house.nothing_known.format(name=short(names.shown[key])))
    lines = [short(names.shown[key])]
    for decision in decisions:
        ago = asked.voice.ago(max(0.0, hub.now() - decision.at))
        lines.append(" ".join((f"{ago}:", asked.voice.reason(decision), *_outputs(asked, decision))))
    return Answer(text=whole(lines))


def guidance(asked: Asked, unknown: str, found: Found, names: Names) -> str:
    """Return what helps somebody who named what there is not: what they may have meant, or all that there is."""
    voice, says = asked.voice, asked.voice.says.guidance
    lines: list[str] = []
    for each in found.unknown:
        lines.append(unknown.format(words=quoted(each.words)))
        if each.guesses:
            lines.append(says.did_you_mean.format(names=voice.listed(each.guesses)))
    if not any(each.guesses for each in found.unknown):
        lines.append(says.there_are.format(names=voice.listed(names.shown.values())))
    return whole(lines)


def _one(asked: Asked, names: Names, unknown: str, which: str) -> str | Answer:
    """Return the one device that is named, or what is to be asked back."""
    found = find(asked.command.words, names)
    if found.unknown:
        return Answer(text=guidance(asked, unknown, found, names), alert=True)
    if len(found.keys) == 1:
        return found.keys[0]
    if not found.keys and len(names.shown) == 1:
        return next(iter(names.shown))
    keys: Sequence[str] = found.keys or tuple(names.shown)
    shown = [names.shown[key] for key in keys]
    # Two of one name are told apart by their keys.
    labels = [key if shown.count(label) > 1 else label for key, label in zip(keys, shown, strict=True)]
    return Answer(text=whole((which.format(names=asked.voice.listed(labels)),)), alert=True)


def _usual(hub: Hub, *, of_inputs: bool) -> tuple[str, ...]:
    """Return what is meant without a name: the inputs that have a schedule, all outputs (behaviour.md, 5)."""
    if not of_inputs:
        return tuple(hub.state.outputs)
    return tuple(key for key, record in hub.state.inputs.items() if look_at_schedule(hub.state, record) is not None)


def _is_camera(hub: Hub, record: OutputRecord) -> bool:
    pictured = hub.state.inputs.get(record.key)
    return (pictured is not None and pictured.has_image) or used_as(record) == "camera"


def _not_sent(asked: Asked, decision: Decision) -> list[str]:
    outputs = asked.hub.state.outputs
    return [
        asked.voice.output_reason(each, name_of(each.output_key, outputs))
        for each in decision.outputs
        if each.reason is not OutputReason.SENT
    ]


def _outputs(asked: Asked, decision: Decision) -> list[str]:
    outputs = asked.hub.state.outputs
    return [asked.voice.output_reason(each, name_of(each.output_key, outputs)) for each in decision.outputs]


def _refusal(asked: Asked, key: str) -> str | None:
    """Return in the reader's language why an output cannot be used now, if that is known beforehand."""
    hub, says = asked.hub, asked.voice.says.outputs
    record = hub.state.outputs.get(key)
    name = short(name_of(key, hub.state.outputs))
    if record is not None and not record.enabled:
        return says.output_disabled.format(name=name)
    return says.outputs_suspended.format(name=name) if hub.state.outputs_suspended else None
