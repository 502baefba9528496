"""A home of simulated devices, in which people walk about.

``scripts/develop`` runs it by itself. To fill a system of your own with devices:
``python -m devkit.simulate --mqtt host:1883 --rabbitmq host:5672``.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
import tempfile
import time
from typing import Final

from .devices import (
    AmqpLink,
    AppBrokers,
    BoardInput,
    BoardRelay,
    CameraProgram,
    Device,
    EspMeter,
    EspSensorBoard,
    EspSwitchBoard,
    IoBoard2023,
    IoBoard2024,
    MqttLink,
    NativeDevice,
    NativePart,
    RemoteMonitorApp,
    SnapshotProcessorApp,
    draw_scene,
    native_will,
)

HEARTBEAT: Final = 5.0
WALK_EVERY: Final = 20.0
CAMERA_LOGIN: Final = "viewer:viewer@127.0.0.1:8554"
"""Parameters that the camera program takes; there is nobody behind the address, it draws its pictures."""

_PANEL: Final = ("hallway", "panel")
_GARDEN_SIREN: Final = "Garden Siren"
_HALLWAY_SIREN: Final = "Hallway Siren"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, default_port: int) -> Address:
        """Read ``host`` or ``host:port``. Raises ``ValueError`` for a port that is no number."""
        host, _, port = text.partition(":")
        return cls(host, int(port or default_port))


class SimulatedHome:
    """Devices of every dialect that the brokers allow. Lives in the event loop that starts it."""

    def __init__(self, mqtt: Address, rabbitmq: Address | None, folder: Path) -> None:
        """Furnish the home; without RabbitMQ there are no boards of 2023 and 2024 and no camera program.

        What devices keep is in ``folder``.
        """
        self.garage = EspSensorBoard(
            "esp32_0a1b2c",
            _mqtt(mqtt, "garage"),
            location="Garage",
            labels=("back door", "motion"),
            heartbeat_interval=HEARTBEAT,
        )
        self.living_room = EspSensorBoard(
            "esp32_3d4e5f",
            _mqtt(mqtt, "living room"),
            location="Living Room",
            labels=("motion", "window"),
            heartbeat_interval=HEARTBEAT,
        )
        self.lights = EspSwitchBoard("esp32_6a7b8c", _mqtt(mqtt, "lights"), heartbeat_interval=HEARTBEAT)
        self.meter = EspMeter(
            "electricity", _mqtt(mqtt, "meter"), location="Cellar", device_id="esp32_9d0e1f", minute=HEARTBEAT
        )
        self.panel = _panel(mqtt)
        self.workshop = RemoteMonitorApp(_brokers_of_app(mqtt, rabbitmq), folder / "remote_monitor")
        self.snapshots = SnapshotProcessorApp(_brokers_of_app(mqtt, rabbitmq), folder / "snapshot_processor")
        self.board = _board_of_2024(rabbitmq) if rabbitmq else None
        self.cellar = _board_of_2023(rabbitmq) if rabbitmq else None
        self.cameras = _cameras(rabbitmq) if rabbitmq else None
        present = (self.garage, self.living_room, self.lights, self.meter, self.panel, self.workshop, self.snapshots)
        boards = (self.board, self.cellar, self.cameras)
        self.devices: tuple[Device, ...] = (*present, *(board for board in boards if board))

    @property
    def input_keys(self) -> frozenset[str]:
        """Every input, as the hub will name it."""
        return frozenset(key for device in self.devices for key in device.input_keys)

    @property
    def output_keys(self) -> frozenset[str]:
        """Every output, as the hub will name it."""
        keys = {_HALLWAY_SIREN, self.workshop.relay, self.snapshots.fetched}
        keys.update(f"{self.lights.name} Switch {number}" for number in (1, 2))
        for board in (self.board, self.cellar):
            keys.update(board.relays if board else ())
        return frozenset(keys.union(self.cameras.input_keys if self.cameras else ()))

    @property
    def dialects(self) -> frozenset[str]:
        """The ways to spell messages that are spoken here, in the hub's words."""
        esp = {"esp_sensor", "esp_switch", "esp_meter", "native"}
        return frozenset(esp | {"current", "legacy"} if self.board else esp)

    @property
    def front_door(self) -> str:
        """The input that sounds the sirens."""
        return self.board.input_keys[0] if self.board else "Garage Back Door"

    @property
    def openings(self) -> tuple[str, ...]:
        """The doors and windows that people open on their way; the first is the front door."""
        return (self.front_door, *(self.cellar.input_keys if self.cellar else ()))

    @property
    def front_door_name(self) -> str:
        """What that input is called on the screen."""
        return "Hallway Front Door" if self.board else "Garage back door"

    @property
    def sirens(self) -> tuple[str, ...]:
        """The outputs that the front door sounds."""
        return (_GARDEN_SIREN, _HALLWAY_SIREN) if self.board else (_HALLWAY_SIREN,)

    @property
    def links(self) -> tuple[tuple[list[str], list[str]], ...]:
        """Which inputs are to trigger which outputs, to begin with."""
        links = [([self.front_door], list(self.sirens)), ([self.workshop.input_keys[0]], [self.workshop.relay])]
        links.append((["Garage Motion"], [self.snapshots.fetched]))
        if self.board and self.cellar and self.cameras:
            links.append(([self.front_door], ["Porch Lamp", "Porch Camera"]))
            links.append(([*self.cellar.input_keys], [*self.cellar.relays]))
        return tuple(links)

    @property
    def window(self) -> str:
        """The input that breaks in; nobody opens it on a walk."""
        return "Living Room Window"

    @property
    def zones(self) -> Mapping[str, tuple[str, ...]]:
        """Which inputs the alarm is to watch, by how; they are linked to nothing else."""
        fire = {"fire": self.board.input_keys[1:]} if self.board else {}
        return {"instant": (self.window,), "entry_exit": ("Living Room Motion",), **fire}

    def sounding(self) -> frozenset[str]:
        """Return which sirens sound at the moment."""
        relays = self.board.relays.values() if self.board else ()
        return frozenset(self.panel.running.union(relay.key for relay in relays if relay.on)) & {*self.sirens}

    def open_front_door(self) -> None:
        """Let somebody open it, and close it again."""
        device = self.board or self.garage
        device.clear(self.front_door)
        device.activate(self.front_door)
        device.clear(self.front_door)

    def break_in(self) -> None:
        """Let somebody open the window, and close it behind them."""
        self.living_room.activate(self.window)
        self.living_room.clear(self.window)

    async def start(self, on_happening: Callable[[str, str], None] | None = None) -> None:
        """Switch every device on; ``on_happening(device, text)`` hears what they do. Raises ``TimeoutError``."""
        for device in self.devices:
            if on_happening is not None:
                device.on_happening = on_happening
        await asyncio.gather(*(device.start() for device in self.devices))

    def introduce(self) -> None:
        """Let every device say now what it is, rather than with its next heartbeat."""
        for device in self.devices:
            device.heartbeat()

    async def stop(self) -> None:
        """Switch every device off."""
        await asyncio.gather(*(device.stop() for device in self.devices))

    async def live(self) -> None:
        """Let people walk through the home for ever, from the garden to the living room and out at the back."""
        while True:
            begun = time.monotonic()
            for pause, move in self._walk():
                self.meter.pulse(3)
                move()
                await asyncio.sleep(pause)
            await asyncio.sleep(max(0.0, begun + WALK_EVERY - time.monotonic()))

    def _walk(self) -> Sequence[tuple[float, Callable[[], None]]]:
        """What a walk is made of: moves, and for how many seconds nothing happens after each."""
        moves: list[tuple[float, Callable[[], None]]] = [
            (2.0, self._ring),
            (2.0, self.open_front_door),
            (3.0, self._go_in),
            (1.0, partial(self.living_room.clear, "Living Room Motion")),
            (2.0, partial(self.garage.activate, "Garage Motion")),
            (1.0, partial(self.garage.clear, "Garage Motion")),
            (2.0, partial(self.workshop.activate, self.workshop.input_keys[0])),
            (1.0, partial(self.workshop.clear, self.workshop.input_keys[0])),
        ]
        moves.insert(1, (1.0, self._pass_by))
        if self.cellar:
            moves.append((1.0, partial(_trip, self.cellar, self.cellar.input_keys[0])))
        if self.cameras:
            moves.insert(0, (2.0, self._come_up_the_path))
        return moves

    def _come_up_the_path(self) -> None:
        if self.cameras:
            self.cameras.people = 1
            self.cameras.activate("Porch Camera")

    def _pass_by(self) -> None:
        self.snapshots.activate(self.snapshots.pushing)
        self.snapshots.activate(self.snapshots.fetched)

    def _go_in(self) -> None:
        self.snapshots.clear(self.snapshots.fetched)
        if self.cameras:
            self.cameras.people = 0
        self.living_room.activate("Living Room Motion")

    def _ring(self) -> None:
        self.panel.activate("Doorbell")
        self.panel.send_image("Doorbell", draw_scene("Doorbell", time.time(), people=1))
        self.panel.clear("Doorbell")


