"""The API for images: Home Assistant reads here, with a token, which pictures there are, and the pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
import contextlib
from functools import partial
import hmac
from http import HTTPMethod, HTTPStatus
import json
import logging
import socket
from typing import Any, Final, override

from aiohttp import web

from hub_relay.logs import Throttle
from hub_relay.stages import Stage

from .api_answers import SLOWEST, Answers, RefusedError
from .catalogue import Catalogue

LOG: Final = logging.getLogger(__name__)
# Tells with a traceback whatever comes that is no HTTP: anybody in the network could fill the log.
_STRANGERS: Final = logging.getLogger(f"{__name__}.http")
_STRANGERS.setLevel(logging.CRITICAL)
MOST_CONNECTIONS: Final = 32
# A connection on which nothing is asked for so long is closed, in seconds.
IDLE: Final = 15.0
_BEAT_EVERY: Final = 1.0
# What an answer that is being sent may still take at the end, in seconds; it is waited for twice.
_CLOSE_WITHIN: Final = 0.5
_SCHEME: Final = "Bearer "


class ApiServer(Stage):
    """Serves ``/api/...`` on ``port`` to whoever has the token.

    ``open_catalogue`` is called in the one thread that reads it.
    """

    def __init__(
        self,
        open_catalogue: Callable[[], Catalogue],
        *,
        token: str,
        port: int,
        host: str = "0.0.0.0",  # noqa: S104 - Home Assistant comes from another container
        slowest: float = SLOWEST,
        idle: float = IDLE,
    ) -> None:
        """Listen on ``port`` (0: a free one, then in ``port``). Raises ``OSError`` when it is taken.

        ``slowest``: who takes longer to read a piece of an answer is cut off; ``idle``: as who asks nothing. Seconds.
        Raises ``ValueError`` for an empty token, which would let everybody in.
        """
        if not token:
            raise ValueError("The API for images needs a token")
        super().__init__("api")
        self._open_catalogue = open_catalogue
        self._token = token.encode()
        self._slowest = slowest
        self._idle = idle
        self._complaints = Throttle()
        self._socket = socket.create_server((host, port), backlog=MOST_CONNECTIONS)
        self.port: int = self._socket.getsockname()[1]

    @override
    def run(self) -> None:
        asyncio.run(self._serve())

    @override
    def release(self) -> None:
        self._socket.close()
        super().release()

    async def _serve(self) -> None:
        answers = Answers(self._open_catalogue, slowest=self._slowest)
        server = _Server(
            partial(self._answer, answers),
            access_log=None,
            logger=_STRANGERS,
            keepalive_timeout=self._idle,
            lingering_time=0,
        )
        runner = web.ServerRunner(server, shutdown_timeout=_CLOSE_WITHIN)
        await runner.setup()
        await web.SockSite(runner, self._socket, backlog=MOST_CONNECTIONS).start()
        stopped, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(self.stop_flag.fileno(), stopped.set)
        try:
            while not stopped.is_set():
                self.beat()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), _BEAT_EVERY)
        finally:
            loop.remove_reader(self.stop_flag.fileno())
            await runner.cleanup()
            answers.close()

    async def _answer(self, answers: Answers, request: web.BaseRequest) -> web.StreamResponse:
        try:
            self._let_in(request)
            return await answers.answer(request)
        except RefusedError as error:
            return _refusal(error)
        except (TimeoutError, ConnectionError):
            # A part of the answer has left: nothing else tells the client that this is not all.
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        except Exception:
            LOG.exception("A request for pictures led to a fault of the program")
            return _refusal(RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, "The app failed: look at its log"))

    def _let_in(self, request: web.BaseRequest) -> None:
        """Raise ``RefusedError`` unless the token is right and nothing but reading is wanted."""
        said = request.headers.get("Authorization", "")
        token = said.removeprefix(_SCHEME) if said.startswith(_SCHEME) else ""
        if not hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self._token):
            if self._complaints.due(f"{request.remote}"):
                LOG.warning("A request from %s has no token, or a wrong one", request.remote)
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "The token is wrong: take it from the app's options")
        if request.method != HTTPMethod.GET:
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "Pictures can only be read here")


def _refusal(error: RefusedError) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if error.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "GET"
    body = json.dumps({"error": str(error)}).encode()
    return web.Response(status=error.status, body=body, headers=headers, content_type="application/json")


class _Server(web.Server):
    """Takes so many connections at once and no more, so that nobody can use up the app's memory."""

    @override
    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
