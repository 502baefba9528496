"""The clock is set while things run: they go on as if it had not been."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from custom_components.event_hub.engine.alarm.events import Arm, CodeRefused, WalkTest
from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.alarm.status import Outside, Phase, Timer as AlarmTimer
from custom_components.event_hub.engine.effects import SendCommand
from custom_components.event_hub.engine.events import CommandFailed, CommandPublished, PartitionRemoved
from custom_components.event_hub.engine.model import CommandStatus, InputRule
from custom_components.event_hub.wire.messages import Dialect

from .house import ANNA, HOUSE, PANEL, House
from .kit import only, sent, source

HOUR = 3600.0
YEAR = 365 * 86_400.0
JUMPS = [-YEAR, -HOUR, -3.0, 3.0, 10 * 60.0, HOUR, YEAR]


@dataclass(frozen=True, kw_only=True)
class Span:
    """What begins, for how many seconds it runs, and how one sees that it is over."""

    begin: Callable[[House], object]
    seconds: float
    over: Callable[[House], bool]


def opens(house: House, key: str) -> None:
    """Let a zone of an armed house open."""
    house.armed()
    house.active(key)


def guesses(house: House) -> None:
    """Let somebody guess until code entry is locked."""
    for _ in range(5):
        house.ask(CodeRefused(actor=ANNA))


def locks_and_goes(house: House) -> None:
    """Let a partition be removed while its code entry is locked."""
    guesses(house)
    house.post(PartitionRemoved(partition_id="house"))


def is_let_in_again(house: House) -> bool:
    """Whether code entry of the partition, were it set up again, would not be locked."""
    house.set_up(HOUSE)
    free = house.status().due(AlarmTimer.LOCKOUT) is None
    house.post(PartitionRemoved(partition_id="house"))
    return free


def commands(house: House, dialect: Dialect = Dialect.NATIVE) -> str:
    """Let a device be commanded; returns the command's id."""
    house.input("Bell")
    house.output("Horn", by=source("relays", dialect=dialect))
    house.link("Bell", "Horn")
    return only(house.active("Bell"), SendCommand).command.command_id


def hands_over(house: House) -> None:
    """Let a command reach its device."""
    house.post(CommandPublished(command_id=commands(house)))


def becomes(status: CommandStatus) -> Callable[[House], bool]:
    """Return what tells whether that has become of the command."""
    return lambda house: house.state.output_status["Horn"].command_status is status


def stays_open(house: House) -> None:
    """Let an input trigger that escalates."""
    house.input("Fridge", InputRule(escalate_after=120.0, hold=HOUR))
    house.active("Fridge")


def gate(house: House, rule: InputRule, group: str | None = None, *, clears: bool = True) -> None:
    """Let an input with a rule be active, for a moment or for as long as its hold is."""
    house.input("Gate", rule, group=group)
    house.active("Gate")
    if clears:
        house.clear("Gate")


def siren_fails(house: House) -> None:
    """Let the siren not be told that it is to sound."""
    opens(house, "Window")
    house.post(CommandFailed(command_id=only(house.effects, SendCommand).command.command_id, detail="no answer"))


SPANS = {
    "exit delay": Span(
        begin=lambda house: house.ask(Arm(mode=Mode.AWAY, actor=ANNA)),
        seconds=60,
        over=lambda house: house.phase() is Phase.ARMED,
    ),
    "entry delay": Span(
        begin=lambda house: opens(house, "Door"), seconds=30, over=lambda house: house.phase() is Phase.TRIGGERED
    ),
    "siren": Span(begin=lambda house: opens(house, "Window"), seconds=180, over=lambda house: not house.status().siren),
    "abort window": Span(
        begin=lambda house: opens(house, "Window"),
        seconds=30,
        over=lambda house: house.status().memory[0].outside is Outside.TOLD,
    ),
    "lockout": Span(begin=guesses, seconds=90, over=lambda house: house.status().due(AlarmTimer.LOCKOUT) is None),
    "lockout of a partition that was removed": Span(begin=locks_and_goes, seconds=90, over=is_let_in_again),
    "walk test": Span(
        begin=lambda house: house.ask(WalkTest(actor=ANNA)),
        seconds=1800,
        over=lambda house: house.status().walk is None,
    ),
    "settling": Span(
        begin=lambda house: house.reboot(),
        seconds=60,
        over=lambda house: house.status().due(AlarmTimer.SETTLE) is None,
    ),
    "hold": Span(
        begin=lambda house: gate(house, InputRule(hold=30), clears=False),
        seconds=30,
        over=lambda house: not house.state.input_status["Gate"].active,
    ),
    "silence": Span(
        begin=lambda house: house.heartbeat(PANEL),
        seconds=300,
        over=lambda house: house.state.source_status[PANEL.source_id].lost,
    ),
    "handover": Span(begin=commands, seconds=95, over=becomes(CommandStatus.UNDELIVERED)),
    "answer": Span(begin=hands_over, seconds=15, over=becomes(CommandStatus.UNDELIVERED)),
    "escalation": Span(
        begin=stays_open,
        seconds=120,
        over=lambda house: house.state.escalations["Fridge"].raised_at is not None,
    ),
    "siren told again": Span(begin=siren_fails, seconds=2, over=lambda house: sent(house.effects) == ["Siren"]),
}


@pytest.mark.parametrize("by", JUMPS)
@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_what_runs_takes_as_long_as_it_would_have(span: Span, by: float) -> None:
    house = House()
    span.begin(house)
    house.wait(span.seconds / 2)
    assert house.set_clock(by) == ()
    house.wait(span.seconds / 2 - 0.5)
    assert not span.over(house)
    house.wait(0.5)
    assert span.over(house)


# Others begin anew with every start.
GO_ON = {
    *("exit delay", "entry delay", "siren", "abort window", "lockout", "lockout of a partition that was removed"),
    *("walk test", "hold", "handover", "escalation"),
}


@pytest.mark.parametrize("by", JUMPS)
@pytest.mark.parametrize("name", sorted(GO_ON))
def test_a_restart_after_it_changes_nothing_of_that(name: str, by: float) -> None:
    span = SPANS[name]
    house = House()
    span.begin(house)
    house.set_clock(by)
    house.reboot(span.seconds / 4)
    house.wait(span.seconds)
    assert span.over(house)
