"""Stands for RabbitMQ where a test decides what arrives, what is confirmed, and when."""

import asyncio
from collections.abc import Callable
import time
from typing import Any
from uuid import uuid4

import msgpack

from custom_components.event_hub.transports.link import LinkState, LinkStatus, PublishError
from custom_components.event_hub.wire.messages import Outgoing


class Delivery:
    """A message from the hub's queue, which counts how often it was acknowledged."""

    def __init__(self, key: str, body: bytes) -> None:
        self.address = key
        self.body = body
        self.acknowledged = 0

    def ack(self) -> None:
        self.acknowledged += 1


class Published:
    """A command that the hub sent, and whether the broker has it."""

    def __init__(self, outgoing: Outgoing) -> None:
        self.address = outgoing.address
        self.content: dict[str, Any] = msgpack.unpackb(outgoing.body)
        self.expires_in = outgoing.expires_in
        self.confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def confirm(self) -> None:
        self.confirmed.set_result(None)

    def refuse(self, reason: str) -> None:
        self.confirmed.set_exception(PublishError(reason))


class FakeLink:
    """The link of one run of the hub."""

    def __init__(self, broker: FakeRabbitMQ, on_delivery: Callable[..., None], on_status: Callable[..., None]) -> None:
        self.broker = broker
        self.on_delivery = on_delivery
        self.on_status = on_status
        self.stopped = False

    async def async_start(self) -> None:
        for status in self.broker.says:
            self.on_status(status)

    async def async_stop(self) -> None:
        self.stopped = True
        for published in self.broker.published:
            if not published.confirmed.done():
                if self.broker.confirms_at_the_end:
                    published.confirm()
                else:
                    published.refuse("the hub stopped")
        self.on_status(LinkStatus(LinkState.STOPPED))

    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        published = Published(outgoing)
        self.broker.published.append(published)
        if self.broker.confirms:
            published.confirm()
        return published.confirmed


class FakeRabbitMQ:
    """A broker that confirms at once as long as ``confirms`` is true, and remembers all that was published.

    ``says`` is what the next link says of itself as it starts.
    """

    def __init__(self) -> None:
        self.says: tuple[LinkStatus, ...] = (LinkStatus(LinkState.CONNECTING), LinkStatus(LinkState.UP))
        self.confirms = True
        self.confirms_at_the_end = False
        self.published: list[Published] = []
        self.links: list[FakeLink] = []

    def link(self, _loop: object, _config: object, on_delivery: Any, on_status: Any) -> FakeLink:
        """Take the place of ``AmqpLink``."""
        self.links.append(FakeLink(self, on_delivery, on_status))
        return self.links[-1]

    def deliver(self, key: str, body: bytes) -> Delivery:
        """Hand the hub any body."""
        delivery = Delivery(key, body)
        self.links[-1].on_delivery(delivery)
        return delivery

    def event(self, *devices: str, board: str = "garage", **more: Any) -> Delivery:
        """Let inputs of a board be triggered."""
        inputs = [{"device_key": device, "state": "triggered"} for device in devices]
        return self.deliver(f"event.notify.ioboard.{board}", msgpack.packb({"inputs": inputs, **more}))

    def heartbeat(self, *, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = ()) -> Delivery:
        """Let a board say what it has."""
        described = {
            "inputs": [{"device_key": device} for device in inputs],
            "outputs": [{"device_key": device, "device_label": device} for device in outputs],
        }
        return self.deliver("event.heartbeat.ioboard.garage", msgpack.packb(described))

    def native_event(self, device: str, message_id: str | None = None) -> Delivery:
        """Let a native device report an active input."""
        content = {
            "schema": 1,
            "message_id": message_id or str(uuid4()),
            "timestamp": time.time(),
            "inputs": [{"device_key": device, "state": "triggered"}],
        }
        return self.deliver("event.notify.detector.porch", msgpack.packb(content))
