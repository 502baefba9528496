"""The engine's one door: ``step(state, event, now)`` says what changes and what is to be done.

Pure: the state is only read. The shell applies the returned changes in place (so a
step costs what it changes, not what there is), stores them, and carries the effects out.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ..wire.messages import Dialect, InputReport, Report, ReportKind
from . import (
    clock_set,
    commands,
    configure,
    deferring,
    escalating,
    expected,
    guarding,
    naming,
    partition_setup,
    partitions,
    registry,
    scheduling,
    set_up_log,
    siren_retry,
    supervision,
    triggers,
    wellbeing,
)
from .deadlines import Timer, TimerKey
from .effects import Decided
from .errors import UnknownKeyError
from .events import (
    AlarmAsked,
    AlarmRestarted,
    Asked,
    ClockSet,
    CodeUserRemoved,
    CodeUserSet,
    CommandFailed,
    CommandPublished,
    Configured,
    DigestDelivered,
    EnabledSet,
    Event,
    Forgotten,
    GroupRuleSet,
    InputAdopted,
    InputExpected,
    Linked,
    NamesGiven,
    OutputAdopted,
    OutputExpected,
    OutputOptionsSet,
    OutputRequested,
    OutputsSuspended,
    PartitionRemoved,
    PartitionSet,
    Pressed,
    Reported,
    ResultReceived,
    RuleSet,
    ScheduleSet,
    SilenceLimitSet,
    SourceAvailability,
    Tick,
    TimesChanged,
    TransportChanged,
)
from .linking import command_output, suspension
from .model import Decision, OutputDecision, OutputReason, Reason
from .state import Draft, State, Transition


def step(state: State, event: Event, now: float) -> Transition:
    """Handle one event at ``now`` (unix seconds).

    Raises ``UnknownKeyError``, ``InvalidRuleError`` and ``GuardedError`` for what people ask in vain; what
    devices report never raises.
    """
    draft = Draft(state, now)
    match event:
        case Reported(report=report):
            _reported(draft, report)
        case Tick(only=only):
            _tick(draft, only)
        case CommandPublished(command_id=command_id):
            commands.published(draft, command_id)
        case CommandFailed(command_id=command_id, detail=detail):
            commands.failed(draft, command_id, detail)
        case ResultReceived(result=result):
            commands.result(draft, result)
        case SourceAvailability(source_id=source_id, online=online, retained=retained):
            supervision.availability(draft, source_id, online=online, retained=retained)
        case TransportChanged() | AlarmRestarted() | TimesChanged() | ClockSet() | DigestDelivered() | NamesGiven():
            _surroundings(draft, event)
        case _:
            _asked(draft, event)
    if draft.watchers:
        partitions.follow(draft, event)
    if state.partitions:
        siren_retry.follow(draft)
        partitions.follow_sirens(draft, event)
    return draft.finish()


def _surroundings(
    draft: Draft, event: TransportChanged | AlarmRestarted | TimesChanged | ClockSet | DigestDelivered | NamesGiven
) -> None:
    """Take what the hub itself goes through."""
    match event:
        case TransportChanged(transport=transport, up=up):
            supervision.transport_changed(draft, transport, up=up)
            if draft.partitions.base:
                partitions.broker_changed(draft, transport, up=up)
        case AlarmRestarted():
            partitions.restarted(draft)
        case TimesChanged():
            scheduling.follow_all(draft)
            deferring.watch(draft)
        case ClockSet(by=by):
            clock_set.follow(draft, by)
        case DigestDelivered(number=number):
            deferring.delivered(draft, number)
        case NamesGiven():
            naming.take_over(draft, event)


def _asked(draft: Draft, event: Asked) -> None:
    """Do what a person or an automation asks for, unless an alarm relies on what it would change."""
    if draft.partitions.base:
        guarding.check(draft, event)
    match event:
        case Pressed():
            _pressed(draft, event)
        case OutputRequested():
            _requested(draft, event)
        case OutputsSuspended(suspended=suspended):
            draft.outputs_suspended = suspended
        case Forgotten(sources=sources, keys=keys):
            registry.forget(draft, sources, keys)
        case AlarmAsked():
            partitions.asked(draft, event)
        case PartitionSet() | PartitionRemoved() | CodeUserSet() | CodeUserRemoved():
            partition_setup.configure(draft, event)
        case _:
            _configured(draft, event)


def _configured(draft: Draft, event: Configured) -> None:
    match event:
        case EnabledSet():
            _enable(draft, event)
        case Linked():
            configure.set_links(draft, event)
        case RuleSet():
            configure.set_rule(draft, event)
        case OutputOptionsSet():
            configure.set_output_options(draft, event)
        case GroupRuleSet():
            configure.set_group_rule(draft, event)
        case ScheduleSet():
            scheduling.set_schedule(draft, event)
        case SilenceLimitSet():
            configure.set_silence_limit(draft, event)
        case InputAdopted() | OutputAdopted():
            configure.adopt(draft, event)
        case InputExpected() | OutputExpected():
            expected.expect(draft, event)


def _reported(draft: Draft, report: Report) -> None:
    source_id = registry.register(draft, report)
    if source_id is None:
        return
    age = supervision.heard(draft, source_id, report)
    heartbeat = report.kind is ReportKind.HEARTBEAT
    # A native device's heartbeat tells the states that its events told: what was lost of them shows.
    tells_state = heartbeat and report.source.dialect is Dialect.NATIVE
    if tells_state and supervision.overtaken(draft, source_id, age):
        return
    if report.health is not None or report.budget is not None:
        wellbeing.note(draft, source_id, report)
    for output in report.outputs:
        if output.is_on is not None and registry.owner_of_key(draft, output.device_key) == source_id:
            commands.switch_state(draft, output)
    occasion = None if heartbeat else _occasion(draft, source_id, report, age)
    healing: triggers.Occasion | None = None
    for index, device in enumerate(report.inputs):
        # A board names all its inputs with every event of one: most of what is reported tells nothing.
        if not triggers.tells_something(device) or registry.owner_of_key(draft, device.device_key) != source_id:
            continue
        if occasion is not None and not device.already:
            triggers.decide(draft, device, occasion, index)
            continue
        triggers.observe(draft, device, tells_state=tells_state)
        if tells_state and triggers.missed_a_change(draft, device, age):
            healing = healing or replace(_occasion(draft, source_id, report, age), healing=True)
            triggers.decide(draft, device, healing, index)


def _occasion(draft: Draft, source_id: str, report: Report, age: float) -> triggers.Occasion:
    """Name the report. A message id makes decisions and commands keep their ids when it is delivered again."""
    if report.message_id is None:
        draft.serial += 1
        return triggers.Occasion(serial=f"{source_id}.{int(draft.now * 1_000_000):x}.{draft.serial:x}", age=age)
    serial = f"{source_id}.{report.message_id}"
    duplicate = draft.was_seen(serial)
    if not duplicate and age <= draft.settings.max_validity:
        draft.mark_seen(serial)
    return triggers.Occasion(serial=serial, age=age, duplicate=duplicate)


def _pressed(draft: Draft, event: Pressed) -> None:
    """Trigger an input by hand: every check applies as if its device had reported it once."""
    if event.input_key not in draft.inputs:
        raise UnknownKeyError(event.input_key)
    device = InputReport(device_key=event.input_key, active=True, detail=event.detail)
    triggers.decide(draft, device, triggers.Occasion(serial=f"press.{event.press_id}", by_hand=True), 0)


def _requested(draft: Draft, event: OutputRequested) -> None:
    """Command one output because a person or automation asks; the decision names no input."""
    output = draft.outputs.get(event.output_key)
    if output is None:
        raise UnknownKeyError(event.output_key)
    serial = f"request.{event.request_id}"
    reason = suspension(draft, output)
    command_id = None
    if reason is None:
        reason = OutputReason.SENT
        cause = InputReport(device_key="Home Assistant", label="Home Assistant", type="manual", detail=event.detail)
        command_id = command_output(draft, output, cause, serial, 0, turn_on=event.turn_on)
    decided = OutputDecision(output_key=output.key, reason=reason, command_id=command_id)
    decision = Decision(
        decision_id=serial,
        at=draft.now,
        input_key="",
        reason=Reason.REQUESTED,
        active=True,
        detail=event.detail,
        outputs=(decided,),
    )
    draft.effects.append(Decided(decision=decision))


def _tick(draft: Draft, only: tuple[TimerKey, ...] | None) -> None:
    overdue = draft.due() if only is None else [each for each in draft.due() if each in only]
    for timer, key in overdue:
        _DUE[timer](draft, key)
    for timer, key in overdue:
        if timer is Timer.ALARM:
            partitions.catch_up(draft, key)


def _hold_due(draft: Draft, key: str) -> None:
    """End a hold; for partitions when it was due, should the tick have come late."""
    over = draft.armed(Timer.HOLD, key) or draft.now
    triggers.hold_due(draft, key)
    if key in draft.watchers:
        partitions.hold_over(draft, key, over)


def _enable(draft: Draft, event: EnabledSet) -> None:
    """An input switched on while it is active acts on the next report of it, not after its latch."""
    set_up_log.switched(draft, event)
    configure.set_enabled(draft, event)
    for key in event.inputs:
        status = draft.input_status.get(key)
        if event.enabled and status is not None and status.activated_at is not None:
            draft.input_status[key] = replace(status, activated_at=None)


_DUE: Final[Mapping[Timer, Callable[[Draft, str], None]]] = {
    Timer.HOLD: _hold_due,
    Timer.SILENCE: supervision.silence_due,
    Timer.COMMAND: commands.command_due,
    Timer.ALARM: partitions.due,
    Timer.SCHEDULE: scheduling.schedule_due,
    Timer.DIGEST: lambda draft, _: deferring.digest_due(draft),
    Timer.ESCALATION: escalating.escalation_due,
    Timer.SIREN: siren_retry.due,
}
