"""Hashes and compares codes off the event loop, one at a time.

Each takes a tenth of a second of a processor and 32 MB. So the hub does one at a time, and each place where codes are
entered (a partition, say) has only a few waiting: a flood of guesses at one keypad is refused there at no cost, and
takes neither the machine nor, for more than a moment, the other keypads.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant

from . import code_hash

MOST_WAITING: Final = 4


class CodesBusyError(Exception):
    """Too many codes were entered at one place at once, and this one was not looked at; it may be entered again."""

    def __init__(self) -> None:
        """Say what to do; the code itself is not told."""
        super().__init__("Too many codes at once: wait a second and enter it again")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUser:
    """Whose code it was. ``upgraded``, if not ``None``, is the hash to keep instead of the user's old one."""

    user: str
    upgraded: str | None = field(default=None, repr=False)


class CodeCheck:
    """Does the slow work for one hub. All methods belong in the event loop.

    ``place`` is where a code was entered; all raise ``CodesBusyError`` when too many wait there.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Use the executor of this Home Assistant."""
        self._hass = hass
        self._turn = asyncio.Lock()
        self._at: Counter[str] = Counter()

    async def async_find_user(self, code: str, users: Mapping[str, str], *, place: str) -> FoundUser | None:
        """Return whose code it is, of users with the hash of each; see ``code_hash.find_user``.

        A wrong code and a lockout are for the caller to count; look at the lockout again after this has been awaited.
        """
        hashes = dict(users)
        return await self._async_do(lambda: _found(code, hashes), place)

    async def async_hash(self, code: str, beside: Iterable[str], *, place: str) -> str:
        """Return the hash to keep of a new code, ``beside`` those of the hub's other users.

        Raises ``ValueError`` for what is no code. That no other user has it is for the caller to ask first.
        """
        others = tuple(beside)
        return await self._async_do(lambda: code_hash.hash_code(code, others), place)

    async def _async_do[T](self, work: Callable[[], T], place: str) -> T:
        if self._at[place] >= MOST_WAITING:
            raise CodesBusyError
        self._at[place] += 1
        # A task of its own: who stops waiting must not give the turn away while the thread still works.
        # The code is in a closure, because arguments are shown where tasks and calls are described.
        task = self._hass.async_create_task(self._async_take_turn(work, place), "Hash a code", eager_start=False)
        return await asyncio.shield(task)

    async def _async_take_turn[T](self, work: Callable[[], T], place: str) -> T:
        try:
            async with self._turn:
                return await self._hass.async_add_executor_job(work)
        finally:
            self._at[place] -= 1
            if not self._at[place]:
                del self._at[place]


def _found(code: str, users: Mapping[str, str]) -> FoundUser | None:
    user = code_hash.find_user(code, users)
    if user is None:
        return None
    others = [hashed for other, hashed in users.items() if other != user]
    if not code_hash.needs_upgrade(users[user], others):
        return FoundUser(user=user)
    return FoundUser(user=user, upgraded=code_hash.hash_code(code, others))
