"""``scripts/develop`` listens where it did before, and says whose place is taken where it cannot."""

from pathlib import Path
import socket

import pytest

from devkit.broker_process import LOOPBACK, BrokerError
from devkit.develop import Ports

pytestmark = pytest.mark.usefixtures("socket_enabled")


def test_ports_are_the_same_at_every_start(tmp_path: Path) -> None:
    assert Ports.of(tmp_path, rabbitmq=True) == Ports.of(tmp_path, rabbitmq=True)


@pytest.mark.parametrize(
    ("name", "told"), [("home_assistant", "Home Assistant"), ("mqtt", "the MQTT broker"), ("rabbitmq", "RabbitMQ")]
)
def test_a_port_that_a_stranger_has_is_named_with_what_can_be_done(tmp_path: Path, name: str, told: str) -> None:
    port = getattr(Ports.of(tmp_path, rabbitmq=True), name)
    with socket.create_server((LOOPBACK, port)), pytest.raises(BrokerError) as refused:
        Ports.of(tmp_path, rabbitmq=True)

    said = str(refused.value)
    assert f"Port {port}, which {told} has here, is in use by a program" in said
    assert "scripts/develop --fresh" in said


def test_a_port_that_nobody_needs_may_be_in_use(tmp_path: Path) -> None:
    ports = Ports.of(tmp_path, rabbitmq=True)
    with socket.create_server((LOOPBACK, ports.rabbitmq)):
        assert Ports.of(tmp_path, rabbitmq=False) == ports
