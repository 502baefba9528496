"""What is outside Home Assistant: a board on MQTT, and an address that notes whom actions called."""

from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
import json
import threading
import time
from typing import Any, Final, Self
from uuid import uuid4

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from devkit.brokers import LOOPBACK, free_ports

type Json = dict[str, Any]
OFFLINE: Final = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that reached the outside: whom it was for, what was said, and when (unix seconds)."""

    to: str
    said: Json
    at: float = field(compare=False)


class Outside:
    """An HTTP server that Home Assistant's ``rest_command`` calls, within a ``with`` block."""

    def __init__(self) -> None:
        """Choose an address; nobody listens yet."""
        self.port = free_ports(1)[0]
        # Seconds that pass between the call and its answer.
        self.delay = 0.0
        self._calls: list[Call] = []
        self._ending = threading.Event()

    def __enter__(self) -> Self:
        """Listen."""
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outside._note(self.path.removeprefix("/"), said)
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer((LOOPBACK, self.port), Handler)
        # One thread for all, so that none is left behind by a test; who waits for an answer keeps others waiting.
        self._thread = threading.Thread(target=self._server.serve_forever, name="outside", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._ending.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def calls(self, to: str) -> tuple[Call, ...]:
        """Return the calls for somebody so far, oldest first."""
        return tuple(call for call in tuple(self._calls) if call.to == to)

    def _note(self, to: str, said: Json) -> None:
        self._calls.append(Call(to=to, said=said, at=time.time()))
        self._ending.wait(self.delay)


class Board:
    """A native device on MQTT with any number of inputs and outputs."""

    def __init__(self, port: int, name: str, *, topic: str = "ioboard") -> None:
        """Connect to the broker."""
        self.inputs: dict[str, Json] = {}
        self.outputs: dict[str, Json] = {}
        # What came on the topics that were asked for, oldest first.
        self.got: list[tuple[str, Any]] = []
        self._base = f"event_hub/{topic}/{name}"
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"{topic}-{name}")
        self._client.on_message = self._came
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def add(self, *keys: str, **more: Any) -> None:
        """Have inputs of these keys, which are their labels as well."""
        self.inputs |= {key: {"device_key": key, "device_label": key, "state": "off", **more} for key in keys}

    def introduce(self) -> None:
        """Say what there is, and how it stands."""
        self.publish("status", "online", retain=True)
        self._say("heartbeat", inputs=[*self.inputs.values()], outputs=[*self.outputs.values()])

    def tell(self, key: str, detail: str | None = None, *, active: bool = True, **more: Any) -> None:
        """Tell that an input is active, or is no longer."""
        known = self.inputs[key]
        known["state"] = "triggered" if active else "off"
        self._say("event", inputs=[known | ({"event_detail": detail} if detail else {}) | more])

    def press(self, key: str, detail: str | None = None) -> None:
        """Tell that an input was active for a moment."""
        self.tell(key, detail)
        self.tell(key, active=False)

    def show(self, key: str, picture: bytes, people: int) -> None:
        """Show what a camera sees, with so many people in it."""
        slug = key.lower().replace(" ", "_")
        person = {"label": "person", "category": "person", "confidence": 90.0, "box": None}
        detection = {"status": "done", "detector": "hog", "people": people, "objects": [person] * people}
        self._publish(f"{self._base}/image/{slug}", picture)
        self.tell(key, f"{people} person(s)", image_timestamp=time.time(), detection=detection)

    def publish(self, address: str, body: str, *, retain: bool = False) -> None:
        """Publish a text below the device's own topic."""
        self._publish(f"{self._base}/{address}", body.encode(), retain=retain)

    def say(self, topic: str, body: str | Json, *, retain: bool = False) -> None:
        """Publish text or JSON under any topic."""
        self._publish(topic, (body if isinstance(body, str) else json.dumps(body)).encode(), retain=retain)

    def listen(self, *topics: str) -> None:
        """Note what comes there."""
        for topic in topics:
            self._client.subscribe(topic, qos=1)

    def heard(self, topic: str) -> list[Any]:
        """Return what came on a topic so far, oldest first."""
        return [body for each, body in tuple(self.got) if each == topic]

    def _say(self, kind: str, **body: Any) -> None:
        message = {"schema": 1, "message_id": str(uuid4()), "timestamp": time.time(), **body}
        self._publish(f"{self._base}/{kind}", json.dumps(message).encode())

    def _publish(self, topic: str, body: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, body, qos=1, retain=retain).wait_for_publish(10)

    def _came(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        try:
            body = json.loads(message.payload)
        except ValueError:
            body = message.payload.decode(errors="replace")
        self.got.append((message.topic, body))
