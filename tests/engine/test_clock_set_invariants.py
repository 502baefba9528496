"""Whenever and however the clock is set, what follows is what would have followed, and as soon."""

from collections.abc import Callable

from hypothesis import example, given, settings, strategies as st

from custom_components.event_hub.engine.alarm.events import Acknowledge, Arm, CodeRefused, Disarm, Panic, WalkTest
from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.effects import AlarmTold, CommandProgressed, Decided, Effect, SendCommand
from custom_components.event_hub.engine.events import CommandFailed, RuleSet
from custom_components.event_hub.engine.model import InputRule
from custom_components.event_hub.engine.state import Transition
from custom_components.event_hub.wire.messages import ReportKind

from .house import ANNA, BOARD, PANEL, House, native
from .kit import START, source


def fail(house: House) -> None:
    """Let every command under way fail."""
    for command_id in list(house.state.commands):
        house.post(CommandFailed(command_id=command_id, detail="no answer"))


JUMP = st.integers(-(10**8), 10**8).filter(lambda by: abs(by) > 2)

DOINGS: dict[str, Callable[[House], object]] = {
    "arm": lambda house: house.ask(Arm(mode=Mode.AWAY, actor=ANNA)),
    "arm at once": lambda house: house.ask(Arm(mode=Mode.AWAY, actor=ANNA, skip_delay=True)),
    "disarm": lambda house: house.ask(Disarm(actor=ANNA)),
    "acknowledge": lambda house: house.ask(Acknowledge(actor=ANNA)),
    "panic": lambda house: house.ask(Panic(actor=ANNA)),
    "walk": lambda house: house.ask(WalkTest(actor=ANNA)),
    "wrong code": lambda house: house.ask(CodeRefused(actor=ANNA)),
    "door opens": lambda house: house.active("Door"),
    "door closes": lambda house: house.clear("Door"),
    "hall": lambda house: (house.active("Hall"), house.clear("Hall")),
    "window": lambda house: (house.active("Window"), house.clear("Window")),
    "cat": lambda house: house.active("Cat"),
    "board beats": lambda house: house.heartbeat(BOARD, sent_at=house.now),
    "panel beats": lambda house: native(house, "Gate", active=None, kind=ReportKind.HEARTBEAT, by=PANEL),
    "horn": lambda house: house.active("Bell"),
    "horn fails": fail,
    "restart": lambda house: house.reboot(),
}
STEPS = st.lists(st.tuples(st.integers(0, 70), st.sampled_from(sorted(DOINGS))), max_size=14)


class Timed(House):
    """A house of which one knows when it wanted what, in seconds since the start, whatever its clock shows."""

    def __init__(self) -> None:
        """Set up more devices; the cat never says that it is clear."""
        self.ahead = 0
        self.wanted: list[tuple[float, tuple[object, ...]]] = []
        super().__init__()
        self.input("Cat", InputRule(hold=20, latch=30, escalate_after=50, confirm_count=2, confirm_within=40))
        self.input("Bell", InputRule(latch=5))
        self.post(RuleSet(input_key="Hall", rule=InputRule(escalate_after=90)))
        self.output("Horn", by=source("relays"))
        self.options("Horn", interval=25)
        self.link("Bell", "Horn")
        self.wanted.clear()

    def _perform(self, transition: Transition) -> tuple[Effect, ...]:
        effects = super()._perform(transition)
        self.wanted += [(self.now - START - self.ahead, told) for effect in effects if (told := said(effect))]
        return effects


def said(effect: Effect) -> tuple[object, ...]:
    """Say of an effect what has nothing to do with the time."""
    match effect:
        case Decided(decision=decision):
            facts = {name: value for name, value in decision.facts.items() if name not in ("until", "local")}
            return "decided", decision.input_key, decision.reason, str(facts), len(decision.recent)
        case SendCommand(command=command):
            return "sent", command.output.device_key, command.turn_on
        case CommandProgressed(output_key=key, status=status):
            return "command", key, status
        case AlarmTold(effect=told):
            return "alarm", type(told).__name__
    return (type(effect).__name__, getattr(effect, "source_id", None), getattr(effect, "input_key", None))


def play(steps: list[tuple[int, str]], at: int, by: int) -> list[tuple[float, tuple[object, ...]]]:
    """Let things happen so many seconds after one another, and the clock be set at a second."""
    house, passed = Timed(), 0
    for seconds, doing in [*steps, (400, "board beats")]:
        before, left = passed, seconds
        if by and before <= at < before + seconds:
            house.wait(at - before)
            house.ahead += by
            house.set_clock(by)
            left, by = before + seconds - at, 0
        house.wait(left)
        passed += seconds
        DOINGS[doing](house)
    return house.wanted


@settings(max_examples=80, deadline=None)
@given(steps=STEPS, at=st.integers(0, 600), by=JUMP)
@example(steps=[(0, "arm at once"), (0, "door opens")], at=10, by=-3600)
@example(steps=[(0, "arm at once"), (0, "door opens")], at=10, by=3600)
def test_what_happens_after_the_clock_was_set_is_what_would_have_happened(
    steps: list[tuple[int, str]], at: int, by: int
) -> None:
    assert play(steps, at, by) == play(steps, at, 0)


@settings(max_examples=80, deadline=None)
@given(jumps=st.lists(st.tuples(st.integers(0, 29), JUMP), max_size=5))
def test_whoever_comes_in_by_the_door_has_as_long_as_ever_to_disarm(jumps: list[tuple[int, int]]) -> None:
    house = House()
    house.armed()
    house.active("Door")
    passed = 0
    for at, by in sorted(jumps):
        house.wait(at - passed)
        passed = at
        house.set_clock(by)
        assert house.phase() is Phase.PENDING
    house.wait(29 - passed)
    assert house.phase() is Phase.PENDING
    house.wait(1)
    assert (house.phase(), house.status().siren) == (Phase.TRIGGERED, True)
