"""Entities of sources and of the hub itself."""

from datetime import timedelta
import time

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub.engine.events import InputAdopted, TransportChanged
from custom_components.event_hub.engine.model import InputRecord, Reason
from custom_components.event_hub.wire.messages import InputReport, ReportKind, Transport

from .kit import Home

BOARD = "source:ioboard.garage"


async def test_a_source_is_connected_until_it_is_lost(home: Home) -> None:
    await home.report()
    connected, problem = (f"{BOARD}:connected", f"{BOARD}:problem")
    assert home.state("binary_sensor", connected).state == "on"
    assert home.state("binary_sensor", problem).state == "off"
    await home.lose()
    assert home.state("binary_sensor", connected).state == "off"
    assert home.state("binary_sensor", problem).state == "on"
    await home.report()
    assert home.state("binary_sensor", connected).state == "on"


async def test_a_clock_that_is_far_off_is_a_problem_of_a_connected_source(home: Home) -> None:
    await home.report(sent_at=time.time() - 3600)
    assert home.state("binary_sensor", f"{BOARD}:connected").state == "on"
    assert home.state("binary_sensor", f"{BOARD}:problem").state == "on"


@pytest.mark.parametrize(
    ("late", "shown"),
    [
        (42, {"clock_behind": 42}),
        (-42, {"clock_ahead": 42}),
        (3600, {"clock_behind": 3600}),
        (3, {}),
        (-3, {}),
        (0, {}),
    ],
)
async def test_a_clock_that_is_somewhat_off_is_told_by_the_source(
    home: Home, late: float, shown: dict[str, int]
) -> None:
    await home.report(sent_at=home.hub.now() - late)
    told = home.state("binary_sensor", f"{BOARD}:problem").attributes
    found = {name: told[name] for name in ("clock_behind", "clock_ahead") if name in told}
    assert found == {name: pytest.approx(seconds, abs=1) for name, seconds in shown.items()}


async def test_a_clock_that_goes_right_again_is_told_no_longer(home: Home) -> None:
    await home.report(sent_at=home.hub.now() - 20)
    assert "clock_behind" in home.state("binary_sensor", f"{BOARD}:problem").attributes
    await home.report(sent_at=home.hub.now())
    assert "clock_behind" not in home.state("binary_sensor", f"{BOARD}:problem").attributes


async def test_home_assistant_itself_is_no_source_that_can_be_lost(home: Home) -> None:
    home.hass.states.async_set("binary_sensor.zigbee_pir", "off")
    await home.post(InputAdopted(record=InputRecord(key="Hall", source_id="", entity_id="binary_sensor.zigbee_pir")))
    entities = er.async_entries_for_config_entry(er.async_get(home.hass), home.entry.entry_id)
    assert [entity.unique_id for entity in entities if entity.unique_id.startswith("source:")] == []
    assert home.device("home_assistant") is not None


@pytest.mark.parametrize("key", ["last_seen", "last_heartbeat", "clock_offset", "started"])
async def test_what_is_noisy_about_a_source_is_disabled_at_first(home: Home, key: str) -> None:
    await home.report(uptime=30.0)
    entity = er.async_get(home.hass).async_get(home.entity_id("sensor", f"{BOARD}:{key}") or "")
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert entity.entity_category == "diagnostic"


async def test_when_a_source_was_last_seen_is_written_once_a_minute_at_most(home: Home) -> None:
    await home.report()
    await home.enable_entity("sensor", f"{BOARD}:last_seen")
    shown = dt_util.parse_datetime(home.state("sensor", f"{BOARD}:last_seen").state)
    assert shown is not None
    seen = home.hub.state.source_status["ioboard.garage"].last_seen
    assert shown.timestamp() == seen - seen % 60
    written = home.writes()
    for _ in range(5):
        await home.report(kind=ReportKind.HEARTBEAT)
    entity_id = home.entity_id("sensor", f"{BOARD}:last_seen")
    # A minute may end meanwhile.
    assert sum(state.entity_id == entity_id for state in written) <= 1


