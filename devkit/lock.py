"""`scripts/lock`: from requirements/dev.in to what set-ups install, every package pinned by its hash."""

from pathlib import Path
import re
import sys

from .bootstrap.shell import ROOT, SetupError, run, say
from .bootstrap.uv import uv_environment

WANTED = Path("requirements/dev.in")
LOCKED = Path("requirements/dev.txt")
PLAIN = Path("requirements_test.txt")
_LOCKED_HEAD = "# Made by scripts/lock from dev.in; do not edit.\n"
_PLAIN_HEAD = (
    "# For those who use pip: what scripts/setup installs, without hashes. Made by scripts/lock; do not edit.\n"
)
# The lock is for everyone: neither the addresses nor the settings of the machine that made it may show in it.
_IMPERSONAL = ("--no-config", "--no-header", "--no-emit-index-url", "--no-emit-find-links")


def main() -> int:
    """Write both files and return the exit code. Arguments go to uv: `--upgrade` takes the newest versions."""
    everywhere = ("--universal", "--python-version", "3.14.2", "--generate-hashes")
    try:
        run(
            [
                *(ROOT / ".venv/bin/uv", "pip", "compile", "--quiet"),
                *(*everywhere, *_IMPERSONAL, *sys.argv[1:]),
                *(WANTED, "--output-file", LOCKED),
            ],
            env=uv_environment(),
            problem="Could not pin the packages",
        )
    except SetupError as error:
        say(str(error))
        return 1
    locked = ROOT / LOCKED
    locked.write_text(_LOCKED_HEAD + locked.read_text(encoding="utf-8").removeprefix(_LOCKED_HEAD), encoding="utf-8")
    (ROOT / PLAIN).write_text(plain_requirements(ROOT), encoding="utf-8")
    return 0


def plain_requirements(root: Path) -> str:
    """Return what requirements_test.txt has to say: each package of dev.in, in the version that is locked."""
    versions = dict(re.findall(r"^([\w.-]+)==(\S+)", (root / LOCKED).read_text(encoding="utf-8"), re.MULTILINE))
    wanted = re.findall(r"^([\w.-]+)(\[[\w,-]+\])?", (root / WANTED).read_text(encoding="utf-8"), re.MULTILINE)
    lines = sorted(f"{name}{extras}=={versions[_canonical(name)]}\n" for name, extras in wanted)
    return _PLAIN_HEAD + "".join(sorted(lines, key=str.lower))


def _canonical(name: str) -> str:
    """Spell a package's name as locks do."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
