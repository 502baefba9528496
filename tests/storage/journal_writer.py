"""Writes journals until it is killed: a JSON task a line comes in, what is on disk is told line by line."""

import asyncio
from functools import partial
import json
import os
from pathlib import Path
import random
import signal
import sys
from typing import Any, Final

from custom_components.event_hub.storage import journal_lines
from custom_components.event_hub.storage.journal import Journal
from custom_components.event_hub.storage.journal_file import JournalFile

from .journal_kit import Call, append, wrapped_calls

WINDOW: Final = 20


def tell(word: str, number: int) -> None:
    """Write a line in one piece, so that a kill leaves no half of it."""
    os.write(1, f"{word} {number}\n".encode())


def tell_done(number: int, appended: asyncio.Future[None]) -> None:
    """Tell a number, if it is on disk."""
    if appended.exception() is None:
        tell("done", number)


async def append_for_ever(path: Path, seed: int) -> None:
    """Append ever higher numbers in bursts; the last ``WINDOW`` of them stay."""
    choose = random.Random(seed)  # noqa: S311 - repeatable, no secret
    journal = Journal(path, lambda _: None)
    kept = await journal.async_open()
    number = max((value for value in kept.values() if isinstance(value, int)), default=-1)
    while True:
        burst = []
        for _ in range(choose.randint(1, 6)):
            number += 1
            changes = {str(number): number, str(number - WINDOW): None, "text": "x" * choose.randint(0, 200)}
            burst.append(journal.async_append(changes))
            burst[-1].add_done_callback(partial(tell_done, number))
        await asyncio.gather(*burst)


def die_at(path: Path, last: int) -> None:
    """Open a journal, append, compact, append; die before call number ``last``, or in the middle of a write."""
    calls = 0

    def wrap(name: str, call: Call) -> Call:
        def deadly(*args: Any) -> Any:
            nonlocal calls
            if name == "write":
                calls += 1
                if calls > last:
                    descriptor, content = args
                    call(descriptor, content[: len(content) // 2])
                    os.kill(os.getpid(), signal.SIGKILL)
            calls += 1
            if calls > last:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args)

        return deadly

    with wrapped_calls(wrap):
        file = JournalFile(path)
        file.open()
        append(file, {"first": 1})
        tell("done", 1)
        file.compact()
        append(file, {"second": 2, "old": None})
        tell("done", 2)
    tell("done", 3)


def do(task: dict[str, Any]) -> None:
    """Do a task, in a process of its own."""
    path = Path(task["path"])
    if "seed" in task:
        # Compacted again and again, and sometimes because it must be.
        vars(journal_lines)["SMALL"] = 2000
        asyncio.run(append_for_ever(path, task["seed"]))
    else:
        die_at(path, task["last"])


def main() -> None:
    """Fork a writer for each task, and wait for its end."""
    for line in sys.stdin:
        writer = os.fork()
        if writer == 0:
            try:
                do(json.loads(line))
            finally:
                os._exit(1)
        tell("pid", writer)
        os.waitpid(writer, 0)
        tell("end", 0)


if __name__ == "__main__":
    main()
