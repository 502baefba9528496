"""A camera on loopback: it draws its picture, wants a login or not, speaks ONVIF, and misbehaves when asked."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import socket
import ssl
import threading
import time
from typing import Final, Self, override
from urllib.parse import parse_qs, urlsplit

from .broker_process import LOOPBACK
from .certificates import ServerFiles
from .fake_camera_door import CameraLogin, Door, Guard
from .fake_camera_onvif import DEVICE_SERVICE, OnvifService

CGI: Final = "/cgi-bin/CGIProxy.fcgi"
SNAPSHOT: Final = "/snapshot.jpg"
# Seconds: between a dripping camera's bytes, at most for one that hangs, and at its end for who stays connected.
_DRIP: Final = 0.02
_HANG: Final = 60.0
_PATIENCE: Final = 2.0


class Behaviour(StrEnum):
    """What the camera does with a request for its picture."""

    WELL = "well"
    DRIPS = "drips"
    """One byte, and long nothing, without end in sight."""
    HANGS = "hangs"
    """Takes the request and says nothing."""
    PAGE = "page"
    """Says 200, and sends a page of its own."""
    HALF = "half"
    """Sends half a picture as if that were all."""
    SHORT = "short"
    """Promises the picture's length, sends half of it and closes."""
    LONG = "long"
    """Promises more than the picture has, and waits."""
    REFUSES = "refuses"
    """Wants a login, whichever it is given."""
    FAILS = "fails"
    """Answers 500."""
    CLOSES = "closes"
    """Closes without a word."""
    ENDLESS = "endless"
    """Sends without end, as fast as it can."""
    FILM = "film"
    """Sends picture after picture."""
    NOTHING = "nothing"
    """Says 200 and sends no byte."""
    GARBAGE = "garbage"
    """Speaks something, but not HTTP."""
    ELSEWHERE = "elsewhere"
    """Sends to ``elsewhere``."""


