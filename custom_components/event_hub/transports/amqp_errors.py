"""What went wrong with RabbitMQ, as a word to translate and a sentence for people."""

from collections.abc import Iterator
import socket
import ssl
from typing import Final

from pika import exceptions
from pika.adapters.utils import connection_workflow

from .link import LinkError, Problem

ACCESS_REFUSED: Final = 403
NOT_FOUND: Final = 404
RESOURCE_LOCKED: Final = 405
PRECONDITION_FAILED: Final = 406
NOT_ALLOWED: Final = 530
# OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH
WRONG_NAME: Final = (62, 64)
CHANNEL_PROBLEMS: Final = {
    ACCESS_REFUSED: Problem.ACCESS_REFUSED,
    RESOURCE_LOCKED: Problem.QUEUE_MISMATCH,
    PRECONDITION_FAILED: Problem.QUEUE_MISMATCH,
}
CONNECTION_PROBLEMS: Final = {
    ACCESS_REFUSED: Problem.ACCESS_REFUSED,
    NOT_ALLOWED: Problem.VHOST_REFUSED,
}
GUESSES: Final = (exceptions.ProbableAuthenticationError, exceptions.ProbableAccessDeniedError)
CONNECTION_ERRORS: Final = (
    (
        (exceptions.ProbableAuthenticationError, exceptions.AuthenticationError),
        Problem.INVALID_AUTH,
        "RabbitMQ refuses the user name or password",
    ),
    (
        exceptions.ProbableAccessDeniedError,
        Problem.VHOST_REFUSED,
        "RabbitMQ refuses the virtual host to this user",
    ),
    (
        (exceptions.IncompatibleProtocolError, exceptions.ProtocolSyntaxError),
        Problem.TLS_MISMATCH,
        "What answers does not speak plain AMQP",
    ),
    (exceptions.ConnectionBlockedTimeout, Problem.BLOCKED, "RabbitMQ took no messages for too long"),
    # pika calls it "aborted" when it gives up a handshake itself.
    (
        (
            exceptions.AMQPHeartbeatTimeout,
            exceptions.ConnectionOpenAborted,
            connection_workflow.AMQPConnectorStackTimeout,
        ),
        Problem.TIMEOUT,
        "No answer in time",
    ),
)


def explain(error: BaseException) -> LinkError:
    """Turn what pika reports into a ``LinkError``."""
    cause = _innermost(error)
    if isinstance(cause, LinkError):
        return cause
    if isinstance(cause, OSError):
        return _explain_os_error(cause)
    if isinstance(cause, exceptions.ChannelClosed):
        problem = CHANNEL_PROBLEMS.get(cause.reply_code, Problem.UNKNOWN)
        return LinkError(problem, cause.reply_text)
    if isinstance(cause, exceptions.ConnectionClosed):
        problem = CONNECTION_PROBLEMS.get(cause.reply_code, Problem.CANNOT_CONNECT)
        return LinkError(problem, cause.reply_text)
    return _explain_connection(cause)


def reply_code(error: BaseException) -> int | None:
    """Return the number with which the broker closed a channel, ``None`` when it was lost another way."""
    return error.reply_code if isinstance(error, exceptions.ChannelClosedByBroker) else None


def _explain_os_error(error: OSError) -> LinkError:
    text = error.strerror or str(error)
    if isinstance(error, socket.gaierror):
        return LinkError(Problem.CANNOT_RESOLVE, text)
    if isinstance(error, ssl.SSLCertVerificationError):
        wrong_name = error.verify_code in WRONG_NAME
        return LinkError(Problem.TLS_MISMATCH if wrong_name else Problem.TLS_UNTRUSTED, error.verify_message)
    if isinstance(error, ssl.SSLError):
        return LinkError(Problem.TLS_MISMATCH, error.reason or text)
    if isinstance(error, TimeoutError):
        return LinkError(Problem.TIMEOUT, "No answer in time")
    return LinkError(Problem.CANNOT_CONNECT, text)


def _explain_connection(error: BaseException) -> LinkError:
    # pika guesses from the phase of the handshake; only a close by the broker proves the guess right.
    guessed = isinstance(error, GUESSES) and "ConnectionClosedByBroker" not in str(error)
    for kinds, problem, text in () if guessed else CONNECTION_ERRORS:
        if isinstance(error, kinds):
            return LinkError(problem, text)
    if isinstance(error, exceptions.AMQPConnectionError):
        return LinkError(Problem.CANNOT_CONNECT, "The connection was lost")
    return LinkError(Problem.UNKNOWN, f"{type(error).__name__}: {error}")


def _innermost(error: BaseException) -> BaseException:
    """Return the last cause in pika's nest of workflow errors."""
    *_, last = _nested(error)
    return last


def _nested(error: BaseException) -> Iterator[BaseException]:
    inner: BaseException | None = error
    while isinstance(inner, BaseException):
        yield inner
        if isinstance(inner, connection_workflow.AMQPConnectionWorkflowFailed):
            inner = inner.exceptions[-1] if inner.exceptions else None
        elif isinstance(inner, connection_workflow.AMQPConnectorPhaseErrorBase):
            inner = inner.exception
        elif type(inner) is exceptions.AMQPConnectionError and inner.args:
            inner = inner.args[0]
        else:
            return
