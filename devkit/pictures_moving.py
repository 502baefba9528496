"""The picture of moving: what would be taken over from the old system's database."""

import asyncio
from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Final

from .pictures_studio import DOMAIN, SETTLE, Studio

_DATABASE: Final = "event_processor.db"
_SCRIPT: Final = """
CREATE TABLE input_config (id INTEGER PRIMARY KEY, device_key, device_type, device_label, customized, auto_schedule,
    auto_schedule_enable, auto_schedule_disable, device_enabled, trigger_latch_duration, multi_trigger_rate,
    multi_trigger_interval, activation_escalation, group_name, info_notify);
CREATE TABLE output_config (id INTEGER PRIMARY KEY, device_key, device_type, device_label, device_params,
    trigger_topic, trigger_interval, device_enabled, auto_schedule, auto_schedule_enable, auto_schedule_disable);
CREATE TABLE output_link (id INTEGER PRIMARY KEY, input_device_id, output_device_id);
CREATE TABLE general_config (id INTEGER PRIMARY KEY, config_key, config_value);
INSERT INTO general_config VALUES (1, 'auto-scheduler', '1');
INSERT INTO input_config (id, device_key, device_type, device_label, customized, device_enabled,
    trigger_latch_duration, activation_escalation, auto_schedule, auto_schedule_enable, auto_schedule_disable) VALUES
    (1, 'Attic Window', 'contact', 'Window', 1, 1, 300, NULL, 0, NULL, NULL),
    (2, 'Shed Door', 'contact', 'Door', 1, 1, NULL, 600, 0, NULL, NULL),
    (3, 'Shed Motion', 'motion', 'Motion', 1, 1, NULL, NULL, 1, '22:00', '06:30');
INSERT INTO output_config (id, device_key, device_type, device_label, device_params, trigger_interval, device_enabled)
    VALUES (1, 'Attic Bell', 'Bell', 'Bell', '30', NULL, 1), (2, 'SMS', 'SMS', 'SMS', NULL, NULL, 1);
INSERT INTO output_link (input_device_id, output_device_id) VALUES (1, 1), (2, 1), (3, 1), (2, 2);
"""


async def take_over(studio: Studio) -> None:
    """Have the plan shown of what such a database would change."""
    await asyncio.to_thread(_write, studio.system.assistant.folder / _DATABASE)
    await studio.show(f"/config/integrations/integration/{DOMAIN}", "Event Hub", height=960)
    page = studio.page
    await page.click("button[aria-label=Configure]")
    await page.click_text("Take over from the old system")
    await page.until_text("Submit")
    await asyncio.sleep(SETTLE)
    await page.fill("Or its path", _DATABASE)
    await page.click_text("Submit")
    await page.until_text("Not taken over:")


def _write(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_SCRIPT)
