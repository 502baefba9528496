"""Requests to one camera: its login, its redirects, and limits that hold whatever it does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
import logging
import os
import ssl
from typing import Final

import aiohttp
from yarl import URL

from hub_relay.links import Login

from .challenge import Auth, answer, basic, read_challenges
from .error import LOGIN_REFUSED, TOO_SLOW, FetchError

LOG: Final = logging.getLogger(__name__)
MOST_REDIRECTS: Final = 3
_CHUNK: Final = 64 * 1024
_UNAUTHORIZED: Final = 401
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FORBIDDEN: Final = frozenset({_UNAUTHORIZED, 403})
_MISSING: Final = frozenset({404, 410})
_OK: Final = range(200, 300)
_NO_HTTP: Final = "The camera does not speak HTTP as it should"
# What a camera calls a stream that never ends.
_STREAM: Final = "multipart/"
# Not compressed: what unpacks to far more than came would pass by the limit.
_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "event-hub"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a camera answered: the HTTP status, where else to ask (or ``None``), and the content."""

    status: int
    location: str | None
    content: bytes

    def check(self) -> None:
        """Raise ``FetchError`` unless the camera did what it was asked."""
        if self.status in _FORBIDDEN:
            raise FetchError(LOGIN_REFUSED, final=True)
        if self.status in _MISSING:
            raise FetchError(f"The camera answers {self.status}: it has no picture at this address", final=True)
        if self.status not in _OK:
            raise FetchError(f"The camera answers {self.status}")


class Exchange:
    """A conversation with the camera at ``origin``, and with no other host."""

    def __init__(
        self, session: aiohttp.ClientSession, origin: URL, *, login: Login | None, auth: Auth, largest: int
    ) -> None:
        """Ask with this login; an answer of more than ``largest`` bytes is refused."""
        self._session = session
        self._origin = origin
        self._login = None if auth is Auth.NONE else login
        self._auth = auth
        self._largest = largest

    async def get(self, url: URL) -> Reply:
        """Return what is there, or at most three redirects further on the same host. Raises ``FetchError``."""
        for _ in range(MOST_REDIRECTS + 1):
            reply = await self._ask("GET", url, None, {})
            if reply.status not in _REDIRECTS or reply.location is None:
                return reply
            url = self._next(url, reply.location)
        raise FetchError("The camera sends from one address to the next without end", final=True)

    async def post(self, url: URL, body: bytes, content_type: str) -> Reply:
        """Return what the camera answers to this. Raises ``FetchError``."""
        return await self._ask("POST", url, body, {"Content-Type": content_type})

    def _next(self, url: URL, location: str) -> URL:
        try:
            following = url.join(URL(location))
            same = (following.host, following.user, following.password) == (self._origin.host, None, None)
        except ValueError:
            same = False
        if not same or following.scheme not in {url.scheme, "https"}:
            raise FetchError("The camera sends elsewhere: give the address that it sends to", final=True)
        return following

    async def _ask(self, method: str, url: URL, body: bytes | None, headers: dict[str, str]) -> Reply:
        """Ask, and a second time when the camera wants the login told in its own way."""
        login = self._login
        if login is not None and self._auth is Auth.BASIC:
            return (await self._send(method, url, body, headers | {"Authorization": basic(login)}))[0]
        reply, offered = await self._send(method, url, body, headers)
        if login is None or reply.status != _UNAUTHORIZED:
            return reply
        said = answer(read_challenges(offered), self._auth, login, method=method, target=url.raw_path_qs)
        if said is None:
            return reply
        return (await self._send(method, url, body, headers | {"Authorization": said}))[0]

    async def _send(
        self, method: str, url: URL, body: bytes | None, headers: dict[str, str]
    ) -> tuple[Reply, list[str]]:
        async with self._session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
            if response.status in _OK and response.content_type.startswith(_STREAM):
                raise FetchError("The camera sends a film: give the address of its still picture", final=True)
            reply = Reply(
                status=response.status,
                location=response.headers.get("Location"),
                content=await self._read(response),
            )
            return reply, response.headers.getall("WWW-Authenticate", [])

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        if (response.content_length or 0) <= self._largest:
            async for chunk in response.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > self._largest:
                    break
            else:
                return bytes(content)
        raise FetchError(f"The camera sends more than {_size(self._largest)}")


@asynccontextmanager
async def session(*, verify: bool) -> AsyncIterator[aiohttp.ClientSession]:
    """Open connections for one fetch; what goes wrong in the block comes out as ``FetchError``."""
    connector = aiohttp.TCPConnector(ssl=True if verify else _lenient())
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        ) as opened:
            yield opened
    except FetchError:
        raise
    # Without the cause: its text, or that of its own cause, may hold the address with the login in it.
    except TimeoutError:
        raise FetchError(TOO_SLOW) from None
    except aiohttp.ClientConnectorCertificateError:
        raise FetchError(
            "The camera's certificate is not trusted: check it, or do not ask for it", final=True
        ) from None
    except aiohttp.ClientConnectorError as error:
        raise FetchError(f"The camera cannot be reached: {_reason(error.os_error)}") from None
    except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, OSError):
        raise FetchError("The camera broke the connection off") from None
    except (aiohttp.ClientError, ValueError):
        raise FetchError(_NO_HTTP) from None
    except Exception as error:  # noqa: BLE001 - no camera may end the app, whatever it thinks of
        LOG.error("A camera's answer led to a fault of the program: %s", type(error).__name__)  # noqa: TRY400 - as above
        raise FetchError(_NO_HTTP) from None


def _size(count: int) -> str:
    return f"{count // 2**20} MiB" if count >= 2**20 else f"{count // 2**10} KiB"


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return "no encrypted connection comes about"
    if error.errno is None or error.errno < 0:
        return "its name is not known"
    return os.strerror(error.errno)


@cache
def _lenient() -> ssl.SSLContext:
    """Return what takes any certificate, and the encryption of cameras that were never updated."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context
