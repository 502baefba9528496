"""The FTP server's certificate, which the app copies for itself while it may still read everything."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from snapshot_processor.__main__ import _with_own_certificate
from snapshot_processor.receive.config import FtpAccount, FtpConfig
from snapshot_processor.settings import Settings, read_settings


def settings_with(tmp_path: Path, **ftp: Any) -> Settings:
    settings, _ = read_settings({"cameras": []}, tmp_path)
    account = FtpAccount(name="porch", password="of the porch")
    return replace(settings, ftp=FtpConfig(inbox=tmp_path, accounts=(account,), **ftp))


def test_the_app_has_a_copy_of_its_own_that_nobody_else_may_read(tmp_path: Path) -> None:
    for name in ("certificate", "key"):
        (tmp_path / name).write_text(name, encoding="ascii")
    settings = settings_with(tmp_path, certificate=tmp_path / "certificate", key=tmp_path / "key")
    ftp = _with_own_certificate(settings, tmp_path).ftp
    assert ftp is not None
    for path, name in ((ftp.certificate, "certificate"), (ftp.key, "key")):
        assert path is not None
        assert path != tmp_path / name
        assert path.read_text(encoding="ascii") == name
        assert path.stat().st_mode & 0o777 == 0o600


def test_one_that_cannot_be_read_stops_the_ftp_server_only_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = _with_own_certificate(settings_with(tmp_path, certificate=tmp_path), tmp_path)
    assert settings.ftp is None
    assert "ftp_certificate and ftp_key must be files" in settings.wrong["receiver"]
    assert "ftp_certificate and ftp_key must be files" in caplog.text


def test_without_encryption_there_is_nothing_to_copy(tmp_path: Path) -> None:
    settings = settings_with(tmp_path)
    assert _with_own_certificate(settings, tmp_path) is settings
