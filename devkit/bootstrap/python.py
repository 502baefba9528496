"""Find a Python that runs Home Assistant, or get one."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

from .debian import private_python
from .shell import SetupError, run, say, step
from .uv import find_uv, uv_environment

MINIMUM = (3, 14, 2)
"""The oldest Python that the pinned Home Assistant accepts."""

CHOICE_VARIABLE = "EVENT_HUB_PYTHON"
_WANTED = ">=" + ".".join(str(part) for part in MINIMUM)
_DOWNLOAD_SECONDS = 300
# No second attempt and short waits: where uv's download site is out of reach, Debian's packages are near.
_IMPATIENT = {"UV_HTTP_RETRIES": "0", "UV_HTTP_CONNECT_TIMEOUT": "5", "UV_HTTP_TIMEOUT": "15"}
_REPORT = f"import sys; sys.exit(sys.version_info < {MINIMUM!r})"


def find_python() -> Path:
    """Return the chosen, installed, downloaded or unpacked interpreter, in this order. Raises SetupError."""
    if chosen := os.environ.get(CHOICE_VARIABLE):
        if is_suitable(Path(chosen)):
            return Path(chosen)
        message = f"{CHOICE_VARIABLE} names {chosen}, which is no Python {_WANTED}."
        raise SetupError(message)
    return _installed() or _downloaded() or private_python()


def is_suitable(python: Path) -> bool:
    """Whether this program runs and is a Python of the version that is needed."""
    try:
        done = subprocess.run([python, "-c", _REPORT], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _installed() -> Path | None:
    """Return the machine's own interpreter, or one that uv manages already."""
    names = ("python3.14", "python3.15", "python3")
    places = [Path(sys.executable), *(Path(found) for name in names if (found := shutil.which(name)))]
    for python in places:
        if is_suitable(python):
            return python
    return _known_to_uv()


def _known_to_uv() -> Path | None:
    options = ("--no-project", "--system", "--no-python-downloads", _WANTED)
    try:
        python = Path(run([find_uv(), "python", "find", *options]).strip().splitlines()[-1])
    except (SetupError, IndexError):
        return None
    return python if is_suitable(python) else None


def _downloaded() -> Path | None:
    """Let uv download an interpreter; None when its download site does not answer."""
    try:
        with step("Downloading Python 3.14 with uv"):
            run(
                [find_uv(), "python", "install", "--no-progress", "3.14"],
                env={**uv_environment(), **_IMPATIENT},
                timeout=_DOWNLOAD_SECONDS,
                problem="uv could not download Python 3.14",
            )
    except SetupError as error:
        say(f"  {str(error).splitlines()[0].rstrip(':')}; going on without it.")
        return None
    return _known_to_uv()
