"""Inputs that people trigger by hand: a call for help is answered once a crash can no longer make it unheard.

Its commands leave at once, and it is told as soon as that is on disk, as ever; only the answer waits for the rest.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .engine.model import PANIC_KEY, Decision
from .hub import Hub

# So many seconds may a disk take until the answer comes all the same: what fails is shown as a problem of the disk.
PATIENCE: Final = 10.0


async def async_press(hub: Hub, keys: Iterable[str], detail: str | None = None) -> list[Decision]:
    """Trigger inputs by hand, as their devices would; returns what was decided about each.

    Returns once what the alarm does is on disk, and of *Panic* what is to be told and commanded, or the disk did not
    take it. Raises ``UnknownKeyError``, and ``HomeAssistantError`` where the hub has ended, and nobody may be told.
    """
    pressed = tuple(keys)
    decisions = [decision for key in pressed if (decision := hub.press(key, detail)) is not None]
    if PANIC_KEY in pressed:
        await _async_keep(hub)
    elif hub.alarm.keeper.waiting:
        # Of a zone: with what its alarm does, that it is to be told outside is on disk.
        await hub.alarm.async_told()
    return decisions


async def _async_keep(hub: Hub) -> None:
    """Wait until a crash forgets neither what is commanded nor what is to be told."""
    saving = hub.hass.async_create_task(hub.async_save_status(), "Save what a call for help commands")
    # *Panic* may be a zone, too, which its alarm tells.
    await hub.alarm.async_told()
    told = hub.telling.stored()
    both: tuple[asyncio.Future[Any], ...] = (saving, told)
    # Not ended where it takes too long: a file that is still being written must not be written a second time.
    await asyncio.wait(both, timeout=PATIENCE)
    if told.cancelled():
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_running")
