"""The hub's clock, or a device's, is set while everything runs: nothing is muted by it."""

import pytest

from custom_components.event_hub.engine.effects import SendCommand
from custom_components.event_hub.engine.events import GroupRuleSet
from custom_components.event_hub.engine.model import GroupRule, InputRule
from custom_components.event_hub.wire.messages import Dialect, InputReport, ResultStatus

from .kit import Engine, only, reasons, sent, source, statuses
from .test_commands import commanded, order, result, say, switches


@pytest.fixture
def engine() -> Engine:
    """Return an engine with an enabled door linked to an enabled siren."""
    engine = Engine()
    engine.input("Door")
    engine.output("Siren")
    engine.link("Door")
    return engine


@pytest.mark.parametrize("back", [0.5, 3600])
def test_an_output_without_an_interval_is_used_again_after_the_clock_was_set_back(engine: Engine, back: float) -> None:
    engine.input("Window")
    engine.link("Window")
    engine.active("Door")
    engine.now -= back
    assert sent(engine.active("Window")) == ["Siren"]


def test_an_interval_does_not_last_longer_because_the_clock_was_set_back(engine: Engine) -> None:
    engine.options("Siren", interval=30)
    engine.input("Window")
    engine.link("Window")
    engine.active("Door")
    engine.now -= 3600
    assert sent(engine.active("Window")) == ["Siren"]


def test_a_latch_does_not_last_longer_because_the_clock_was_set_back(engine: Engine) -> None:
    engine.active("Door")
    engine.clear("Door")
    engine.now -= 3600
    assert reasons(engine.active("Door")) == ["triggered"]


def test_a_level_held_active_triggers_again_after_the_clock_was_set_back(engine: Engine) -> None:
    engine.active("Door", level=True)
    engine.now -= 3600
    assert reasons(engine.active("Door", level=True)) == ["triggered"]


def test_a_latch_holds_when_the_clock_is_set_back_by_a_moment(engine: Engine) -> None:
    engine.active("Door")
    engine.now -= 0.5
    assert reasons(engine.active("Door")) == ["latched"]


def test_activations_from_before_the_clock_was_set_back_confirm_nothing_later() -> None:
    engine = Engine()
    engine.input("Door", InputRule(confirm_count=2, confirm_within=10))
    engine.active("Door")
    engine.now -= 3600
    assert reasons(engine.active("Door")) == ["unconfirmed"]


def test_members_from_before_the_clock_was_set_back_confirm_nothing_later() -> None:
    engine = Engine()
    for key in ("Door", "Window"):
        engine.input(key, group="Hall")
    engine.post(GroupRuleSet(name="Hall", rule=GroupRule(name="Hall", count=2, within=10)))
    engine.active("Door")
    engine.now -= 3600
    assert reasons(engine.active("Window")) == ["unconfirmed"]


def test_what_a_switch_board_says_counts_after_the_clock_was_set_back() -> None:
    engine = switches()
    order(engine, "Lamp", "on", "1")
    say(engine, pump=False, lamp=True)
    engine.now -= 3600
    say(engine, pump=False, lamp=False)
    assert order(engine, "Pump", "on", "2") == (True, False)


def test_a_hold_does_not_last_longer_because_the_hub_restarts_with_an_earlier_clock(engine: Engine) -> None:
    engine.active("Door")
    engine.restart(after=-3600)
    assert reasons(engine.wait(31)) == ["cleared"]


@pytest.mark.parametrize("back", [60, 3600, 86_400 * 365])
def test_a_command_is_not_waited_for_longer_because_the_hub_restarts_with_an_earlier_clock(back: float) -> None:
    engine, _ = commanded()
    engine.restart(after=-back)
    assert only(engine.effects, SendCommand).command.expires_at == engine.now + 90
    assert statuses(engine.wait(95)) == ["undelivered"]


def test_a_device_is_not_at_a_command_for_longer_because_the_hub_restarts_with_an_earlier_clock() -> None:
    engine, command_id = commanded()
    engine.post(result(command_id, ResultStatus.ACCEPTED))
    engine.restart(after=-3600)
    engine.wait(600)
    assert not engine.state.commands


def test_a_boards_clock_that_is_put_right_does_not_mute_a_board_whose_heartbeats_tell_no_time() -> None:
    engine = Engine()
    board = source("esp32_A", "sensor", Dialect.ESP_SENSOR)
    clear = InputReport(device_key="Door", active=False, level=True)
    engine.report(clear, by=board, sent_at=engine.now - 86_400)
    for _ in range(6):
        engine.heartbeat(by=board)
        engine.wait(1)
        engine.report(clear, by=board, sent_at=engine.now)
    report = InputReport(device_key="Door", active=True, level=True)
    assert reasons(engine.report(report, by=board, sent_at=engine.now)) == ["disabled"]


def test_a_boards_clock_that_runs_slow_does_not_mute_a_board_whose_heartbeats_tell_no_time() -> None:
    engine = Engine()
    board = source("esp32_A", "sensor", Dialect.ESP_SENSOR)
    clear = InputReport(device_key="Door", active=False, level=True)
    for behind in range(0, 200, 10):
        engine.heartbeat(by=board)
        engine.report(clear, by=board, sent_at=engine.now - behind)
        engine.wait(60)
    report = InputReport(device_key="Door", active=True, level=True)
    assert reasons(engine.report(report, by=board, sent_at=engine.now - 200)) == ["disabled"]


def test_a_heartbeat_that_is_too_old_to_have_been_under_way_tells_of_a_clock_that_was_set(engine: Engine) -> None:
    for _ in range(5):
        engine.heartbeat(sent_at=engine.now)
        engine.wait(5)
    engine.now += 7200
    engine.heartbeat(sent_at=engine.now - 7200)
    report = InputReport(device_key="Door", active=True)
    assert reasons(engine.report(report, sent_at=engine.now - 7200)) == ["triggered"]


def test_a_heartbeat_that_was_held_up_for_long_does_not_make_old_events_new(engine: Engine) -> None:
    for _ in range(5):
        engine.heartbeat(sent_at=engine.now)
        engine.wait(5)
    engine.heartbeat(sent_at=engine.now - 130)
    engine.heartbeat(sent_at=engine.now)
    report = InputReport(device_key="Door", active=True)
    assert reasons(engine.report(report, sent_at=engine.now - 130)) == ["stale"]
