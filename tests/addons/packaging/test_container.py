"""The real image of each app, built and run as the Supervisor does it."""

import json
from pathlib import Path
import re
from typing import Any

import pytest

from devkit.addons.engine import descendants
from devkit.addons.machine import CERTIFICATES, PIP_SETTINGS
from devkit.lock import CONTAINER_PYTHON
from tests.source import ROOT

from .kit import Brokers, Running, app_of, inside, shipped_of
from .messages import PATIENCE, amqp_body, mqtt_bodies

pytestmark = pytest.mark.e2e

TOPICS = {"remote_monitor": "remote_monitor", "snapshot_processor": "snapshot"}
DEVICES = {"remote_monitor": ["Garage Door", "Garage Siren"], "snapshot_processor": ["Porch Camera"]}
VERSIONS = """
import json, re, sys
from importlib.metadata import distributions
names = {re.sub("[-_.]+", "-", found.name).lower(): found.version for found in distributions()}
print(json.dumps({"python": "{}.{}".format(*sys.version_info), "packages": names}))
"""


def devices_of(heartbeat: dict[str, list[dict[str, str]]]) -> list[str]:
    """Return the keys of the devices that a heartbeat names."""
    return [device["device_key"] for device in (*heartbeat["inputs"], *heartbeat["outputs"])]


def rights_of(pid: int) -> dict[str, str]:
    """Return what the system says of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return dict(line.split(":", 1) for line in status.splitlines())


@pytest.fixture(scope="module")
def heartbeats(running: Running, app: str, brokers: Brokers) -> dict[str, Any]:
    """The next heartbeat, as both brokers have it."""
    assert running.container.exit_code is None
    kind = TOPICS[app]
    with (
        mqtt_bodies(brokers.mosquitto, f"event_hub/{kind}/container/heartbeat") as bodies,
        amqp_body(brokers.rabbitmq, f"event.heartbeat.{kind}.container") as body,
    ):
        _, text = bodies.get(timeout=PATIENCE)
        return {"mqtt": json.loads(text), "rabbitmq": body()}


@pytest.mark.parametrize("broker", ["mqtt", "rabbitmq"])
def test_the_app_reports_its_devices_on_both_brokers(heartbeats: dict[str, Any], app: str, broker: str) -> None:
    assert devices_of(heartbeats[broker]) == DEVICES[app]


def test_the_app_and_all_that_it_starts_give_up_the_rights_of_root(running: Running, app: str) -> None:
    processes = list(descendants(app_of(running.container, app)))
    # Each has a helper: the one that watches the relays, the one that serves FTP.
    assert len(processes) > 1
    for facts in map(rights_of, processes):
        assert "0" not in facts["Uid"].split()
        assert "0" not in facts["Gid"].split()
        assert int(facts["CapEff"], 16) == 0


def test_the_options_stay_their_owners_alone(running: Running) -> None:
    assert (running.container.data / "options.json").stat().st_mode & 0o777 == 0o600


def test_the_app_has_nothing_to_complain_of(running: Running) -> None:
    assert " INFO " in running.container.output
    assert re.findall(r".*\b(?:ERROR|CRITICAL)\b.*", running.container.output) == []


def test_the_image_has_the_packages_of_the_lock_and_no_others(running: Running, app: str) -> None:
    found = json.loads(inside(running.container, "python", "-c", VERSIONS))
    assert found["python"] == CONTAINER_PYTHON
    packages = {name: version for name, version in found["packages"].items() if name != "pip"}
    assert packages == shipped_of(ROOT / "addons" / app)


def test_nothing_of_the_machine_that_built_it_is_in_the_image(running: Running) -> None:
    places = f"{PIP_SETTINGS} {CERTIFICATES}"
    assert inside(running.container, "sh", "-c", f"find {places} -type f -size +0 2>/dev/null || true") == ""


def test_the_image_has_no_tools_to_build_packages(running: Running) -> None:
    assert inside(running.container, "sh", "-c", "command -v gcc cc make git curl || true") == ""


def test_the_image_knows_the_time_zone_of_the_house(running: Running) -> None:
    # The Supervisor names it in this variable.
    code = "import time; print(time.strftime('%H:%M', time.localtime(0)))"
    assert inside(running.container, "env", "TZ=Asia/Tokyo", "python", "-c", code) == "09:00\n"
