import asyncio
from dataclasses import replace
from itertools import groupby

import pika
import pytest

from custom_components.event_hub.transports.amqp import AmqpConfig
from custom_components.event_hub.transports.link import Backoff, LinkState, PublishError
from devkit.brokers import RabbitMQ, free_ports
from devkit.polling import until

from .kit import Device, Hub, Wire, command, config_for

UP_DOWN_UP = [LinkState.CONNECTING, LinkState.UP, LinkState.DOWN, LinkState.UP]


def states(hub: Hub) -> list[LinkState]:
    """Return the states it went through; a problem that changes while it is down is no new state."""
    return [state for state, _ in groupby(status.state for status in hub.statuses)]


async def test_a_restarted_broker_finds_the_hub_again_with_the_exchanges_it_forgot(rabbitmq: RabbitMQ) -> None:
    config = config_for(rabbitmq)
    async with Hub(config) as hub:
        await hub.up()
        with Device(rabbitmq, config) as device:
            device.event(b"before")
            await until(lambda: hub.bodies == [b"before"])
        await asyncio.to_thread(rabbitmq.restart)
        await hub.up()
        with Device(rabbitmq, config) as device:
            device.event(b"after")
            await until(lambda: hub.bodies == [b"before", b"after"])
        assert states(hub) == UP_DOWN_UP


async def test_an_acknowledgement_lost_with_the_connection_brings_the_message_again(rabbitmq: RabbitMQ) -> None:
    async with Wire(rabbitmq) as wire, Hub(config_for(rabbitmq, hosts=(wire.address,)), acknowledges=False) as hub:
        await hub.up()
        with Device(rabbitmq, hub.config) as device:
            device.event(b"once")
            await until(lambda: hub.bodies == [b"once"])
            wire.hold()
            hub.deliveries[0].ack()
            wire.cut()
            await until(lambda: hub.bodies == [b"once", b"once"])
            assert hub.deliveries[1].redelivered
            hub.deliveries[0].ack()  # its connection is gone: only the second counts
            hub.deliveries[1].ack()
        # What waits in the queue comes a moment before the link says that it is up.
        await hub.up()
        assert states(hub) == UP_DOWN_UP
    with Device(rabbitmq, hub.config) as device:
        assert device.waiting(hub.config.queue) == 0


async def test_commands_that_were_not_confirmed_are_sent_again_in_order(rabbitmq: RabbitMQ) -> None:
    async with Wire(rabbitmq) as wire, Hub(config_for(rabbitmq, hosts=(wire.address,))) as hub:
        await hub.up()
        with Device(rabbitmq, hub.config) as device:
            queue = device.hear("event.trigger.ioboard")
            wire.hold()
            futures = [hub.link.publish(command("event.trigger.ioboard", b"%d" % number)) for number in range(10)]
            await until(lambda: len(hub.link._publisher._in_flight) == 10)
            wire.cut()
            await hub.down()
            futures += [hub.link.publish(command("event.trigger.ioboard", b"%d" % number)) for number in (10, 11)]
            await asyncio.gather(*futures)
            assert [body for body, _ in device.collect(queue, 12)] == [b"%d" % number for number in range(12)]
            assert device.waiting(queue) == 0


async def test_messages_in_the_queue_survive_the_broker(rabbitmq: RabbitMQ) -> None:
    config = config_for(rabbitmq)
    async with Hub(config) as hub:
        await hub.up()
    with Device(rabbitmq, config) as device:
        persistent = pika.BasicProperties(delivery_mode=2)
        device.channel.basic_publish(config.exchange, "event.notify.ioboard.garage", b"kept", persistent)
        await until(lambda: device.waiting(config.queue) == 1)
    await asyncio.to_thread(rabbitmq.restart)
    async with Hub(config) as hub:
        await until(lambda: hub.bodies == [b"kept"])
    assert not hub.deliveries[0].redelivered


