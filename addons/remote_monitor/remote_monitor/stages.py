"""The app's own stages: what reads inputs, what switches relays, what tells how everything stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
import logging
import time
from typing import Final, Self, override

from hub_relay import native
from hub_relay.commands import Command, CommandError
from hub_relay.native import Kind
from hub_relay.signals import Flag, readable
from hub_relay.stages import Inlet, Outlet, Relay as Way, Stage

from .bands import Change, InputState
from .guard import FailsafeError
from .hardware import Bench, GuardedPins, PatientAdc
from .relay_control import RelayControl
from .relay_model import Action, Commanded, Plan, Result
from .sampler import Input, Sampler
from .settings import Settings

HEARTBEAT: Final = 5.0
LOG: Final = logging.getLogger(__name__)

_ACTIONS: Final = {None: None, True: Action.ON, False: Action.OFF}


class Outlets:
    """What is published goes to every broker's publisher; for the thread that makes it."""

    def __init__(self, ways: Sequence[Way]) -> None:
        """Connect to each of them."""
        self._stack = ExitStack()
        self._outlets = [self._stack.enter_context(Outlet(way)) for way in ways]

    def put(self, kind: Kind, content: Mapping[str, object]) -> None:
        """Hand a message over; one that finds no room is counted and logged there."""
        for outlet in self._outlets:
            outlet.put(kind, content)

    def __enter__(self) -> Self:
        """Publish within a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the sockets."""
        self._stack.close()


def _said(state: InputState) -> dict[str, object]:
    """Return what a message says of an input: no state of one that was not read yet, or cannot be read."""
    if state.zone is None:
        return {}
    said = state.wire()
    if state.value is None:
        del said["state"]
    return said


class SamplerStage(Stage):
    """Reads the inputs and passes every change on as an event."""

    def __init__(self, settings: Settings, bench: Bench, publish: Sequence[Way]) -> None:
        """Prepare to read what the settings name."""
        super().__init__("sampler")
        self._publish = publish
        self._inputs = {one.description.key: one for one in settings.inputs}
        channels = frozenset(one.channel for one in settings.inputs)
        self._outlet: Outlets | None = None
        self.sampler = Sampler(
            PatientAdc(bench.adc, channels),
            [Input(key=key, channel=one.channel, rule=one.rule) for key, one in self._inputs.items()],
            self._changed,
            rate=settings.sample_rate,
            beat=self.beat,
        )

    def devices(self) -> list[dict[str, object]]:
        """Return how every input stands; one that was not read yet says no state. Any thread may ask."""
        states = self.sampler.states
        return [{**one.description.wire(), **_said(states[key])} for key, one in self._inputs.items()]

    @override
    def run(self) -> None:
        with Outlets(self._publish) as self._outlet:
            self.sampler.run(self.stop_flag)
        timing = self.sampler.timing()
        LOG.info("99%% of %s rounds began within %.2f ms", timing.rounds, 1000 * timing.late_p99)

    def _changed(self, changes: Mapping[str, Change]) -> None:
        devices = [{**self._inputs[key].description.wire(), **_said(change.state)} for key, change in changes.items()]
        if self._outlet is not None:
            self._outlet.put(Kind.EVENT, native.event(timestamp=time.time(), inputs=devices))


