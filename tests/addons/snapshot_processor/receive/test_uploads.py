"""Whole files, sent as cameras send them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
import ftplib
import io
import shutil
import socket
import subprocess

import pytest

from .kit import GARAGE, LOOPBACK, PATIENCE, PORCH, READER, Server, answer, content, send


def test_a_file_waits_under_its_own_name_in_its_own_folder(server: Server) -> None:
    client = server.login()
    client.mkd("2024-01-02")
    client.cwd("2024-01-02")
    assert send(client, "motion 1.jpg", content()).startswith("226")
    (arrival,) = server.waiting()
    assert (arrival.account, arrival.folder, arrival.name, arrival.whole) == (
        "porch",
        "2024-01-02",
        "motion 1.jpg",
        True,
    )
    assert arrival.path.read_bytes() == content()


def test_eight_cameras_at_once_lose_nothing(start: Callable[..., Server]) -> None:
    server = start()

    def camera(number: int) -> None:
        client = server.login(PORCH if number % 2 else GARAGE)
        for picture in range(5):
            send(client, f"camera{number}/{picture}.jpg", content(seed=10 * number + picture))
        client.quit()

    with ThreadPoolExecutor(8) as cameras:
        list(cameras.map(camera, range(8)))
    found = {(arrival.folder, arrival.name): arrival.path.read_bytes() for arrival in server.waiting()}
    assert found == {
        (f"camera{number}", f"{picture}.jpg"): content(seed=10 * number + picture)
        for number in range(8)
        for picture in range(5)
    }
    counts = server.wait_for_said(lambda said: said.counts.files == 40, "not all files are counted").counts
    assert (counts.bytes, counts.half, counts.refused) == (40 * 200_000, 0, 0)


def test_two_files_of_one_name_are_two(server: Server) -> None:
    client = server.login()
    send(client, "snapshot.jpg", b"first")
    send(client, "snapshot.jpg", b"second")
    assert [arrival.path.read_bytes() for arrival in server.waiting()] == [b"first", b"second"]


def test_a_picture_is_no_text_whatever_its_camera_forgot_to_say(server: Server) -> None:
    client = server.login()
    client.voidcmd("TYPE A")
    with client.transfercmd("STOR forgetful.jpg") as data:
        data.sendall(content())
    assert client.voidresp().startswith("226")
    assert server.waiting()[0].path.read_bytes() == content()


def test_an_active_data_connection_does_as_well(server: Server) -> None:
    client = server.login()
    client.set_pasv(False)
    send(client, "active.jpg", content())
    assert server.waiting()[0].path.read_bytes() == content()


def test_a_unique_name_is_made_where_a_camera_asks_for_one(server: Server) -> None:
    client = server.login()
    client.cwd("motion")
    client.voidcmd("TYPE I")
    said = answer(client, "EPSV")
    with _data(said) as data:
        told = answer(client, "STOU")
        data.sendall(b"unique")
    assert client.voidresp().startswith("226")
    (arrival,) = server.waiting()
    assert told.endswith(f"FILE: {arrival.name}")
    assert (arrival.folder, arrival.path.read_bytes()) == ("motion", b"unique")


def test_room_is_promised_with_200(server: Server) -> None:
    assert answer(server.login(), "ALLO 200000").startswith("200")


def test_a_file_that_was_taken_has_its_size_and_time(server: Server) -> None:
    client = server.login()
    send(client, "a/test.jpg", b"12345")
    assert client.size("a/test.jpg") == 5
    assert answer(client, "MDTM /a/test.jpg").startswith("213 20")


def test_a_camera_that_renames_its_upload_gets_the_new_name(server: Server) -> None:
    client = server.login()
    send(client, "picture.tmp", b"picture")
    ticket = server.waiting()[0].ticket
    assert client.rename("picture.tmp", "done/picture.jpg").startswith("250")
    (arrival,) = server.waiting()
    assert (arrival.folder, arrival.name, arrival.ticket) == ("done", "picture.jpg", ticket)
    assert client.size("done/picture.jpg") == 7


def test_a_camera_that_renames_what_was_accepted_already_is_content(server: Server) -> None:
    client = server.login()
    send(client, "picture.tmp", b"picture")
    server.waiting()[0].path.unlink()
    assert client.rename("picture.tmp", "picture.jpg").startswith("250")
    assert client.size("picture.jpg") == 7
    assert server.waiting() == []


def test_a_camera_that_tests_by_an_upload_and_deletes_it_leaves_nothing(server: Server) -> None:
    client = server.login()
    send(client, "test.txt", b"is anybody there?")
    assert client.delete("test.txt").startswith("250")
    assert server.waiting() == []
    assert answer(client, "SIZE test.txt").startswith("550")


@pytest.mark.parametrize("line", ["RNFR other.jpg", "DELE other.jpg", "SIZE other.jpg", "MDTM other.jpg"])
def test_a_file_that_is_not_there_is_said_not_to_be(server: Server, line: str) -> None:
    assert answer(server.login(), line).startswith("550")


def test_a_folder_that_was_tidied_away_is_there_for_its_camera(server: Server) -> None:
    client = server.login()
    client.cwd("2024-01-02")
    send(client, "1.jpg", b"1")
    shutil.rmtree(server.config.inbox / "porch")
    send(client, "2.jpg", b"2")
    client.cwd("/2024-01-02")
    (arrival,) = server.waiting()
    assert (arrival.folder, arrival.name) == ("2024-01-02", "2.jpg")


def test_nothing_can_be_added_to_a_file(server: Server) -> None:
    client = server.login()
    assert client.storbinary("APPE one.jpg", io.BytesIO(b"whole")).startswith("226")
    with pytest.raises(ftplib.error_perm, match="550"):
        client.storbinary("APPE one.jpg", io.BytesIO(b"more"))
    assert [arrival.path.read_bytes() for arrival in server.waiting()] == [b"whole"]


def test_a_file_cannot_be_taken_up_in_the_middle(server: Server) -> None:
    client = server.login()
    client.voidcmd("TYPE I")
    assert answer(client, "REST 100").startswith("504")
    assert answer(client, "REST 0").startswith("350")
    send(client, "whole.jpg", b"whole")
    assert server.waiting()[0].path.read_bytes() == b"whole"


@pytest.mark.parametrize("command", ["LIST", "NLST", "MLSD"])
def test_a_writer_sees_an_empty_folder(server: Server, command: str) -> None:
    client = server.login()
    send(client, "secret.jpg", b"secret")
    lines: list[str] = []
    assert client.retrlines(command, lines.append).startswith("226")
    assert lines == []


def test_a_writer_reads_nothing(server: Server) -> None:
    client = server.login()
    send(client, "secret.jpg", b"secret")
    with pytest.raises(ftplib.error_perm, match="550"):
        client.retrbinary("RETR secret.jpg", lambda _: None)


def test_a_reader_sees_and_reads_what_waits(server: Server) -> None:
    send(server.login(READER), "porch/picture.jpg", b"picture")
    client = server.login(READER)
    body = io.BytesIO()
    assert client.nlst() == ["porch"]
    assert client.nlst("porch") == ["picture.jpg"]
    client.retrbinary("RETR porch/picture.jpg", body.write)
    assert body.getvalue() == b"picture"


def test_curl_sends_a_file(server: Server) -> None:
    if (curl := shutil.which("curl")) is None:
        pytest.skip("curl is not installed")
    url = f"ftp://{LOOPBACK}:{server.port}/a/b/curl.jpg"
    login = f"{PORCH.name}:{PORCH.password}"
    words = [curl, "--silent", "--show-error", "--ftp-create-dirs", "--user", login, "--upload-file", "-", url]
    subprocess.run(words, input=content(), check=True, timeout=PATIENCE)
    (arrival,) = server.waiting()
    assert (arrival.folder, arrival.name, arrival.path.read_bytes()) == ("a/b", "curl.jpg", content())


def _data(said: str) -> socket.socket:
    return socket.create_connection((LOOPBACK, int(said.split("|")[3])), PATIENCE)
