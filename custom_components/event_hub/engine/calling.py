"""What a call for help commands is kept with the alarm until it was sent, as outputs' own status is stored later."""

from collections.abc import Iterable

from .alarm.model import ROUND_THE_CLOCK
from .effects import Decided, SendCommand
from .model import CommandStatus, OutputStatus, PendingCommand, Reason
from .state import State, Transition


def commanded(state: State, transition: Transition) -> tuple[PendingCommand, ...]:
    """Return what a step commands because a zone opened that is watched round the clock; else nothing.

    A siren's commands are not among it: a restart gives them again.
    """
    if not any(_calls(state, effect) for effect in transition.effects):
        return ()
    commands = transition.changes.of("commands")
    given = (commands.get(each.command.command_id) for each in transition.effects if isinstance(each, SendCommand))
    return tuple(each for each in given if isinstance(each, PendingCommand) and each.input_key)


def take_up(state: State, commands: Iterable[PendingCommand]) -> None:
    """Have commands sent that the alarm kept, unless what was stored since knows what became of them."""
    for pending in commands:
        command = pending.command
        key, told = command.output.device_key, state.output_status.get(command.output.device_key, OutputStatus())
        # By its id as well: what is stored moves along with a clock that is set, what the journal has does not.
        is_later = told.triggered_at is not None and told.triggered_at >= command.issued_at
        if key not in state.outputs or is_later or told.command_id == command.command_id:
            continue
        state.commands[command.command_id] = pending
        state.output_status[key] = OutputStatus(
            triggered_at=command.issued_at,
            is_on=told.is_on,
            wanted=command.turn_on,
            command_id=command.command_id,
            command_status=CommandStatus.SENT,
        )


def _calls(state: State, effect: object) -> bool:
    if not (isinstance(effect, Decided) and effect.decision.reason is Reason.TRIGGERED):
        return False
    key = effect.decision.input_key
    return any(state.partitions[each].zones[key].kind in ROUND_THE_CLOCK for each in state.watchers.get(key, ()))
