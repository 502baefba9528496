from dataclasses import replace
import json
from pathlib import Path
import stat
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
import pytest

from devkit.fake_drive import FakeDrive
from devkit.fake_drive_store import Fault
from snapshot_processor.archive.config import ArchiveConfig
from snapshot_processor.archive.drive import Drive
from snapshot_processor.archive.errors import DriveError, Kind
from snapshot_processor.archive.login import Login

from .kit import FOLDER, NOON, SECRET, Home, config, item_of, logged_in


def test_a_login_goes_by_code_from_start_to_end(stranger: Home) -> None:
    item = stranger.take()
    assert stranger.step() == 5
    detail = stranger.work.health.detail
    assert not stranger.work.health.ok
    assert detail is not None
    assert detail.startswith("Open https://www.google.com/device and enter ABCD-0000 ")
    assert stranger.step() == 5
    stranger.drive.login.allow("ABCD-0000")
    stranger.run(1)
    assert stranger.work.health.ok
    assert stranger.drive.store.paths() == [f"{FOLDER}/{item.name}"]


def test_the_code_is_told_in_the_log_once(stranger: Home, caplog: pytest.LogCaptureFixture) -> None:
    stranger.run(600)
    assert caplog.text.count("enter ABCD-0000") == 1


def test_a_code_that_nobody_enters_is_replaced(stranger: Home) -> None:
    steps = stranger.run(2 * 1800 + 60)
    assert list(stranger.drive.login.codes) == ["ABCD-0000", "ABCD-0001", "ABCD-0002"]
    assert "ABCD-0002" in (stranger.work.health.detail or "")
    assert steps < 3660 / 5 + 10


def test_a_code_that_google_calls_expired_is_replaced_at_once(stranger: Home) -> None:
    stranger.step()
    stranger.drive.login.codes["ABCD-0000"] = "expired"
    stranger.step()
    stranger.step()
    assert "ABCD-0001" in (stranger.work.health.detail or "")


def test_polling_slows_down_when_google_asks_for_it(stranger: Home) -> None:
    stranger.step()
    stranger.drive.login.codes["ABCD-0000"] = "slow_down"
    assert stranger.step() == 10


def test_who_refuses_is_asked_again_later_with_a_new_code(stranger: Home) -> None:
    stranger.step()
    stranger.drive.login.deny("ABCD-0000")
    assert stranger.step() == 30
    assert "refused" in (stranger.work.health.detail or "")
    stranger.step()
    assert "ABCD-0001" in (stranger.work.health.detail or "")


def test_a_login_is_kept_over_a_restart(home: Home) -> None:
    home.take()
    home.run()
    home.restart()
    home.take(NOON + 60)
    home.run()
    assert len(home.drive.store.files()) == 2
    assert list(home.drive.login.codes) == ["ABCD-0000"]


def test_only_the_app_may_read_what_is_kept(home: Home) -> None:
    kept = home.settings.token
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert SECRET not in kept.read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"client_id": "client"}', '{"client_id": "another"}'])
def test_a_broken_or_strange_token_file_asks_for_a_new_login(stranger: Home, text: str) -> None:
    stranger.settings.token.write_text(text)
    stranger.step()
    assert "ABCD-0000" in (stranger.work.health.detail or "")


def test_another_client_needs_another_login(home: Home) -> None:
    assert Login(home.settings).kept() is not None
    assert Login(replace(home.settings, client_id="new")).kept() is None


def test_an_expired_token_is_renewed_and_kept(home: Home) -> None:
    kept = json.loads(home.settings.token.read_text())
    home.settings.token.write_text(json.dumps({**kept, "expiry": "2020-01-01T00:00:00"}))
    home.take()
    home.run()
    assert home.drive.login.refreshes == 1
    assert len(home.drive.store.files()) == 1
    assert json.loads(home.settings.token.read_text())["access_token"] != kept["access_token"]


def test_a_token_that_counts_no_more_is_renewed_in_the_middle(home: Home) -> None:
    home.take()
    home.run()
    home.drive.login.expire()
    home.take(NOON + 60)
    home.run()
    assert home.drive.login.refreshes == 1
    assert len(home.drive.store.files()) == 2


def test_a_login_that_was_taken_back_asks_for_a_new_one(home: Home) -> None:
    home.take()
    home.run()
    home.drive.login.revoke()
    home.take(NOON + 60)
    steps = home.run(600)
    assert "enter ABCD-0001" in (home.work.health.detail or "")
    assert not home.settings.token.exists()
    assert steps < 600 / 5 + 20
    home.drive.login.allow("ABCD-0001")
    home.run(10)
    assert home.work.health.ok
    assert len(home.drive.store.files()) == 2


def test_a_renewal_that_fails_for_now_keeps_the_login(home: Home) -> None:
    home.take()
    home.drive.login.expire()
    home.drive.fail(Fault.CUT, on="/token")
    home.run(60)
    assert len(home.drive.store.files()) == 1
    assert list(home.drive.login.codes) == ["ABCD-0000"]