def _trip(board: IoBoard2023, key: str) -> None:
    board.activate(key)
    board.clear(key)


def _mqtt(broker: Address, name: str) -> MqttLink:
    return MqttLink(broker.host, broker.port, f"simulated {name}")


def _brokers_of_app(mqtt: Address, rabbitmq: Address | None) -> AppBrokers:
    return AppBrokers(
        mqtt_host=mqtt.host, mqtt_port=mqtt.port, rabbitmq=f"{rabbitmq.host}:{rabbitmq.port}" if rabbitmq else None
    )


def _panel(broker: Address) -> NativeDevice:
    link = MqttLink(broker.host, broker.port, "simulated panel", will=native_will(*_PANEL))
    return NativeDevice(
        _PANEL[1],
        link,
        topic=_PANEL[0],
        inputs=(NativePart(key="Doorbell", label="Doorbell", type="Button", location="Porch"),),
        outputs=(NativePart(key=_HALLWAY_SIREN, label="Siren", type="Siren", location="Hallway"),),
        heartbeat_interval=HEARTBEAT,
    )


def _board_of_2024(broker: Address) -> IoBoard2024:
    return IoBoard2024(
        "ground-floor",
        AmqpLink(broker.host, broker.port),
        inputs=(
            BoardInput(name="Front", type="Door", location="Hallway"),
            BoardInput(name="Kitchen", type="Smoke", location="Kitchen"),
        ),
        relays=(BoardRelay(type="Siren", location="Garden"), BoardRelay(type="Lamp", location="Porch")),
        heartbeat_interval=HEARTBEAT,
    )


