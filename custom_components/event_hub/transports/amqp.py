"""The link to RabbitMQ: events from the hub's queue, commands to the control exchange.

One connection on Home Assistant's loop. A task of the link's own connects and
reconnects; messages themselves pass through plain callbacks.
"""

import asyncio
from collections.abc import Callable
from functools import partial
import itertools
import logging
import ssl
from typing import Final

import pika
from pika.channel import Channel
from pika.spec import Basic

from ..const import LOGGER
from ..wire.messages import Outgoing
from .amqp_acks import Acknowledgements
from .amqp_config import AmqpConfig, parameters, tls_context
from .amqp_errors import NOT_FOUND, explain, reply_code
from .amqp_publisher import Publisher
from .amqp_session import Session, SessionChannel
from .amqp_topology import check_rights, ensure_exchanges, open_queue
from .link import Backoff, LinkError, LinkState, LinkStatus, Problem

__all__ = ["AmqpConfig", "AmqpDelivery", "AmqpLink", "async_test_connection"]

PREFETCH: Final = 200
SETUP_TIMEOUT: Final = 30.0
PROOF: Final = 5.0
DRAIN_PATIENCE: Final = 1.0
# Problems that another host of the same broker may not have.
UNREACHABLE: Final = (Problem.CANNOT_RESOLVE, Problem.CANNOT_CONNECT, Problem.TIMEOUT)


class AmqpDelivery:
    """A message from the hub's queue, which keeps it until it is acknowledged.

    ``address`` is the routing key. ``redelivered`` is true when it was handed
    out before and that was not acknowledged.
    """

    __slots__ = ("_acknowledgements", "_tag", "address", "body", "redelivered")

    def __init__(self, acknowledgements: Acknowledgements, method: Basic.Deliver, body: bytes) -> None:
        """Remember where to acknowledge."""
        self.address: str = method.routing_key
        self.body = body
        self.redelivered: bool = method.redelivered
        self._acknowledgements: Acknowledgements | None = acknowledgements
        self._tag = method.delivery_tag
        acknowledgements.delivered(self._tag)

    def ack(self) -> None:
        """Say that it is handled. After a lost connection this does nothing: the broker brings it again."""
        if self._acknowledgements is not None:
            self._acknowledgements.handled(self._tag)
            self._acknowledgements = None


