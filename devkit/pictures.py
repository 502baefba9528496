"""The pictures of README.md and docs/: ``python -m devkit.pictures`` takes them of the system as it runs."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
import sys
import tempfile
from typing import Final
from urllib.parse import quote

from PIL import Image

from .bootstrap.shell import ROOT, say
from .brokers import BrokerError
from .browser import BrowserError, Page, open_page, sign_in
from .develop import System, running_system
from .develop_brokers import Choice
from .develop_home import ALARM, CheckError
from .home_assistant import HomeAssistantError
from .home_assistant_api import ApiError, HomeAssistantApi, eventually
from .pictures_dashboard import DASHBOARD

FOLDER: Final = ROOT / "docs" / "images"
_LARGEST: Final = 190_000
_SCALE: Final = 1.5
_PATIENCE: Final = 90.0
# Transitions end, and pictures in the page arrive.
_SETTLE: Final = 1.5
_DOOR_EVENT: Final = "event.hallway_front_door_trigger"
_SECOND_SWITCH: Final = "[...all()].filter((one) => one.matches('ha-switch') && shown(one))[1]"
_DOMAIN: Final = "event_hub"
_PANEL: Final = f"alarm_control_panel.{ALARM.lower()}"
_CAMERA: Final = "Street Camera"
_SEEN: Final = "binary_sensor.street_camera_person_seen"
_MEDIA: Final = "media-source://event_hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """What is photographed, and with what."""

    system: System
    page: Page

    @property
    def api(self) -> HomeAssistantApi:
        """Home Assistant's websocket."""
        return self.system.assistant.api

    async def show(self, path: str, *texts: str, width: int = 1180, height: int = 760) -> None:
        """Open a page of Home Assistant and wait until it says all ``texts``. Raises ``TimeoutError``."""
        await self.page.size(width, height, scale=_SCALE)
        await self.page.go(self.system.assistant.url + path)
        for text in texts:
            await self.page.until_text(text)

    async def triggered(self, entity_id: str) -> None:
        """Wait until an event entity tells of a trigger that it has not told yet. Raises ``TimeoutError``."""
        before = (await self.api.states())[entity_id]["state"]

        async def fresh() -> bool:
            state = (await self.api.states())[entity_id]
            return bool(state["state"] != before and state["attributes"]["event_type"] == "triggered")

        await eventually(f"a trigger of {entity_id}", fresh, _PATIENCE)

    async def device_page(self, name: str) -> str:
        """Return the address of a device's page."""
        devices = await self.api.call("config/device_registry/list")
        number: str = next(device["id"] for device in devices if device["name"] == name)
        return f"/config/devices/device/{number}"


async def _dashboard(studio: Studio) -> None:
    await studio.api.call("lovelace/dashboards/create", url_path="our-home", title="Our home", mode="storage")
    await studio.api.call("lovelace/config/save", url_path="our-home", config=DASHBOARD)
    await studio.show("/our-home/home", "Front door", "Siren", height=760)
    await studio.triggered(_DOOR_EVENT)


async def _input(studio: Studio) -> None:
    await studio.show(await studio.device_page(studio.system.home.front_door_name), "Sensors", height=900)
    await studio.triggered(_DOOR_EVENT)


async def _relay(studio: Studio) -> None:
    await studio.show(await studio.device_page(studio.system.home.workshop.relay), "Controls", height=760)


async def _camera(studio: Studio) -> None:
    cameras = studio.system.home.snapshots
    await studio.show(await studio.device_page(_CAMERA), "Person seen", height=1080)
    await cameras.push(1)
    await _person_seen(studio)


async def _media(studio: Studio) -> None:
    cameras = studio.system.home.snapshots
    for people in (0, 2, 0, 1):
        await cameras.push(people)
        # Longer than the pause after something was found.
        await asyncio.sleep(6)
    await studio.show(f"/media-browser/browser/{await _way_to_newest_day(studio.api)}", "Nothing playing", height=640)


async def _pictures(studio: Studio) -> None:
    await studio.show(f"/config/integrations/integration/{_DOMAIN}", "Event Hub", height=760)
    page = studio.page
    await page.click("button[aria-label=Configure]")
    await page.click_text("Pictures of the snapshot processor")
    await page.until_text("Submit")
    await page.fill("Address", "192.168.1.20:8098")


async def _alarm(studio: Studio) -> None:
    """Break in while it is armed; afterwards it is disarmed, as it was."""
    about = {"partition": ALARM}
    await studio.api.call_action(_DOMAIN, "alarm_arm", {**about, "mode": "away", "skip_delay": True})
    await studio.show(await studio.device_page(ALARM), "Controls", height=900)
    studio.system.home.break_in()

    async def triggered() -> bool:
        return bool((await studio.api.states())[_PANEL]["state"] == "triggered")

    await eventually("the alarm", triggered, _PATIENCE)
    await asyncio.sleep(_SETTLE)


