"""The server itself: one thread, pyftpdlib's loop, and an end when it is told or nobody is left to tell it."""

from __future__ import annotations

from collections.abc import Callable
import errno
import logging
import os
import resource
from typing import Any, Final

from OpenSSL import SSL
from pyftpdlib.ioloop import IOLoop

from hub_relay.signals import Flag

from .acceptor import CameraAcceptor
from .certificate import Certificate
from .config import FtpConfig
from .inbox import finish_leftovers
from .reception import Reception
from .said import Teller
from .sessions import CameraSession, CameraTlsSession

LOG: Final = logging.getLogger(__name__)
# The app takes a server that says nothing for longer for one that hangs.
_TELL_EVERY: Final = 1.0
# Control connection, data connection, the socket that waits for it, and its file.
_DESCRIPTORS: Final = 4
_OTHER_DESCRIPTORS: Final = 64


class ServerError(Exception):
    """The server cannot start. Says why and what to do, in a sentence for people."""


class _Watch:
    """Ends the loop when a descriptor hangs up, or has something to read that says so."""

    def __init__(self, loop: IOLoop, descriptor: int, end: Callable[[], None], *, until_closed: bool) -> None:
        self._fileno = descriptor
        self._end = end
        self._until_closed = until_closed
        loop.register(descriptor, self, loop.READ)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        if not self._until_closed or not os.read(self._fileno, 4096):
            self._end()

    def handle_close(self) -> None:
        self._end()

    def handle_error(self) -> None:
        self._end()

    def close(self) -> None:
        """Leave the descriptor to whoever opened it."""


def serve(config: FtpConfig, stop: Flag, *, ears: int, mouth: int) -> None:
    """Serve until ``stop`` is up or the descriptor ``ears`` closes; speak to the descriptor ``mouth``.

    Raises ``ServerError`` when it cannot begin.
    """
    try:
        config.inbox.mkdir(parents=True, exist_ok=True)
        inbox = config.inbox.resolve()
        leftovers = finish_leftovers(inbox)
    except OSError as error:
        raise ServerError(f"The folder {config.inbox} cannot be used: {error.strerror}") from error
    if leftovers:
        LOG.info("Files that came in when the server ended before: %d", leftovers)
    loop = IOLoop()
    reception = Reception(config, inbox, lambda: teller.nudge())  # noqa: PLW0108 - made below
    server = _listen(config, _sessions(config, reception), loop)
    port: int = server.port
    teller = Teller(mouth, lambda: reception.say(port), loop.call_later)
    reception.room.start()
    _Watch(loop, ears, loop.close, until_closed=True)
    _Watch(loop, stop.fileno(), loop.close, until_closed=False)
    loop.call_every(_TELL_EVERY, teller.tell)
    teller.tell()
    LOG.info("Waiting for pictures on port %d, %s", port, _how(config))
    try:
        loop.loop()
    finally:
        reception.room.stop()
        loop.close()


def _how(config: FtpConfig) -> str:
    if config.certificate is None:
        return "not encrypted"
    return "encrypted" if config.require_tls else "encrypted where a camera can do it"


def _sessions(config: FtpConfig, reception: Reception) -> type[CameraSession]:
    """Return pyftpdlib's handler with this configuration, which it looks for in the class."""
    limits = config.limits
    base: type[CameraSession] = CameraSession
    settings: dict[str, Any] = {
        "reception": reception,
        "authorizer": reception,
        "timeout": limits.idle_timeout,
        "masquerade_address": config.masquerade,
    }
    if config.passive_ports is not None:
        settings["passive_ports"] = range(config.passive_ports[0], config.passive_ports[1] + 1)
    if config.certificate is not None:
        base = CameraTlsSession
        try:
            settings["certificate"] = Certificate(config.certificate, config.key)
        except (OSError, SSL.Error) as error:
            raise ServerError(f"The certificate {config.certificate} or its key cannot be used: {error}") from error
        settings["tls_control_required"] = settings["tls_data_required"] = config.require_tls
    settings["dtp_handler"] = type("Data", (base.dtp_handler,), {"timeout": limits.stall_timeout})
    return type("Session", (base,), settings)


def _listen(config: FtpConfig, sessions: type[CameraSession], loop: IOLoop) -> CameraAcceptor:
    _get_descriptors(_DESCRIPTORS * config.limits.connections + _OTHER_DESCRIPTORS)
    try:
        return CameraAcceptor((config.host, config.port), sessions, loop)
    except OSError as error:
        raise ServerError(_explain(config, error)) from error


def _explain(config: FtpConfig, error: OSError) -> str:
    # pyftpdlib wraps the error in another one.
    cause = error.args[0] if error.errno is None and error.args and isinstance(error.args[0], OSError) else error
    if cause.errno == errno.EADDRINUSE:
        return f"Port {config.port} for FTP is taken: stop what uses it, or choose another"
    if cause.errno == errno.EACCES:
        return f"Port {config.port} for FTP is not allowed to this app: choose one above 1023"
    return f"FTP cannot listen on {config.host or 'any address'}, port {config.port}: {cause}"


def _get_descriptors(needed: int) -> None:
    """Have the system allow so many open files, as far as it does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
