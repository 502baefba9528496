"""What cameras push: everything whole is told and kept, everything else is kept apart."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import threading

import pytest

from devkit.certificates import Authority

from .cameras import Encrypted, answer, begin, drop, jpeg, large, login, noisy, png, push, send, size_of
from .conftest import FLEET, ROOMS
from .ears import Ears
from .kit import App, eventually


def test_eight_cameras_at_once_are_told_each_once_and_whole(house: App, ears: Ears, authority: Authority) -> None:
    pictures = {room: noisy(200_000) for room in ROOMS}
    together = threading.Barrier(len(ROOMS))

    def upload(room: str) -> str:
        encrypted = ROOMS.index(room) % 2 == 0
        with login(house, room, Encrypted(authority) if encrypted else None) as client:
            together.wait()
            return send(client, pictures[room])

    with ThreadPoolExecutor(len(ROOMS)) as pool:
        answers = list(pool.map(upload, ROOMS))
    assert all(said.startswith("226") for said in answers)
    ears.until_events(len(ROOMS))
    eventually(house.all_told, "something waits")
    # What is told later is told after all that was to be told of these.
    push(house, ROOMS[0], jpeg())
    events = ears.until_events(len(ROOMS) + 1)[: len(ROOMS)]
    assert {one.key: one.image for one in events} == {f"Room {room[-1]} Camera": pictures[room] for room in ROOMS}
    assert len({one.message_id for one in events}) == len(ROOMS)
    assert len(ears.events()) == len(ROOMS) + 1
    kept = [house.images / one.device["storage_path"] for one in events]
    assert sorted(path.read_bytes() for path in kept) == sorted(pictures.values())
    assert len(set(kept)) == len(ROOMS)


@pytest.mark.parametrize(
    ("path", "key", "slug"),
    [
        ("frontgarden/snapshot.jpg", "Front Garden Camera", "front-garden-camera"),
        ("FrontGarden/2026-11-26/001/jpg/12.jpg", "Front Garden Camera", "front-garden-camera"),
        ("cameras/yard/today/snapshot.jpg", "Back Yard Camera", "back-yard-camera"),
    ],
)
def test_a_camera_of_the_fleet_is_known_by_the_folder_it_uploads_to(
    house: App, ears: Ears, path: str, key: str, slug: str
) -> None:
    content = jpeg(5_000)
    push(house, FLEET, content, path)
    (event,) = ears.until_events(1)
    assert (event.key, event.image) == (key, content)
    kept = house.images / event.device["storage_path"]
    assert kept.read_bytes() == content
    assert kept.parent.parent.name == slug
    assert kept.name.startswith(f"upload_{slug}_{int(event.device['image_timestamp'])}")


def test_a_picture_in_a_folder_of_nobody_is_kept_apart_and_counted(house: App, ears: Ears) -> None:
    strange = house.images / ".strange"
    before = set(strange.iterdir())
    content = jpeg()
    push(house, FLEET, content, "cellar/snapshot.jpg")
    eventually(lambda: set(strange.iterdir()) - before, "it is not kept apart")
    (apart,) = set(strange.iterdir()) - before
    assert apart.read_bytes() == content
    assert "fleet-cellar" in apart.name
    assert f"no camera has the account or folder {FLEET}/cellar" in house.log
    eventually(
        lambda: f"{len(before) + 1} pictures of no camera" in (ears.health("storage").get("detail") or ""),
        "it is not counted",
    )
    assert f"the last of {FLEET}/cellar: check the folder" in ears.health("storage")["detail"]
    assert ears.events() == []


def control_dropped(house: App, content: bytes) -> None:
    client = login(house, ROOMS[0])
    data = begin(house, client, content, "control.jpg")
    assert client.sock is not None
    drop(client.sock)
    drop(data)


def data_dropped(house: App, content: bytes) -> None:
    with login(house, ROOMS[1]) as client:
        begin(house, client, content, "data.jpg").close()
        # This is how cameras that lose their network look to the server.
        assert client.voidresp().startswith("226")


def cut_off(house: App, content: bytes) -> None:
    assert push(house, ROOMS[2], content[: len(content) // 2], "cut.jpg").startswith("226")


def text(house: App, _content: bytes) -> None:
    assert push(house, ROOMS[3], b"FTP test of the camera\r\n", "test.txt").startswith("226")


BROKEN: tuple[Callable[[App, bytes], None], ...] = (control_dropped, data_dropped, cut_off, text)


def test_among_broken_ones_every_good_picture_is_told(house: App, ears: Ears) -> None:
    before = set(house.broken())
    good = {ROOMS[4]: png(), ROOMS[5]: large(), ROOMS[6]: noisy(200_000), ROOMS[7]: jpeg()}
    with ThreadPoolExecutor() as pool:
        bad = [pool.submit(one, house, noisy(200_000)) for one in BROKEN]
        answers = pool.map(lambda room: push(house, room, good[room]), good)
        assert all(said.startswith("226") for said in answers)
    for future in bad:
        future.result()
    told = {one.key: one for one in ears.until_events(len(good))}
    eventually(lambda: len(set(house.broken()) - before) == len(BROKEN), "not all broken ones are kept apart")
    eventually(
        lambda: f"{len(house.broken())} files were no whole pictures" in (ears.health("storage").get("detail") or ""),
        "they are not counted",
    )
    assert ears.health("storage")["ok"]
    eventually(house.all_told, "something waits")
    assert set(told) == {f"Room {room[-1]} Camera" for room in good}
    for room, content in good.items():
        event = told[f"Room {room[-1]} Camera"]
        assert (house.images / event.device["storage_path"]).read_bytes() == content
    assert told["Room 5 Camera"].device["storage_path"].endswith(".png")
    assert size_of(told["Room 5 Camera"].image or b"") == (96, 64)
    assert size_of(told["Room 6 Camera"].image or b"") == (1_920, 1_440)
    assert told["Room 7 Camera"].image == good[ROOMS[6]]
    assert house.health().said["status"] == "ok"
    assert not [one for one in ears.events() if one.key[5] in "1234"]


@pytest.mark.parametrize("path", ["../x.jpg", "/../../etc/x.jpg", "a/../../x.jpg", "a\x00.jpg", "link/x.jpg"])
def test_no_path_leads_out_of_an_account(house: App, ears: Ears, tmp_path: Path, path: str) -> None:
    home = house.images / ".inbox" / ROOMS[0]
    home.mkdir(exist_ok=True)
    (home / "link").symlink_to(tmp_path)
    outside = _around(house)
    with login(house, ROOMS[0]) as client:
        client.makepasv()
        refused = answer(client, f"STOR {path}")
        # The same camera goes on.
        assert send(client, jpeg()).startswith("226")
    (home / "link").unlink()
    assert refused[:3] in {"501", "550"}
    ears.until_events(1)
    assert _around(house) == outside
    assert not Path("/etc/x.jpg").exists()
    assert list(tmp_path.iterdir()) == []


def test_an_account_writes_and_reads_nothing(house: App) -> None:
    with login(house, ROOMS[0]) as client:
        assert send(client, jpeg(), "mine.jpg").startswith("226")
        assert client.nlst() == []
        client.makepasv()
        assert answer(client, "RETR mine.jpg").startswith("550")


def _around(house: App) -> set[Path]:
    accounts = {*ROOMS, FLEET, "street"}
    places = [house.folder, house.folder / "state", house.images / ".inbox"]
    return {path for place in places for path in place.iterdir() if path.name not in accounts}
