"""The files of the apps, read."""

from pathlib import Path
import re
from typing import Any

from homeassistant.util.yaml import load_yaml_dict, parse_yaml

from devkit.addons.container import Container
from devkit.addons.engine import find_process
from devkit.addons.stage import app_folders

from .supervisor import Schema

APPS = app_folders()


def app_of(container: Container) -> int:
    """Return the app's own process: the container's first one only looks after it."""
    words = ("python", "-m", "remote_monitor", "--options", "/data/options.json")
    found = find_process(container.pid, words)
    assert found is not None, container.output
    return found


def app_name(folder: object) -> str | None:
    """Name a case by its app."""
    return folder.name if isinstance(folder, Path) else None


def config_of(app: Path) -> dict[str, Any]:
    """Return an app's config.yaml."""
    return load_yaml_dict(str(app / "config.yaml"))


def text_of(app: Path, name: str) -> str:
    """Return one of an app's files."""
    return (app / name).read_text(encoding="utf-8")


def pins_of(text: str) -> dict[str, str]:
    """Return the versions that a file of locked requirements has."""
    return dict(line.split(" ")[0].split("==") for line in text.splitlines() if "==" in line and line[0].isalpha())


def example_of(app: Path) -> dict[str, Any]:
    """Return the options that an app's documentation gives as an example."""
    found = re.search(r"```yaml\n(.*?)```", text_of(app, "DOCS.md"), re.DOTALL)
    assert found
    example = parse_yaml(found[1])
    assert isinstance(example, dict)
    return example


def names_in(schema: Schema, path: str = "") -> set[str]:
    """Return the names of all options, those of lists' entries with the list's."""
    names = set()
    for name, wanted in schema.items():
        names.add(f"{path}{name}")
        if isinstance(wanted, list) and isinstance(wanted[0], dict):
            names |= names_in(wanted[0], f"{path}{name}.")
    return names
