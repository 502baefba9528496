"""The programs that development uses: two brokers, a browser, Node. Installed with apt, never started."""

from collections.abc import Iterable
from dataclasses import dataclass
import os
import shutil
import sys

from .shell import SetupError, run, step

_FOLDERS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


@dataclass(frozen=True)
class Program:
    """A program, under any of its names, and the Debian package that brings it."""

    package: str
    names: tuple[str, ...]
    service: bool = False

    def is_here(self) -> bool:
        """Whether one of the names can be run."""
        return any(shutil.which(name, path=_FOLDERS) for name in self.names)


PROGRAMS = (
    Program("mosquitto", ("mosquitto",), service=True),
    Program("rabbitmq-server", ("rabbitmq-server",), service=True),
    Program("chromium", ("chromium", "chromium-browser", "google-chrome")),
    Program("nodejs", ("node", "nodejs")),
)

# Debian's packages start their daemons unless policy-rc.d forbids it; ours is removed again, one that exists is kept.
# A daemon that came this way is not to start at the next boot either: the tests bring up brokers of their own.
_INSTALL = """
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\\nexit 101\\n' > "$policy"
    chmod 755 "$policy"
fi
services=$1
shift
apt-get --quiet update || echo "Some package lists could not be read."
DEBIAN_FRONTEND=noninteractive apt-get --quiet --option=DPkg::Lock::Timeout=300 \\
    install --yes --no-install-recommends "$@"
if [ -n "$services" ] && command -v systemctl > /dev/null; then
    systemctl --no-reload disable $services || true
fi
"""


def ensure_programs(programs: Iterable[Program] = PROGRAMS) -> None:
    """Install what is missing. Raises SetupError, naming what is missing and how to get it."""
    missing = [program for program in programs if not program.is_here()]
    if not missing:
        return
    packages = [program.package for program in missing]
    names = " ".join(packages)
    advice = f"Missing on this machine: {', '.join(packages)}."
    if not shutil.which("apt-get"):
        message = f"{advice} Install them with this machine's package manager."
        raise SetupError(message)
    services = " ".join(program.package for program in missing if program.service)
    with step(f"Installing {', '.join(packages)} with apt (nothing is started)"):
        run(
            [*_as_root(advice, names), "sh", "-c", _INSTALL, "install", services, *packages],
            problem=f"{advice} Install them with `apt-get install {names}`. apt said",
        )
    if lacking := [program.package for program in missing if not program.is_here()]:
        message = f"apt installed {', '.join(lacking)}, but the program is not where programs are looked for."
        raise SetupError(message)


def _as_root(advice: str, names: str) -> list[str]:
    """Return the words that make a command root's: none, or sudo, which asks for a password only at a terminal."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo"] if sys.stdin.isatty() else ["sudo", "--non-interactive"]
    message = f"{advice} As root, run `apt-get install --no-install-recommends {names}`."
    raise SetupError(message)