async def test_a_command_that_expires_while_the_broker_is_frozen_fails(rabbitmq: RabbitMQ, config: AmqpConfig) -> None:
    async with Hub(config) as hub:
        await hub.up()
        rabbitmq.pause()
        with pytest.raises(PublishError, match="did not confirm"):
            await hub.link.publish(command("event.trigger.ioboard", expires_in=0.2))
        rabbitmq.resume()


async def test_a_frozen_broker_is_noticed_by_its_missing_heartbeats(rabbitmq: RabbitMQ) -> None:
    async with Hub(config_for(rabbitmq, heartbeat=3)) as hub:
        await hub.up()
        rabbitmq.pause()
        await hub.down()
        assert hub.problem == "timeout"
        rabbitmq.resume()
        await hub.up()
        assert states(hub) == UP_DOWN_UP


async def test_a_dead_host_is_passed_over_for_the_next(rabbitmq: RabbitMQ) -> None:
    dead = f"127.0.0.1:{free_ports(1)[0]}"
    async with Hub(config_for(rabbitmq, hosts=(dead, rabbitmq.address))) as hub:
        await hub.up()
        assert states(hub) == [LinkState.CONNECTING, LinkState.UP]


async def test_a_deleted_queue_is_declared_again(config: AmqpConfig, device: Device) -> None:
    async with Hub(config) as hub:
        await hub.up()
        device.channel.queue_delete(config.queue)
        await until(lambda: states(hub) == UP_DOWN_UP)
        device.event(b"into the new queue")
        await until(lambda: hub.bodies == [b"into the new queue"])


async def test_a_command_to_a_deleted_exchange_arrives_after_it_was_made_again(
    config: AmqpConfig, device: Device
) -> None:
    async with Hub(config) as hub:
        await hub.up()
        device.channel.exchange_delete(config.control_exchange)
        with pytest.raises(PublishError, match="Nobody listens"):
            await hub.link.publish(command("event.trigger.ioboard"))
        queue = device.hear("event.trigger.ioboard")
        await hub.link.publish(command("event.trigger.ioboard", b"heard"))
        assert [body for body, _ in device.collect(queue, 1)] == [b"heard"]
        assert states(hub) == [LinkState.CONNECTING, LinkState.UP]


async def test_exchanges_made_by_others_are_taken_as_they_are(config: AmqpConfig, device: Device) -> None:
    device.channel.exchange_declare(config.exchange, "topic", durable=True)
    device.channel.exchange_declare(
        config.control_exchange, "direct", durable=True, arguments={"x-message-ttl": 90_000}
    )
    async with Hub(config) as hub:
        await hub.up()
        device.event(b"heard")
        await until(lambda: hub.bodies == [b"heard"])


async def test_exchanges_made_by_the_hub_are_what_existing_devices_declare(config: AmqpConfig, device: Device) -> None:
    async with Hub(config) as hub:
        await hub.up()
        device.channel.exchange_declare(config.exchange, "topic")
        device.channel.exchange_declare(config.control_exchange, "direct")
        assert device.channel.is_open


async def test_a_queue_with_other_arguments_is_a_problem_until_it_is_gone(config: AmqpConfig, device: Device) -> None:
    device.channel.queue_declare(config.queue, durable=True)
    async with Hub(config) as hub:
        await hub.down()
        assert hub.problem == "queue_mismatch"
        assert config.queue in str(hub.status.detail)
        device.channel.queue_delete(config.queue)
        await hub.up()


@pytest.mark.parametrize("waiting", [0, 1])
async def test_the_queue_follows_a_changed_validity_without_losing_what_waits(
    rabbitmq: RabbitMQ, config: AmqpConfig, device: Device, waiting: int
) -> None:
    async with Hub(config) as hub:
        await hub.up()
    for _ in range(waiting):
        device.event(b"waits")
    async with Hub(replace(config, max_validity=300.0)) as changed:
        await changed.up()
        await until(lambda: len(changed.bodies) == waiting)
    arguments = rabbitmq.ctl("list_queues", "name", "arguments")
    [line] = [line for line in arguments.splitlines() if config.queue in line]
    assert ("300000" in line) == (not waiting)
    assert ("120000" in line) == bool(waiting)