class AmqpLink:
    """Keeps one connection to RabbitMQ for as long as it is started."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        config: AmqpConfig,
        on_delivery: Callable[[AmqpDelivery], None],
        on_status: Callable[[LinkStatus], None],
    ) -> None:
        """Prepare; ``async_start`` connects. Both callbacks run in ``loop`` and should be quick."""
        self._loop = loop
        self._config = config
        self._on_delivery = on_delivery
        self._on_status = on_status
        self._publisher = Publisher(loop, config.control_exchange)
        self._backoff = Backoff()
        self._status: LinkStatus | None = None
        self._task: asyncio.Task[None] | None = None
        self._acknowledgements: Acknowledgements | None = None
        self._proved = False

    async def async_start(self) -> None:
        """Begin to connect in the background."""
        _quieten_pika()
        self._set_status(LinkStatus(LinkState.CONNECTING))
        self._task = self._loop.create_task(self._run(), name="event_hub RabbitMQ")

    async def async_stop(self) -> None:
        """Send what is on its way, disconnect and give up the rest."""
        if self._task is not None:
            await self._publisher.async_drain(DRAIN_PATIENCE)
            self._task.cancel()
            await asyncio.wait((self._task,))
            self._task = None
        self._publisher.close()
        self._set_status(LinkStatus(LinkState.STOPPED))

    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Send a command to the control exchange; done when the broker confirmed it.

        The future fails with ``PublishError``. While there is no connection the
        message waits, until it expires.
        """
        return self._publisher.publish(outgoing)

    async def _run(self) -> None:
        """Try the hosts in turn, for ever; wait after each round, and after a connection that was good."""
        failures: dict[str, LinkError] = {}
        for host in itertools.cycle(self._config.hosts):
            self._proved = False
            failure = await self._session(host)
            failures[host] = failure
            if self._status and self._status.state in (LinkState.UP, LinkState.BLOCKED):
                self._set_down({host: failure})
            if self._proved:
                self._backoff.reset()
            elif len(failures) < len(set(self._config.hosts)):
                continue
            else:
                self._set_down(failures)
            failures.clear()
            await asyncio.sleep(self._backoff.next_wait())

    async def _session(self, host: str) -> LinkError:
        """Connect to one host and stay until the connection ends; returns why it did."""
        session = Session(self._loop, self._blocked, self._unblocked)
        try:
            async with asyncio.timeout(SETUP_TIMEOUT):
                await session.open(await _async_parameters(self._loop, self._config, host))
                await ensure_exchanges(session, self._config)
                events = await open_queue(session, self._config)
                # First: a broker short of memory reads no more of a connection once something is published on it.
                cancelled = await self._consume(events)
                commands = await self._open_publishing(session)
            return await self._stay(session, events, commands, cancelled)
        except LinkError as error:
            return error
        except TimeoutError:
            return LinkError(Problem.TIMEOUT, "No answer in time")
        except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may succeed
            LOGGER.exception("The connection to RabbitMQ at %s failed unexpectedly", host)
            return explain(error)
        finally:
            if self._acknowledgements is not None:
                self._acknowledgements.flush()
                self._acknowledgements = None
            self._publisher.detach()
            await session.close()

    async def _consume(self, events: SessionChannel) -> asyncio.Future[None]:
        """Ask for messages; returns a future that is done when the broker stops sending them."""
        cancelled: asyncio.Future[None] = self._loop.create_future()
        events.raw.add_on_cancel_callback(lambda _: None if cancelled.done() else cancelled.set_result(None))
        await events.call(events.raw.basic_qos, prefetch_count=PREFETCH)
        acknowledgements = self._acknowledgements = Acknowledgements(self._loop, events.raw)
        await events.call(events.raw.basic_consume, self._config.queue, partial(self._deliver, acknowledgements))
        return cancelled

    async def _open_publishing(self, session: Session) -> SessionChannel:
        """Open the channel for commands and send what waits for it."""
        commands = await session.channel()
        commands.raw.add_on_return_callback(self._publisher.on_return)
        await commands.call(commands.raw.confirm_delivery, self._publisher.on_confirmation)
        self._publisher.attach(commands.raw)
        return commands

    async def _stay(
        self,
        session: Session,
        events: SessionChannel,
        commands: SessionChannel,
        cancelled: asyncio.Future[None],
    ) -> LinkError:
        """Be up until events no longer arrive; returns why. Raises ``LinkError`` too."""
        self._set_status(LinkStatus(LinkState.UP))
        proof = self._loop.call_later(PROOF, self._prove)
        try:
            while not (session.closed.done() or events.closed.done() or cancelled.done()):
                if commands.closed.done():
                    commands = await self._recover(session, commands.closed.result())
                    continue
                await asyncio.wait(
                    (session.closed, events.closed, commands.closed, cancelled),
                    return_when=asyncio.FIRST_COMPLETED,
                )
        finally:
            proof.cancel()
        for ended in (session.closed, events.closed):
            if ended.done():
                return explain(ended.result())
        return LinkError(Problem.CANNOT_CONNECT, f"The queue {self._config.queue!r} was deleted")

    async def _recover(self, session: Session, reason: BaseException) -> SessionChannel:
        """Open a new channel for commands after the broker closed the one before over a command.

        When the exchange was gone, it is made anew and the commands are sent
        again; anything else the broker would refuse again.
        """
        if reply_code(reason) != NOT_FOUND:
            self._publisher.fail_sent(f"RabbitMQ refused it: {explain(reason).detail}")
        async with asyncio.timeout(SETUP_TIMEOUT):
            await ensure_exchanges(session, self._config)
            return await self._open_publishing(session)

    def _deliver(
        self,
        acknowledgements: Acknowledgements,
        _channel: Channel,
        method: Basic.Deliver,
        _properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        self._proved = True
        delivery = AmqpDelivery(acknowledgements, method, body)
        try:
            self._on_delivery(delivery)
        except Exception:  # noqa: BLE001 - pika would stop in the middle of what it has read
            LOGGER.exception("A message from %r could not be handled", delivery.address)
            delivery.ack()

    def _prove(self) -> None:
        self._proved = True

    def _blocked(self, reason: str) -> None:
        self._publisher.pause()
        self._set_status(LinkStatus(LinkState.BLOCKED, Problem.BLOCKED, reason))

    def _unblocked(self) -> None:
        self._set_status(LinkStatus(LinkState.UP))
        self._publisher.resume()

    def _set_down(self, failures: dict[str, LinkError]) -> None:
        """Report why no host serves, with the problem that says more than "not reachable" if there is one."""
        telling = [error for error in failures.values() if error.problem not in UNREACHABLE]
        problem = (telling or list(failures.values()))[0].problem
        detail = "; ".join(f"{host}: {error.detail}" for host, error in failures.items())
        self._set_status(LinkStatus(LinkState.DOWN, problem, detail))

    def _set_status(self, status: LinkStatus) -> None:
        if status != self._status:
            self._status = status
            self._on_status(status)


async def async_test_connection(config: AmqpConfig) -> None:
    """Find out whether a link could work: address, login, virtual host and rights, on every host.

    Raises ``LinkError``.
    """
    _quieten_pika()
    loop = asyncio.get_running_loop()
    for host in config.hosts:
        session = Session(loop, lambda _: None, lambda: None)
        try:
            async with asyncio.timeout(SETUP_TIMEOUT):
                await session.open(await _async_parameters(loop, config, host))
                await check_rights(session, config)
        except TimeoutError as error:
            raise LinkError(Problem.TIMEOUT, "No answer in time") from error
        finally:
            await session.close()


async def _async_parameters(
    loop: asyncio.AbstractEventLoop, config: AmqpConfig, host: str
) -> pika.ConnectionParameters:
    context: ssl.SSLContext | None = None
    if config.tls:
        context = await loop.run_in_executor(None, tls_context, config)
    return parameters(config, host, context)


def _quieten_pika() -> None:
    """Keep pika from logging an error at every attempt; a level that a person chose stays."""
    logger = logging.getLogger("pika")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)
