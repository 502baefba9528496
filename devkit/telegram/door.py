"""The fake Telegram's HTTP: addresses, forms, answers, and every way not to answer."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
import json
import socket
import struct
from typing import Any, Final, NoReturn

from aiohttp import web

from devkit.broker_process import LOOPBACK, free_ports

from .faults import BadRequestError, Broken, Cut, Down, Fault, Hang, RefusedError, Slow, refusal_of
from .methods import Methods

_LARGEST_REQUEST: Final = 64 * 1024 * 1024
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_FROM_A_GATEWAY: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})


class Door:
    """Lets requests in to the methods. Everything runs in the server's event loop."""

    def __init__(self, token: str, methods: Methods) -> None:
        """Prepare; `open` binds a port."""
        self.requests: list[str] = []
        self.faults: list[tuple[Fault, str]] = []
        self.url = ""
        self._token = token
        self._methods = methods
        self._down: Down | None = None
        self._connections: set[asyncio.Transport] = set()
        self._runner: web.AppRunner | None = None
        self._address = (LOOPBACK, 0)
        self._reserved: socket.socket | None = None
        self._site: web.SockSite | None = None

    async def open(self) -> None:
        """Listen."""
        application = web.Application(client_max_size=_LARGEST_REQUEST)
        application.router.add_route("*", "/bot{token}/{method}", self._ask)
        application.router.add_get("/file/bot{token}/photos/{file}", self._fetch)
        self._runner = web.AppRunner(application, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._address = (LOOPBACK, free_ports(1)[0])
        self.url = f"http://{LOOPBACK}:{self._address[1]}"
        await self.come_back()

    async def close(self) -> None:
        """Stop listening, and reset what is still open."""
        self._hang_up()
        if self._reserved:
            self._reserved.close()
        if self._runner:
            await self._runner.cleanup()

    async def go_down(self, how: Down) -> None:
        """Be unreachable from now on."""
        self._down = how
        if how is not Down.SILENT:
            self._hang_up()
        if how is Down.REFUSED and self._site:
            await self._site.stop()
            self._site = None
            self._reserved = self._bound()
            self._hang_up()

    async def come_back(self) -> None:
        """Be reachable from now on, at the same address."""
        self._down = None
        if self._site is None and self._runner:
            listening, self._reserved = self._reserved or self._bound(), None
            self._site = web.SockSite(self._runner, listening)
            await self._site.start()

    def _bound(self) -> socket.socket:
        """Return a socket that holds the address, without listening: a connection is refused."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(self._address)
        return bound

    def _hang_up(self) -> None:
        for transport in tuple(self._connections):
            _reset(transport)

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError
        self._connections.add(transport)
        try:
            return await self._answered(request, transport)
        finally:
            self._connections.discard(transport)

    async def _answered(self, request: web.Request, transport: asyncio.BaseTransport) -> web.StreamResponse:
        method = request.match_info["method"]
        fault: Fault | None = None
        try:
            params = await self._params_of(request)
            await self._stay_away(transport)
            fault = self._next_fault(method)
            if isinstance(fault, Hang | Cut) and not fault.taken:
                await _fail(fault, transport)
            if fault and (refusal := refusal_of(fault)):
                raise refusal
            await _linger(fault, taken=False)
            result = await self._do(request.match_info["token"], method, params)
        except RefusedError as error:
            return _refused(error, page=isinstance(fault, Broken) and fault.status in _FROM_A_GATEWAY)
        await _linger(fault, taken=True)
        await self._stay_away(transport)
        if isinstance(fault, Hang | Cut):
            await _fail(fault, transport)
        return web.json_response({"ok": True, "result": result})

    async def _params_of(self, request: web.Request) -> dict[str, Any]:
        """Read a request to its end; once it is noted, its fault is taken before anything else happens."""
        try:
            return await _params_of(request)
        finally:
            self.requests.append(request.match_info["method"])

    async def _do(self, token: str, name: str, params: Mapping[str, Any]) -> Any:
        if token != self._token:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        if self._methods.logged_out:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "Logged out")
        method = self._methods.named(name)
        if method is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "Not Found")
        return await method(params)

    async def _stay_away(self, transport: asyncio.BaseTransport) -> None:
        if self._down is not None:
            await _fail(Hang() if self._down is Down.SILENT else Cut(), transport)

    def _next_fault(self, method: str) -> Fault | None:
        for index, (fault, on) in enumerate(self.faults):
            if on in method.lower():
                del self.faults[index]
                return fault
        return None

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        content = self._methods.chats.files.get(request.match_info["file"].removesuffix(".jpg"))
        if request.match_info["token"] != self._token or content is None:
            return _refused(RefusedError(HTTPStatus.NOT_FOUND, "Not Found"), page=False)
        return web.Response(body=content, content_type="application/octet-stream")


async def _params_of(request: web.Request) -> dict[str, Any]:
    params: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            return params | dict(json.loads(await request.read() or b"{}"))
        except TypeError, ValueError:
            raise BadRequestError("can't parse JSON object") from None
    for name, value in (await request.post()).items():
        params[name] = value.file.read() if isinstance(value, web.FileField) else value
    return params


async def _linger(fault: Fault | None, *, taken: bool) -> None:
    """Take one's time before what was asked is done, or after that."""
    if isinstance(fault, Slow) and fault.taken is taken:
        await asyncio.sleep(fault.seconds)


async def _fail(fault: Hang | Cut, transport: asyncio.BaseTransport) -> NoReturn:
    """Never answer: either by waiting until the client or the server has had enough, or at once."""
    if isinstance(fault, Cut):
        _reset(transport)
    await asyncio.get_running_loop().create_future()
    raise AssertionError


def _reset(transport: asyncio.BaseTransport) -> None:
    """End a connection without a good-bye, as a network does that goes away."""
    connection = transport.get_extra_info("socket")
    # One that the other side has ended already is none any more.
    if connection is not None and connection.fileno() >= 0 and isinstance(transport, asyncio.Transport):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()


def _refused(error: RefusedError, *, page: bool) -> web.Response:
    if page:
        text = f"<html><head><title>{error.status} {error}</title></head><body>nginx</body></html>"
        return web.Response(status=error.status, text=text, content_type="text/html")
    body: dict[str, Any] = {"ok": False, "error_code": error.status, "description": str(error)}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
    return web.json_response(body, status=error.status)