async def _channel(studio: Studio) -> None:
    await studio.show(f"/config/integrations/integration/{_DOMAIN}", "Add notification channel", height=900)
    page = studio.page
    await page.click_text("Add notification channel")
    await asyncio.sleep(_SETTLE)
    await page.click_text("An action, such as a script that sends an SMS")
    await page.until_text("Submit")


async def _way_to_newest_day(api: HomeAssistantApi) -> str:
    """Return the media browser's path to the street's newest day."""
    root = await api.call("media_source/browse_media", media_content_id="media-source://")
    way = [next(child for child in root["children"] if child["media_content_id"] == _MEDIA)]
    for title in (_CAMERA, ""):
        level = await api.call("media_source/browse_media", media_content_id=way[-1]["media_content_id"])
        way.append(next(child for child in level["children"] if child["title"].startswith(title)))
    return "/".join(quote(f"{step['media_content_type']},{step['media_content_id']}", safe="") for step in way)


async def _person_seen(studio: Studio) -> None:
    async def seen() -> bool:
        states = await studio.api.states()
        return _SEEN in states and states[_SEEN]["state"] == "on"

    await eventually("a person in the street", seen, _PATIENCE)


async def _why(studio: Studio) -> None:
    await studio.show("/config/tools/action", "Perform action", height=1240)
    page, door = studio.page, studio.system.home.front_door_name
    for picker, wanted in (("ha-service-picker", "event_hub.why"), ("ha-device-picker", door)):
        await page.click(picker)
        await page.fill_in('input[placeholder="Search"]', wanted)
        await page.click_text("Why did it trigger, or not" if wanted == "event_hub.why" else door)
        await page.until("!find('input[placeholder=\"Search\"]')")
        await asyncio.sleep(_SETTLE)
    await studio.triggered(_DOOR_EVENT)
    # By then the siren has said that it is done.
    await asyncio.sleep(2 * _SETTLE)
    await page.click_text("Perform action")
    await page.until_text("Response")


async def _repairs(studio: Studio) -> None:
    home = studio.system.home
    if home.cellar is None:
        raise CheckError("There is no board to switch off without RabbitMQ")
    await home.cellar.stop()

    async def issues() -> bool:
        listed = (await studio.api.call("repairs/list_issues"))["issues"]
        return any(issue["domain"] == _DOMAIN for issue in listed)

    await eventually("the repair issue", issues, _PATIENCE)
    await studio.show("/config/repairs", "ioboard.cellar is silent", height=560)
    await studio.page.click_text("ioboard.cellar is silent")
    await studio.page.until_text("Ignore")


async def _setup(studio: Studio) -> None:
    (entry,) = await studio.api.config_entries(_DOMAIN)
    await studio.api.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")
    await studio.show("/config/integrations/dashboard/add?domain=event_hub", "OK", height=860)
    page = studio.page
    await page.click_text("OK")
    await page.until_text("How do your devices report?")
    # The dialog is still on its way to its place.
    await asyncio.sleep(_SETTLE)
    await page.press(_SECOND_SWITCH)
    await page.until(f"{_SECOND_SWITCH}?.checked")
    await page.click_text("Submit")
    await page.fill("Servers", "rabbitmq.home")
    await page.fill("User name", "event_hub")
    await page.fill("Password", "correct horse battery")


# In this order: the last ones take apart what those before them show.
_PICTURES: Final[dict[str, Callable[[Studio], Awaitable[None]]]] = {
    "devices": _dashboard,
    "input": _input,
    "relay": _relay,
    "camera": _camera,
    "media": _media,
    "pictures": _pictures,
    "channel": _channel,
    "alarm": _alarm,
    "why": _why,
    "repairs": _repairs,
    "setup": _setup,
}


async def take_pictures(names: list[str]) -> None:
    """Run the whole system in a folder that is thrown away and photograph it."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="event_hub_", ignore_cleanup_errors=True) as folder:
        async with running_system(Choice(mosquitto=True, rabbitmq=True), Path(folder)) as system, open_page() as page:
            living = asyncio.create_task(system.home.live())
            person = system.assistant.person
            await sign_in(page, system.assistant.url, person.username, person.password)
            studio = Studio(system=system, page=page)
            try:
                for name in names:
                    await _PICTURES[name](studio)
                    await asyncio.sleep(_SETTLE)
                    _save(await page.picture(), FOLDER / f"{name}.png")
            finally:
                living.cancel()


def _save(content: bytes, path: Path) -> None:
    """Write a PNG, with fewer colours where all of them would make it too large for a page."""
    image = Image.open(BytesIO(content)).convert("RGB")
    image.save(path, optimize=True)
    if path.stat().st_size > _LARGEST:
        image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE).save(
            path, optimize=True
        )
    say(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def main() -> int:
    """Take the pictures and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devkit.pictures", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*_PICTURES, []], help="which ones; all without")
    names = parser.parse_args().names or list(_PICTURES)
    try:
        asyncio.run(take_pictures([name for name in _PICTURES if name in names]))
    except (BrokerError, BrowserError, HomeAssistantError, ApiError, CheckError, TimeoutError) as error:
        say(f"\n{error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
