"""Whatever happens in whatever order, these hold."""

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custom_components.event_hub.engine.effects import CommandProgressed, Decided, Effect, SendCommand
from custom_components.event_hub.engine.events import CommandFailed, CommandPublished, EnabledSet, OutputsSuspended
from custom_components.event_hub.engine.model import InputRule
from custom_components.event_hub.wire.messages import Dialect, InputReport

from .kit import Engine, source

INPUTS = ("Door", "Gate", "Hall")
OUTPUTS = ("Siren", "Lamp")
LATCH = 60.0


class House(RuleBasedStateMachine):
    """Three inputs linked to two outputs, with everything that can happen to them."""

    def __init__(self) -> None:
        """Register and link everything."""
        super().__init__()
        self.engine = Engine()
        self.open_commands: set[str] = set()
        self.ended: set[str] = set()
        self.last_trigger: dict[str, tuple[float, str | None]] = {}
        for key in OUTPUTS:
            self.engine.output(key, by=source("relays", dialect=Dialect.NATIVE))
        for key in INPUTS:
            self.engine.input(key, InputRule(latch=LATCH))
            self.engine.link(key, *OUTPUTS)

    @rule(
        key=st.sampled_from(INPUTS),
        active=st.none() | st.booleans(),
        level=st.booleans(),
        detail=st.sampled_from((None, "tampered")),
        message_id=st.none() | st.sampled_from("123"),
    )
    def report(self, key: str, active: bool | None, level: bool, detail: str | None, message_id: str | None) -> None:
        """An input reports something."""
        device = InputReport(device_key=key, active=active, level=level, detail=detail)
        self.check(self.engine.report(device, message_id=message_id))

    @rule(seconds=st.floats(0, 200))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.check(self.engine.wait(seconds))

    @rule(key=st.sampled_from(INPUTS), on=st.booleans())
    def switch_input(self, key: str, on: bool) -> None:
        """A person switches an input."""
        self.check(self.engine.post(EnabledSet(inputs=(key,), enabled=on)))

    @rule(key=st.sampled_from(OUTPUTS), on=st.booleans())
    def switch_output(self, key: str, on: bool) -> None:
        """A person switches an output."""
        self.check(self.engine.post(EnabledSet(outputs=(key,), enabled=on)))

    @rule(suspended=st.booleans())
    def suspend(self, suspended: bool) -> None:
        """A person uses the hub-wide switch."""
        self.check(self.engine.post(OutputsSuspended(suspended=suspended)))

    @precondition(lambda self: self.open_commands)
    @rule(data=st.data(), published=st.booleans())
    def hand_over(self, data: st.DataObject, published: bool) -> None:
        """The broker takes a command, or does not."""
        command_id = data.draw(st.sampled_from(sorted(self.open_commands)))
        event = (
            CommandPublished(command_id=command_id)
            if published
            else CommandFailed(command_id=command_id, detail="the broker is away")
        )
        self.check(self.engine.post(event))

    @rule(seconds=st.floats(0, 100))
    def restart(self, seconds: float) -> None:
        """Home Assistant restarts; commands under way are sent again under their ids."""
        effects = self.engine.restart(seconds)
        again = {effect.command.command_id for effect in effects if isinstance(effect, SendCommand)}
        assert again <= self.open_commands
        self.check([effect for effect in effects if not isinstance(effect, SendCommand)])

    @invariant()
    def every_open_command_has_a_deadline(self) -> None:
        """Nothing waits for ever."""
        due = {key for (timer, key), _ in self.engine.state.deadlines.items() if timer == "command"}
        assert set(self.engine.state.commands) == due

    @invariant()
    def every_input_that_never_says_clear_has_a_hold(self) -> None:
        """Nothing stays active for ever."""
        held = {key for (timer, key), _ in self.engine.state.deadlines.items() if timer == "hold"}
        for key in INPUTS:
            status = self.engine.state.input_status.get(key)
            if status is not None and status.active and not status.reports_clear:
                assert key in held

    def check(self, effects: list[Effect] | tuple[Effect, ...]) -> None:
        """Check what every step wants, whatever it was."""
        state = self.engine.state
        for effect in effects:
            if isinstance(effect, Decided) and effect.decision.reason == "triggered":
                decision = effect.decision
                at, detail = self.last_trigger.get(decision.input_key, (0.0, None))
                assert decision.at - at >= LATCH or detail != decision.detail
                self.last_trigger[decision.input_key] = (decision.at, decision.detail)
            elif isinstance(effect, SendCommand):
                assert not state.outputs_suspended
                assert state.outputs[effect.command.output.device_key].enabled
                assert effect.command.command_id not in self.ended
                self.open_commands.add(effect.command.command_id)
            elif isinstance(effect, CommandProgressed) and effect.status.final:
                assert effect.command_id not in self.ended
                self.ended.add(effect.command_id)
                self.open_commands.discard(effect.command_id)


TestHouse = House.TestCase
TestHouse.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
