"""Deletes what the hub kept, once it is removed from Home Assistant."""

from pathlib import Path
import shutil

from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from .journal import JOURNAL, TELLING_JOURNAL
from .problems import StorageProblem
from .store import HubStore


async def async_remove_files(hass: HomeAssistant) -> None:
    """Delete the files of a hub that does not run; what was moved aside stays, to be rescued by people.

    Raises ``OSError``.
    """
    await HubStore(hass, _ignore).async_remove()
    await hass.async_add_executor_job(_remove_folder, Path(hass.config.path(DOMAIN)))


def _remove_folder(folder: Path) -> None:
    for part in ("", "-wal", "-shm"):
        (folder / f"activity.db{part}").unlink(missing_ok=True)
    for part in ("", ".new"):
        (folder / f"{JOURNAL}{part}").unlink(missing_ok=True)
        (folder / f"{TELLING_JOURNAL}{part}").unlink(missing_ok=True)
    for pictures in ("images", "told", "alarm_images"):
        shutil.rmtree(folder / pictures, ignore_errors=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _ignore(_: StorageProblem) -> None:
    """Nothing is saved here, so nothing can go wrong with saving."""
