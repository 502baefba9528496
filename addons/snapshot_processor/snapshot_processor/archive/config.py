"""What the archive has to know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, override

_API: Final = "https://www.googleapis.com"
_LOGIN: Final = "https://oauth2.googleapis.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveConfig:
    """Which Google Drive, and how to come in.

    Either ``client_id`` and ``client_secret`` of an OAuth client for limited-input devices, whose login is kept in the
    file ``token``; or ``service_account``, the key file of one, which owns no storage and so needs a shared drive.
    ``drive_id`` names a shared drive (``None``: the user's own). ``folder`` is made where it is missing. Pictures are
    trashed after ``keep_days`` (``None``: never). ``endpoint`` stands for all of Google's addresses. ``timeout``, in
    seconds, counts for every wait for an answer. Raises ``ValueError`` that names the option.
    """

    token: Path
    client_id: str = ""
    client_secret: str = ""
    service_account: Path | None = None
    drive_id: str | None = None
    folder: str = "Event Hub"
    keep_days: int | None = None
    endpoint: str | None = None
    timeout: float = 30.0

    def __post_init__(self) -> None:
        """Check what can be checked without Google."""
        if self.service_account is None and not (self.client_id and self.client_secret):
            raise ValueError(
                "The archive needs drive_client_id and drive_client_secret, or drive_service_account with drive_id"
            )
        if self.service_account is not None and not self.drive_id:
            raise ValueError("drive_service_account needs drive_id: a service account owns no storage of its own")
        if not self.folder.strip():
            raise ValueError("drive_folder must have a name")
        if self.keep_days is not None and self.keep_days < 1:
            raise ValueError("drive_keep_days must be 1 or more")

    @property
    def api_root(self) -> str:
        """Where Drive is, with a slash at its end."""
        return f"{(self.endpoint or _API).rstrip('/')}/"

    @property
    def token_url(self) -> str:
        """Where tokens are given out and refreshed."""
        return f"{(self.endpoint or _LOGIN).rstrip('/')}/token"

    @property
    def device_url(self) -> str:
        """Where a login by code begins."""
        return f"{(self.endpoint or _LOGIN).rstrip('/')}/device/code"

    @override
    def __repr__(self) -> str:
        return f"ArchiveConfig(folder={self.folder!r}, drive_id={self.drive_id!r}, keep_days={self.keep_days!r})"
