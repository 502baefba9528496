"""The repository's virtual environment: made and filled once, then recognised by its stamp."""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import hashlib
import re

from .debian import compile_environment
from .programs import Program, ensure_programs
from .python import find_python, is_suitable
from .shell import ROOT, SetupError, cache_dir, run, say, step
from .uv import INDEX_ADVICE, find_uv, uv_environment

VENV = ROOT / ".venv"
LOCK_FILE = ROOT / "requirements/dev.txt"
_PYTHON = VENV / "bin/python"
_STAMP = VENV / ".event_hub"
# Some packages bring no binary for so new a Python.
_COMPILER = Program("g++", ("g++",))
_NO_COMPILER = re.compile(r"No such file or directory: '\S*(g\+\+|gcc|cc|clang)'")
_ADVICE = (
    f"{INDEX_ADVICE} Does the output speak of a compiler or of Python.h? Install a C++ compiler "
    "and Python's headers: for example `apt-get install g++ python3-dev`."
)


def ensure_environment() -> None:
    """Make `.venv` hold exactly what the lock file says. Raises SetupError."""
    if _is_current():
        return
    with _alone():
        if _is_current():
            return
        if not is_suitable(_PYTHON):
            _create()
        _install()
        _STAMP.write_text(_fingerprint(), encoding="utf-8")


def _create() -> None:
    python = find_python()
    with step(f"Making .venv with {python}"):
        run(
            [find_uv(), "venv", "--no-project", "--clear", "--quiet", "--python", python, VENV],
            env=uv_environment(),
            problem="Could not make .venv",
        )


def _install() -> None:
    try:
        _sync()
    except SetupError as error:
        if _COMPILER.is_here() or not _NO_COMPILER.search(str(error)):
            raise
        say("  Some of them need a C++ compiler.")
        ensure_programs((_COMPILER,))
        _sync()


def _sync() -> None:
    count = len(re.findall(r"^\w", LOCK_FILE.read_text(encoding="utf-8"), re.MULTILINE))
    with step(f"Installing the {count} packages of requirements/dev.txt (the first time takes a minute or two)"):
        run(
            [find_uv(), "pip", "sync", "--quiet", "--python", _PYTHON, "--require-hashes", LOCK_FILE],
            env={**uv_environment(), **compile_environment(_PYTHON.resolve())},
            problem="Could not install the packages",
            advice=_ADVICE,
        )


def _is_current() -> bool:
    return _STAMP.exists() and _PYTHON.exists() and _STAMP.read_text(encoding="utf-8") == _fingerprint()


def _fingerprint() -> str:
    """Return what the environment was made from: the lock file and the interpreter."""
    interpreter = _PYTHON.resolve()
    packages = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()
    return f"{packages} {interpreter} {interpreter.stat().st_mtime_ns}\n"


@contextmanager
def _alone() -> Iterator[None]:
    """Keep a second set-up waiting, as both would write to the same cache."""
    with (cache_dir() / "setup.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is running; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
