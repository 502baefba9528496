"""The three ESP boards on MQTT: sensors, pulse meter, two-channel switch."""

from collections.abc import Mapping
import json
from typing import ClassVar, Final, override

from .device import Device
from .links import Link

_FULL_SCALE: Final = 4095
_ALIVE: Final = b"OK"


def words(*parts: str) -> str:
    """The key the hub makes of a location and a label: every word capitalised."""
    return " ".join(word.capitalize() for part in parts for word in part.split())


class _EspDevice(Device):
    """A microcontroller: a bad message aborts one callback, never the program.

    Without a clock (``has_clock``) it sends seconds since its start.
    """

    survives_bad_commands: ClassVar[bool] = True
    has_clock = True

    def _timestamp(self) -> float:
        return self.clock() if self.has_clock else self.uptime

    def _send(self, topic: str, message: Mapping[str, object]) -> None:
        self._publish(topic, json.dumps(message).encode())


class EspSensorBoard(_EspDevice):
    """Repeats every second while an input is active, and reports all inputs with its heartbeat.

    A clear is therefore heard of with the next repeat or heartbeat, as from the real board.
    """

    def __init__(
        self,
        device_id: str,
        link: Link,
        *,
        location: str,
        labels: tuple[str, ...],
        heartbeat_interval: float = 30.0,
    ) -> None:
        """Mount a board at ``location`` with one input per label."""
        self._labels = {words(location, label): label for label in labels}
        super().__init__(device_id, link, heartbeat_interval=heartbeat_interval, input_keys=tuple(self._labels))
        self.location = location
        self._samples = dict.fromkeys(self._labels, 0)

    @override
    async def start(self) -> None:
        await super().start()
        self._repeat(1.0, self._repeat_active)

    @override
    def activate(self, key: str) -> None:
        self._sample(key, _FULL_SCALE)
        self._tell(f"{key} is active")
        self._report()

    @override
    def clear(self, key: str) -> None:
        self._sample(key, 0)

    @override
    def heartbeat(self) -> None:
        self._report()
        self._publish(f"sensor/heartbeat/{self.name}", _ALIVE)

    def _sample(self, key: str, value: int) -> None:
        if key not in self._samples:
            raise KeyError(key)
        self._samples[key] = value

    def _repeat_active(self) -> None:
        if any(self._samples.values()):
            self._report()

    def _report(self) -> None:
        message: dict[str, object] = {
            "uptime": self.uptime,
            "timestamp": self._timestamp(),
            "device_id": self.name,
            "input_location": self.location,
        }
        for number, (key, label) in enumerate(self._labels.items(), start=1):
            sample = self._samples[key]
            message[f"input_{number}"] = {
                "input_label": label,
                "active": sample > 0,
                "sample_value": sample,
                "normal_value": 0,
            }
        self._send(f"sensor/{self.location.lower().replace(' ', '_')}/{self.name}", message)


class EspMeter(_EspDevice):
    """Counts pulses and reports once a minute. Its register is -1 until somebody sets it."""

    def __init__(self, name: str, link: Link, *, location: str, device_id: str, minute: float = 60.0) -> None:
        """Mount a meter; ``minute`` is how many seconds its minute lasts, to make a demonstration livelier."""
        super().__init__(
            device_id,
            link,
            heartbeat_interval=minute,
            control_address=f"meter/{name}/control",
            input_keys=(words(name, "Meter"),),
        )
        self.meter_name = name
        self.location = location
        self.register = -1.0
        self._pulses = 0
        self._last_minute = 0
        self._last_minute_at = self.clock()

    def pulse(self, count: int = 1) -> None:
        """Let energy flow: ``count`` pulses of the meter's lamp."""
        self._pulses += count

    @override
    def heartbeat(self) -> None:
        self._last_minute, self._pulses = self._pulses, 0
        self._last_minute_at = self._timestamp()
        if self.register > 0:
            self.register += self._last_minute
        self._report()

    @override
    def _obey(self, body: bytes) -> None:
        order = json.loads(body)
        if isinstance(order.get("set_register"), int | float):
            wanted = order["set_register"]
            self.register = wanted if wanted > 0 else -1
        elif isinstance(order.get("adjust_register"), int | float):
            self.register = max(max(self.register, 0) + order["adjust_register"], 0)
        else:
            return
        self._tell(f"{self.input_keys[0]} register is {self.register:g}")
        self._report()

    def _report(self) -> None:
        message = {
            "uptime": self.uptime,
            "timestamp": self._timestamp(),
            "device_id": self.name,
            "input_location": self.location,
            "last_sample_value": _FULL_SCALE,
            "last_minute_metered": self._last_minute,
            "last_metered_minute": self._last_minute_at,
            "register_reading": self.register,
            "pulse_discards": 0,
        }
        self._send(f"meter/{self.meter_name}", message)
        self._publish(f"meter/heartbeat/{self.name}", _ALIVE)


class EspSwitchBoard(_EspDevice):
    """Two relays that take their state together and report it back at once."""

    def __init__(self, device_id: str, link: Link, *, heartbeat_interval: float = 30.0) -> None:
        """Mount a board with both channels off."""
        super().__init__(
            device_id,
            link,
            heartbeat_interval=heartbeat_interval,
            control_address=f"switch/control/{device_id}",
        )
        self.switches = [0, 0]

    @override
    def heartbeat(self) -> None:
        message = {"uptime": self.uptime, "device_id": self.name, "switches": self.switches}
        self._send(f"switch/state/{self.name}", message)
        self._publish(f"switch/heartbeat/{self.name}", _ALIVE)

    @override
    def _obey(self, body: bytes) -> None:
        first, second = json.loads(body)["state"][:2]
        self.switches = [first, second]
        said = (f"channel {number} is {'on' if on else 'off'}" for number, on in enumerate(self.switches, start=1))
        self._tell(", ".join(said))
        self.heartbeat()
