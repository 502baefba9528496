"""Whom the fake camera lets in: Basic, Digest, or whoever comes."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
import hashlib
import re
import secrets
from typing import Final

_PARAMETER: Final = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))')
_OPAQUE: Final = "x y"


class Guard(StrEnum):
    """How the camera wants its login told; its CGI always wants it in the query."""

    NONE = "none"
    BASIC = "basic"
    DIGEST = "digest"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraLogin:
    """Whom the camera lets in."""

    username: str = "viewer"
    password: str = "viewer"  # noqa: S105 - a camera that lives as long as a test


class Door:
    """Checks the logins of one camera. Digest with MD5 and qop=auth; every nonce counts once."""

    def __init__(self, login: CameraLogin, guard: Guard) -> None:
        """Let in who proves to be this."""
        self._login = login
        self._guard = guard
        self._nonces: set[str] = set()

    def challenges(self) -> Iterator[str]:
        """Return the ``WWW-Authenticate`` headers of a refusal, a new nonce in them."""
        if self._guard is not Guard.DIGEST:
            yield 'Basic realm="camera"'
        if self._guard in {Guard.DIGEST, Guard.BOTH}:
            nonce = secrets.token_hex(8)
            self._nonces.add(nonce)
            yield f'Digest realm="cam, era", qop="auth", nonce="{nonce}", opaque="{_OPAQUE}"'

    def lets_in(self, method: str, target: str, said: str) -> bool:
        """Check the ``Authorization`` header of a request."""
        if self._guard is Guard.NONE:
            return True
        if said.startswith("Basic "):
            plain = f"{self._login.username}:{self._login.password}"
            return self._guard is not Guard.DIGEST and said == f"Basic {b64encode(plain.encode()).decode()}"
        return self._guard is not Guard.BASIC and said.startswith("Digest ") and self._proven(method, target, said)

    def _proven(self, method: str, target: str, said: str) -> bool:
        told = {name: re.sub(r"\\(.)", r"\1", quoted) or plain for name, quoted, plain in _PARAMETER.findall(said)}
        login, nonce = self._login, told.get("nonce", "")
        if nonce not in self._nonces or told.get("username") != login.username or told.get("uri") != target:
            return False
        self._nonces.discard(nonce)
        who = _md5(f"{login.username}:{told.get('realm')}:{login.password}")
        proof = f"{who}:{nonce}:{told.get('nc')}:{told.get('cnonce')}:auth:{_md5(f'{method}:{target}')}"
        return told.get("opaque") == _OPAQUE and told.get("response") == _md5(proof)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - what cameras know
