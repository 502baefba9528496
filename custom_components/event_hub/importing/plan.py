"""From the replaced system's rows to a plan.

What was set there is set here; what was not keeps what the hub has. Devices that have not reported yet are
set up as expected. Planning again, after the plan was carried out, plans nothing.
"""

from copy import replace
from dataclasses import dataclass
from typing import Any, Final

from ..engine.errors import InvalidRuleError
from ..engine.events import (
    EnabledSet,
    InputExpected,
    Linked,
    OutputExpected,
    OutputOptionsSet,
    RuleSet,
    ScheduleSet,
)
from ..engine.expected import described
from ..engine.model import PANIC_KEY, REPORT_KEY, InputRecord, OutputRecord
from ..engine.scheduling import plan_of
from ..engine.state import State
from ..engine.times.schedules import Schedule, Span
from ..wire.messages import Source, Transport
from .legacy_model import Edition, LegacyConfig, LegacyInput, LegacyMeter, LegacyOutput, Times
from .legacy_rules import meter_notes, rule_of
from .planner import Kind, Plan, Planner
from .yaml_text import Turn, no_turn

# The system's own devices: the first two are the hub's own here, the last is not a device any more.
_BUTTONS: Final = {"panic button": PANIC_KEY, "dash button": REPORT_KEY}
_MESSAGES: Final = "sms"
# Limits are right or wrong together.
_TOGETHER: Final = {"low": ("low", "high"), "high": ("low", "high")}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Devices:
    """The devices that are taken over, and what each old key is called here. ``messages`` is not taken over."""

    inputs: dict[str, LegacyInput]
    outputs: dict[str, LegacyOutput]
    buttons: dict[str, str]
    messages: frozenset[str]


def plan(legacy: LegacyConfig, state: State, language: str = "en", turn: Turn = no_turn) -> Plan:
    """Return what taking over the replaced system's configuration changes in ``state``, and what cannot be.

    Both are said in ``language``. ``turn`` is called again and again.
    """
    planner = Planner(state, language, turn)
    for problem in legacy.problems:
        planner.leave_out(problem.table, problem.said(planner.says))
    devices = _sort_out(planner, legacy)
    meters = {meter.input_key: meter for meter in legacy.meters}
    for device in devices.inputs.values():
        _plan_times(planner, planner.state.inputs.get(device.key), device.times, legacy)
        _plan_enabled(planner, planner.state.inputs.get(device.key), enabled=device.enabled)
        _plan_rule(planner, device, meters.get(device.key), legacy.edition)
    for output in devices.outputs.values():
        _plan_times(planner, planner.state.outputs.get(output.key), output.times, legacy)
        _plan_enabled(planner, planner.state.outputs.get(output.key), enabled=output.enabled)
        _plan_options(planner, output)
    _plan_links(planner, legacy, devices)
    _note_what_is_different(planner, legacy, devices)
    return planner.finish()


def _sort_out(planner: Planner, legacy: LegacyConfig) -> _Devices:
    """Set up the devices that are not there yet, and find those that are none here."""
    buttons = {
        device.key: _BUTTONS[device.type.lower()]
        for device in legacy.inputs
        if device.type is not None and device.type.lower() in _BUTTONS
    }
    messages = frozenset(output.key for output in legacy.outputs if (output.type or "").lower() == _MESSAGES)
    inputs, outputs = {}, {}
    for device in legacy.inputs:
        if device.key in buttons:
            continue
        record = InputRecord(key=device.key, source_id="", label=device.label, type=device.type, group=device.group)
        if _expect(planner, record, planner.state.inputs.get(device.key)):
            inputs[device.key] = device
    for output in legacy.outputs:
        if output.key in messages:
            continue
        wanted = OutputRecord(key=output.key, source_id="", label=output.label, type=output.type)
        if _expect(planner, wanted, planner.state.outputs.get(output.key)):
            outputs[output.key] = output
    return _Devices(inputs=inputs, outputs=outputs, buttons=buttons, messages=messages)


def _expect(planner: Planner, wanted: InputRecord | OutputRecord, known: InputRecord | OutputRecord | None) -> bool:
    says, wording = planner.says, planner.wording
    is_input = isinstance(wanted, InputRecord)
    event = InputExpected(record=wanted) if isinstance(wanted, InputRecord) else OutputExpected(record=wanted)
    name = wording.quoted(wanted.key)
    if known is None:
        text = (says.does.input_added if is_input else says.does.output_added).format(name=name)
        return planner.attempt(Kind.DEVICE, wanted.key, text, event)
    said = described(known)
    missing = {word: value for word, value in described(wanted).items() if word not in said}
    text = says.does.described.format(name=name, description=wording.described(missing))
    group = wanted.group
    if group is not None and known.group not in (None, group):
        named = wording.quoted(known.group or "")
        planner.leave_out(wanted.key, says.leaves_out.stays_in_group.format(name=name, group=named))
    return planner.attempt(Kind.DEVICE, wanted.key, text, event)


