"""Who hears what the app says at its broker, as the hub does, and gives commands."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
import queue
from typing import Any, Self
import uuid

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from hub_relay.native import slug
from tests.addons.hub_relay.kit import as_json, command

from .kit import PATIENCE, App, eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of one camera, with the pictures that went ahead of it."""

    message_id: str
    key: str
    timestamp: str
    device: Mapping[str, Any]
    image: bytes | None
    annotated: bytes | None

    @property
    def status(self) -> tuple[str, str | None]:
        """What became of looking, and why."""
        return self.device["detection"]["status"], self.device["detection"]["reason"]


class Ears:
    """A subscriber that the broker keeps everything for. ``heard`` are the payloads of all topics, images included."""

    def __init__(self, app: App) -> None:
        self.place = f"event_hub/snapshot/{app.name}"
        self.heard: list[tuple[str, bytes]] = []
        self._events: list[Event] = []
        self._images: dict[str, bytes] = {}
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=uuid.uuid4().hex, clean_session=False)
        self.client.on_message = self._on_message
        subscribed: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.client.on_subscribe = lambda *_: subscribed.put(None)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect(app.broker.host, app.broker.port)
        self.client.loop_start()
        self.client.subscribe(f"{self.place}/#", qos=1)
        subscribed.get(timeout=PATIENCE)

    def events(self, key: str | None = None) -> list[Event]:
        """Return all events, or those of one camera, in the order in which they came."""
        return [one for one in list(self._events) if key in {None, one.key}]

    def once(self) -> list[Event]:
        """Return all events as the hub takes them: a repeated one counts where it came first."""
        found: dict[str, Event] = {}
        for event in self.events():
            found.setdefault(event.message_id, event)
        return list(found.values())

    def until_events(self, count: int, key: str | None = None, patience: float = PATIENCE) -> list[Event]:
        """Wait until there are so many, and return them."""
        eventually(lambda: len(self.events(key)) >= count, f"{count} events, have {len(self.events(key))}", patience)
        return self.events(key)

    def bodies(self, purpose: str) -> list[Any]:
        """Return what came on ``heartbeat`` or ``result``."""
        return [json.loads(body) for topic, body in list(self.heard) if topic == f"{self.place}/{purpose}"]

    def health(self, part: str) -> Mapping[str, Any]:
        """Return what the newest heartbeat says of a part of the app, with its ``budget`` as a part of its own."""
        beats = self.bodies("heartbeat")
        if not beats:
            return {}
        found: Mapping[str, Any] = beats[-1][part] if part == "budget" else beats[-1]["health"].get(part, {})
        return found

    def until_beat(self) -> None:
        """Wait for a heartbeat that was not there before: then the app hears commands, and says how it is now."""
        before = len(self.bodies("heartbeat"))
        eventually(lambda: len(self.bodies("heartbeat")) > before, "no heartbeat")

    def command(self, key: str, **changes: Any) -> str:
        """Give the command to take a picture, and return its id."""
        said = command(key, **changes)
        self.client.publish(f"{self.place}/command", as_json(said), qos=1).wait_for_publish(PATIENCE)
        return str(said["command_id"])

    def results(self, command_id: str) -> list[tuple[str, str | None]]:
        """Return the answers to a command, in their order."""
        return [(one["status"], one["detail"]) for one in self.bodies("result") if one["command_id"] == command_id]

    def until_answered(self, command_id: str, patience: float = PATIENCE) -> tuple[str, str | None]:
        """Wait for the answer that is not ``accepted``, and return it."""

        def answers() -> list[tuple[str, str | None]]:
            return [one for one in self.results(command_id) if one[0] != "accepted"]

        eventually(answers, f"no answer to {command_id}", patience)
        (answer,) = set(answers())
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))
        if message.topic.startswith(f"{self.place}/image/"):
            self._images[message.topic.removeprefix(f"{self.place}/image/")] = message.payload
        elif message.topic == f"{self.place}/event":
            said = json.loads(message.payload)
            (device,) = said["inputs"]
            place = slug(device["device_key"])
            self._events.append(
                Event(
                    message_id=said["message_id"],
                    key=device["device_key"],
                    timestamp=said["timestamp"],
                    device=device,
                    image=self._images.pop(place, None),
                    annotated=self._images.pop(f"{place}/annotated", None),
                )
            )
