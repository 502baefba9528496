"""FTP over TLS."""

from collections.abc import Callable, Generator
from contextlib import suppress
import ftplib
from pathlib import Path
import shutil
import socket
import ssl
from typing import override

import pytest
import pytest_socket

from devkit.certificates import Authority, ServerFiles

from .kit import LOOPBACK, PATIENCE, PORCH, Server, answer, configuration, content, send


class Encrypted(ftplib.FTP_TLS):
    """A client that trusts one authority, and encrypts its data too."""

    def __init__(self, authority: Authority) -> None:
        context = ssl.create_default_context(cadata=authority.pem)
        # It is a home-made authority, which leaves out what Python began to ask for in 3.13.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        super().__init__(context=context, timeout=PATIENCE)

    @override
    def login(self, user: str = "", passwd: str = "", acct: str = "", secure: bool = True) -> str:
        said = super().login(user, passwd, acct, secure)
        self.prot_p()
        return said


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> ServerFiles:
    return authority.issue(tmp_path_factory.mktemp("tls"), LOOPBACK)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, files: ServerFiles) -> Generator[Server]:
    """A server that hears encrypted clients alone."""
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("strict")
    config = configuration(folder, certificate=files.certificate, key=files.key, require_tls=True)
    with Server(config) as running:
        yield running
        shutil.rmtree(config.inbox)


def test_an_encrypted_file_is_taken(strict: Server, authority: Authority) -> None:
    client = strict.login(client=Encrypted(authority))
    assert send(client, "encrypted.jpg", content()).startswith("226")
    assert strict.waiting()[-1].path.read_bytes() == content()


def test_a_plain_login_is_refused_where_encryption_is_required(strict: Server) -> None:
    with pytest.raises(ftplib.error_perm, match="550 SSL/TLS required"):
        strict.login()


def test_plain_data_is_refused_where_encryption_is_required(strict: Server, authority: Authority) -> None:
    client = strict.login(client=Encrypted(authority))
    assert isinstance(client, ftplib.FTP_TLS)
    client.prot_c()
    with pytest.raises(ftplib.error_perm, match="550 SSL/TLS required"):
        send(client, "plain.jpg", b"plain")


def test_a_camera_that_cannot_encrypt_is_heard_where_that_is_not_required(
    start: Callable[..., Server], files: ServerFiles, authority: Authority
) -> None:
    server = start(certificate=files.certificate, key=files.key)
    send(server.login(), "plain.jpg", b"plain")
    send(server.login(client=Encrypted(authority)), "encrypted.jpg", b"encrypted")
    assert [arrival.name for arrival in server.waiting()] == ["plain.jpg", "encrypted.jpg"]


def test_an_encrypted_upload_whose_camera_goes_away_is_kept_apart(strict: Server, authority: Authority) -> None:
    client = strict.login(client=Encrypted(authority))
    client.voidcmd("TYPE I")
    data = client.transfercmd("STOR half.jpg")
    data.sendall(b"the first half")
    client.close()
    strict.wait_for_said(lambda said: said.counts.half == 1, "it is not counted")
    data.close()
    assert [arrival.name for arrival in strict.waiting() if not arrival.whole] == ["half.jpg"]


def test_a_file_that_is_too_large_is_refused_over_an_encrypted_connection(
    start: Callable[..., Server], files: ServerFiles, authority: Authority
) -> None:
    server = start(certificate=files.certificate, key=files.key, largest=1000)
    client = server.login(client=Encrypted(authority))
    client.voidcmd("TYPE I")
    data = client.transfercmd("STOR large.jpg")
    data.sendall(bytes(1001))
    assert answer_of(client).startswith("552")
    data.close()


def test_what_was_said_in_the_clear_does_not_count_within_the_encryption(strict: Server, authority: Authority) -> None:
    with socket.create_connection((LOOPBACK, strict.port), PATIENCE) as plain:
        plain.recv(4096)
        plain.sendall(f"AUTH TLS\r\nUSER {PORCH.name}\r\nPASS {PORCH.password}\r\n".encode())
        heard = plain.recv(4096)
        assert heard.startswith(b"234")
        with Encrypted(authority).context.wrap_socket(plain, server_hostname=LOOPBACK) as encrypted:
            encrypted.sendall(b"PWD\r\n")
            assert encrypted.recv(4096).startswith(b"530")


def test_what_is_no_encryption_disturbs_nobody(strict: Server, authority: Authority) -> None:
    client = strict.login(client=Encrypted(authority))
    with socket.create_connection((LOOPBACK, strict.port), PATIENCE) as stranger:
        stranger.recv(4096)
        stranger.sendall(b"AUTH TLS\r\n")
        stranger.recv(4096)
        stranger.sendall(b"this is no handshake\r\n" * 10)
        with suppress(ConnectionError):
            while stranger.recv(4096):
                pass
    assert answer(client, "NOOP").startswith("200")


def test_a_certificate_that_was_renewed_is_used(
    start: Callable[..., Server], tmp_path: Path, authority: Authority
) -> None:
    before = authority.issue(tmp_path / "tls", LOOPBACK)
    server = start(certificate=before.certificate, key=before.key)
    newer = Authority()
    with pytest.raises(ssl.SSLCertVerificationError):
        server.login(client=Encrypted(newer))
    after = newer.issue(tmp_path / "newer", LOOPBACK)
    after.key.replace(before.key)
    after.certificate.replace(before.certificate)
    assert send(server.login(client=Encrypted(newer)), "renewed.jpg", b"renewed").startswith("226")


def test_a_certificate_that_cannot_be_read_is_named(start: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("this is no certificate")
    server = start(certificate=tmp_path / "broken.pem")
    assert server.process.wait(PATIENCE) == 1
    assert server.last.problem is not None
    assert str(tmp_path / "broken.pem") in server.last.problem


def answer_of(client: ftplib.FTP) -> str:
    try:
        return str(client.getmultiline())
    except ftplib.Error as error:
        return str(error)
