"""Where a camera's picture is fetched from, and with which login."""

from __future__ import annotations

from dataclasses import dataclass
import re
from typing import Final, override
from urllib.parse import SplitResult, quote, urlsplit

from hub_relay.links import Login

from .challenge import Auth

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_USERNAME: Final = "username"
_PASSWORD: Final = "password"  # noqa: S105 - the placeholder's name
_PLACEHOLDERS: Final = frozenset({_USERNAME, _PASSWORD})
_SCHEMES: Final = frozenset({"http", "https"})


def check(url: str, *, login: Login | None = None, template: bool = True) -> str | None:
    """Return what is wrong with a camera's address (``must ...``), without repeating it, or ``None``.

    ``template``: it may name the login as ``{username}`` and ``{password}``.
    """
    names = set(_PLACEHOLDER.findall(url))
    if names - (_PLACEHOLDERS if template else frozenset()):
        return "must name nothing in {} but {username} and {password}" if template else "must have no {} in it"
    if names and login is None:
        return "must not name {username} or {password} as long as there is no login"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "must be written as a browser shows it: no blanks, and % instead of other letters"
    return _check_place(_PLACEHOLDER.sub("x", url))


def _check_place(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "must have a port of 1 to 65535, and [] around an IPv6 address"
    if parts.scheme.lower() not in _SCHEMES:
        return "must begin with http:// or https://"
    if not parts.hostname:
        return "must name the camera's host after http://"
    if port == 0:
        return "must have a port of 1 to 65535"
    if "@" in parts.netloc:
        return "must not hold the login: give username and password of their own"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSource:
    """A camera that gives its picture at an address.

    ``{username}`` and ``{password}`` in ``url`` stand for the login's. ``auth`` is how else the login is told;
    ``verify`` checks the certificate of https, which cameras make themselves. Raises ``ValueError`` for an address
    that ``check`` finds fault with.
    """

    url: str
    login: Login | None = None
    auth: Auth = Auth.AUTO
    verify: bool = False

    def __post_init__(self) -> None:
        """Refuse what can never be fetched."""
        if problem := check(self.url, login=self.login):
            raise ValueError(f"A camera's address {problem}")

    @property
    def address(self) -> str:
        """The address to be asked, with the login in it where the template wants that: a secret."""
        if self.login is None:
            return self.url
        values = {_USERNAME: self.login.username, _PASSWORD: self.login.password}
        return _PLACEHOLDER.sub(lambda found: quote(values[found[1]], safe=""), self.url)

    @override
    def __repr__(self) -> str:
        return f"HttpSource({place_of(self.url)!r}, auth={str(self.auth)!r}, {self.login!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifSource:
    """A camera that speaks ONVIF; ``url`` is that of its device service (``http://<host>/onvif/device_service``).

    ``verify`` as in ``HttpSource``. Raises ``ValueError`` for an address that ``check`` finds fault with.
    """

    url: str
    login: Login | None = None
    verify: bool = False

    def __post_init__(self) -> None:
        """Refuse what can never be fetched."""
        if problem := check(self.url, login=self.login, template=False):
            raise ValueError(f"A camera's address {problem}")

    @override
    def __repr__(self) -> str:
        return f"OnvifSource({place_of(self.url)!r}, {self.login!r})"


type Source = HttpSource | OnvifSource


def place_of(url: str) -> str:
    """Return an address without what may hold a secret: login and query."""
    parts = urlsplit(url)
    return SplitResult(parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "").geturl()
