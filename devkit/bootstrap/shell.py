"""Say what happens, run commands, and fail with words a person can act on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
import os
from pathlib import Path
import subprocess
import sys
import time

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""

_TAIL_LINES = 25


class SetupError(Exception):
    """Something is missing; the message says what, and what to do."""


def cache_dir() -> Path:
    """Where downloads live between set-ups: outside the repository, shared by all clones."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(base).absolute() / "event_hub"
    path.mkdir(parents=True, exist_ok=True)
    return path


def say(text: str) -> None:
    """Tell the person at the terminal (on stderr, so that stdout stays the tests')."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show a step and how many seconds it took."""
    say(f"• {title} …")
    begun = time.monotonic()
    yield
    say(f"  {title}: {time.monotonic() - begun:.1f} s")


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 1800,
    problem: str | None = None,
    advice: str | None = None,
) -> str:
    """Run a command and return what it printed.

    `env` is added to the environment; `timeout` is in seconds. Raises SetupError with the
    end of the output, introduced by `problem` and followed by `advice`, when the command fails.
    """
    words = [str(word) for word in command]
    complaint = problem or f"`{' '.join(words[:4])} …` failed"
    try:
        done = subprocess.run(
            words,
            env={**os.environ, **(env or {})},
            cwd=cwd or ROOT,
            timeout=timeout,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except FileNotFoundError as error:
        message = f"{complaint}: there is no `{words[0]}` on this machine"
        raise SetupError(message) from error
    except subprocess.TimeoutExpired as error:
        message = f"{complaint}: no answer within {timeout:.0f} s"
        raise SetupError(message) from error
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-_TAIL_LINES:])
        message = f"{complaint}:\n{tail}" + (f"\n\n{advice}" if advice else "")
        raise SetupError(message)
    return done.stdout
