"""A disk that is full, or that takes nothing: cameras are told so, nothing dies, and all goes on when there is room."""

from collections.abc import Callable, Generator, Iterator
import contextlib
from ftplib import error_perm, error_temp
import os
from pathlib import Path
import resource
import subprocess

import pytest

from devkit.brokers import Mosquitto
from devkit.fake_camera import FakeCamera

from .cameras import jpeg, push
from .ears import Ears
from .kit import HEARTBEAT, App, camera, eventually, running

PAUSES = {HEARTBEAT: 0.5, "snapshot_processor.retain._LOOK_EVERY": 0.3}
CAMERAS = [camera("Porch", "porch")]
PORCH = "Porch Camera"
SIZE = 200_000
MIB = 1024 * 1024
# What a file's blocks are counted in, whatever the disk has.
BLOCK = 512
# Of the small disk, in MiB: all of it, and what is to stay free. FTP stops at the half of that.
DISK, RESERVE = 48, 24
WELL = {"ok": True, "detail": None}


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    """A file system of its own, which nobody else fills."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "none", str(folder)],  # noqa: S607 - Debian's own
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("Only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607 - as above


def free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


@contextlib.contextmanager
def ballast(disk: Path, left: int) -> Iterator[Callable[[], None]]:
    """Fill a disk but for so many MiB; what it yields takes that away again."""
    file = disk / "ballast"

    def is_filled() -> bool:
        with file.open("ab") as opened, contextlib.suppress(OSError):
            # The app may have written meanwhile; then there is less to take.
            taken = os.fstat(opened.fileno()).st_blocks * BLOCK
            os.posix_fallocate(opened.fileno(), 0, taken + free(disk) - left * MIB)
            return True
        return False

    eventually(is_filled, "the disk is not full")
    yield file.unlink
    file.unlink(missing_ok=True)


def kept_of(app: App) -> list[bytes]:
    """Return all pictures that are kept."""
    return sorted(path.read_bytes() for path in app.files())


def is_told(ears: Ears, part: str) -> bool:
    """Whether the newest heartbeat, if there was one, says that a part of the app is not well."""
    return ears.health(part).get("ok") is False


def test_the_oldest_pictures_go_when_there_are_too_many(mosquitto: Mosquitto, folder: Path) -> None:
    kept = 5
    app = App(folder, mosquitto, pauses=PAUSES, cameras=CAMERAS, keep_gigabytes=kept * (SIZE + 100) / 1024**3)
    with running(app), Ears(app) as ears:
        sent = [jpeg(SIZE) for _ in range(2 * kept)]
        for count, content in enumerate(sent, 1):
            push(app, "porch", content)
            # What goes before it was told is told without its picture.
            told = ears.until_events(count)
        eventually(lambda: len(app.files()) == kept, "too many are kept")
        assert [one.image for one in told] == sent
        assert kept_of(app) == sorted(sent[kept:])
        eventually(lambda: app.ask("SELECT COUNT(*) FROM pictures") == kept, "those that are gone are still known")
        gone, newest = told[0].device["image_id"], told[-1].device["image_id"]
        assert (app.get(f"/api/images/{gone}").status, app.get(f"/api/images/{newest}").status) == (404, 200)
        ears.until_beat()
        assert ears.health("storage") == WELL


def test_on_a_full_disk_the_oldest_go_then_cameras_are_refused_until_there_is_room(
    mosquitto: Mosquitto, small_disk: Path, folder: Path
) -> None:
    app = App(
        folder,
        mosquitto,
        pauses=PAUSES,
        cameras=CAMERAS,
        image_folder=str(small_disk / "images"),
        reserve_megabytes=RESERVE,
    )
    app.images = small_disk / "images"
    with running(app), Ears(app) as ears:
        sent = [jpeg(SIZE) for _ in range(10)]
        for content in sent:
            push(app, "porch", content)
        ears.until_events(len(sent))
        assert len(app.files()) == len(sent)
        with ballast(small_disk, RESERVE - 1) as make_room:
            eventually(lambda: free(small_disk) >= RESERVE * MIB, "no old picture goes")
            left = kept_of(app)
            assert left
            assert left == sorted(sent[-len(left) :])
            make_room()
        with ballast(small_disk, RESERVE // 2 - 1) as make_room:
            eventually(lambda: not app.files(), "old pictures stay")
            refused = jpeg(SIZE)
            with pytest.raises(error_temp, match="452 The disk is nearly full"):
                push(app, "porch", refused)
            eventually(lambda: is_told(ears, "receiver") and is_told(ears, "storage"), "nobody is told")
            free_again = f"Less than {RESERVE // 2} MiB of the disk are free: make room for pictures"
            assert ears.health("receiver")["detail"] == free_again
            full = "The disk is full although all old pictures are gone: delete something else"
            assert ears.health("storage")["detail"] == full
            make_room()
        push(app, "porch", refused)
        assert ears.until_events(len(sent) + 1)[-1].image == refused
        eventually(lambda: ears.health("receiver") == ears.health("storage") == WELL, "it is not well again")


def test_a_disk_without_a_free_byte_refuses_and_loses_nothing(mosquitto: Mosquitto, small_disk: Path) -> None:
    # All that the app has is there, its ledger too.
    app = App(small_disk / "app", mosquitto, pauses=PAUSES, cameras=CAMERAS)
    with running(app), Ears(app) as ears:
        before = jpeg(SIZE)
        push(app, "porch", before)
        ears.until_events(1)
        # What cannot be noted as told is told again.
        eventually(app.all_told, "something waits")
        eventually((small_disk / "app" / "state" / "ballast").exists, "nothing is kept for a start")
        with ballast(small_disk, 0):
            refused = jpeg(SIZE)
            with pytest.raises(error_temp, match="452 The disk is full"):
                push(app, "porch", refused)
            ears.until_beat()
            assert set(app.health().said["stages"].values()) == {"ok"}
            # Nor does it need room to start.
            app.kill()
            app.start()
        push(app, "porch", refused)
        assert ears.until_events(2)[-1].image == refused
        eventually(app.all_told, "something waits")
        assert len(ears.events()) == 2
        assert kept_of(app) == sorted([before, refused])


@contextlib.contextmanager
def no_file_may_grow(pid: int) -> Iterator[None]:
    """Let a process write nothing that is longer than a byte."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def test_while_nothing_can_be_noted_pictures_wait_and_commands_are_answered_later(
    mosquitto: Mosquitto, folder: Path
) -> None:
    with FakeCamera("Yard") as yard:
        cameras = [*CAMERAS, camera("Yard", snapshot_url=yard.url)]
        app = App(folder, mosquitto, pauses=PAUSES, cameras=cameras)
        with running(app), Ears(app) as ears:
            ears.until_beat()
            content = jpeg(SIZE)
            with no_file_may_grow(app.pid):
                assert push(app, "porch", content).startswith("226")
                eventually(lambda: is_told(ears, "storage"), "nobody is told")
                assert ears.health("storage")["detail"].startswith("Pictures cannot be stored, make room")
                unheard = ears.command("Yard Camera")
                for _ in range(3):
                    ears.until_beat()
                assert app.health().status == 200
                assert ears.results(unheard) == []
            assert ears.until_events(1)[0].image == content
            eventually(lambda: ears.health("storage") == WELL, "it is not well again")
            # What was never accepted is the hub's to send again.
            assert ears.results(unheard) == []
            assert ears.until_answered(ears.command("Yard Camera"))[0] == "done"


def test_while_the_ftp_server_can_write_nothing_cameras_are_refused_and_it_goes_on(
    mosquitto: Mosquitto, folder: Path
) -> None:
    app = App(folder, mosquitto, pauses=PAUSES, cameras=CAMERAS)
    with running(app), Ears(app) as ears:
        (server,) = app.children()
        content = jpeg(SIZE)
        with no_file_may_grow(server):
            for _ in range(3):
                with pytest.raises(error_perm, match="552 The file is too large"):
                    push(app, "porch", content)
        assert app.children() == [server]
        assert push(app, "porch", content).startswith("226")
        assert ears.until_events(1, PORCH)[0].image == content
