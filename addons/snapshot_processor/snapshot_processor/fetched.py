"""What becomes of fetched pictures: into the inbox like any other, or an answer that says why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
import logging
import sqlite3
from typing import Final, override

from hub_relay.logs import Throttle
from hub_relay.native import Status
from hub_relay.publisher import NEWS
from hub_relay.stages import Outlet, Relay

from .accept import FETCHED
from .camera_options import Camera
from .fetch.requests import Fetched, Outcome
from .fetch.stage import FetchStage
from .ledger.ledger import Ledger, LedgerPlace
from .receive import inbox
from .receive.jail import PathError
from .store import Store

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedTo:
    """Where fetched pictures go: into the store's inbox, of which ``accept`` is told, and answers to the publishers."""

    store: Store
    place: LedgerPlace
    accept: Relay
    publish: tuple[Relay, ...]


class FetchingStage(FetchStage):
    """Fetches pictures, and keeps them before it forgets who wanted them."""

    def __init__(self, orders: Relay, cameras: Sequence[Camera], to: FetchedTo) -> None:
        """Take ``orders``, and ask those of the cameras that have an address."""
        super().__init__(orders, {one.key: one.source for one in cameras if one.source is not None}, self._fetched)
        self._slugs = {one.key: one.slug for one in cameras}
        self._to = to
        self._ledger: Ledger | None = None
        self._accept: Outlet | None = None
        self._news: list[Outlet] = []
        self._complaints = Throttle()

    @override
    def run(self) -> None:
        with ExitStack() as stack:
            self._ledger = stack.enter_context(self._to.place.open())
            self._accept = stack.enter_context(Outlet(self._to.accept))
            self._news = [stack.enter_context(Outlet(relay)) for relay in self._to.publish]
            super().run()

    def _fetched(self, fetched: Fetched) -> None:
        if self._ledger is None or self._accept is None or fetched.outcome is Outcome.STOPPED:
            # What was accepted is taken up again at the next start.
            return
        keeping = Keeping(self._to.store, self._ledger, self._slugs)
        try:
            if keeping.keep(fetched):
                self._accept.put("arrived", {})
        except (OSError, PathError, sqlite3.Error) as error:
            # Whoever asked is answered once something can be noted.
            if self._complaints.due("store"):
                LOG.error("A fetched picture cannot be kept, make room or check the disk: %s", error)  # noqa: TRY400 - the sentence says it
            return
        for outlet in self._news:
            outlet.put(NEWS, {})


class Keeping:
    """What is done with what was fetched, for the thread whose ledger this is."""

    def __init__(self, store: Store, ledger: Ledger, slugs: Mapping[str, str]) -> None:
        """Know the cameras' names in files by their keys."""
        self._store = store
        self._ledger = ledger
        self._slugs = slugs

    def keep(self, fetched: Fetched) -> bool:
        """Put a picture into the inbox and say so, else answer those who wanted it.

        Raises ``sqlite3.Error``, and ``OSError`` or ``PathError`` once they have their answer.
        """
        commands = self._ledger.commands
        if fetched.content is None:
            status = Status.EXPIRED if fetched.outcome is Outcome.EXPIRED else Status.FAILED
            commands.answer(fetched.tickets, status, fetched.problem)
            return False
        ticket = inbox.new_ticket()
        # First, so that whoever takes the picture in knows whom to answer.
        commands.fetched(fetched.tickets, ticket)
        slug = self._slugs[fetched.camera]
        try:
            inbox.put(
                self._store.inbox,
                FETCHED,
                slug,
                f"{slug}.jpg",
                fetched.content,
                ticket=ticket,
                reserve=self._store.floor,
            )
        except (OSError, PathError):
            commands.answer(
                fetched.tickets, Status.FAILED, "The picture cannot be kept: make room or check the disk of this app"
            )
            raise
        return True
