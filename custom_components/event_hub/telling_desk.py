"""``hub.telling``: tells people what happens, over the channels that are set up (behaviour.md, 5).

What is to be told is on disk before it is sent, and until it was told; ``engine.telling`` decides when and to whom.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HassJob, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .about import about_telling
from .channels import channels_of, has_channel, is_of_chat
from .const import DOMAIN, LOGGER
from .engine.alarm.effects import DuressRaised, SwungOut
from .engine.alarm.model import Channels
from .engine.effects import AlarmTold, Decided, DigestDue, Effect, EscalationRaised, SourceBack, SourceLost
from .engine.model import Reason
from .engine.telling.events import (
    ChannelsChanged,
    Deliver,
    Delivered,
    Dropped,
    DropReason,
    Effect as TellingEffect,
    Event,
    Failed,
    Posted,
    Restarted,
    Tick,
    Told,
    Undelivered,
)
from .engine.telling.model import Channel, Telling, Topic
from .engine.telling.outbox import next_due, step
from .engine.telling.state import Outbox, moved
from .iso_time import iso
from .mobile_actions import MobileActions
from .outputs.notify.message import Failure, Message, Problem
from .outputs.notify.send import async_send
from .outputs.notify.words import words_of
from .storage.journal import TELLING_JOURNAL, Journal
from .telling_escalations import EscalationTellings
from .telling_keeper import TellingKeeper
from .telling_messages import MessageMaker
from .telling_pictures import ToldPictures
from .telling_producers import (
    alarm_told,
    called_off,
    digest_of,
    is_hidden,
    trouble_told,
    undelivered_of,
)
from .telling_sources import source_told
from .telling_swung_out import swung_out_told
from .telling_triggers import TriggerTellings

if TYPE_CHECKING:
    from .hub import Hub

EVENT_UNDELIVERED: Final = "event_hub_undelivered"
LONGEST_WAIT: Final = 60.0
SHORTEST_WAIT: Final = 0.02
# So long does an unload wait for messages that are under way; what is cut off is sent again by the next run.
STOP_PATIENCE: Final = 5.0
# Of so many requests it is known whence they came.
ORIGINS_LIMIT: Final = 32


class TellingDesk:
    """Tells people. All methods belong in the event loop."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        """Serve a hub; the journal is in ``folder``. Nothing is told before ``start``."""
        self._hub = hub
        self._hass = hub.hass
        self._notices = hub.notices.telling
        self._pictures = ToldPictures(hub.hass)
        self._maker = MessageMaker(hub, self._pictures)
        self._actions = MobileActions(hub)
        self._triggers = TriggerTellings(hub, self._pictures, self.post)
        self._escalations = EscalationTellings(hub, self.post)
        journal = Journal(folder / TELLING_JOURNAL, hub.notices.storage_problem)
        self._keeper = TellingKeeper(hub.hass, journal, self._carry_out)
        self._outbox = Outbox()
        self._channels: tuple[Channel, ...] = ()
        self._attempts: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._stops: list[Callable[[], None]] = []
        self._listeners: list[Callable[[], None]] = []
        self._closed = False
        self._origins: dict[str, tuple[str, ...]] = {}

    async def async_load(self) -> None:
        """Read what is still to be told. Raises ``JournalError`` while the disk does not give it out."""
        self._outbox = await self._keeper.async_open()
        self._use(channels_of(self._hub.entry))
        self._step(Restarted())
        if not any(each.enabled for each in self._channels):
            # They are loaded, and there are none: what waits for one is reported.
            self._step(ChannelsChanged())
        self._show_undelivered()

    @callback
    def start(self) -> None:
        """Begin to tell, with what was left over."""
        self._stops.append(async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed))
        self._actions.start()
        self._hub.before_stop.append(self._actions.async_stop)
        # Home Assistant ends what runs in the background before it says that it stops.
        last = HassJob(self._actions.async_stop, "Stop taking buttons of phones")
        self._stops.append(self._hass.async_add_shutdown_job(last))
        self._entry_changed(ConfigEntryChange.UPDATED, self._hub.entry)
        self._keeper.start()
        self._escalations.start()

    async def async_stop(self) -> None:
        """Tell nothing more. What is under way has a moment to get through; what did not is told by the next run."""
        self._triggers.flush()
        for stop in self._stops:
            stop()
        self._stops.clear()
        self._disarm()
        self._closed = True
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=STOP_PATIENCE)
        for attempt in tuple(self._attempts):
            attempt.cancel()
        if self._attempts:
            # A script that has its message says so.
            await asyncio.wait(self._attempts, timeout=STOP_PATIENCE)
        await self._pictures.async_idle()
        await self._keeper.async_close()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels, the first to be used first; those that are switched off as well."""
        return self._channels

    @property
    def outbox(self) -> Outbox:
        """What is still to be told, and how the channels do."""
        return self._outbox

    @property
    def keeper(self) -> TellingKeeper:
        """What is on disk."""
        return self._keeper

    @property
    def maker(self) -> MessageMaker:
        """Who makes messages."""
        return self._maker

    def stored(self) -> asyncio.Future[None]:
        """Return what is done once everything that was told to this desk is on disk; it fails if it is not."""
        return self._keeper.stored()

    @callback
    def post(self, telling: Telling) -> None:
        """Tell people something. Posted again under its id, it is told once. Without any channel nothing is told."""
        if self._channels:
            self._step(Posted(telling=telling))

    @callback
    def note_origin(self, context_id: str, channel_ids: Iterable[str]) -> None:
        """Note over which channels a request came: what it makes of a forced code is told over others."""
        self._origins[context_id] = tuple(channel_ids)
        while len(self._origins) > ORIGINS_LIMIT:
            del self._origins[next(iter(self._origins))]

    @callback
    def note_chat(self, context_id: str, chat_id: object) -> None:
        """Note from which chat of Telegram a request came."""
        found = [each.channel_id for each in self._channels if is_of_chat(self._hass, each, chat_id)]
        self.note_origin(context_id, found)

    @callback
    def effect(self, effect: Effect) -> None:
        """Take what the engine did, and tell what of it is for people."""
        state, telling = self._hub.state, None
        match effect:
            case Decided(decision=decision) if decision.reason is Reason.TRIGGERED:
                self._triggers.take(decision)
            case AlarmTold(effect=SwungOut()):
                # As the alarm that it follows from.
                pass
            case AlarmTold():
                self._post_pictured(self._away_from_origin(called_off(state, effect), effect))
                telling = alarm_told(state, effect) or trouble_told(state, effect, self._hub.now())
                telling = self._away_from_origin(telling, effect)
            case EscalationRaised():
                self._escalations.take(effect)
            case SourceLost() | SourceBack():
                telling = source_told(state, effect)
            case DigestDue():
                telling = digest_of(state, effect)
        self._post_pictured(telling)
        if isinstance(effect, AlarmTold):
            for each in swung_out_told(state, effect):
                self.post(each)
            self._escalations.go_on()

    def _post_pictured(self, telling: Telling | None) -> None:
        if telling is None:
            return
        if telling.picture is not None and self._channels:
            # By the time it is told, the camera's newest picture may be another.
            telling = replace(telling, picture=self._triggers.picture(telling.picture.device_key))
        self.post(telling)

    def _away_from_origin(self, telling: Telling | None, told: AlarmTold) -> Telling | None:
        """Keep what a forced code tells from where it was typed."""
        asker = told.effect.actor.asker if isinstance(told.effect, DuressRaised) else None
        origin = self._origins.get(asker.context_id or "") if asker is not None else None
        return telling if telling is None or not origin else replace(telling, not_to=origin)

    async def async_test(self, channel_id: str) -> None:
        """Send a test message over one channel at once. Raises ``HomeAssistantError`` that says what is wrong."""
        channel = self.channel(channel_id)
        if channel is None:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="unknown_channel")
        telling = Telling(
            telling_id="test",
            at=self._hub.now(),
            topic=Topic.TEST,
            detail=words_of(channel.language).test,
        )
        failure = await self.async_say(channel, await self._maker.async_make(channel, (telling,), ()))
        if failure is not None:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=f"channel_{failure.problem.value}",
                translation_placeholders={"channel": channel.name, "target": channel.target, "detail": failure.detail},
            )

    async def async_say(self, channel: Channel, message: Message) -> Failure | None:
        """Send one message over a channel at once, beside what waits; returns why it did not get through."""
        failure = await async_send(self._hass, channel, message)
        if failure is None:
            self._notices.worked(channel.channel_id)
        return failure

    @callback
    def listen_channels(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` when channels came, went or changed; returns how to stop."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    def channel(self, channel_id: str) -> Channel | None:
        """Return a channel."""
        return next((each for each in self._channels if each.channel_id == channel_id), None)

    @callback
    def clock_set(self, by: float) -> None:
        """Let what waits do so for as long as it would have, though the clock was set by so many seconds."""
        self._outbox = moved(self._outbox, by)
        self._step(Tick())

    def _step(self, event: Event) -> None:
        now = self._hub.look_at_clock()
        self._outbox, effects = step(self._outbox, event, now, self._channels)
        self._keeper.keep(self._outbox, effects)
        self._arm()

    def _carry_out(self, effect: TellingEffect) -> None:
        match effect:
            case Deliver() if not self._closed:
                task = self._hass.async_create_background_task(
                    self._async_deliver(effect), "event_hub tells people", eager_start=False
                )
                self._attempts.add(task)
                task.add_done_callback(self._attempts.discard)
            case Told(telling=telling):
                self._notices.told(telling)
            case Undelivered(telling=telling, stranded=stranded):
                self._undelivered(telling, stranded=stranded)
            case Dropped(telling=telling, reason=DropReason.OVERFLOW) if telling.critical and not is_hidden(telling):
                self._notices.lost(telling)
            case Dropped(telling=telling):
                self._notices.delivered(telling)

    async def _async_deliver(self, deliver: Deliver) -> None:
        channel = self.channel(deliver.channel_id)
        if channel is None:
            failure: Failure | None = Failure(problem=Problem.MISSING, detail="", permanent=True)
        else:
            try:
                message = await self._maker.async_make(channel, deliver.tellings, deliver.pictures)
                failure = await async_send(self._hass, channel, message)
            except Exception:  # noqa: BLE001 - a fault of ours must not keep the next channel from being used
                LOGGER.exception("A message could not be made")
                failure = Failure(problem=Problem.REFUSED, detail="internal error", permanent=True)
            self._report(channel, deliver, failure)
        if failure is None:
            self._step(Delivered(attempt_id=deliver.attempt_id))
        else:
            self._step(
                Failed(attempt_id=deliver.attempt_id, retry_after=failure.retry_after, permanent=failure.permanent)
            )

    def _report(self, channel: Channel, deliver: Deliver, failure: Failure | None) -> None:
        if failure is None:
            self._notices.worked(channel.channel_id)
        elif not any(is_hidden(telling) for telling in deliver.tellings):
            LOGGER.debug("Channel %s did not get a message through: %s", channel.name, failure.problem)
            self._notices.failed(channel, failure)

    def _show_undelivered(self) -> None:
        """Show what nobody was told of so far, unless nobody here may know of it at all."""
        undelivered = [each for each in self._outbox.undelivered if each.critical and not is_hidden(each)]
        self._notices.show_anew(undelivered, self._outbox.stranded)

    def _undelivered(self, telling: Telling, *, stranded: bool) -> None:
        """Let people know that nobody was told, unless nobody here may know of it at all."""
        if is_hidden(telling):
            return
        # While the disk kept this waiting, a channel may have come or gone, and that is shown already.
        standing = self._outbox.stranded if stranded else self._outbox.undelivered
        if telling.critical and any(each.telling_id == telling.telling_id for each in standing):
            show = self._notices.stranded if stranded else self._notices.undelivered
            show(telling)
        self._hass.bus.async_fire(
            EVENT_UNDELIVERED,
            {
                "topic": telling.topic.value,
                "at": iso(telling.at),
                "label": telling.label,
                "input": telling.input_key,
                "partition": telling.partition_id,
                "partition_name": telling.partition,
                "detail": telling.detail,
                "critical": telling.critical,
                **about_telling(self._hass, telling),
            },
        )
        if telling.critical and any(Topic.UNDELIVERED in channel.topics for channel in self._channels):
            self.post(undelivered_of(telling, self._hub.now()))

    @callback
    def _entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Use other channels from now on, if others are set up."""
        if change is not ConfigEntryChange.UPDATED or entry.entry_id != self._hub.entry.entry_id:
            return
        channels = channels_of(entry)
        if channels == self._channels:
            return
        changed = {each.channel_id for each in self._channels if each not in channels}
        self._use(channels)
        for channel_id in changed:
            self._notices.forget(channel_id)
        self._step(ChannelsChanged(changed=frozenset(changed)))
        self._show_undelivered()
        for listener in tuple(self._listeners):
            listener()

    def _use(self, channels: tuple[Channel, ...]) -> None:
        self._channels, state = channels, self._hub.state
        # What is told of an alarm is remembered with it as it is then.
        told = Channels(alarms=has_channel(channels, Topic.ALARM), silent=has_channel(channels, Topic.SILENT))
        state.settings = replace(state.settings, channels=told)

    def _arm(self) -> None:
        self._disarm()
        due = next_due(self._outbox, self._channels)
        if due is not None and not self._closed:
            wait = min(max(due - self._hub.now(), SHORTEST_WAIT), LONGEST_WAIT)
            self._timer = self._hass.loop.call_later(wait, self._tick)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        self._step(Tick())
