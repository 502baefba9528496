"""The shell around the engine: owns the state, the clock and the one timer.

Everything that happens becomes an event for ``step``; what the step changes is
applied and stored, what it wants done is carried out here.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
import time
from typing import Final
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .announcer import Announcer
from .const import DOMAIN, LOGGER
from .counters import HubCounters, LastDecisions
from .engine.effects import CommandProgressed, Decided, Detected, Effect, SendCommand
from .engine.events import CommandFailed, CommandPublished, Event, OutputRequested, Pressed, Tick, TransportChanged
from .engine.model import ADOPTED_SOURCE, Decision, InputRecord
from .engine.restore import rearm
from .engine.state import Changes, State, Transition
from .engine.step import step
from .entry_data import activity_limits, amqp_config, settings, uses_mqtt
from .notices import Notices
from .outputs.sender import CommandSender
from .receiver import Receiver, Sending
from .storage.activity import ActivityLog
from .storage.images import ImageShelf
from .storage.store import HubStore
from .transports.amqp import AmqpLink
from .transports.entities import AdoptedEntities
from .transports.link import LinkState, LinkStatus
from .transports.mqtt import MqttLink
from .wire.encode import encode_meter_command
from .wire.messages import MeterCommand, Transport

type EventHubConfigEntry = ConfigEntry[Hub]
type Link = AmqpLink | MqttLink

REGISTRY_TABLES: Final = frozenset(("sources", "inputs", "outputs", "groups"))
# Deadlines are wall-clock times, and the wall clock may be set while the timer runs.
LONGEST_WAIT: Final = 60.0
SHORTEST_WAIT: Final = 0.02
HANDOVER_PATIENCE: Final = 10.0


class Hub:
    """One running hub. ``state`` is for reading; ``post`` alone changes it."""

    def __init__(self, hass: HomeAssistant, entry: EventHubConfigEntry) -> None:
        """Wire the layers together; nothing runs before ``async_load``."""
        self.hass = hass
        self.entry = entry
        self.state = State()
        self.announcer = Announcer(hass)
        self.counters = HubCounters()
        self.notices = Notices(hass, entry)
        self.links: dict[Transport, Link] = {}
        folder = Path(hass.config.path(DOMAIN))
        self.images = ImageShelf(hass, folder / "images", self.announcer.image)
        self.activity = ActivityLog(hass, folder / "activity.db", activity_limits(entry), self.notices.storage_problem)
        self._store = HubStore(hass, self.notices.storage_problem)
        self._sender = CommandSender(hass, self.links, self._report_command)
        self._last = LastDecisions()
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = float("inf")
        self._adopted_keys: frozenset[str] = frozenset()
        self._stopped = False

    async def async_load(self) -> None:
        """Read what earlier runs kept. Raises ``HomeAssistantError`` while the disk gives nothing out."""
        loaded = await self._store.async_load()
        self.state = loaded.state
        self.state.settings = settings(self.entry)
        for problem in loaded.problems:
            self.notices.storage_problem(problem)
        await self.activity.async_open()
        await self.images.async_load(self.state.inputs)
        self.receiver = Receiver(self.hass, self.state, self.handle, self.images, self.counters, self.async_save)
        self._adopted = AdoptedEntities(self.hass, ADOPTED_SOURCE, self.receiver.report)
        self._open_links()
        self.notices.restore(self.state)
        self.announcer.listen_devices(self.notices.prune)
        self._perform(rearm(self.state, time.time()))

    async def async_start(self) -> None:
        """Begin to listen: connections come up in the background, however long that takes."""
        self._follow_adopted()
        for link in self.links.values():
            await link.async_start()

    async def async_stop(self) -> None:
        """Stop in order: hear nothing new, send what is under way, store, close."""
        if self._stopped:
            return
        self._stopped = True
        self.receiver.close()
        self._adopted.async_stop()
        for link in self.links.values():
            await link.async_stop()
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=2)
        if self._timer is not None:
            self._timer.cancel()
        self.announcer.close()
        # First what is in no other place: a disk that fails may end this.
        await self.async_save()
        self._store.close()
        await self.images.async_save()
        await self.activity.async_close()

    @callback
    def post(self, event: Event) -> Transition:
        """Let the engine handle ``event`` and carry out what it decides.

        Raises ``UnknownKeyError`` and ``InvalidRuleError`` for what people asked for in vain.
        """
        transition = step(self.state, event, time.time())
        self._perform(transition)
        return transition

    @callback
    def post_all(self, events: Sequence[Event]) -> None:
        """Like ``post`` for each event, but where one is asked in vain none of them happens."""
        now = time.time()
        for event in events:
            step(self.state, event, now)
        for event in events:
            self.post(event)

    @callback
    def handle(self, event: Event) -> Sending:
        """Like ``post``, but returns the commands under way: each future is done once it left."""
        return self._perform(step(self.state, event, time.time()))

    @callback
    def press(self, input_key: str, detail: str | None = None) -> Decision | None:
        """Trigger an input by hand, as its device would; returns what was decided."""
        transition = self.post(Pressed(input_key=input_key, press_id=uuid4().hex, detail=detail))
        for effect in transition.effects:
            if isinstance(effect, Decided):
                return effect.decision
        return None

    async def async_request_output(
        self, key: str, *, turn_on: bool | None = None, detail: str | None = None
    ) -> Decision:
        """Command one output by hand; returns once the command was handed over or failed, or after some seconds.

        The decision says why nothing was sent, where nothing was; what became of the command is in
        ``state.output_status``. Raises ``UnknownKeyError``.
        """
        transition = self.post(OutputRequested(output_key=key, request_id=uuid4().hex, turn_on=turn_on, detail=detail))
        (decision,) = (effect.decision for effect in transition.effects if isinstance(effect, Decided))
        sending = [self._under_way[output.command_id] for output in decision.outputs if output.command_id]
        if sending:
            await asyncio.wait(sending, timeout=HANDOVER_PATIENCE)
        return decision

    async def async_save(self) -> bool:
        """Store everything now; says whether it is stored."""
        return await self._store.async_save_now(self.state)

    async def async_send_meter_command(self, command: MeterCommand) -> None:
        """Set or adjust a meter's register. Raises ``PublishError`` when its board cannot be told."""
        await self._sender.publish(encode_meter_command(command))

    def explain(self, input_key: str, limit: int = 10) -> tuple[Decision, ...]:
        """Return the last decisions about an input, newest first, since the start."""
        return self._last.of(input_key, limit)

    def _perform(self, transition: Transition) -> list[asyncio.Future[None]]:
        """Do what a step wants, take over what it changed, then have it stored and let people know.

        Commands leave first: nothing else of the hub runs before the state is taken over.
        """
        changes = transition.changes
        try:
            sending = [self._send(effect) for effect in transition.effects if isinstance(effect, SendCommand)]
        finally:
            self.state.apply(changes)
            self._keep(changes)
        for effect in transition.effects:
            self._tell(effect)
        self.announcer.changes(changes)
        self._arm()
        return sending

    def _keep(self, changes: Changes) -> None:
        """Have the changes stored, the rare ones soon and the frequent ones by and by."""
        if changes.outputs_suspended is not None or not REGISTRY_TABLES.isdisjoint(changes.tables):
            self._store.schedule_registry(self.state)
            inputs = changes.of("inputs")
            if any(self._concerns_adopted(key, record) for key, record in inputs.items()):
                self._follow_adopted()
            self.images.forget(key for key, record in inputs.items() if record is None)
        if changes.tables:
            self._store.schedule_status(self.state)

    def _send(self, effect: SendCommand) -> asyncio.Future[None]:
        output = self.state.outputs.get(effect.command.output.device_key)
        sending = self._sender.send(effect, output.action if output else None)
        command_id = effect.command.command_id
        self._under_way[command_id] = sending
        sending.add_done_callback(lambda _: self._under_way.pop(command_id, None))
        return sending

    def _tell(self, effect: Effect) -> None:
        match effect:
            case SendCommand():
                return
            case Decided(decision=decision):
                self._last.add(decision)
                self.activity.add_decision(decision)
            case CommandProgressed():
                self.activity.add_command(effect)
            case Detected():
                # The decision about the picture has it in words.
                pass
            case _:
                self.activity.add_event(effect, time.time())
        self.counters.count(effect)
        self.notices.handle(effect)
        self.announcer.effect(effect)

    def _open_links(self) -> None:
        """Make the links to the brokers; what is published before they start waits in them."""
        config = amqp_config(self.entry)
        if config is not None:
            self.links[Transport.AMQP] = AmqpLink(
                self.hass.loop,
                config,
                self.receiver.amqp,
                partial(self._link_changed, Transport.AMQP),
            )
        if uses_mqtt(self.entry):
            self.links[Transport.MQTT] = MqttLink(
                self.hass, self.receiver.mqtt, partial(self._link_changed, Transport.MQTT)
            )

    def _report_command(self, outcome: CommandPublished | CommandFailed) -> None:
        """Take what became of a command. One cut off by the end of the hub is sent by the next run."""
        if not (self._stopped and isinstance(outcome, CommandFailed)):
            self.post(outcome)

    def _link_changed(self, transport: Transport, status: LinkStatus) -> None:
        if self._stopped:
            return
        up = status.state in (LinkState.UP, LinkState.BLOCKED)
        if up != self.state.transports.get(transport):
            self.post(TransportChanged(transport=transport, up=up))
        self.notices.link_status(transport, status)
        self.announcer.hub_changed()

    def _follow_adopted(self) -> None:
        """Follow the entities that are inputs now."""
        entities = {key: record.entity_id for key, record in self.state.inputs.items() if record.entity_id is not None}
        self._adopted_keys = frozenset(entities)
        self._adopted.async_update(entities)

    def _concerns_adopted(self, key: str, record: object | None) -> bool:
        """Whether an input is, or was, an entity. Devices that describe themselves anew must not cost a walk."""
        return key in self._adopted_keys or (isinstance(record, InputRecord) and record.entity_id is not None)

    def _arm(self) -> None:
        """Set the timer for the next deadline; one that is due earlier stays, and looks again."""
        due = self.state.next_deadline()
        if due is None or due >= self._timer_due or self._stopped:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        wait = min(max(due - time.time(), SHORTEST_WAIT), LONGEST_WAIT)
        self._timer = self.hass.loop.call_later(wait, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._timer_due = float("inf")
        due = self.state.next_deadline()
        if due is None or due > time.time():
            self._arm()
            return
        try:
            self.post(Tick())
        except Exception:  # noqa: BLE001 - a fault of ours must not stop the clock
            LOGGER.exception("What is due could not be handled, and is tried again in a while")
            self.counters.errors += 1
            self._timer_due = due
            self._timer = self.hass.loop.call_later(LONGEST_WAIT, self._tick)
