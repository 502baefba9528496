"""A link that is stopped while it connects: whichever step that meets, nothing is left and nothing is said."""

import asyncio
from typing import Any

import pytest
import pytest_socket

from custom_components.event_hub.transports import amqp, amqp_config
from custom_components.event_hub.transports.amqp import AmqpConfig
from devkit.brokers import free_ports

from .kit import Hub


@pytest.fixture
def complaints(socket_enabled: None) -> list[str]:
    """Return what the loop has to complain about, from now on."""
    del socket_enabled
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"])
    found: list[str] = []

    def complain(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        found.append(str(context.get("exception") or context["message"]))

    asyncio.get_event_loop().set_exception_handler(complain)
    return found


async def turn() -> None:
    """Let the loop turn once."""
    turned = asyncio.Event()
    asyncio.get_running_loop().call_soon(turned.set)
    await turned.wait()


async def test_a_link_may_be_stopped_at_any_step_of_connecting(complaints: list[str]) -> None:
    before = asyncio.all_tasks()
    config = AmqpConfig(hosts=(f"localhost:{free_ports(1)[0]}",))
    for steps in range(60):
        hub = Hub(config)
        await hub.link.async_start()
        for _ in range(steps):
            await turn()
        await hub.link.async_stop()
    async with Hub(config) as last:
        await last.down()

    assert complaints == []
    assert asyncio.all_tasks() == before


async def test_a_link_may_be_stopped_while_a_broker_does_not_answer(
    complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp, "SETUP_TIMEOUT", 3600.0)
    monkeypatch.setattr(amqp_config, "HANDSHAKE_TIMEOUT", 3600.0)
    heard = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        heard.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        hub = Hub(AmqpConfig(hosts=(f"127.0.0.1:{server.sockets[0].getsockname()[1]}",)))
        await hub.link.async_start()
        await heard.wait()
        async with asyncio.timeout(60):
            await hub.link.async_stop()

    assert complaints == []
