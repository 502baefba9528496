"""Google's login as ``fake_drive`` plays it: codes for devices without a browser, tokens, and their renewal."""

import base64
from collections.abc import Mapping
from http import HTTPStatus
import json
import secrets
from typing import Any, Final

DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH: Final = "refresh_token"
ASSERTION: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_PENDING: Final = 428
type Answer = tuple[int, dict[str, Any]]


class FakeLogin:
    """Knows one client. ``codes`` maps a user's code to how far it is: pending, allowed, denied, expired, slow_down."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        """Begin without a login."""
        self._client = (client_id, client_secret or secrets.token_hex(16))
        self.codes: dict[str, str] = {}
        self.revoked = False
        self.refreshes = 0
        self.lifetime = 3600
        self.assertions: list[dict[str, Any]] = []
        self._devices: dict[str, str] = {}
        self._access: set[str] = set()
        self.refresh_token = f"refresh-{secrets.token_hex(16)}"

    @property
    def client_secret(self) -> str:
        """What the client must say."""
        return self._client[1]

    def secrets(self) -> set[str]:
        """Return everything that may stand in no log."""
        return {self.client_secret, self.refresh_token, *self._devices, *self._access}

    def allow(self, code: str) -> None:
        """Do what a user does who enters the code and agrees. Raises ``KeyError`` for another code."""
        self._set(code, "allowed")

    def deny(self, code: str) -> None:
        """Do what a user does who enters the code and refuses. Raises ``KeyError`` for another code."""
        self._set(code, "denied")

    def grant(self) -> str:
        """Return a token that counts."""
        token = f"access-{secrets.token_hex(16)}"
        self._access.add(token)
        return token

    def expire(self) -> None:
        """Let no token that was given out count any more; they can be renewed."""
        self._access.clear()

    def revoke(self) -> None:
        """Take the login back, as the user can; it can be renewed by a code only."""
        self.revoked = True
        self.expire()

    def knows(self, authorization: str) -> bool:
        """Say whether a request's header has a token that counts."""
        return authorization.removeprefix("Bearer ") in self._access

    def answer(self, path: str, form: Mapping[str, str]) -> Answer:
        """Answer a request of the login."""
        if path == "/device/code":
            return self._new_code(form)
        grant = form.get("grant_type")
        if grant == ASSERTION:
            return self._of_assertion(form["assertion"])
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            return HTTPStatus.UNAUTHORIZED, {"error": "invalid_client", "error_description": "Unauthorized"}
        if grant == DEVICE:
            return self._of_code(form.get("device_code", ""))
        if grant == REFRESH:
            return self._of_refresh(form.get("refresh_token", ""))
        return HTTPStatus.BAD_REQUEST, {"error": "unsupported_grant_type"}

    def _set(self, code: str, state: str) -> None:
        if code not in self.codes:
            raise KeyError(code)
        self.codes[code] = state

    def _new_code(self, form: Mapping[str, str]) -> Answer:
        if form.get("client_id") != self._client[0]:
            return HTTPStatus.UNAUTHORIZED, {"error": "invalid_client"}
        code = f"ABCD-{len(self.codes):04}"
        device = f"device-{secrets.token_hex(16)}"
        self.codes[code] = "pending"
        self._devices[device] = code
        return HTTPStatus.OK, {
            "device_code": device,
            "user_code": code,
            "verification_url": "https://www.google.com/device",
            "expires_in": 1800,
            "interval": 5,
        }

    def _of_code(self, device: str) -> Answer:
        state = self.codes.get(self._devices.get(device, ""), "unknown")
        if state == "allowed":
            self.codes[self._devices[device]] = "used"
            self.revoked = False
            return HTTPStatus.OK, {**self._token(), "refresh_token": self.refresh_token}
        said = {
            "pending": (_PENDING, "authorization_pending"),
            "slow_down": (HTTPStatus.FORBIDDEN, "slow_down"),
            "denied": (HTTPStatus.FORBIDDEN, "access_denied"),
            "expired": (HTTPStatus.BAD_REQUEST, "expired_token"),
        }
        status, word = said.get(state, (HTTPStatus.BAD_REQUEST, "invalid_grant"))
        return status, {"error": word, "error_description": word}

    def _of_refresh(self, token: str) -> Answer:
        if self.revoked or token != self.refresh_token:
            return HTTPStatus.BAD_REQUEST, {"error": "invalid_grant", "error_description": "Token has been revoked."}
        self.refreshes += 1
        return HTTPStatus.OK, self._token()

    def _of_assertion(self, assertion: str) -> Answer:
        if self.revoked:
            return HTTPStatus.BAD_REQUEST, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        claims = assertion.split(".")[1]
        self.assertions.append(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))))
        return HTTPStatus.OK, self._token()

    def _token(self) -> dict[str, Any]:
        return {"access_token": self.grant(), "expires_in": self.lifetime, "token_type": "Bearer"}