def _board_of_2023(broker: Address) -> IoBoard2023:
    return IoBoard2023(
        "cellar",
        AmqpLink(broker.host, broker.port),
        inputs=(BoardInput(name="North", type="Window", location="Cellar"),),
        relays=(BoardRelay(type="Bell", location="Cellar"),),
        heartbeat_interval=HEARTBEAT,
    )


def _cameras(broker: Address) -> CameraProgram:
    return CameraProgram(
        "cameras", AmqpLink(broker.host, broker.port), locations=("Porch", "Garden"), heartbeat_interval=HEARTBEAT
    )


async def _simulate(mqtt: Address, rabbitmq: Address | None) -> None:
    with tempfile.TemporaryDirectory(prefix="event_hub_devices_") as folder:
        await _live(SimulatedHome(mqtt, rabbitmq, Path(folder)))


async def _live(home: SimulatedHome) -> None:
    await home.start(lambda name, text: print(f"{time.strftime('%H:%M:%S')} {name}: {text}", flush=True))
    try:
        await home.live()
    finally:
        await home.stop()


def main() -> None:
    """Run the devices until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m devkit.simulate", description=__doc__)
    parser.add_argument("--mqtt", default="127.0.0.1", metavar="HOST[:PORT]", help="the MQTT broker")
    parser.add_argument("--rabbitmq", metavar="HOST[:PORT]", help="RabbitMQ, for the devices that speak to it")
    wanted = parser.parse_args()
    rabbitmq = Address.parse(wanted.rabbitmq, 5672) if wanted.rabbitmq else None
    with suppress(KeyboardInterrupt):
        asyncio.run(_simulate(Address.parse(wanted.mqtt, 1883), rabbitmq))


if __name__ == "__main__":
    main()
