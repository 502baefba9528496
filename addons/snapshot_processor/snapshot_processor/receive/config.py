"""How the FTP server is set up. It goes to the server's own process as one line of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from ipaddress import AddressValueError, IPv4Address
import json
from pathlib import Path
from typing import Any, Final, Self

from hub_relay.logs import LEVELS

from .names import clean_name

PORT: Final = 2121
_PORTS: Final = 65_535
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FtpAccount:
    """A login; its files come into the inbox's folder of the same name. Only a ``readable`` one sees what waits there.

    Raises ``ValueError`` for a name that cannot be a folder's, and for an empty password.
    """

    name: str
    password: str = field(repr=False)
    readable: bool = False

    def __post_init__(self) -> None:
        """Check what people wrote."""
        if self.name != clean_name(self.name):
            raise ValueError(
                f"{self.name!r} cannot be an account: use letters, digits, and no slashes or dots in front"
            )
        if not self.password:
            raise ValueError(f"Account {self.name} needs a password")


@dataclass(frozen=True, slots=True, kw_only=True)
class FtpLimits:
    """What clients may do.

    Connections at the same time: in all, of one address, of one account. Bytes: of the ``largest`` file, that may be
    ``waiting`` to be accepted of one account, that must stay free on the disk (``reserve``). Seconds: an address with
    so many ``wrong_logins`` within ``wrong_window`` is locked out for ``ban_seconds``; a wrong login is answered after
    ``login_delay``; a client must log in within ``login_timeout``, say something within ``idle_timeout``, and go on
    with a transfer within ``stall_timeout``.
    """

    connections: int = 64
    per_address: int = 32
    per_account: int = 32
    largest: int = 32 * _MIB
    waiting: int = 1024 * _MIB
    reserve: int = 512 * _MIB
    wrong_logins: int = 5
    wrong_window: float = 600.0
    ban_seconds: float = 900.0
    login_delay: float = 2.0
    login_timeout: float = 30.0
    idle_timeout: float = 300.0
    stall_timeout: float = 60.0

    def __post_init__(self) -> None:
        """Check that each is a positive number; only ``reserve`` and ``login_delay`` may be 0."""
        for item in fields(self):
            value = getattr(self, item.name)
            if value < 0 or (value == 0 and item.name not in {"reserve", "login_delay"}):
                raise ValueError(f"{item.name} must be more than 0, not {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FtpConfig:
    """The FTP server: where it listens (an empty ``host``: everywhere; port 0: any that is free), and for whom.

    ``passive_ports`` are the first and the last one for data (``None``: any), ``masquerade`` is the IPv4 address that
    clients are told. With ``certificate`` (PEM, with its ``key`` unless that is in the same file) clients may encrypt,
    with ``require_tls`` they must. Raises ``ValueError`` for what cannot work.
    """

    inbox: Path
    accounts: tuple[FtpAccount, ...]
    host: str = ""
    port: int = PORT
    passive_ports: tuple[int, int] | None = None
    masquerade: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    require_tls: bool = False
    limits: FtpLimits = field(default_factory=FtpLimits)
    log_level: str = "info"

    def __post_init__(self) -> None:
        """Check what people wrote."""
        if not 0 <= self.port <= _PORTS:
            raise ValueError(f"{self.port} is no port")
        names = [account.name for account in self.accounts]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"There are two accounts {doubled[0]}")
        if self.passive_ports is not None and not 0 < self.passive_ports[0] <= self.passive_ports[1] <= _PORTS:
            raise ValueError("The passive ports are a first and a last one, as 30000 and 30019")
        if self.masquerade is not None:
            _check_address(self.masquerade)
        if self.certificate is None and (self.require_tls or self.key is not None):
            raise ValueError("Encryption needs a certificate")
        if self.log_level not in LEVELS:
            raise ValueError(f"{self.log_level!r} is none of {', '.join(LEVELS)}")

    def to_json(self) -> str:
        """Return it as one line, passwords included."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """Read what ``to_json`` wrote. Raises ``ValueError``, ``TypeError`` or ``KeyError`` for anything else."""
        said: dict[str, Any] = json.loads(line)
        said["accounts"] = tuple(FtpAccount(**account) for account in said["accounts"])
        said["limits"] = FtpLimits(**said["limits"])
        said["inbox"] = Path(said["inbox"])
        said["passive_ports"] = tuple(said["passive_ports"]) if said["passive_ports"] else None
        for name in ("certificate", "key"):
            said[name] = _path(said, name)
        return cls(**said)


def _path(said: Mapping[str, Any], name: str) -> Path | None:
    return None if said[name] is None else Path(said[name])


def _check_address(text: str) -> None:
    try:
        IPv4Address(text)
    except AddressValueError:
        raise ValueError(f"{text!r} must be an IPv4 address, as 192.168.1.5") from None
