"""A device's connection to an MQTT broker."""

from dataclasses import dataclass
from threading import Event
from typing import override

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from .links import Address, Link, LinkTimeoutError, Wire

_QOS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker says, retained, when the device is gone without a word."""

    topic: str
    payload: bytes


class MqttLink(Link):
    """QoS 1, a clean session, reconnects by itself and then subscribes again."""

    wire = Wire.MQTT

    def __init__(self, broker: Address, client_id: str, will: Will | None = None) -> None:
        """Prepare a client; nothing is sent before ``start``."""
        super().__init__()
        self._broker = broker
        self._connected = Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        if will is not None:
            self._client.will_set(will.topic, will.payload, qos=_QOS, retain=True)

    @override
    def start(self, timeout: float = 15.0) -> None:
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=20)
        self._client.loop_start()
        if not self._connected.wait(timeout):
            self._client.loop_stop()
            text = f"no MQTT broker at {self._broker.host}:{self._broker.port}"
            raise LinkTimeoutError(text)

    @override
    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @override
    def publish(self, address: str, body: bytes, *, retain: bool = False) -> None:
        if not self._connected.is_set():
            self.lost += 1
            return
        self._client.publish(address, body, qos=_QOS, retain=retain)

    @override
    def _follow(self, address: str) -> None:
        if self._connected.is_set():
            self._client.subscribe(address, qos=_QOS)

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: object,
        _flags: paho.ConnectFlags,
        reason: object,
        _properties: object,
    ) -> None:
        if reason != 0:
            return
        self._connected.set()
        for address in tuple(self._handlers):
            client.subscribe(address, qos=_QOS)

    def _on_disconnect(self, *_details: object) -> None:
        self._connected.clear()

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self._deliver(message.topic, message.payload)
