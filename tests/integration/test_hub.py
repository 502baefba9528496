"""One run of the hub and the next: what is kept between them, what is stopped, and what time does."""

from typing import Any, NoReturn

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub import hub as hub_module
from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.events import (
    Event,
    GroupRuleSet,
    Linked,
    OutputOptionsSet,
    OutputsSuspended,
    RuleSet,
    SilenceLimitSet,
    Tick,
)
from custom_components.event_hub.engine.model import GroupRule, InputRule
from custom_components.event_hub.engine.state import State, Transition
from custom_components.event_hub.engine.step import step
from custom_components.event_hub.storage.activity import ActivityFilter, ActivityLog
from devkit.polling import until

from .clock import Clock
from .fake_rabbitmq import FakeRabbitMQ
from .flows.kit import KEPT
from .kit import Home

GARAGE = "ioboard.garage"


@pytest.fixture
def entry(broker: FakeRabbitMQ) -> MockConfigEntry:
    """Return an entry that uses RabbitMQ."""
    assert not broker.links
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": False, "rabbitmq": KEPT})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that every run of the hub looks at."""
    clock = Clock()
    monkeypatch.setattr(hub_module, "time", clock)
    return clock


@pytest.fixture
async def alarm(home: Home, broker: FakeRabbitMQ) -> FakeRabbitMQ:
    """Return the broker of a home whose door is linked to a siren."""
    broker.heartbeat(inputs=("Door",), outputs=("Siren",))
    await home.enable(inputs=("Door",), outputs=("Siren",))
    await home.post(Linked(inputs=("Door",), outputs=("Siren",)))
    return broker


async def reasons(home: Home, key: str = "Door") -> list[str]:
    """Return what was decided, oldest first."""
    return [decision.reason for decision in reversed(await home.decisions(key))]


