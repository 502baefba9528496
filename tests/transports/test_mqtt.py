"""The link through Home Assistant's own MQTT integration, to a real broker."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from unittest.mock import AsyncMock

from homeassistant.components.mqtt import DOMAIN as MQTT_DOMAIN, async_subscribe
from homeassistant.const import CONF_PORT, CONF_PROTOCOL
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.event_hub.transports.link import LinkState, LinkStatus, PublishError
from custom_components.event_hub.transports.mqtt import MqttLink
from custom_components.event_hub.wire.messages import Outgoing, Transport
from devkit.brokers import Mosquitto
from devkit.polling import until

SWITCH = "switch/control/esp32_0A1B2C"


def command(body: bytes = b"{}", expires_in: float | None = 30.0) -> Outgoing:
    return Outgoing(transport=Transport.MQTT, address=SWITCH, body=body, expires_in=expires_in)


class Board:
    """A device on the broker, which hears every command to a switch."""

    def __init__(self, broker: Mosquitto) -> None:
        self.heard: list[bytes] = []
        self.ready = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(SWITCH, 1)
        self._client.on_subscribe = lambda *_: setattr(self, "ready", True)
        self._client.on_message = lambda _, __, message: self.heard.append(message.payload)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Hub:
    """A link that remembers."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self.statuses: list[LinkStatus] = []
        self.link = MqttLink(hass, lambda *message: self.messages.append(message), self.statuses.append)

    @property
    def state(self) -> LinkState:
        return self.statuses[-1].state

    async def up(self) -> None:
        await until(lambda: self.state is LinkState.UP)

    async def down(self) -> None:
        await until(lambda: self.state is LinkState.DOWN)


@pytest.fixture(scope="module")
def running_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mosquitto]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as broker:
        yield broker


@pytest.fixture
def mosquitto(running_mosquitto: Mosquitto) -> Generator[Mosquitto]:
    """The broker, which runs again afterwards."""
    yield running_mosquitto
    running_mosquitto.restore()


@pytest.fixture
def board(mosquitto: Mosquitto) -> Generator[Board]:
    board = Board(mosquitto)
    yield board
    board.close()


