"""Where clients are told to send their data."""

from collections.abc import Callable
import random
import re
import socket

from .kit import LOOPBACK, PATIENCE, Server, answer, send


def free_ports(count: int) -> tuple[int, int]:
    """Return the first and the last of some ports in a row that are free now."""
    places = range(20_000, 30_000, count)
    # Others may be looking for some too.
    for first in random.sample(places, len(places)):
        ports = range(first, first + count)
        if all(_is_free(port) for port in ports):
            return ports[0], ports[-1]
    raise AssertionError("no free ports")


def test_data_goes_to_the_ports_that_were_named(start: Callable[..., Server]) -> None:
    first, last = free_ports(3)
    server = start(passive_ports=(first, last))
    client = server.login()
    ports = {client.makepasv()[1] for _ in range(20)}
    assert ports <= set(range(first, last + 1))
    assert len(ports) > 1


def test_a_client_gets_no_port_that_was_not_named(start: Callable[..., Server]) -> None:
    port, _ = free_ports(1)
    server = start(passive_ports=(port, port))
    holder, client = server.login(), server.login()
    assert holder.makepasv()[1] == port
    assert answer(client, "PASV").startswith("425")
    assert answer(holder, "ABOR").startswith("225")
    assert send(client, "now.jpg", b"now").startswith("226")


def test_the_address_outside_is_told_to_clients(start: Callable[..., Server]) -> None:
    server = start(masquerade="192.0.2.7")
    assert re.search(r"\(192,0,2,7,\d+,\d+\)", answer(server.login(), "PASV"))


def test_extended_passive_mode_names_the_port_alone(server: Server) -> None:
    client = server.login()
    found = re.fullmatch(r"229 .*\(\|\|\|(\d+)\|\)\.", answer(client, "EPSV"))
    assert found is not None
    with socket.create_connection((LOOPBACK, int(found[1])), PATIENCE) as data:
        assert answer(client, "STOR extended.jpg").startswith("1")
        data.sendall(b"extended")
    assert client.voidresp().startswith("226")
    assert server.waiting()[0].path.read_bytes() == b"extended"


def test_a_stranger_cannot_send_into_the_connection_of_another(start: Callable[..., Server]) -> None:
    server = start(host="0.0.0.0")  # noqa: S104 - both addresses are loopback
    client = server.login()
    port = client.makepasv()[1]
    with socket.create_connection((LOOPBACK, port), PATIENCE, source_address=("127.0.0.2", 0)):
        assert str(client.getline()).startswith("425 Rejected")
    assert server.waiting() == []


def test_data_is_sent_to_no_other_address(server: Server) -> None:
    assert answer(server.login(), "PORT 192,0,2,7,40,40").startswith("501")


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
