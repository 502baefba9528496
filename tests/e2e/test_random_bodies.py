"""Nothing that anybody sends stops the hub, fills its memory, or goes uncounted.

CI sends a sample; ``EVENT_HUB_BODIES=100000 scripts/test tests/e2e/test_random_bodies.py`` is the whole run.
"""

import os
from pathlib import Path

import pytest

from .home import Home
from .messages import BACK_DOOR, esp_sensor

pytestmark = pytest.mark.e2e

BODIES = int(os.environ.get("EVENT_HUB_BODIES", "4000"))
WARM_UP = 2000
MEGABYTE = 1024
ALLOWED_GROWTH = 40 * MEGABYTE


def resident_kilobytes(pid: int) -> int:
    """Return a process's resident memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def received(home: Home) -> dict[str, int]:
    """Return how many messages the hub says came over each broker."""
    return dict(home.diagnostics()["counters"]["received"])


def flood(home: Home, count: int, seed: int) -> None:
    """Send random bodies to both doors and wait until the hub has counted every one of them."""
    before = received(home)
    home.devices.order(do="flood", count=count, seed=seed, timeout=600)

    async def all_counted() -> bool:
        counters = (await home.async_diagnostics())["counters"]["received"]
        return all(counters.get(way, 0) - before.get(way, 0) >= count // 2 for way in ("amqp", "mqtt"))

    home.until("every body counted", all_counted, 300)


def test_random_bodies_at_both_doors_are_counted_and_harm_nothing(home: Home) -> None:
    home.until_listening()
    flood(home, WARM_UP, seed=1)
    pid = home.assistant.pid
    assert pid is not None
    memory, before = resident_kilobytes(pid), received(home)
    flood(home, BODIES, seed=2)
    after = received(home)
    assert {way: after[way] - before[way] for way in ("amqp", "mqtt")} == {"amqp": BODIES // 2, "mqtt": BODIES // 2}
    assert home.assistant.pid == pid
    assert resident_kilobytes(pid) - memory < ALLOWED_GROWTH
    assert sum(home.diagnostics()["refusals"].values()) > BODIES // 3
    assert home.diagnostics()["counters"]["errors"] == 0
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=True))
    home.until_state(BACK_DOOR, "on")
    home.devices.mqtt("sensor/Garage/esp32_0A1B2C", esp_sensor(active=False))
