"""The old system's database is taken over, twice, and the devices that report then do what they did there."""

import time
from typing import Any

import pytest

from tests.importing.kit import LATER, make

from .home import Home
from .messages import iso

pytestmark = pytest.mark.e2e

WINDOW, BELL = "Attic Window", "Attic Bell"
DATABASE = "old.db"


def database(home: Home) -> None:
    """Write the old system's database into the configuration folder."""
    path = home.assistant.folder / DATABASE
    rows: dict[str, list[dict[str, object]]] = {
        "input_config": [
            {
                "id": 1,
                "device_key": WINDOW,
                "device_type": "contact",
                "device_label": "Window",
                "customized": 1,
                "device_enabled": 1,
                "trigger_latch_duration": 5,
                "group_name": "Attic",
            }
        ],
        "output_config": [
            {
                "id": 1,
                "device_key": BELL,
                "device_type": "Bell",
                "device_label": "Bell",
                "device_params": "30",
                "trigger_topic": "event.trigger.ioboard",
                "device_enabled": 1,
            }
        ],
        "output_link": [{"id": 1, "input_device_id": 1, "output_device_id": 1}],
    }
    make(path, LATER, rows)


def report(*, triggered: bool) -> dict[str, Any]:
    """Return what the attic's board says."""
    window = {"device_key": WINDOW, "device_label": "Window", "type": "contact", "location": "Attic"}
    bell = {"device_key": BELL, "device_label": "Bell", "type": "Bell", "location": "Attic"}
    if triggered:
        window |= {"state": "triggered", "event_detail": "moved"}
    return {"timestamp": iso(time.time()), "inputs": [window], "outputs": [bell]}


def owned(home: Home) -> str:
    """Return the whole configuration."""
    return str(home.action("export_configuration", logins=True)["yaml"])


def test_what_is_of_the_whole_hub_is_changed_by_an_import_and_comes_back_with_the_export_before(home: Home) -> None:
    home.until_listening()
    before = owned(home)
    text = "event_hub: 1\nquiet_hours: {begin_at: '23:59', end_at: '23:58'}\noutputs_suspended: true"
    assert len(home.action("import_configuration", yaml=text, dry_run=False)["changes"]) == 2
    changed = owned(home)
    assert "begin_at: '23:59'" in changed
    assert "outputs_suspended: true" in changed
    assert len(home.action("import_configuration", yaml=before, dry_run=False)["changes"]) == 2
    assert owned(home) == before


def test_a_database_taken_over_twice_doubles_nothing_and_its_devices_work_on(home: Home) -> None:
    home.until_listening()
    database(home)
    said = home.action("import_legacy", path=DATABASE)
    assert f"“{WINDOW}” triggers “{BELL}”" in said["changes"]
    assert WINDOW not in home.inputs()

    assert home.action("import_legacy", path=DATABASE, dry_run=False)["changes"] == said["changes"]
    once = owned(home)
    assert home.action("import_legacy", path=DATABASE, dry_run=False)["changes"] == []
    assert owned(home) == once

    home.devices.amqp("event.heartbeat.ioboard.attic", report(triggered=False))
    home.devices.amqp("event.notify.ioboard.attic", report(triggered=True))
    command = home.devices.got("event.trigger.ioboard", lambda body: body["active_input"]["device_key"] == WINDOW)
    assert command["content"]["output_triggered"]["device_key"] == BELL
    assert str(command["content"]["output_triggered"]["device_params"]) == "30"
    assert home.inputs()[WINDOW]["source_id"] == "ioboard.attic"

    assert home.action("import_legacy", path=DATABASE, dry_run=False)["changes"] == []
    assert [key for key in home.inputs() if key.casefold() == WINDOW.casefold()] == [WINDOW]
