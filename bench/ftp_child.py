"""The other processes of the FTP benchmark: cameras that send, and bare pyftpdlib.

``python -m bench.ftp_child cameras`` obeys orders; ``… bare <folder> <port>`` serves one account, and nothing else.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
import json
import logging
from pathlib import Path
import random
import socket
import sys
import time
from typing import Any, Final

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

from .child import Json, obey
from .names import LOOPBACK

PICTURE: Final = random.Random(1).randbytes(200_000)
# A camera logs in for each event, and sends some pictures of it.
PER_LOGIN: Final = 10
ACCOUNT: Final = "camera"
PASSWORD: Final = "of the benchmark"  # noqa: S105 - of servers that live as long as it
_TIMEOUT: Final = 30.0


class Camera:
    """A client that costs as little as one can, so that it is the server that is measured."""

    def __init__(self, port: int, user: str, folder: str) -> None:
        """Log in, and go to ``folder``."""
        self._connection = socket.create_connection((LOOPBACK, port), _TIMEOUT)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard = b""
        self._answer(b"220")
        self._say(f"USER {user}", b"331")
        self._say(f"PASS {PASSWORD}", b"230")
        self._say(f"CWD {folder}", b"250")
        self._say("TYPE I", b"200")

    def send(self, name: str) -> None:
        """Send the picture and wait until the server has taken it."""
        told = self._say("EPSV", b"229")
        with socket.create_connection((LOOPBACK, int(told.split(b"|")[3])), _TIMEOUT) as data:
            self._say(f"STOR {name}", b"1")
            data.sendall(PICTURE)
        self._answer(b"226")

    def leave(self) -> None:
        """Log out."""
        self._say("QUIT", b"221")
        self._connection.close()

    def _say(self, line: str, expected: bytes) -> bytes:
        self._connection.sendall(line.encode() + b"\r\n")
        return self._answer(expected)

    def _answer(self, expected: bytes) -> bytes:
        while b"\n" not in self._heard:
            more = self._connection.recv(4096)
            assert more, "the server closed the connection"
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        assert line.startswith(expected), line
        return line


async def _cameras() -> None:
    async def carry_out(order: str, details: Json) -> Json:
        assert order == "send"
        return await asyncio.to_thread(_send, **details)

    await obey(carry_out)


def _send(port: int, user: str, folder: str, cameras: int, each: int) -> Json:
    """Have so many cameras send at once; returns how many seconds it took."""

    def events(number: int) -> None:
        for event in range(each // PER_LOGIN):
            camera = Camera(port, user, folder)
            for picture in range(PER_LOGIN):
                camera.send(f"{number}_{event}_{picture}.jpg")
            camera.leave()

    with ThreadPoolExecutor(cameras) as pool:
        began = time.monotonic()
        list(pool.map(events, range(cameras)))
        return {"seconds": time.monotonic() - began}


def _bare(folder: Path, port: int) -> None:
    """Serve as pyftpdlib does by itself, with its log off."""
    logging.basicConfig(level=logging.ERROR)
    authorizer = DummyAuthorizer()
    authorizer.add_user(ACCOUNT, PASSWORD, str(folder), perm="elradfmw")

    class Handler(FTPHandler):  # type: ignore[misc] # pyftpdlib has no types
        pass

    Handler.authorizer = authorizer
    server = FTPServer((LOOPBACK, port), Handler)
    print(json.dumps({"port": server.address[1]}), flush=True)
    server.serve_forever()


def main(arguments: list[str]) -> Any:
    """Be what is asked for."""
    if arguments[0] == "cameras":
        return asyncio.run(_cameras())
    return _bare(Path(arguments[1]), 0)


if __name__ == "__main__":
    main(sys.argv[1:])
