"""The archive on Google Drive: whatever that does, every picture is there in the end, and is told meanwhile."""

from collections.abc import Generator
import hashlib

import pytest
import pytest_socket

from devkit.brokers import Mosquitto
from devkit.fake_drive import FakeDrive
from devkit.fake_drive_store import Fault

from .cameras import CAPTION, jpeg, push, scene
from .ears import Ears
from .kit import HEARTBEAT, App, camera, eventually

FIRST_PAUSE = "snapshot_processor.archive.rules.FIRST_PAUSE"
FOLDER = "Home pictures"
PLAIN, STREET = "Plain Camera", "Street Camera"


@pytest.fixture(scope="module")
def drive() -> Generator[FakeDrive]:
    pytest_socket.enable_socket()
    with FakeDrive(client_secret="the client's own secret") as drive:
        yield drive


@pytest.fixture(scope="module")
def app(drive: FakeDrive, mosquitto: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Generator[App]:
    pytest_socket.enable_socket()
    app = App(
        tmp_path_factory.mktemp("archive"),
        mosquitto,
        # The pauses between its attempts are tested on a clock of their own.
        pauses={HEARTBEAT: 0.5, FIRST_PAUSE: 0.3},
        cameras=[
            camera("Plain", "plain"),
            camera("Street", "street", detectors="hog", cool_down=0, masks=CAPTION),
            camera("Private", "private", archive=False),
        ],
        drive_client_id="client",
        drive_client_secret=drive.login.client_secret,
        drive_folder=FOLDER,
        drive_endpoint=drive.url,
    )
    app.start()
    yield app
    app.close()


@pytest.fixture
def ears(app: App) -> Generator[Ears]:
    with Ears(app) as ears:
        yield ears


def archived(drive: FakeDrive) -> dict[str, str]:
    """Return what is in the archive by its name, each with its checksum."""
    return {
        drive.store.path(file).removeprefix(f"{FOLDER}/"): hashlib.md5(file.content).hexdigest()  # noqa: S324 - Drive's
        for file in drive.store.files()
    }


def kept(app: App) -> dict[str, str]:
    """Return the same of what is on the disk of those cameras that are archived."""
    files = [path for path in app.files() if path.name.partition("_")[2].startswith(("plain", "street"))]
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in files}  # noqa: S324 - as above


def test_a_code_asks_for_the_login_while_pictures_are_told_and_then_they_are_archived(
    app: App, ears: Ears, drive: FakeDrive
) -> None:
    eventually(lambda: ears.health("archive").get("detail"), "nobody is asked to log in")
    (code,) = drive.login.codes
    assert ears.health("archive") == {
        "ok": False,
        "detail": f"Open https://www.google.com/device and enter {code} to let pictures be kept on Google Drive",
    }
    push(app, "street", scene("Street", 1))
    push(app, "plain", jpeg(50_000))
    push(app, "private", jpeg())
    assert {one.key for one in ears.until_events(3)} == {STREET, PLAIN, "Private Camera"}
    assert archived(drive) == {}
    drive.login.allow(code)
    eventually(lambda: archived(drive) == kept(app), "not all is archived")
    assert sorted(name.partition("_")[0] for name in archived(drive)) == ["human", "upload", "upload"]
    eventually(lambda: ears.health("archive") == {"ok": True, "detail": None}, "the archive is not well")


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.WRONG_CHECKSUM, Fault.CUT, Fault.LOST_ANSWER])
def test_what_goes_wrong_with_an_upload_is_told_and_done_again(
    app: App, ears: Ears, drive: FakeDrive, fault: Fault
) -> None:
    trashed = len(drive.store.trashed())
    drive.fail(fault, 2, on="PUT /upload")
    push(app, "plain", jpeg(30_000))
    ears.until_events(1)
    eventually(lambda: archived(drive) == kept(app), "not all is archived")
    assert len(archived(drive)) == len(drive.store.files()), "something is there twice"
    assert len(drive.store.trashed()) - trashed == (2 if fault is Fault.WRONG_CHECKSUM else 0)
    eventually(lambda: ears.health("archive") == {"ok": True, "detail": None}, "the archive is not well")


def test_pictures_wait_for_a_drive_that_is_away_over_a_kill_and_are_told_meanwhile(
    app: App, ears: Ears, drive: FakeDrive
) -> None:
    drive.away = True
    before = archived(drive)
    push(app, "plain", jpeg())
    ears.until_events(1)
    away = {"ok": False, "detail": "Google Drive cannot be reached; pictures wait on this machine until it can"}
    eventually(lambda: ears.health("archive") == away, "nobody is told")
    app.kill()
    app.start()
    push(app, "street", scene("Street", 1))
    ears.until_events(2)
    assert archived(drive) == before
    drive.away = False
    eventually(lambda: archived(drive) == kept(app), "not all is archived")
    # The login was kept: nobody is asked again.
    assert len(drive.login.codes) == 1
    assert len(archived(drive)) == len(before) + 3


def test_the_login_is_told_and_logged_nowhere(app: App, ears: Ears, drive: FakeDrive) -> None:
    ears.until_beat()
    for secret in drive.login.secrets():
        assert secret not in app.log
        assert [topic for topic, body in ears.heard if secret.encode() in body] == []
    assert "Logged in at Google" in app.log
