"""The layers: who may know whom, and what keeps the pure ones pure."""

import ast
from pathlib import Path
import sys

import pytest

from tests.source import (
    FOLDERS,
    HUB,
    ROOT,
    clock_reads,
    dataclass_options,
    functions_of,
    imports_of,
    package_of,
    python_files,
    tree_of,
)

OWN = "custom_components.event_hub"
PURE = ("wire", "engine")
MAY_KNOW = {
    "wire": frozenset(),
    "engine": frozenset({"wire"}),
    "transports": frozenset({"wire", "const"}),
    "storage": frozenset({"wire", "engine", "const"}),
    "outputs": frozenset({"wire", "engine", "transports", "const"}),
    "importing": frozenset({"wire", "engine", "const"}),
}
# Libraries of formats; all they do is turn bytes and texts into values.
PURE_LIBRARIES = frozenset({"msgpack", "orjson", "yaml"})
# What reaches out of the process, waits, or asks for the time.
IMPURE_MODULES = frozenset(
    {"asyncio", "time", "threading", "concurrent", "multiprocessing", "subprocess", "socket", "ssl", "select", "signal"}
    | {"os", "pathlib", "shutil", "tempfile", "sqlite3", "io", "logging", "random", "secrets", "urllib", "http"}
)
# The one thing that changes while the engine runs.
MUTABLE = frozenset({"State"})
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60

PURE_FILES = [path for layer in PURE for path in python_files(HUB / layer)]
# What is imported is planned without a look at the world, once a file was read.
PURE_FILES += [path for path in python_files(HUB / "importing") if path.name not in ("files.py", "legacy_db.py")]
LAYER_FILES = [(layer, path) for layer in MAY_KNOW for path in python_files(HUB / layer)]
ALL_FILES = [path for folder in FOLDERS for path in python_files(ROOT / folder)]


def name(value: object) -> str | None:
    """Name a case by its file."""
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else None


def impurities(tree: ast.AST, package: tuple[str, ...]) -> list[str]:
    """Return what a pure file may not import."""
    found = []
    for imported in imports_of(tree, package):
        first = imported.module.split(".", maxsplit=1)[0]
        harmless = first in sys.stdlib_module_names - IMPURE_MODULES or first in PURE_LIBRARIES
        if not harmless and not imported.module.startswith(f"{OWN}."):
            found.append(f"{imported.line}: {imported.module}")
    return found


def strangers(tree: ast.AST, package: tuple[str, ...], layer: str) -> list[str]:
    """Return the parts of this integration that a layer imports and may not know."""
    allowed = MAY_KNOW[layer] | {layer}
    found = []
    for imported in imports_of(tree, package):
        part = imported.module.removeprefix(f"{OWN}.").split(".")[0]
        if imported.module.startswith(f"{OWN}.") and part not in allowed:
            found.append(f"{imported.line}: {imported.module}")
    return found


def test_there_are_layers_to_check() -> None:
    assert {layer for layer, _ in LAYER_FILES} == set(MAY_KNOW)


@pytest.mark.parametrize("path", PURE_FILES, ids=name)
def test_a_pure_layer_imports_nothing_that_acts(path: Path) -> None:
    assert impurities(tree_of(path), package_of(path)) == []


@pytest.mark.parametrize("path", PURE_FILES, ids=name)
def test_a_pure_layer_is_told_the_time_and_never_asks(path: Path) -> None:
    assert list(clock_reads(tree_of(path))) == []


@pytest.mark.parametrize(("layer", "path"), LAYER_FILES, ids=name)
def test_a_layer_knows_only_those_below(layer: str, path: Path) -> None:
    assert strangers(tree_of(path), package_of(path), layer) == []


@pytest.mark.parametrize("path", PURE_FILES, ids=name)
def test_records_are_frozen_slotted_and_named_at_the_call(path: Path) -> None:
    wrong = {
        record: sorted(options)
        for record, options in dataclass_options(tree_of(path))
        if not options >= {"slots", "kw_only"} or ("frozen" not in options and record not in MUTABLE)
    }
    assert wrong == {}


@pytest.mark.parametrize("path", ALL_FILES, ids=name)
def test_a_file_is_one_thing(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", ALL_FILES, ids=name)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    long = [
        f"{function.name}: {length} lines"
        for function in functions_of(tree_of(path))
        if (length := (function.end_lineno or function.lineno) - function.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio",
        "import homeassistant.core",
        "from homeassistant.util import dt",
        "def f():\n    from time import time",
        "from ... import frontend",
    ],
)
def test_an_impure_import_is_noticed(source: str) -> None:
    assert impurities(ast.parse(source), ("custom_components", "event_hub", "engine")) != []


@pytest.mark.parametrize("source", ["from ..engine import step", "from .. import hub", f"import {OWN}.storage.store"])
def test_an_import_upwards_is_noticed(source: str) -> None:
    assert strangers(ast.parse(source), ("custom_components", "event_hub", "wire"), "wire") != []


def test_an_import_downwards_and_beside_is_allowed() -> None:
    source = "from ..wire.messages import Source\nfrom . import model\nfrom .state import State"
    assert strangers(ast.parse(source), ("custom_components", "event_hub", "engine"), "engine") == []


@pytest.mark.parametrize("source", ["datetime.now(UTC)", "dt.datetime.utcnow()", "clock = date.today"])
def test_a_look_at_the_clock_is_noticed(source: str) -> None:
    assert list(clock_reads(ast.parse(source))) == [1]


def test_a_record_without_options_is_noticed() -> None:
    source = "@dataclass\nclass A: ...\n@dataclasses.dataclass(frozen=True, slots=False)\nclass B: ..."
    assert dict(dataclass_options(ast.parse(source))) == {"A": frozenset(), "B": frozenset({"frozen"})}
