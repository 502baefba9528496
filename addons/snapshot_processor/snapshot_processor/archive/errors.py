"""What went wrong with Google Drive, as one sentence for people that says what to do."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPException
import json
import ssl
from typing import Final

from googleapiclient.errors import HttpError
import httplib2
from oauth2client.client import Error as OAuthError, HttpAccessTokenRefreshError
from pydrive2.auth import AuthError

_DEPTH: Final = 8
# What the libraries raise for network and login; all else is that they, or we, stumble over an answer.
_NETWORK: Final = (HTTPException, httplib2.HttpLib2Error, OAuthError, AuthError, OSError)
UNREACHABLE: Final = "Google Drive cannot be reached; pictures wait on this machine until it can"
UNCLEAR: Final = "Google Drive gives an answer that makes no sense; pictures wait on this machine"
_BUSY: Final = "Google Drive asks to send more slowly; pictures are sent later"
_FULL: Final = "Google Drive is full: make room there, or keep pictures for fewer days (drive_keep_days)"
_SHARED_FULL: Final = "The shared drive can hold no more: make room there, or keep pictures for fewer days"
_REASONS: Final = {
    "rateLimitExceeded": _BUSY,
    "userRateLimitExceeded": _BUSY,
    "sharingRateLimitExceeded": _BUSY,
    "dailyLimitExceeded": "Google Drive takes no more today; pictures are sent tomorrow",
    "quotaExceeded": _FULL,
    "storageQuotaExceeded": _FULL,
    "teamDriveFileLimitExceeded": _SHARED_FULL,
    "teamDriveHierarchyTooDeep": _SHARED_FULL,
    "accessNotConfigured": "The Google Drive API is off for this client: enable it in the Google Cloud console",
    "insufficientPermissions": "The login does not cover Google Drive: log in again and allow access to files",
    "teamDriveMembershipRequired": "The login is no member of the shared drive: add it there as a content manager",
    "insufficientFilePermissions": "The login may not change files there: make it a content manager of the drive",
}
NEW_LOGIN: Final = "Google no longer accepts the login: a new one is needed"
BAD_KEY: Final = "Google does not accept the key in drive_service_account: make a new one"
BAD_CLIENT: Final = "Google does not know this client: check drive_client_id and drive_client_secret"
_BAD_CLIENT_ERRORS: Final = ("invalid_client", "unauthorized_client", "deleted_client", "disabled_client")


class Kind(StrEnum):
    """What kind of thing went wrong."""

    AWAY = "away"
    """Drive cannot be reached, or cannot answer."""
    REFUSED = "refused"
    """Drive answers that it does not want to; for now, or until somebody does something."""
    LOGIN = "login"
    """There is no login, and somebody has to do something before there can be."""
    REVOKED = "revoked"
    """The login that is kept is worth nothing any more."""
    WRONG = "wrong"
    """Drive says that it has something else than was sent."""


class DriveError(Exception):
    """Something went wrong; the text is for people. ``own`` when it may be the fault of the very picture."""

    def __init__(self, kind: Kind, text: str, *, own: bool = False) -> None:
        """Say what kind of thing went wrong, and what."""
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.own = own


def explain(error: BaseException) -> DriveError:
    """Turn what the libraries raise into a ``DriveError``; nothing that may hold a secret is passed on."""
    for inner in _chain(error):
        if isinstance(inner, DriveError):
            return inner
        if isinstance(inner, HttpError):
            return _of_answer(int(inner.resp.status), inner.content)
        if isinstance(inner, HttpAccessTokenRefreshError):
            return of_token_answer(int(inner.status or 0), str(inner))
        if isinstance(inner, ssl.SSLCertVerificationError):
            return DriveError(Kind.AWAY, f"The certificate of Google Drive is not trusted: {inner.verify_message}")
    # pydrive2's own errors count as the system's.
    return DriveError(Kind.AWAY, UNREACHABLE if isinstance(error, _NETWORK) else UNCLEAR)


def of_token_answer(status: int, said: str) -> DriveError:
    """Return what a refused token means; ``said`` begins with OAuth's word for it."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return DriveError(Kind.AWAY, UNREACHABLE)
    if said.startswith("invalid_grant"):
        return DriveError(Kind.REVOKED, NEW_LOGIN)
    if said.startswith(_BAD_CLIENT_ERRORS):
        return DriveError(Kind.LOGIN, BAD_CLIENT)
    return DriveError(Kind.LOGIN, f"Google refuses the login (answer {status}): check the archive's options")


def _of_answer(status: int, content: bytes) -> DriveError:
    reason = _reason(content)
    if reason in _REASONS:
        return DriveError(Kind.REFUSED, _REASONS[reason])
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return DriveError(Kind.REFUSED, _BUSY)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DriveError(Kind.AWAY, f"Google Drive is out of order (answer {status}); pictures wait")
    if status == HTTPStatus.UNAUTHORIZED:
        # The token was just refreshed, so the login itself is good: nobody is asked for a new one.
        return DriveError(Kind.LOGIN, "Google Drive does not accept the login; it is tried again later")
    if status == HTTPStatus.NOT_FOUND:
        return DriveError(Kind.REFUSED, "Google Drive does not find the folder or the shared drive: check drive_id")
    said = f"{status}, {reason}" if reason else str(status)
    return DriveError(Kind.REFUSED, f"Google Drive refuses it (answer {said})", own=True)


def _reason(content: bytes) -> str:
    """Return Google's one word for it, empty when there is none."""
    try:
        word = json.loads(content)["error"]["errors"][0]["reason"]
    except (ValueError, KeyError, IndexError, TypeError):
        return ""
    return word if isinstance(word, str) and word.isalpha() else ""


def _chain(error: BaseException) -> list[BaseException]:
    """Return the error and what it came from: the libraries wrap answers, and stumble over those that are no JSON."""
    found: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and len(found) < _DEPTH:
        found.append(inner)
        wrapped = next((argument for argument in inner.args if isinstance(argument, BaseException)), None)
        inner = wrapped or inner.__cause__ or inner.__context__
    return found
