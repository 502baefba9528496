"""The ONVIF side of the fake camera: just enough of the device and media service to say where its picture is."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
import hashlib
from http import HTTPStatus
import re
from typing import Final, Protocol
from xml.sax.saxutils import escape, unescape

DEVICE_SERVICE: Final = "/onvif/device_service"
MEDIA_SERVICE: Final = "/onvif/media"
_MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
_NAMESPACES: Final = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    f'xmlns:trt="{_MEDIA}" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"'
)
_OPERATION: Final = re.compile(r"<s:Body><(\w+)")
# How far a login's time may be from the camera's clock, in seconds.
_TOLERANCE: Final = 5.0
_PROFILE: Final = "main&only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer."""

    status: HTTPStatus
    content: bytes
    kind: str = "application/soap+xml; charset=utf-8"


class Login(Protocol):
    """Whom the camera lets in."""

    @property
    def username(self) -> str:
        """The user's name."""

    @property
    def password(self) -> str:
        """The password."""


class Camera(Protocol):
    """What this needs to know of the camera."""

    @property
    def login(self) -> Login:
        """Whom it lets in."""

    @property
    def clock(self) -> Callable[[], float]:
        """Its own clock, in unix seconds."""

    @property
    def url(self) -> str:
        """Where its picture is."""

    def at(self, path: str) -> str:
        """Return the address of a path of the camera."""


@dataclass(slots=True)
class OnvifService:
    """Answers ONVIF's questions; ``asked`` is which it was asked.

    ``knows`` are the operations it has, ``picture`` and ``media`` are where it says they are (``None``: as they are),
    ``instead`` is what it answers to everything.
    """

    camera: Camera
    asked: list[str] = field(default_factory=list)
    knows: set[str] = field(
        default_factory=lambda: {
            "GetSystemDateAndTime",
            "GetCapabilities",
            "GetServices",
            "GetProfiles",
            "GetSnapshotUri",
        }
    )
    picture: str | None = None
    media: str | None = None
    instead: Said | None = None
    _nonces: set[str] = field(default_factory=set)

    def answer(self, path: str, body: bytes) -> Said:
        """Answer one question."""
        text = body.decode()
        found = _OPERATION.search(text)
        operation = found[1] if found else ""
        self.asked.append(operation)
        if self.instead is not None:
            return self.instead
        media = operation in {"GetProfiles", "GetSnapshotUri"}
        if operation not in self.knows or path != (MEDIA_SERVICE if media else DEVICE_SERVICE):
            return _fault("ter:ActionNotSupported", HTTPStatus.INTERNAL_SERVER_ERROR)
        if operation != "GetSystemDateAndTime" and not self._let_in(text):
            return _fault("ter:NotAuthorized", HTTPStatus.BAD_REQUEST)
        if operation == "GetSnapshotUri" and f"<ProfileToken>{escape(_PROFILE)}</ProfileToken>" not in text:
            return _fault("ter:NoProfile", HTTPStatus.BAD_REQUEST)
        return _envelope(self._content(operation))

    def _content(self, operation: str) -> str:
        place = self.media or self.camera.at(MEDIA_SERVICE)
        if operation == "GetSystemDateAndTime":
            return _date(self.camera.clock())
        if operation == "GetCapabilities":
            return f"<tds:Capabilities><tt:Media><tt:XAddr>{escape(place)}</tt:XAddr></tt:Media></tds:Capabilities>"
        if operation == "GetServices":
            others = "<tds:Service><tds:Namespace>urn:x</tds:Namespace><tds:XAddr>http://x/</tds:XAddr></tds:Service>"
            address = f"<tds:Namespace>{_MEDIA}</tds:Namespace><tds:XAddr>{escape(place)}</tds:XAddr>"
            return f"{others}<tds:Service>{address}</tds:Service>"
        if operation == "GetProfiles":
            return f'<trt:Profiles token="{escape(_PROFILE)}"/><trt:Profiles token="second"/>'
        return f"<trt:MediaUri><tt:Uri>{escape(self.picture or self.camera.url)}</tt:Uri></trt:MediaUri>"

    def _let_in(self, text: str) -> bool:
        """Check WS-Security's UsernameToken; every nonce counts once, and only by the camera's own clock."""
        words = {
            name: unescape(found[1]) if (found := re.search(rf"<{name}[^>]*>([^<]*)</{name}>", text)) else ""
            for name in ("Username", "Password", "Nonce", "Created")
        }
        if words["Username"] != self.camera.login.username or words["Nonce"] in self._nonces or not words["Created"]:
            return False
        self._nonces.add(words["Nonce"])
        far = datetime.fromisoformat(words["Created"]).timestamp() - self.camera.clock()
        secret = b64decode(words["Nonce"]) + words["Created"].encode() + self.camera.login.password.encode()
        digest = b64encode(hashlib.sha1(secret).digest()).decode()  # noqa: S324 - the standard's
        return abs(far) < _TOLERANCE and words["Password"] == digest


def _date(moment: float) -> str:
    now = datetime.fromtimestamp(moment, UTC)
    time = f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
    date = f"<tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
    moment_told = f"<tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date>"
    return f"<tds:SystemDateAndTime><tt:UTCDateTime>{moment_told}</tt:UTCDateTime></tds:SystemDateAndTime>"


def _fault(subcode: str, status: HTTPStatus) -> Said:
    code = f"<s:Value>s:Sender</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode>"
    reason = '<s:Reason><s:Text xml:lang="en">Sorry</s:Text></s:Reason>'
    return _envelope(f"<s:Fault><s:Code>{code}</s:Code>{reason}</s:Fault>", status)


def _envelope(content: str, status: HTTPStatus = HTTPStatus.OK) -> Said:
    text = f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {_NAMESPACES}><s:Body>{content}</s:Body></s:Envelope>'
    return Said(status=status, content=text.encode())
