"""Cameras that push, and the pictures they push."""

import contextlib
from ftplib import FTP, FTP_TLS
from io import BytesIO
import itertools
import socket
import ssl
import time
from typing import Final, override

import numpy as np
from PIL import Image

from devkit.broker_process import LOOPBACK
from devkit.certificates import Authority
from devkit.devices.scene import draw_scene

from .kit import PATIENCE, App, eventually, password_of

NOON: Final = time.mktime((2026, 11, 26, 12, 0, 0, 0, 0, -1))
# The clock in a drawn scene's caption.
CAPTION: Final = "0,0 100,0 100,8 0,8"
_RESET: Final = b"\x01\x00\x00\x00\x00\x00\x00\x00"
_LONGEST_COMMENT: Final = 65_533
_NUMBERS: Final = itertools.count()


class Encrypted(FTP_TLS):
    """A camera that encrypts all, and trusts one authority."""

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


def login(app: App, account: str, client: FTP | None = None) -> FTP:
    """Return a camera that is logged in."""
    client = client or FTP(timeout=PATIENCE)  # noqa: S321 - what cameras speak
    client.connect(LOOPBACK, app.ftp_port)
    client.login(account, password_of(account))
    return client


def send(client: FTP, content: bytes, name: str = "snapshot.jpg") -> str:
    """Send a file, and return the server's last answer."""
    return client.storbinary(f"STOR {name}", BytesIO(content))


def push(app: App, account: str, content: bytes, name: str = "snapshot.jpg") -> str:
    """Log in, send a file and leave; return the server's answer to the file."""
    with login(app, account) as client:
        return send(client, content, name)


def begin(app: App, client: FTP, content: bytes, name: str = "half.jpg") -> socket.socket:
    """Send the first half of a file, and return the connection for the rest once some of it is on the disk."""
    client.voidcmd("TYPE I")
    data = client.transfercmd(f"STOR {name}")
    data.sendall(content[: len(content) // 2])

    def is_there() -> bool:
        return any(path.stat().st_size for path in app.images.glob(f".inbox/*/{name}~*.part"))

    eventually(is_there, "the first half does not come")
    return data


def drop(connection: socket.socket) -> None:
    """Close as a crash does: with a reset."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()


def answer(client: FTP, line: str) -> str:
    """Return what the server answers, also when it refuses; control characters are sent as they are."""
    assert client.sock is not None
    client.sock.sendall(line.encode() + b"\r\n")
    assert client.file is not None
    return client.file.readline().strip()


def jpeg(size: int | None = None, *, side: int = 32, colour: tuple[int, int, int] = (90, 120, 60)) -> bytes:
    """Return a picture of one colour whose bytes no other has, with comments up to ``size`` bytes."""
    out = BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "JPEG")
    return padded(out.getvalue(), size)


def noisy(size: int) -> bytes:
    """Return a picture of so many bytes, most of them pixels."""
    noise = np.random.default_rng(next(_NUMBERS)).integers(0, 256, (320, 480, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(noise).save(out, "JPEG", quality=60)
    return padded(out.getvalue(), size)


def large() -> bytes:
    """Return a picture of twelve million pixels."""
    rows, columns = np.ogrid[:3_000, :4_000]
    red, green = np.broadcast_to(rows % 256, (3_000, 4_000)), np.broadcast_to(columns % 256, (3_000, 4_000))
    out = BytesIO()
    Image.fromarray(np.dstack([red, green, red]).astype(np.uint8)).save(out, "JPEG")
    return padded(out.getvalue())


def png() -> bytes:
    """Return a picture of the other kind."""
    out = BytesIO()
    Image.new("RGB", (96, 64), (next(_NUMBERS) % 256, 40, 90)).save(out, "PNG")
    return out.getvalue()


def scene(location: str, people: int, at: float | None = None) -> bytes:
    """Return what a camera sees: at noon, with a second of its own, unless the moment is given."""
    return draw_scene(location, NOON + next(_NUMBERS) if at is None else at, people)


def size_of(content: bytes) -> tuple[int, int]:
    """Return width and height of a picture, decoded to its end."""
    with Image.open(BytesIO(content)) as image:
        image.load()
        return image.size


def padded(content: bytes, size: int | None = None) -> bytes:
    """Return a JPEG with a number of its own in a comment, and with more of them up to ``size`` bytes."""
    comment = f"picture {next(_NUMBERS)} of {time.time_ns()}".encode()
    parts = [content[:2], _comment(comment), content[2:]]
    missing = 0 if size is None else size - sum(map(len, parts))
    assert missing == 0 or missing >= 4, "it is larger than that already"
    while missing:
        # What is left must have room for a comment's own head.
        length = min(missing, _LONGEST_COMMENT + 4)
        length -= 4 if 0 < missing - length < 4 else 0
        parts.insert(1, _comment(b"x" * (length - 4)))
        missing -= length
    return b"".join(parts)


def _comment(text: bytes) -> bytes:
    return b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text
