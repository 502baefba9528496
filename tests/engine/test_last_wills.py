"""A last will tells of a device, of its broker that stops, or of a time before the hub came back (behaviour.md, 3)."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.effects import SourceBack, SourceLost
from custom_components.event_hub.engine.events import SourceAvailability
from custom_components.event_hub.wire.messages import Dialect, Source, Transport

from .kit import Engine, only, source

# How long a broker that stops has to be seen to be gone, at the least.
MOMENT = 2


def native(name: str, transport: Transport = Transport.MQTT) -> Source:
    """Return a source that has a last will."""
    return replace(source(name, dialect=Dialect.NATIVE), transport=transport)


DEVICES = tuple(native(f"board{number}") for number in range(3))
FIRST = DEVICES[0].source_id


@pytest.fixture
def engine() -> Engine:
    """Return an engine whose devices beat every five seconds over MQTT."""
    engine = Engine()
    engine.transport(Transport.MQTT, up=True)
    for _ in range(4):
        beat(engine)
        engine.wait(5)
    beat(engine)
    return engine


def beat(engine: Engine) -> None:
    """Let every device send a heartbeat."""
    for device in DEVICES:
        engine.heartbeat(by=device)


def word(engine: Engine, *, online: bool, retained: bool = False) -> list[object]:
    """Let every device's word, or its last will's, come; returns what it led to at once."""
    words = [
        SourceAvailability(source_id=each.source_id, online=online, retained=retained and not online)
        for each in DEVICES
    ]
    return [effect for each in words for effect in engine.post(each)]


def lost(engine: Engine) -> list[str]:
    """Return the sources that count as lost."""
    return [key for key, status in engine.state.source_status.items() if status.lost]


def test_a_device_whose_last_will_comes_is_lost_a_moment_later(engine: Engine) -> None:
    engine.post(SourceAvailability(source_id=FIRST, online=False))
    assert only(engine.wait(5), SourceLost).source_id == FIRST


def test_a_broker_that_stops_takes_nobody_along(engine: Engine) -> None:
    assert word(engine, online=False) == []
    engine.wait(MOMENT)
    engine.transport(Transport.MQTT, up=False)
    engine.wait(1000)
    assert lost(engine) == []


def test_what_the_broker_kept_of_its_stop_is_no_loss_of_who_comes_back(engine: Engine) -> None:
    word(engine, online=False)
    engine.transport(Transport.MQTT, up=False)
    engine.wait(3)
    engine.transport(Transport.MQTT, up=True)
    word(engine, online=False, retained=True)
    engine.wait(20)
    word(engine, online=True)
    engine.wait(25)
    assert lost(engine) == []


def test_who_does_not_come_back_with_the_broker_is_lost_after_its_own_limit(engine: Engine) -> None:
    word(engine, online=False)
    engine.transport(Transport.MQTT, up=False)
    engine.wait(3)
    engine.transport(Transport.MQTT, up=True)
    word(engine, online=False, retained=True)
    assert engine.wait(29) == ()
    engine.wait(2)
    assert lost(engine) == [device.source_id for device in DEVICES]


def test_a_kept_last_will_counts_of_who_never_sent_a_heartbeat_too() -> None:
    engine = Engine()
    engine.report(by=DEVICES[0])
    engine.post(SourceAvailability(source_id=FIRST, online=False, retained=True))
    assert engine.wait(299) == ()
    assert only(engine.wait(2), SourceLost).source_id == FIRST


def test_a_device_that_is_online_again_in_that_moment_was_not_away(engine: Engine) -> None:
    word(engine, online=False)
    engine.wait(MOMENT)
    assert word(engine, online=True) == []
    assert engine.wait(20) == ()


def test_a_device_that_is_heard_in_that_moment_was_not_away(engine: Engine) -> None:
    word(engine, online=False)
    engine.wait(MOMENT)
    beat(engine)
    assert engine.wait(20) == ()


def test_a_last_will_does_not_put_off_a_loss_that_is_due(engine: Engine) -> None:
    engine.wait(29)
    word(engine, online=False, retained=True)
    engine.wait(2)
    assert lost(engine) == [device.source_id for device in DEVICES]


def test_who_was_lost_by_its_last_will_is_back_with_its_word(engine: Engine) -> None:
    word(engine, online=False)
    engine.wait(5)
    assert [type(effect) for effect in word(engine, online=True)] == [SourceBack] * len(DEVICES)


def test_brokers_that_stop_together_take_nobody_along() -> None:
    engine = Engine()
    device = native("both", Transport.AMQP)
    for _ in range(5):
        engine.heartbeat(by=device)
        engine.wait(5)
    engine.transport(Transport.AMQP, up=False)
    engine.post(SourceAvailability(source_id=device.source_id, online=False))
    engine.wait(1)
    engine.transport(Transport.MQTT, up=False)
    engine.wait(1000)
    assert lost(engine) == []
