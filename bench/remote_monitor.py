"""The remote monitor's app against a bare bridge: punctual rounds, processor, and from a command to its pin.

Both run on a simulated bus of their own, with eight inputs ten times a second, at the same Mosquitto.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import re
import signal
import sys
import time
from typing import Any, Final
import uuid

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from devkit.brokers import Mosquitto
from devkit.devices.app import app_environment
from remote_monitor.bus.chips import ChipKind
from remote_monitor.bus.shared import SharedBus

from .measure import percentile, processor_time
from .names import LOOPBACK
from .report import Figure

PACKAGE: Final = "remote_monitor"
EXPANDER: Final = 0x20
CHIPS: Final = {0x68: ChipKind.MCP3424, 0x69: ChipKind.MCP3424, EXPANDER: ChipKind.MCP23017}
RELAY: Final = "Bench Relay"
TOPIC: Final = "event_hub/remote_monitor/bench/command"
BARE_TOPIC: Final = "bench/bridge/command"
GPIO: Final = (0x12, 0x14)
SETTLE: Final = 3.0
EVERY: Final = 0.15
PULSE: Final = 0.05
PULSE_OFF: Final = 20.0
LATE: Final = re.compile(r"99% of \d+ rounds began within ([\d.]+) ms")


@dataclass(slots=True)
class Bridge:
    """One of the two: its process, its bus, and where it is commanded."""

    process: asyncio.subprocess.Process
    bus: SharedBus
    topic: str


async def remote_monitor(folder: Path, *, quick: bool) -> list[Figure]:
    """Measure the app and the bare bridge at the same time, so that both have the same share of what else happens."""
    seconds, commands = (5.0, 20) if quick else (60.0, 300)
    with Mosquitto(folder / "mosquitto") as broker:
        async with _app(folder / "app", broker.port) as app, _bare(folder / "bare", broker.port) as bare:
            await asyncio.sleep(SETTLE)
            shares = await _shares((app, bare), seconds)
            took, pulses, sleeps = await _command((app, bare), broker.port, commands)
            late = [await _end_app(app, folder / "app"), await _end_bare(bare)]
    return [
        Figure(name="remote monitor, processor at 8 channels, 10 Hz", value=shares[0], floor=shares[1], unit="%"),
        Figure(name="remote monitor, rounds begin late, p99", value=late[0], floor=late[1], unit="ms"),
        *(
            Figure(
                name=f"remote monitor, command to pin, {name}",
                value=percentile(took[0], percent),
                floor=percentile(took[1], percent),
                unit="ms",
            )
            for name, percent in (("median", 50), ("p95", 95), ("p99", 99))
        ),
        Figure(
            name="remote monitor, a pulse's length is off by, p99 (floor: a timer of this process)",
            value=percentile(pulses, 99),
            floor=percentile(sleeps, 99),
            unit="ms",
            target=f"≤ {PULSE_OFF:g} ms",
            met=percentile(pulses, 99) <= PULSE_OFF,
        ),
    ]


async def _shares(bridges: tuple[Bridge, Bridge], seconds: float) -> list[float]:
    before = [processor_time(bridge.process.pid) for bridge in bridges]
    await asyncio.sleep(seconds)
    after = [processor_time(bridge.process.pid) for bridge in bridges]
    return [100 * (used - then) / seconds for then, used in zip(before, after, strict=True)]


async def _command(
    bridges: tuple[Bridge, Bridge], port: int, count: int
) -> tuple[list[list[float]], list[float], list[float]]:
    """Command both in turns.

    Returns, in milliseconds: how long each took until its pin was written, by how much the app's pulses were
    too short or too long, and by how much a timer of this process was.
    """
    client = Client(CallbackAPIVersion.VERSION2, client_id="bench_hub")
    client.connect(LOOPBACK, port)
    client.loop_start()
    took: list[list[float]] = [[], []]
    pulses: list[float] = []
    sleeps: list[float] = []
    for _ in range(count):
        for bridge, times in zip(bridges, took, strict=True):
            began = time.monotonic()
            client.publish(bridge.topic, _body(), qos=1)
            await asyncio.sleep(EVERY)
            sleeps.append(1000 * (time.monotonic() - began - EVERY))
            times += [1000 * (write.time - began) for write in bridge.bus.writes(EXPANDER)[-8:] if _is_on(write, began)]
        pulses.append(_pulse_off(bridges[0]))
    client.disconnect()
    client.loop_stop()
    assert all(len(times) >= count for times in took), "a command without a pin"
    return took, pulses, sleeps


def _pulse_off(bridge: Bridge) -> float:
    """Return by how many milliseconds the last pulse was too short or too long."""
    on, off = [write for write in bridge.bus.writes(EXPANDER) if write.register in GPIO][-2:]
    assert on.value & 1 > off.value & 1
    return abs(1000 * (off.time - on.time - PULSE))


def _is_on(write: Any, since: float) -> bool:
    return bool(write.register in GPIO and write.value & 1 and write.time > since)


def _body() -> str:
    now = time.time()
    output = {"device_key": RELAY, "device_params": f"{PULSE:g}"}
    command = {"schema": 1, "command_id": str(uuid.uuid4()), "timestamp": now, "expires_at": now + 10}
    return json.dumps(command | {"output_triggered": output})


@asynccontextmanager
async def _app(folder: Path, port: int) -> AsyncIterator[Bridge]:
    folder.mkdir()
    options = {
        "device_name": "bench",
        "location": "Bench",
        "simulate": True,
        "mqtt_host": LOOPBACK,
        "mqtt_port": port,
        "inputs": [{"label": f"Input {n}", "channel": n, "type": "door", "normal": 50} for n in range(1, 9)],
        "relays": [{"label": "Relay", "address": "0x20", "pin": 0, "type": "siren"}],
    }
    (folder / "options.json").write_text(json.dumps(options), encoding="utf-8")
    words = ("-m", "remote_monitor", "--options", str(folder / "options.json"), "--health-port", "0")
    with (folder / "console.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            env=app_environment(PACKAGE),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        while "mqtt: connected" not in (folder / "console.log").read_text(encoding="utf-8"):
            await asyncio.sleep(0.1)
        yield Bridge(process, SharedBus(folder / "state" / "bus"), TOPIC)
    finally:
        await _killed(process)


@asynccontextmanager
async def _bare(folder: Path, port: int) -> AsyncIterator[Bridge]:
    folder.mkdir()
    SharedBus.create(folder / "bus", CHIPS).close()
    words = ("-m", "bench.bare_bridge", str(folder / "bus"), str(port), BARE_TOPIC)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        env=app_environment(PACKAGE),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert json.loads(await process.stdout.readline()) == {"ready": True}
        yield Bridge(process, SharedBus(folder / "bus"), BARE_TOPIC)
    finally:
        await _killed(process)


async def _end_app(bridge: Bridge, folder: Path) -> float:
    bridge.process.send_signal(signal.SIGTERM)
    await bridge.process.wait()
    found = LATE.search((folder / "console.log").read_text(encoding="utf-8"))
    assert found is not None, "the app does not say how punctual it was"
    return float(found[1])


async def _end_bare(bridge: Bridge) -> float:
    bridge.process.send_signal(signal.SIGTERM)
    said, _ = await bridge.process.communicate()
    return percentile(json.loads(said)["late"], 99)


async def _killed(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()
