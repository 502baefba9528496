"""Where messages come in: parsed, handled, and only then acknowledged.

Nothing that arrives may stop the hub. What cannot be parsed is counted and
acknowledged, or the broker would bring it for ever; so is what makes the
engine fail, which is a fault of ours and logged as one.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from functools import partial
import time
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback

from .const import LOGGER
from .counters import HubCounters
from .engine.events import Event, Reported, ResultReceived, SourceAvailability
from .engine.state import State
from .inbox import Inbox
from .pictures import Pictures
from .refusals import Refusals
from .storage.images import ImageShelf
from .wire.amqp import parse_amqp
from .wire.keypads import KEYPADS
from .wire.messages import (
    Availability,
    CommandResult,
    ImageFrame,
    Message,
    ParseError,
    Report,
    Transport,
)
from .wire.mqtt import accepts_retained, parse_mqtt, sender_of

# A command may be held while its broker is away; its cause must not hold up the
# queue for that long. From here on the stored state answers for the command.
ACK_PATIENCE: Final = 10.0

type Sending = Collection[asyncio.Future[None]]


class Delivery(Protocol):
    """A message from RabbitMQ's queue, which keeps it until it is acknowledged."""

    address: str
    body: bytes

    def ack(self) -> None:
        """Say that it is handled."""


