"""The remote monitor's app on a simulated bus: a voltage becomes a trigger, a trigger a pin, and a command its result.

The tests follow one app through its life, so their order matters.
"""

from collections.abc import Generator
from datetime import datetime
from functools import partial
import signal
import time
from typing import Any

import pytest
import pytest_socket

from devkit.brokers import LOOPBACK
from devkit.fake_supervisor import FakeSupervisor
from remote_monitor.bus.shared import SharedBus

from .app_process import AppProcess, eventually
from .home import Home

pytestmark = pytest.mark.e2e

ADC, RELAYS = 0x68, 0x20
DOOR, SIREN, GATE, LAMP = "Shed Door", "Shed Siren", "Shed Gate", "Shed Lamp"
# Volts at the converter's input: 2.048 V are 100 %.
CLOSED, OPEN, CUT = 1.024, 1.372, 2.04
BANDS = {"normal_band": "45-55", "alarm_band": "61-73", "short_band": "0-10", "cut_band": "90-100"}


class App(AppProcess):
    """The app as a process, and the bus under it."""

    @property
    def bus(self) -> SharedBus:
        return SharedBus(self.folder / "state" / "bus")

    def measure(self, volts: float) -> None:
        self.bus.set_voltage(ADC, 1, volts)

    def pin(self, number: int) -> bool | None:
        return self.bus.pins(RELAYS)[number]


def options_of(home: Home) -> dict[str, Any]:
    return {
        "device_name": "shed",
        "location": "Shed",
        "simulate": True,
        "adc": [{"chip": "mcp3424", "address": "0x68"}],
        "inputs": [{"label": "Door", "channel": 1, "type": "door", "normal": 50, "tolerance": 5, **BANDS}],
        "relays": [
            {"label": "Siren", "address": "0x20", "pin": 0, "type": "siren", "seconds": 2},
            {"label": "Gate", "address": "0x20", "pin": 1, "type": "gate", "seconds": 0.2, "active_low": True},
            # So long that no slow machine misses it, and that nothing but its safe state ends it.
            {"label": "Lamp", "address": "0x20", "pin": 2, "type": "light", "seconds": 3600},
        ],
        "mqtt_host": LOOPBACK,
        "mqtt_port": home.mosquitto.port,
        "rabbitmq_hosts": f"{LOOPBACK}:{home.rabbitmq.port}",
    }


@pytest.fixture(scope="module")
def supervisor() -> Generator[FakeSupervisor]:
    pytest_socket.enable_socket()
    with FakeSupervisor() as supervisor:
        yield supervisor


@pytest.fixture(scope="module")
def app(running_home: Home, supervisor: FakeSupervisor, tmp_path_factory: pytest.TempPathFactory) -> Generator[App]:
    running_home.until_listening()
    app = App("remote_monitor", tmp_path_factory.mktemp("shed"), options_of(running_home), supervisor)
    app.start()
    yield app
    app.close()


def is_told(app: App, text: str, after: int) -> bool:
    """Whether the app's log says something after so many characters."""
    return text in app.log[after:]


def test_the_app_introduces_itself_and_asks_to_be_offered(home: Home, app: App, supervisor: FakeSupervisor) -> None:
    def known() -> bool:
        devices = home.action("list_devices")
        keys = {record["key"] for table in ("inputs", "outputs") for record in devices[table]}
        return keys >= {DOOR, SIREN, GATE, LAMP}

    eventually("the app's devices in the hub", known)
    (announced,) = supervisor.announcements
    assert (announced.service, announced.config) == ("event_hub", {"app": "remote_monitor", "device": "shed"})
    assert app.process is not None
    home.action("enable", inputs=[DOOR], outputs=[SIREN, GATE, LAMP])
    home.action("set_rule", inputs=[DOOR], latch=0)
    home.until_entity(f"device:{DOOR}:active", "off")
    eventually("the relays' safe states", lambda: (app.pin(0), app.pin(1)) == (False, True))


def test_a_voltage_becomes_a_trigger_and_the_trigger_a_pin_and_the_command_is_done(home: Home, app: App) -> None:
    home.action("link", inputs=[DOOR], outputs=[SIREN, GATE, LAMP])
    app.measure(OPEN)
    home.until_entity(f"device:{DOOR}:active", "on")
    eventually("the lamp's pin", lambda: app.pin(2) is True)
    home.until_entity(f"device:{LAMP}:relay", "on")
    for relay in (SIREN, GATE):
        home.until_entity(f"device:{relay}:last_command", "done")
    eventually("the siren's end", lambda: app.pin(0) is False)
    eventually("the gate's end", lambda: app.pin(1) is True)
    assert app.pin(2) is True
    app.measure(CLOSED)
    home.until_entity(f"device:{DOOR}:active", "off")


def test_a_wire_that_is_cut_is_tampering(home: Home, app: App) -> None:
    app.measure(CUT)
    home.until_entity(f"device:{DOOR}:tamper", "on")
    decisions = home.action("why", input=DOOR, limit=3)["decisions"]
    # It comes over both brokers, and counts once.
    assert ("triggered", "Cut") in [(decision["reason"], decision.get("detail")) for decision in decisions]
    app.measure(CLOSED)
    home.until_entity(f"device:{DOOR}:tamper", "off")


def test_a_converter_that_does_not_answer_is_a_fault_that_says_what_to_do(home: Home, app: App) -> None:
    app.bus.fail(ADC)
    home.until_entity(f"device:{DOOR}:fault", "on")
    assert "No chip answers at 0x68: check its wiring, power and address" in app.log
    app.bus.fail(ADC, failing=False)
    home.until_entity(f"device:{DOOR}:fault", "off")


def test_a_killed_app_leaves_its_relays_safe_and_comes_back(home: Home, app: App) -> None:
    home.action("trigger_output", output=LAMP)
    eventually("the lamp's pin", lambda: app.pin(2) is True)
    app.end(signal.SIGKILL)
    eventually("the safe pin", lambda: app.pin(2) is False)
    app.start()
    eventually("the app on MQTT again", lambda: app.log.count("mqtt: connected") == 2)
    home.action("trigger_output", output=GATE)
    home.until_entity(f"device:{GATE}:last_command", "done")


def test_changes_while_both_brokers_are_away_arrive_in_order(home: Home, app: App) -> None:
    home.until_entity(f"device:{DOOR}:active", "off")
    away = time.time()
    home.mosquitto.stop()
    home.rabbitmq.stop()
    for volts, zone in ((OPEN, "alarm"), (CLOSED, "normal"), (OPEN, "alarm")):
        before = len(app.log)
        app.measure(volts)
        eventually(f"the door's {zone}", partial(is_told, app, f"{DOOR} is {zone}", before))
    home.rabbitmq.start()
    home.mosquitto.start()
    home.until_listening()
    home.until_entity(f"device:{DOOR}:active", "on")

    def reasons() -> list[str]:
        decisions = home.action("why", input=DOOR, limit=10)["decisions"]
        recent = [one for one in decisions if datetime.fromisoformat(one["at"]).timestamp() > away]
        return [one["reason"] for one in recent if one["reason"] != "duplicate"]

    wanted = ["triggered", "cleared", "triggered"]
    eventually(f"the reasons {wanted}", lambda: reasons() == wanted)
    app.measure(CLOSED)
    home.until_entity(f"device:{DOOR}:active", "off")


def test_the_app_stops_in_order(app: App) -> None:
    assert app.end() == 0
    assert [app.pin(number) for number in range(3)] == [False, True, False]
