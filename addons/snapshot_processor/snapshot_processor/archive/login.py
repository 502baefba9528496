"""The login at Google: by a code that somebody enters elsewhere, because a container has no browser.

A service account needs nobody. What is kept of a login is in one file that only the app may read.
"""

from __future__ import annotations

from collections.abc import Mapping
import contextlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPException
import json
import logging
import math
import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httplib2
from oauth2client.client import OAuth2Credentials
from oauth2client.crypt import RsaSigner
from oauth2client.service_account import ServiceAccountCredentials
from pyasn1.error import PyAsn1Error

from .config import ArchiveConfig
from .errors import UNCLEAR, UNREACHABLE, DriveError, Kind, of_token_answer

LOG: Final = logging.getLogger(__name__)
# Only files that this app has made.
_SCOPE: Final = "https://www.googleapis.com/auth/drive.file"
# A shared drive's own folder was made by somebody else.
_WIDE_SCOPE: Final = "https://www.googleapis.com/auth/drive"
_DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
# In seconds: how often a code is asked about, how long it and a token may count.
_MIN_INTERVAL: Final = 1.0
_MAX_INTERVAL: Final = 300.0
_SLOWER: Final = 5.0
_LONGEST_CODE: Final = 86_400.0
_LONGEST_TOKEN: Final = 30 * 86_400.0
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What somebody has to do; ``expires_at`` in Unix seconds, ``interval`` between questions in seconds."""

    url: str
    code: str
    expires_at: float
    interval: float
    device_code: str = field(repr=False)

    @property
    def sentence(self) -> str:
        """The same for people."""
        return f"Open {self.url} and enter {self.code} to let pictures be kept on Google Drive"


class TokenFile:
    """Where a login is kept, as oauth2client wants to use it. What cannot be read counts as no login."""

    def __init__(self, config: ArchiveConfig) -> None:
        """Keep the login of this client."""
        self._config = config

    def locked_get(self) -> Any:
        """Return the credentials that are kept, ``None`` when there are none for this client."""
        try:
            kept = json.loads(self._config.token.read_text(encoding="utf-8"))
            if kept["client_id"] != self._config.client_id:
                return None
            expiry = datetime.fromisoformat(kept["expiry"]) if kept["expiry"] else None
            return self.credentials(str(kept["access_token"]), str(kept["refresh_token"]), expiry)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def locked_put(self, credentials: Any) -> None:
        """Keep the credentials; a reader, or a power cut, finds the old ones or the new ones, whole."""
        path = self._config.token
        expiry = credentials.token_expiry
        text = json.dumps(
            {
                "client_id": credentials.client_id,
                "access_token": credentials.access_token,
                "refresh_token": credentials.refresh_token,
                "expiry": expiry.isoformat() if expiry else None,
            }
        )
        try:
            _write_private(path, text)
        except OSError as error:
            LOG.warning("The login at Google cannot be kept: %s", error.strerror)

    def delete(self) -> None:
        """Forget the login."""
        with contextlib.suppress(OSError):
            self._config.token.unlink()

    def acquire_lock(self) -> None:
        """Do nothing: one thread of one process uses the file."""

    def release_lock(self) -> None:
        """Do nothing, as before."""

    def credentials(self, access_token: str, refresh_token: str, expiry: datetime | None) -> Any:
        """Return credentials that keep themselves here; ``expiry`` is UTC without saying so, as oauth2client has it."""
        made = OAuth2Credentials(
            access_token,
            self._config.client_id,
            self._config.client_secret,
            refresh_token,
            expiry,
            self._config.token_url,
            None,
            scopes=[_SCOPE],
        )
        made.set_store(self)
        return made


class Login:
    """Comes in, by what is kept or by code."""

    def __init__(self, config: ArchiveConfig) -> None:
        """Prepare; nothing is asked yet."""
        self._config = config
        self._file = TokenFile(config)
        self._http = httplib2.Http(timeout=config.timeout)
        self._forgotten = False

    def kept(self) -> Any:
        """Return credentials that need nobody, ``None`` when somebody must log in. Raises ``DriveError``."""
        path = self._config.service_account
        if path is not None:
            return _service_credentials(path, self._config.token_url)
        return None if self._forgotten else self._file.locked_get()

    def forget(self) -> None:
        """Forget what is kept, because Google does not accept it any more."""
        # Also where the file cannot be removed.
        self._forgotten = True
        self._file.delete()

    def begin(self, now: float) -> Prompt:
        """Ask for a code. Raises ``DriveError``."""
        status, said = self._post(self._config.device_url, {"client_id": self._config.client_id, "scope": _SCOPE})
        if status != HTTPStatus.OK:
            raise of_token_answer(status, str(said.get("error", said.get("error_code", ""))))
        try:
            return Prompt(
                url=str(said.get("verification_url") or said["verification_uri"]),
                code=str(said["user_code"]),
                device_code=str(said["device_code"]),
                expires_at=now + _seconds(said["expires_in"], 0.0, _LONGEST_CODE),
                interval=_seconds(said.get("interval", _SLOWER), _MIN_INTERVAL, _MAX_INTERVAL),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DriveError(Kind.AWAY, UNCLEAR) from error

    def poll(self, prompt: Prompt) -> Any:
        """Return the credentials once somebody has entered the code, else the prompt to wait with.

        Raises ``DriveError``, of the kind ``REVOKED`` when the code counts no more.
        """
        status, said = self._post(
            self._config.token_url,
            {
                "client_id": self._config.client_id,
                "client_secret": self._config.client_secret,
                "device_code": prompt.device_code,
                "grant_type": _DEVICE_GRANT,
            },
        )
        if status == HTTPStatus.OK:
            return self._enter(said)
        word = str(said.get("error", ""))
        if word == "authorization_pending":
            return prompt
        if word == "slow_down":
            return replace(prompt, interval=min(prompt.interval + _SLOWER, _MAX_INTERVAL))
        if word == "expired_token":
            raise DriveError(Kind.REVOKED, "The code was not entered in time: a new one is needed")
        if word == "access_denied":
            raise DriveError(Kind.LOGIN, "The login at Google was refused there: a new code follows, allow it then")
        raise of_token_answer(status, word)

    def _enter(self, said: Mapping[str, Any]) -> Any:
        try:
            # oauth2client compares with UTC that does not say so.
            lifetime = timedelta(seconds=_seconds(said["expires_in"], 0.0, _LONGEST_TOKEN))
            expiry = datetime.now(UTC).replace(tzinfo=None) + lifetime
            credentials = self._file.credentials(str(said["access_token"]), str(said["refresh_token"]), expiry)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DriveError(Kind.AWAY, UNCLEAR) from error
        self._forgotten = False
        self._file.locked_put(credentials)
        return credentials

    def _post(self, url: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer, content = self._http.request(url, "POST", urlencode(form), headers)
        except (httplib2.HttpLib2Error, HTTPException, OSError) as error:
            raise DriveError(Kind.AWAY, UNREACHABLE) from error
        try:
            said = json.loads(content)
        except (ValueError, RecursionError):
            said = None
        if answer.status == HTTPStatus.OK and not isinstance(said, dict):
            raise DriveError(Kind.AWAY, UNCLEAR)
        return int(answer.status), said if isinstance(said, dict) else {}


def _seconds(said: Any, least: float, most: float) -> float:
    """Return how long something takes, within limits. Raises what Python does with another thing than a number."""
    seconds = float(said)
    if not math.isfinite(seconds):
        raise ValueError("no time to reckon with")
    return min(max(seconds, least), most)


def _service_credentials(path: Path, token_url: str) -> Any:
    try:
        key = json.loads(path.read_text(encoding="utf-8"))
        # Not the library's own way from a file: it signs with a function that OpenSSL's bindings no longer have.
        return ServiceAccountCredentials(
            str(key["client_email"]),
            RsaSigner.from_string(str(key["private_key"])),
            scopes=_WIDE_SCOPE,
            private_key_id=str(key["private_key_id"]),
            token_uri=token_url,
        )
    except OSError as error:
        raise DriveError(Kind.LOGIN, f"drive_service_account cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, PyAsn1Error):
        # From None, because what the parsers say may hold a part of the key.
        raise DriveError(Kind.LOGIN, "drive_service_account is no key file of a service account") from None


def _write_private(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    # One that was left behind may be open to others.
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
