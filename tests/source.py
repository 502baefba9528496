"""What Python files say of themselves, for tests about the code."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
HUB = ROOT / "custom_components/event_hub"
FOLDERS = ("addons", "custom_components", "devkit", "bench", "tests")

type Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module by its absolute name: `from .a import b` in hub.x is hub.x's sibling a, or a.b."""

    module: str
    line: int


@cache
def python_files(folder: Path) -> tuple[Path, ...]:
    """Return a folder's Python files, in order, without what lies in caches."""
    return tuple(sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts))


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def package_of(path: Path) -> tuple[str, ...]:
    """Return the dotted package a file's relative imports start from, as words."""
    return path.relative_to(ROOT).parts[:-1]


def imports_of(tree: ast.AST, package: tuple[str, ...]) -> Iterator[Import]:
    """Yield what is imported anywhere in a file, names included, as any of them may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(module=alias.name, line=node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*start, *([node.module] if node.module else [])))
            yield from (Import(module=f"{base}.{alias.name}", line=node.lineno) for alias in node.names)


def functions_of(tree: ast.AST) -> Iterator[Function]:
    """Yield every function and method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def clock_reads(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that ask what time it is: `datetime.now`, `date.today`, and whatever `time` offers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
            words = ast.unparse(node.value).split(".")
            if words[-1] in {"datetime", "date"}:
                yield node.lineno


def dataclass_options(tree: ast.AST) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each dataclass and the options that are on."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if ast.unparse(called).split(".")[-1] in ("dataclass", "record"):
                keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
                on = {
                    word.arg for word in keywords if isinstance(word.value, ast.Constant) and word.value.value is True
                }
                yield node.name, frozenset(name for name in on if name)
