"""The devices of the home whose alarm is killed: three that are armed, a siren, and a crowd always on the move."""

import json
import random
import threading
import time
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from devkit.brokers import LOOPBACK

DOOR: Final = "Hall Door"
PORCH: Final = "Hall Porch"
WINDOW: Final = "Hall Window"
ARMED: Final = (DOOR, PORCH, WINDOW)
CROWD: Final = tuple(f"Yard Gate {number}" for number in range(20))
SIREN: Final = "esp32_siren Switch 1"
SIREN_BOARD: Final = "esp32_siren"
# So many reports a second come from devices that are not what is armed, half of them zones of another partition.
LOAD: Final = 100


class Devices:
    """What is armed and the siren say twice a second how they stand; the crowd is what keeps the hub busy."""

    def __init__(self, port: int) -> None:
        """Connect to the broker."""
        self.open: set[str] = set()
        # What the siren was told last, "on" or "off".
        self.siren: str | None = None
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._commanded
        self._client.connect(LOOPBACK, port)
        self._client.subscribe(f"switch/control/{SIREN_BOARD}", qos=1)
        self._client.loop_start()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Report no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def move(self, key: str, *, open_: bool) -> None:
        """Open or close one of those that are armed."""
        (self.open.add if open_ else self.open.discard)(key)
        self._report(key, active=open_)

    def introduce(self) -> None:
        """Let each device say how it stands."""
        self._tell_armed()
        for key in CROWD:
            self._report(key, active=False)

    def _run(self) -> None:
        chance = random.Random(1)  # noqa: S311 - repeatable, no secret
        count = 0
        while not self._ended.wait(1 / LOAD):
            count += 1
            if count % (LOAD // 2) == 0:
                self._tell_armed()
            self._report(chance.choice(CROWD), active=chance.random() < 0.5)

    def _tell_armed(self) -> None:
        for key in ARMED:
            self._report(key, active=key in self.open)
        self._tell_siren()

    def _tell_siren(self) -> None:
        self._say("switch/state", SIREN_BOARD, {"switches": [int(self.siren == "on"), 0]})

    def _commanded(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.siren = "on" if json.loads(message.payload)["state"][0] else "off"
        self._tell_siren()

    def _report(self, key: str, *, active: bool) -> None:
        location, _, label = key.partition(" ")
        said = {"input_label": label, "active": active, "sample_value": int(active), "normal_value": 0}
        board = f"esp32_{label.replace(' ', '').lower()}"
        self._say(f"sensor/{location}", board, {"input_location": location, "input_1": said})

    def _say(self, topic: str, board: str, body: dict[str, Any]) -> None:
        body = {"uptime": time.monotonic(), "timestamp": time.time(), "device_id": board, **body}
        self._client.publish(f"{topic}/{board}", json.dumps(body), qos=1)
