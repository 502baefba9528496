"""The app as a process, at a real broker: what it needs, what it says without it, and what it does on time."""

from collections.abc import Callable, Generator
import contextlib
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time
from typing import Any
import uuid

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
import pytest
import pytest_socket

from devkit.brokers import LOOPBACK, Mosquitto
from devkit.devices.app import app_environment
from devkit.fake_supervisor import FakeSupervisor
from remote_monitor.bus.chips import ChipKind
from remote_monitor.bus.expander import RegisterWrite
from remote_monitor.bus.shared import SharedBus

from .kit import PATIENCE

TOPIC = "event_hub/remote_monitor/test"
SIREN, GATE = "Garage Siren", "Garage Gate"
OPTIONS: dict[str, Any] = {
    "device_name": "test",
    "simulate": True,
    "adc": [{"chip": "mcp3424", "address": "0x68"}],
    "inputs": [{"label": "Door", "channel": 1, "type": "door", "normal": 50, "tolerance": 5}],
    "relays": [
        {"label": "Siren", "address": "0x20", "pin": 0, "type": "siren", "seconds": 2},
        {"label": "Gate", "address": "0x20", "pin": 1, "type": "gate", "seconds": 0.2},
    ],
}


class Hub:
    """What the app sees of the hub: it hears everything, and commands."""

    def __init__(self, broker: Mosquitto) -> None:
        self._arrived = threading.Condition()
        self._messages: list[tuple[str, dict[str, Any]]] = []
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=uuid.uuid4().hex)
        self.client.username_pw_set(broker.username, broker.password)
        self.client.on_message = self._heard
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.connect(broker.host, broker.port)
        self.client.subscribe(f"{TOPIC}/#", qos=1)
        self.client.loop_start()
        assert subscribed.wait(PATIENCE)

    def heard(self, purpose: str, check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a message, of those heard so far too."""
        deadline = time.monotonic() + PATIENCE
        with self._arrived:
            while True:
                for said, content in self._messages:
                    if said == purpose and check(content):
                        return content
                left = deadline - time.monotonic()
                if left <= 0 or not self._arrived.wait(left):
                    raise AssertionError(f"no such {purpose}: {self._messages}")

    def command(self, key: str, params: str | None = None, *, state_on: bool = False, **changes: object) -> str:
        """Command an output and return the command's id."""
        command_id, now = str(uuid.uuid4()), time.time()
        output: dict[str, object] = {
            "device_key": key,
            "device_label": key,
            "device_type": "x",
            "device_params": params,
        }
        if state_on:
            output["state"] = "on"
        body = {"schema": 1, "command_id": command_id, "timestamp": now, "expires_at": now + 30} | changes
        self.client.publish(f"{TOPIC}/command", json.dumps(body | {"output_triggered": output}), qos=1)
        return command_id

    def result(self, command_id: str, status: str) -> dict[str, Any]:
        """Wait for what became of a command."""
        return self.heard("result", lambda said: said["command_id"] == command_id and said["status"] == status)

    def _heard(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        purpose = message.topic.rpartition("/")[2]
        if purpose in ("event", "heartbeat", "result"):
            with self._arrived:
                self._messages.append((purpose, json.loads(message.payload)))
                self._arrived.notify_all()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class App:
    """The app's process."""

    def __init__(self, folder: Path, options: dict[str, Any], supervisor: FakeSupervisor | None = None) -> None:
        self.folder = folder
        (folder / "options.json").write_text(json.dumps(options), encoding="utf-8")
        environment = app_environment("remote_monitor")
        if supervisor is not None:
            environment |= {"SUPERVISOR_URL": supervisor.url, "SUPERVISOR_TOKEN": supervisor.token}
        with (folder / "console.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "remote_monitor",
                    "--options",
                    str(folder / "options.json"),
                    "--health-port",
                    "0",
                ],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return (self.folder / "console.log").read_text(encoding="utf-8")

    @property
    def bus(self) -> SharedBus:
        return SharedBus(self.folder / "state" / "bus")

    @property
    def watchdog(self) -> int:
        """The process id of the watchdog that runs."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = [int(pid) for task in children.parents[1].iterdir() for pid in (task / "children").read_text().split()]
        running = [pid for pid in found if "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()]
        assert len(running) == 1
        return running[0]

    def switched(self) -> list[RegisterWrite]:
        """Return what was written into the relays' latches, by either of the chip's ways."""
        return [write for write in self.bus.writes(0x20) if write.register in (0x12, 0x14)]

    def says(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while text not in self.log:
            assert time.monotonic() < deadline, f"the app does not say {text!r}:\n{self.log}"

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mosquitto]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    with Mosquitto(tmp_path_factory.mktemp("mosquitto"), password="of the supervisor") as broker:
        yield broker


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Reach loopback, where the broker is."""


@pytest.fixture
def hub(mosquitto: Mosquitto) -> Generator[Hub]:
    hub = Hub(mosquitto)
    yield hub
    hub.close()


@contextlib.contextmanager
def running(folder: Path, options: dict[str, Any], supervisor: FakeSupervisor | None = None) -> Generator[App]:
    app = App(folder, options, supervisor)
    try:
        yield app
    finally:
        assert app.end() == 0, app.log


def at(broker: Mosquitto) -> dict[str, Any]:
    """Return the options that name a broker."""
    login = {"mqtt_username": broker.username, "mqtt_password": broker.password}
    return {**OPTIONS, "mqtt_host": LOOPBACK, "mqtt_port": broker.port, **login}


def test_without_a_broker_it_says_what_to_do_and_stops_when_told(tmp_path: Path) -> None:
    with running(tmp_path, OPTIONS) as app:
        app.says("There is no broker: set the option mqtt_host or rabbitmq_hosts")


def test_the_supervisor_names_the_broker_and_is_told_of_the_app(tmp_path: Path, mosquitto: Mosquitto, hub: Hub) -> None:
    login = {"username": mosquitto.username, "password": mosquitto.password}
    with (
        FakeSupervisor(mqtt={"host": LOOPBACK, "port": mosquitto.port, "ssl": False, **login}) as supervisor,
        running(tmp_path, OPTIONS, supervisor) as app,
    ):
        heartbeat = hub.heard("heartbeat", lambda said: "state" in said["inputs"][0])
        assert heartbeat["inputs"][0]["state"] == "OK"
        assert heartbeat["inputs"][0]["sample_value"] == pytest.approx(50, abs=1)
        assert [one.config for one in supervisor.announcements] == [{"app": "remote_monitor", "device": "test"}]
        assert str(mosquitto.password) not in app.log


def test_a_missing_bus_is_a_fault_of_every_input_and_an_answer_to_every_command(
    tmp_path: Path, mosquitto: Mosquitto, hub: Hub
) -> None:
    with running(tmp_path, {**at(mosquitto), "simulate": False, "i2c_bus": 9}):
        advice = "There is no /dev/i2c-9: enable I2C on the host, or correct the option i2c_bus"
        event = hub.heard("event", lambda said: said["inputs"][0]["fault"] == advice)
        assert "state" not in event["inputs"][0]
        assert advice in hub.result(hub.command(SIREN), "failed")["detail"]


def test_a_long_pulse_holds_up_no_other_relay(tmp_path: Path, mosquitto: Mosquitto, hub: Hub) -> None:
    with running(tmp_path, at(mosquitto)) as app:
        hub.heard("heartbeat", lambda said: bool(said["outputs"]))
        app.says("mqtt: connected")
        hub.command(SIREN, "600")
        hub.result(hub.command(GATE), "done")
        # The gate's pulse begins and ends while the siren sounds.
        assert [write.value & 3 for write in app.switched()[-3:]] == [1, 3, 1]


def test_a_command_that_is_late_wrong_or_told_twice_is_answered_and_not_carried_out(
    tmp_path: Path, mosquitto: Mosquitto, hub: Hub
) -> None:
    with running(tmp_path, at(mosquitto)) as app:
        app.says("mqtt: connected")
        hub.result(hub.command(GATE, expires_at=time.time() - 1), "expired")
        assert "device_params" in hub.result(hub.command(GATE, "soon"), "failed")["detail"]
        once = hub.command(GATE)
        hub.result(once, "done")
        before = len(app.switched())
        hub.command(GATE, command_id=once)
        hub.result(hub.command(SIREN, "0.05"), "done")
        assert [write.value & 3 for write in app.switched()[before:]] == [1, 0]


def test_a_command_that_no_number_can_hold_is_refused_and_the_next_one_is_carried_out(
    tmp_path: Path, mosquitto: Mosquitto, hub: Hub
) -> None:
    with running(tmp_path, at(mosquitto)) as app:
        app.says("mqtt: connected")
        hub.command(GATE, timestamp=10**400)
        deep: dict[str, object] = {}
        for _ in range(900):
            deep = {"x": deep}
        hub.command(GATE, active_input=deep)
        hub.result(hub.command(GATE), "done")
        assert "is not understood" in app.log


def test_a_watchdog_that_was_killed_is_started_again_and_the_relays_go_on(
    tmp_path: Path, mosquitto: Mosquitto, hub: Hub
) -> None:
    with running(tmp_path, at(mosquitto)) as app:
        app.says("mqtt: connected")
        hub.result(hub.command(SIREN, state_on=True), "done")
        os.kill(app.watchdog, signal.SIGKILL)
        app.says("the watchdog is started again")
        assert app.bus.pins(0x20)[0] is False
        hub.result(hub.command(GATE), "done")
        assert app.watchdog


def test_a_pin_that_cannot_be_written_at_the_stop_is_written_as_soon_as_the_chip_answers(
    tmp_path: Path, mosquitto: Mosquitto, hub: Hub
) -> None:
    app = App(tmp_path, at(mosquitto))
    app.says("mqtt: connected")
    hub.result(hub.command(SIREN), "accepted")
    app.bus.fail(0x20)
    app.process.send_signal(signal.SIGTERM)
    assert app.process.wait(PATIENCE) != 0
    assert app.bus.pins(0x20)[0] is True
    app.bus.fail(0x20, failing=False)
    deadline = time.monotonic() + PATIENCE
    while app.bus.pins(0x20)[0]:
        assert time.monotonic() < deadline, "the watchdog did not make the relay safe"


def test_a_relay_that_was_on_before_the_start_is_safe_even_without_a_broker(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    bus = SharedBus.create(tmp_path / "state" / "bus", {0x68: ChipKind.MCP3424, 0x20: ChipKind.MCP23017})
    bus.writeto(0x20, bytes([0x14, 0x01, 0x00]))
    bus.writeto(0x20, bytes([0x00, 0xFC, 0xFF]))
    assert bus.pins(0x20)[0] is True
    with running(tmp_path, OPTIONS) as app:
        app.says("There is no broker")
        assert app.bus.pins(0x20)[0] is False
