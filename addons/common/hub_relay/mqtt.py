"""The link to an MQTT broker: publications out, commands in, availability by last will.

MQTT 3.1.1, which every broker speaks. Each connection has its own client and a
clean session: what a broken one had under way is repeated by whoever sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import contextlib
from dataclasses import dataclass, field
import logging
import ssl
import time
from typing import Any, Final, override

from paho.mqtt.client import Client, MQTTMessage, error_string
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from .links import CONNECT_TIMEOUT, Backoff, Job, Link, LinkError, Login, Tls
from .logs import Throttle
from .sink import CommandCounts, CommandDoor, CommandSink
from .stages import Outlet, Relay

LOG: Final = logging.getLogger(__name__)
QOS: Final = 1
ONLINE: Final = b"online"
OFFLINE: Final = b"offline"
# MQTT 3.1.1, 3.2.2.3: bad user name or password, not authorised. paho names them with MQTT 5's words.
_LOGIN_REFUSED: Final = frozenset({"Bad user name or password", "Not authorized"})
_IDLE: Final = 1.0
_GOODBYE_WITHIN: Final = 1.0


# What is done with the payload of a topic; raises ``OSError`` when it cannot be kept.
type Taker = Callable[[bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Takers:
    """Topics beside the commands', and who takes what comes on them; ``news`` is then given a frame ``arrived``.

    What has more than ``largest`` bytes is refused.
    """

    topics: Mapping[str, Taker]
    news: Relay
    largest: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttConfig:
    """Where the broker is, and the topics of this device. ``keepalive`` in seconds."""

    host: str
    port: int
    client_id: str
    status_topic: str
    command_topic: str | None = None
    login: Login | None = None
    tls: Tls | None = None
    keepalive: int = 10


@dataclass(slots=True, kw_only=True)
class _Connection:
    """One client's life. ``lost`` says why it is over."""

    client: Client
    in_flight: dict[int, Job] = field(default_factory=dict)
    subscription: int | None = None
    lost: str | None = None


