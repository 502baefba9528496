"""A device's connection to an MQTT broker."""

from dataclasses import dataclass
from threading import Event
from typing import Any, ClassVar, Final, override

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from .links import CONNECT_TIMEOUT, Link, Wire

_QOS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker says, retained, when the device is gone without a word."""

    topic: str
    payload: bytes


class MqttLink(Link):
    """QoS 1, a clean session; reconnects by itself and then subscribes again."""

    wire: ClassVar[Wire] = Wire.MQTT

    def __init__(self, host: str, port: int, client_id: str, *, will: Will | None = None) -> None:
        """Prepare a client; nothing is sent before ``start``."""
        super().__init__()
        self._host = host
        self._port = port
        self._connected = Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        if will is not None:
            self._client.will_set(will.topic, will.payload, qos=_QOS, retain=True)

    @override
    def publish(self, address: str, body: bytes, *, retain: bool = False) -> None:
        if self._connected.is_set():
            self._client.publish(address, body, qos=_QOS, retain=retain)
        else:
            self.lost += 1

    @override
    def _connect(self) -> None:
        self._client.connect_async(self._host, self._port, keepalive=20)
        self._client.loop_start()
        if not self._connected.wait(CONNECT_TIMEOUT):
            self._client.loop_stop()
            raise TimeoutError(f"no MQTT broker at {self._host}:{self._port}")

    @override
    def _disconnect(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @override
    def _cut(self) -> None:
        socket: Any = self._client.socket()
        self._client.loop_stop()
        self._connected.clear()
        if socket is not None:
            socket.close()

    @override
    def _follow(self, address: str) -> None:
        if self._connected.is_set():
            self._client.subscribe(address, qos=_QOS)

    def _on_connect(
        self, client: paho.Client, _userdata: object, _flags: object, reason: object, _properties: object
    ) -> None:
        if reason != 0:
            return
        for address in tuple(self._handlers):
            client.subscribe(address, qos=_QOS)
        self._connected.set()

    def _on_disconnect(self, *_details: object) -> None:
        self._connected.clear()

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self._deliver(message.topic, message.payload)
