"""A running engine for tests: a state, a clock, and short ways to say what happens."""

from collections.abc import Iterable
from dataclasses import replace

from custom_components.event_hub.engine.effects import CommandProgressed, Decided, Effect, SendCommand
from custom_components.event_hub.engine.events import (
    ClockSet,
    EnabledSet,
    Event,
    Linked,
    OutputOptionsSet,
    Reported,
    RuleSet,
    Tick,
    TransportChanged,
)
from custom_components.event_hub.engine.model import Action, Decision, InputRule, OutputRecord
from custom_components.event_hub.engine.restore import rearm
from custom_components.event_hub.engine.settings import Settings
from custom_components.event_hub.engine.state import State, Transition
from custom_components.event_hub.engine.step import step
from custom_components.event_hub.wire.messages import (
    Dialect,
    InputReport,
    OutputReport,
    Report,
    ReportKind,
    Source,
    Transport,
)

START = 1_700_000_000.0


def source(name: str = "board", topic: str = "ioboard", dialect: Dialect = Dialect.CURRENT) -> Source:
    """Return a source that reports over RabbitMQ, or over MQTT where its dialect does."""
    over_mqtt = dialect in (Dialect.ESP_METER, Dialect.ESP_SENSOR, Dialect.ESP_SWITCH)
    return Source(
        source_id=f"{topic}.{name}" if name else topic,
        dialect=dialect,
        transport=Transport.MQTT if over_mqtt else Transport.AMQP,
        topic=topic,
        name=name,
    )


class Engine:
    """Steps a state through events; ``now`` is its clock and ``effects`` what the last step wanted."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Start with the built-in inputs only."""
        self.state = State(settings=settings or Settings())
        self.now = START
        self.effects: tuple[Effect, ...] = ()
        self._perform(rearm(self.state, self.now))

    def post(self, event: Event) -> tuple[Effect, ...]:
        """Handle an event now."""
        return self._perform(step(self.state, event, self.now))

    def wait(self, seconds: float) -> tuple[Effect, ...]:
        """Let time pass, with a tick at every deadline; returns everything that was wanted meanwhile."""
        until = self.now + seconds
        wanted: list[Effect] = []
        while (due := self.state.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            wanted += self.post(Tick())
        self.now = until
        self.effects = tuple(wanted)
        return self.effects

    def set_clock(self, by: float) -> tuple[Effect, ...]:
        """Let the clock be set by some seconds, and the hub notice."""
        self.now += by
        return self.post(ClockSet(by=by))

    def report(
        self,
        *inputs: InputReport,
        by: Source | None = None,
        kind: ReportKind = ReportKind.EVENT,
        outputs: Iterable[OutputReport] = (),
        sent_at: float | None = None,
        message_id: str | None = None,
    ) -> tuple[Effect, ...]:
        """Let a source report."""
        report = Report(
            source=by or source(),
            kind=kind,
            sent_at=sent_at,
            message_id=message_id,
            inputs=inputs,
            outputs=tuple(outputs),
        )
        return self.post(Reported(report=report))

    def heartbeat(self, by: Source | None = None, sent_at: float | None = None) -> tuple[Effect, ...]:
        """Let a source send a heartbeat."""
        return self.report(by=by, kind=ReportKind.HEARTBEAT, sent_at=sent_at)

    def active(self, key: str = "Door", detail: str | None = None, *, level: bool = False) -> tuple[Effect, ...]:
        """Let an input report that it is active."""
        return self.report(InputReport(device_key=key, active=True, detail=detail, level=level))

    def clear(self, key: str = "Door") -> tuple[Effect, ...]:
        """Let an input report that it is clear."""
        return self.report(InputReport(device_key=key, active=False))

    def input(
        self, key: str = "Door", rule: InputRule | None = None, *, enabled: bool = True, group: str | None = None
    ) -> None:
        """Register an input, clear, with a rule."""
        self.report(InputReport(device_key=key, active=None, group=group))
        if rule is not None:
            self.post(RuleSet(input_key=key, rule=rule))
        self.post(EnabledSet(inputs=(key,), enabled=enabled))

    def output(
        self, key: str = "Siren", *, by: Source | None = None, enabled: bool = True, channel: int | None = None
    ) -> None:
        """Register an output."""
        self.report(by=by, outputs=(OutputReport(device_key=key, channel=channel),), kind=ReportKind.HEARTBEAT)
        self.post(EnabledSet(outputs=(key,), enabled=enabled))

    def link(self, key: str = "Door", *outputs: str) -> None:
        """Link an input to outputs, the siren if none is named."""
        self.post(Linked(inputs=(key,), outputs=outputs or ("Siren",)))

    def options(self, key: str, **options: float | str | None) -> None:
        """Set an output's options."""
        self.post(OutputOptionsSet(output_key=key, options=options))

    def transport(self, transport: Transport, *, up: bool) -> tuple[Effect, ...]:
        """Let a broker connection come up or go down."""
        return self.post(TransportChanged(transport=transport, up=up))

    def adopt_output(self, key: str) -> OutputRecord:
        """Return a record of an adopted action, not yet registered."""
        return OutputRecord(key=key, source_id="home_assistant", enabled=True, action=Action(action="siren.turn_on"))

    def restart(self, after: float = 0.0) -> tuple[Effect, ...]:
        """Let the hub be away for some seconds and come back with what it stored."""
        self.now += after
        kept = State(settings=self.state.settings)
        for table in (
            *("sources", "inputs", "outputs", "groups", "source_status", "input_status", "output_status"),
            *("group_activations", "source_devices", "commands", "conflicts", "seen"),
            *("group_schedules", "escalations"),
        ):
            getattr(kept, table).update(getattr(self.state, table))
        kept.outputs_suspended, kept.recent = self.state.outputs_suspended, self.state.recent
        kept.digest = self.state.digest
        self.state = kept
        return self._perform(rearm(self.state, self.now))

    def with_rule(self, key: str, **changes: float | None) -> InputRule:
        """Return an input's rule with some changes."""
        return replace(self.state.inputs[key].rule, **changes)  # type: ignore[arg-type] # names are checked by replace

    def _perform(self, transition: Transition) -> tuple[Effect, ...]:
        self.state.apply(transition.changes)
        self.effects = transition.effects
        return self.effects


def decisions(effects: Iterable[Effect]) -> list[Decision]:
    """Return the decisions among effects."""
    return [effect.decision for effect in effects if isinstance(effect, Decided)]


def reasons(effects: Iterable[Effect]) -> list[str]:
    """Return the reasons decided."""
    return [decision.reason.value for decision in decisions(effects)]


def sent(effects: Iterable[Effect]) -> list[str]:
    """Return the outputs commanded, in order."""
    return [effect.command.output.device_key for effect in effects if isinstance(effect, SendCommand)]


def statuses(effects: Iterable[Effect]) -> list[str]:
    """Return the statuses that commands reached."""
    return [effect.status.value for effect in effects if isinstance(effect, CommandProgressed)]


def only[E](effects: Iterable[Effect], kind: type[E]) -> E:
    """Return the one effect of a kind."""
    (found,) = [effect for effect in effects if isinstance(effect, kind)]
    return found
