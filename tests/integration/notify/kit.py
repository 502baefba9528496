"""A home that tells people: channels, the receivers behind them, and cameras."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
import time
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from PIL import Image
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.effects import DigestDue
from custom_components.event_hub.engine.events import EnabledSet
from custom_components.event_hub.engine.times.digest import Bundle
from custom_components.event_hub.storage.journal import JournalError
from custom_components.event_hub.telling_desk import TellingDesk
from custom_components.event_hub.wire.detection import Category, Detection, DetectionStatus, Thing
from custom_components.event_hub.wire.messages import InputReport, Report, ReportKind
from devkit.polling import until
from tests.integration.clock import Clock
from tests.integration.kit import Home, source

SMS: Final = "script.send_sms"
PHONE: Final = "notify.mobile_app_annas_phone"
ADDRESS: Final = "https://home.example.org"


@dataclass(slots=True)
class Receiver:
    """Somebody who gets what an action sends; ``fails`` is what it fails with, ``waits`` how it is held up."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    fails: Exception | None = None
    waits: Callable[[], Any] | None = None
    now: Callable[[], float] = time.time

    @property
    def texts(self) -> list[str]:
        """What was written."""
        return [call["message"] for call in self.calls]

    async def take(self, call: ServiceCall) -> None:
        """Take the place of the action."""
        if self.waits is not None:
            await self.waits()
        if self.fails is not None:
            raise self.fails
        self.calls.append(dict(call.data))
        self.times.append(self.now())

    def be_away(self) -> None:
        """Fail as a network does."""
        self.fails = HomeAssistantError("no route to host")

    def be_back(self) -> None:
        """Take everything again."""
        self.fails = None


def receiver(hass: HomeAssistant, action: str, clock: Clock | None = None) -> Receiver:
    """Return who gets what an action sends."""
    found = Receiver() if clock is None else Receiver(now=clock.time)
    domain, _, name = action.partition(".")
    hass.services.async_register(domain, name, found.take)
    return found


def add_channel(home: Home, title: str, kind: str, target: str, **more: Any) -> str:
    """Set a channel up; returns its id."""
    data = MappingProxyType({"kind": kind, "target": target, **more})
    subentry = ConfigSubentry(data=data, subentry_type="channel", title=title, unique_id=None)
    home.hass.config_entries.async_add_subentry(home.entry, subentry)
    return subentry.subentry_id


def change_channel(home: Home, channel_id: str, **changes: Any) -> None:
    """Change a channel's settings."""
    subentry = home.entry.subentries[channel_id]
    home.hass.config_entries.async_update_subentry(home.entry, subentry, data={**subentry.data, **changes})


def desk(home: Home) -> TellingDesk:
    """Return the desk of the hub as it runs now."""
    return home.hub.telling


async def settled(home: Home) -> None:
    """Wait until everything that may go now has gone, and is on disk."""
    await home.told()

    def is_quiet() -> bool:
        found = desk(home)
        return not (found._triggers.waiting or found._attempts or found._keeper._held or found._pictures._writing)

    await until(is_quiet)
    with suppress(JournalError):
        await desk(home).stored()
    await until(is_quiet)


async def pass_time(home: Home, clock: Clock, seconds: float, step: float = 5.0) -> None:
    """Let time pass, a few seconds after the other, and everything that becomes due happen in its time."""
    left = seconds
    while left > 0:
        await clock.go_on(home, min(step, left))
        left -= step
        await settled(home)


def jpeg(shade: int) -> bytes:
    """Return a picture."""
    content = BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 120)).save(content, "JPEG")
    return content.getvalue()


async def cameras(home: Home, *keys: str) -> None:
    """Have cameras that are switched on."""
    await home.report(*(InputReport(device_key=key, active=False) for key in keys), by=source("yard", "snapshot"))
    await home.post(EnabledSet(inputs=keys, outputs=(), enabled=True))


def sees(home: Home, key: str, image: bytes, people: int | None, detail: str | None = None) -> None:
    """Let a camera see something, with so many people in it; ``None``: nobody looked."""
    detection = None
    if people is not None:
        things = (Thing(label="Person", category=Category.PERSON),) * people
        detection = Detection(status=DetectionStatus.DONE, people=people, things=things)
    report = InputReport(
        device_key=key, active=True, detail=detail, image=image, image_at=time.time(), detection=detection
    )
    home.hub.receiver.report(Report(source=source("yard", "snapshot"), kind=ReportKind.EVENT, inputs=(report,)))


def journal_of(entry: MockConfigEntry, hass: HomeAssistant) -> Path:
    """Return where what is to be told is kept."""
    assert entry.domain == DOMAIN
    return Path(hass.config.path(DOMAIN)) / "telling.journal"


async def trigger(home: Home, key: str = "Door", detail: str | None = None) -> None:
    """Trigger an adopted input."""
    record = home.hub.state.inputs[key]
    by = home.hub.state.sources[record.source_id].source
    await home.report(InputReport(device_key=key, active=True, detail=detail), by=by)
    await home.report(InputReport(device_key=key, active=False), by=by)
    await settled(home)


def tell_digest(home: Home, bundle: Bundle, at: float) -> None:
    """Let a digest be due."""
    due = DigestDue(bundle=bundle, at=at)
    home.hub.telling.effect(due)
    home.hub.times.effect(due)
