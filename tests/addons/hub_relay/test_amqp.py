"""The links to RabbitMQ, at a real one."""

from pathlib import Path
import time

import msgpack
import pika
import pytest

from devkit.brokers import RabbitMQ, free_ports
from devkit.certificates import Authority
from hub_relay.amqp import AmqpConfig, AmqpListener, AmqpPublisher, Commands as Listen
from hub_relay.links import Backoff, LinkError, Login, Publication, Refused, Tls

from .kit import PATIENCE, AmqpEars, amqp_config, as_msgpack, command, commands, eventually, quick, running

KEY = "event.trigger.remote_monitor"


def says(config: AmqpConfig, problem: str, caplog: pytest.LogCaptureFixture) -> str:
    """Wait until a publisher that cannot connect says why, and return all that it said."""
    link = AmqpPublisher(config, backoff=quick())
    with running(link):
        eventually(lambda: problem in said(caplog))
        assert not link.up
    return said(caplog)


def said(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.message for record in caplog.records if record.name.startswith("hub_relay"))


def test_what_is_published_arrives_and_is_confirmed(rabbitmq: RabbitMQ) -> None:
    config = amqp_config(rabbitmq)
    link = AmqpPublisher(config, backoff=quick())
    with AmqpEars(rabbitmq, config) as ears, running(link):
        eventually(lambda: link.up)
        futures = [link.send(Publication(address="event.notify.a.b", body=b"%d" % number)) for number in range(50)]
        for future in futures:
            future.result(PATIENCE)
        assert [ears.next() for _ in range(50)] == [("event.notify.a.b", b"%d" % number) for number in range(50)]


def test_a_missing_exchange_is_made_as_existing_devices_make_it(rabbitmq: RabbitMQ) -> None:
    config = amqp_config(rabbitmq)
    with commands() as place:
        link = AmqpPublisher(config, backoff=quick())
        listener = AmqpListener(config, Listen(key=KEY, sink=place.amqp), backoff=quick())
        with running(link, listener):
            eventually(lambda: link.up and listener.listening)
    exchanges = rabbitmq.ctl("list_exchanges", "name", "type", "durable").splitlines()
    assert f"{config.exchange}\ttopic\tfalse" in exchanges
    assert f"{config.control_exchange}\tdirect\tfalse" in exchanges


def test_an_exchange_with_other_flags_is_used_as_it_is(rabbitmq: RabbitMQ) -> None:
    config = amqp_config(rabbitmq)
    with pika.BlockingConnection(pika.ConnectionParameters(rabbitmq.host, rabbitmq.port)) as connection:
        connection.channel().exchange_declare(config.exchange, "topic", durable=True)
    link = AmqpPublisher(config, backoff=quick())
    with running(link):
        eventually(lambda: link.up)
        link.send(Publication(address="event.notify.a.b", body=b"1", lasting=False)).result(PATIENCE)


def test_what_lasts_waits_for_a_listener_and_a_heartbeat_does_not(rabbitmq: RabbitMQ) -> None:
    link = AmqpPublisher(amqp_config(rabbitmq), backoff=quick())
    with running(link):
        eventually(lambda: link.up)
        link.send(Publication(address="event.heartbeat.a.b", body=b"1", lasting=False)).result(PATIENCE)
        error = link.send(Publication(address="event.notify.a.b", body=b"2")).exception(PATIENCE)
        assert isinstance(error, LinkError)
        assert not isinstance(error, Refused)
        assert link.up


def test_an_exchange_that_is_deleted_is_made_again(rabbitmq: RabbitMQ) -> None:
    config = amqp_config(rabbitmq)
    link = AmqpPublisher(config, backoff=quick())
    with running(link), AmqpEars(rabbitmq, config) as ears:
        eventually(lambda: link.up)
        ears.channel.exchange_delete(config.exchange)
        future = link.send(Publication(address="event.notify.a.b", body=b"1"))
        assert isinstance(future.exception(PATIENCE), LinkError)
        eventually(lambda: link.up)
        link.send(Publication(address="event.notify.a.b", body=b"2", lasting=False)).result(PATIENCE)


