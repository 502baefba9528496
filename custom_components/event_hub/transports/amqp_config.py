"""Where RabbitMQ is and how to reach it, as values, and what pika makes of them."""

from dataclasses import dataclass, field
import ssl
from typing import Any, Final

import pika

from .link import LinkError, Problem

PLAIN_PORT: Final = 5672
TLS_PORT: Final = 5671
HEARTBEAT: Final = 20
CONNECT_TIMEOUT: Final = 8.0
HANDSHAKE_TIMEOUT: Final = 12.0
BLOCKED_TIMEOUT: Final = 60.0
QUEUE_LENGTH: Final = 100_000
QUEUE_BYTES: Final = 256 * 1024 * 1024
CONTROL_SUFFIX: Final = "_control"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmqpConfig:
    """How to reach RabbitMQ, and the names used there.

    ``hosts`` are ``host`` or ``host:port``, tried in turn. ``ca_certificate`` is
    PEM text: the only authority trusted, when given. ``max_validity`` is in
    seconds: how long an event is worth delivering. ``heartbeat`` is in seconds:
    a connection silent for twice as long is given up.
    """

    hosts: tuple[str, ...]
    username: str = "guest"
    password: str = field(default="guest", repr=False)
    virtual_host: str = "/"
    tls: bool = False
    ca_certificate: str | None = None
    verify: bool = True
    exchange: str = "home_automation"
    queue: str = "event_hub"
    quorum: bool = False
    max_validity: float = 120.0
    heartbeat: int = HEARTBEAT

    @property
    def control_exchange(self) -> str:
        """The exchange that commands are published to."""
        return self.exchange + CONTROL_SUFFIX

    @property
    def queue_arguments(self) -> dict[str, Any]:
        """What makes the hub's queue bounded in age, length and size, and consumed by one hub at a time."""
        arguments: dict[str, Any] = {
            "x-message-ttl": round(self.max_validity * 1000),
            "x-max-length": QUEUE_LENGTH,
            "x-max-length-bytes": QUEUE_BYTES,
            "x-overflow": "drop-head",
            "x-single-active-consumer": True,
        }
        if self.quorum:
            arguments["x-queue-type"] = "quorum"
        return arguments


def split_host(text: str, default_port: int) -> tuple[str, int]:
    """Read ``host``, ``host:port`` or ``[IPv6]:port``. Raises ``LinkError`` for a port that is none."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or port.endswith("]") or (":" in host and not host.startswith("[")):
        host, port = text.strip(), ""
    try:
        number = int(port) if port else default_port
    except ValueError as error:
        raise LinkError(Problem.CANNOT_CONNECT, f"{port!r} is no port number") from error
    return host.removeprefix("[").removesuffix("]"), number


def tls_context(config: AmqpConfig) -> ssl.SSLContext | None:
    """Prepare encryption: reads certificates, so not for the event loop. Raises ``LinkError``."""
    if not config.tls:
        return None
    try:
        context = ssl.create_default_context(cadata=config.ca_certificate)
    except (ssl.SSLError, ValueError) as error:
        raise LinkError(Problem.TLS_UNTRUSTED, f"The CA certificate cannot be read: {error}") from error
    if config.ca_certificate:
        # Home-made authorities seldom carry every extension that RFC 5280 asks for.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not config.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def parameters(config: AmqpConfig, host: str, context: ssl.SSLContext | None) -> pika.ConnectionParameters:
    """Return pika's parameters for one of the hosts. Raises ``LinkError`` for a host that is none."""
    name, port = split_host(host, TLS_PORT if config.tls else PLAIN_PORT)
    return pika.ConnectionParameters(
        host=name,
        port=port,
        virtual_host=config.virtual_host,
        credentials=pika.PlainCredentials(config.username, config.password),
        heartbeat=config.heartbeat,
        socket_timeout=CONNECT_TIMEOUT,
        stack_timeout=HANDSHAKE_TIMEOUT,
        blocked_connection_timeout=BLOCKED_TIMEOUT,
        ssl_options=pika.SSLOptions(context, name) if context else None,
        client_properties={"connection_name": "Event Hub"},
    )