@pytest.mark.parametrize("changes", [{"client_id": "unknown"}, {"client_secret": "not the right one"}])
def test_a_wrong_client_is_named_after_its_options(drive: FakeDrive, tmp_path: Path, changes: dict[str, str]) -> None:
    home = Home(drive=drive, folder=tmp_path, changes=changes)
    home.step()
    for code in drive.login.codes:
        drive.login.allow(code)
    home.step()
    assert home.work.health.detail == "Google does not know this client: check drive_client_id and drive_client_secret"
    home.close()


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.GARBAGE])
def test_a_login_waits_while_google_is_away(stranger: Home, fault: Fault) -> None:
    stranger.drive.fail(fault, on="/device/code")
    assert stranger.step() == 30
    assert "wait" in (stranger.work.health.detail or "")
    assert stranger.step() == 5
    assert "ABCD-0000" in (stranger.work.health.detail or "")


def _key_file(folder: Path) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "service.json"
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "client_email": "hub@project.iam.gserviceaccount.com",
                "private_key_id": "key1",
                "private_key": pem.decode(),
            }
        )
    )
    return path


def test_a_service_account_uploads_to_a_shared_drive(tmp_path: Path) -> None:
    with FakeDrive(shared_drive="0ASharedDrive") as drive:
        settings = ArchiveConfig(
            token=tmp_path / "token",
            service_account=_key_file(tmp_path),
            drive_id="0ASharedDrive",
            endpoint=drive.url,
        )
        one = Drive(settings, Login(settings).kept())
        one.upload(item_of("front/a.jpg", b"picture"), b"picture")
        assert drive.store.paths() == ["Event Hub/a.jpg"]
        (claims,) = drive.login.assertions
        assert claims["iss"] == "hub@project.iam.gserviceaccount.com"
        assert not settings.token.exists()


def test_a_service_account_that_is_refused_waits_and_is_not_asked_hot(tmp_path: Path) -> None:
    with FakeDrive(shared_drive="0ASharedDrive") as drive:
        drive.login.revoke()
        changes = {"service_account": _key_file(tmp_path), "drive_id": "0ASharedDrive"}
        home = Home(drive=drive, folder=tmp_path, changes=changes)
        home.take()
        steps = home.run(3600)
        home.close()
    assert steps < 20
    assert home.work.health.detail == "Google does not accept the key in drive_service_account: make a new one"


@pytest.mark.parametrize("text", ["", "[]", '{"type": "service_account"}', None])
def test_a_key_file_that_is_none_names_its_option(drive: FakeDrive, tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "key.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DriveError, match="drive_service_account") as caught:
        Login(config(drive, tmp_path, service_account=path, drive_id="0A")).kept()
    assert caught.value.kind is Kind.LOGIN


def test_a_broken_key_is_not_shown(drive: FakeDrive, tmp_path: Path) -> None:
    path = _key_file(tmp_path)
    key = json.loads(path.read_text())
    key["private_key"] = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0IHN0dWZm\n-----END PRIVATE KEY-----\n"
    path.write_text(json.dumps(key))
    with pytest.raises(DriveError, match="no key file") as caught:
        Login(config(drive, tmp_path, service_account=path, drive_id="0A")).kept()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"client_id": ""}, "drive_client_id"),
        ({"client_secret": ""}, "drive_client_secret"),
        ({"service_account": Path("key.json")}, "drive_id"),
        ({"folder": " "}, "drive_folder"),
        ({"keep_days": 0}, "drive_keep_days"),
    ],
)
def test_settings_that_cannot_work_name_the_option(
    drive: FakeDrive, tmp_path: Path, changes: dict[str, object], option: str
) -> None:
    with pytest.raises(ValueError, match=option):
        config(drive, tmp_path, **changes)


def test_google_is_where_google_is_unless_a_setting_says_otherwise(tmp_path: Path) -> None:
    settings = ArchiveConfig(token=tmp_path / "token", client_id="client", client_secret=SECRET)
    assert settings.api_root == "https://www.googleapis.com/"
    assert settings.token_url == "https://oauth2.googleapis.com/token"
    assert settings.device_url == "https://oauth2.googleapis.com/device/code"
    assert SECRET not in repr(settings)


def test_a_prompt_shows_no_device_code(drive: FakeDrive, tmp_path: Path) -> None:
    prompt = Login(config(drive, tmp_path)).begin(time.time())
    assert prompt.device_code not in repr(prompt)
    assert prompt.device_code not in prompt.sentence


def test_credentials_come_back_as_they_were_kept(drive: FakeDrive, tmp_path: Path) -> None:
    settings = config(drive, tmp_path)
    first = logged_in(drive, settings)
    again = Login(settings).kept()
    assert (again.access_token, again.refresh_token) == (first.access_token, first.refresh_token)
    assert again.token_expiry == first.token_expiry


def test_a_login_that_was_taken_back_is_not_used_again_even_if_its_file_stays(home: Home) -> None:
    home.take()
    home.drive.login.revoke()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", _read_only)
        home.run(60)
    assert home.settings.token.exists()
    assert "enter ABCD-0001" in (home.work.health.detail or "")


def _read_only(_path: Path, *, missing_ok: bool = False) -> None:
    raise OSError(30, f"Read-only file system, {missing_ok}")
