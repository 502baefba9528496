"""The relay and ADC boards on RabbitMQ, of 2024 and of 2023."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
import time
from typing import ClassVar, Final, override

import msgpack

from .device import Device, iso_time
from .links import Link

_TRIPPED: Final = 100
_TAMPERED: Final = 50
_DEFAULT_SECONDS: Final = 1.0


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
    """What both generations share: inputs, relays, and no word when an input returns to normal."""

    topic: ClassVar[str] = "ioboard"
    control_kind: ClassVar[str]

    def __init__(
        self,
        name: str,
        link: Link,
        *,
        inputs: tuple[BoardInput, ...],
        relays: tuple[BoardRelay, ...] = (),
        heartbeat_interval: float = 5.0,
    ) -> None:
        """Mount a board of this ``name`` with these inputs and relays."""
        super().__init__(
            name,
            link,
            heartbeat_interval=heartbeat_interval,
            control_address=f"event.{self.control_kind}.{self.topic}",
            input_keys=tuple(item.key for item in inputs),
        )
        self.inputs = {item.key: item for item in inputs}
        self.relays = {relay.key: relay for relay in relays}
        self._out_of_range: dict[str, str | None] = {}

    @override
    def activate(self, key: str) -> None:
        self._leave_range(key, _TRIPPED, None)

    def tamper(self, key: str) -> None:
        """Cut an input's wire, which the board tells apart from an activation."""
        self._leave_range(key, _TAMPERED, "Tamper")

    @override
    def clear(self, key: str) -> None:
        if key not in self.inputs:
            raise KeyError(key)
        self._out_of_range.pop(key, None)

    @override
    def heartbeat(self) -> None:
        inputs = [item.describe() for item in self.inputs.values()]
        self._send("heartbeat", self._life(inputs, [relay.describe() for relay in self.relays.values()]))

    def _leave_range(self, key: str, sample: int, detail: str | None) -> None:
        item = self.inputs[key]
        if key in self._out_of_range and self._out_of_range[key] == detail:
            return
        self._out_of_range[key] = detail
        self._tell(f"{key} is active")
        self._send("notify", self._event(item, sample, detail))

    def _send(self, kind: str, content: Mapping[str, object]) -> None:
        message = {"timestamp": iso_time(self.clock()), **content}
        self._publish(f"event.{kind}.{self.topic}.{self.name}", msgpack.packb(message))

    def _sound(self, relay: BoardRelay, seconds: float) -> None:
        def rest() -> None:
            relay.on = False

        relay.on = True
        relay.sounded.append(seconds)
        self._tell(f"{relay.key} is on for {seconds:g} s")
        self._later(seconds, rest)

    @abstractmethod
    def _event(self, item: BoardInput, sample: int, detail: str | None) -> dict[str, object]: ...

    @abstractmethod
    def _life(self, inputs: list[dict[str, object]], outputs: list[dict[str, object]]) -> dict[str, object]: ...


class IoBoard2024(_IoBoard):
    """The current board: one command after another, as it sleeps while a relay is on."""

    control_kind = "trigger"
    _busy_until = 0.0

    @override
    def _event(self, item: BoardInput, sample: int, detail: str | None) -> dict[str, object]:
        active = {"sample_value": sample, "state": "triggered", "event_detail": detail}
        reported = [other.describe() | (active if other is item else {}) for other in self.inputs.values()]
        return {"inputs": reported, "outputs": [relay.describe() for relay in self.relays.values()]}

    @override
    def _life(self, inputs: list[dict[str, object]], outputs: list[dict[str, object]]) -> dict[str, object]:
        return {"inputs": inputs, "outputs": outputs}

    @override
    def _obey(self, body: bytes) -> None:
        order = msgpack.unpackb(body)["output_triggered"]
        key, params = order["device_key"], order["device_params"]
        seconds = (_DEFAULT_SECONDS if params is None else float(params)) or _DEFAULT_SECONDS
        relay = self.relays.get(key)
        if relay is None:
            return
        now = time.monotonic()
        begin = max(now, self._busy_until)
        self._busy_until = begin + seconds
        if begin > now:
            self._later(begin - now, lambda: self._sound(relay, seconds))
        else:
            self._sound(relay, seconds)


class IoBoard2023(_IoBoard):
    """The board of 2023: a thread for every relay, and its own way of saying everything."""

    control_kind = "control"

    @override
    def _event(self, item: BoardInput, sample: int, detail: str | None) -> dict[str, object]:
        active = {"sample_value": sample} if detail is None else {"sample_value": sample, "event_detail": detail}
        return {"data": {"active_devices": [item.describe() | active], "samples": {item.key: sample}}}

    @override
    def _life(self, inputs: list[dict[str, object]], outputs: list[dict[str, object]]) -> dict[str, object]:
        statistics = {"sample_count": int(self.uptime * 10) * len(inputs)}
        return {"data": {"device_info": {"inputs": inputs, "outputs": outputs}, "statistics": statistics}}

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
            self._tell(f"{key} stays on for ever")
            return
        self._sound(relay, seconds)
