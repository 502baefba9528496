from dataclasses import replace

import pytest

from custom_components.event_hub.transports.amqp import AmqpConfig, async_test_connection
from custom_components.event_hub.transports.amqp_config import split_host
from custom_components.event_hub.transports.link import LinkError
from devkit.brokers import RabbitMQ, free_ports
from devkit.certificates import Authority
from devkit.polling import until

from .kit import Device, Hub, config_for


async def problem_of(config: AmqpConfig) -> str:
    with pytest.raises(LinkError) as caught:
        await async_test_connection(config)
    assert caught.value.detail
    assert "password-that-stays-secret" not in caught.value.detail
    return caught.value.problem


async def test_a_good_connection_passes_and_leaves_no_queue_behind(config: AmqpConfig, device: Device) -> None:
    await async_test_connection(config)
    device.channel.queue_declare(config.queue, exclusive=True)
    assert device.channel.is_open


async def test_a_test_does_not_disturb_a_hub_that_runs(config: AmqpConfig, device: Device) -> None:
    async with Hub(config) as hub:
        await hub.up()
        await async_test_connection(config)
        device.event(b"still here")
        await until(lambda: hub.bodies == [b"still here"])
        assert len(hub.statuses) == 2


async def test_a_wrong_password_is_told_from_everything_else(config: AmqpConfig) -> None:
    assert await problem_of(replace(config, password="password-that-stays-secret")) == "invalid_auth"


async def test_a_virtual_host_that_is_not_there_is_refused(config: AmqpConfig) -> None:
    assert await problem_of(replace(config, virtual_host="elsewhere")) == "vhost_refused"


async def test_a_user_without_rights_is_refused(rabbitmq: RabbitMQ, config: AmqpConfig) -> None:
    rabbitmq.ctl("add_user", "guest_only", "password-that-stays-secret")
    rabbitmq.ctl("set_permissions", "guest_only", "^$", ".*", ".*")
    limited = replace(config, username="guest_only", password="password-that-stays-secret")
    assert await problem_of(limited) == "access_refused"


async def test_a_queue_with_other_arguments_is_found(config: AmqpConfig, device: Device) -> None:
    device.channel.queue_declare(config.queue, durable=True)
    assert await problem_of(config) == "queue_mismatch"


async def test_a_host_that_nobody_listens_on_cannot_be_connected_to() -> None:
    assert await problem_of(AmqpConfig(hosts=(f"127.0.0.1:{free_ports(1)[0]}",))) == "cannot_connect"


async def test_every_host_is_tested(rabbitmq: RabbitMQ) -> None:
    dead = f"127.0.0.1:{free_ports(1)[0]}"
    assert await problem_of(config_for(rabbitmq, hosts=(rabbitmq.address, dead))) == "cannot_connect"


async def test_a_frozen_broker_times_out(
    rabbitmq: RabbitMQ, config: AmqpConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.event_hub.transports.amqp_config.HANDSHAKE_TIMEOUT", 0.5)
    rabbitmq.pause()
    assert await problem_of(config) == "timeout"


@pytest.fixture
def tls_config(rabbitmq: RabbitMQ, authority: Authority) -> AmqpConfig:
    return config_for(rabbitmq, hosts=(rabbitmq.tls_address,), tls=True, ca_certificate=authority.pem)


async def test_a_broker_with_a_certificate_of_the_own_authority_is_trusted(tls_config: AmqpConfig) -> None:
    async with Hub(tls_config) as hub:
        await hub.up()
        assert hub.status.problem is None


async def test_a_certificate_of_a_stranger_is_not_trusted(tls_config: AmqpConfig) -> None:
    assert await problem_of(replace(tls_config, ca_certificate=None)) == "tls_untrusted"
    assert await problem_of(replace(tls_config, ca_certificate=Authority("Stranger").pem)) == "tls_untrusted"


async def test_a_certificate_for_another_name_is_a_mismatch(tls_config: AmqpConfig, rabbitmq: RabbitMQ) -> None:
    elsewhere = replace(tls_config, hosts=(f"localhost:{rabbitmq.tls_port}",))
    assert await problem_of(elsewhere) == "tls_mismatch"


async def test_without_verification_any_certificate_will_do(tls_config: AmqpConfig) -> None:
    await async_test_connection(replace(tls_config, ca_certificate=None, verify=False))
    assert await problem_of(replace(tls_config, ca_certificate=None)) == "tls_untrusted"


async def test_encryption_on_one_side_only_is_a_mismatch(tls_config: AmqpConfig, rabbitmq: RabbitMQ) -> None:
    assert await problem_of(replace(tls_config, hosts=(rabbitmq.address,))) == "tls_mismatch"
    assert await problem_of(replace(tls_config, tls=False)) == "tls_mismatch"


async def test_a_certificate_that_is_none_is_reported(tls_config: AmqpConfig) -> None:
    assert await problem_of(replace(tls_config, ca_certificate="no certificate")) == "tls_untrusted"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("broker", ("broker", 5672)),
        ("broker:1234", ("broker", 1234)),
        (" 10.0.0.1:5673 ", ("10.0.0.1", 5673)),
        ("[fe80::1]:5673", ("fe80::1", 5673)),
        ("[fe80::1]", ("fe80::1", 5672)),
        ("fe80::1", ("fe80::1", 5672)),
    ],
)
def test_a_host_is_read_with_or_without_its_port(text: str, expected: tuple[str, int]) -> None:
    assert split_host(text, 5672) == expected


def test_a_port_that_is_no_number_is_refused() -> None:
    with pytest.raises(LinkError, match="port"):
        split_host("broker:amqp", 5672)


def test_the_password_is_not_shown() -> None:
    assert "password-that-stays-secret" not in repr(AmqpConfig(hosts=(), password="password-that-stays-secret"))