async def test_when_a_source_sent_its_last_heartbeat_is_shown_to_the_minute(home: Home) -> None:
    await home.report(kind=ReportKind.HEARTBEAT)
    await home.enable_entity("sensor", f"{BOARD}:last_heartbeat")
    sent = home.hub.state.source_status["ioboard.garage"].last_heartbeat
    assert sent is not None
    shown = dt_util.parse_datetime(home.state("sensor", f"{BOARD}:last_heartbeat").state)
    assert shown is not None
    assert shown.timestamp() == sent - sent % 60


async def test_a_source_that_sends_no_heartbeats_has_no_last_one(home: Home) -> None:
    await home.report()
    await home.enable_entity("sensor", f"{BOARD}:last_heartbeat")
    assert home.state("sensor", f"{BOARD}:last_heartbeat").state == "unknown"


async def test_a_sources_clock_offset_is_in_seconds(home: Home) -> None:
    await home.report(sent_at=time.time() - 42)
    await home.enable_entity("sensor", f"{BOARD}:clock_offset")
    state = home.state("sensor", f"{BOARD}:clock_offset")
    assert float(state.state) == pytest.approx(42, abs=1)
    assert state.attributes["unit_of_measurement"] == "s"


async def test_when_a_source_started_comes_from_its_uptime(home: Home) -> None:
    await home.report(uptime=7200.0)
    await home.enable_entity("sensor", f"{BOARD}:started")
    shown = dt_util.parse_datetime(home.state("sensor", f"{BOARD}:started").state)
    assert shown is not None
    assert shown.timestamp() == pytest.approx(time.time() - 7200, abs=61)


async def test_a_source_that_tells_no_uptime_has_no_start(home: Home) -> None:
    await home.report()
    assert home.entity_id("sensor", f"{BOARD}:started") is None


async def test_the_hubs_switch_suspends_and_resumes_all_outputs(home: Home) -> None:
    assert home.state("switch", "hub:outputs").state == "on"
    await home.call("switch", "turn_off", "hub:outputs")
    assert home.hub.state.outputs_suspended
    assert home.state("switch", "hub:outputs").state == "off"
    await home.call("switch", "turn_on", "hub:outputs")
    assert not home.hub.state.outputs_suspended


@pytest.mark.parametrize(("button", "key"), [("hub:panic", "Panic"), ("hub:report", "Report")])
async def test_the_hubs_buttons_trigger_what_is_always_there(home: Home, button: str, key: str) -> None:
    await home.call("button", "press", button)
    assert [decision.reason for decision in await home.decisions(key)] == [Reason.TRIGGERED]
    assert home.state("event", f"device:{key}:trigger").attributes["event_type"] == "triggered"


async def test_panic_that_is_switched_off_says_so(home: Home) -> None:
    await home.enable(inputs=("Panic",), enabled=False)
    with pytest.raises(HomeAssistantError, match="Panic is switched off"):
        await home.call("button", "press", "hub:panic")


async def test_only_brokers_that_are_set_up_have_a_connection(home: Home) -> None:
    assert home.entity_id("binary_sensor", "hub:mqtt") is None
    assert home.entity_id("binary_sensor", "hub:rabbitmq") is None


async def test_a_brokers_connection_is_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.event_hub.hub.uses_mqtt", lambda _: True)
    await home.reload()
    assert home.state("binary_sensor", "hub:mqtt").state == "off"
    await home.post(TransportChanged(transport=Transport.MQTT, up=True))
    assert home.state("binary_sensor", "hub:mqtt").state == "on"
    await home.post(TransportChanged(transport=Transport.MQTT, up=False))
    assert home.state("binary_sensor", "hub:mqtt").state == "off"


async def test_the_hubs_counts_are_looked_at_every_minute(home: Home) -> None:
    await home.enable_entity("sensor", "hub:inputs")
    assert home.state("sensor", "hub:inputs").state == "2"
    await home.report(InputReport(device_key="Door", active=False))
    assert home.state("sensor", "hub:inputs").state == "2"
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(minutes=2))
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert home.state("sensor", "hub:inputs").state == "3"


async def test_refused_messages_are_counted(home: Home) -> None:
    await home.enable_entity("sensor", "hub:refused")
    home.hub.receiver.mqtt("sensor/esp-1", b"not json", False)  # noqa: FBT003 - as the link calls it
    await home.told()
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(minutes=2))
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert home.state("sensor", "hub:refused").state == "1"
