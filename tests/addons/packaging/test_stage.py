"""What is staged is all that an app needs, and nothing else."""

import ast
from importlib import metadata
from pathlib import Path
import re
import sys

from homeassistant.util.yaml import load_yaml_dict
from packaging.utils import canonicalize_name
import pytest

from devkit.addons.stage import stage
from devkit.lock import CONTAINER_PYTHON
from devkit.repository import current
from tests.source import ROOT

from .kit import APPS, pins_of, text_of

ROOT_FILES = {
    *("CHANGELOG.md", "DOCS.md", "Dockerfile", "README.md", "apparmor.txt", "config.yaml", "icon.png", "logo.png"),
    *("requirements.txt", "run.sh", "translations"),
}


def content(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder by their path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def imported(file: Path) -> set[str]:
    """Return the top-level names that a file imports, its own package's relative imports left out."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("app", [app.name for app in APPS])
def test_a_folder_has_what_the_supervisor_and_the_build_read(staged: Path, app: str) -> None:
    assert {path.name for path in (staged / app).iterdir()} == ROOT_FILES | {"hub_relay", app}


def test_the_repository_says_what_it_is(staged: Path) -> None:
    assert {path.name for path in staged.iterdir() if path.is_file()} == {"LICENSE", "repository.yaml"}
    assert load_yaml_dict(str(staged / "repository.yaml")) == {
        "name": "Event Hub",
        "url": current(ROOT).address,
        "maintainer": "Event Hub contributors",
    }


def test_only_apps_have_a_config_file(staged: Path) -> None:
    apps = {path.parent for kind in ("yaml", "yml", "json") for path in staged.rglob(f"config.{kind}")}
    assert apps == {path for path in staged.iterdir() if path.is_dir()}


def test_staging_again_changes_nothing_and_leaves_nothing_old(tmp_path: Path, staged: Path) -> None:
    target = tmp_path / "addons"
    (target / "remote_monitor").mkdir(parents=True)
    (target / "remote_monitor/old.py").touch()
    stage(target)
    first = content(target)
    stage(target)
    assert content(target) == first == content(staged)
    assert list(tmp_path.iterdir()) == [target]


def test_everything_that_is_copied_into_an_image_is_in_its_folder(staged: Path) -> None:
    for dockerfile in staged.glob("*/Dockerfile"):
        copied = re.findall(r"^COPY (\S+) ", text_of(dockerfile.parent, "Dockerfile"), re.MULTILINE)
        assert copied
        assert [name for name in copied if not (dockerfile.parent / name).exists()] == []


def test_an_app_imports_nothing_that_is_not_shipped_with_it(staged: Path) -> None:
    distributions = metadata.packages_distributions()
    for app in (path for path in staged.iterdir() if path.is_dir()):
        shipped = set(pins_of(text_of(app, "requirements.txt")))
        strangers = {
            name
            for file in app.rglob("*.py")
            for name in imported(file) - sys.stdlib_module_names
            if not (app / name).is_dir()
            and not {canonicalize_name(found) for found in distributions.get(name, ())} & shipped
        }
        assert strangers == set()


def test_an_app_is_written_in_the_python_of_its_container(staged: Path) -> None:
    files = [file for file in staged.rglob("*.py") if file.stat().st_size]
    assert files
    major, minor = map(int, CONTAINER_PYTHON.split("."))
    for file in files:
        ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(major, minor))
