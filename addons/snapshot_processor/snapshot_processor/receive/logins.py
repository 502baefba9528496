"""The control connections, as far as any FTP server has them: who comes in, and how much is heard of whom."""

from __future__ import annotations

import logging
import sys
from typing import Any, ClassVar, Final, override

from pyftpdlib.handlers import FTPHandler

from .reception import Guest, Reception

LOG: Final = logging.getLogger(__name__)
_MOST_UNREAD: Final = 100


class LoginSession(FTPHandler):  # type: ignore[misc] # pyftpdlib has no types
    """One client. ``reception`` is what it shares with all others, ``guest`` its account once it is logged in."""

    reception: ClassVar[Reception]
    banner = "Event Hub ready."
    guest: Guest | None = None
    _refusing = False

    @override
    def on_connect(self) -> None:
        self.reception.counts.connections += 1
        if self._turned_away():
            return
        self.call_later(self.reception.limits.login_timeout, self._login_overdue)

    @override
    def handle_max_cons(self) -> None:
        self.reception.refused("Connections are refused: there are too many", "connections")
        super().handle_max_cons()

    @override
    def handle_max_cons_per_ip(self) -> None:
        sentence = f"Connections of {self.remote_ip} are refused: there are too many"
        self.reception.refused(sentence, "connections of an address")
        super().handle_max_cons_per_ip()

    def _turned_away(self) -> bool:
        if not self.reception.bans.banned(self.remote_ip):
            return False
        self.respond("421 Too many wrong logins. Try again later.")
        self.close_when_done()
        return True

    def _login_overdue(self) -> None:
        if not self.authenticated:
            self.handle_timeout()

    @override
    def ftp_PASS(self, line: str) -> None:
        if not self._turned_away():
            super().ftp_PASS(line)

    @override
    def handle_auth_failed(self, msg: str, password: str) -> None:
        self.username = ""
        self._refusing = True
        self.del_channel()
        # Given up when the connection is closed before: pyftpdlib's own would come back to whoever has its number then.
        self.call_later(self.reception.limits.login_delay, self._refuse_login, msg)

    def _refuse_login(self, msg: str) -> None:
        self._refusing = False
        self.add_channel()
        self.attempted_logins += 1
        self.respond(f"530 {msg}")
        if self.attempted_logins >= self.max_login_attempts or self.reception.bans.banned(self.remote_ip):
            self.close_when_done()

    @override
    def handle_auth_success(self, home: Any, password: str, msg_login: str) -> None:
        guest = self.reception.guest(self.username)
        if len(guest.sessions) >= self.reception.limits.per_account:
            sentence = f"Connections of account {self.username} are refused: there are too many"
            self.reception.refused(sentence, "connections of an account")
            self.respond("421 Too many connections of this account. Try again later.")
            self.close_when_done()
            return
        guest.sessions.add(self)
        self.guest = guest
        super().handle_auth_success(home, "", msg_login)

    def _leave(self) -> None:
        if self.guest is not None:
            self.guest.sessions.discard(self)
            self.guest = None

    @override
    def flush_account(self) -> None:
        self._leave()
        super().flush_account()

    @override
    def close(self) -> None:
        if not self._closed:
            self._leave()
        super().close()

    @override
    def collect_incoming_data(self, data: bytes) -> None:
        if self._listening():
            super().collect_incoming_data(data)

    @override
    def found_terminator(self) -> None:
        if self._listening():
            super().found_terminator()

    def _listening(self) -> bool:
        """Say whether to hear more: not of a client that reads no answers, and not while it waits for one."""
        if len(self.producer_fifo) > _MOST_UNREAD:
            self.close()
        return not (self._closed or self._closing or self._refusing)

    @override
    def log(self, msg: str, logfun: Any = None) -> None:
        if self._log_debug:
            super().log(msg, LOG.debug)

    @override
    def log_exception(self, instance: Any) -> None:
        # A stranger can bring this about as often as he likes.
        LOG.debug("A connection of %s broke", self.remote_ip, exc_info=sys.exception())

    @override
    def log_transfer(self, **_details: Any) -> None:
        """Leave it to the counts."""

    @override
    def log_cmd(self, cmd: str, arg: str, respcode: int, respstr: str) -> None:
        """Leave it to the level debug, where every line is logged."""
