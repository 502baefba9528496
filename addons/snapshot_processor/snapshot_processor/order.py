"""The stage that takes commands: kept before they are answered for, then fetched."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
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
# A command that has no answer so long after its end has none to come, in seconds: a try may take four of them.
GRACE: Final = 30.0
_IDLE: Final = 1.0
_LOOK_BACK_EVERY: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where commands go on to: ``fetch``, and the publishers, who are told that there are answers."""

    fetch: Relay
    publish: tuple[Relay, ...]


class Orders:
    """What becomes of commands, for the thread whose ledger this is. Methods raise OS and SQLite errors.

    ``to_fetch`` are those that go on to who fetches pictures; ``begun`` says that those of the last run are among them.
    """

    def __init__(
        self,
        cameras: Mapping[str, Camera],
        store: Store,
        ledger: Ledger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Know ``cameras`` by their key; ``clock`` tells unix seconds."""
        self._cameras = cameras
        self._store = store
        self._ledger = ledger
        self._clock = clock
        # Accepted since the start, while those before could not be taken up again.
        self._new: set[str] = set()
        self.to_fetch: deque[Accepted] = deque()
        self.begun = False

    def take(self, command: Command) -> None:
        """Keep a command that can be carried out, and answer any other. One that came before is passed over."""
        camera = self._cameras.get(command.device_key)
        if camera is None:
            # RabbitMQ brings a command to every program of this kind.
            LOG.debug("A command for %s, which is not here", command.device_key)
            return
        taken = Accepted(command_id=command.command_id, camera=camera.key, expires_at=command.expires_at)
        commands = self._ledger.commands
        if command.expired(self._clock()):
            commands.refuse(taken, Status.EXPIRED, "The command came too late")
        elif camera.source is None:
            commands.refuse(taken, Status.FAILED, "This camera has no address: set its snapshot_url or onvif_url")
        elif commands.accept(taken):
            if not self.begun:
                self._new.add(taken.command_id)
            self.to_fetch.append(taken)

    def take_up_again(self) -> None:
        """Go on with what was accepted before the program was killed."""
        waits, to_fetch = self._waits_in_inbox(), []
        for accepted in self._ledger.commands.waiting():
            camera = self._cameras.get(accepted.camera)
            if accepted.command_id in self._new or accepted.ticket in waits or self._done(accepted):
                continue
            if camera is None or camera.source is None:
                self._answer(accepted, Status.FAILED, "This camera is not set up any more")
            elif self._clock() >= accepted.expires_at:
                self._answer(accepted, Status.EXPIRED, "The program was stopped meanwhile")
            else:
                to_fetch.append(accepted)
        self.to_fetch.extend(to_fetch)
        self._new.clear()
        self.begun = True

    def look_back(self) -> None:
        """Answer what should have been answered long ago, because nothing could be noted then."""
        overdue = self._ledger.commands.overdue(GRACE)
        if not overdue:
            return
        waits = self._waits_in_inbox()
        for accepted in overdue:
            if accepted.ticket not in waits and not self._done(accepted):
                self._answer(accepted, Status.FAILED, "The picture could not be kept: make room or check the disk")

    def _done(self, accepted: Accepted) -> bool:
        """Answer a command whose picture is there; say whether it is."""
        known = self._ledger.pictures.by_ticket(accepted.ticket) if accepted.ticket else None
        if known is not None and known.arrived is None:
            self._answer(accepted, Status.DONE, known.path)
        return known is not None

    def _answer(self, accepted: Accepted, status: Status, detail: str) -> None:
        self._ledger.commands.answer([accepted.command_id], status, detail)

    def _waits_in_inbox(self) -> set[str | None]:
        return {arrival.ticket for arrival in inbox.sweep(self._store.inbox)}


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
            orders = Orders(self._cameras, self._store, ledger)
            self._try(orders.take_up_again)
            looked_back = time.monotonic()
            while (frame := inlet.get(_IDLE)) is not None or not self.stopping:
                self.beat()
                if frame is not None:
                    # One that is not accepted has no answer, and the hub says that it was not delivered.
                    self._try(partial(orders.take, Command.of_content(frame.content)))
                    _tell(news)
                elif not orders.begun:
                    self._try(orders.take_up_again)
                if time.monotonic() - looked_back > _LOOK_BACK_EVERY:
                    looked_back = time.monotonic()
                    self._try(orders.look_back)
                self._hand_over(orders.to_fetch, fetch)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (OSError, sqlite3.Error) as error:
            if self._complaints.due("store"):
                LOG.error("A command cannot be noted, make room or check the disk: %s", error)  # noqa: TRY400 - the sentence says it

    def _hand_over(self, accepted: deque[Accepted], fetch: Outlet) -> None:
        while accepted:
            one = accepted[0]
            content = {"camera": one.camera, "ticket": one.command_id, "expires_at": one.expires_at}
            if not fetch.put(FETCH, content):
                # What finds no room goes on a moment later.
                return
            accepted.popleft()


def _tell(news: list[Outlet]) -> None:
    for outlet in news:
        outlet.put(NEWS, {})