class FakeCamera:
    """A camera that a ``with`` block runs.

    ``people`` is how many stand in its picture, ``requests`` counts those for it, ``most_at_once`` how many of them it
    had to serve at the same time. While ``gate`` is down, they wait. ``clock`` is the camera's own (unix seconds).
    """

    def __init__(
        self,
        location: str = "Porch",
        *,
        login: CameraLogin | None = None,
        guard: Guard = Guard.NONE,
        behaviour: Behaviour = Behaviour.WELL,
        tls: ServerFiles | None = None,
        port: int = 0,
    ) -> None:
        """Listen on ``port`` (0: a free one). Raises ``OSError`` when it is taken."""
        self.location = location
        self.people = 0
        self.login = login or CameraLogin()
        self.door = Door(self.login, guard)
        self.behaviour = behaviour
        self.elsewhere = SNAPSHOT
        self.clock: Callable[[], float] = time.time
        self.requests = 0
        self.refused = 0
        self.most_at_once = 0
        self.gate = threading.Event()
        self.gate.set()
        self.ended = threading.Event()
        self.onvif = OnvifService(self)
        self._at_once = 0
        self._lock = threading.Lock()
        self._scheme = "http" if tls is None else "https"
        self._server = _Server(self, port, tls)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name=f"camera {location}")

    @property
    def url(self) -> str:
        """Where its picture is, without the login that ``guard`` asks for."""
        return self.at(SNAPSHOT)

    @property
    def cgi_url(self) -> str:
        """Where its picture is as a template, as the fleet's cameras have it."""
        return self.at(f"{CGI}?cmd=snapPicture2&usr={{username}}&pwd={{password}}")

    @property
    def onvif_url(self) -> str:
        """Where its ONVIF device service is."""
        return self.at(DEVICE_SERVICE)

    def at(self, path: str) -> str:
        """Return the address of a path of this camera."""
        return f"{self._scheme}://{LOOPBACK}:{self.port}{path}"

    def picture(self) -> bytes:
        """Draw what it sees now."""
        from .devices.scene import draw_scene  # noqa: PLC0415 - one of the devices has this camera

        return draw_scene(self.location, int(self.clock()), self.people)

    def enter(self) -> bool:
        """Count a request in, wait for the gate, and say whether to serve it."""
        with self._lock:
            self.requests += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        self.gate.wait(_HANG)
        return not self.ended.is_set()

    def leave(self) -> None:
        """Count a request out."""
        with self._lock:
            self._at_once -= 1

    def __enter__(self) -> Self:
        """Serve within the block."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, also what hangs."""
        self.ended.set()
        self.gate.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def __init__(self, camera: FakeCamera, port: int, tls: ServerFiles | None) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.camera = camera
        self._answering: list[threading.Thread] = []
        self.context: ssl.SSLContext | None = None
        if tls is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(tls.certificate, tls.key)

    @override
    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._answering.append(thread)
        thread.start()

    @override
    def server_close(self) -> None:
        super().server_close()
        for each in self._answering:
            each.join(_PATIENCE)

    @override
    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        assert isinstance(request, socket.socket)  # noqa: S101 - no datagrams come here
        try:
            # In the connection's own thread, so that a handshake that fails keeps nobody waiting.
            opened = self.context.wrap_socket(request, server_side=True) if self.context else request
            super().finish_request(opened, client_address)
        except OSError:
            return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    _inside = False

    def do_GET(self) -> None:
        camera = self.server.camera
        path = urlsplit(self.path).path
        if path not in {CGI, SNAPSHOT}:
            self._answer(HTTPStatus.NOT_FOUND, b"There is no such page")
        elif path == SNAPSHOT and not camera.door.lets_in(
            self.command, self.path, self.headers.get("Authorization", "")
        ):
            camera.refused += 1
            self._refuse()
        else:
            self._inside = True
            try:
                if camera.enter():
                    self._behave(camera, path)
            finally:
                self._leave()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        said = self.server.camera.onvif.answer(urlsplit(self.path).path, body)
        self._answer(said.status, said.content, said.kind)

    def _behave(self, camera: FakeCamera, path: str) -> None:
        if path == CGI and not self._known(parse_qs(urlsplit(self.path).query)):
            camera.refused += 1
            # As the fleet's cameras do: 200, and the refusal is in the content.
            self._answer(HTTPStatus.OK, b"<CGI_Result><result>-2</result></CGI_Result>", "text/xml")
            return
        picture = camera.picture()
        half = picture[: len(picture) // 2]
        page = b"<html><body>Please log in</body></html>"
        deeds: dict[Behaviour, Callable[[], None]] = {
            Behaviour.WELL: lambda: self._answer(HTTPStatus.OK, picture, "image/jpeg"),
            Behaviour.PAGE: lambda: self._answer(HTTPStatus.OK, page, "text/html"),
            Behaviour.HALF: lambda: self._answer(HTTPStatus.OK, half, "image/jpeg"),
            Behaviour.NOTHING: lambda: self._answer(HTTPStatus.OK, b"", "image/jpeg"),
            Behaviour.FAILS: lambda: self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"out of memory"),
            Behaviour.REFUSES: self._refuse,
            Behaviour.SHORT: lambda: self._promise(len(picture), half),
            Behaviour.LONG: lambda: self._promise(len(picture) + 1000, picture, wait=True),
            Behaviour.DRIPS: lambda: self._drip(picture),
            Behaviour.HANGS: lambda: self._hang(camera),
            Behaviour.ENDLESS: lambda: self._endless(b"HTTP/1.1 200 OK\r\n\r\n", picture),
            Behaviour.FILM: lambda: self._endless(
                b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n", b"--x\r\n" + picture
            ),
            Behaviour.GARBAGE: lambda: self._raw(b"\x00\x01 what do you want?\r\n\r\n"),
            Behaviour.ELSEWHERE: lambda: self._answer(HTTPStatus.FOUND, b"", location=camera.elsewhere),
            Behaviour.CLOSES: lambda: self._raw(b""),
        }
        deeds[camera.behaviour]()

    def _leave(self) -> None:
        if self._inside:
            self._inside = False
            self.server.camera.leave()

    def _answer(
        self, status: HTTPStatus, content: bytes, kind: str = "text/plain", location: str | None = None
    ) -> None:
        # Whoever has the answer may ask again before this thread comes to its end.
        self._leave()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if location is not None:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)

    def _raw(self, content: bytes) -> None:
        self.close_connection = True
        self.wfile.write(content)

    def _promise(self, length: int, content: bytes, *, wait: bool = False) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n"
        self._raw(head.encode() + content)
        if wait:
            self._hang(self.server.camera)

    def _drip(self, content: bytes) -> None:
        self._raw(f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode())
        for byte in content:
            if self.server.camera.ended.wait(_DRIP):
                return
            self.wfile.write(bytes([byte]))

    def _hang(self, camera: FakeCamera) -> None:
        self.close_connection = True
        camera.ended.wait(_HANG)

    def _endless(self, head: bytes, content: bytes) -> None:
        self._raw(head)
        while not self.server.camera.ended.is_set():
            self.wfile.write(content)

    def _refuse(self) -> None:
        self.send_response(HTTPStatus.UNAUTHORIZED)
        for challenge in self.server.camera.door.challenges():
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _known(self, query: Mapping[str, list[str]]) -> bool:
        login = self.server.camera.login
        return query.get("usr") == [login.username] and query.get("pwd") == [login.password]

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: who runs the camera looks at its counts."""
