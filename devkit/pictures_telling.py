"""The pictures of notifications: their channels, the form of one, and what they tell."""

import asyncio
from typing import Any, Final

from .develop_home import ALARM, ALARM_CODE
from .home_assistant_api import eventually
from .pictures_studio import DOMAIN, PATIENCE, SETTLE, Studio

CONFIGURATION: Final = "mobile_app:\n"
"""What Home Assistant has to be set up with, so that phones can be."""

_PHONES: Final = ("Ann's phone", "Ben's phone")
_SCRIPT: Final = {"alias": "Send SMS", "mode": "queued", "fields": {"message": {}}, "sequence": []}
# Else what people trigger on their walks would soon be all there is to see.
_ALARMS: Final = {"always": True, "topics": ["alarm", "cancelled"]}
_PANEL: Final = f"alarm_control_panel.{ALARM.lower()}"
_PAGE: Final = f"/config/integrations/integration/{DOMAIN}"
_ADD: Final = "Add notification channel"
_BESIDES: Final = "Devices that don't belong to a sub-entry"


async def channel(studio: Studio) -> None:
    """Fill in the form of a channel that sends an SMS."""
    await _have_receivers(studio)
    await studio.show(_PAGE, _ADD, height=900)
    page = studio.page
    await page.click_text(_ADD)
    await asyncio.sleep(SETTLE)
    await page.click_text("An action, such as a script for SMS")
    await page.until_text("Submit")
    await page.fill("Name", "SMS to Ann")
    await page.fill("Action", "script.send_sms")


async def channels(studio: Studio) -> None:
    """Show the list of channels."""
    await _have_channels(studio)
    await studio.show(_PAGE, _BESIDES, height=900)
    await studio.page.click_text(_BESIDES)
    await studio.page.until_text("SMS to Ann")


async def messages(studio: Studio) -> None:
    """Break in, let it be told, and disarm: what was told lies in the drawer of Home Assistant's own notifications."""
    await _have_channels(studio)
    # The picture of the alarm may have left it armed.
    if (await studio.api.states())[_PANEL]["state"] != "disarmed":
        await _disarm(studio)
    await studio.api.call_action("persistent_notification", "dismiss_all")
    await studio.api.call_action(
        DOMAIN, "alarm_arm", {"partition": ALARM, "mode": "away", "skip_delay": True, "force": True, "code": ALARM_CODE}
    )
    studio.system.home.break_in()
    await _told(studio, "Burglar alarm")
    await _disarm(studio)
    await _told(studio, "Alarm cancelled")
    await studio.show(await studio.device_page(ALARM), "Controls", height=600)
    await studio.page.click_text("Notifications")
    await studio.page.until_text("Dismiss all")


async def _disarm(studio: Studio) -> None:
    await studio.api.call_action("alarm_control_panel", "alarm_disarm", {"entity_id": _PANEL, "code": ALARM_CODE})


async def _told(studio: Studio, title: str) -> None:
    async def lies_there() -> bool:
        found = await studio.api.call("persistent_notification/get")
        return any(str(each["title"]).startswith(title) for each in found)

    await eventually(title, lies_there, PATIENCE)


async def _have_receivers(studio: Studio) -> None:
    """Have phones and a script, where there are none yet."""
    api = studio.api
    if await api.config_entries("mobile_app"):
        return
    await api.post("/api/config/script/config/send_sms", _SCRIPT)
    for name in _PHONES:
        await api.post("/api/mobile_app/registrations", _phone(name))

    async def known() -> bool:
        actions = await api.call("get_services")
        phones = [name for name in actions.get("notify", {}) if name.startswith("mobile_app_")]
        return len(phones) == len(_PHONES) and "send_sms" in actions.get("script", {})

    await eventually("the phones", known, PATIENCE)


async def _have_channels(studio: Studio) -> None:
    """Have a channel of each, where there are none yet."""
    await _have_receivers(studio)
    api = studio.api
    (entry,) = await api.config_entries(DOMAIN)
    if await api.call("config_entries/subentries/list", entry_id=entry["entry_id"]):
        return
    told: list[tuple[str, str, str, dict[str, Any]]] = [
        ("mobile_app", "Ann's phone", "notify.mobile_app_ann_s_phone", {}),
        ("mobile_app", "Ben's phone", "notify.mobile_app_ben_s_phone", {}),
        ("action", "SMS to Ann", "script.send_sms", {}),
        ("action", "On the screen", "notify.persistent_notification", _ALARMS),
    ]
    for number, (kind, name, target, more) in enumerate(told, start=1):
        answers = {"name": name, "target": target, "priority": number, "more": more}
        await api.add_subentry(entry["entry_id"], "channel", {"next_step_id": kind}, answers)


def _phone(name: str) -> dict[str, Any]:
    """Return what the app on a phone tells when somebody logs in; nobody is behind the address."""
    return {
        "app_id": "io.homeassistant.companion.android",
        "app_name": "Home Assistant",
        "app_version": "2026.10.1",
        "device_id": name,
        "device_name": name,
        "manufacturer": "Google",
        "model": "Pixel",
        "os_name": "Android",
        "os_version": "16",
        "supports_encryption": False,
        "app_data": {"push_token": "none", "push_url": "http://127.0.0.1:9/"},
    }
