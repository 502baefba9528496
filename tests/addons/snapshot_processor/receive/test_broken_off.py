"""Uploads that stay in the middle."""

from collections.abc import Callable
import ftplib
import signal
import socket

import pytest

from devkit.broker_process import wait_for

from .kit import PATIENCE, Half, Server, answer, content, drop, partly, send

FIRST = b"the first half"


def halves(server: Server) -> list[bytes]:
    """Return what is kept apart, once something is."""
    return [arrival.path.read_bytes() for arrival in server.wait_for_files() if not arrival.whole]


def test_an_upload_whose_camera_goes_away_is_kept_apart(start: Callable[..., Server]) -> None:
    server = start()
    half = Half(server, server.login())
    assert half.client.sock is not None
    assert half.client.file is not None
    half.client.file.close()
    drop(half.client.sock)
    assert halves(server) == [FIRST]
    assert server.wait_for_said(lambda said: said.counts.half == 1, "it is not counted").counts.files == 0


def test_an_aborted_upload_is_kept_apart(server: Server) -> None:
    half = Half(server, server.login())
    assert answer(half.client, "ABOR").startswith("426")
    assert str(half.client.getmultiline()).startswith("226")
    assert halves(server) == [FIRST]


@pytest.mark.parametrize("close", [socket.socket.close, drop], ids=["closed", "reset"])
def test_a_data_connection_that_ends_early_looks_like_a_whole_file(
    server: Server, close: Callable[[socket.socket], None]
) -> None:
    half = Half(server, server.login())
    close(half.data)
    assert half.client.voidresp().startswith("226")
    (arrival,) = server.waiting()
    # Only its content tells.
    assert (arrival.whole, arrival.path.read_bytes()) == (True, FIRST)


def test_a_whole_file_of_a_camera_that_waits_for_no_answer_is_whole(server: Server) -> None:
    client = server.login()
    data = client.transfercmd("STOR hasty.jpg")
    server.process.send_signal(signal.SIGSTOP)
    try:
        # Both ends are there when the server looks again.
        data.sendall(FIRST)
        data.close()
        client.close()
    finally:
        server.process.send_signal(signal.SIGCONT)
    (arrival,) = server.wait_for_files()
    assert (arrival.whole, arrival.path.read_bytes()) == (True, FIRST)


def test_nothing_is_kept_of_an_upload_without_a_byte(server: Server) -> None:
    client = server.login()
    data = client.transfercmd("STOR empty.jpg")
    wait_for(lambda: partly(server.config.inbox) == [b""], "the upload does not begin")
    client.close()
    wait_for(lambda: not partly(server.config.inbox), "the upload stays")
    data.close()
    assert server.waiting() == []


def test_an_aborted_upload_whose_data_never_came_takes_no_other_data(server: Server) -> None:
    client = server.login()
    port = client.makepasv()[1]
    assert answer(client, "STOR never.jpg").startswith("150")
    assert answer(client, "ABOR").startswith("225")
    assert partly(server.config.inbox) == []
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), PATIENCE)
    send(client, "next.jpg", b"next")
    assert [arrival.name for arrival in server.waiting()] == ["next.jpg"]


def test_an_upload_that_is_begun_twice_is_one(server: Server) -> None:
    client = server.login()
    client.voidcmd("TYPE I")
    host, port = client.makepasv()
    assert answer(client, "STOR first.jpg").startswith("150")
    assert answer(client, "STOR second.jpg").startswith("150")
    with socket.create_connection((host, port), PATIENCE) as data:
        data.sendall(b"content")
    assert client.voidresp().startswith("226")
    assert [arrival.name for arrival in server.waiting()] == ["second.jpg"]
    assert partly(server.config.inbox) == []


def test_an_upload_is_not_mixed_with_another(server: Server) -> None:
    half = Half(server, server.login())
    assert answer(half.client, "STOR other.jpg").startswith("450")
    assert answer(half.client, "LIST").startswith("450")
    half.data.sendall(b" and the second")
    half.data.close()
    assert half.client.voidresp().startswith("226")
    assert [arrival.path.read_bytes() for arrival in server.waiting()] == [FIRST + b" and the second"]


def test_an_upload_that_stands_still_is_given_up(start: Callable[..., Server]) -> None:
    server = start(stall_timeout=2)
    client = server.login()
    with client.transfercmd("STOR half.jpg") as data:
        data.sendall(FIRST)
        with pytest.raises(ftplib.error_temp, match="421"):
            client.voidresp()
    assert halves(server) == [FIRST]


def test_nothing_is_lost_when_the_server_is_killed(start: Callable[..., Server]) -> None:
    server = start()
    client = server.login()
    for number in range(3):
        send(client, f"{number}.jpg", content(seed=number))
    half = Half(server, server.login())
    server.end(signal.SIGKILL)
    half.data.close()
    assert [arrival.name for arrival in server.waiting()] == ["0.jpg", "1.jpg", "2.jpg"]
    with Server(server.config) as again:
        assert sorted(arrival.path.read_bytes() for arrival in again.waiting()) == sorted(
            [*(content(seed=number) for number in range(3)), FIRST]
        )
        send(again.login(), "3.jpg", b"3")
        assert len(again.waiting()) == 5


def test_whatever_was_acknowledged_is_there_wherever_the_server_is_killed(start: Callable[..., Server]) -> None:
    server = start()
    acknowledged = []
    client = server.login()
    for number in range(20):
        send(client, f"{number}.jpg", content(seed=number))
        acknowledged.append(f"{number}.jpg")
        if number == 19:
            # In the moment of the answer, whatever the server still has to do.
            server.process.kill()
    server.end()
    with Server(server.config) as again:
        assert [arrival.name for arrival in again.waiting() if arrival.whole] == acknowledged


def test_an_upload_under_way_is_kept_apart_when_the_server_stops(start: Callable[..., Server]) -> None:
    server = start()
    half = Half(server, server.login())
    assert server.end() == 0
    half.data.close()
    assert halves(server) == [FIRST]
