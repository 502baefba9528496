"""What is too large, too much, or does not fit on the disk."""

from collections.abc import Callable
import ftplib
import resource

import pytest

from devkit.broker_process import wait_for

from .kit import GARAGE, Server, answer, partly, send


def refused(client: ftplib.FTP, size: int) -> str:
    """Return how a file is refused. Its data connection is kept open, so that no reset overtakes the answer."""
    client.voidcmd("TYPE I")
    try:
        with client.transfercmd("STOR refused.jpg") as data:
            data.sendall(bytes(size))
            return str(client.getmultiline())
    except ftplib.Error as error:
        return str(error)


def test_a_file_that_is_too_large_is_refused_and_the_next_is_taken(start: Callable[..., Server]) -> None:
    server = start(largest=1000)
    client = server.login()
    assert refused(client, 1001).startswith("552")
    assert partly(server.config.inbox) == []
    assert send(client, "small.jpg", bytes(1000)).startswith("226")
    assert [arrival.name for arrival in server.waiting() if arrival.whole] == ["small.jpg"]
    server.wait_for_said(lambda said: said.counts.refused == 1, "it is not counted")


def test_a_disk_that_is_nearly_full_takes_no_file_and_says_so(start: Callable[..., Server]) -> None:
    server = start(reserve=2**60)
    assert refused(server.login(), 10).startswith("452 The disk is nearly full")
    assert server.wait_for_said(lambda said: said.counts.refused == 1, "it is not counted").low
    assert server.waiting() == []


def test_a_file_that_the_system_does_not_let_grow_is_kept_apart(start: Callable[..., Server]) -> None:
    server = start()
    client = server.login()
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1000, 1000))
    assert refused(client, 1500).startswith("552")
    assert [(arrival.whole, arrival.path.stat().st_size) for arrival in server.waiting()] == [(False, 1000)]
    assert send(client, "small.jpg", b"small").startswith("226")


def test_a_folder_that_cannot_be_made_refuses_the_file_and_not_the_client(start: Callable[..., Server]) -> None:
    server = start()
    (server.config.inbox / "porch").write_bytes(b"a file in the way")
    client = server.login()
    assert refused(client, 10).startswith("451")
    assert client.voidcmd("NOOP").startswith("200")


def test_an_account_that_has_too_much_waiting_is_refused_until_it_is_accepted(start: Callable[..., Server]) -> None:
    server = start(waiting=1000)
    client = server.login()
    send(client, "first.jpg", bytes(1000))
    assert refused(client, 10).startswith("452 Too much of this account waits")
    assert server.wait_for_said(lambda said: bool(said.full), "it does not say so").full == ("porch",)
    assert send(server.login(GARAGE), "garage.jpg", b"garage").startswith("226")
    server.waiting()[0].path.unlink()
    wait_for(lambda: answer(client, "STOR again.jpg").startswith("150"), "there is no room again")


def test_what_waited_when_the_server_started_counts(start: Callable[..., Server]) -> None:
    server = start(waiting=1000)
    send(server.login(), "first.jpg", bytes(1000))
    server.end()
    with Server(server.config) as again:
        assert refused(again.login(), 10).startswith("452")


@pytest.mark.parametrize("size", [3000, 70_000])
def test_a_command_that_is_too_long_is_refused(server: Server, size: int) -> None:
    client = server.login()
    assert answer(client, "NOOP" + " " * size).startswith("500")
