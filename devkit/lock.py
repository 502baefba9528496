"""`scripts/lock`: from requirements/dev.in to what set-ups install, every package pinned by its hash.

And from each app's requirements.in to what its container installs, in the versions that the tests run with.
"""

from pathlib import Path
import re
import sys

from .bootstrap.shell import ROOT, SetupError, run, say
from .bootstrap.uv import uv_environment

WANTED = Path("requirements/dev.in")
LOCKED = Path("requirements/dev.txt")
PLAIN = Path("requirements_test.txt")
APPS = "addons/*/requirements.in"
OVERRIDES = "addons/*/requirements.overrides"
CONTAINER_PYTHON = "3.13"
"""What Debian's stable release has, on which the containers are built."""

_PLAIN_HEAD = (
    "# For those who use pip: what scripts/setup installs, without hashes. Made by scripts/lock; do not edit.\n"
)
# The lock is for everyone: neither the addresses nor the settings of the machine that made it may show in it.
_IMPERSONAL = ("--no-config", "--no-header", "--no-emit-index-url", "--no-emit-find-links")


def main() -> int:
    """Write all files and return the exit code. Arguments go to uv: `--upgrade` takes the newest versions."""
    try:
        overrides = [part for file in sorted(ROOT.glob(OVERRIDES)) for part in ("--override", file.relative_to(ROOT))]
        _lock(WANTED, LOCKED, "--universal", "--python-version", "3.14.2", *overrides, *sys.argv[1:])
        for wanted in sorted(ROOT.glob(APPS)):
            _lock_app(wanted.relative_to(ROOT))
    except SetupError as error:
        say(str(error))
        return 1
    (ROOT / PLAIN).write_text(plain_requirements(ROOT), encoding="utf-8")
    return 0


def _lock_app(wanted: Path) -> None:
    overrides = wanted.with_suffix(".overrides")
    options: list[str | Path] = ["--override", overrides] if (ROOT / overrides).exists() else []
    # The hashes are those of all processors; the platform only decides what is asked for.
    python = ("--python-platform", "linux", "--python-version", CONTAINER_PYTHON, "--only-binary", ":all:")
    _lock(wanted, wanted.with_suffix(".txt"), *python, "--constraint", LOCKED, *options)


def _lock(wanted: Path, locked: Path, *options: str | Path) -> None:
    """Pin what one file asks for. Raises SetupError."""
    run(
        [
            *(ROOT / ".venv/bin/uv", "pip", "compile", "--quiet", "--generate-hashes"),
            *(*_IMPERSONAL, *options, wanted, "--output-file", locked),
        ],
        env=uv_environment(),
        problem=f"Could not pin the packages of {wanted}",
    )
    head = f"# Made by scripts/lock from {wanted.name}; do not edit.\n"
    file = ROOT / locked
    file.write_text(head + file.read_text(encoding="utf-8").removeprefix(head), encoding="utf-8")


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
