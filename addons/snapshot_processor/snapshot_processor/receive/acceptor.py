"""Where control connections come in."""

from __future__ import annotations

import logging
import socket
import sys
from typing import Any, Final, override

from pyftpdlib.ioloop import Acceptor, IOLoop

from .sessions import CameraSession

LOG: Final = logging.getLogger(__name__)
_BACKLOG: Final = 100


class CameraAcceptor(Acceptor):  # type: ignore[misc] # pyftpdlib has no types
    """Makes a session of every connection, within the limits.

    pyftpdlib's own server would start a second process, for the ways to serve that are not used here.
    """

    backlog = _BACKLOG

    def __init__(self, address: tuple[str, int], sessions: type[CameraSession], loop: IOLoop) -> None:
        """Listen. Raises ``OSError``."""
        super().__init__(ioloop=loop)
        self._sessions = sessions
        self._limits = sessions.reception.limits
        # The addresses of all control connections; a session removes its own.
        self.ip_map: list[str] = []
        self.bind_af_unspecified(address)
        self.listen(_BACKLOG)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.socket.getsockname()[1])

    def _accept_new_cons(self) -> bool:
        """Say whether there is room for the last one that came; data connections are asked for too, and have it."""
        return len(self.ip_map) <= self._limits.connections

    @override
    def handle_accepted(self, sock: socket.socket, addr: Any) -> None:
        session = self._sessions(sock, self, ioloop=self.ioloop)
        if not session.connected:
            return
        self.ip_map.append(addr[0])
        try:
            self._greet(session, addr[0])
        except Exception:  # noqa: BLE001 - it logs it and ends this one
            session.handle_error()

    def _greet(self, session: CameraSession, address: str) -> None:
        if not self._accept_new_cons():
            session.handle_max_cons()
        elif self.ip_map.count(address) > self._limits.per_address:
            session.handle_max_cons_per_ip()
        else:
            session.handle()

    @override
    def handle_error(self) -> None:
        # One connection broke; the door stays open.
        LOG.debug("A connection could not be accepted", exc_info=sys.exception())
