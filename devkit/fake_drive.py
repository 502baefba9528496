"""Plays Google Drive (version 2 of its API) and Google's login, as far as pydrive2 asks; faults included."""

from collections.abc import Callable, Mapping
import contextlib
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import itertools
import json
import socket
import struct
import threading
from typing import Any, ClassVar, Final, Self, override
from urllib.parse import parse_qsl, urlsplit

from .broker_process import LOOPBACK
from .fake_drive_login import FakeLogin
from .fake_drive_store import DriveFile, DriveStore, Fault, QueryError

_PATIENCE: Final = 60.0
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_REFUSALS: Final = {
    Fault.UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "backendError"),
    Fault.UNAUTHORIZED: (HTTPStatus.UNAUTHORIZED, "authError"),
    Fault.RATE_LIMIT: (HTTPStatus.FORBIDDEN, "userRateLimitExceeded"),
    Fault.FULL: (HTTPStatus.FORBIDDEN, "storageQuotaExceeded"),
    Fault.FORBIDDEN: (HTTPStatus.FORBIDDEN, "insufficientFilePermissions"),
}


class FakeDrive:
    """A Google Drive with one user. ``store`` has its files, ``login`` its codes and tokens.

    While ``away`` is true every connection is cut before it is answered. ``released`` lets slow answers go.
    ``requests`` are all that came, each as
    method and path; those that were cut count too.
    """

    def __init__(self, *, client_id: str = "client", client_secret: str = "", shared_drive: str | None = None) -> None:
        """Prepare; a ``with`` block runs it."""
        self.store = DriveStore(shared_drive)
        self.login = FakeLogin(client_id, client_secret)
        self.away = False
        self.requests: list[str] = []
        self.released = threading.Event()
        self.garbage = b"<html>Please log in to this hotel's network</html>"
        self._faults: list[tuple[Fault, str]] = []
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._uploads: dict[str, tuple[Mapping[str, Any], int]] = {}
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), name="drive")

    @property
    def url(self) -> str:
        """What stands for all of Google's addresses."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def fail(self, fault: Fault, times: int = 1, *, on: str = "") -> None:
        """Answer the next ``times`` requests whose method and path hold ``on`` with this fault."""
        with self._lock:
            self._faults += [(fault, on)] * times

    def fail_no_more(self) -> None:
        """Answer everything well from now on."""
        with self._lock:
            self._faults.clear()

    def asked(self, holding: str) -> int:
        """Return how many requests held this text in method and path."""
        return sum(holding in request for request in self.requests)

    def take_fault(self, request: str) -> Fault | None:
        """Note a request, and return the fault that it is to meet."""
        with self._lock:
            self.requests.append(request)
            if self.away:
                return Fault.CUT
            for index, (fault, on) in enumerate(self._faults):
                if on in request:
                    del self._faults[index]
                    return fault
        return None

    def begin_upload(self, body: Mapping[str, Any], size: int) -> str:
        """Return the address to send the content to."""
        number = f"upload{next(self._numbers)}"
        self._uploads[number] = (body, size)
        return f"{self.url}/upload/drive/v2/files?uploadType=resumable&upload_id={number}"

    def end_upload(self, number: str, content: bytes, fault: Fault | None) -> DriveFile:
        """Store what was sent; some faults keep something else. Raises ``QueryError``."""
        body, size = self._uploads.pop(number)
        if len(content) != size:
            raise QueryError("badContent")
        return self.store.insert(body, content, fault)

    def __enter__(self) -> Self:
        """Serve within the block."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, drive: FakeDrive) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.drive = drive
        self._open: set[socket.socket] = set()

    def hang_up(self) -> None:
        """End the connections that clients keep open, so that their threads end."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a connection that was cut is what the test asked for."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    # What follows an answer's headers would wait for their acknowledgement.
    disable_nagle_algorithm = True
    _routes: ClassVar[Mapping[str, str]] = {
        "GET files": "_list",
        "POST files": "_insert",
        "POST upload": "_begin",
        "PUT upload": "_end",
    }

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a request is what the caller expected."""

    def _serve(self) -> None:
        where = urlsplit(self.path)
        self._query = dict(parse_qsl(where.query))
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._fault = self.server.drive.take_fault(f"{self.command} {where.path}")
        if self._fault is Fault.CUT:
            self._cut()
        elif self._fault is Fault.GARBAGE:
            self._send(HTTPStatus.OK, self.server.drive.garbage, "text/html")
        elif self._fault is Fault.SLOW and not self.server.drive.released.wait(_PATIENCE):
            self._cut()
        elif where.path in {"/device/code", "/token"}:
            self._answer(*self.server.drive.login.answer(where.path, dict(parse_qsl(body.decode()))))
        elif self._fault in _REFUSALS:
            self._refuse(*_REFUSALS[self._fault])
        elif not self.server.drive.login.knows(self.headers.get("Authorization", "")):
            self._refuse(HTTPStatus.UNAUTHORIZED, "authError")
        else:
            self._drive(where.path, body)

    def _drive(self, path: str, body: bytes) -> None:
        try:
            if path.startswith("/upload/drive/v2/files"):
                self._route("upload")(body)
            elif path == "/drive/v2/files":
                self._route("files")(body)
            else:
                self._one(path.removeprefix("/drive/v2/files/"))
        except QueryError as error:
            known = {"notFound": HTTPStatus.NOT_FOUND}
            self._refuse(known.get(str(error), HTTPStatus.BAD_REQUEST), str(error))

    def _route(self, what: str) -> Callable[[bytes], None]:
        name = self._routes.get(f"{self.command} {what}")
        if name is None:
            raise QueryError("notFound")
        method: Callable[[bytes], None] = getattr(self, name)
        return method

    def _list(self, _body: bytes) -> None:
        self._answer(HTTPStatus.OK, self.server.drive.store.list(self._query))

    def _insert(self, body: bytes) -> None:
        self._told(self.server.drive.store.insert(json.loads(body), b"", self._fault))

    def _begin(self, body: bytes) -> None:
        if self._query.get("uploadType") != "resumable":
            raise QueryError("wrongUploadType")
        size = int(self.headers["X-Upload-Content-Length"])
        address = self.server.drive.begin_upload({**json.loads(body), "fields": self._query.get("fields")}, size)
        self._send(HTTPStatus.OK, b"", "text/plain", {"Location": address})

    def _end(self, body: bytes) -> None:
        self._told(self.server.drive.end_upload(self._query["upload_id"], body, self._fault))

    def _one(self, rest: str) -> None:
        number, _, action = rest.partition("/")
        store = self.server.drive.store
        if (self.command, action) == ("GET", ""):
            self._told(store.get(number))
        elif (self.command, action) == ("PATCH", ""):
            self._told(store.move(number, self._query.get("addParents"), self._query.get("removeParents")))
        elif (self.command, action) == ("POST", "trash"):
            self._told(store.trash(number))
        else:
            raise QueryError("notFound")

    def _told(self, file: DriveFile) -> None:
        self._answer(HTTPStatus.OK, file.resource(self._query.get("fields") or file.fields))

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        said = {"code": status, "message": reason, "errors": [{"domain": "global", "reason": reason}]}
        self._answer(status, {"error": said})

    def _answer(self, status: int, content: Mapping[str, object]) -> None:
        self._send(status, json.dumps(content).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        if self._fault is Fault.HELD_ANSWER:
            self.server.drive.released.wait(_PATIENCE)
        if self._fault is Fault.LOST_ANSWER:
            self._cut()
            return
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        """End the connection at once, as a network does that goes away."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.connection.close()
