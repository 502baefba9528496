"""Addresses that were wrong about their login too often."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
import time
from typing import Final

# So many addresses are remembered.
MOST: Final = 1024
_SITE_BITS: Final = 64


@dataclass(slots=True, kw_only=True)
class _Record:
    first: float
    wrong: int = 0
    until: float | None = None


class Bans:
    """Who is locked out: an address with ``wrong_logins`` within ``window`` seconds, for ``seconds``.

    IPv6 addresses of one network (/64) count as one: a client there has as many as it likes.
    """

    def __init__(
        self, wrong_logins: int, window: float, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Lock nobody out; ``clock`` gives seconds."""
        self._most = wrong_logins
        self._window = window
        self._seconds = seconds
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wrong(self, address: str) -> bool:
        """Note a wrong login and say whether the address is locked out from now on."""
        now = self._clock()
        key = _key(address)
        record = self._records.get(key)
        if record is None or now - record.first > self._window or _over(record, now):
            record = self._records[key] = _Record(first=now)
        self._records.move_to_end(key)
        record.wrong += 1
        begins = record.until is None and record.wrong >= self._most
        if begins:
            record.until = now + self._seconds
        self._forget(now)
        return begins

    def banned(self, address: str) -> bool:
        """Say whether the address is locked out now."""
        return self._is_banned(self._records.get(_key(address)), self._clock())

    def current(self) -> tuple[str, ...]:
        """Return who is locked out, those of the last wrong login last."""
        now = self._clock()
        return tuple(key for key, record in self._records.items() if self._is_banned(record, now))

    @staticmethod
    def _is_banned(record: _Record | None, now: float) -> bool:
        return record is not None and record.until is not None and now < record.until

    def _forget(self, now: float) -> None:
        """Keep the table small: first who may be forgotten goes, then whoever has been there longest."""
        if len(self._records) <= MOST:
            return
        # The last one has only just come.
        for key in list(self._records)[:-1]:
            if not self._is_banned(self._records[key], now):
                del self._records[key]
                return
        self._records.popitem(last=False)


def _over(record: _Record, now: float) -> bool:
    return record.until is not None and now >= record.until


def _key(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed), _SITE_BITS), strict=False))
    return str(parsed)
