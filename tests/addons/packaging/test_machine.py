"""What a build is told of the machine it runs on."""

from pathlib import Path

import pytest

from devkit.addons.machine import CERTIFICATES, PIP_SETTINGS, build_settings

PIP = """#!/bin/sh
cat << 'END'
{settings}
END
"""


def machine(folder: Path, monkeypatch: pytest.MonkeyPatch, settings: str) -> Path:
    """Put a pip with these settings in front, and return the folder for a build's files."""
    programs, files = folder / "programs", folder / "files"
    programs.mkdir()
    files.mkdir()
    pip = programs / "pip3"
    pip.write_text(PIP.format(settings=settings), encoding="utf-8")
    pip.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    return files


def test_a_machine_without_settings_mounts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build_settings(machine(tmp_path, monkeypatch, "")) == {}


def test_pips_index_is_passed_in_a_file_that_only_its_owner_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = machine(tmp_path, monkeypatch, "global.index-url='https://me:secret@packages.example/simple'")
    file = build_settings(files)[PIP_SETTINGS]
    assert file.read_text(encoding="utf-8") == "[global]\nindex-url = https://me:secret@packages.example/simple\n"
    assert file.stat().st_mode & 0o077 == 0


def test_an_index_on_the_machines_own_disk_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = "global.extra-index-url='file:///opt/one https://packages.example/two /opt/three'"
    file = build_settings(machine(tmp_path, monkeypatch, settings))[PIP_SETTINGS]
    assert file.read_text(encoding="utf-8") == "[global]\nextra-index-url = https://packages.example/two\n"


def test_certificates_are_mounted_and_pip_told_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = tmp_path / "authority.pem"
    authority.touch()
    mounts = build_settings(machine(tmp_path, monkeypatch, f":env:.cert='{authority}'"))
    assert mounts[CERTIFICATES] == authority
    assert mounts[PIP_SETTINGS].read_text(encoding="utf-8") == f"[global]\ncert = {CERTIFICATES}\n"


def test_certificates_that_are_not_there_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build_settings(machine(tmp_path, monkeypatch, "global.cert='/nowhere/authority.pem'")) == {}
