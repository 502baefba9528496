"""Images and containers with Docker."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import json
from pathlib import Path
import shutil
import subprocess
from typing import override

from devkit.bootstrap.shell import SetupError, run

from .engine import DIGEST_LABEL, Engine, ImageFacts, Start, facts_of


def docker_works() -> bool:
    """Say whether there is a Docker engine that answers: its command alone builds nothing."""
    if shutil.which("docker") is None:
        return False
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and bool(done.stdout.strip())


class Docker(Engine):
    """Docker, with the base image that the Dockerfile names."""

    name = "Docker"

    @override
    def build(self, folder: Path, image: str, *, digest: str) -> None:
        command = ("docker", "build", "--label", f"{DIGEST_LABEL}={digest}", "--tag", image, folder)
        run(command, problem=f"Docker could not build {image}")

    @override
    def facts(self, image: str) -> ImageFacts | None:
        try:
            text = run(["docker", "image", "inspect", "--format", "{{json .Config}}", image])
        except SetupError:
            return None
        return facts_of(json.loads(text))

    @contextmanager
    @override
    def prepared(self, start: Start) -> Iterator[list[str]]:
        mounts = [word for place, folder in start.mounts.items() for word in ("--volume", f"{folder}:{place}")]
        variables = [word for name, value in start.environment.items() for word in ("--env", f"{name}={value}")]
        options = ("--rm", "--init", "--network", "host", "--name", start.name)
        try:
            yield ["docker", "run", *options, *mounts, *variables, start.image]
        finally:
            # One that ended has removed itself.
            with suppress(SetupError):
                run(["docker", "rm", "--force", start.name])

    @override
    def inside(self, start: Start, words: tuple[str, ...]) -> list[str]:
        return ["docker", "exec", start.name, *words]

    @override
    def first_process(self, start: Start, runner: int) -> int | None:
        try:
            found = run(["docker", "inspect", "--format", "{{.State.Pid}}", start.name]).strip()
        except SetupError:
            return None
        return int(found) or None

    @override
    def signal(self, start: Start, pid: int, number: int) -> None:
        # The engine's, not ours: the process is root's, and we need not be.
        run(["docker", "exec", "--user", "0", start.name, "python3", "-c", _SIGNAL, str(number), *_command(pid)])


# Docker's own `kill` would signal its init process, which cannot pass a SIGKILL on.
_SIGNAL = """
import os, pathlib, sys
number, *command = sys.argv[1:]
wanted = "\\0".join(command) + "\\0"
found = [int(p.name) for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()
         and (p / "cmdline").read_text(errors="replace") == wanted]
os.kill(min(found), int(number))
"""


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").removesuffix("\0").split("\0")
