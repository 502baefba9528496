"""The other processes of a benchmark: each takes one JSON order a line and answers with one line."""

import asyncio
from collections.abc import Awaitable, Callable
import json
import os
import signal
import sys
from typing import Any, Final, Self

from devkit.home_assistant import ROOT

_LONGEST_LINE: Final = 16 * 1024 * 1024
_START_TIMEOUT: Final = 40.0
_STOP_TIMEOUT: Final = 10.0

type Json = dict[str, Any]


class Child:
    """A module of this package that runs as a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Take over a process; ``start`` is how one is made."""
        self._process = process

    @classmethod
    async def start(cls, module: str, *arguments: object) -> Self:
        """Run ``bench.<module>`` and return once it is ready."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", f"bench.{module}", *map(str, arguments)),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        child = cls(process)
        assert await asyncio.wait_for(child._answer(), _START_TIMEOUT) == {"ready": True}
        return child

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    async def ask(self, order: str, **details: Any) -> Json:
        """Have an order carried out and return the answer. Raises ``RuntimeError`` when it could not be."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"order": order, **details}).encode() + b"\n")
        answer = await self._answer()
        if "failed" in answer:
            raise RuntimeError(f"{order}: {answer['failed']}")
        return answer

    async def stop(self) -> None:
        """End it."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_TIMEOUT)
        except TimeoutError:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def _answer(self) -> Json:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("A process of the benchmark ended unexpectedly")
        return dict(json.loads(line))


async def obey(carry_out: Callable[[str, Json], Awaitable[Json]]) -> None:
    """Be such a process: carry out orders until nobody gives any more."""
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    _say({"ready": True})
    while line := await orders.readline():
        details = json.loads(line)
        try:
            answer = await carry_out(details.pop("order"), details)
        except Exception as error:  # noqa: BLE001 - who gave the order must hear of it
            _say({"failed": repr(error)})
        else:
            _say(answer)


def _say(line: Json) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
