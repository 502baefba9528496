"""A private broker that cannot be started leaves nothing running."""

from pathlib import Path

import pytest

from devkit.broker_process import BrokerError, accepts, find_program
from devkit.brokers import RabbitMQ

pytestmark = pytest.mark.e2e


@pytest.mark.skipif(find_program("epmd") is None, reason="RabbitMQ is not installed")
@pytest.mark.usefixtures("socket_enabled")
def test_a_rabbitmq_that_does_not_start_leaves_no_port_mapper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RabbitMQ, "program", "false")
    broker = RabbitMQ(tmp_path)
    try:
        with pytest.raises(BrokerError, match="did not start"):
            broker.start()
        assert not accepts(broker._epmd_port)
    finally:
        broker.stop()
