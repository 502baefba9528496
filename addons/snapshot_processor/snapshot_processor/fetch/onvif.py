"""ONVIF: asks a camera where its still picture is (core and media specification, version 1 of both services)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
import hashlib
import secrets
import time
from typing import Final
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]
from yarl import URL

from hub_relay.links import Login

from .error import LOGIN_REFUSED, FetchError
from .exchange import Exchange, Reply
from .source import OnvifSource

_DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
_SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_NAMES: Final = {"soap": _SOAP, "tds": _DEVICE, "trt": _MEDIA, "tt": _SCHEMA}
# What cameras call a login that they do not take.
_REFUSALS: Final = ("notauthorized", "failedauthentication", "invalidsecurity", "failedcheck")
_NO_ONVIF: Final = "The camera does not speak ONVIF at this address: check it"


@dataclass(slots=True, kw_only=True)
class Known:
    """What a camera has told of itself: how far its clock is ahead (seconds), where its media service and picture are.

    Kept until it fails, so that a picture needs one request, and a slow camera gets on with every try.
    """

    ahead: float | None = None
    media: URL | None = None
    picture: URL | None = None

    def forget(self) -> None:
        """Ask for everything anew."""
        self.ahead = self.media = self.picture = None


class Onvif:
    """Speaks with one camera's services. ``known`` is what they have told so far."""

    def __init__(
        self, exchange: Exchange, source: OnvifSource, known: Known, clock: Callable[[], float] = time.time
    ) -> None:
        """Ask what is not ``known`` yet; ``clock`` in unix seconds."""
        self._exchange = exchange
        self._device = URL(source.url)
        self._login = source.login
        self.known = known
        self._clock = clock

    async def picture(self) -> URL:
        """Return where the still picture of the camera's first profile is. Raises ``FetchError``."""
        known = self.known
        if known.ahead is None:
            known.ahead = await self._ahead()
        if known.media is None:
            known.media = await self._media()
        if known.picture is None:
            profiles = await self._call(known.media, f'<GetProfiles xmlns="{_MEDIA}"/>')
            token = next((one.get("token") for one in profiles.iterfind(".//trt:Profiles", _NAMES)), None)
            if not token:
                raise FetchError("The camera has no profile: make one in its own settings", final=True)
            asked = f'<GetSnapshotUri xmlns="{_MEDIA}"><ProfileToken>{escape(token)}</ProfileToken></GetSnapshotUri>'
            told = await self._call(known.media, asked)
            known.picture = self._at_camera(told.findtext(".//trt:MediaUri/tt:Uri", None, _NAMES))
        return known.picture

    async def _ahead(self) -> float:
        """Return how far the camera's clock is ahead; one that does not tell it is taken to be right."""
        try:
            told = await self._call(self._device, f'<GetSystemDateAndTime xmlns="{_DEVICE}"/>', login=False)
        except FetchError:
            return 0.0
        words = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
        paths = (".//tt:UTCDateTime/" + "/".join(f"tt:{part}" for part in word.split("/")) for word in words)
        try:
            year, month, day, hour, minute, second = (int(told.findtext(path, "", _NAMES)) for path in paths)
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp() - self._clock()
        except (ValueError, OverflowError):
            return 0.0

    async def _media(self) -> URL:
        """Return the media service; cameras know either the older or the newer question."""
        try:
            asked = f'<GetCapabilities xmlns="{_DEVICE}"><Category>Media</Category></GetCapabilities>'
            told = await self._call(self._device, asked)
            if address := told.findtext(".//tt:Media/tt:XAddr", None, _NAMES):
                return self._at_camera(address)
        except FetchError as error:
            if error.final:
                raise
        asked = f'<GetServices xmlns="{_DEVICE}"><IncludeCapability>false</IncludeCapability></GetServices>'
        for service in (await self._call(self._device, asked)).iterfind(".//tds:Service", _NAMES):
            if service.findtext("tds:Namespace", "", _NAMES).strip() == _MEDIA:
                return self._at_camera(service.findtext("tds:XAddr", None, _NAMES))
        raise FetchError("The camera has no ONVIF media service: give the address of its picture instead", final=True)

    def _at_camera(self, address: str | None) -> URL:
        """Return the address on the camera's own host; behind a router it tells one that is not known here."""
        try:
            told = URL((address or "").strip()).with_fragment(None)
            if told.scheme not in {"http", "https"} or not told.host:
                raise FetchError("The camera gives no address of its picture", final=True)
            if told.host == self._device.host:
                return told.with_user(None)
            return self._device.with_path(told.raw_path, encoded=True).with_query(told.query)
        except ValueError:
            raise FetchError(_NO_ONVIF, final=True) from None

    async def _call(self, service: URL, body: str, *, login: bool = True) -> Element:
        security = _security(self._login, self._clock() + (self.known.ahead or 0)) if login and self._login else ""
        envelope = f'<s:Envelope xmlns:s="{_SOAP}"><s:Header>{security}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
        return _read(await self._exchange.post(service, envelope.encode(), "application/soap+xml; charset=utf-8"))


def _read(reply: Reply) -> Element:
    try:
        envelope: Element = fromstring(reply.content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        reply.check()
        raise FetchError(_NO_ONVIF) from None
    fault = envelope.find(".//soap:Fault", _NAMES)
    if fault is not None:
        reason = " ".join(text.strip() for text in fault.itertext())
        if any(word in reason.replace(" ", "").lower() for word in _REFUSALS):
            raise FetchError(LOGIN_REFUSED, final=True)
        raise FetchError("The camera does not do what ONVIF asks of it")
    reply.check()
    return envelope


def _security(login: Login, now: float) -> str:
    """Return the login as WS-Security's UsernameToken has it: a digest that counts once, by the camera's clock."""
    nonce = secrets.token_bytes(16)
    created = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(nonce + created.encode() + login.password.encode()).digest()  # noqa: S324 - the standard's
    kind = quoteattr(f"{_SECURITY}-username-token-profile-1.0#PasswordDigest")
    encoding = quoteattr(f"{_SECURITY}-soap-message-security-1.0#Base64Binary")
    return (
        f'<Security s:mustUnderstand="1" xmlns="{_SECURITY}-wssecurity-secext-1.0.xsd"><UsernameToken>'
        f"<Username>{escape(login.username)}</Username>"
        f"<Password Type={kind}>{b64encode(digest).decode()}</Password>"
        f"<Nonce EncodingType={encoding}>{b64encode(nonce).decode()}</Nonce>"
        f'<Created xmlns="{_SECURITY}-wssecurity-utility-1.0.xsd">{created}</Created>'
        "</UsernameToken></Security>"
    )