@pytest.fixture
def entry(hass: HomeAssistant, mosquitto: Mosquitto, tmp_path: Path) -> MockConfigEntry:
    """The MQTT integration's entry, not yet set up."""
    (tmp_path / "configuration.yaml").touch()
    hass.config.config_dir = str(tmp_path)
    entry = MockConfigEntry(
        domain=MQTT_DOMAIN,
        data={"broker": mosquitto.host, CONF_PORT: mosquitto.port, CONF_PROTOCOL: "5"},
        options={"discovery": False, "birth_message": {}},
        version=2,
        minor_version=1,
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def hub(hass: HomeAssistant) -> AsyncGenerator[Hub]:
    hub = Hub(hass)
    yield hub
    await hub.link.async_stop()


@pytest.fixture
async def mqtt(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[MockConfigEntry]:
    """The MQTT integration, running."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


async def heard_by(hub: Hub, board: Board, topic: str = "sensor/garage/esp32_0A1B2C") -> None:
    """Publish until a message arrives: Home Assistant subscribes some time after it connected."""
    before = len(hub.messages)

    def arrives() -> bool:
        board.publish(topic, b"probe")
        return len(hub.messages) > before

    await until(arrives)


@pytest.mark.usefixtures("mqtt")
async def test_messages_arrive_as_bytes_and_say_if_they_were_retained(hub: Hub, board: Board) -> None:
    board.publish("event_hub/snapshot/camera/status", b"online", retain=True)
    await hub.link.async_start()
    await hub.up()
    await heard_by(hub, board)
    board.publish("meter/water", b'\xff{"not": "text"}')
    await until(lambda: ("meter/water", b'\xff{"not": "text"}', False) in hub.messages)
    await until(lambda: ("event_hub/snapshot/camera/status", b"online", True) in hub.messages)
    assert LinkState.DOWN not in [status.state for status in hub.statuses]


@pytest.mark.usefixtures("mqtt")
async def test_what_home_assistant_reads_as_text_for_others_arrives_as_bytes_all_the_same(
    hass: HomeAssistant, hub: Hub, board: Board
) -> None:
    # Home Assistant's discovery subscribes to the topics that the manifest names, and reads them as text. All who
    # subscribe to the same pattern are given what the first of them wanted.
    seen: list[object] = []
    await async_subscribe(hass, "event_hub/+/+/status", lambda message: seen.append(message.payload))
    await hub.link.async_start()
    await hub.up()
    await heard_by(hub, board)
    board.publish("event_hub/panel/hall/status", b"offline")
    await until(lambda: ("event_hub/panel/hall/status", b"offline", False) in hub.messages)
    await until(lambda: "offline" in seen)


@pytest.mark.usefixtures("mqtt")
async def test_commands_reach_the_board_in_order(hub: Hub, board: Board) -> None:
    await hub.link.async_start()
    await until(lambda: board.ready)
    bodies = [b"%d" % number for number in range(20)]
    await asyncio.gather(*(hub.link.publish(command(body)) for body in bodies))
    await until(lambda: len(board.heard) == 20)
    assert board.heard == bodies


@pytest.mark.usefixtures("mqtt")
@pytest.mark.parametrize("expires_in", [None, 30.0])
async def test_what_is_retained_is_there_for_who_subscribes_later(
    hub: Hub, mosquitto: Mosquitto, expires_in: float | None
) -> None:
    await hub.link.async_start()
    await hub.up()
    state = Outgoing(transport=Transport.MQTT, address=SWITCH, body=b"kept", expires_in=expires_in, retained=True)
    await hub.link.publish(state)
    late = Board(mosquitto)
    await until(lambda: late.heard == [b"kept"])
    late.close()
    await hub.link.publish(Outgoing(transport=Transport.MQTT, address=SWITCH, body=b"", retained=True))


@pytest.mark.usefixtures("mqtt")
async def test_a_link_with_topics_of_its_own_hears_these_alone(hass: HomeAssistant, board: Board) -> None:
    heard: list[str] = []
    statuses: list[LinkStatus] = []
    link = MqttLink(hass, lambda topic, *_: heard.append(topic), statuses.append, ("event_hub/alarm/+/command",))
    await link.async_start()
    await until(lambda: statuses[-1].state is LinkState.UP)

    def arrives() -> bool:
        board.publish("meter/water", b"{}")
        board.publish("event_hub/alarm/home/command", b"{}")
        return bool(heard)

    await until(arrives)
    assert set(heard) == {"event_hub/alarm/home/command"}
    await link.async_stop()


async def test_without_the_mqtt_integration_the_link_waits_and_follows_once_it_is_set_up(
    hass: HomeAssistant, hub: Hub, board: Board, request: pytest.FixtureRequest
) -> None:
    await hub.link.async_start()
    assert hub.statuses[-1].detail == "Home Assistant's MQTT integration is not set up"
    waiting = hub.link.publish(command(b"kept"))
    await until(lambda: board.ready)
    entry: MockConfigEntry = request.getfixturevalue("entry")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hub.up()
    await waiting
    await until(lambda: board.heard == [b"kept"])
    await heard_by(hub, board)
    await hass.config_entries.async_unload(entry.entry_id)
    assert hub.state is LinkState.DOWN


@pytest.mark.usefixtures("mqtt")
async def test_mqtt_that_takes_no_subscription_is_not_called_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse = AsyncMock(side_effect=HomeAssistantError("no more subscriptions"))
    monkeypatch.setattr("custom_components.event_hub.transports.mqtt.mqtt.async_subscribe", refuse)
    await hub.link.async_start()
    assert (hub.state, hub.statuses[-1].detail) == (LinkState.DOWN, "no more subscriptions")


async def test_a_reload_of_mqtt_neither_loses_nor_doubles_messages(
    hass: HomeAssistant, mqtt: MockConfigEntry, hub: Hub, board: Board
) -> None:
    await hub.link.async_start()
    await hub.up()
    await heard_by(hub, board)
    assert await hass.config_entries.async_reload(mqtt.entry_id)
    await hub.up()
    await heard_by(hub, board)
    hub.messages.clear()
    board.publish("meter/water", b"first")
    board.publish("meter/water", b"last")
    await until(lambda: ("meter/water", b"last", False) in hub.messages)
    assert [payload for topic, payload, _ in hub.messages if topic == "meter/water"] == [b"first", b"last"]


@pytest.mark.usefixtures("mqtt")
async def test_a_restarted_broker_is_followed(hub: Hub, mosquitto: Mosquitto, board: Board) -> None:
    await hub.link.async_start()
    await hub.up()
    await asyncio.to_thread(mosquitto.kill)
    await hub.down()
    assert hub.statuses[-1].problem == "cannot_connect"
    waiting = hub.link.publish(command(b"kept"))
    board.ready = False
    await asyncio.to_thread(mosquitto.start)
    await hub.up()
    await waiting
    await heard_by(hub, board)


@pytest.mark.usefixtures("mqtt")
async def test_a_broker_that_stops_in_order_sends_last_wills_and_is_gone_then(
    hub: Hub, mosquitto: Mosquitto, board: Board
) -> None:
    await hub.link.async_start()
    await hub.up()
    await heard_by(hub, board)
    words = [("event_hub/app/home/status", b"offline", False)]
    device = paho.Client(CallbackAPIVersion.VERSION2)
    device.will_set(words[0][0], b"offline", 1, retain=True)
    device.connect(mosquitto.host, mosquitto.port)
    device.loop_start()
    await until(device.is_connected)
    # From here on it does nothing, and does not connect again.
    await asyncio.to_thread(device.loop_stop)
    stopping = asyncio.create_task(asyncio.to_thread(mosquitto.stop))
    await until(lambda: hub.messages[-1:] == words)
    await hub.down()
    await stopping
    await asyncio.to_thread(mosquitto.start)
    await until(lambda: ("event_hub/app/home/status", b"offline", True) in hub.messages)


async def test_a_broker_that_is_away_at_the_start_is_told_after_some_patience(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.event_hub.transports.mqtt.START_PATIENCE", 0.2)
    mosquitto.kill()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hub.link.async_start()
    assert hub.state is LinkState.CONNECTING
    await hub.down()
    assert hub.statuses[-1].detail == "Home Assistant's MQTT integration has no connection to its broker"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_command_fails_when_mqtt_is_away_until_it_expires(hub: Hub) -> None:
    await hub.link.async_start()
    with pytest.raises(PublishError, match="away for too long"):
        await hub.link.publish(command(expires_in=0.05))


async def test_only_so_many_commands_wait_and_all_fail_when_the_hub_stops(hub: Hub) -> None:
    await hub.link.async_start()
    waiting = [hub.link.publish(command()) for _ in range(1000)]
    with pytest.raises(PublishError, match="Too many"):
        await hub.link.publish(command())
    await hub.link.async_stop()
    assert all(isinstance(future.exception(), PublishError) for future in waiting)
    with pytest.raises(PublishError, match="stopped"):
        await hub.link.publish(command())
    assert hub.state is LinkState.STOPPED


@pytest.mark.usefixtures("mqtt")
async def test_nothing_arrives_after_the_hub_stopped(hub: Hub, board: Board) -> None:
    await hub.link.async_start()
    await hub.up()
    await heard_by(hub, board)
    await hub.link.async_stop()
    seen = len(hub.messages)
    await until(lambda: board.ready)
    board.publish("meter/water", b"too late")
    board.publish(SWITCH, b"marker")
    await until(lambda: b"marker" in board.heard)
    assert len(hub.messages) == seen
