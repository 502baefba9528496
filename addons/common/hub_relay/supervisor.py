"""What an app asks Home Assistant's Supervisor: the MQTT login, and to be announced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
import json
from typing import Any, Final, override
from urllib.parse import urlsplit

BASE_URL: Final = "http://supervisor"
_TIMEOUT: Final = 10.0
# Supervisor's word for "no app offers this".
_NO_SERVICE: Final = "not enabled"


class SupervisorError(Exception):
    """Supervisor did not do what it was asked. Says why, and what to do where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttService:
    """The MQTT broker that Home Assistant knows, and its login."""

    host: str
    port: int
    username: str
    password: str
    ssl: bool

    @override
    def __repr__(self) -> str:
        return f"MqttService(host={self.host!r}, port={self.port}, username={self.username!r}, ssl={self.ssl})"


def mqtt_service(base_url: str, token: str) -> MqttService | None:
    """Return Home Assistant's MQTT broker, ``None`` when there is none. Raises ``SupervisorError``."""
    status, answer = _ask(base_url, token, "GET", "/services/mqtt")
    if status == HTTPStatus.BAD_REQUEST and _NO_SERVICE in str(answer.get("message", "")):
        return None
    data = _data(status, answer, "services: [mqtt:want]")
    if not data.get("host"):
        return None
    try:
        return MqttService(
            host=str(data["host"]),
            port=int(data["port"]),
            username=str(data.get("username") or ""),
            password=str(data.get("password") or ""),
            ssl=data.get("ssl") is True,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SupervisorError(
            f"Supervisor describes the MQTT broker in another way than expected: {error!r}"
        ) from error


def announce(base_url: str, token: str, service: str, config: Mapping[str, object]) -> str:
    """Tell Home Assistant that this app is there; returns the discovery's id. Raises ``SupervisorError``."""
    status, answer = _ask(base_url, token, "POST", "/discovery", {"service": service, "config": dict(config)})
    return str(_data(status, answer, f"discovery: [{service}]").get("uuid", ""))


def _data(status: int, answer: Mapping[str, Any], needs: str) -> Mapping[str, Any]:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise SupervisorError(f"Supervisor refuses this to the app: its config.yaml needs {needs}")
    if status != HTTPStatus.OK or answer.get("result") != "ok":
        raise SupervisorError(f"Supervisor answers {status}: {answer.get('message') or 'no reason given'}")
    data = answer.get("data")
    return data if isinstance(data, dict) else {}


def _ask(
    base_url: str, token: str, method: str, path: str, body: Mapping[str, object] | None = None
) -> tuple[int, dict[str, Any]]:
    place = urlsplit(base_url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=_TIMEOUT)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request(method, place.path + path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
    except (OSError, HTTPException) as error:
        raise SupervisorError(f"Supervisor cannot be reached at {base_url}: {error}") from error
    finally:
        connection.close()
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    return response.status, answer if isinstance(answer, dict) else {}