async def test_an_unloaded_hub_hears_nothing_and_shows_nothing(
    hass: HomeAssistant, home: Home, alarm: FakeRabbitMQ
) -> None:
    active = home.entity_id("binary_sensor", "device:Door:active")
    assert await hass.config_entries.async_unload(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.NOT_LOADED
    assert alarm.links[-1].stopped
    assert active is not None
    assert hass.states.is_state(active, STATE_UNAVAILABLE)
    assert alarm.event("Door").acknowledged == 0
    assert alarm.published == []


async def test_a_reloaded_hub_works_as_before(home: Home, alarm: FakeRabbitMQ) -> None:
    await home.reload()
    assert len(alarm.links) == 2
    assert alarm.event("Door").acknowledged == 0
    await until(lambda: len(alarm.published) == 1)
    assert alarm.published[0].address == "event.trigger.ioboard"


async def test_what_people_set_is_there_after_a_reload(home: Home, alarm: FakeRabbitMQ) -> None:
    assert alarm.links
    await home.enable(outputs=("Siren",), enabled=False)
    for event in (
        RuleSet(input_key="Door", rule=InputRule(latch=5.0, high=3.0, unit="V")),
        OutputOptionsSet(output_key="Siren", options={"interval": 7.0, "params": "5"}),
        GroupRuleSet(name="Attic", rule=GroupRule(name="Attic", count=3, within=9.0)),
        SilenceLimitSet(source_id=GARAGE, limit=99.0),
        OutputsSuspended(suspended=True),
    ):
        await home.post(event)
    before = home.hub.state
    await home.reload()
    after = home.hub.state
    assert after is not before
    for table in ("sources", "inputs", "outputs", "groups", "source_devices"):
        assert getattr(after, table) == getattr(before, table)
    assert after.inputs["Door"].links == ("Siren",)
    assert (after.inputs["Door"].enabled, after.outputs["Siren"].enabled) == (True, False)
    assert after.outputs_suspended


async def test_a_latch_holds_across_a_reload(home: Home, alarm: FakeRabbitMQ, clock: Clock) -> None:
    alarm.event("Door")
    await home.reload()
    alarm.event("Door")
    assert await reasons(home) == ["triggered", "latched"]
    clock.ahead = 61.0
    alarm.event("Door")
    assert await reasons(home) == ["triggered", "latched", "triggered"]


async def test_a_message_that_was_handled_before_a_reload_is_a_repeat_after_it(
    home: Home, broker: FakeRabbitMQ
) -> None:
    broker.native_event("Porch", "a5a5")
    await home.enable(inputs=("Porch",))
    await home.reload()
    broker.native_event("Porch", "a5a5")
    broker.native_event("Porch", "b6b6")
    assert (await reasons(home, "Porch"))[-2:] == ["duplicate", "triggered"]


async def test_a_message_that_came_over_the_other_broker_too_leaves_its_trigger_shown(
    home: Home, broker: FakeRabbitMQ
) -> None:
    broker.native_event("Porch", "a5a5")
    await home.enable(inputs=("Porch",))
    for _ in range(2):
        broker.native_event("Porch", "b6b6")
    await home.told()
    assert (await reasons(home, "Porch"))[-2:] == ["triggered", "duplicate"]
    assert home.state("event", "device:Porch:trigger").attributes["event_type"] == "triggered"


async def test_a_command_under_way_when_the_hub_stops_is_sent_by_the_next_run(home: Home, alarm: FakeRabbitMQ) -> None:
    alarm.confirms = False
    alarm.event("Door")
    await home.reload()
    first, second = alarm.published
    assert second.content == first.content
    assert first.expires_in is not None
    assert second.expires_in is not None
    assert 0 < second.expires_in < first.expires_in
    second.confirm()
    await until(lambda: not home.hub.state.commands)
    assert home.hub.state.output_status["Siren"].command_status == "unanswered"


async def test_a_command_that_was_confirmed_while_the_hub_stopped_is_not_sent_again(
    home: Home, alarm: FakeRabbitMQ
) -> None:
    alarm.confirms = False
    alarm.confirms_at_the_end = True
    alarm.event("Door")
    await home.reload()
    assert len(alarm.published) == 1
    assert home.hub.state.commands == {}


async def test_a_command_that_became_too_old_meanwhile_is_told_and_not_sent(
    home: Home, alarm: FakeRabbitMQ, clock: Clock
) -> None:
    alarm.confirms = False
    alarm.event("Door")
    clock.ahead = 91.0
    await home.reload()
    assert len(alarm.published) == 1
    status = home.hub.state.output_status["Siren"]
    assert (status.command_status, status.command_detail) == ("undelivered", "Event Hub was not running in time")


async def test_what_became_of_a_command_is_in_the_log_across_runs(home: Home, alarm: FakeRabbitMQ) -> None:
    alarm.confirms = False
    alarm.event("Door")
    await home.reload()
    alarm.published[-1].confirm()
    await until(lambda: not home.hub.state.commands)
    (decision,) = await home.hub.activity.async_query(ActivityFilter(input_keys=("Door",), reasons=("triggered",)))
    assert [command["status"] for command in decision.commands] == ["sent", "unanswered"]


async def test_the_end_of_home_assistant_stores_everything_and_ends_the_hub(
    hass: HomeAssistant, home: Home, alarm: FakeRabbitMQ, hass_storage: dict[str, Any]
) -> None:
    alarm.event("Door")
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    assert alarm.links[-1].stopped
    assert hass_storage["event_hub.registry"]["data"]["inputs"]["Door"]["links"] == ["Siren"]
    assert hass_storage["event_hub.status"]["data"]["input_status"]["Door"]["active"] is True
    with pytest.raises(HomeAssistantError):
        await home.hub.activity.async_query(ActivityFilter())


async def test_a_log_that_cannot_be_closed_costs_nothing_of_the_state(
    home: Home, alarm: FakeRabbitMQ, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: ActivityLog) -> NoReturn:
        raise OSError("the disk is gone")

    alarm.event("Door")
    close = home.hub.activity.async_close
    with monkeypatch.context() as broken:
        broken.setattr(ActivityLog, "async_close", fail)
        with pytest.raises(OSError, match="the disk is gone"):
            await home.hub.async_stop()
    await close()
    assert hass_storage["event_hub.status"]["data"]["input_status"]["Door"]["active"] is True


async def test_stopping_twice_is_stopping_once(home: Home, alarm: FakeRabbitMQ) -> None:
    await home.hub.async_stop()
    await home.hub.async_stop()
    assert alarm.links[-1].stopped


async def test_an_input_that_never_says_clear_is_cleared_by_the_timer(
    home: Home, alarm: FakeRabbitMQ, clock: Clock
) -> None:
    alarm.event("Door")
    await clock.go_on(home, 29.0)
    assert home.hub.state.input_status["Door"].active
    await clock.go_on(home, 2.0)
    assert not home.hub.state.input_status["Door"].active
    assert await reasons(home) == ["triggered", "cleared"]


async def test_a_hold_goes_on_across_a_reload(home: Home, alarm: FakeRabbitMQ, clock: Clock) -> None:
    alarm.event("Door")
    await clock.go_on(home, 20.0)
    await home.reload()
    assert home.hub.state.input_status["Door"].active
    await clock.go_on(home, 11.0)
    assert not home.hub.state.input_status["Door"].active


async def test_a_deadline_that_comes_earlier_than_the_one_waited_for_is_kept(
    home: Home, alarm: FakeRabbitMQ, clock: Clock
) -> None:
    await home.post(RuleSet(input_key="Door", rule=InputRule(hold=3600.0)))
    alarm.event("Door")
    alarm.event("Window")
    await home.told()
    await clock.go_on(home, 31.0)
    status = home.hub.state.input_status
    assert (status["Door"].active, status["Window"].active) == (True, False)


@pytest.mark.logs_error("What is due could not be handled")
async def test_what_is_due_is_tried_again_after_the_engine_failed_at_it(
    home: Home,
    alarm: FakeRabbitMQ,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail_in_time(state: State, event: Event, now: float) -> Transition:
        if isinstance(event, Tick):
            raise ZeroDivisionError("a fault of ours")
        return step(state, event, now)

    alarm.event("Door")
    with monkeypatch.context() as broken:
        broken.setattr(hub_module, "step", fail_in_time)
        await clock.go_on(home, 31.0)
        alarm.event("Window")
        await home.told()
    assert home.hub.counters.errors == 1
    assert caplog.text.count("What is due could not be handled") == 1
    await clock.go_on(home, 61.0)
    assert not home.hub.state.input_status["Door"].active


@pytest.mark.parametrize(("option", "value"), [("max_validity", 60), ("command_expiry", 20), ("silence_min", 45)])
async def test_a_changed_option_holds_for_the_next_run(home: Home, option: str, value: int) -> None:
    home.hass.config_entries.async_update_entry(home.entry, options={option: value})
    await home.reload()
    assert getattr(home.hub.state.settings, option) == float(value)


async def test_a_command_expires_as_the_option_says(home: Home, alarm: FakeRabbitMQ) -> None:
    home.hass.config_entries.async_update_entry(home.entry, options={"command_expiry": 20})
    await home.reload()
    alarm.event("Door")
    expires_in = alarm.published[-1].expires_in
    assert expires_in is not None
    assert 19 < expires_in <= 20


async def test_one_who_commands_waits_for_the_broker_no_longer_than_a_few_seconds(
    home: Home, alarm: FakeRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "HANDOVER_PATIENCE", 0.01)
    alarm.confirms = False
    answer = await home.hass.services.async_call(
        DOMAIN, "trigger_output", {"output": "Siren"}, blocking=True, return_response=True
    )
    assert answer == {"commands": [{"output": "Siren", "status": "sent", "detail": None}]}
    alarm.published[-1].confirm()
    await until(lambda: home.hub.state.output_status["Siren"].command_status == "unanswered")