class Receiver:
    """Takes messages from the transports and hands them to the engine."""

    def __init__(
        self,
        hass: HomeAssistant,
        state: State,
        handle: Callable[[Event], Sending],
        images: ImageShelf,
        counters: HubCounters,
        save: Callable[[], Coroutine[None, None, bool]],
    ) -> None:
        """Give every event to ``handle``, which returns the commands it started to send.

        ``save`` stores the state, for commands that cannot leave yet, and says whether it is stored.
        """
        self._hass = hass
        self._save = save
        self._state = state
        self._handle = handle
        self._counters = counters
        self.refusals = Refusals()
        self._pictures = Pictures(
            hass,
            state,
            images,
            counters=counters,
            refuse=self._refuse,
            tell=lambda report: handle(Reported(report=report)),
        )
        self._inbox = Inbox(hass, sender_of)
        self._receipts: set[Receipt] = set()

    @callback
    def amqp(self, delivery: Delivery) -> None:
        """Take a delivery from RabbitMQ, which brings no more than a few hundred before they are acknowledged."""
        self._inbox.put(partial(self._amqp, delivery), None)

    @callback
    def mqtt(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 - the link's callback
        """Take a message from MQTT. A retained one is a state, never an event."""
        if topic.startswith(KEYPADS):
            # No device's: what the alarm answers its keypads matches a pattern of the devices'.
            return
        if retained and not accepts_retained(topic):
            self._counters.retained += 1
        elif not self._inbox.put(partial(self._mqtt, topic, payload, retained=retained), topic):
            self._refuse(topic, "overload", "more messages than can be handled")

    @callback
    def report(self, report: Report) -> None:
        """Take a report of an adopted entity."""
        # Each entity is a sender of its own, though all report in one name.
        origin = f"{report.source.source_id}\n{next((device.device_key for device in report.inputs), '')}"
        if not self._inbox.put(partial(self._take, report, report.source.source_id), origin):
            self._refuse(report.source.source_id, "overload", "more messages than can be handled")

    @callback
    def close(self) -> None:
        """Take nothing more. What waits is not acknowledged, so RabbitMQ brings it again."""
        self._inbox.close()
        self._pictures.close()
        for receipt in self._receipts:
            receipt.close()

    def _amqp(self, delivery: Delivery) -> None:
        try:
            message = parse_amqp(delivery.address, delivery.body, received_at=time.time())
        except Exception as error:  # noqa: BLE001 - nothing that arrives may stop the hub
            self._unreadable(Transport.AMQP, delivery.address, error)
            delivery.ack()
            return
        sending = self._take(message, delivery.address)
        if sending:
            self._receipts.add(Receipt(self._hass, delivery, sending, self._save, over=self._receipts.discard))
        else:
            delivery.ack()

    def _mqtt(self, topic: str, payload: bytes, *, retained: bool) -> None:
        try:
            message = parse_mqtt(topic, payload, received_at=time.time(), retained=retained)
        except Exception as error:  # noqa: BLE001 - nothing that arrives may stop the hub
            self._unreadable(Transport.MQTT, topic, error)
        else:
            self._take(message, topic)

    def _unreadable(self, transport: Transport, origin: str, error: Exception) -> None:
        """Refuse what is no message; that the parser fails otherwise is a fault of ours."""
        self._counters.received[transport] += 1
        if isinstance(error, ParseError):
            self._refuse(origin, error.reason, str(error))
        else:
            self._failed(origin, error)

    def _take(self, message: Message, origin: str) -> Sending:
        self._counters.received[message.source.transport] += 1
        try:
            return self._dispatch(message, origin)
        except Exception as error:  # noqa: BLE001 - nothing that arrives may stop the hub
            self._failed(origin, error)
            return ()

    def _failed(self, origin: str, error: Exception) -> None:
        self._counters.errors += 1
        self._refuse(origin, "internal_error", "see the log")
        LOGGER.error("A message from %r could not be handled", origin, exc_info=error)

    def _dispatch(self, message: Message, origin: str) -> Sending:
        match message:
            case Report():
                for rejection in message.rejections:
                    self._refuse(origin, rejection.reason, rejection.detail)
                report, has_pictures = self._pictures.joined(message, origin)
                sending = self._handle(Reported(report=report))
                if has_pictures:
                    self._pictures.keep(report)
                return sending
            case Availability(source=source, online=online, retained=retained):
                said = SourceAvailability(source_id=source.source_id, online=online, retained=retained)
                return self._handle(said)
            case CommandResult():
                return self._handle(ResultReceived(result=message))
            case ImageFrame():
                self._pictures.frame(message, origin)
                return ()

    def _refuse(self, origin: str, reason: str, detail: str) -> None:
        self.refusals.note(origin, reason, detail, time.time())


class Receipt:
    """Acknowledges a delivery once every command it caused has been handed over."""

    def __init__(
        self,
        hass: HomeAssistant,
        delivery: Delivery,
        sending: Sending,
        save: Callable[[], Coroutine[None, None, bool]],
        *,
        over: Callable[[Receipt], object],
    ) -> None:
        """Wait for ``sending``; after ``ACK_PATIENCE`` seconds save the state, which then answers for it.

        While the state cannot be saved, RabbitMQ alone keeps what caused the commands. ``over`` hears of the end.
        """
        self._hass = hass
        self._over = over
        self._closed = False
        self._delivery: Delivery | None = delivery
        self._waiting = len(sending)
        self._save = save
        self._wait()
        for future in sending:
            future.add_done_callback(self._one_done)

    @callback
    def close(self) -> None:
        """Wait for no time any more: the hub ends. What is handed over until then is still acknowledged."""
        self._closed = True
        self._patience.cancel()

    def _wait(self) -> None:
        self._patience = self._hass.loop.call_later(ACK_PATIENCE, self._lose_patience)

    def _one_done(self, _: asyncio.Future[None]) -> None:
        self._waiting -= 1
        if self._waiting == 0:
            self._patience.cancel()
            self._ack()

    def _lose_patience(self) -> None:
        self._hass.async_create_task(self._async_save_and_ack(), "Store commands that wait for their broker")

    async def _async_save_and_ack(self) -> None:
        if await self._save():
            self._ack()
        elif self._delivery is not None and not self._closed:
            self._wait()

    def _ack(self) -> None:
        if self._delivery is not None:
            self._over(self)
            self._delivery.ack()
            self._delivery = None
