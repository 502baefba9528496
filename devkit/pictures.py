"""The pictures of README.md and docs/: ``python -m devkit.pictures`` takes them of the system as it runs."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
import sys
import tempfile
from typing import Final
from urllib.parse import quote

from PIL import Image

from .bootstrap.shell import ROOT, say
from .brokers import BrokerError
from .browser import BrowserError, open_page, sign_in
from .develop import running_system
from .develop_brokers import Choice
from .develop_home import ALARM, ALARM_CODE, CheckError
from .home_assistant import HomeAssistantError
from .home_assistant_api import ApiError, HomeAssistantApi, eventually
from .pictures_automations import automation, blueprint, have_blueprints
from .pictures_dashboard import DASHBOARD
from .pictures_moving import take_over
from .pictures_studio import DOMAIN, PATIENCE, SETTLE, Studio
from .pictures_telling import CONFIGURATION, channel, channels, messages

FOLDER: Final = ROOT / "docs" / "images"
_LARGEST: Final = 190_000
_DOOR_EVENT: Final = "event.hallway_front_door_trigger"
_SECOND_SWITCH: Final = "[...all()].filter((one) => one.matches('ha-switch') && shown(one))[1]"
_PANEL: Final = f"alarm_control_panel.{ALARM.lower()}"
_CAMERA: Final = "Street Camera"
_SEEN: Final = "binary_sensor.street_camera_person_seen"
_FIRST_STEP: Final = "How do your devices report?"
_ANOTHER: Final = "Set up another instance of Event Hub"
_MEDIA: Final = "media-source://event_hub"


async def _dashboard(studio: Studio) -> None:
    await studio.api.call("lovelace/dashboards/create", url_path="our-home", title="Our home", mode="storage")
    await studio.api.call("lovelace/config/save", url_path="our-home", config=DASHBOARD)
    await studio.show("/our-home/home", "Front door", "Siren", height=760)
    # Once is not much to look back on.
    for _ in range(2):
        await studio.triggered(_DOOR_EVENT)


async def _input(studio: Studio) -> None:
    await studio.show(await studio.device_page(studio.system.home.front_door_name), "Sensors", height=900)
    await studio.triggered(_DOOR_EVENT)


async def _relay(studio: Studio) -> None:
    await studio.show(await studio.device_page(studio.system.home.workshop.relay), "Controls", height=760)


async def _camera(studio: Studio) -> None:
    cameras = studio.system.home.snapshots
    # Else whether it triggers once more would depend on who walked by before.
    await studio.api.call_action(DOMAIN, "set_rule", {"inputs": [_CAMERA], "latch": 0})
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
    await studio.show(f"/config/integrations/integration/{DOMAIN}", "Event Hub", height=760)
    page = studio.page
    await page.click("button[aria-label=Configure]")
    await page.click_text("Pictures of the snapshot processor")
    await page.until_text("Submit")
    await page.fill("Address", "192.168.1.20:8098")


async def _alarm(studio: Studio) -> None:
    """Break in while it is armed."""
    about = {"partition": ALARM}
    await studio.api.call_action(
        DOMAIN, "alarm_arm", {**about, "mode": "away", "skip_delay": True, "force": True, "code": ALARM_CODE}
    )
    await studio.show(await studio.device_page(ALARM), "Controls", height=900)
    studio.system.home.break_in()

    async def triggered() -> bool:
        return bool((await studio.api.states())[_PANEL]["state"] == "triggered")

    await eventually("the alarm", triggered, PATIENCE)
    await asyncio.sleep(SETTLE)


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

    await eventually("a person in the street", seen, PATIENCE)


async def _why(studio: Studio) -> None:
    await studio.show("/config/tools/action", "Perform action", height=1240)
    page, door = studio.page, studio.system.home.front_door_name
    for picker, wanted in (("ha-service-picker", "event_hub.why"), ("ha-device-picker", door)):
        await page.click(picker)
        await page.fill_in('input[placeholder="Search"]', wanted)
        await page.click_text("Why did it trigger, or not" if wanted == "event_hub.why" else door)
        await page.until("!find('input[placeholder=\"Search\"]')")
        await asyncio.sleep(SETTLE)
    await studio.triggered(_DOOR_EVENT)
    # By then the siren has said that it is done.
    await asyncio.sleep(2 * SETTLE)
    await page.click_text("Perform action")
    await page.until_text("Response")


async def _repairs(studio: Studio) -> None:
    home = studio.system.home
    if home.cellar is None:
        raise CheckError("There is no board to switch off without RabbitMQ")
    await home.cellar.stop()

    async def silent() -> str | None:
        listed = (await studio.api.call("repairs/list_issues"))["issues"]
        ours = (issue["translation_placeholders"] for issue in listed if issue["domain"] == DOMAIN)
        return next((str(about["source"]) for about in ours), None)

    title = f"{await eventually('the repair issue', silent, PATIENCE)} is silent"
    await studio.api.call_action("persistent_notification", "dismiss_all")
    await studio.show("/config/repairs", title, height=560)
    await studio.page.click_text(title)
    await studio.page.until_text("Ignore")


async def _setup(studio: Studio) -> None:
    (entry,) = await studio.api.config_entries(DOMAIN)
    await studio.api.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")
    await studio.show("/config/integrations/dashboard/add?domain=event_hub", "OK", height=860)
    page = studio.page
    await page.click_text("OK")
    # One of the devices may already have been found again.
    await page.until(f"!!(findText('{_FIRST_STEP}') || findText('{_ANOTHER}'))")
    if await page.evaluate(f"!!findText('{_ANOTHER}')"):
        await page.click_text(_ANOTHER)
    await page.until_text(_FIRST_STEP)
    # The dialog is still on its way to its place.
    await asyncio.sleep(SETTLE)
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
    "why": _why,
    "alarm": _alarm,
    "take_over": take_over,
    "channel": channel,
    "automation": automation,
    "blueprint": blueprint,
    "channels": channels,
    "messages": messages,
    "repairs": _repairs,
    "setup": _setup,
}


async def take_pictures(names: list[str]) -> None:
    """Run the whole system in a folder that is thrown away and photograph it."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="event_hub_", ignore_cleanup_errors=True) as folder:
        have_blueprints(Path(folder) / "home_assistant")
        running = running_system(Choice(mosquitto=True, rabbitmq=True), Path(folder), CONFIGURATION)
        async with running as system, open_page() as page:
            living = asyncio.create_task(system.home.live())
            person = system.assistant.person
            await sign_in(page, system.assistant.url, person.username, person.password)
            studio = Studio(system=system, page=page)
            try:
                for name in names:
                    await _PICTURES[name](studio)
                    await asyncio.sleep(SETTLE)
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
