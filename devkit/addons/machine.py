"""The machine's own way to packages, for builds: its certificates and pip's settings, as files to mount."""

import os
from pathlib import Path
import re
import shutil
from typing import Final

from devkit.bootstrap.shell import run

CERTIFICATES: Final = "/run/event_hub_build/certificates.pem"
PIP_SETTINGS: Final = "/etc/pip.conf"

_TAKEN: Final = frozenset({"extra-index-url", "index-url", "proxy", "retries", "timeout", "trusted-host"})
_SETTING: Final = re.compile(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", re.MULTILINE)


def build_settings(folder: Path) -> dict[str, Path]:
    """Write what a build has to know of this machine to ``folder``; returns the files by their place inside.

    Nothing of it stays in an image. A machine without settings of its own has none.
    """
    settings = pip_settings()
    lines = [f"{name} = {value}\n" for name, value in sorted(settings.items()) if name in _TAKEN]
    mounts = {}
    certificates = settings.get("cert") or os.environ.get("SSL_CERT_FILE", "")
    if certificates and Path(certificates).is_file():
        mounts[CERTIFICATES] = Path(certificates).resolve()
        lines.append(f"cert = {CERTIFICATES}\n")
    if lines:
        file = folder / "pip.conf"
        file.write_text("[global]\n" + "".join(lines), encoding="utf-8")
        file.chmod(0o600)  # an address may carry a password
        mounts[PIP_SETTINGS] = file
    return mounts


def pip_settings() -> dict[str, str]:
    """Return the settings of the machine's pip. Addresses on its own disk are left out: no build sees them."""
    pip = shutil.which("pip3") or shutil.which("pip")
    if pip is None:
        return {}
    found = dict(_SETTING.findall(run([pip, "config", "list"])))
    for name in ("index-url", "extra-index-url"):
        addresses = [address for address in found.pop(name, "").split() if not address.startswith(("file:", "/"))]
        if addresses:
            found[name] = " ".join(addresses)
    return found
