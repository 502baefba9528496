"""The FTP server's own process: ``python -m snapshot_processor.receive``, started by ``receiver.Receiver``.

It is configured by one line of JSON on its standard input and ends when that closes. On its standard output it says
how things are, and it logs to standard error.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import Final

from hub_relay.logs import Secrets, configure
from hub_relay.signals import Flag

from .config import FtpConfig
from .said import Said
from .server import ServerError, serve

LOG: Final = logging.getLogger(__package__)
_LONGEST: Final = 1024 * 1024


def main() -> int:
    """Serve until told to end; return the exit status."""
    stop = Flag()
    # The terminal's is for the app, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ears, mouth = sys.stdin.fileno(), sys.stdout.fileno()
    line = _first_line(ears)
    if not line:
        return 0
    try:
        config = FtpConfig.from_json(line)
    except (ValueError, TypeError, KeyError):
        # Its text may hold passwords.
        _say(mouth, "The FTP server was given no configuration that it understands")
        return 1
    configure(config.log_level, Secrets(account.password for account in config.accounts), sys.stderr)
    logging.getLogger("pyftpdlib").setLevel(logging.DEBUG if config.log_level == "debug" else logging.ERROR)
    try:
        serve(config, stop, ears=ears, mouth=mouth)
    except ServerError as error:
        _say(mouth, str(error))
        return 1
    return 0


def _first_line(descriptor: int) -> bytes:
    """Return the line without waiting for more than it; nothing when it does not come."""
    said = b""
    while not said.endswith(b"\n") and len(said) < _LONGEST:
        more = os.read(descriptor, 65_536)
        if not more:
            return b""
        said += more
    return said


def _say(descriptor: int, problem: str) -> None:
    os.write(descriptor, Said(problem=problem).to_line())


if __name__ == "__main__":
    sys.exit(main())
