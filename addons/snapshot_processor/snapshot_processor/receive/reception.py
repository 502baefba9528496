"""What all sessions of the server share: who may come in, what has happened, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import hmac
import logging
from pathlib import Path
from typing import Any, Final

from pyftpdlib.exceptions import AuthenticationFailed

from hub_relay.logs import Throttle

from .bans import Bans
from .config import FtpAccount, FtpConfig
from .files import Home
from .room import Room
from .said import FtpCounts, Said

LOG: Final = logging.getLogger(__name__)
# For accounts that do not exist, so that those take as long as others.
_NOBODY: Final = FtpAccount(name="nobody", password="-")  # noqa: S106 - it opens nothing
_WRITER: Final = frozenset("elmwfda")
_READER: Final = _WRITER | {"r"}


@dataclass(slots=True, kw_only=True)
class Guest:
    """An account while the server runs: what is known of it, its view of the inbox, and who is logged in."""

    account: FtpAccount
    home: Home
    sessions: set[object]


class Reception:
    """The server's memory, for its one thread; also what pyftpdlib calls an authorizer."""

    def __init__(self, config: FtpConfig, inbox: Path, nudge: Callable[[], None]) -> None:
        """Keep accounts in ``inbox``, which is free of links; ``nudge`` is called when there is news."""
        limits = config.limits
        self.limits = limits
        self.nudge = nudge
        self.counts = FtpCounts()
        self.bans = Bans(limits.wrong_logins, limits.wrong_window, limits.ban_seconds)
        self.room = Room(inbox, reserve=limits.reserve, waiting=limits.waiting)
        self.complaints = Throttle()
        self._guests = {
            account.name: Guest(
                account=account, home=Home(inbox / account.name, readable=account.readable), sessions=set()
            )
            for account in config.accounts
        }

    def say(self, port: int) -> Said:
        """Return how things stand."""
        return Said(
            port=port,
            counts=self.counts,
            banned=self.bans.current(),
            low=self.room.low(),
            full=self.room.full(),
        )

    def guest(self, name: str) -> Guest:
        """Return an account that exists."""
        return self._guests[name]

    def refusal(self, name: str) -> str | None:
        """Return why a file is not taken, as a client is told, or ``None``."""
        refusal = self.room.refusal(name)
        if refusal is not None:
            self.refused(f"Files of account {name} are refused: {refusal[4:]}", refusal)
        return refusal

    def refused(self, sentence: str, kind: str) -> None:
        """Count what was refused, and log it once a minute for each kind."""
        self.counts.refused += 1
        self.nudge()
        if self.complaints.due(kind):
            LOG.warning("%s", sentence)

    def validate_authentication(self, username: str, password: str, handler: Any) -> None:
        """Check a login. Raises ``AuthenticationFailed``."""
        guest = self._guests.get(username)
        account = _NOBODY if guest is None else guest.account
        if hmac.compare_digest(password.encode(), account.password.encode()) and guest is not None:
            return
        self.counts.wrong_logins += 1
        if self.bans.wrong(handler.remote_ip):
            self.counts.banned += 1
            LOG.warning(
                "%s gave %d wrong logins and is locked out for %.0f s",
                handler.remote_ip,
                self.limits.wrong_logins,
                self.limits.ban_seconds,
            )
        self.nudge()
        raise AuthenticationFailed("Wrong user name or password.")

    def get_home_dir(self, username: str) -> Home:
        """Return what pyftpdlib hands to ``Files``."""
        return self.guest(username).home

    def get_msg_login(self, _username: str) -> str:
        """Return the greeting."""
        return "Welcome."

    def get_msg_quit(self, _username: str) -> str:
        """Return the farewell."""
        return "Goodbye."

    def get_perms(self, username: str) -> str:
        """Return pyftpdlib's letters for what an account may do."""
        return "".join(sorted(_READER if self.guest(username).account.readable else _WRITER))

    def has_perm(self, username: str, perm: str, _path: str | None = None) -> bool:
        """Say whether an account may do what this letter stands for."""
        return perm in (_READER if self.guest(username).account.readable else _WRITER)

    def impersonate_user(self, _username: str, _password: str) -> None:
        """Accounts are no users of the machine."""

    def terminate_impersonation(self, _username: str) -> None:
        """As ``impersonate_user``."""
