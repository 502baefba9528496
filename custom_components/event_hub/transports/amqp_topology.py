"""Finds or makes the exchanges and the queue, without offending the devices that declare them too.

A device that declares an exchange with other flags than the broker's copy is
thrown off its channel. So what exists is taken as it is, and only what is
missing is made, the way existing devices make it: not durable.
"""

import re
from typing import Final

from pika.exchange_type import ExchangeType

from .amqp_config import AmqpConfig
from .amqp_errors import NOT_FOUND, reply_code
from .amqp_session import Session, SessionChannel
from .link import LinkError

BINDING: Final = "event.#"
LIFETIME: Final = "x-message-ttl"
# How RabbitMQ words it that the queue exists with another lifetime.
OTHER_LIFETIME: Final = re.compile(rf"inequivalent arg '{LIFETIME}'.* but current is (?:the value )?'(\d+)'")


async def ensure_exchanges(session: Session, config: AmqpConfig) -> None:
    """Make the exchanges that are missing. Raises ``LinkError``."""
    await _ensure_exchange(session, config.exchange, ExchangeType.topic)
    await _ensure_exchange(session, config.control_exchange, ExchangeType.direct)


async def open_queue(session: Session, config: AmqpConfig) -> SessionChannel:
    """Make the hub's queue and bind it; returns the channel to consume on. Raises ``LinkError``."""
    try:
        channel = await _declare_queue(session, config)
    except LinkError as mismatch:
        channel = await _take_over_queue(session, config, mismatch)
    await channel.call(channel.raw.queue_bind, config.queue, config.exchange, BINDING)
    return channel


async def check_rights(session: Session, config: AmqpConfig) -> None:
    """Do once what a link would do, and leave no queue behind that nobody empties. Raises ``LinkError``."""
    await ensure_exchanges(session, config)
    existed = await _exists(session, "queue_declare", config.queue)
    channel = await open_queue(session, config)
    if not existed:
        await channel.call(channel.raw.queue_delete, config.queue, if_unused=True)


async def _declare_queue(session: Session, config: AmqpConfig, lifetime: int | None = None) -> SessionChannel:
    """Declare the queue, with another message lifetime (in ms) where one is given."""
    channel = await session.channel()
    arguments = config.queue_arguments
    if lifetime is not None:
        arguments[LIFETIME] = lifetime
    await channel.call(channel.raw.queue_declare, config.queue, durable=True, arguments=arguments)
    return channel


async def _take_over_queue(session: Session, config: AmqpConfig, mismatch: LinkError) -> SessionChannel:
    """Use a queue that differs in nothing but its message lifetime: the maximum validity was changed meanwhile.

    It is made anew if that loses nothing, else used as it is: the hub judges the age of
    messages itself. Raises the ``LinkError`` that was met when it differs in anything else.
    """
    found = OTHER_LIFETIME.search(mismatch.detail)
    if found is None:
        raise mismatch
    lifetime = int(found[1])
    channel = await _declare_queue(session, config, lifetime)
    try:
        await channel.call(channel.raw.queue_delete, config.queue, if_unused=True, if_empty=True)
    except LinkError:
        return await _declare_queue(session, config, lifetime)
    return await _declare_queue(session, config)


async def _ensure_exchange(session: Session, name: str, kind: ExchangeType) -> None:
    if await _exists(session, "exchange_declare", name):
        return
    channel = await session.channel()
    await channel.call(channel.raw.exchange_declare, name, kind, durable=False)
    channel.raw.close()


async def _exists(session: Session, declare: str, name: str) -> bool:
    """Ask on a throw-away channel, because the answer "no" closes it."""
    channel = await session.channel()
    try:
        await channel.call(getattr(channel.raw, declare), name, passive=True)
    except LinkError:
        if channel.closed.done() and reply_code(channel.closed.result()) == NOT_FOUND:
            return False
        raise
    channel.raw.close()
    return True
