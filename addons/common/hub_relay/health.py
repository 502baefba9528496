"""``GET /health``: which stage stands still, for the container's HEALTHCHECK."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
import json
import logging
from typing import Final, override

from .lifecycle import OK
from .signals import readable
from .stages import Stage

LOG: Final = logging.getLogger(__name__)
# A client that sends nothing would keep the next one waiting.
_CLIENT_TIMEOUT: Final = 2.0
_BEAT_EVERY: Final = 1.0


class HealthServer(Stage):
    """Answers 200 while every stage is well, else 503; the body names each stage and how it is."""

    def __init__(self, health: Callable[[], Mapping[str, str]], *, port: int, host: str = "127.0.0.1") -> None:
        """Listen on ``port`` (0: a free one, then in ``port``). Raises ``OSError`` when it is taken."""
        super().__init__("health")
        self._server = HTTPServer((host, port), _handler(health))
        self.port: int = self._server.server_address[1]

    @override
    def run(self) -> None:
        while not self.stopping:
            self.beat()
            if self._server.fileno() in readable(_BEAT_EVERY, self.stop_flag, self._server.fileno()):
                self._server.handle_request()

    @override
    def release(self) -> None:
        self._server.server_close()
        super().release()


def _handler(health: Callable[[], Mapping[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _CLIENT_TIMEOUT

        def do_GET(self) -> None:
            if self.path != "/health":
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            stages = dict(health())
            well = all(state == OK for state in stages.values())
            status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
            body = json.dumps({"status": OK if well else "failed", "stages": stages}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            LOG.debug(format, *args)

    return Handler
