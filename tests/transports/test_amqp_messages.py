import asyncio
import socket
import struct

import pytest

from custom_components.event_hub.transports.amqp import AmqpConfig, AmqpDelivery
from custom_components.event_hub.transports.link import LinkState, PublishError
from devkit.brokers import RabbitMQ
from devkit.polling import until

from .kit import Device, Hub, command, config_for

# Class and method, as AMQP numbers them.
BASIC_ACK = struct.pack(">HH", 60, 80)
HEARTBEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"


async def test_an_event_arrives_with_its_routing_key_and_leaves_the_queue_once_acknowledged(
    config: AmqpConfig, device: Device
) -> None:
    async with Hub(config) as hub:
        await hub.up()
        device.event(b"first", "event.notify.ioboard.garage")
        device.event(b"second", "event.heartbeat.snapshot")
        await until(lambda: len(hub.deliveries) == 2)
    assert [(delivery.address, delivery.body) for delivery in hub.deliveries] == [
        ("event.notify.ioboard.garage", b"first"),
        ("event.heartbeat.snapshot", b"second"),
    ]
    assert not any(delivery.redelivered for delivery in hub.deliveries)
    assert device.waiting(config.queue) == 0


async def test_events_published_while_the_hub_is_away_are_delivered_when_it_is_back(
    config: AmqpConfig, device: Device
) -> None:
    async with Hub(config) as hub:
        await hub.up()
    device.event(b"missed")
    async with Hub(config) as hub:
        await until(lambda: hub.bodies == [b"missed"])
    assert hub.statuses[-1].state is LinkState.STOPPED


async def test_what_was_not_acknowledged_comes_again(config: AmqpConfig, device: Device) -> None:
    async with Hub(config, acknowledges=False) as hub:
        await hub.up()
        device.event(b"unhandled")
        await until(lambda: hub.bodies)
    async with Hub(config) as again:
        await until(lambda: again.bodies == [b"unhandled"])
    assert again.deliveries[0].redelivered
    hub.deliveries[0].ack()  # the connection it came on is gone: nothing happens
    assert device.waiting(config.queue) == 0


async def test_a_handler_that_fails_does_not_stop_the_messages_behind(config: AmqpConfig, device: Device) -> None:
    handled: list[bytes] = []

    def fail_at_first(delivery: AmqpDelivery) -> None:
        handled.append(delivery.body)
        if len(handled) == 1:
            raise RuntimeError("a fault of ours")
        delivery.ack()

    hub = Hub(config)
    hub.link._on_delivery = fail_at_first
    async with hub:
        await hub.up()
        for body in (b"poison", b"good", b"better"):
            device.event(body)
        await until(lambda: len(handled) == 3)
    assert handled == [b"poison", b"good", b"better"]
    assert device.waiting(config.queue) == 0


