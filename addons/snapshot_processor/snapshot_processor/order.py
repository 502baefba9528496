"""The stage that takes commands: kept before they are answered for, then fetched."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
import logging
import sqlite3
import time
from typing import Final, override

from hub_relay.commands import Command
from hub_relay.logs import Throttle
from hub_relay.native import Status
from hub_relay.publisher import NEWS
from hub_relay.stages import Inlet, Outlet, Relay, Stage

from .camera_options import Camera
from .ledger.commands import Accepted
from .ledger.ledger import Ledger, LedgerPlace
from .receive import inbox
from .store import Store

LOG: Final = logging.getLogger(__name__)
FETCH: Final = "fetch"
_IDLE: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where commands go on to: ``fetch``, and the publishers, who are told that there are answers."""

    fetch: Relay
    publish: tuple[Relay, ...]


class OrderStage(Stage):
    """Hands every command that can be carried out to who fetches pictures, and answers all others."""

    def __init__(
        self, cameras: Mapping[str, Camera], place: LedgerPlace, store: Store, commands: Relay, ways: Ways
    ) -> None:
        """Take ``commands``; ``cameras`` by their key."""
        super().__init__("order")
        self._cameras = cameras
        self._place = place
        self._store = store
        self._commands = commands
        self._ways = ways
        self._complaints = Throttle()

    @override
    def run(self) -> None:
        with ExitStack() as stack:
            ledger = stack.enter_context(self._place.open())
            inlet = stack.enter_context(Inlet(self._commands, self.stop_flag))
            fetch = stack.enter_context(Outlet(self._ways.fetch))
            news = [stack.enter_context(Outlet(relay)) for relay in self._ways.publish]
            self._take_up_again(ledger, fetch)
            while (frame := inlet.get(_IDLE)) is not None or not self.stopping:
                self.beat()
                if frame is None:
                    continue
                try:
                    self._take(Command.of_content(frame.content), ledger, fetch)
                except sqlite3.Error as error:
                    # Not accepted, so the hub hears nothing, and says that it was not delivered.
                    if self._complaints.due("store"):
                        LOG.error("A command cannot be kept, check the disk: %s", error)  # noqa: TRY400 - the sentence says it
                for outlet in news:
                    outlet.put(NEWS, {})

    def _take(self, command: Command, ledger: Ledger, fetch: Outlet) -> None:
        camera = self._cameras.get(command.device_key)
        if camera is None:
            # RabbitMQ brings a command to every program of this kind.
            LOG.debug("A command for %s, which is not here", command.device_key)
            return
        if command.expired(time.time()):
            ledger.commands.refuse(command.command_id, camera.key, Status.EXPIRED, "The command came too late")
        elif camera.source is None:
            ledger.commands.refuse(
                command.command_id, camera.key, Status.FAILED, "This camera has no address: set its snapshot_url"
            )
        else:
            accepted = Accepted(command_id=command.command_id, camera=camera.key, expires_at=command.expires_at)
            if ledger.commands.accept(accepted):
                self._fetch(accepted, fetch)

    def _take_up_again(self, ledger: Ledger, fetch: Outlet) -> None:
        """Go on with what was accepted before the program was killed."""
        arrived = {arrival.ticket for arrival in inbox.sweep(self._store.inbox)}
        for accepted in ledger.commands.waiting():
            camera = self._cameras.get(accepted.camera)
            if accepted.ticket in arrived:
                continue
            if accepted.ticket and (known := ledger.pictures.by_ticket(accepted.ticket)):
                ledger.commands.answer([accepted.command_id], Status.DONE, known.path)
            elif camera is None or camera.source is None:
                ledger.commands.answer([accepted.command_id], Status.FAILED, "This camera is not set up any more")
            elif time.time() >= accepted.expires_at:
                ledger.commands.answer([accepted.command_id], Status.EXPIRED, "The program was stopped meanwhile")
            else:
                self._fetch(accepted, fetch)

    def _fetch(self, accepted: Accepted, fetch: Outlet) -> None:
        fetch.put(
            FETCH,
            {"camera": accepted.camera, "ticket": accepted.command_id, "expires_at": accepted.expires_at},
        )
