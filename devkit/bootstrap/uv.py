"""Find uv, or install it (and what else comes from PyPI) into the private cache."""

import importlib.util
import os
from pathlib import Path
import shutil
import subprocess
import sys

from .shell import SetupError, cache_dir, run, step

INDEX_ADVICE = "Is the package index out of reach? Check the network, and pip's settings where it takes a proxy."


def find_uv() -> Path:
    """Return the machine's uv, else a private copy installed with pip."""
    found = shutil.which("uv")
    return Path(found) if found else pypi_tool("uv")


def pypi_tool(name: str) -> Path:
    """Return the program of a PyPI package, installed into the cache on first use."""
    target = cache_dir() / "tools" / name
    program = target / "bin" / name
    if not program.exists():
        with step(f"Installing {name} from PyPI into {target}"):
            # Elsewhere first: what was interrupted half-way must not look like a program.
            part = target.with_name(f"{name}.part")
            shutil.rmtree(part, ignore_errors=True)
            run(
                [*_pip(), "install", "--quiet", "--target", part, name],
                env={"PIP_ROOT_USER_ACTION": "ignore"},
                problem=f"Could not install {name} with pip",
                advice=INDEX_ADVICE,
            )
            shutil.rmtree(target, ignore_errors=True)
            part.rename(target)
    return program


def uv_environment() -> dict[str, str]:
    """Return the variables that make uv follow this machine's pip settings, which it does not read."""
    wanted = {"UV_DEFAULT_INDEX": _pip_setting("global.index-url"), "SSL_CERT_FILE": _pip_setting("global.cert")}
    return {name: value for name, value in wanted.items() if value and name not in os.environ}


def _pip_setting(key: str) -> str:
    """Return one of pip's settings, or an empty text."""
    if importlib.util.find_spec("pip") is None:
        return ""
    command = [sys.executable, "-m", "pip", "config", "get", key]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _pip() -> list[str]:
    """Return the command that runs pip."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if found := shutil.which("pip3") or shutil.which("pip"):
        return [found]
    message = "Neither uv nor pip is on this machine. Install one: for example `apt-get install python3-pip`."
    raise SetupError(message)
