"""The link to MQTT: through Home Assistant's own integration, which may be missing, disconnected or reloaded."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
import math
from typing import Final

from homeassistant.components import mqtt
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..wire.messages import Outgoing
from ..wire.mqtt import SUBSCRIPTIONS
from .link import LinkState, LinkStatus, Problem, PublishError

MQTT_DOMAIN: Final = "mqtt"
QOS: Final = 1
BACKLOG: Final = 1_000
START_PATIENCE: Final = 10.0
STOP_PATIENCE: Final = 1.0
NOT_SET_UP: Final = "Home Assistant's MQTT integration is not set up"
NOT_LOADED: Final = "Home Assistant's MQTT integration is not running"
NOT_CONNECTED: Final = "Home Assistant's MQTT integration has no connection to its broker"


class _Waiting:
    """A message that waits for the connection."""

    __slots__ = ("future", "outgoing", "timer")

    def __init__(self, outgoing: Outgoing, future: asyncio.Future[None]) -> None:
        self.outgoing = outgoing
        self.future = future
        self.timer: asyncio.TimerHandle | None = None


class MqttLink:
    """Follows Home Assistant's MQTT integration: subscribes whenever it runs, sends whenever it is connected."""

    def __init__(
        self,
        hass: HomeAssistant,
        on_message: Callable[[str, bytes, bool], None],
        on_status: Callable[[LinkStatus], None],
        subscriptions: Sequence[str] = SUBSCRIPTIONS,
    ) -> None:
        """Prepare. ``on_message`` gets topic, payload and whether it was retained; both callbacks should be quick."""
        self._topics = tuple(subscriptions)
        self._hass = hass
        self._on_message = on_message
        self._on_status = on_status
        self._status: LinkStatus | None = None
        self._watching: list[Callable[[], None]] = []
        self._subscriptions: list[Callable[[], None]] = []
        self._waiting: list[_Waiting] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._can_expire = True
        # While Home Assistant starts, MQTT is set up some time before it is connected.
        self._patience: asyncio.TimerHandle | None = None
        self._stopped = False

    async def async_start(self) -> None:
        """Begin to listen, now or as soon as MQTT is set up."""
        self._watching = [
            async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed),
            mqtt.async_subscribe_connection_status(self._hass, self._connection_changed),
        ]
        self._patience = self._hass.loop.call_later(START_PATIENCE, self._lose_patience)
        self._follow()

    async def async_stop(self) -> None:
        """Stop listening, let what was handed over be confirmed, and give up the rest."""
        self._stopped = True
        self._end_patience()
        for stop in self._watching:
            stop()
        self._watching.clear()
        self._unsubscribe()
        for waiting in tuple(self._waiting):
            self._give_up(waiting, "Event Hub stopped before it was sent")
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=STOP_PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._set_status(LinkStatus(LinkState.STOPPED))

    @callback
    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Publish with QoS 1, in order; done when the broker confirmed to Home Assistant.

        The future fails with ``PublishError``. Without a connection the message
        waits here until it expires: handed over, it would be sent however late.
        """
        future: asyncio.Future[None] = self._hass.loop.create_future()
        if self._stopped:
            future.set_exception(PublishError("Event Hub stopped before it was sent"))
        elif self._connected and not self._waiting:
            self._send(outgoing, future)
        elif len(self._waiting) >= BACKLOG:
            future.set_exception(PublishError("Too many commands wait for MQTT"))
        else:
            waiting = _Waiting(outgoing, future)
            if outgoing.expires_in is not None:
                expire = partial(self._give_up, waiting, "MQTT was away for too long")
                waiting.timer = self._hass.loop.call_later(outgoing.expires_in, expire)
            self._waiting.append(waiting)
        return future

    @property
    def _entry(self) -> ConfigEntry | None:
        entries = self._hass.config_entries.async_entries(MQTT_DOMAIN, include_ignore=False, include_disabled=False)
        return entries[0] if entries else None

    @property
    def _connected(self) -> bool:
        return self._status is not None and self._status.state is LinkState.UP

    @callback
    def _entry_changed(self, _: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == MQTT_DOMAIN:
            self._follow()

    @callback
    def _connection_changed(self, _: bool) -> None:  # noqa: FBT001 - the dispatcher's callback
        self._follow()

    @callback
    def _follow(self) -> None:
        """Bring subscriptions, status and what waits in line with how MQTT stands now."""
        entry = self._entry
        loaded = entry is not None and entry.state is ConfigEntryState.LOADED
        if not loaded:
            # Kept over a reload, subscriptions could no longer be ended: they would belong to the client before.
            self._unsubscribe()
        elif not self._subscriptions:
            self._hass.async_create_background_task(
                self._async_subscribe(), "event_hub MQTT subscribe", eager_start=True
            )
            if not self._subscriptions:
                # Refused, which was told: connected or not, no device is heard.
                return
        if loaded and mqtt.is_connected(self._hass):
            self._end_patience()
            self._set_status(LinkStatus(LinkState.UP))
            self._flush()
        elif entry is not None and self._patience is not None:
            self._set_status(LinkStatus(LinkState.CONNECTING))
        else:
            detail = NOT_SET_UP if entry is None else NOT_CONNECTED if loaded else NOT_LOADED
            self._set_status(LinkStatus(LinkState.DOWN, Problem.CANNOT_CONNECT, detail))

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    @callback
    def _lose_patience(self) -> None:
        """Call it down from now on when MQTT is not connected."""
        self._patience = None
        self._follow()

    async def _async_subscribe(self) -> None:
        """Ask for every topic that is wanted. Does not wait for anything, in spite of its calls."""
        try:
            for topic in self._topics:
                self._subscriptions.append(await mqtt.async_subscribe(self._hass, topic, self._received, QOS, None))
        except HomeAssistantError as error:
            self._unsubscribe()
            self._set_status(LinkStatus(LinkState.DOWN, Problem.CANNOT_CONNECT, str(error)))

    def _unsubscribe(self) -> None:
        for stop in self._subscriptions:
            try:
                stop()
            except HomeAssistantError:
                # The client was replaced meanwhile, and the subscription went with it.
                continue
        self._subscriptions.clear()

    @callback
    def _received(self, message: mqtt.ReceiveMessage) -> None:
        if self._stopped:
            return
        payload = message.payload
        # Who else subscribed to the same pattern, before and as text, decides for all: so does Home Assistant's
        # discovery with the topics of the manifest. What is no text comes as it is.
        body = payload.encode() if isinstance(payload, str) else bytes(payload)
        self._on_message(message.topic, body, message.retain)

    def _flush(self) -> None:
        for waiting in self._waiting:
            if waiting.timer is not None:
                waiting.timer.cancel()
            if not waiting.future.done():
                self._send(waiting.outgoing, waiting.future)
        self._waiting.clear()

    def _give_up(self, waiting: _Waiting, reason: str) -> None:
        if waiting.timer is not None:
            waiting.timer.cancel()
        self._waiting.remove(waiting)
        if not waiting.future.done():
            waiting.future.set_exception(PublishError(reason))

    def _send(self, outgoing: Outgoing, future: asyncio.Future[None]) -> None:
        # Eager, so that messages reach the client in the order in which they were published.
        task = self._hass.async_create_background_task(
            self._async_send(outgoing, future), "event_hub MQTT publish", eager_start=True
        )
        if not task.done():
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _async_send(self, outgoing: Outgoing, future: asyncio.Future[None]) -> None:
        problem = "Event Hub stopped before the broker confirmed it"
        try:
            await self._async_publish(outgoing)
            problem = ""
        except HomeAssistantError as error:
            problem = f"MQTT did not take it: {error}"
        finally:
            if not future.done():
                if problem:
                    future.set_exception(PublishError(problem))
                else:
                    future.set_result(None)

    async def _async_publish(self, outgoing: Outgoing) -> None:
        """Publish, with an expiry that MQTT 5 brokers keep to; older protocols know none."""
        if self._can_expire and outgoing.expires_in is not None:
            seconds = max(math.ceil(outgoing.expires_in), 1)
            try:
                await mqtt.async_publish(
                    self._hass,
                    outgoing.address,
                    outgoing.body,
                    QOS,
                    outgoing.retained,
                    message_expiry_interval=seconds,
                )
            except ServiceValidationError:
                self._can_expire = False
            else:
                return
        await mqtt.async_publish(self._hass, outgoing.address, outgoing.body, QOS, outgoing.retained)

    def _set_status(self, status: LinkStatus) -> None:
        if status != self._status:
            self._status = status
            self._on_status(status)