def test_an_idle_connection_answers_the_brokers_heartbeats(rabbitmq: RabbitMQ) -> None:
    config = amqp_config(rabbitmq, heartbeat=1)
    link = AmqpPublisher(config, backoff=quick())
    with running(link):
        eventually(lambda: link.up)
        # Without answers the broker ends each within three seconds. After one that came too late there is another.
        eventually(lambda: link.up and time.monotonic() - link.changed_at > 3.5)
        link.send(Publication(address="event.notify.a.b", body=b"1", lasting=False)).result(PATIENCE)


def test_a_command_is_acknowledged_once_the_next_stage_has_it(rabbitmq: RabbitMQ) -> None:
    config, said = amqp_config(rabbitmq), command()
    queue = f"{config.exchange}_commands"
    with commands() as place, AmqpEars(rabbitmq, config) as hub:
        listener = AmqpListener(config, Listen(key=KEY, sink=place.amqp, queue=queue), backoff=quick())
        with running(listener):
            eventually(lambda: listener.listening)
            hub.say(KEY, as_msgpack(said))
            frame = place.next()
            eventually(lambda: waiting(rabbitmq, queue) == ("0", "0"))
        assert (frame.kind, frame.content["command_id"]) == ("command", said["command_id"])
        hub.channel.queue_delete(queue)


def waiting(broker: RabbitMQ, queue: str) -> tuple[str, ...]:
    """Return how many messages are ready and unacknowledged in a queue."""
    for line in broker.ctl("list_queues", "name", "messages_ready", "messages_unacknowledged").splitlines():
        name, *counts = line.split("\t")
        if name == queue:
            return tuple(counts)
    return ()


def test_a_command_that_finds_no_room_is_given_back_and_comes_again(rabbitmq: RabbitMQ) -> None:
    config = amqp_config(rabbitmq)
    said = [command() for _ in range(6)]
    with commands(limit=2, patience=0.01) as place, AmqpEars(rabbitmq, config) as hub:
        listener = AmqpListener(config, Listen(key=KEY, sink=place.amqp), backoff=quick())
        with running(listener):
            eventually(lambda: listener.listening)
            for message in said:
                hub.say(KEY, as_msgpack(message))
            eventually(lambda: listener.counts.dropped > 0)
            taken = {place.next().content["command_id"] for _ in said}
        assert taken == {message["command_id"] for message in said}


def test_malformed_commands_are_done_with_and_counted(rabbitmq: RabbitMQ, caplog: pytest.LogCaptureFixture) -> None:
    config, said = amqp_config(rabbitmq), command()
    with commands() as place, AmqpEars(rabbitmq, config) as hub:
        listener = AmqpListener(config, Listen(key=KEY, sink=place.amqp, prefetch=1), backoff=quick())
        with running(listener):
            eventually(lambda: listener.listening)
            for body in (b"", b"\x80\x04}\x94.", b"\x80", b"\xc1", as_msgpack([1]), as_msgpack(said)):
                hub.say(KEY, body)
            assert place.next().content["command_id"] == said["command_id"]
        assert listener.counts.malformed == 5
    assert caplog.text.count("is not understood") == 1


def test_a_listener_whose_queue_is_deleted_makes_it_again(rabbitmq: RabbitMQ) -> None:
    config, said = amqp_config(rabbitmq), command()
    queue = f"{config.exchange}_commands"
    with commands() as place, AmqpEars(rabbitmq, config) as hub:
        listener = AmqpListener(config, Listen(key=KEY, sink=place.amqp, queue=queue), backoff=quick())
        with running(listener):
            eventually(lambda: listener.listening)
            hub.channel.queue_delete(queue)
            eventually(lambda: not listener.listening)
            eventually(lambda: listener.listening)
            hub.say(KEY, as_msgpack(said))
            assert place.next().content["command_id"] == said["command_id"]
        hub.channel.queue_delete(queue)


@pytest.mark.parametrize(
    ("host", "tls", "endpoint"),
    [
        ("broker", None, ("broker", 5672)),
        ("broker", Tls(), ("broker", 5671)),
        (" broker:5673 ", None, ("broker", 5673)),
    ],
)
def test_a_host_has_a_port(host: str, tls: Tls | None, endpoint: tuple[str, int]) -> None:
    config = AmqpConfig(hosts=(host,), login=Login(username="a", password="b"), tls=tls)
    assert config.endpoint(host) == endpoint


