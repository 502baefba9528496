"""`scripts/set_repository`: give the repository another address and code owner, everywhere they are written."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re
import sys
import tomllib
from typing import Self

from .bootstrap.shell import ROOT, run

_ADDRESS = re.compile(r"https://(?P<host>[\w.-]+)/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?")
_CODE_OWNER = re.compile(r"@?(?P<name>[\w-]+(/[\w.-]+)?)")
# What is nobody's text: git's own, downloads, caches, and what others wrote.
_FOREIGN = re.compile(
    r"\.git|\.venv|\.develop(\.lock)?|\.cache|\..*_cache|\.hypothesis|__pycache__|node_modules|vendor|dist"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Where the repository is, and who answers for it. ``code_owner`` is without its @."""

    host: str
    owner: str
    name: str
    code_owner: str

    @classmethod
    def parse(cls, address: str, code_owner: str) -> Self:
        """Read an address such as ``https://github.com/owner/name``. Raises ``ValueError``."""
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise ValueError(f"{address} is no address of a repository: https://github.com/owner/name is one")
        person = _CODE_OWNER.fullmatch(code_owner)
        if person is None:
            raise ValueError(f"{code_owner!r} is no code owner: @owner is one")
        return cls(**found.groupdict(), code_owner=person["name"])

    @property
    def address(self) -> str:
        """The address people open."""
        return f"https://{self.host}/{self.owner}/{self.name}"


def current(root: Path) -> Identity:
    """Return the identity as pyproject.toml and CODEOWNERS state it."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    owners = (root / ".github/CODEOWNERS").read_text(encoding="utf-8").split()
    return Identity.parse(project["urls"]["Homepage"], owners[-1])


def text_files(root: Path) -> Iterator[Path]:
    """Yield the files that people of this project wrote: git's list, or without git whatever is there."""
    for path in _tracked(root) if (root / ".git").exists() else sorted(root.rglob("*")):
        if path.is_file() and not any(map(_FOREIGN.fullmatch, path.relative_to(root).parts)):
            yield path


def _tracked(root: Path) -> list[Path]:
    return [root / name for name in run(["git", "ls-files", "-z"], cwd=root).split("\0") if name]


def read_text(path: Path) -> str | None:
    """Return a file's text, or None for what is no text."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None


def rewrite(text: str, old: Identity, new: Identity) -> str:
    """Return ``text`` with every form of the old identity replaced."""
    owner, name = re.escape(old.owner), re.escape(old.name)
    forms = (
        (rf"{re.escape(old.address)}(?![\w-])", new.address),
        (rf"owner={owner}(&(?:amp;)?)repository={name}(?![\w-])", rf"owner={new.owner}\1repository={new.name}"),
        (rf"(?<![\w-]){owner}/{name}(?![\w-])", f"{new.owner}/{new.name}"),
        (rf"(?<=ghcr\.io/){owner}(?=/)", new.owner.lower()),
        (rf"@{re.escape(old.code_owner)}(?![\w-])", f"@{new.code_owner}"),
    )
    for pattern, replacement in forms:
        text = re.sub(pattern, replacement, text)
    return text


def replace_everywhere(root: Path, new: Identity) -> list[Path]:
    """Write the new identity into every file that states the old one; returns those files."""
    old = current(root)
    changed = []
    for path in text_files(root):
        text = read_text(path)
        if text is not None and (rewritten := rewrite(text, old, new)) != text:
            path.write_bytes(rewritten.encode())
            changed.append(path)
    return changed


def main() -> int:
    """Replace, say where, and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/set_repository", description=__doc__)
    parser.add_argument("address", help="for example https://github.com/owner/name")
    parser.add_argument("code_owner", help="for example @owner")
    wanted = parser.parse_args()
    try:
        new = Identity.parse(wanted.address, wanted.code_owner)
    except ValueError as error:
        parser.error(str(error))
    for path in replace_everywhere(ROOT, new):
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
