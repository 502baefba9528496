"""Where messages come in: parsed, handled, and only then acknowledged.

Nothing that arrives may stop the hub. What cannot be parsed is counted and
acknowledged, or the broker would bring it for ever; so is what makes the
engine fail, which is a fault of ours and logged as one.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import replace
from functools import partial
import time
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback

from .const import LOGGER
from .counters import HubCounters
from .engine.events import Event, Reported, ResultReceived, SourceAvailability
from .engine.registry import owner_of
from .engine.state import State
from .inbox import Inbox
from .refusals import Refusals
from .storage.images import ImageShelf, annotated_of, content_type
from .wire.amqp import parse_amqp
from .wire.messages import (
    Availability,
    CommandResult,
    ImageFrame,
    InputReport,
    Message,
    ParseError,
    Report,
    ReportKind,
    Transport,
)
from .wire.mqtt import accepts_retained, parse_mqtt
from .wire.slug import slug

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
        self._images = images
        self._counters = counters
        self.refusals = Refusals()
        self._inbox = Inbox(hass)

    @callback
    def amqp(self, delivery: Delivery) -> None:
        """Take a delivery from RabbitMQ, which brings no more than a few hundred before they are acknowledged."""
        self._inbox.put(partial(self._amqp, delivery), limited=False)

    @callback
    def mqtt(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 - the link's callback
        """Take a message from MQTT. A retained one is a state, never an event."""
        if retained and not accepts_retained(topic):
            self._counters.retained += 1
        elif not self._inbox.put(partial(self._mqtt, topic, payload)):
            self._refuse(topic, "overload", "more messages than can be handled")

    @callback
    def report(self, report: Report) -> None:
        """Take a report of an adopted entity."""
        if not self._inbox.put(partial(self._take, report, report.source.source_id)):
            self._refuse(report.source.source_id, "overload", "more messages than can be handled")

    @callback
    def close(self) -> None:
        """Take nothing more. What waits is not acknowledged, so RabbitMQ brings it again."""
        self._inbox.close()

    def _amqp(self, delivery: Delivery) -> None:
        try:
            message = parse_amqp(delivery.address, delivery.body, received_at=time.time())
        except Exception as error:  # noqa: BLE001 - nothing that arrives may stop the hub
            self._unreadable(Transport.AMQP, delivery.address, error)
            delivery.ack()
            return
        sending = self._take(message, delivery.address)
        if sending:
            Receipt(self._hass, delivery, sending, self._save)
        else:
            delivery.ack()

    def _mqtt(self, topic: str, payload: bytes) -> None:
        try:
            message = parse_mqtt(topic, payload, received_at=time.time())
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
                report = self._without_bad_images(message, origin)
                sending = self._handle(Reported(report=report))
                self._keep_images(report)
                return sending
            case Availability(source=source, online=online):
                return self._handle(SourceAvailability(source_id=source.source_id, online=online))
            case CommandResult():
                return self._handle(ResultReceived(result=message))
            case ImageFrame():
                self._keep_frame(message, origin)
                return ()

    def _without_bad_images(self, report: Report, origin: str) -> Report:
        """Take out what is no picture: it must neither cost the event it came with, nor make a camera of the input."""
        pictured = [device for device in report.inputs if device.image is not None or device.annotated is not None]
        bad = [device for device in pictured if not (_is_good(device.image) and _is_good(device.annotated))]
        if not bad:
            return report
        for device in bad:
            self._refuse(origin, "bad_image", f"{device.device_key} sent no JPEG or PNG")
        inputs = tuple(_without_bad(device) if device in bad else device for device in report.inputs)
        return replace(report, inputs=inputs)

    def _keep_images(self, report: Report) -> None:
        owner = owner_of(self._state, report.source)
        status = self._state.source_status.get(owner)
        offset = 0.0 if status is None else status.clock_offset
        for device in report.inputs:
            if device.image is None and device.annotated is None:
                continue
            record = self._state.inputs.get(device.device_key)
            if record is None or record.source_id != owner:
                continue
            # By the camera's corrected clock: one that falls back must not shut out its own pictures.
            taken_at = None if device.image_at is None else device.image_at + offset
            origin = report.source.source_id
            newest = device.image is None or self._keep(device.device_key, device.image, taken_at, origin)
            if device.annotated is not None and newest:
                self._keep_annotated(device.device_key, device.annotated, origin)

    def _keep_frame(self, frame: ImageFrame, origin: str) -> None:
        """Keep a picture that came alone. The engine hears of it as of any report, one that tells no state."""
        source, wanted = frame.source, frame.slug
        devices = self._state.source_devices.get(owner_of(self._state, source), ())
        key = next((key for key in devices if key in self._state.inputs and slug(key) == wanted), None)
        if key is None:
            self._refuse(origin, "unknown_device", f"no device of {source.source_id} is called {wanted}")
            return
        if frame.annotated:
            kept = self._keep_annotated(key, frame.jpeg, origin)
            device = InputReport(device_key=key, annotated=frame.jpeg)
        else:
            kept = self._keep(key, frame.jpeg, None, origin)
            device = InputReport(device_key=key, image=frame.jpeg)
        if kept:
            self._handle(Reported(report=Report(source=source, kind=ReportKind.EVENT, inputs=(device,))))

    def _keep_annotated(self, device_key: str, image: bytes, origin: str) -> bool:
        """Keep an annotated picture as old as the clean one that came just before it."""
        clean = self._images.get(device_key)
        return self._keep(annotated_of(device_key), image, None if clean is None else clean.taken_at, origin)

    def _keep(self, name: str, image: bytes, taken_at: float | None, origin: str) -> bool:
        now = time.time()
        # A camera whose clock was ahead must not shut out its own pictures once it is set right.
        kept = self._images.put(name, image, min(taken_at or now, now))
        if kept:
            self._counters.images += 1
        else:
            name = name.partition("\n")[0]
            self._refuse(origin, "bad_image", f"{name} sent no newer JPEG or PNG, or too much is kept of others")
        return kept

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
    ) -> None:
        """Wait for ``sending``; after ``ACK_PATIENCE`` seconds save the state, which then answers for it.

        While the state cannot be saved, RabbitMQ alone keeps what caused the commands.
        """
        self._hass = hass
        self._delivery: Delivery | None = delivery
        self._waiting = len(sending)
        self._save = save
        self._wait()
        for future in sending:
            future.add_done_callback(self._one_done)

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
        elif self._delivery is not None:
            self._wait()

    def _ack(self) -> None:
        if self._delivery is not None:
            self._delivery.ack()
            self._delivery = None


def _is_good(image: bytes | None) -> bool:
    return image is None or content_type(image) is not None


def _without_bad(device: InputReport) -> InputReport:
    return replace(
        device,
        image=device.image if _is_good(device.image) else None,
        annotated=device.annotated if _is_good(device.annotated) else None,
    )
