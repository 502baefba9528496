"""What is answered to a camera that wants a login: Basic (RFC 7617) or Digest (RFC 7616)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
import hashlib
import re
import secrets
from typing import Final

from hub_relay.links import Login

# A word with a value, quoted or not, is a parameter; one without is a scheme's name.
_WORD: Final = re.compile(r'([\w-]+)(\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?')
# The strongest first. Cameras know MD5 as a rule, and nothing is kept secret by it alone.
_ALGORITHMS: Final = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}
_SESSION: Final = "-SESS"
_FIRST_USE: Final = "00000001"


class Auth(StrEnum):
    """How a camera is told the login, beside its address."""

    AUTO = "auto"
    """As it asks for."""
    BASIC = "basic"
    """With every request, asked or not."""
    DIGEST = "digest"
    """Only as a proof, never the password itself."""
    NONE = "none"
    """Not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One way in that a camera offers: the scheme in lower case, and its parameters."""

    scheme: str
    parameters: dict[str, str]


def read_challenges(headers: Iterable[str]) -> list[Challenge]:
    """Return what the ``WWW-Authenticate`` headers of an answer offer; nothing of what makes no sense."""
    challenges: list[Challenge] = []
    for header in headers:
        for name, value, quoted, plain in _WORD.findall(header):
            if not value:
                challenges.append(Challenge(scheme=name.lower(), parameters={}))
            elif challenges:
                challenges[-1].parameters[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) or plain
    return challenges


def basic(login: Login) -> str:
    """Return the ``Authorization`` header that tells the login as it is."""
    return f"Basic {b64encode(f'{login.username}:{login.password}'.encode()).decode()}"


def answer(challenges: Iterable[Challenge], auth: Auth, login: Login, *, method: str, target: str) -> str | None:
    """Return the ``Authorization`` header for a request (``target``: path and query), or ``None`` if there is none.

    Of several proofs the strongest; and where a proof is wanted, never the password itself.
    """
    offered = list(challenges)
    if auth in {Auth.AUTO, Auth.DIGEST}:
        for algorithm in _ALGORITHMS:
            for challenge in offered:
                if challenge.scheme == "digest" and _algorithm(challenge) == algorithm and _usable(challenge):
                    return _digest(challenge, login, method, target)
    schemes = {challenge.scheme for challenge in offered}
    return basic(login) if auth is Auth.AUTO and "basic" in schemes and "digest" not in schemes else None


def _algorithm(challenge: Challenge) -> str:
    return challenge.parameters.get("algorithm", "MD5").upper().removesuffix(_SESSION)


def _qop(challenge: Challenge) -> list[str]:
    return [word.strip().lower() for word in challenge.parameters.get("qop", "").split(",") if word.strip()]


def _usable(challenge: Challenge) -> bool:
    qop = _qop(challenge)
    return bool(challenge.parameters.get("nonce")) and (not qop or "auth" in qop)


def _digest(challenge: Challenge, login: Login, method: str, target: str) -> str:
    said = challenge.parameters
    realm, nonce, client_nonce = said.get("realm", ""), said["nonce"], secrets.token_hex(8)
    function = _ALGORITHMS[_algorithm(challenge)]

    def digest(*words: str) -> str:
        return hashlib.new(function, ":".join(words).encode()).hexdigest()

    who = digest(login.username, realm, login.password)
    if said.get("algorithm", "").upper().endswith(_SESSION):
        who = digest(who, nonce, client_nonce)
    what = digest(method, target)
    proven = _qop(challenge) != []
    proof = digest(who, nonce, _FIRST_USE, client_nonce, "auth", what) if proven else digest(who, nonce, what)
    fields = {"username": login.username, "realm": realm, "nonce": nonce, "uri": target, "response": proof}
    quoted = {name: _quoted(value) for name, value in fields.items()}
    if "opaque" in said:
        quoted["opaque"] = _quoted(said["opaque"])
    if "algorithm" in said:
        quoted["algorithm"] = said["algorithm"]
    if proven:
        quoted |= {"qop": "auth", "nc": _FIRST_USE, "cnonce": _quoted(client_nonce)}
    return "Digest " + ", ".join(f"{name}={value}" for name, value in quoted.items())


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
