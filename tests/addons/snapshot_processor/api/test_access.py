"""Who gets in, how many at once, and for how long."""

import contextlib
from http.client import HTTPConnection
import logging
from pathlib import Path
import socket

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from snapshot_processor.api import MOST_CONNECTIONS, ApiServer
from tests.addons.hub_relay.kit import PATIENCE, eventually

from .kit import TOKEN, FakeCatalogue, Home, serving

# More than the system takes from the server on behalf of a client that does not read.
LARGE = 40_000_000
HEAD = f"GET /api/images/5 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()


def raw(home: Home) -> socket.socket:
    return socket.create_connection(("127.0.0.1", home.server.port), timeout=PATIENCE)


def is_open(path: Path) -> bool:
    """Say whether this process has a file open."""
    files = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            files.append(descriptor.readlink())
    return path in files


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]


def ended(connection: socket.socket) -> bool:
    """Read what there is, and say whether the other side has closed."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer  {TOKEN}",
        f"bearer {TOKEN}x",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer é",
    ],
)
@pytest.mark.parametrize("path", ["/api/cameras", "/api/images/1", "/nothing"])
def test_nobody_gets_in_without_the_token(home: Home, said: str, path: str) -> None:
    reply = home.get(path, headers={"Authorization": said})
    assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert TOKEN not in reply.content.decode()
    assert home.catalogue.opened == 0


def test_a_request_without_any_header_is_refused(home: Home) -> None:
    connection = home.connect()
    connection.request("GET", "/api/cameras")
    assert connection.getresponse().status == 401
    connection.close()


def test_wrong_tokens_are_told_once_and_never_shown(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for _ in range(5):
        home.get("/api/cameras", headers={"Authorization": "Bearer guessed"})
    assert complaints(caplog) == ["A request from 127.0.0.1 has no token, or a wrong one"]
    assert "guessed" not in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_nothing_can_be_changed(home: Home, method: str) -> None:
    reply = home.get("/api/cameras", method)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/cameras/",
        "/api/cameras/porch-camera",
        "/api/cameras//days",
        "/api/cameras/porch-camera/days/today",
        "/api/cameras/porch-camera/days/2026-11-26/",
        "/api/cameras/porch-camera/days/2026-11-26%00",
        "/api/images/",
        "/api/images/1/",
        "/api/images/one",
        "/api/images/-1",
        "/api/images/1.0",
        "/api/images/0x1",
        "/api/images/%D9%A3",
        "/api/images/9999999999999999999999",
        "/api/images/1/clean.jpg",
        "/api/images/1/marked/thumbnail",
        "/api/images/../../etc/passwd",
        "/api/images/..%2f..%2fetc%2fpasswd",
        "/api/images/1/..%2F..%2Fclean.jpg",
        "/api/%2e%2e/%2e%2e/etc/passwd",
        "//api/cameras",
        "/API/cameras",
    ],
)
def test_there_is_nothing_at_other_addresses(home: Home, path: str) -> None:
    reply = home.get(path)
    assert (reply.status, reply.said) == (404, {"error": "There is nothing at this address"})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tail=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?"), max_size=40))
def test_no_address_leads_to_a_fault_or_to_a_file_that_is_no_picture(home: Home, tail: str) -> None:
    reply = home.get(f"/api/{tail}")
    assert reply.status in {200, 400, 404}
    assert reply.headers["Content-Type"].startswith(("application/json", "image/", "text/plain"))


def test_what_is_no_http_is_refused_and_fills_no_log(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    for words in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET /api HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a" * 20_000):
        with raw(home) as connection:
            connection.sendall(words)
            assert ended(connection)
    assert complaints(caplog) == []
    assert home.get("/api/cameras").status == 200


def test_who_says_nothing_is_cut_off(catalogue: FakeCatalogue) -> None:
    with serving(catalogue, idle=0.3) as home, raw(home) as silent, raw(home) as slow:
        slow.sendall(b"GET /api/cameras HTTP/1.1\r\nHo")
        assert ended(silent)
        assert ended(slow)


def test_who_does_not_read_keeps_nobody_waiting(home: Home) -> None:
    path = home.catalogue.files[5, False] = home.catalogue.write("five.jpg", bytes(LARGE))
    with raw(home) as reader:
        reader.sendall(HEAD)
        reader.recv(1)
        assert home.get("/api/cameras").status == 200
        assert is_open(path)


def test_who_does_not_read_is_cut_off(catalogue: FakeCatalogue, caplog: pytest.LogCaptureFixture) -> None:
    path = catalogue.files[5, False] = catalogue.write("five.jpg", bytes(LARGE))
    with serving(catalogue, slowest=0.3) as home, raw(home) as reader:
        reader.sendall(HEAD)
        received = len(reader.recv(1))
        assert received
        eventually(lambda: not is_open(path))
        with contextlib.suppress(ConnectionError):
            while piece := reader.recv(1_000_000):
                received += len(piece)
    assert received < LARGE
    assert complaints(caplog) == []


def test_who_goes_away_in_the_middle_is_no_fault(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    path = home.catalogue.files[5, False] = home.catalogue.write("five.jpg", bytes(LARGE))
    with raw(home) as reader:
        reader.sendall(HEAD)
        reader.recv(1)
        assert is_open(path)
    eventually(lambda: not is_open(path))
    assert home.get("/api/cameras").status == 200
    assert complaints(caplog) == []


def test_only_so_many_are_served_at_once(catalogue: FakeCatalogue) -> None:
    with serving(catalogue) as home:
        kept: list[HTTPConnection] = []
        for _ in range(MOST_CONNECTIONS):
            kept.append(home.connect())
            kept[-1].request("GET", "/api/cameras", headers=home.headers)
            assert kept[-1].getresponse().read()
        with raw(home) as one_more:
            assert ended(one_more)
        kept.pop().close()
        eventually(lambda: _served(home))
        for connection in kept:
            connection.close()


def _served(home: Home) -> bool:
    try:
        return home.get("/api/cameras").status == 200
    except OSError, EOFError:
        return False


def test_a_port_that_is_taken_is_told_when_the_server_is_made(home: Home) -> None:
    with pytest.raises(OSError, match="in use"):
        ApiServer(home.catalogue.open, token=TOKEN, host="127.0.0.1", port=home.server.port)


def test_a_server_without_a_token_is_not_made(catalogue: FakeCatalogue) -> None:
    with pytest.raises(ValueError, match="needs a token"):
        ApiServer(catalogue.open, token="", port=0)


def test_the_server_stops_while_somebody_reads(catalogue: FakeCatalogue) -> None:
    catalogue.files[5, False] = catalogue.write("five.jpg", bytes(LARGE))
    # It is stopped before the reader leaves, who may take an hour.
    with contextlib.ExitStack() as stack, serving(catalogue) as home:
        reader = stack.enter_context(raw(home))
        reader.sendall(HEAD)
        reader.recv(1)
        assert home.get("/api/cameras").status == 200
    assert catalogue.closed == catalogue.opened == 1
    with pytest.raises(ConnectionRefusedError):
        raw(home)
