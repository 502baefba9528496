"""Sources are supervised (behaviour.md, 3)."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.effects import ClockProblem, SourceBack, SourceLost
from custom_components.event_hub.engine.events import SilenceLimitSet, SourceAvailability
from custom_components.event_hub.wire.messages import Dialect, InputReport, Source, Transport

from .kit import Engine, only, reasons, source

BOARD = "ioboard.board"


def beating(interval: float, times: int = 10) -> Engine:
    """Return an engine with a source that sent heartbeats at an interval."""
    engine = Engine()
    for _ in range(times):
        engine.heartbeat(sent_at=engine.now)
        engine.wait(interval)
    engine.heartbeat(sent_at=engine.now)
    return engine


@pytest.mark.parametrize(("interval", "limit"), [(1, 30), (5, 30), (20, 60), (99, 297), (200, 300)])
def test_a_source_is_lost_after_three_of_its_own_intervals(interval: float, limit: float) -> None:
    engine = beating(interval)
    assert engine.wait(limit - 0.5) == ()
    lost = only(engine.wait(1), SourceLost)
    assert (lost.source_id, round(lost.at - lost.last_seen)) == (BOARD, limit)
    assert engine.state.source_status[BOARD].lost


def test_a_lost_source_is_told_once_and_comes_back_once() -> None:
    engine = beating(5)
    assert len(engine.wait(1000)) == 1
    back = only(engine.heartbeat(), SourceBack)
    assert (back.source_id, back.silent_for) == (BOARD, 1000)
    assert engine.heartbeat() == ()


def test_an_outage_teaches_no_interval() -> None:
    engine = beating(5)
    engine.wait(1000)
    engine.heartbeat()
    assert engine.state.source_status[BOARD].interval == pytest.approx(5)


def test_a_source_that_beats_more_slowly_from_now_on_is_learned_not_lost_for_ever() -> None:
    engine = beating(5)
    lost = []
    for _ in range(20):
        lost.append(any(isinstance(effect, SourceLost) for effect in engine.wait(90)))
        engine.heartbeat()
    assert lost[0]
    assert not any(lost[5:])


def test_a_limit_set_by_a_person_wins_and_can_be_given_back() -> None:
    engine = beating(5)
    engine.post(SilenceLimitSet(source_id=BOARD, limit=10))
    assert only(engine.wait(11), SourceLost).source_id == BOARD
    engine.heartbeat()
    engine.post(SilenceLimitSet(source_id=BOARD, limit=None))
    assert engine.wait(29) == ()


def test_a_source_that_never_sends_heartbeats_is_not_lost_by_silence() -> None:
    engine = Engine()
    engine.active("Door")
    engine.clear("Door")
    assert engine.wait(100_000) == ()


def test_a_last_will_is_a_loss_at_once_and_online_is_the_return() -> None:
    engine = beating(5)
    assert only(engine.post(SourceAvailability(source_id=BOARD, online=False)), SourceLost)
    assert engine.post(SourceAvailability(source_id=BOARD, online=False)) == ()
    assert only(engine.post(SourceAvailability(source_id=BOARD, online=True)), SourceBack)
    assert only(engine.wait(31), SourceLost)


def test_a_broker_that_is_down_is_not_many_lost_sources() -> None:
    engine = beating(5)
    engine.transport(Transport.AMQP, up=False)
    assert engine.wait(1000) == ()
    engine.transport(Transport.AMQP, up=True)
    assert engine.wait(29) == ()
    assert only(engine.wait(2), SourceLost).source_id == BOARD


@pytest.mark.parametrize("offset", [-86_400, -3600, -30, 30, 3600, 86_400])
def test_a_board_with_a_wrong_clock_is_never_muted(offset: float) -> None:
    engine = Engine()
    engine.input("Door")
    for _ in range(3):
        engine.heartbeat(sent_at=engine.now + offset)
        engine.wait(5)
    report = InputReport(device_key="Door", active=True)
    assert reasons(engine.report(report, sent_at=engine.now + offset)) == ["triggered"]


def test_a_clock_more_than_a_minute_off_is_told_once_and_when_it_is_right_again() -> None:
    engine = Engine()
    found = [effect for _ in range(8) for effect in engine.heartbeat(sent_at=engine.now - 3600)]
    assert found == [ClockProblem(source_id=BOARD, offset=3600, solved=False)]
    found = [effect for _ in range(8) for effect in engine.heartbeat(sent_at=engine.now)]
    assert found == [ClockProblem(source_id=BOARD, offset=0, solved=True)]


def test_a_clock_that_falls_back_is_learned_from_a_few_heartbeats() -> None:
    engine = beating(5)
    engine.input("Door")
    for _ in range(5):
        engine.heartbeat(sent_at=engine.now - 7200)
        engine.wait(5)
    report = InputReport(device_key="Door", active=True)
    assert reasons(engine.report(report, sent_at=engine.now - 7200)) == ["triggered"]


def test_events_kept_by_a_device_for_hours_never_pass_for_new_ones() -> None:
    engine = beating(5)
    engine.input("Door")
    kept = [
        reason
        for _ in range(50)
        for reason in reasons(engine.report(InputReport(device_key="Door", active=True), sent_at=engine.now - 7200))
    ]
    assert kept == ["stale"] * 50


def on_both_brokers() -> tuple[Source, Source]:
    """Return one native source as it is heard over RabbitMQ and over MQTT."""
    over_amqp = source(dialect=Dialect.NATIVE)
    return over_amqp, replace(over_amqp, transport=Transport.MQTT)


def test_a_heartbeat_sent_over_both_brokers_is_one_beat() -> None:
    engine = Engine()
    over_amqp, over_mqtt = on_both_brokers()
    for _ in range(20):
        engine.heartbeat(by=over_amqp)
        engine.wait(0.02)
        engine.heartbeat(by=over_mqtt)
        engine.wait(59.98)
    assert engine.state.source_status[BOARD].interval == pytest.approx(60, rel=0.01)


def test_heartbeats_that_waited_in_the_queue_do_not_make_a_rhythm() -> None:
    engine = beating(45)
    engine.wait(90)
    for _ in range(20):
        engine.heartbeat()
        engine.wait(0.01)
    assert engine.wait(100) == ()


def test_a_source_heard_over_one_broker_only_is_commanded_over_that_one() -> None:
    engine = Engine()
    over_amqp, over_mqtt = on_both_brokers()
    for by in (over_amqp, over_mqtt) * 5:
        engine.heartbeat(by=by)
        engine.wait(5)
    assert engine.state.sources[BOARD].source.transport is Transport.AMQP
    for _ in range(10):
        engine.heartbeat(by=over_mqtt)
        engine.wait(5)
    assert engine.state.sources[BOARD].source.transport is Transport.MQTT


def test_the_last_will_on_mqtt_of_a_source_heard_over_rabbitmq_is_no_loss_while_it_is_heard_there() -> None:
    engine = Engine()
    over_amqp, _ = on_both_brokers()
    for _ in range(5):
        engine.heartbeat(by=over_amqp)
        engine.wait(5)
    found = [*engine.post(SourceAvailability(source_id=BOARD, online=False))]
    for _ in range(5):
        found += engine.heartbeat(by=over_amqp)
        found += engine.wait(5)
    assert found == []


def test_the_last_will_on_mqtt_of_a_source_heard_over_rabbitmq_shortens_the_wait_for_it() -> None:
    engine = Engine()
    over_amqp, _ = on_both_brokers()
    for _ in range(5):
        engine.heartbeat(by=over_amqp)
        engine.wait(5)
    engine.post(SourceAvailability(source_id=BOARD, online=False))
    assert only(engine.wait(11), SourceLost).source_id == BOARD


def test_a_word_kept_by_the_broker_does_not_bring_back_a_source_that_fell_silent() -> None:
    engine = beating(5)
    assert only(engine.wait(100), SourceLost)
    assert engine.post(SourceAvailability(source_id=BOARD, online=True)) == ()
    assert engine.state.source_status[BOARD].lost
