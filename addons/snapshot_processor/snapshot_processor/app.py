"""What the app is made of: links, stages, and who feeds whom."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
import logging
from pathlib import Path
import sqlite3
from typing import Final

from hub_relay.brokers import Brokers, join
from hub_relay.health import HealthServer
from hub_relay.lifecycle import Service
from hub_relay.mqtt import Taker, Takers
from hub_relay.native import Voice
from hub_relay.publisher import Publisher, Waiting
from hub_relay.stages import Overflow, Relay, Relays, Stage

from .accept import HANDED_IN, AcceptStage
from .api import ApiServer
from .archive.stage import ArchiveStage
from .ballast import Ballast
from .camera_options import Camera
from .events import Composer
from .fetched import FetchedTo, FetchingStage
from .heartbeat import HeartbeatStage
from .ledger.database import connect
from .ledger.ledger import LedgerPlace
from .ledger.outbox import OutboxOfBroker
from .ledger.reading import LedgerCatalogue
from .look import LookStage
from .model import PartHealth
from .order import OrderStage, Ways
from .parts import archive_queue, budget_used, make_looker
from .receive import inbox
from .receive.receiver import Receiver
from .retain import RetainStage
from .settings import Settings
from .store import Store

LOG: Final = logging.getLogger(__name__)
LEDGER: Final = "ledger.db"
# Frames only wake who reads the ledger, so one that finds no room is not missed.
_WAKE: Final = 16
_ORDERS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the app lives: its files, the key to its pictures, and the port of its health page (0: any)."""

    state: Path
    token: str = field(repr=False)
    health_port: int