async def test_a_command_reaches_its_device_and_carries_its_expiry(config: AmqpConfig, device: Device) -> None:
    async with Hub(config) as hub:
        await hub.up()
        queue = device.hear("event.trigger.ioboard")
        await hub.link.publish(command("event.trigger.ioboard", b"siren", expires_in=90.0))
        [(body, properties)] = device.collect(queue, 1)
    assert body == b"siren"
    assert properties.expiration == "90000"


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What this process sends from now on, one item a system call."""
    sent: list[bytes] = []
    send = socket.socket.send

    def watched(connection: socket.socket, data: bytes) -> int:
        sent.append(bytes(data))
        return send(connection, data)

    monkeypatch.setattr(socket.socket, "send", watched)
    return sent


async def test_a_command_is_written_in_one_piece_and_at_once(
    config: AmqpConfig, device: Device, pieces: list[bytes]
) -> None:
    async with Hub(config) as hub:
        await hub.up()
        device.hear("event.trigger.ioboard")
        pieces.clear()
        published = hub.link.publish(command("event.trigger.ioboard", b"siren"))
        assert [b"siren" in piece and b"event.trigger.ioboard" in piece for piece in pieces] == [True]
        await published


async def test_further_commands_of_the_same_moment_are_written_together(
    config: AmqpConfig, device: Device, pieces: list[bytes]
) -> None:
    async with Hub(config) as hub:
        await hub.up()
        device.hear("event.trigger.ioboard")
        commands = [command("event.trigger.ioboard", body) for body in (b"siren", b"horn", b"lamp")]
        await asyncio.gather(*(hub.link.publish(told) for told in commands))
    assert sum(b"horn" in piece and b"lamp" in piece for piece in pieces) == 1


async def test_many_messages_are_acknowledged_with_one_word(
    config: AmqpConfig, device: Device, pieces: list[bytes]
) -> None:
    async with Hub(config, acknowledges=False) as hub:
        await hub.up()
        for _ in range(100):
            device.event(b"front door")
        await until(lambda: len(hub.deliveries) == 100)
        pieces.clear()
        for delivery in hub.deliveries:
            delivery.ack()
    assert sum(piece.count(BASIC_ACK) for piece in pieces) == 1
    assert device.waiting(config.queue) == 0


async def test_a_message_that_is_handled_late_comes_again_alone(config: AmqpConfig, device: Device) -> None:
    async with Hub(config, acknowledges=False) as hub:
        await hub.up()
        for number in range(5):
            device.event(b"%d" % number)
        await until(lambda: len(hub.deliveries) == 5)
        for number in (4, 1, 0, 3):
            hub.deliveries[number].ack()
    async with Hub(config) as again:
        await until(lambda: again.bodies)
    assert again.bodies == [b"2"]


async def test_a_command_that_nobody_listens_for_fails_and_the_next_one_does_not(
    config: AmqpConfig, device: Device
) -> None:
    async with Hub(config) as hub:
        await hub.up()
        device.hear("event.trigger.ioboard")
        unheard = hub.link.publish(command("event.trigger.nowhere"))
        heard = hub.link.publish(command("event.trigger.ioboard"))
        with pytest.raises(PublishError, match="Nobody listens"):
            await unheard
        await heard
        assert heard.exception() is None


async def test_commands_wait_for_the_connection_and_leave_in_order(config: AmqpConfig, device: Device) -> None:
    device.channel.exchange_declare(config.control_exchange, "direct")
    queue = device.hear("event.trigger.ioboard")
    hub = Hub(config)
    waiting = [hub.link.publish(command("event.trigger.ioboard", b"%d" % number)) for number in range(20)]
    async with hub:
        await asyncio.gather(*waiting)
    assert [body for body, _ in device.collect(queue, 20)] == [b"%d" % number for number in range(20)]


async def test_a_command_fails_when_there_is_no_connection_until_it_expires(config: AmqpConfig) -> None:
    hub = Hub(config)
    with pytest.raises(PublishError, match="away for too long"):
        await hub.link.publish(command("event.trigger.ioboard", expires_in=0.05))


async def test_only_so_many_commands_wait(config: AmqpConfig) -> None:
    hub = Hub(config)
    waiting = [hub.link.publish(command("event.trigger.ioboard")) for _ in range(1000)]
    with pytest.raises(PublishError, match="Too many"):
        await hub.link.publish(command("event.trigger.ioboard"))
    await hub.link.async_stop()
    assert all(isinstance(future.exception(), PublishError) for future in waiting)


async def test_a_command_after_the_end_fails(config: AmqpConfig) -> None:
    async with Hub(config) as hub:
        await hub.up()
    with pytest.raises(PublishError, match="stopped"):
        await hub.link.publish(command("event.trigger.ioboard"))


async def test_a_command_with_an_address_that_amqp_cannot_carry_fails_alone(config: AmqpConfig, device: Device) -> None:
    async with Hub(config) as hub:
        await hub.up()
        device.hear("event.trigger.ioboard")
        too_long = hub.link.publish(command("event.trigger." + "x" * 255))
        good = hub.link.publish(command("event.trigger.ioboard"))
        with pytest.raises(PublishError, match="cannot take it"):
            await too_long
        await good
        assert good.exception() is None


async def test_what_is_on_its_way_when_the_hub_stops_is_still_confirmed(config: AmqpConfig, device: Device) -> None:
    async with Hub(config) as hub:
        await hub.up()
        queue = device.hear("event.trigger.ioboard")
        sent = [hub.link.publish(command("event.trigger.ioboard")) for _ in range(50)]
    assert [future.exception() for future in sent] == [None] * 50
    assert len(device.collect(queue, 50)) == 50


async def test_a_large_image_arrives_whole(config: AmqpConfig, device: Device) -> None:
    image = bytes(range(256)) * 16 * 1024
    async with Hub(config) as hub:
        await hub.up()
        device.event(image, "event.notify.snapshot.door.image")
        await until(lambda: hub.bodies)
    assert hub.bodies == [image]


async def test_a_second_hub_stands_by_and_takes_over(rabbitmq: RabbitMQ) -> None:
    config = config_for(rabbitmq)
    async with Hub(config) as standby_later:
        await standby_later.up()
        async with Hub(config) as standby:
            await standby.up()
            with Device(rabbitmq, config) as device:
                for number in range(10):
                    device.event(b"%d" % number)
                await until(lambda: len(standby_later.bodies) == 10)
                assert standby.bodies == []
                await standby_later.link.async_stop()
                device.event(b"after")
                await until(lambda: standby.bodies == [b"after"])


async def test_heartbeats_keep_a_quiet_connection_for_the_first_event_after_it(
    rabbitmq: RabbitMQ, pieces: list[bytes]
) -> None:
    config = config_for(rabbitmq, heartbeat=4)
    async with Hub(config) as hub:
        await hub.up()
        # The broker cuts off who is silent for two of the times that were agreed; there are two heartbeats in each.
        await until(lambda: pieces.count(HEARTBEAT) >= 5)
        with Device(rabbitmq, config) as device:
            device.event(b"at last")
            await until(lambda: hub.bodies)
    assert [status.state for status in hub.statuses] == [LinkState.CONNECTING, LinkState.UP, LinkState.STOPPED]
