"""The control connections: what a camera may say, and what it is answered."""

from __future__ import annotations

import logging
import time
from typing import Any, ClassVar, Final, override
import uuid

from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler

from .certificate import Certificate
from .data import CameraData, CameraTlsData, FixedPassive, answer_of
from .files import Files
from .jail import PathError
from .logins import LoginSession
from .taken import Taken
from .upload import Upload

LOG: Final = logging.getLogger(__name__)
_TRANSFERS: Final = frozenset({"LIST", "NLST", "MLSD", "RETR", "STOR", "STOU", "APPE"})
_WITHOUT: Final = frozenset({"MFMT", "SITE CHMOD"})


class CameraSession(LoginSession):
    """One camera."""

    abstracted_fs = Files
    dtp_handler = CameraData
    passive_dtp = FixedPassive
    proto_cmds: ClassVar[dict[str, Any]] = {
        command: rule for command, rule in FTPHandler.proto_cmds.items() if command not in _WITHOUT
    }
    _in_dtp_queue: tuple[Upload, str] | None

    @override
    def flush_account(self) -> None:
        self._drop_pending()
        super().flush_account()

    @override
    def close(self) -> None:
        if not self._closed and self.data_channel is not None:
            self.data_channel.drain()
        super().close()

    @override
    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        try:
            super().pre_process_command(line, cmd, arg)
        except PathError as error:
            self.respond(f"550 {error}.")

    @override
    def process_command(self, cmd: str, *args: Any, **kwargs: Any) -> None:
        if cmd in _TRANSFERS and self.data_channel is not None and self.data_channel.busy:
            self.respond("450 Another transfer is under way.")
            return
        super().process_command(cmd, *args, **kwargs)

    @override
    def _make_epasv(self, extmode: bool = False) -> None:
        try:
            super()._make_epasv(extmode)
        except OSError as error:
            if self.reception.complaints.due("passive"):
                LOG.warning("No port for a data connection: %s", error)
            self.respond("425 No port is free. Try again later.")

    @override
    def ftp_ALLO(self, line: str) -> None:
        # Some cameras go on asking when they are answered 202, as the RFC has it.
        self.respond("200 There is room.")

    @override
    def ftp_REST(self, line: str) -> None:
        if line.strip() == "0":
            self.respond("350 Starting at the beginning.")
        else:
            self.respond("504 Files are sent whole.")

    @override
    def ftp_FEAT(self, line: str) -> None:
        features = sorted({"EPRT", "EPSV", "MDTM", "SIZE", "TVFS", "UTF8", *self._extra_feats})
        self.push("211-Features supported:\r\n" + "".join(f" {feature}\r\n" for feature in features))
        self.respond("211 End FEAT.")

    @override
    def ftp_SIZE(self, path: str) -> None:
        found = self.fs.find(path)
        self.respond("550 There is no such file." if found is None else f"213 {found.size}")

    # --- files

    @override
    def ftp_STOR(self, file: str, mode: str = "w") -> None:
        self._receive(file, "STOR")

    @override
    def ftp_APPE(self, file: str) -> None:
        if self.fs.find(file) is None:
            self._receive(file, "APPE")
        else:
            self.respond("550 Nothing can be added to a file. Send it whole with STOR.")

    @override
    def ftp_STOU(self, line: str) -> None:
        path = self.fs.ftp2fs(line or "upload")
        folder, _, name = path.rpartition("/")
        unique = f"{uuid.uuid4().hex[:8]}_{name}"
        self._receive(self.fs.ftp2fs(f"{folder}/{unique}"), "STOU", f"FILE: {unique}")

    def _receive(self, path: str, command: str, answer: str = "Send it.") -> None:
        self._drop_pending()
        refusal = self.reception.refusal(self.username)
        if refusal is not None:
            self.respond(refusal)
            return
        try:
            upload = self.fs.receive(path, self.reception.limits.largest)
        except OSError as error:
            self.broke(error)
            self.respond(answer_of(error))
            return
        if self.data_channel is None:
            self.respond(f"150 {answer}")
            self._in_dtp_queue = (upload, command)
        else:
            self.respond(f"125 {answer}")
            self.data_channel.file_obj = upload
            self.data_channel.enable_receiving("i", command)

    def _drop_pending(self) -> None:
        """Forget a file whose data connection never came."""
        if self._in_dtp_queue is not None:
            self._in_dtp_queue[0].close()
            self._in_dtp_queue = None

    @override
    def ftp_ABOR(self, line: str) -> None:
        self._drop_pending()
        super().ftp_ABOR(line)

    def took(self, upload: Upload) -> None:
        """Note a file that is complete, as far as the client says."""
        self.reception.counts.files += 1
        self.reception.counts.bytes += upload.size
        taken = Taken(name=upload.name, ticket=upload.ticket, size=upload.size, at=time.time())
        self.reception.guest(upload.account).home.taken.add(upload.virtual, taken)
        self.reception.room.note(upload.account, upload.size)
        self.reception.nudge()

    def broke(self, error: OSError) -> None:
        """Note that a file of this client could not be kept."""
        sentence = f"A file of account {self.username} was refused: {answer_of(error)[4:]} ({error.strerror})"
        self.reception.refused(sentence, f"file {error.errno}")

    @override
    def on_incomplete_file_received(self, file: str) -> None:
        self.reception.counts.half += 1
        self.reception.nudge()


class CameraTlsSession(CameraSession, TLS_FTPHandler):  # type: ignore[misc] # pyftpdlib has no types
    """A client that may encrypt, with the server's ``certificate``."""

    certificate: ClassVar[Certificate]
    dtp_handler = CameraTlsData
    proto_cmds: ClassVar[dict[str, Any]] = {
        command: rule for command, rule in TLS_FTPHandler.proto_cmds.items() if command not in _WITHOUT
    }

    @override
    @classmethod
    def get_ssl_context(cls) -> Any:
        return cls.certificate.context()

    @override
    def ftp_AUTH(self, line: str) -> None:
        super().ftp_AUTH(line)
        # What came along in the clear is not to count as said within the encryption.
        self.ac_in_buffer = b""