class App:
    """The stages, joined. ``api_port`` is where pictures can be looked at.

    It runs without a broker too: what is to be told waits until ``join`` has named one.
    """

    def __init__(self, settings: Settings, place: Place, search: Stage | None = None) -> None:
        """Make all of them, sinks first. Raises ``OSError`` when a port is taken.

        ``search`` is a stage more, which may call ``join``.
        """
        self._settings = settings
        self._relays = Relays()
        self._store = Store(settings.images, settings.room.floor)
        self._cameras = {one.key: one for one in settings.cameras}
        self._commands = self._relays.relay("commands", limit=_ORDERS, overflow=Overflow.DROP_NEWEST)
        self._arrived, self._taken = self._wake("arrived"), self._wake("taken")
        self._voice = Voice(topic=settings.device_topic, name=settings.device_name)
        self._ways = {one: self._wake(f"publish_{one}") for one in settings.brokers.transports}
        self._ledger = LedgerPlace(path=place.state / LEDGER, brokers=tuple(map(str, self._ways)))
        self._forget_other_brokers()
        health = HealthServer(lambda: self.service.stages_health(), port=place.health_port)  # noqa: PLW0108 - made below
        self._api = ApiServer(self._catalogue, token=place.token, port=settings.api_port)
        stages = [health, *self._joined(settings.brokers), *self._chain(Ballast(place.state))]
        self.service = Service([*stages, *([search] if search else [])], self._relays)
        LOG.info("Health page on port %s, pictures on port %s", health.port, self.api_port)

    def join(self, brokers: Brokers) -> None:
        """Tell these brokers from now on; for an app that had none. Any thread may."""
        self.service.add(self._joined(brokers))

    @property
    def api_port(self) -> int:
        """Where pictures can be looked at."""
        return self._api.port

    def _chain(self, ballast: Ballast) -> list[Stage]:
        """Return the app's own stages, sinks first."""
        settings, cameras, ways = self._settings, self._settings.cameras, tuple(self._ways.values())
        orders = self._relays.relay("orders", limit=_ORDERS, overflow=Overflow.WAIT)
        on = list(ways)
        archive: ArchiveStage | None = None
        if settings.archive is not None:
            on.append(self._wake("archive"))
            archive = ArchiveStage(settings.archive, on[-1], partial(archive_queue, self._ledger), settings.images)
        look = LookStage(cameras, self._store, self._ledger, partial(make_looker, settings), self._taken, on)
        accept = AcceptStage(cameras, settings.shared_account, self._store, self._ledger, self._arrived, self._taken)
        to = FetchedTo(store=self._store, place=self._ledger, accept=self._arrived, publish=ways)
        fetching = FetchingStage(orders, cameras, to)
        order = OrderStage(self._cameras, self._ledger, self._store, self._commands, Ways(fetch=orders, publish=ways))
        retain = RetainStage(cameras, self._store, self._ledger, settings.room, ballast)
        receiver = None if settings.ftp is None else Receiver(settings.ftp, self._arrived)
        parts: dict[str, Callable[[], PartHealth]] = {
            "detector": look.health,
            "storage": partial(_worse, accept.health, retain.health),
        }
        if archive is not None:
            parts["archive"] = archive.health
        if receiver is not None:
            parts["receiver"] = receiver.health
        if any(one.source for one in cameras):
            parts["cameras"] = fetching.health
        for name, sentence in {**settings.wrong, **_wrong_brokers(settings.brokers)}.items():
            parts[name] = partial(_wrong, sentence, parts.get(name))
        heartbeat = HeartbeatStage(cameras, parts, partial(budget_used, settings), self._ledger, ways)
        found: list[Stage | None] = [archive, retain, look, accept, fetching, order, heartbeat, self._api, receiver]
        return [stage for stage in found if stage is not None]

    def _joined(self, brokers: Brokers) -> list[Stage]:
        """Return the links to brokers and who sends over them, sinks first."""
        takers = Takers(topics=self._takers(), news=self._arrived)
        joined = join(brokers, self._voice, self._commands, takers)
        publishers = [
            Publisher(
                self._ways[transport],
                self._voice,
                {transport: link},
                spool=_OutboxPlace(open_outbox=partial(self._outbox, str(transport))),
                name=f"publisher_{transport}",
            )
            for transport, link in joined.links.items()
        ]
        return [*joined.links.values(), *publishers, *joined.listeners]

    def _forget_other_brokers(self) -> None:
        """Forget what waits for brokers that are not set up any more: it would keep pictures for ever."""
        with contextlib.suppress(sqlite3.Error), self._ledger.open() as ledger:
            if gone := ledger.outbox.forget_others():
                LOG.warning("%s messages for a broker that is not set up any more are forgotten", gone)

    def _wake(self, name: str) -> Relay:
        return self._relays.relay(name, limit=_WAKE, overflow=Overflow.PASS_OVER)

    def _outbox(self, broker: str) -> OutboxOfBroker:
        connection = connect(self._ledger.path)
        ledger = self._ledger.on(connection)
        return OutboxOfBroker(connection, broker, Composer(ledger.pictures, self._store, self._cameras).event)

    def _catalogue(self) -> LedgerCatalogue:
        labels = {one.key: one.description.key for one in self._settings.cameras}
        return LedgerCatalogue(self._ledger.path, self._store, labels)

    def _takers(self) -> dict[str, Taker]:
        return {
            one.topic: partial(_hand_in, self._store, one) for one in self._settings.cameras if one.topic is not None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _OutboxPlace:
    """Where a publisher finds what waits for its broker."""

    open_outbox: Callable[[], OutboxOfBroker]

    def open(self) -> AbstractContextManager[Waiting]:
        """Open it, for the thread that uses it."""
        return self.open_outbox()


def _hand_in(store: Store, camera: Camera, content: bytes) -> None:
    """Take in a picture that came over MQTT."""
    inbox.put(store.inbox, HANDED_IN, camera.slug, f"{camera.slug}.jpg", content, reserve=store.floor)


def _wrong(sentence: str, ask: Callable[[], PartHealth] | None) -> PartHealth:
    """Return the health of a part of which an option is wrong; ``ask`` tells how the rest of it is, if it runs."""
    found = None if ask is None else ask()
    more = found.detail if found is not None and not found.ok else None
    return PartHealth(ok=False, detail="; ".join(filter(None, [f"Correct the option: {sentence}", more])))


def _wrong_brokers(brokers: Brokers) -> dict[str, str]:
    return {"brokers": "; ".join(brokers.wrong.values())} if brokers.wrong else {}


def _worse(*parts: Callable[[], PartHealth]) -> PartHealth:
    """Return the first part that is not well."""
    found = [ask() for ask in parts]
    return next((health for health in found if not health.ok), found[0])
