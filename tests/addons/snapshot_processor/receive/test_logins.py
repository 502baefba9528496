"""Who comes in, who does not, and that one does not disturb the other."""

from collections.abc import Callable
from dataclasses import replace
import ftplib
import socket

import pytest

from devkit.broker_process import wait_for

from .kit import GARAGE, LOOPBACK, PATIENCE, PORCH, Server, answer, send

WRONG = replace(PORCH, password="a wrong one")
OTHER = "127.0.0.2"


def test_a_wrong_password_is_refused(server: Server) -> None:
    with pytest.raises(ftplib.error_perm, match="530"):
        server.login(WRONG)


def test_an_account_that_does_not_exist_is_refused_in_the_same_words(server: Server) -> None:
    answers = []
    for account in (WRONG, replace(WRONG, name="nobody")):
        with pytest.raises(ftplib.error_perm) as refusal:
            server.login(account)
        answers.append(str(refusal.value))
    assert answers[0] == answers[1]


def test_an_address_that_is_wrong_too_often_is_locked_out_and_others_go_on(start: Callable[..., Server]) -> None:
    server = start(host="0.0.0.0", wrong_logins=3)  # noqa: S104 - both addresses are loopback
    camera = server.login()
    stranger = stranger_of(server)
    for _ in range(3):
        assert try_login(stranger, WRONG.password).startswith("530")
    server.wait_for_said(lambda said: said.banned == (OTHER,), "nobody is locked out")
    assert (server.last.counts.wrong_logins, server.last.counts.banned) == (3, 1)
    with pytest.raises(ftplib.error_temp, match="421"):
        stranger_of(server)
    send(camera, "1.jpg", b"1")
    send(server.login(GARAGE), "2.jpg", b"2")
    assert [arrival.name for arrival in server.waiting()] == ["1.jpg", "2.jpg"]


def test_an_address_is_locked_out_on_all_its_connections_even_with_the_right_password(
    start: Callable[..., Server],
) -> None:
    server = start(wrong_logins=2)
    one, other = stranger_of(server, LOOPBACK), stranger_of(server, LOOPBACK)
    for _ in range(2):
        try_login(one, WRONG.password)
    assert try_login(other, PORCH.password).startswith("421")


def test_a_ban_ends(start: Callable[..., Server]) -> None:
    server = start(wrong_logins=1, ban_seconds=0.3)
    with pytest.raises(ftplib.Error):
        server.login(WRONG)
    server.wait_for_said(lambda said: said.counts.banned == 1, "nobody is locked out")
    server.wait_for_said(lambda said: not said.banned, "it does not end")
    send(server.login(), "later.jpg", b"later")
    assert [arrival.name for arrival in server.waiting()] == ["later.jpg"]


def test_many_passwords_in_one_packet_are_one_try(start: Callable[..., Server]) -> None:
    server = start(wrong_logins=100)
    with socket.create_connection((LOOPBACK, server.port), PATIENCE) as stranger:
        stranger.sendall(b"USER porch\r\nPASS wrong\r\n" * 50)
        heard = b""
        while b"530" not in heard:
            heard += stranger.recv(4096)
        server.wait_for_said(lambda said: said.counts.wrong_logins == 1, "not one is counted")


def test_a_wrong_login_keeps_only_its_own_client_waiting(start: Callable[..., Server]) -> None:
    server = start(login_delay=3_600)
    stranger = stranger_of(server, LOOPBACK)
    assert stranger.sock is not None
    stranger.sock.sendall(b"USER porch\r\nPASS wrong\r\n")
    server.wait_for_said(lambda said: said.counts.wrong_logins == 1, "the wrong login is not heard of")
    # Who had to wait too would give up long before.
    send(server.login(), "quick.jpg", b"quick")


def test_a_client_that_does_not_log_in_is_sent_away_whatever_else_it_says(start: Callable[..., Server]) -> None:
    server = start(login_timeout=0.2)
    with socket.create_connection((LOOPBACK, server.port), PATIENCE) as stranger:
        heard = b""
        while more := _said(stranger, b"NOOP\r\n"):
            heard = more
        assert b"421" in heard


def test_a_client_that_reads_no_answers_is_sent_away(start: Callable[..., Server]) -> None:
    server = start()
    with socket.create_connection((LOOPBACK, server.port), PATIENCE) as stranger, pytest.raises(ConnectionError):
        _talk(stranger)
    send(server.login(), "still.jpg", b"here")


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("connections", "421 Too many connections. Service"),
        ("per_address", "421 Too many connections from the same"),
        ("per_account", "421 Too many connections of this account"),
    ],
)
def test_connections_are_limited_and_come_back_when_one_ends(
    start: Callable[..., Server], limit: str, sentence: str
) -> None:
    server = start(**{limit: 2})
    first, _second = server.login(), server.login()
    with pytest.raises(ftplib.error_temp, match=sentence):
        server.login()
    server.wait_for_said(lambda said: said.counts.refused == 1, "it is not counted")
    first.quit()
    wait_for(lambda: _can_login(server), "the first one's place is not free")


def test_one_accounts_connections_leave_room_for_another(start: Callable[..., Server]) -> None:
    server = start(per_account=1)
    kept = server.login()
    send(server.login(GARAGE), "garage.jpg", b"garage")
    assert kept.voidcmd("NOOP").startswith("200")


def test_a_client_that_changes_its_account_leaves_the_first(start: Callable[..., Server]) -> None:
    server = start(per_account=1)
    client = server.login()
    client.login(GARAGE.name, GARAGE.password)
    send(client, "garage.jpg", b"garage")
    send(server.login(), "porch.jpg", b"porch")
    assert [arrival.account for arrival in server.waiting()] == ["garage", "porch"]


def test_no_password_is_in_the_log(start: Callable[..., Server]) -> None:
    server = start(log_level="debug")
    send(server.login(), "picture.jpg", b"picture")
    client = stranger_of(server, LOOPBACK)
    answer(client, f"USER {PORCH.password}")
    answer(client, "PASS wrong")
    server.end()
    log = server.log.read_text()
    assert "picture.jpg" in log
    assert PORCH.password not in log


def test_the_greeting_does_not_say_what_answers(server: Server) -> None:
    with socket.create_connection((LOOPBACK, server.port), PATIENCE) as stranger:
        assert stranger.recv(4096) == b"220 Event Hub ready.\r\n"


def _talk(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HELP\r\n" * 1000)


def stranger_of(server: Server, address: str = OTHER) -> ftplib.FTP:
    client = ftplib.FTP(timeout=PATIENCE, source_address=(address, 0))  # noqa: S321 - as in kit
    client.connect(LOOPBACK, server.port)
    return client


def try_login(client: ftplib.FTP, password: str) -> str:
    """Return the answer to a password, or to what comes before it."""
    said = answer(client, f"USER {PORCH.name}")
    return answer(client, f"PASS {password}") if said.startswith("331") else said


def _said(connection: socket.socket, line: bytes) -> bytes:
    try:
        connection.sendall(line)
        return connection.recv(4096)
    except ConnectionError:
        return b""


def _can_login(server: Server) -> bool:
    try:
        server.login().close()
    except ftplib.Error:
        return False
    return True
