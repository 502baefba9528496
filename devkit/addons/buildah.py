"""Images and containers with buildah, as root and without any service: for machines without a Docker engine.

Everything is kept in the user's cache, apart from containers that the machine may have otherwise.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import json
import os
from pathlib import Path
import signal
import tempfile
from typing import Final, override

from devkit.bootstrap.debian import debian_mirror
from devkit.bootstrap.programs import Program, ensure_programs
from devkit.bootstrap.shell import SetupError, cache_dir, run, step

from .engine import DIGEST_LABEL, Engine, ImageFacts, Start, descendants, facts_of
from .machine import build_settings

SUITE: Final = "trixie"
BASE: Final = f"localhost/event_hub_debian:{SUITE}"
OVERLAY: Final = "overlay"
"""Keeps what each step of a build adds: what has not changed is not built again, and a container starts at once."""
PLAIN: Final = "vfs"
"""Copies whole file systems, and works wherever the cache is: a container's own file system takes no overlay."""

_PROGRAMS: Final = (Program("buildah", ("buildah",)), Program("debootstrap", ("debootstrap",)))


def command(driver: str, store: Path) -> tuple[str, ...]:
    """Return the words that begin every command; what a driver keeps is in a folder of its own."""
    places = ("--root", str(store / driver), "--runroot", str(store / f"run-{driver}"))
    return ("buildah", *places, "--storage-driver", driver)


def works_on(driver: str, store: Path) -> bool:
    """Say whether buildah can keep images in this way on this machine's disk."""
    try:
        run([*command(driver, store), "info"])
    except SetupError:
        return False
    return True


class Buildah(Engine):
    """buildah with its chroot isolation, on a Debian that debootstrap makes once."""

    name = "buildah"

    def __init__(self) -> None:
        """Install what is missing. Raises ``SetupError``."""
        ensure_programs(_PROGRAMS)
        store = cache_dir() / "containers"
        self._layers = works_on(OVERLAY, store)
        self._buildah = command(OVERLAY if self._layers else PLAIN, store)

    @override
    def build(self, folder: Path, image: str, *, digest: str) -> None:
        self._ensure_base()
        with tempfile.TemporaryDirectory() as settings:
            mounts = build_settings(Path(settings))
            words = [
                *(*self._buildah, "bud", "--isolation", "chroot", "--format", "docker"),
                *(f"--layers={str(self._layers).lower()}", "--pull-never", "--force-rm"),
                *("--build-arg", f"BUILD_FROM={BASE}"),
                *("--label", f"{DIGEST_LABEL}={digest}", "--tag", image),
                *(f"--volume={source}:{place}:ro" for place, source in mounts.items()),
            ]
            run([*words, folder], problem=f"buildah could not build {image}")
        run([*self._buildah, "rmi", "--prune"], problem="Could not remove the image that was replaced")

    @override
    def facts(self, image: str) -> ImageFacts | None:
        try:
            text = run([*self._buildah, "inspect", "--type", "image", image])
        except SetupError:
            return None
        return facts_of(json.loads(text)["Docker"]["config"])

    @contextmanager
    @override
    def prepared(self, start: Start) -> Iterator[list[str]]:
        facts = self.facts(start.image)
        if facts is None:
            raise SetupError(f"There is no image {start.image}: `scripts/build_addons` makes it.")
        run([*self._buildah, "from", "--pull-never", "--name", start.name, start.image])
        try:
            yield self.inside(start, facts.command)
        finally:
            run([*self._buildah, "rm", start.name])

    @override
    def inside(self, start: Start, words: tuple[str, ...]) -> list[str]:
        mounts = [f"--volume={folder}:{place}" for place, folder in start.mounts.items()]
        variables = [f"--env={name}={value}" for name, value in start.environment.items()]
        return [*self._buildah, "run", "--isolation", "chroot", *mounts, *variables, start.name, "--", *words]

    @override
    def first_process(self, start: Start, runner: int) -> int | None:
        return runner

    @override
    def signal(self, start: Start, pid: int, number: int) -> None:
        # The end of a container's first process is the end of all of them.
        for process in tuple(descendants(pid)) if number == signal.SIGKILL else (pid,):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def _ensure_base(self) -> None:
        """Make the image that stands for Debian's own, unless it is there."""
        if self.facts(BASE) is not None:
            return
        mirror = debian_mirror()
        with step(f"Making a Debian {SUITE} as the base of the images (once)"):
            container = run([*self._buildah, "from", "--pull-never", "scratch"]).strip()
            try:
                root = Path(run([*self._buildah, "mount", container]).strip())
                options = [f"--keyring={mirror.signed_by}"] if mirror.signed_by else []
                run(
                    ["debootstrap", "--variant=minbase", *options, SUITE, root, mirror.address],
                    problem=f"Could not make a Debian {SUITE}",
                )
                for package in (root / "var/cache/apt/archives").glob("*.deb"):
                    package.unlink()
                run([*self._buildah, "umount", container])
                run([*self._buildah, "commit", "--format", "docker", container, BASE])
            finally:
                run([*self._buildah, "rm", container])
