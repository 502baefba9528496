"""What a restart may not change."""

import pytest

from custom_components.event_hub.engine.effects import CommandProgressed, SendCommand, SourceLost
from custom_components.event_hub.engine.events import CommandPublished
from custom_components.event_hub.wire.messages import Dialect, InputReport

from .kit import Engine, only, reasons, sent, source, statuses


@pytest.fixture
def engine() -> Engine:
    """Return an engine with a door linked to a siren that answers."""
    engine = Engine()
    engine.output("Siren", by=source("relays", dialect=Dialect.NATIVE))
    engine.input("Door")
    engine.link("Door")
    return engine


def test_a_latch_runs_on(engine: Engine) -> None:
    engine.active("Door")
    engine.clear("Door")
    engine.restart(after=30)
    assert reasons(engine.active("Door")) == ["latched"]
    engine.clear("Door")
    engine.wait(30)
    assert reasons(engine.active("Door")) == ["triggered"]


def test_a_hold_that_ended_meanwhile_clears_at_once(engine: Engine) -> None:
    engine.active("Door")
    engine.restart(after=300)
    assert reasons(engine.wait(0.1)) == ["cleared"]


def test_a_message_handled_before_is_a_duplicate_after(engine: Engine) -> None:
    engine.report(InputReport(device_key="Door", active=True), message_id="1")
    engine.restart(after=5)
    assert reasons(engine.report(InputReport(device_key="Door", active=True), message_id="1")) == ["duplicate"]


def test_a_command_under_way_is_sent_again_under_its_id(engine: Engine) -> None:
    first = only(engine.active("Door"), SendCommand).command
    again = only(engine.restart(after=20), SendCommand).command
    assert again == first


def test_a_command_that_is_too_late_is_undelivered_and_not_sent(engine: Engine) -> None:
    engine.active("Door")
    effects = engine.restart(after=91)
    assert sent(effects) == []
    assert only(effects, CommandProgressed).status == "undelivered"


def test_a_command_sent_again_is_followed_again(engine: Engine) -> None:
    command_id = only(engine.active("Door"), SendCommand).command.command_id
    engine.restart(after=5)
    engine.post(CommandPublished(command_id=command_id))
    assert statuses(engine.wait(16)) == ["undelivered"]


def test_silence_starts_afresh(engine: Engine) -> None:
    for _ in range(3):
        engine.heartbeat()
        engine.heartbeat(by=source("relays", dialect=Dialect.NATIVE))
        engine.wait(5)
    engine.restart(after=3600)
    assert [effect for effect in engine.wait(29) if isinstance(effect, SourceLost)] == []
    lost = [effect.source_id for effect in engine.wait(2) if isinstance(effect, SourceLost)]
    assert sorted(lost) == ["ioboard.board", "ioboard.relays"]


def test_a_source_lost_before_stays_lost_and_is_not_told_again(engine: Engine) -> None:
    engine.heartbeat()
    engine.wait(400)
    engine.restart(after=100)
    assert engine.state.source_status["ioboard.board"].lost
    assert [effect for effect in engine.wait(1000) if isinstance(effect, SourceLost)] == []
