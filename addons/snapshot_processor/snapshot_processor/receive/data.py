"""The data connections."""

from __future__ import annotations

import errno
import logging
import sys
from typing import Any, Final, override

from OpenSSL import SSL
from pyftpdlib.handlers import DTPHandler, TLS_DTPHandler
from pyftpdlib.handlers.ftp.dispatchers import PassiveDTP

from .upload import Upload

LOG: Final = logging.getLogger(__name__)
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def answer_of(error: OSError) -> str:
    """Return what a client is told when its file cannot be kept."""
    if error.errno == errno.EFBIG:
        return "552 The file is too large."
    if error.errno in _NO_ROOM:
        return "452 The disk is full. Try again later."
    return "451 The file cannot be kept. Try again later."


class CameraData(DTPHandler):  # type: ignore[misc] # pyftpdlib has no types
    """Receives a file. One that ends is finished before the client is told so."""

    @override
    def enable_receiving(self, type: str, cmd: str) -> None:
        # Pictures are no text, whatever a camera forgot to say.
        super().enable_receiving("i", cmd)

    @property
    def busy(self) -> bool:
        """Whether it was given something to transfer."""
        return bool(self._initialized)

    def drain(self) -> None:
        """Take what has come of a file whose client has closed the control connection already."""
        if not self.receive or self._closed:
            return
        try:
            while chunk := self._take():
                self.file_obj.write(chunk)
        except OSError:
            return
        self.transfer_finished = True

    def _take(self) -> bytes:
        """Return what has come, nothing at the end. Raises ``OSError`` when nothing has come yet."""
        return bytes(self.socket.recv(self.ac_in_buffer_size))

    @override
    def handle_error(self) -> None:
        error = sys.exception()
        cause = None if error is None else error.__cause__
        if not isinstance(cause, OSError) or not isinstance(self.file_obj, Upload):
            super().handle_error()
            return
        self._resp = (answer_of(cause), LOG.debug)
        self.cmd_channel.broke(cause)
        self.close()

    @override
    def close(self) -> None:
        upload = self.file_obj
        if isinstance(upload, Upload) and self.transfer_finished and not upload.closed:
            try:
                upload.finish()
            except OSError as error:
                self.transfer_finished = False
                self._resp = (answer_of(error), LOG.debug)
            else:
                self.cmd_channel.took(upload)
        super().close()


class CameraTlsData(CameraData, TLS_DTPHandler):  # type: ignore[misc] # pyftpdlib has no types
    """The same, encrypted."""

    @override
    def _take(self) -> bytes:
        try:
            return super()._take()
        except SSL.ZeroReturnError:
            return b""
        except SSL.Error as error:
            raise BlockingIOError from error


class FixedPassive(PassiveDTP):  # type: ignore[misc] # pyftpdlib has no types
    """Waits for a data connection on one of the given ports, and on no other: others lead nowhere from outside."""

    _tried = False

    @override
    def bind(self, addr: Any) -> None:
        if addr[1]:
            self._tried = True
        elif self._tried:
            self.close()
            raise OSError(errno.EADDRINUSE, "All passive ports are taken")
        super().bind(addr)
