"""What waits for a broker: in order, none lost, none twice, and no more than there is room for."""

from collections.abc import Mapping
from pathlib import Path
import sqlite3
import tempfile
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
import msgpack
import pytest

from hub_relay.native import Kind
from hub_relay.spool import Priority, SpoolError
from snapshot_processor.ledger.database import connect, prepare
from snapshot_processor.ledger.outbox import TRIM_EVERY, Outbox, OutboxOfBroker

BROKERS = ("mqtt", "amqp")
GONE = 13


def compose(number: int) -> Mapping[str, Any] | None:
    return None if number % GONE == 0 else {"number": number}


class Told(RuleBasedStateMachine):
    """Messages are added for both brokers; each broker's sender takes them, fails, stops and begins again."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "ledger.db"
        prepare(self.path)
        self.connection = connect(self.path)
        self.adding = Outbox(self.connection, BROKERS)
        self.senders = {broker: self.sender(broker) for broker in BROKERS}
        self.added: list[int] = []
        self.sent: dict[str, list[int]] = {broker: [] for broker in BROKERS}

    def sender(self, broker: str) -> OutboxOfBroker:
        return OutboxOfBroker(connect(self.path), broker, compose)

    @rule(picture=st.booleans())
    def add(self, picture: bool) -> None:
        number = len(self.added) + 1
        if picture:
            self.adding.add_picture(Kind.EVENT, number)
        else:
            self.adding.add(Kind.RESULT, {"number": number})
        if not picture or number % GONE:
            self.added.append(number)
        else:
            self.added.append(0)

    @rule(broker=st.sampled_from(BROKERS), confirmed=st.booleans())
    def send(self, broker: str, confirmed: bool) -> None:
        message = self.senders[broker].first()
        if message is not None and confirmed:
            self.sent[broker].append(msgpack.unpackb(message.body)["number"])
            self.senders[broker].done(message)

    @rule(broker=st.sampled_from(BROKERS))
    def restart(self, broker: str) -> None:
        self.senders[broker].__exit__()
        self.senders[broker] = self.sender(broker)

    @invariant()
    def every_broker_has_what_was_added_in_its_order(self) -> None:
        wanted = [number for number in self.added if number]
        for broker, sent in self.sent.items():
            assert sent == wanted[: len(sent)]
            outbox = self.senders[broker]
            assert len(outbox) >= len(wanted) - len(sent)
            assert bool(outbox) is (len(outbox) > 0)

    def teardown(self) -> None:
        for broker, sent in self.sent.items():
            outbox = self.senders[broker]
            while (message := outbox.first()) is not None:
                sent.append(msgpack.unpackb(message.body)["number"])
                outbox.done(message)
            assert sent == [number for number in self.added if number]
            outbox.__exit__()
        self.connection.close()
        self.folder.cleanup()


TestTold = Told.TestCase
TestTold.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    prepare(path)
    return path


def numbers(outbox: OutboxOfBroker) -> list[int]:
    found = []
    while (message := outbox.first()) is not None:
        found.append(msgpack.unpackb(message.body)["number"])
        outbox.done(message)
    return found


@pytest.mark.parametrize("brokers", [("mqtt",), ("mqtt", "amqp")])
def test_a_broker_that_is_away_loses_the_oldest(
    path: Path, brokers: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    with connect(path) as connection:
        outbox = Outbox(connection, brokers, limit=200)
        connection.execute("BEGIN")
        for number in range(1, 1_001):
            outbox.add(Kind.RESULT, {"number": number})
        connection.execute("COMMIT")
    with OutboxOfBroker(connect(path), "mqtt", compose) as mqtt:
        assert 200 <= len(mqtt) <= 200 + TRIM_EVERY
        left = numbers(mqtt)
    assert left == list(range(1_001 - len(left), 1_001))
    assert caplog.text.count("mqtt has been away for too long") == 1


def test_a_disk_that_lets_nothing_go_does_not_make_it_say_things_twice(path: Path) -> None:
    with connect(path) as connection:
        outbox = Outbox(connection, BROKERS)
        for number in range(1, 4):
            outbox.add(Kind.RESULT, {"number": number})
    mqtt = OutboxOfBroker(connect(path), "mqtt", compose)
    mqtt._connection.execute("PRAGMA query_only = ON")
    assert numbers(mqtt) == [1, 2, 3]
    assert (bool(mqtt), len(mqtt)) == (False, 0)
    mqtt._connection.execute("PRAGMA query_only = OFF")
    mqtt.put("result", bytes(msgpack.packb({"number": 4})), Priority.EVENT)
    assert numbers(mqtt) == [4]
    mqtt.__exit__()
    with OutboxOfBroker(connect(path), "mqtt", compose) as later:
        assert numbers(later) == []


def test_a_picture_that_nobody_can_describe_does_not_keep_the_others(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def describe(number: int) -> Mapping[str, Any] | None:
        if number == 1:
            raise KeyError("detection")
        return {"number": number}

    with connect(path) as connection:
        outbox = Outbox(connection, ("mqtt",))
        outbox.add_picture(Kind.EVENT, 1)
        outbox.add_picture(Kind.EVENT, 2)
    with OutboxOfBroker(connect(path), "mqtt", describe) as mqtt:
        assert numbers(mqtt) == [2]
        assert mqtt.lost == 1
    assert "Picture 1 cannot be told" in caplog.text


def test_a_ledger_that_cannot_be_read_is_a_problem_of_the_spool(path: Path) -> None:
    def failing(_number: int) -> Mapping[str, Any] | None:
        raise sqlite3.OperationalError("disk I/O error")

    with connect(path) as connection:
        Outbox(connection, ("mqtt",)).add_picture(Kind.EVENT, 1)
    outbox = OutboxOfBroker(connect(path), "mqtt", failing)
    with pytest.raises(SpoolError, match="I/O"):
        outbox.first()
    outbox._connection.execute("DROP TABLE outbox")
    for ask in (outbox.first, outbox.__len__, outbox.__bool__, lambda: outbox.put("event", b"", Priority.EVENT)):
        with pytest.raises(SpoolError, match="no such table"):
            ask()
    outbox.__exit__()


def test_sending_a_thousand_takes_no_longer_for_each_than_sending_a_few(path: Path) -> None:
    with connect(path) as connection:
        outbox = Outbox(connection, ("mqtt",))
        connection.execute("BEGIN")
        for number in range(1, 3_001):
            outbox.add(Kind.RESULT, {"number": number})
        connection.execute("COMMIT")
    with OutboxOfBroker(connect(path), "mqtt", compose) as mqtt:
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        mqtt._connection.set_progress_handler(count, 10)
        first = mqtt.first()
        assert first is not None
        mqtt.done(first)
        # Counted in the machine's own steps, so that no other program changes the figure.
        assert steps < 50


def test_what_is_tried_again_is_made_once(path: Path) -> None:
    made = []

    def describe(number: int) -> Mapping[str, Any] | None:
        made.append(number)
        return {"number": number}

    with connect(path) as connection:
        outbox = Outbox(connection, ("mqtt",))
        outbox.add_picture(Kind.EVENT, 1)
        outbox.add_picture(Kind.EVENT, 2)
    with OutboxOfBroker(connect(path), "mqtt", describe) as mqtt:
        assert mqtt.first() is mqtt.first()
        assert numbers(mqtt) == [1, 2]
    assert made == [1, 2]


def test_what_waits_for_a_broker_that_is_no_more_is_forgotten(path: Path) -> None:
    with connect(path) as connection:
        Outbox(connection, BROKERS).add(Kind.RESULT, {"number": 1})
        assert Outbox(connection, ("mqtt",)).forget_others() == 1
    with OutboxOfBroker(connect(path), "mqtt", compose) as mqtt, OutboxOfBroker(connect(path), "amqp", compose) as amqp:
        assert (numbers(mqtt), numbers(amqp)) == ([1], [])
