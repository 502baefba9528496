"""`scripts/stage_addons`: write the apps as Home Assistant takes them, each a folder that needs nothing beside it.

What is written is what the branch holds that people add as their repository of apps.
"""

import argparse
from collections.abc import Iterator
import json
from pathlib import Path
import shutil
import sys
from typing import Final

from devkit.bootstrap.shell import ROOT
from devkit.repository import current

SOURCES: Final = ROOT / "addons"
SHARED: Final = SOURCES / "common/hub_relay"
STAGED: Final = ROOT / "dist/addons"

_KINDS: Final = frozenset({".md", ".png", ".py", ".sh", ".txt", ".yaml"})
_NAMES: Final = frozenset({"Dockerfile"})


def app_folders(sources: Path = SOURCES) -> list[Path]:
    """Return the folders of all apps, known by their config.yaml, in the order of their names."""
    return sorted(path.parent for path in sources.glob("*/config.yaml"))


def stage(target: Path = STAGED) -> list[Path]:
    """Write all apps to ``target``, in place of what is there, and return their folders."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    for app in app_folders():
        _copy(app, part / app.name)
        if SHARED.name in (app / "Dockerfile").read_text(encoding="utf-8"):
            _copy(SHARED, part / app.name / SHARED.name)
    shutil.copyfile(ROOT / "LICENSE", part / "LICENSE")
    (part / "repository.yaml").write_text(repository_file(), encoding="utf-8")
    # Only now, so that a build that reads the folder meanwhile finds the old one or the new one.
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    return [target / app.name for app in app_folders()]


def repository_file() -> str:
    """Return the text by which the Supervisor knows a repository of apps (JSON is YAML, too)."""
    facts = {"name": "Event Hub", "url": current(ROOT).address, "maintainer": "Event Hub contributors"}
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in facts.items())


def _copy(source: Path, target: Path) -> None:
    """Copy what belongs into an app, with rights that do not depend on the machine."""
    for path in _belonging(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o644)


def _belonging(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and (path.suffix in _KINDS or path.name in _NAMES):
            yield path


def main() -> int:
    """Stage, say where, and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/stage_addons", description=__doc__)
    parser.add_argument("--to", type=Path, default=STAGED, metavar="FOLDER", help="instead of dist/addons")
    target = parser.parse_args().to.absolute()
    for folder in stage(target):
        print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
