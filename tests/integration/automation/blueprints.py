"""Blueprints as people use them: put where Home Assistant looks for them, and filled in."""

from pathlib import Path
import shutil
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from tests.source import ROOT

FOLDER = ROOT / "blueprints/automation/event_hub"
MESSAGE = {"notify_action": "notify.phone"}


async def use(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """Have an automation that a blueprint makes."""
    folder = Path(hass.config.path("blueprints/automation/event_hub"))
    await hass.async_add_executor_job(lambda: shutil.copytree(FOLDER, folder))
    blueprint = {"path": f"event_hub/{name}.yaml", "input": inputs}
    config = {"id": "one", "alias": "One", "use_blueprint": blueprint}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()
    state = hass.states.get("automation.one")
    assert state is not None
    assert state.state == "on"
