"""`scripts/build_addons`: build the images of the apps, or of those that are named."""

import argparse
import hashlib
import os
from pathlib import Path
import platform
import shutil
import sys
import tempfile

from devkit.bootstrap.shell import SetupError, say, step

from .buildah import Buildah
from .docker import Docker, docker_works
from .engine import Engine, NoEngineError
from .stage import app_folders, stage


def find_engine() -> Engine:
    """Return Docker where it works, else buildah, which is installed where it is missing.

    Raises ``NoEngineError`` where neither can be, ``SetupError`` where buildah could be and was not to be had.
    """
    if docker_works():
        return Docker()
    if platform.system() != "Linux" or os.geteuid() != 0:
        raise NoEngineError("No Docker engine answers. Start one, or run this as root on Linux: buildah then does it.")
    if not shutil.which("buildah") and not shutil.which("apt-get"):
        raise NoEngineError("No Docker engine answers, and there is no buildah. Install one of them.")
    return Buildah()


def image_of(slug: str) -> str:
    """Return the name of an app's image."""
    return f"localhost/event_hub_{slug}:latest"


def build_app(engine: Engine, folder: Path, *, again: bool = False) -> str:
    """Build a staged app unless its image is made of the same files; returns the image. Raises ``SetupError``."""
    image, digest = image_of(folder.name), digest_of(folder)
    facts = engine.facts(image)
    if again or facts is None or facts.digest != digest:
        with step(f"Building {image} with {engine.name}"):
            engine.build(folder, image, digest=digest)
    return image


def digest_of(folder: Path) -> str:
    """Return what tells a folder's content from any other."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def build(slugs: list[str], *, again: bool = False) -> list[str]:
    """Stage and build these apps, all if none is named; returns their images. Raises ``SetupError``."""
    known = [folder.name for folder in app_folders()]
    if strangers := [slug for slug in slugs if slug not in known]:
        raise SetupError(f"There is no app {', '.join(strangers)}. There is {', '.join(known)}.")
    engine = find_engine()
    with tempfile.TemporaryDirectory() as place:
        folders = [folder for folder in stage(Path(place, "addons")) if folder.name in (slugs or known)]
        return [build_app(engine, folder, again=again) for folder in folders]


def main() -> int:
    """Build, say what, and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/build_addons", description=__doc__)
    parser.add_argument("slug", nargs="*", help="for example remote_monitor; all if none is named")
    parser.add_argument("--again", action="store_true", help="also what has not changed")
    wanted = parser.parse_args()
    try:
        images = build(wanted.slug, again=wanted.again)
    except SetupError as error:
        say(f"\nNothing was built. {error}")
        return 1
    print("\n".join(images))
    return 0


if __name__ == "__main__":
    sys.exit(main())
