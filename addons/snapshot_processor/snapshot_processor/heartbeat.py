"""The stage that tells every few seconds which cameras there are, and how the app is doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
import logging
import sqlite3
import time
from typing import Any, Final, override

from hub_relay import native
from hub_relay.native import Kind
from hub_relay.stages import Outlet, Relay, Stage

from .camera_options import Camera
from .ledger.ledger import Ledger, LedgerPlace
from .model import PartHealth

INTERVAL: Final = 5.0
# The camera program of 2024 hears the same commands and ends when this has another form. Nothing answers there.
NOBODY: Final = "nobody:nobody@127.0.0.1:9"
LOG: Final = logging.getLogger(__name__)
type Parts = Mapping[str, Callable[[], PartHealth]]


class HeartbeatStage(Stage):
    """Asks the others; their answers are plain values that any thread may read."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        parts: Parts,
        budget: Callable[[Ledger], Mapping[str, Any] | None],
        place: LedgerPlace,
        publish: Sequence[Relay],
    ) -> None:
        """Tell of ``cameras`` and ``parts``, and what of the ``budget`` is used."""
        super().__init__("heartbeat")
        self._cameras = cameras
        self._parts = parts
        self._budget = budget
        self._place = place
        self._publish = publish

    @override
    def run(self) -> None:
        began = time.monotonic()
        with ExitStack() as stack:
            ledger = stack.enter_context(self._place.open())
            outlets = [stack.enter_context(Outlet(relay)) for relay in self._publish]
            while not self.stopping:
                self.beat()
                body = self._body(time.monotonic() - began, ledger)
                for outlet in outlets:
                    outlet.put(Kind.HEARTBEAT, body)
                self.wait(INTERVAL)

    def _body(self, uptime: float, ledger: Ledger) -> dict[str, Any]:
        body = native.heartbeat(
            timestamp=time.time(),
            uptime=uptime,
            inputs=[one.description.wire() for one in self._cameras],
            outputs=[
                {**one.description.wire(), "device_params": NOBODY} for one in self._cameras if one.source is not None
            ],
        )
        health = {name: ask() for name, ask in self._parts.items()}
        body["health"] = {name: {"ok": found.ok, "detail": found.detail} for name, found in health.items()}
        if (used := self._used(ledger)) is not None:
            body["budget"] = dict(used)
        return body

    def _used(self, ledger: Ledger) -> Mapping[str, Any] | None:
        try:
            return self._budget(ledger)
        except sqlite3.Error as error:
            LOG.warning("The paid calls cannot be counted: %s", error)
            return None
