"""The server's certificate, read again when its file has changed: most are renewed every few months."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from OpenSSL import SSL

LOG: Final = logging.getLogger(__name__)


class Certificate:
    """Gives every connection the newest certificate that could be read."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        """Read both (PEM). Raises ``OSError`` or ``SSL.Error`` when they cannot be used."""
        self._certificate = certificate
        self._key = key or certificate
        self._read_at = self._changed_at()
        self._context = self._read()

    def context(self) -> SSL.Context:
        """Return what a connection needs."""
        changed = self._changed_at()
        if changed != self._read_at:
            self._read_at = changed
            try:
                self._context = self._read()
            except (OSError, SSL.Error) as error:
                LOG.warning("The new certificate cannot be used, the one before stays: %s", error)
            else:
                LOG.info("The certificate was renewed")
        return self._context

    def _changed_at(self) -> tuple[int, ...]:
        try:
            return tuple(file.stat().st_mtime_ns for file in (self._certificate, self._key))
        except OSError:
            return ()

    def _read(self) -> SSL.Context:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.use_certificate_chain_file(str(self._certificate))
        context.use_privatekey_file(str(self._key))
        context.check_privatekey()
        context.set_options(SSL.OP_NO_COMPRESSION)
        return context
