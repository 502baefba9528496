"""The brokers of an app: read from its options, or the Supervisor's, and the links to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .amqp import AmqpConfig, AmqpListener, AmqpPublisher, Commands
from .commands import json_content, msgpack_content
from .links import Link, Login, Tls
from .mqtt import MqttConfig, MqttLink, Takers
from .native import Transport, Voice
from .options import Reader
from .sink import CommandSink
from .stages import Relay, Stage
from .supervisor import MqttService

MQTT_PORT: Final = 1883
MQTT_TLS_PORT: Final = 8883
_PORTS: Final = range(1, 65_536)


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttSettings:
    """A broker that was named in the options."""

    host: str
    port: int
    login: Login | None
    tls: Tls | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brokers:
    """Either broker, both, or none yet.

    ``wrong`` are those that were named in options of which one cannot be used, and what is said of it.
    """

    mqtt: MqttSettings | None = None
    rabbitmq: AmqpConfig | None = None
    wrong: Mapping[Transport, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is one."""
        return self.mqtt is not None or self.rabbitmq is not None

    @property
    def transports(self) -> tuple[Transport, ...]:
        """What is to be told: by all that were named, or by the one that is looked for where none was."""
        named = {Transport.MQTT: self.mqtt, Transport.AMQP: self.rabbitmq}
        wanted = tuple(one for one, found in named.items() if found is not None or one in self.wrong)
        return wanted if self else tuple(dict.fromkeys((Transport.MQTT, *wanted)))

    def secrets(self) -> Iterable[str]:
        """Return what may stand in no log."""
        if self.mqtt is not None and self.mqtt.login is not None:
            yield self.mqtt.login.password
        if self.rabbitmq is not None:
            yield self.rabbitmq.login.password


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The links to the brokers, and the stages that hear commands where the links do not."""

    links: Mapping[Transport, Link] = field(default_factory=dict)
    listeners: Sequence[Stage] = ()


def read_brokers(reader: Reader) -> Brokers:
    """Read the options ``mqtt_...`` and ``rabbitmq_...``. A broker with a problem is left out, and is ``wrong``."""
    wrong: dict[Transport, str] = {}
    mqtt = _checked(reader, Transport.MQTT, _mqtt, wrong)
    rabbitmq = _checked(reader, Transport.AMQP, _rabbitmq, wrong)
    return Brokers(mqtt=mqtt, rabbitmq=rabbitmq, wrong=wrong)


def mqtt_of(service: MqttService) -> MqttSettings:
    """Return the broker that the Supervisor named."""
    login = Login(username=service.username, password=service.password) if service.username else None
    return MqttSettings(host=service.host, port=service.port, login=login, tls=Tls() if service.ssl else None)


def join(brokers: Brokers, voice: Voice, commands: Relay, takers: Takers | None = None) -> Joined:
    """Make the links; commands go to ``commands``, what comes on the topics of ``takers`` to those."""
    links: dict[Transport, Link] = {}
    listeners: list[Stage] = []
    if (mqtt := brokers.mqtt) is not None:
        config = MqttConfig(
            host=mqtt.host,
            port=mqtt.port,
            client_id=f"event_hub_{voice.topic}_{voice.name}",
            status_topic=voice.mqtt("status"),
            command_topic=voice.mqtt("command"),
            login=mqtt.login,
            tls=mqtt.tls,
        )
        links[Transport.MQTT] = MqttLink(config, commands=CommandSink(relay=commands, read=json_content), takers=takers)
    if (rabbitmq := brokers.rabbitmq) is not None:
        links[Transport.AMQP] = AmqpPublisher(rabbitmq)
        sink = CommandSink(relay=commands, read=msgpack_content)
        queue = f"event_hub.{voice.topic}.{voice.name}"
        listeners.append(AmqpListener(rabbitmq, Commands(key=voice.command_key, sink=sink, queue=queue)))
    return Joined(links=links, listeners=listeners)


def _checked[T](
    reader: Reader, transport: Transport, read: Callable[[Reader], T | None], wrong: dict[Transport, str]
) -> T | None:
    before = len(reader.problems)
    found = read(reader)
    if problems := reader.problems[before:]:
        wrong[transport] = "; ".join(map(str, problems))
    return found


def _mqtt(reader: Reader) -> MqttSettings | None:
    before = len(reader.problems)
    host = reader.text("mqtt_host", "")
    tls = _tls(reader, "mqtt")
    port = reader.integer("mqtt_port", _PORTS[0], _PORTS[-1], MQTT_TLS_PORT if tls else MQTT_PORT)
    login = _login(reader, "mqtt", "")
    if not host or len(reader.problems) > before:
        return None
    return MqttSettings(host=host, port=port, login=login if login.username else None, tls=tls)


def _rabbitmq(reader: Reader) -> AmqpConfig | None:
    before = len(reader.problems)
    hosts = tuple(host for part in reader.text("rabbitmq_hosts", "").split(",") if (host := part.strip()))
    for host in hosts:
        name, colon, port = host.partition(":")
        if not name or (colon and not (port.isascii() and port.isdigit() and int(port) in _PORTS)):
            reader.problem("rabbitmq_hosts", f"must be host or host:port, separated by commas, is {host!r}")
    login = _login(reader, "rabbitmq", "guest")
    exchange, virtual_host = reader.text("rabbitmq_exchange", "home_automation"), reader.text("rabbitmq_vhost", "/")
    tls = _tls(reader, "rabbitmq")
    if not hosts or len(reader.problems) > before:
        return None
    return AmqpConfig(hosts=hosts, login=login, exchange=exchange, virtual_host=virtual_host, tls=tls)


def _login(reader: Reader, broker: str, default: str) -> Login:
    return Login(
        username=reader.text(f"{broker}_username", default), password=reader.secret(f"{broker}_password", default)
    )


def _tls(reader: Reader, broker: str) -> Tls | None:
    authority = reader.text(f"{broker}_ca", "")
    if not reader.boolean(f"{broker}_tls", default=False):
        return None
    path = Path("/ssl") / authority if authority else None
    if path is not None and not path.is_file():
        reader.problem(f"{broker}_ca", f"must be a file below /ssl, there is no {path}")
    return Tls(authority=path)
