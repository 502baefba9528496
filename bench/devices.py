"""The simulated devices: they publish events, receive the commands, and hold the watch over both.

Run with RabbitMQ's and Mosquitto's ports; orders come as ``bench.child`` has them. One process and one
loop for both ends, so that one clock times the way and nobody else's scheduling is in it.
"""

import asyncio
from collections.abc import Callable
import contextlib
import random
import sys
import time
from typing import Any, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel
from pika.spec import Basic

from . import messages
from .child import Json, obey
from .names import COMMAND_KEY, LOOPBACK, ROUTES, Flood, Route

LOST_AFTER: Final = 5.0
TICK: Final = 0.005
# How many inputs a board has that is not flooding.
BOARD: Final = 8
# The commands that an alarm causes have this in the key of what caused them.
ALARM: Final = b"alarm."
MQTT_TOPIC: Final = "sensor/Porch/esp32_bench"


class Devices:
    """Both ends of the way."""

    def __init__(self, amqp_port: int, mqtt_port: int) -> None:
        """Prepare; ``async_connect`` connects."""
        self._amqp_port = amqp_port
        self._serial = 0
        self._chance = random.Random(20)
        # When each event under way was published, in nanoseconds of the monotonic clock.
        self._sent: dict[int, int] = {}
        self._go_on: Callable[[], None] = _do_nothing
        self._latencies: list[float] = []
        self._all_back = asyncio.Event()
        # While a break-in is awaited to sound the siren: when it began, and when the siren was told.
        self._broke_in: int | None = None
        self._siren: asyncio.Future[int] | None = None
        self._mqtt = Client(CallbackAPIVersion.VERSION2, client_id="bench_devices")
        self._mqtt.connect(LOOPBACK, mqtt_port)
        self._mqtt.loop_start()

    async def async_connect(self) -> None:
        """Connect, and listen for commands of the hub and of the relay."""
        opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._connection = AsyncioConnection(
            pika.ConnectionParameters(LOOPBACK, self._amqp_port),
            on_open_callback=opened.set_result,
            on_open_error_callback=lambda _, error: opened.set_exception(error),
            on_close_callback=lambda *_: sys.exit("RabbitMQ closed the connection"),
        )
        await opened
        self._channel: Channel = await self._call(lambda **done: self._connection.channel(**_on_open(done)))
        queue = (await self._call(self._channel.queue_declare, "", exclusive=True)).method.queue
        for route in ROUTES.values():
            await self._call(self._channel.exchange_declare, route.events, "topic")
            await self._call(self._channel.exchange_declare, route.commands, "direct")
            await self._call(self._channel.queue_bind, queue, route.commands, COMMAND_KEY)
        await self._call(self._channel.basic_consume, queue, self._command, auto_ack=True)

    async def carry_out(self, order: str, details: Json) -> Json:
        """Do what the benchmark asks for."""
        match order:
            case "latency":
                return await self._latency(**details)
            case "sustain":
                return await self._sustain(Flood(**details))
            case "break_in":
                return await self._break_in(**details)
            case "announce":
                return self._announce(**details)
            case _:
                raise ValueError(order)

    async def _latency(self, *, way: str, mqtt: bool, rate: float, count: int) -> Json:
        """Publish ``count`` events, ``rate`` a second on average; answers with milliseconds each."""
        self._begin()
        due = time.monotonic()
        for number in range(count):
            # Not in step with anything periodic on either side.
            due += self._chance.uniform(0.5, 1.5) / rate
            await asyncio.sleep(max(due - time.monotonic(), 0))
            if mqtt:
                self._publish_mqtt(ROUTES[way])
            else:
                self._publish(ROUTES[way], number % 80, BOARD, BOARD)
        await self._until_all_back(LOST_AFTER)
        return self._answer()

    async def _sustain(self, flood: Flood) -> Json:
        """Publish as the flood says; answers with milliseconds each, and how many a second came back in time."""
        self._begin()
        route, published = ROUTES[flood.way], 0
        began = time.monotonic()
        end = began + flood.seconds

        def publish() -> None:
            nonlocal published
            now = time.monotonic()
            due = flood.events if flood.rate is None else int((now - began) * flood.rate)
            while published < due and len(self._sent) < flood.outstanding and now < end:
                self._publish(route, published % flood.inputs, flood.per_board, flood.named)
                published += 1

        self._go_on = publish
        publish()
        while time.monotonic() < end and len(self._latencies) < flood.events:
            await asyncio.sleep(TICK)
            publish()
        in_time = len(self._latencies)
        await self._until_all_back(LOST_AFTER)
        return {**self._answer(), "per_second": in_time / flood.seconds}

    async def _break_in(self, *, zone: int, rate: float, first: int, inputs: int) -> Json:
        """Open a zone while other inputs trigger; answers with the milliseconds until the siren's command."""
        self._begin()
        begun = time.monotonic()
        due = begun + self._chance.uniform(0.1, 0.2)
        sent = 0
        self._siren = asyncio.get_running_loop().create_future()
        while not self._siren.done():
            now = time.monotonic()
            if now - begun > LOST_AFTER:
                raise TimeoutError(f"No siren for zone {zone}")
            if self._broke_in is None and now >= due:
                self._serial += 1
                self._broke_in = time.monotonic_ns()
                body = messages.event(self._serial, zone, _board_of(zone))
                self._channel.basic_publish(ROUTES["hub"].events, messages.event_key(zone // BOARD), body)
            if now - begun >= sent / rate:
                self._publish(ROUTES["hub"], first + sent % inputs, BOARD, BOARD)
                sent += 1
            await asyncio.sleep(TICK)
        milliseconds = (self._siren.result() - (self._broke_in or 0)) / 1e6
        self._siren = self._broke_in = None
        await self._until_all_back(LOST_AFTER)
        return {"milliseconds": milliseconds}

    def _begin(self) -> None:
        self._sent.clear()
        self._latencies = []
        self._go_on = _do_nothing

    def _answer(self) -> Json:
        return {"milliseconds": self._latencies, "lost": len(self._sent)}

    def _announce(self, *, first: int, inputs: int, per_board: int) -> Json:
        """Let boards with all their inputs send a heartbeat each, and the board with the output too."""
        events = ROUTES["hub"].events
        self._channel.basic_publish(events, messages.OUTPUT_BOARD, messages.output_heartbeat())
        for start in range(first, inputs, per_board):
            body = messages.heartbeat(range(start, min(start + per_board, inputs)))
            self._channel.basic_publish(events, messages.heartbeat_key(start // per_board), body)
        self._mqtt.publish(MQTT_TOPIC, messages.esp_event(-1), qos=1)
        return {}

    def _publish(self, route: Route, triggered: int, per_board: int, named: int) -> None:
        self._serial += 1
        first = triggered // named * named
        body = messages.event(self._serial, triggered, range(first, first + named))
        self._sent[self._serial] = time.monotonic_ns()
        self._channel.basic_publish(route.events, messages.event_key(triggered // per_board), body)

    def _publish_mqtt(self, route: Route) -> None:
        self._serial += 1
        body = messages.esp_event(self._serial)
        self._sent[self._serial] = time.monotonic_ns()
        self._mqtt.publish(route.mqtt + MQTT_TOPIC, body, qos=1)

    def _command(self, _channel: Channel, _method: Basic.Deliver, _: pika.BasicProperties, body: bytes) -> None:
        at = time.monotonic_ns()
        if self._siren is not None and not self._siren.done() and ALARM in body:
            self._siren.set_result(at)
            return
        if (sent := self._sent.pop(messages.serial_of(body), None)) is not None:
            self._latencies.append((at - sent) / 1e6)
        self._go_on()
        if not self._sent:
            self._all_back.set()

    async def _until_all_back(self, within: float) -> None:
        """Wait until every event came back as a command; what does not is lost."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._sent:
                    self._all_back.clear()
                    await self._all_back.wait()

    async def _call(self, method: Callable[..., object], *arguments: object, **options: object) -> Any:
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        method(*arguments, callback=reply.set_result, **options)
        return await reply


def _board_of(number: int) -> range:
    """Return the numbers of all inputs of an input's board."""
    first = number // BOARD * BOARD
    return range(first, first + BOARD)


def _do_nothing() -> None:
    """Publish nothing because a command came."""


def _on_open(options: dict[str, Any]) -> dict[str, Any]:
    """Opening a channel is the one call of pika's whose callback has another name."""
    return {"on_open_callback": options["callback"]}


async def main() -> None:
    """Carry out orders until nobody gives any more."""
    devices = Devices(int(sys.argv[1]), int(sys.argv[2]))
    await devices.async_connect()
    await obey(devices.carry_out)


if __name__ == "__main__":
    asyncio.run(main())
