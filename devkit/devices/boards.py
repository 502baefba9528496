"""The relay and ADC boards on RabbitMQ, of 2024 and of 2023."""

from abc import abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, override

import msgpack

from .device import Device, Happening, Surroundings

_TRIPPED = 100
_TAMPERED = 50
_DEFAULT_SECONDS = 1.0


def iso_time(moment: float) -> str:
    """The fleet's usual spelling of unix seconds."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f%z")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardInput:
    """One ADC input as the board's configuration names it."""

    name: str
    type: str
    location: str

    @property
    def key(self) -> str:
        """The device key the board makes of it."""
        return f"{self.name} {self.type} ({self.location})"

    def describe(self) -> dict[str, object]:
        """What the board says of it while it is normal."""
        return {
            "name": self.name,
            "type": self.type,
            "location": self.location,
            "device_key": self.key,
            "device_label": f"{self.name} {self.type}",
        }


@dataclass(slots=True, kw_only=True)
class BoardRelay:
    """One relay. ``on`` is the pin; ``sounded`` the seconds of every time it was on."""

    type: str
    location: str
    on: bool = False
    sounded: list[float] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The device key the board makes of it."""
        return f"{self.location} {self.type}"

    def describe(self) -> dict[str, object]:
        """What the board advertises."""
        return {"type": self.type, "location": self.location, "device_key": self.key}


class _IoBoard(Device):
    """What both generations share: inputs, relays, and silence between an activation and the next."""

    topic = "ioboard"
    control_kind: ClassVar[str]
    tamper_label = "Tamper"

    def __init__(
        self,
        name: str,
        surroundings: Surroundings,
        *,
        inputs: tuple[BoardInput, ...],
        relays: tuple[BoardRelay, ...] = (),
        heartbeat_interval: float = 5.0,
    ) -> None:
        """Mount a board of this ``name`` with these inputs and relays."""
        super().__init__(
            name,
            surroundings,
            heartbeat_interval=heartbeat_interval,
            control_address=f"event.{self.control_kind}.{self.topic}",
            input_keys=tuple(item.key for item in inputs),
        )
        self.inputs = {item.key: item for item in inputs}
        self.relays = {relay.key: relay for relay in relays}
        self._out_of_range: dict[str, str | None] = {}
        self._waiting: deque[bytes] = deque()
        self._busy = False
        self._spoke_at = float("-inf")

    @override
    def activate(self, key: str) -> None:
        self._leave_range(key, _TRIPPED, None)

    def tamper(self, key: str) -> None:
        """Cut an input's wire, which the board tells apart from an activation."""
        self._leave_range(key, _TAMPERED, self.tamper_label)

    @override
    def clear(self, key: str) -> None:
        with self.lock:
            self.inputs[key]
            self._out_of_range.pop(key, None)

    def _leave_range(self, key: str, sample: int, detail: str | None) -> None:
        with self.lock:
            item = self.inputs[key]
            if key in self._out_of_range and self._out_of_range[key] == detail:
                return
            self._out_of_range[key] = detail
            self.tell(Happening.REPORTED, f"{key} is active")
            self._send("notify", self._event(item, sample, detail))

    @override
    def _tick(self) -> None:
        if self.timers.now - self._spoke_at >= self.heartbeat_interval:
            self._send("heartbeat", self._life())

    def _send(self, kind: str, content: Mapping[str, object]) -> None:
        message = {"timestamp": iso_time(self.clock()), **content}
        self._publish(f"event.{kind}.{self.topic}.{self.name}", msgpack.packb(message))
        self._spoke_at = self.timers.now

    def _sounds(self, relay: BoardRelay, seconds: float) -> None:
        relay.on = True
        relay.sounded.append(seconds)
        self.tell(Happening.COMMANDED, f"{relay.key} is on for {seconds:g} s", self.commands[-1])

    @abstractmethod
    def _event(self, item: BoardInput, sample: int, detail: str | None) -> dict[str, object]: ...

    @abstractmethod
    def _life(self) -> dict[str, object]: ...


class IoBoard2024(_IoBoard):
    """The current board: one command after another, and no command it does not expect.

    While a relay is on, further commands wait, because the program sleeps.
    A return to normal sends nothing.
    """

    control_kind = "trigger"

    @override
    def _event(self, item: BoardInput, sample: int, detail: str | None) -> dict[str, object]:
        active = {"sample_value": sample, "state": "triggered", "event_detail": detail}
        reported = [other.describe() | active if other is item else other.describe() for other in self.inputs.values()]
        return {"inputs": reported, "outputs": self._outputs()}

    @override
    def _life(self) -> dict[str, object]:
        reported = [item.describe() for item in self.inputs.values()]
        return {"inputs": reported, "outputs": self._outputs()}

    def _outputs(self) -> list[dict[str, object]]:
        return [relay.describe() for relay in self.relays.values()]

    @override
    def _obey(self, body: bytes) -> None:
        if self._busy:
            self._waiting.append(body)
            return
        order = msgpack.unpackb(body)["output_triggered"]
        key, params = order["device_key"], order["device_params"]
        seconds = _DEFAULT_SECONDS if params is None else float(params)
        relay = self.relays.get(key)
        if relay is None:
            return
        self._busy = True
        seconds = seconds or _DEFAULT_SECONDS
        self._sounds(relay, seconds)

        def rest() -> None:
            relay.on = False
            self._busy = False
            if self._waiting:
                self._receive_again(self._waiting.popleft())

        self._later(seconds, rest)

    def _receive_again(self, body: bytes) -> None:
        command = self.commands[-1]
        try:
            self._obey(body)
        except Exception as err:  # noqa: BLE001 - a queued command kills as surely as a fresh one
            self._suffer(command, f"{type(err).__name__}: {err}")


class IoBoard2023(_IoBoard):
    """The board of 2023: a thread for every relay, and its own way of saying everything."""

    control_kind = "control"

    @override
    def _event(self, item: BoardInput, sample: int, detail: str | None) -> dict[str, object]:
        active: dict[str, object] = {"sample_value": sample}
        if detail is not None:
            active["event_detail"] = detail
        content = {
            "active_devices": [item.describe() | active],
            "samples": {item.key: sample},
        }
        return {"data": content}

    @override
    def _life(self) -> dict[str, object]:
        described = {
            "inputs": [item.describe() for item in self.inputs.values()],
            "outputs": [relay.describe() for relay in self.relays.values()],
        }
        statistics = {"sample_count": int(self.uptime * 10) * len(self.inputs)}
        return {"data": {"device_info": described, "statistics": statistics}}

    @override
    def _obey(self, body: bytes) -> None:
        key, duration = msgpack.unpackb(body)["data"]
        relay = self.relays.get(key)
        if relay is None:
            return
        relay.on = True
        try:
            seconds = float(duration or _DEFAULT_SECONDS)
        except TypeError, ValueError:
            self.tell(Happening.REFUSED, f"{key} stays on for ever", self.commands[-1])
            return
        self._sounds(relay, seconds)

        def rest() -> None:
            relay.on = False

        self._later(seconds, rest)