class RelayStage(Stage):
    """Takes commands, switches relays, and passes on what became of each command."""

    def __init__(
        self,
        settings: Settings,
        bench: Bench,
        commands: Way,
        publish: Sequence[Way],
        lost_for: Callable[[float], float],
    ) -> None:
        """Prepare; ``lost_for`` tells at a monotonic time since how many seconds there is no broker."""
        super().__init__("relays")
        self._settings = settings
        self._bench = bench
        self._commands = commands
        self._publish = publish
        self._relays = {one.description.key: one for one in settings.relays}
        self._simulated = {one.description.key for one in settings.inputs} if settings.simulate else set()
        self._inlet: Inlet | None = None
        self._outlet: Outlets | None = None
        self._pins = GuardedPins(bench)
        self.changed = Flag()
        self._control = RelayControl(
            Plan(
                relays={key: one.relay for key, one in self._relays.items()},
                brokers_lost_after=settings.brokers_lost_after,
            ),
            self._pins,
            self._next,
            self._tell,
            beat=self._beats,
            lost_for=lambda: lost_for(time.monotonic()),
        )

    def devices(self) -> list[dict[str, object]]:
        """Return how every relay stands. Any thread may ask."""
        states = self._control.states
        return [
            {
                **one.description.wire(),
                "device_params": f"{one.relay.seconds:g}",
                "state": "on" if states[key] else "off",
            }
            for key, one in self._relays.items()
        ]

    @override
    def run(self) -> None:
        with Inlet(self._commands, self.stop_flag) as self._inlet, Outlets(self._publish) as self._outlet:
            while not self.stopping:
                try:
                    self._control.run(self.stop_flag)
                except FailsafeError as error:
                    LOG.error("%s: the relays are in their safe states, and the watchdog is started again", error)  # noqa: TRY400 - the sentence says it all
                self._pins.end()

    @override
    def release(self) -> None:
        super().release()
        self.changed.close()

    def _beats(self) -> None:
        self.beat()
        self._pins.beat()

    def _next(self, timeout: float) -> Commanded | None:
        """Wait for the next command that is for one of these relays; what cannot be done is answered here."""
        frame = None if self._inlet is None else self._inlet.get(timeout)
        if frame is None:
            return None
        command = Command.of_content(frame.content)
        if command.device_key in self._simulated:
            self._simulate(command)
            return None
        if command.device_key not in self._relays:
            # RabbitMQ brings a command to every device of this kind.
            LOG.debug("A command for %s, which is not here", command.device_key)
            return None
        try:
            # Who switches off must not fail over a duration that nobody needs.
            seconds = command.seconds() if command.state is None else None
        except CommandError as error:
            self._answer(command, native.Status.FAILED, str(error))
            return None
        return Commanded(
            command_id=command.command_id,
            key=command.device_key,
            action=_ACTIONS[command.state],
            seconds=seconds,
            expires_at=command.expires_at,
        )

    def _simulate(self, command: Command) -> None:
        """Take a command to an input of the simulation: its parameter is the new value in percent."""
        try:
            self._bench.simulate(command.device_key, float(command.params or ""))
        except (OSError, ValueError, LookupError) as error:
            self._answer(command, native.Status.FAILED, f"device_params must be 0 to 100 percent: {error}")
        else:
            self._answer(command, native.Status.DONE, None)

    def _tell(self, result: Result) -> None:
        self._put(result.command_id, result.key, native.Status(str(result.status)), result.detail)

    def _answer(self, command: Command, status: native.Status, detail: str | None) -> None:
        self._put(command.command_id, command.device_key, status, detail)

    def _put(self, command_id: str, key: str, status: native.Status, detail: str | None) -> None:
        bad = status in {native.Status.FAILED, native.Status.EXPIRED}
        LOG.log(logging.WARNING if bad else logging.DEBUG, "%s: command %s: %s", key, status, detail or command_id)
        if self._outlet is not None:
            body = native.result(
                timestamp=time.time(), command_id=command_id, device_key=key, status=status, detail=detail
            )
            self._outlet.put(Kind.RESULT, body)
        self.changed.set()


class HeartbeatStage(Stage):
    """Tells every few seconds, and when a relay was switched, how everything stands."""

    def __init__(
        self, sampler: SamplerStage, relays: RelayStage, publish: Sequence[Way], interval: float = HEARTBEAT
    ) -> None:
        """Prepare to ask both stages."""
        super().__init__("heartbeat")
        self._sampler = sampler
        self._relays = relays
        self._publish = publish
        self._interval = interval

    @override
    def run(self) -> None:
        began = time.monotonic()
        with Outlets(self._publish) as outlet:
            while not self.stopping:
                self.beat()
                self._relays.changed.clear()
                body = native.heartbeat(
                    timestamp=time.time(),
                    uptime=time.monotonic() - began,
                    inputs=self._sampler.devices(),
                    outputs=self._relays.devices(),
                )
                outlet.put(Kind.HEARTBEAT, body)
                readable(self._interval, self.stop_flag, self._relays.changed)