async def test_a_command_that_the_user_has_no_right_to_fails_and_events_still_arrive(
    rabbitmq: RabbitMQ, config: AmqpConfig, device: Device
) -> None:
    rabbitmq.ctl("add_user", "reader", "secret")
    rabbitmq.ctl("set_permissions", "reader", ".*", f"^{config.queue}$", ".*")
    async with Hub(replace(config, username="reader", password="secret")) as hub:
        await hub.up()
        with pytest.raises(PublishError, match="ACCESS_REFUSED"):
            await hub.link.publish(command("event.trigger.ioboard"))
        device.event(b"heard")
        await until(lambda: hub.bodies == [b"heard"])
        assert states(hub) == [LinkState.CONNECTING, LinkState.UP]


async def test_a_quorum_queue_serves_as_well(rabbitmq: RabbitMQ) -> None:
    config = config_for(rabbitmq, quorum=True)
    async with Hub(config) as hub:
        await hub.up()
        with Device(rabbitmq, config) as device:
            device.event(b"heard")
            await until(lambda: hub.bodies == [b"heard"])


async def test_while_the_broker_blocks_publishers_commands_wait_and_the_state_says_so(
    rabbitmq: RabbitMQ, config: AmqpConfig, device: Device
) -> None:
    async with Hub(config) as hub:
        await hub.up()
        queue = device.hear("event.trigger.ioboard")
        await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "0.0000001")
        first = hub.link.publish(command("event.trigger.ioboard", b"first"))
        await until(lambda: hub.status.state is LinkState.BLOCKED)
        second = hub.link.publish(command("event.trigger.ioboard", b"second"))
        assert hub.problem == "blocked"
        await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "0.4")
        await asyncio.gather(first, second)
        assert [body for body, _ in device.collect(queue, 2)] == [b"first", b"second"]
        assert hub.status.state is LinkState.UP


async def test_events_arrive_from_a_broker_that_blocks_a_command_that_waited_for_the_connection(
    rabbitmq: RabbitMQ, config: AmqpConfig, device: Device
) -> None:
    async with Hub(config) as hub:
        await hub.up()
    heard = device.hear("event.trigger.ioboard")
    events = [b"%d" % number for number in range(5)]
    for event in events:
        device.event(event)
    await until(lambda: device.waiting(config.queue) == len(events))
    await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "0.0000001")
    again = Hub(config)
    waiting = again.link.publish(command("event.trigger.ioboard", b"go"))
    async with again:
        await until(lambda: again.bodies == events and again.status.state is LinkState.BLOCKED)
        await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "0.4")
        await waiting
        assert [body for body, _ in device.collect(heard, 1)] == [b"go"]


async def test_the_hub_stops_without_another_attempt_while_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "next_wait", lambda _: 3600.0)
    config = AmqpConfig(hosts=(f"127.0.0.1:{free_ports(1)[0]}",))
    async with Hub(config) as hub:
        await hub.down()
        assert hub.problem == "cannot_connect"
        waiting = hub.link.publish(command("event.trigger.ioboard"))
        async with asyncio.timeout(60):
            await hub.link.async_stop()
        assert isinstance(waiting.exception(), PublishError)


async def test_the_hub_stops_without_an_answer_while_the_broker_is_frozen(
    rabbitmq: RabbitMQ, config: AmqpConfig
) -> None:
    # Its silence is noticed after two heartbeats.
    async with Hub(replace(config, heartbeat=60)) as hub:
        await hub.up()
        rabbitmq.pause()
        async with asyncio.timeout(60):
            await hub.link.async_stop()
        assert hub.status.state is LinkState.STOPPED
