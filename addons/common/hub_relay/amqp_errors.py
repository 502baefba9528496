"""What went wrong with RabbitMQ, as one sentence for people."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from pika import exceptions
from pika.adapters.utils.connection_workflow import (
    AMQPConnectionWorkflowFailed,
    AMQPConnectorPhaseErrorBase,
    AMQPConnectorStackTimeout,
)

from .links import LinkError

NOT_FOUND: Final = 404
_SENTENCES: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    (
        (exceptions.ProbableAuthenticationError, exceptions.AuthenticationError),
        "RabbitMQ refuses the user name or password",
    ),
    (exceptions.ProbableAccessDeniedError, "RabbitMQ refuses the virtual host to this user"),
    ((exceptions.IncompatibleProtocolError, exceptions.ProtocolSyntaxError), "What answers does not speak plain AMQP"),
    (exceptions.ConnectionBlockedTimeout, "RabbitMQ took no messages for too long"),
    (
        (
            exceptions.AMQPHeartbeatTimeout,
            exceptions.ConnectionOpenAborted,
            AMQPConnectorStackTimeout,
            TimeoutError,
        ),
        "No answer in time",
    ),
    (socket.gaierror, "The host name is not known"),
    (ConnectionRefusedError, "Nobody listens there"),
)
_GUESSES: Final = (exceptions.ProbableAuthenticationError, exceptions.ProbableAccessDeniedError)
# pika wraps a cause in a cause; this many and no more.
_DEPTH: Final = 8


def explain(error: BaseException) -> LinkError:
    """Turn what pika reports into a ``LinkError``."""
    if isinstance(error, LinkError):
        return error
    cause = _innermost(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return LinkError(f"The certificate is not trusted: {cause.verify_message}")
    if isinstance(cause, exceptions.ChannelClosed | exceptions.ConnectionClosed):
        return LinkError(f"RabbitMQ closed it: {cause.reply_text}")
    # pika guesses from the phase of the handshake; only a close by the broker proves the guess right.
    guessed = isinstance(cause, _GUESSES) and "ConnectionClosedByBroker" not in str(cause)
    for kinds, sentence in () if guessed else _SENTENCES:
        if isinstance(cause, kinds):
            return LinkError(sentence)
    return LinkError(f"The connection failed: {cause or type(cause).__name__}")


def _innermost(error: BaseException) -> BaseException:
    for _ in range(_DEPTH):
        inner = _inside(error)
        if inner is None:
            break
        error = inner
    return error


def _inside(error: BaseException) -> BaseException | None:
    if isinstance(error, AMQPConnectionWorkflowFailed):
        return error.exceptions[-1] if error.exceptions else None
    if isinstance(error, AMQPConnectorPhaseErrorBase):
        cause: BaseException = error.exception
        return cause
    if type(error) is exceptions.AMQPConnectionError:
        return next((item for item in error.args if isinstance(item, BaseException)), None)
    return None