def _plan_times(
    planner: Planner, record: InputRecord | OutputRecord | None, times: Times | None, legacy: LegacyConfig
) -> None:
    if record is None or times is None:
        return
    schedule = Schedule(spans=(Span(enable_at=times.enable_at, disable_at=times.disable_at),))
    said = {"name": planner.wording.quoted(record.key), "schedule": planner.wording.schedule(schedule)}
    if not legacy.follows_times:
        planner.leave_out(record.key, planner.says.leaves_out.schedules_off.format(**said))
    elif times.enable_at == times.disable_at:
        planner.leave_out(record.key, planner.says.leaves_out.schedule_at_once.format(**said))
    elif schedule != record.schedule:
        is_input = isinstance(record, InputRecord)
        keys = {"inputs": (record.key,)} if is_input else {"outputs": (record.key,)}
        event = ScheduleSet(schedule=schedule, **keys)
        planner.attempt(Kind.SCHEDULE, record.key, planner.says.does.scheduled.format(**said), event)


def _plan_enabled(planner: Planner, record: InputRecord | OutputRecord | None, *, enabled: bool | None) -> None:
    """Switch a device as it was. With a schedule, it was so for the moment only, and is as the schedule says."""
    if record is None or enabled is None or plan_of(planner.state, record) is not None or record.enabled == enabled:
        return
    inputs, outputs = ((record.key,), ()) if isinstance(record, InputRecord) else ((), (record.key,))
    does = planner.says.does
    text = (does.switched_on if enabled else does.switched_off).format(name=planner.wording.quoted(record.key))
    planner.attempt(Kind.ENABLED, record.key, text, EnabledSet(inputs=inputs, outputs=outputs, enabled=enabled))


def _plan_rule(planner: Planner, device: LegacyInput, meter: LegacyMeter | None, edition: Edition) -> None:
    """Set a rule; a setting that the hub does not take is left out, the others count."""
    says, wording = planner.says, planner.wording
    before, name = planner.state.inputs[device.key].rule, wording.quoted(device.key)
    given: dict[str, Any] = rule_of(device, meter, edition)
    while True:
        rule = replace(before, **given)
        text = says.does.rule.format(name=name, settings=wording.rule(before, rule))
        try:
            planner.change(Kind.RULE, device.key, text, RuleSet(input_key=device.key, rule=rule))
        except InvalidRuleError as error:
            refused = [each for each in _TOGETHER.get(error.setting, (error.setting,)) if each in given]
            text = says.leaves_out.setting_stays.format(name=name, problem=wording.reason(error))
            planner.leave_out(device.key, text)
            if not refused:
                return
            given = {each: value for each, value in given.items() if each not in refused}
        else:
            break
    for note in meter_notes(meter, says.leaves_out) if meter is not None else ():
        planner.leave_out(device.key, says.leaves_out.note.format(name=name, note=note))


def _plan_options(planner: Planner, output: LegacyOutput) -> None:
    """Set an output's options one by one, so that one that its device would not take keeps none of the others out."""
    record = planner.state.outputs[output.key]
    source = planner.state.sources[record.source_id].source
    wanted: dict[str, Any] = {
        "interval": output.interval,
        "params": None if output.params == record.advertised_params else output.params,
        "trigger_topic": _unusual_topic(output, source),
    }
    for name, value in wanted.items():
        if value is not None:
            settings = planner.wording.settings({name: getattr(record, name)}, {name: value})
            text = planner.says.does.options.format(name=planner.wording.quoted(output.key), settings=settings)
            event = OutputOptionsSet(output_key=output.key, options={name: value})
            planner.attempt(Kind.OPTIONS, output.key, text, event)


def _unusual_topic(output: LegacyOutput, source: Source) -> str | None:
    """Return the topic of an output's commands, where the hub does not know a better one of its device itself.

    It was one on RabbitMQ, whatever the device speaks now.
    """
    usual = output.trigger_topic == f"event.trigger.{source.topic}"
    return None if usual or source.transport is Transport.MQTT else output.trigger_topic


def _plan_links(planner: Planner, legacy: LegacyConfig, devices: _Devices) -> None:
    says, wording = planner.says, planner.wording
    links: dict[str, list[str]] = {}
    for old_input, output in legacy.links:
        key = devices.buttons.get(old_input, old_input)
        if output in devices.messages:
            planner.leave_out(key, says.leaves_out.no_messages.format(name=wording.quoted(key)))
        elif key in planner.state.inputs and output in devices.outputs:
            links.setdefault(key, []).append(output)
    for key, outputs in links.items():
        missing = tuple(output for output in outputs if output not in planner.state.inputs[key].links)
        event = Linked(inputs=(key,), outputs=missing)
        text = says.does.triggers.format(name=wording.quoted(key), outputs=wording.listed(missing))
        planner.attempt(Kind.LINKS, key, text, event)


def _note_what_is_different(planner: Planner, legacy: LegacyConfig, devices: _Devices) -> None:
    leaves_out, quoted = planner.says.leaves_out, planner.wording.quoted
    for key, other in legacy.input_links:
        planner.leave_out(key, leaves_out.inputs_linked.format(name=quoted(key), other=quoted(other)))
    linked = {key for key, output in legacy.links if output in devices.outputs}
    for device in devices.inputs.values():
        if legacy.edition is Edition.OF_2023 and device.latch is not None and device.key in linked:
            text = leaves_out.stayed_on.format(name=quoted(device.key), seconds=device.latch)
            planner.leave_out(device.key, text)
