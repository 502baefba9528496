"""The bare bridge: what reading eight inputs ten times a second and switching a pin cost, and nothing else.

Run with a simulated bus's file, Mosquitto's port, and the commands' topic. It starts the conversions of both
chips, waits for them and reads them, four times a round, and writes the latch of the expander for every command. On
``SIGTERM`` it prints how late each round began, in milliseconds.
"""

import json
from pathlib import Path
import signal
import sys
import threading
import time
from typing import Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from remote_monitor.bus.shared import SharedBus

from .names import LOOPBACK

CHIPS: Final = (0x68, 0x69)
EXPANDER: Final = 0x20
PERIOD: Final = 0.1
# 14 bits, one shot, gain 1; and a little longer than a conversion takes.
SETTINGS: Final = 0x84
CONVERSION: Final = 1 / 60 * 1.1


def main(file: str, port: int, topic: str) -> None:
    """Read and switch until told to end."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    latch = SharedBus(Path(file))
    client = Client(CallbackAPIVersion.VERSION2, client_id="bare_bridge")
    client.on_message = lambda *_: latch.writeto(EXPANDER, b"\x12\x01\x00")
    client.on_subscribe = lambda *_: print(json.dumps({"ready": True}), flush=True)
    latch.writeto(EXPANDER, b"\x00\x00\x00")
    client.connect(LOOPBACK, port)
    client.subscribe(topic, 1)
    client.loop_start()
    late = sample(SharedBus(Path(file)), stop)
    client.loop_stop()
    print(json.dumps({"late": late}), flush=True)


def sample(bus: SharedBus, stop: threading.Event) -> list[float]:
    """Read all inputs on a fixed grid of times until ``stop`` is set."""
    late = []
    due = time.monotonic()
    while not stop.wait(max(0.0, due - time.monotonic())):
        late.append((time.monotonic() - due) * 1000)
        for channel in range(4):
            for chip in CHIPS:
                bus.writeto(chip, bytes([SETTINGS | channel << 5]))
            time.sleep(CONVERSION)
            for chip in CHIPS:
                bus.readfrom_into(chip, bytearray(3))
        due += PERIOD
    return late


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