@pytest.mark.parametrize(
    "hosts", [(), ("",), ("broker:",), ("broker:amqp",), (":5672",), ("broker:0",), ("a", "b:70000")]
)
def test_a_host_that_is_none_is_refused(hosts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="host"):
        AmqpConfig(hosts=hosts, login=Login(username="a", password="b"))


def test_hosts_are_tried_in_turn(rabbitmq: RabbitMQ) -> None:
    (port,) = free_ports(1)
    link = AmqpPublisher(amqp_config(rabbitmq, hosts=(f"127.0.0.1:{port}", rabbitmq.address)), backoff=quick())
    with running(link):
        eventually(lambda: link.up)


def test_a_wrong_password_is_said_and_the_password_is_not(rabbitmq: RabbitMQ, caplog: pytest.LogCaptureFixture) -> None:
    config = amqp_config(rabbitmq, login=Login(username="guest", password="not this one"))
    assert "not this one" not in says(config, "RabbitMQ refuses the user name or password", caplog)


def test_a_wrong_virtual_host_is_said(rabbitmq: RabbitMQ, caplog: pytest.LogCaptureFixture) -> None:
    says(amqp_config(rabbitmq, virtual_host="no_such"), "refuses the virtual host", caplog)


def test_nobody_there_is_said(caplog: pytest.LogCaptureFixture) -> None:
    (port,) = free_ports(1)
    config = AmqpConfig(hosts=(f"127.0.0.1:{port}",), login=Login(username="a", password="b"))
    says(config, f"127.0.0.1:{port}: Nobody listens there", caplog)


def test_it_speaks_tls_with_an_authority_of_ones_own(rabbitmq: RabbitMQ) -> None:
    assert rabbitmq.tls is not None
    config = amqp_config(rabbitmq, hosts=(f"localhost:{rabbitmq.tls_port}",), tls=Tls(authority=rabbitmq.tls.authority))
    link = AmqpPublisher(config, backoff=quick())
    with running(link), AmqpEars(rabbitmq, config) as ears:
        eventually(lambda: link.up)
        body = as_msgpack({"image": b"x" * 300_000})
        link.send(Publication(address="event.notify.a.b", body=body)).result(PATIENCE)
        assert msgpack.unpackb(ears.next()[1])["image"] == b"x" * 300_000


def test_a_certificate_of_a_stranger_is_refused(
    rabbitmq: RabbitMQ, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_text(Authority("Somebody else").pem, encoding="utf-8")
    config = amqp_config(rabbitmq, hosts=(rabbitmq.tls_address,), tls=Tls(authority=stranger))
    says(config, "certificate is not trusted", caplog)


def test_a_broker_that_freezes_is_given_up_at_once_and_found_again(rabbitmq: RabbitMQ) -> None:
    # Without heartbeats nothing else would end the wait for an answer.
    link = AmqpPublisher(amqp_config(rabbitmq, heartbeat=0), backoff=quick())
    with running(link):
        eventually(lambda: link.up)
        rabbitmq.pause()
        future = link.send(Publication(address="event.notify.a.b", body=b"1"))
        eventually(lambda: not link._jobs)
        link.reset()
        assert not link.up
        assert isinstance(future.exception(PATIENCE), LinkError)
        rabbitmq.resume()
        eventually(lambda: link.up)


def test_both_links_stop_while_the_broker_is_frozen_or_they_wait(
    rabbitmq: RabbitMQ, caplog: pytest.LogCaptureFixture
) -> None:
    (port,) = free_ports(1)
    nobody = amqp_config(rabbitmq, hosts=(f"127.0.0.1:{port}",))
    # Without heartbeats, and with such a pause, who waited for the end of it would not stop within the patience.
    config = amqp_config(rabbitmq, heartbeat=0)
    with commands() as place:
        frozen = AmqpPublisher(config, backoff=quick())
        listener = AmqpListener(config, Listen(key=KEY, sink=place.amqp), backoff=quick())
        waiting_one = AmqpPublisher(nobody, backoff=Backoff(first=3_600, most=3_600))
        with running(frozen, listener, waiting_one):
            eventually(lambda: frozen.up and listener.listening and "Nobody listens there" in said(caplog))
            rabbitmq.pause()
