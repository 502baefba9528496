"""The pictures of automations: one in its editor, and the form of a blueprint."""

import asyncio
from pathlib import Path
import shutil
from typing import Final

from .bootstrap.shell import ROOT
from .home_assistant_api import eventually
from .pictures_studio import PATIENCE, SETTLE, Studio

_BLUEPRINTS: Final = Path("blueprints") / "automation" / "event_hub"
_STREET: Final = "binary_sensor.street_camera"
_YARD: Final = "image.yard_camera_snapshot"
_PANEL: Final = "alarm_control_panel.house"


def have_blueprints(configuration: Path) -> None:
    """Copy the blueprints to where a Home Assistant that is not started yet looks for them."""
    shutil.copytree(ROOT / _BLUEPRINTS, configuration / _BLUEPRINTS, dirs_exist_ok=True)


async def automation(studio: Studio) -> None:
    """Open an automation that begins with a trigger of the hub, at that trigger."""
    address = await studio.automate(
        "1001",
        {
            "alias": "Somebody in the street while we are away",
            "triggers": [
                {
                    "trigger": "event_hub.person_seen",
                    "target": {"entity_id": [_STREET]},
                    "options": {"count": 1, "confidence": 60},
                }
            ],
            "conditions": [
                {
                    "condition": "event_hub.partition_is_in_mode",
                    "target": {"entity_id": [_PANEL]},
                    "options": {"behavior": "any", "mode": ["away", "vacation"]},
                }
            ],
            "actions": [
                {"alias": "Porch lamp on", "action": "event_hub.trigger_output", "data": {"output": "Porch Lamp"}}
            ],
        },
    )
    await studio.show(address, "Person seen", "Alarm partition is in mode", width=1280, height=780)
    await asyncio.sleep(SETTLE)
    await studio.page.press("find('ha-automation-row')")
    await studio.page.until_text("Confidence")


async def blueprint(studio: Studio) -> None:
    """Open the form of a blueprint, filled in."""
    # Its camera has had to be asked for a picture, or there would be none to choose.
    await _known(studio, _YARD)
    devices = {device["name"]: device["id"] for device in await studio.api.call("config/device_registry/list")}
    address = await studio.automate(
        "1002",
        {
            "alias": "Picture of the yard when somebody is in the garage",
            "use_blueprint": {
                "path": "event_hub/snapshot_on_motion.yaml",
                "input": {
                    "motion": {"device_id": [devices["Garage motion"]]},
                    "picture": _YARD,
                    "ask": devices["Yard Camera"],
                    "notify_action": "notify.mobile_app_ann_s_phone",
                },
            },
        },
    )
    await studio.show(address, "Blueprint", "Message by", height=1060)


async def _known(studio: Studio, entity_id: str) -> None:
    async def known() -> bool:
        return entity_id in await studio.api.states()

    await eventually(entity_id, known, PATIENCE)
