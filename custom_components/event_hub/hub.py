"""The shell around the engine: owns the state, the clock and the one timer.

Everything that happens becomes an event for ``step``; what the step changes is
applied and stored, what it wants done is carried out here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
import time
from typing import Final
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .adopted import AdoptedInputs
from .alarm_desk import AlarmDesk
from .alarm_keeper import handed_over
from .announcer import Announcer
from .automation_feed import AutomationFeed
from .bulk import async_work_out
from .const import DOMAIN, LOGGER
from .counters import HubCounters
from .engine.calling import commanded
from .engine.clock_set import by_this_clock
from .engine.effects import Decided, Effect, SendCommand
from .engine.events import (
    AlarmRestarted,
    CommandFailed,
    CommandPublished,
    Event,
    OutputRequested,
    Pressed,
    TransportChanged,
)
from .engine.model import ADOPTED_SOURCE, Decision
from .engine.restore import rearm
from .engine.state import Changes, State, Transition
from .engine.step import step
from .engine.together import step_all
from .entry_data import activity_limits, amqp_config, settings, uses_mqtt
from .notices import Notices
from .outputs.sender import CommandSender
from .receiver import Receiver, Sending
from .storage.activity import ActivityLog
from .storage.images import ImageShelf
from .storage.journal import JournalError
from .storage.store import HubStore
from .tellers import Tellers
from .telling_desk import TellingDesk
from .ticker import Ticker
from .times_desk import TimesDesk
from .transports.amqp import AmqpLink
from .transports.entities import AdoptedEntities
from .transports.link import LinkState, LinkStatus
from .transports.mqtt import MqttLink
from .wire.encode import encode_meter_command
from .wire.messages import MeterCommand, Transport

type EventHubConfigEntry = ConfigEntry[Hub]
type Link = AmqpLink | MqttLink

REGISTRY_TABLES: Final = frozenset(
    ("sources", "inputs", "outputs", "groups", "group_schedules", "partitions", "code_users", "code_hashes")
)
# The clock is adjusted by little all the time; by more seconds than this it was set.
CLOCK_SET: Final = 2.0
HANDOVER_PATIENCE: Final = 10.0
# So many seconds have commands under way to be handed over when the hub ends.
LAST_PATIENCE: Final = 2.0


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
        self.times = TimesDesk(hass, self.post, self.async_save_status)
        self.feed = AutomationFeed(self)
        self._folder = Path(hass.config.path(DOMAIN))
        self.images = ImageShelf(hass, self._folder / "images", self.announcer.image)
        self.activity = ActivityLog(
            hass, self._folder / "activity.db", activity_limits(entry), self.notices.storage_problem
        )
        self._store = HubStore(hass, self.notices.storage_problem)
        self._sender = CommandSender(hass, self.links, self._report_command)
        self.telling = TellingDesk(self, self._folder)
        self.times.handed_on = self.telling.stored
        self._tellers = Tellers(self)
        self._ticker = Ticker(self, self._perform)
        self._under_way: dict[str, asyncio.Future[None]] = {}
        self._cut_off: set[str] = set()
        # How far the clock is ahead of the one that nobody sets; unknown before anything runs.
        self._clock = float("nan")
        self._stopped = False
        # What has to end while the hub still works; safe to be ended twice.
        self.before_stop: list[Callable[[], Awaitable[None]]] = []

    async def async_load(self) -> None:
        """Read what earlier runs kept. Raises ``HomeAssistantError`` while the disk gives nothing out."""
        loaded = await self._store.async_load()
        self.state = loaded.state
        await self.times.async_load(self.state, settings(self.entry))
        for problem in loaded.problems:
            self.notices.storage_problem(problem)
        await self._async_load_alarm(registry_is_whole=not loaded.problems)
        await self.activity.async_open()
        await self.images.async_load(self.state.inputs)
        self.receiver = Receiver(self.hass, self.state, self.handle, self.images, self.counters, self.async_save)
        entities = AdoptedEntities(self.hass, ADOPTED_SOURCE, self.receiver.report)
        self._adopted = AdoptedInputs(self.state, entities)
        self._open_links()
        # What is wrong with a broker is told once it was tried; until then it is as it was.
        self.state.transports.update(dict.fromkeys(self.links))
        self.notices.restore(self.state)
        self.announcer.listen_devices(self.notices.prune)
        self.alarm.listen_all(self.notices.prune)
        # What was under way first: else the siren's new commands would be taken for it, and sent twice.
        self._clock = time.time() - time.monotonic()
        self.alarm.keeper.sent_again(self._perform(rearm(self.state, time.time())))
        if self.state.partitions:
            self.post(AlarmRestarted())

    async def async_start(self) -> None:
        """Begin to listen: connections come up in the background, however long that takes.

        First what the alarm did at the restart is told, which nobody listened to before.
        """
        for told in self._untold:
            self._tellers.tell(told)
        self.alarm.keeper.start()
        self.telling.start()
        self.times.start()
        self._adopted.follow()
        for link in self.links.values():
            await link.async_start()

    async def async_stop(self) -> None:
        """Stop in order: hear nothing new, send what is under way, store, close."""
        for stop in self.before_stop:
            await stop()
        if self._stopped:
            return
        # The next run takes what it finds for times of its own clock.
        self.look_at_clock()
        self._stopped = True
        self.receiver.close()
        self._adopted.stop()
        self.times.stop()
        self._ticker.stop()
        await self.alarm.keeper.async_close()
        await self.telling.async_stop()
        await self.times.async_kept()
        for link in self.links.values():
            await link.async_stop()
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=LAST_PATIENCE)
        await self._sender.async_end()
        self.announcer.close()
        # First what is in no other place: a disk that fails may end this.
        await self.async_save()
        self._store.close()
        await self.images.async_save()
        await self.alarm.pictures.async_close()
        await self.activity.async_close()

    def now(self) -> float:
        """Return the time that the rules go by, in unix seconds."""
        return time.time()

    @callback
    def look_at_clock(self) -> float:
        """Return the time as ``now`` does, for a step. Where it was set since the last look, what runs moves along."""
        now = time.time()
        by = now - time.monotonic() - self._clock
        if abs(by) > CLOCK_SET:
            self._clock += by
            self._ticker.clock_set(by)
        return now

    @callback
    def post(self, event: Event) -> Transition:
        """Let the engine handle ``event`` and carry out what it decides.

        Raises ``UnknownKeyError``, ``InvalidRuleError`` and ``GuardedError`` for what people asked for in vain.
        """
        now = self.look_at_clock()
        transition = step(self.state, event, now)
        self._perform(transition)
        return transition

    @callback
    def post_all(self, events: Sequence[Event]) -> None:
        """Like ``post`` for each event, one after the other, but where one is asked in vain none of them happens.

        What an alarm relies on is named all at once. For a few; ``async_post_all`` is for many.
        """
        now = self.look_at_clock()
        self._perform(step_all(self.state, events, now))

    async def async_post_all(self, events: Sequence[Event], still: Callable[[], bool] = lambda: True) -> bool:
        """Like ``post_all``, for thousands, and without holding anything up; nothing happens unless they ``still`` may.

        Returns whether they happened, once the alarm has on disk what concerns it, or could not wait. Raises what
        ``post_all`` raises, and ``HomeAssistantError`` if the hub ended.
        """
        self.look_at_clock()
        clock = self._clock

        def is_right() -> bool:
            may = still() and not self._stopped
            self.look_at_clock()
            return may and self._clock == clock

        transition = await async_work_out(self.hass, self.state, events, is_right)
        if transition is None and self._clock != clock and still() and not self._stopped:
            # Only the clock was set.
            clock = self._clock
            transition = await async_work_out(self.hass, self.state, events, is_right)
        if self._stopped:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_running")
        if transition is None:
            return False
        if sending := self._perform(transition):
            await asyncio.wait(sending, timeout=HANDOVER_PATIENCE)
        return True

    @callback
    def tell(self, effect: Effect) -> None:
        """Tell what came of no step: what was denied before the engine heard of it."""
        self._tellers.tell(effect)

    @callback
    def handle(self, event: Event) -> Sending:
        """Like ``post``, but returns the commands under way: each future is done once it left."""
        now = self.look_at_clock()
        return self._perform(step(self.state, event, now))

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
        ``state.output_status``. Raises ``UnknownKeyError``, and ``HomeAssistantError`` if the hub ended before.
        """
        transition = self.post(OutputRequested(output_key=key, request_id=uuid4().hex, turn_on=turn_on, detail=detail))
        (decision,) = (effect.decision for effect in transition.effects if isinstance(effect, Decided))
        sending = {
            output.command_id: self._under_way[output.command_id] for output in decision.outputs if output.command_id
        }
        if sending:
            await asyncio.wait(sending.values(), timeout=HANDOVER_PATIENCE)
        if not self._cut_off.isdisjoint(sending):
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_running")
        return decision

    async def async_save(self) -> bool:
        """Store everything now; says whether it is stored."""
        return await self._store.async_save_now(self.state)

    async def async_save_status(self) -> bool:
        """Store now what changes often, commands under way among it; says whether it is stored."""
        return await self._store.async_save_status_now(self.state)

    async def async_send_meter_command(self, command: MeterCommand) -> None:
        """Set or adjust a meter's register. Raises ``PublishError`` when its board cannot be told."""
        await self._sender.publish(encode_meter_command(command))

    def _perform(self, transition: Transition) -> list[asyncio.Future[None]]:
        """Do what a step wants, take over what it changed, then have it stored and let people know.

        Commands leave first: nothing else of the hub runs before the state is taken over. Only what
        the alarm does waits for the disk (``alarm_keeper.py``).
        """
        changes = transition.changes
        if (self.state.partitions or "alarm" in changes.tables) and self.alarm.keeper.concerns(transition):
            self._take_over(changes)
            sending = [handed_over(self.alarm.keeper.hold(transition, commanded(self.state, transition)))]
        else:
            try:
                sending = self._send_all(transition)
            finally:
                self._take_over(changes)
            if not (self.alarm.keeper.waiting and self.alarm.keeper.told_after(transition)):
                self._tellers.tell_all(transition)
        if changes.digest is not None:
            sending.append(self.times.kept())
        self._ticker.arm()
        return sending

    def _carry_out(self, transition: Transition) -> list[asyncio.Future[None]]:
        """Do what a step wants that was held back until it was stored."""
        self.look_at_clock()
        try:
            return self._send_all(by_this_clock(self.state, transition))
        finally:
            self._tellers.tell_all(transition)

    def _send_all(self, transition: Transition) -> list[asyncio.Future[None]]:
        return [self._send(effect) for effect in transition.effects if isinstance(effect, SendCommand)]

    def _take_over(self, changes: Changes) -> None:
        self.state.apply(changes)
        if "alarm" in changes.tables:
            self.alarm.pictures.follow(changes.of("alarm"))
        self._keep(changes)

    def _keep(self, changes: Changes) -> None:
        """Have the changes stored, the rare ones soon and the frequent ones by and by."""
        if changes.outputs_suspended is not None or not REGISTRY_TABLES.isdisjoint(changes.tables):
            self._store.schedule_registry(self.state)
            inputs = changes.of("inputs")
            self._adopted.changed(inputs)
            self.images.forget(key for key, record in inputs.items() if record is None)
        if changes.tables:
            self._store.schedule_status(self.state)

    def _send(self, effect: SendCommand) -> asyncio.Future[None]:
        """Send one command. One that cannot be sent for a fault of ours takes no other along: it failed."""
        output = self.state.outputs.get(effect.command.output.device_key)
        command_id = effect.command.command_id
        try:
            sending = self._sender.send(effect, output.action if output else None)
        except Exception:  # noqa: BLE001 - of several sirens the others must sound
            LOGGER.exception("A command to %s could not be sent", effect.command.output.device_key)
            self.counters.errors += 1
            sending = self._sender.fail(command_id, "could not be sent; see the log")
        self._under_way[command_id] = sending
        sending.add_done_callback(lambda _: self._under_way.pop(command_id, None))
        return sending

    async def _async_load_alarm(self, *, registry_is_whole: bool) -> None:
        """Read back where the partitions stand. Raises ``HomeAssistantError`` while the disk does not give it out."""
        self.alarm = AlarmDesk(self, self._folder, self._carry_out)
        try:
            kept = await self.alarm.async_load(registry_is_whole=registry_is_whole)
            await self.telling.async_load()
        except JournalError as error:
            await self.alarm.keeper.async_close()
            raise HomeAssistantError(str(error)) from error
        self.alarm.keeper.handed_on = self.telling.stored
        self._untold = kept.untold
        for partition_id in kept.garbled:
            self.notices.alarm.garbled(partition_id)

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
        if self._stopped and isinstance(outcome, CommandFailed):
            self._cut_off.add(outcome.command_id)
        else:
            self.post(outcome)

    def _link_changed(self, transport: Transport, status: LinkStatus) -> None:
        if self._stopped:
            return
        up = status.state in (LinkState.UP, LinkState.BLOCKED)
        if status.state is not LinkState.CONNECTING and up != self.state.transports.get(transport):
            self.post(TransportChanged(transport=transport, up=up))
        self.notices.link_status(transport, status)
        self.announcer.hub_changed()
