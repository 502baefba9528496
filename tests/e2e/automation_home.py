"""A home with automations that are made as people make them: of blueprints, or by hand, over Home Assistant's API."""

from pathlib import Path
import shutil
from typing import Any, Final

from devkit.home_assistant import ROOT

from .telling_home import PATIENCE, TellingHome
from .telling_outside import Board, Json

BLUEPRINTS: Final = ROOT / "blueprints/automation/event_hub"
# The script that stands for a phone, which reports what it gets outside.
MESSAGE: Final = {"notify_action": "script.phone"}
LIGHT: Final = "light.yard_light"
TRACKERS: Final = ("device_tracker.ann", "device_tracker.ben")
ALARM: Final = "event_hub/alarm/home/state"
_CONFIGURATION: Final = """\
api:
mqtt:
  - light:
      name: Yard light
      command_topic: house/light/set
      brightness_command_topic: house/light/brightness
      brightness_scale: 100
      on_command_type: brightness
      state_topic: house/light/state
      brightness_state_topic: house/light/brightness_state
  - device_tracker:
      name: Ann
      state_topic: house/ann
  - device_tracker:
      name: Ben
      state_topic: house/ben
  - sensor:
      name: Hall battery
      device_class: battery
      unit_of_measurement: "%"
      state_topic: house/battery
"""


class AutomationHome(TellingHome):
    """A home that has the blueprints, a light, two people on their ways, and a battery."""

    def __init__(self, folder: Path) -> None:
        """Put the blueprints where Home Assistant looks for them."""
        super().__init__(folder, _CONFIGURATION)
        shutil.copytree(BLUEPRINTS, self.assistant.folder / "blueprints/automation/event_hub")

    def use(self, name: str, **inputs: Any) -> None:
        """Have an automation that a blueprint makes."""
        self.make(name, use_blueprint={"path": f"event_hub/{name}.yaml", "input": inputs})

    def make(self, name: str, **config: Any) -> None:
        """Have an automation, saved as the editor saves it, and wait until it is in use."""
        self.run(self.api.post(f"/api/config/automation/config/{name}", {"alias": name, "description": "", **config}))
        self.until_state(f"automation.{name}", "on")

    def config_of(self, name: str) -> Json:
        """Return an automation as the editor reads it."""
        return dict(self.run(self.api.get(f"/api/config/automation/config/{name}")))

    def device(self, key: str) -> str:
        """Return the device id of an input or output."""
        devices = self.run(self.api.call("config/device_registry/list"))
        (found,) = (each["id"] for each in devices if ["event_hub", f"device:{key}"] in each["identifiers"])
        return str(found)

    def target(self, key: str) -> Json:
        """Return an input as a target."""
        return {"device_id": [self.device(key)]}

    def entity(self, unique_id: str) -> str:
        """Return the entity id of the hub's entity with a unique id, once it is there."""

        async def found() -> str:
            entities = await self.api.call("config/entity_registry/list")
            return next((str(each["entity_id"]) for each in entities if each["unique_id"] == unique_id), "")

        return self.until_async(unique_id, found)

    def came(self, to: str, count: int) -> list[Json]:
        """Wait until so many calls have come for somebody, and return what was said."""
        self.until(f"{count} calls to {to}", lambda: len(self.outside.calls(to)) >= count, PATIENCE)
        return [call.said for call in self.outside.calls(to)]

    def messages(self, count: int) -> list[Json]:
        """Wait until the phone got so many messages since it was read last, and return them."""
        read = getattr(self, "_read", 0)
        new = self.came("phone", read + count)[read:]
        self._read = read + len(new)
        return new

    def until_heard(self, board: Board, topic: str, body: Any) -> None:
        """Wait until something was published on a topic that a board listens to."""
        self.until(f"{body} on {topic}", lambda: body in board.heard(topic))
