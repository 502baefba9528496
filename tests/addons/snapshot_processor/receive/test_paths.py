"""Names and paths: what a client may write, and where it leads."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from snapshot_processor.receive.jail import DEPTH, PathError, folder_of, resolve
from snapshot_processor.receive.names import LONGEST, clean_name

from .kit import PORCH, READER, Server, answer, send

NASTY = st.text(st.sampled_from("./\\~\x00\n a\u202eé"))
TEXTS = st.text() | NASTY | st.lists(NASTY | st.sampled_from(["..", ".", "", "a"])).map("/".join)
FOLDERS = st.lists(TEXTS.map(clean_name), max_size=DEPTH).map(tuple)


@given(TEXTS)
def test_a_name_is_one_name_that_every_disk_takes(text: str) -> None:
    name = clean_name(text)
    assert name not in {"", ".", ".."}
    assert not name.startswith(".")
    assert name.isprintable()
    assert not set(name) & set("/\\~\x00")
    assert len(name) <= LONGEST
    assert len(name.encode()) <= 200


@given(TEXTS)
def test_a_clean_name_stays_as_it_is(text: str) -> None:
    assert clean_name(clean_name(text)) == clean_name(text)


@given(FOLDERS, TEXTS)
def test_no_path_leads_out(folder: tuple[str, ...], text: str) -> None:
    try:
        parts = resolve(folder, text)
    except PathError:
        return
    home = Path("/inbox/porch")
    assert home.joinpath(*parts).resolve().is_relative_to(home)
    assert parts == tuple(clean_name(part) for part in parts)
    assert len(parts) <= DEPTH + 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("picture.jpg", "picture.jpg"),
        ("Bewegung Hof.jpg", "Bewegung Hof.jpg"),
        (".hidden.jpg", "hidden.jpg"),
        ("...", "unnamed"),
        ("", "unnamed"),
        ("a/b\\c~d.jpg", "a_b_c_d.jpg"),
        ("tab\there\x00.jpg", "tabhere.jpg"),
        ("x" * 300 + ".jpeg", "x" * (LONGEST - 5) + ".jpeg"),
        ("x" * 300, "x" * LONGEST),
        ("日" * 100 + ".jpg", "日" * 65 + ".jpg"),
    ],
)
def test_a_name_is_cleaned(name: str, expected: str) -> None:
    assert clean_name(name) == expected


@pytest.mark.parametrize(
    ("folder", "text", "expected"),
    [
        ("", "a.jpg", "a.jpg"),
        ("porch", "a.jpg", "porch/a.jpg"),
        ("porch", "/a.jpg", "a.jpg"),
        ("porch/today", "../a.jpg", "porch/a.jpg"),
        ("porch", "./b//c/./a.jpg", "porch/b/c/a.jpg"),
        ("", "/", ""),
    ],
)
def test_a_path_leads_where_it_says(folder: str, text: str, expected: str) -> None:
    assert "/".join(resolve(tuple(filter(None, folder.split("/"))), text)) == expected


TRICKS = [
    "../x.jpg",
    "../../../../etc/cron.d/x",
    "/../x.jpg",
    "a/../../x.jpg",
    "a\x00.jpg",
    "a\x07.jpg",
    "line\nbreak.jpg",
    "x" * 256,
    "日" * 100,
    "x/" * 600 + "x.jpg",
    "1/2/3/4/5/6/x.jpg",
]


@pytest.mark.parametrize("path", TRICKS, ids=range(len(TRICKS)))
def test_a_tricky_path_is_refused_by_every_command_and_its_client_goes_on(server: Server, path: str) -> None:
    client = server.login()
    for command in ("STOR", "CWD", "MKD", "RNFR", "DELE", "SIZE", "LIST", "APPE", "STOU"):
        assert answer(client, f"{command} {path}")[:3] in {"500", "501", "550"}, command
        assert answer(client, "NOOP").startswith("200")
    client.close()
    assert outside(server) == []


@pytest.mark.parametrize("path", ["..", "../", "/", "", "."])
def test_the_top_is_where_a_client_can_always_go(server: Server, path: str) -> None:
    client = server.login()
    assert answer(client, f"CWD {path}".strip()).startswith("250")
    assert answer(client, "CDUP").startswith("250")
    assert client.pwd() == "/"


@pytest.mark.parametrize("path", ["link/x.jpg", "link/below/x.jpg", "folder/link/x.jpg"])
def test_a_link_leads_nowhere(server: Server, tmp_path: Path, path: str) -> None:
    home = server.config.inbox / PORCH.name
    (home / "folder").mkdir(parents=True)
    for link in (home / "link", home / "folder" / "link"):
        link.symlink_to(tmp_path)
    client = server.login()
    client.makepasv()
    assert answer(client, f"STOR {path}").startswith("550")
    assert list(tmp_path.iterdir()) == []


def test_a_link_shows_nothing_to_a_reader(start: Callable[..., Server], tmp_path: Path) -> None:
    server = start()
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / f"x.jpg~{'0' * 32}.done").write_bytes(b"secret")
    home = server.config.inbox / READER.name
    home.mkdir()
    (home / "link").symlink_to(secret)
    client = server.login(READER)
    assert client.nlst("link") == []
    assert answer(client, "SIZE link/x.jpg").startswith("550")


def test_a_folder_behind_a_link_is_not_made(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.mkdir()
    (home / "link").symlink_to(other)
    with pytest.raises(PathError):
        folder_of(home, ("link", "below"))
    assert list(other.iterdir()) == []


def test_a_file_needs_a_name(server: Server) -> None:
    assert answer(server.login(), "STOR /").startswith("550")


def test_a_renamed_file_cannot_be_moved_out(server: Server) -> None:
    client = server.login()
    send(client, "inside.jpg", b"inside")
    assert answer(client, "RNFR inside.jpg").startswith("350")
    assert answer(client, "RNTO ../../outside.jpg").startswith("550")
    assert outside(server) == []
    assert [arrival.name for arrival in server.waiting()] == ["inside.jpg"]


def outside(server: Server) -> list[Path]:
    """Return what is in the inbox's surroundings and does not belong there."""
    config = server.config
    known = {config.inbox, server.log}
    accounts = {account.name for account in config.accounts}
    return [path for path in config.inbox.parent.iterdir() if path not in known] + [
        path for path in config.inbox.iterdir() if path.name not in accounts
    ]
