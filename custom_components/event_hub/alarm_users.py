"""The people with codes: set, changed, removed. A code is kept as a slow hash only, and shows nowhere."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .alarm_door import AlarmRefusedError
from .asked import checked
from .engine.alarm.codes import CodeUser
from .engine.alarm.model import Actor
from .engine.events import CodeUserRemoved, CodeUserSet
from .storage.code_check import CodeCheck, CodesBusyError

if TYPE_CHECKING:
    from .hub import Hub

_PLACE: Final = "users"


class AlarmUsers:
    """Keeps the code users of one hub. All methods belong in the event loop; rights are for the caller to check."""

    def __init__(self, hub: Hub, check: CodeCheck) -> None:
        """Share the hasher with the door."""
        self._hub = hub
        self._check = check
        # Of two who choose the same code at the same time, the second must see the first.
        self._turn = asyncio.Lock()

    async def async_set(self, user: CodeUser, code: str | None, actor: Actor | None = None) -> None:
        """Give somebody a code, or change what it is good for. Returns once that is on disk, if the disk takes it."""
        if code is None:
            before = self._hub.state.code_users.get(user.user_id)
            if before is None:
                raise AlarmRefusedError("code_needed", name=user.name)
            with checked():
                self._hub.post(CodeUserSet(user=replace(user, digits=before.digits), actor=actor))
        else:
            async with self._turn:
                await self._async_set_code(user, code, actor)
        await self._hub.async_save()

    async def async_remove(self, user_id: str, actor: Actor | None = None) -> None:
        """Take somebody's code away. Returns once the disk does not have it either, or it would work after a crash."""
        if user_id not in self._hub.state.code_users:
            raise AlarmRefusedError("unknown_user", name=user_id)
        with checked():
            self._hub.post(CodeUserRemoved(user_id=user_id, actor=actor))
        await self._hub.async_save()

    async def _async_set_code(self, user: CodeUser, code: str, actor: Actor | None) -> None:
        hashes = self._hub.state.code_hashes
        try:
            found = await self._check.async_find_user(code, hashes, place=_PLACE)
            if found is not None and found.user != user.user_id:
                raise AlarmRefusedError("code_in_use", name=user.name)
            others = [hashed for owner, hashed in hashes.items() if owner != user.user_id]
            hashed = await self._check.async_hash(code, others, place=_PLACE)
        except CodesBusyError:
            raise AlarmRefusedError("codes_busy", name=user.name) from None
        except ValueError:
            raise AlarmRefusedError("code_invalid", name=user.name) from None
        digits = code.isascii() and code.isdigit()
        with checked():
            self._hub.post(CodeUserSet(user=replace(user, digits=digits), code_hash=hashed, actor=actor))
