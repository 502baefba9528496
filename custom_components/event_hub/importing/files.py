"""Files that people name: which may be read, and where an export may be written."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.file import WriteError, write_utf8_file_atomic

from .portable import HEAD
from .yaml_text import SIZE_LIMIT

_ENDINGS: Final = (".yaml", ".yml")
# What is in this folder everybody can fetch, without a login.
_PUBLIC: Final = "www"


class FileFault(StrEnum):
    """Why a file cannot be read or written."""

    NOT_ALLOWED = "not_allowed"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    NO_TEXT = "no_text"
    WRONG_ENDING = "wrong_ending"
    WRONG_FOLDER = "wrong_folder"
    NOT_OURS = "not_ours"
    UNWRITABLE = "unwritable"


class FileFaultError(Exception):
    """A file cannot be read or written; ``fault`` says why."""

    def __init__(self, fault: FileFault) -> None:
        """Keep the fault for whoever translates it."""
        super().__init__(fault.value)
        self.fault = fault


async def async_read_text(hass: HomeAssistant, path: str) -> str:
    """Return the text of a file in the configuration folder or an allowed one. Raises ``FileFaultError``."""
    return await hass.async_add_executor_job(_read_text, hass, path)


async def async_write_export(hass: HomeAssistant, path: str, text: str) -> str:
    """Write an export to a file in the configuration folder, for the eyes of its owner only; returns where it is.

    Nothing but an earlier export is overwritten. Raises ``FileFaultError``.
    """
    return await hass.async_add_executor_job(_write_export, hass, path, text)


def resolved(hass: HomeAssistant, path: str) -> Path:
    """Return the file that a path below the configuration folder, or a full one, stands for in the end.

    Raises ``OSError`` and ``ValueError`` for what is no path.
    """
    return Path(hass.config.path(path)).resolve()


def may_read(hass: HomeAssistant, path: Path) -> bool:
    """Whether a resolved path is in the configuration folder, or where Home Assistant is allowed to read."""
    return path.is_relative_to(_config_folder(hass)) or hass.config.is_allowed_path(str(path))


def _config_folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.config_dir).resolve()


def _read_text(hass: HomeAssistant, path: str) -> str:
    try:
        wanted = resolved(hass, path)
        if not may_read(hass, wanted):
            raise FileFaultError(FileFault.NOT_ALLOWED)
        if not wanted.is_file():
            raise FileFaultError(FileFault.MISSING)
        with wanted.open("rb") as file:
            # No character of UTF-8 is longer than four bytes.
            content = file.read(4 * SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise FileFaultError(FileFault.UNREADABLE) from error
    if len(content) > 4 * SIZE_LIMIT:
        raise FileFaultError(FileFault.TOO_LARGE)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFaultError(FileFault.NO_TEXT) from error


def _write_export(hass: HomeAssistant, path: str, text: str) -> str:
    folder = _config_folder(hass)
    try:
        wanted = resolved(hass, path)
        _check_place(folder, wanted)
        if wanted.exists() and not _is_export(wanted):
            raise FileFaultError(FileFault.NOT_OURS)
        write_utf8_file_atomic(str(wanted), text, private=True)
    except (OSError, ValueError, WriteError) as error:
        raise FileFaultError(FileFault.UNWRITABLE) from error
    return str(wanted)


def _check_place(folder: Path, wanted: Path) -> None:
    if not wanted.is_relative_to(folder):
        raise FileFaultError(FileFault.NOT_ALLOWED)
    inside = wanted.relative_to(folder)
    if inside.suffix not in _ENDINGS:
        raise FileFaultError(FileFault.WRONG_ENDING)
    hidden = any(part.startswith(".") for part in inside.parts)
    if hidden or inside.parts[0] == _PUBLIC or not wanted.parent.is_dir():
        raise FileFaultError(FileFault.WRONG_FOLDER)


def _is_export(path: Path) -> bool:
    """Whether a file is an export of ours, which may be replaced by a newer one."""
    if not path.is_file():
        return False
    begins = HEAD.partition("\n")[0].encode()
    with path.open("rb") as file:
        return file.read(len(begins)) == begins
