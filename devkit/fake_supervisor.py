"""Plays the part of Home Assistant's Supervisor that apps talk to, on loopback."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import secrets
import threading
from typing import Self, override
import uuid

from .broker_process import LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What an app posted to ``/discovery``."""

    service: str
    config: Mapping[str, object]


class FakeSupervisor:
    """Answers ``GET /services/mqtt`` and ``POST /discovery`` as Supervisor does, to whoever has ``token``.

    ``mqtt`` is the broker it knows, or ``None``; ``announcements`` is what it was told.
    """

    def __init__(self, mqtt: Mapping[str, object] | None = None) -> None:
        """Prepare; a ``with`` block runs it."""
        self.mqtt = mqtt
        self.token = secrets.token_hex(16)
        self.announcements: list[Announcement] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="supervisor")

    @property
    def url(self) -> str:
        """What stands for ``http://supervisor``."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Serve within the block."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def __init__(self, supervisor: FakeSupervisor) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.supervisor = supervisor


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if not self._allowed():
            return
        if self.path != "/services/mqtt":
            self._refuse(HTTPStatus.NOT_FOUND, "404: Not Found")
        elif self.server.supervisor.mqtt is None:
            self._refuse(HTTPStatus.BAD_REQUEST, "Service not enabled")
        else:
            self._answer(HTTPStatus.OK, {"result": "ok", "data": dict(self.server.supervisor.mqtt)})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not self._allowed():
            return
        try:
            told = json.loads(body)
            announcement = Announcement(service=str(told["service"]), config=dict(told["config"]))
        except (ValueError, KeyError, TypeError) as error:
            self._refuse(HTTPStatus.BAD_REQUEST, f"Not valid: {error!r}")
            return
        if self.path != "/discovery":
            self._refuse(HTTPStatus.NOT_FOUND, "404: Not Found")
            return
        self.server.supervisor.announcements.append(announcement)
        self._answer(HTTPStatus.OK, {"result": "ok", "data": {"uuid": uuid.uuid4().hex}})

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a request is what the caller expected."""

    def _allowed(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.server.supervisor.token}":
            return True
        self._answer(HTTPStatus.UNAUTHORIZED, {"result": "error", "message": "401: Unauthorized"})
        return False

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self._answer(status, {"result": "error", "message": message})

    def _answer(self, status: HTTPStatus, content: Mapping[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