class MqttLink(Link):
    """Publishes with QoS 1 and hears this device's commands; up once the broker has taken the subscription."""

    def __init__(
        self,
        config: MqttConfig,
        *,
        commands: CommandSink | None = None,
        takers: Takers | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """Prepare a link that hears ``config.command_topic`` when there is one to pass its ``commands`` to.

        It hears the topics of ``takers`` too, who are called in the link's thread.
        """
        super().__init__("mqtt", backoff=backoff)
        self._config = config
        self._takers = takers
        self._news: Outlet | None = None
        self._complaints = Throttle()
        self._commands = commands if config.command_topic else None
        self._door: CommandDoor | None = None
        self.counts = CommandCounts()

    @override
    def run(self) -> None:
        with contextlib.ExitStack() as stack:
            if self._commands is not None:
                outlet = stack.enter_context(Outlet(self._commands.relay))
                self._door = CommandDoor(self.name, self._commands, outlet, self.counts)
            if self._takers is not None:
                self._news = stack.enter_context(Outlet(self._takers.news))
            super().run()

    @override
    def _serve(self) -> None:
        connection = _Connection(client=self._client())
        client = connection.client
        self._attach(connection)
        try:
            with self.leavable():
                client.connect(self._config.host, self._config.port, self._config.keepalive)
            deadline = time.monotonic() + CONNECT_TIMEOUT
            while not self.stopping:
                self._turn(connection)
                if not self.up and time.monotonic() > deadline:
                    raise LinkError(f"{self._where} does not answer in time")
            self._say_goodbye(connection)
        except (OSError, ValueError) as error:
            raise LinkError(_explain(error, self._where)) from error
        finally:
            self._drop(connection)

    @property
    def _topics(self) -> list[str]:
        """What it subscribes to, in this order."""
        own = self._config.command_topic if self._commands is not None else None
        return [*([own] if own else []), *(self._takers.topics if self._takers else ())]

    @property
    def _where(self) -> str:
        return f"{self._config.host}:{self._config.port}"

    def _client(self) -> Client:
        config = self._config
        client = Client(CallbackAPIVersion.VERSION2, client_id=config.client_id, clean_session=True)
        client.connect_timeout = CONNECT_TIMEOUT
        client.will_set(config.status_topic, OFFLINE, qos=QOS, retain=True)
        if config.login:
            client.username_pw_set(config.login.username, config.login.password)
        if config.tls:
            client.tls_set_context(config.tls.context())
        return client

    def _attach(self, connection: _Connection) -> None:
        def connected(_client: Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
            self._on_connected(connection, reason)

        def subscribed(_client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any) -> None:
            self._on_subscribed(connection, reasons)

        def published(_client: Client, _data: Any, mid: int, _reason: ReasonCode, _properties: Any) -> None:
            if job := connection.in_flight.pop(mid, None):
                job.confirm()

        def disconnected(_client: Client, _data: Any, _flags: Any, _reason: ReasonCode, _properties: Any) -> None:
            connection.lost = connection.lost or f"{self._where} closed the connection"

        client = connection.client
        client.on_connect, client.on_subscribe, client.on_publish = connected, subscribed, published
        client.on_disconnect = disconnected
        client.on_message = self._on_message

    def _on_connected(self, connection: _Connection, reason: ReasonCode) -> None:
        if reason.is_failure:
            refused = str(reason) in _LOGIN_REFUSED
            text = "refuses the user name or password" if refused else f"refuses the connection: {reason}"
            connection.lost = f"{self._where} {text}"
            return
        connection.client.publish(self._config.status_topic, ONLINE, qos=QOS, retain=True)
        if topics := self._topics:
            connection.client.subscribe([(topic, QOS) for topic in topics])
        else:
            self._set_up(self._where)

    def _on_subscribed(self, connection: _Connection, reasons: list[ReasonCode]) -> None:
        refused = [topic for topic, reason in zip(self._topics, reasons, strict=False) if reason.is_failure]
        if self._config.command_topic in refused:
            connection.lost = f"The broker refuses a subscription to {self._config.command_topic}"
            return
        for topic in refused:
            # Nothing else depends on it.
            if self._complaints.due(topic):
                LOG.error("%s refuses a subscription to %s: allow it to this app's user", self._where, topic)
        self._set_up(self._where)

    def _turn(self, connection: _Connection) -> None:
        """Wait for the broker or for work, and do what there is. Raises ``LinkError`` when the connection is over."""
        client = connection.client
        socket = client.socket()
        if socket is None or connection.lost:
            raise LinkError(connection.lost or f"{self._where} closed the connection")
        # What TLS has decrypted already makes no socket readable.
        waiting = isinstance(socket, ssl.SSLSocket) and bool(socket.pending())
        writing = socket.fileno() if client.want_write() else None
        ready = self._idle(0 if waiting else _IDLE, socket.fileno(), writing=writing)
        if waiting or socket.fileno() in ready:
            self._check(connection, client.loop_read())
        if self.up:
            for job in self._take():
                self._publish(connection, job)
        if client.want_write():
            self._check(connection, client.loop_write())
        self._check(connection, client.loop_misc())

    def _publish(self, connection: _Connection, job: Job) -> None:
        publication = job.publication
        try:
            info = connection.client.publish(publication.address, publication.body, qos=QOS)
        except ValueError as error:
            job.fail(LinkError(f"MQTT cannot carry this: {error}"))
            return
        connection.in_flight[info.mid] = job
        self._check(connection, info.rc)

    def _check(self, connection: _Connection, code: MQTTErrorCode) -> None:
        if code not in {MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN}:
            raise LinkError(connection.lost or f"{self._where} closed the connection ({error_string(code)})")

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if self._takers is not None and (taker := self._takers.topics.get(message.topic)) is not None:
            # One that the broker had kept may be of last year.
            if not message.retain:
                self._give(taker, message, self._takers.largest)
        elif self._door is None:
            return
        elif message.retain:
            self._door.refuse_retained(message.topic)
        else:
            self._door.offer(message.payload, message.topic)

    def _give(self, taker: Taker, message: MQTTMessage, largest: int) -> None:
        if len(message.payload) > largest:
            if self._complaints.due(message.topic):
                LOG.error("What came on %s is not taken: it has more than %s bytes", message.topic, largest)
            return
        try:
            taker(message.payload)
        except OSError as error:
            if self._complaints.due(message.topic):
                LOG.error("What came on %s cannot be kept, make room or check the disk: %s", message.topic, error)  # noqa: TRY400 - the sentence says it
        except Exception:
            # What anybody may send must not end the link.
            if self._complaints.due(message.topic):
                LOG.exception("What came on %s cannot be taken", message.topic)
        else:
            if self._news is not None:
                self._news.put("arrived", {})

    def _say_goodbye(self, connection: _Connection) -> None:
        """Publish ``offline`` as the will would, and wait a moment until it is out."""
        client = connection.client
        if not self.up:
            return
        client.publish(self._config.status_topic, OFFLINE, qos=QOS, retain=True)
        client.disconnect()
        deadline = time.monotonic() + _GOODBYE_WITHIN
        while client.want_write() and time.monotonic() < deadline:
            if client.loop_write() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return

    def _drop(self, connection: _Connection) -> None:
        connection.client.on_disconnect = None
        socket = connection.client.socket()
        if socket is not None:
            with contextlib.suppress(OSError):
                socket.close()
        self._give_back(*connection.in_flight.values())


def _explain(error: Exception, where: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{where} shows a certificate that is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"{where} does not speak TLS as expected: {error.reason}"
    if isinstance(error, TimeoutError):
        return f"{where} does not answer in time"
    return f"{where} cannot be reached: {error}"
