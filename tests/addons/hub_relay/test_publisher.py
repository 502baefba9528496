"""The publisher's rule: what is done, what waits, and in which order it goes."""

from collections.abc import Iterator
import contextlib
import json
from pathlib import Path
import time
from typing import Any

import msgpack
import pytest

from hub_relay.attempts import ATTEMPTS
from hub_relay.links import Backoff, Job, Link, LinkError, Refused
from hub_relay.native import Kind, Status, Transport, Voice, event, heartbeat, result
from hub_relay.publisher import Publisher, SpoolPlace
from hub_relay.spool import Limits, Priority, open_spool
from hub_relay.stages import Outlet, Overflow, Relays

from .kit import StubLink, eventually, quick, running

VOICE = Voice(topic="remote_monitor", name="garage")


class Bench:
    """A publisher with stub links, and a way to give it messages."""

    def __init__(
        self, path: Path | None, links: dict[Transport, Link], limits: Limits, within: float, pauses: Backoff
    ) -> None:
        self.relays = Relays()
        relay = self.relays.relay("publish", limit=1_000, overflow=Overflow.WAIT)
        self.publisher = Publisher(
            relay, VOICE, links, spool=SpoolPlace(path=path, limits=limits), confirm_within=within, pauses=pauses
        )
        self.outlet = Outlet(relay)
        self.given = 0

    def event(self, number: int, **device: object) -> None:
        said = event(timestamp=time.time(), inputs=[{"device_key": "Door", "sample_value": number, **device}])
        assert self.outlet.put(Kind.EVENT, said)

    def heartbeat(self, uptime: float) -> None:
        assert self.outlet.put(Kind.HEARTBEAT, heartbeat(timestamp=time.time(), uptime=uptime, inputs=[], outputs=[]))

    def result(self, command_id: str) -> None:
        said = result(timestamp=time.time(), command_id=command_id, device_key="Siren", status=Status.DONE)
        assert self.outlet.put(Kind.RESULT, said)


@contextlib.contextmanager
def bench(
    links: dict[Transport, Link],
    path: Path | None = None,
    limits: Limits | None = None,
    within: float = 5.0,
    pauses: Backoff | None = None,
) -> Iterator[Bench]:
    one = Bench(path, links, limits or Limits(), within, pauses or quick())
    try:
        with running(one.publisher):
            yield one
    finally:
        one.outlet.__exit__()
        one.relays.close()
        for link in links.values():
            assert link.join(0)


def bodies(link: StubLink) -> list[dict[str, Any]]:
    return [json.loads(publication.body) for publication in link.sent]


def numbers(link: StubLink) -> list[int]:
    return [body["inputs"][0]["sample_value"] for body in bodies(link) if body.get("inputs")]


def test_a_message_goes_to_every_broker_in_its_own_words() -> None:
    mqtt, amqp = StubLink("mqtt"), StubLink("amqp")
    mqtt.connect()
    amqp.connect()
    with bench({Transport.MQTT: mqtt, Transport.AMQP: amqp}) as one:
        one.event(1)
        eventually(lambda: one.publisher.published == 1)
    assert mqtt.sent[0].address == "event_hub/remote_monitor/garage/event"
    assert amqp.sent[0].address == "event.notify.remote_monitor.garage"
    assert json.loads(mqtt.sent[0].body) == msgpack.unpackb(amqp.sent[0].body)


def test_what_came_while_nobody_was_there_is_sent_in_its_order_afterwards() -> None:
    link = StubLink()
    with bench({Transport.MQTT: link}) as one:
        for number in range(120):
            one.event(number)
        one.result("c1")
        eventually(lambda: one.publisher.waiting == 121)
        link.connect()
        one.event(120)
        eventually(lambda: one.publisher.published == 122)
        assert one.publisher.waiting == 0
    assert numbers(link) == list(range(121))
    assert bodies(link)[120]["command_id"] == "c1"


def test_only_the_newest_heartbeat_waits_and_never_overtakes_a_change() -> None:
    link = StubLink()
    with bench({Transport.MQTT: link}) as one:
        one.heartbeat(1)
        one.event(1)
        one.heartbeat(2)
        one.event(2)
        one.heartbeat(3)
        eventually(lambda: one.publisher.waiting == 2)
        link.connect()
        eventually(lambda: one.publisher.published == 3)
    assert numbers(link) == [1, 2]
    assert [body["uptime"] for body in bodies(link) if "uptime" in body] == [3]
    assert "uptime" in bodies(link)[-1]


def test_a_heartbeat_waits_for_a_change_that_was_not_confirmed() -> None:
    link = StubLink()
    link.answer = lambda job: (
        job.fail(LinkError("broke")) if b'"sample_value"' in job.publication.body else job.confirm()
    )
    link.connect()
    with bench({Transport.MQTT: link}) as one:
        one.event(1)
        one.heartbeat(1)
        eventually(lambda: link.tried >= 3)
        assert link.sent == []
        link.answer = Job.confirm
        eventually(lambda: one.publisher.published == 2)
    assert ["uptime" in body for body in bodies(link)] == [False, True]


def test_a_message_is_kept_when_one_broker_refuses_it_and_the_other_did_not_say() -> None:
    mqtt, amqp = StubLink("mqtt"), StubLink("amqp")
    mqtt.answer = lambda job: job.fail(Refused("no"))
    amqp.answer = lambda job: job.fail(LinkError("broke"))
    mqtt.connect()
    amqp.connect()
    with bench({Transport.MQTT: mqtt, Transport.AMQP: amqp}) as one:
        one.event(1)
        eventually(lambda: amqp.tried >= ATTEMPTS + 3)
        amqp.answer = Job.confirm
        eventually(lambda: one.publisher.published == 1)
        assert one.publisher.lost == 0


def test_one_broker_that_confirms_is_enough_while_the_other_is_away() -> None:
    mqtt, amqp = StubLink("mqtt"), StubLink("amqp")
    amqp.connect()
    with bench({Transport.MQTT: mqtt, Transport.AMQP: amqp}) as one:
        one.event(1)
        eventually(lambda: one.publisher.published == 1)
        assert one.publisher.waiting == 0
    assert mqtt.sent == []


def test_a_broker_that_does_not_answer_in_time_is_given_up_and_the_message_kept() -> None:
    link = StubLink()
    link.answer = lambda _job: None
    link.connect()
    with bench({Transport.MQTT: link}, within=0.05) as one:
        one.event(1)
        eventually(lambda: one.publisher.waiting == 1)
        assert link.resets == 1
        assert not link.up
        link.answer = Job.confirm
        link.connect()
        eventually(lambda: one.publisher.waiting == 0)
    assert numbers(link) == [1]


def test_a_connection_that_breaks_in_the_middle_loses_nothing() -> None:
    link = StubLink()
    link.answer = lambda job: job.fail(LinkError("broke"))
    link.connect()
    with bench({Transport.MQTT: link}) as one:
        for number in range(5):
            one.event(number)
        eventually(lambda: link.tried >= ATTEMPTS + 3)
        link.answer = Job.confirm
        eventually(lambda: one.publisher.published == 5)
    assert numbers(link) == [0, 1, 2, 3, 4]


def test_a_message_that_every_broker_refuses_does_not_hold_up_the_others(caplog: pytest.LogCaptureFixture) -> None:
    link = StubLink()
    link.answer = lambda job: job.fail(Refused("no")) if b'"sample_value":1,' in job.publication.body else job.confirm()
    link.connect()
    with bench({Transport.MQTT: link}) as one:
        for number in range(3):
            one.event(number, state="OK")
        eventually(lambda: one.publisher.published == 2)
        assert one.publisher.lost == 1
    assert numbers(link) == [0, 2]
    assert "no broker takes it" in caplog.text


def test_a_message_that_cannot_be_written_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    link = StubLink()
    link.connect()
    with bench({Transport.MQTT: link}) as one:
        one.event(0, value=float("nan"))
        one.event(1)
        eventually(lambda: one.publisher.published == 1)
        assert one.publisher.lost == 1
    assert "cannot be written" in caplog.text


def test_what_waits_at_the_end_is_sent_by_the_next_process(tmp_path: Path) -> None:
    away, back = StubLink(), StubLink()
    with bench({Transport.MQTT: away}, tmp_path / "spool.db") as one:
        for number in range(30):
            one.event(number)
    back.connect()
    with bench({Transport.MQTT: back}, tmp_path / "spool.db") as one:
        one.event(30)
        eventually(lambda: one.publisher.published == 31)
    assert numbers(back) == list(range(31))


def test_images_are_the_first_to_go_when_the_spool_is_full(caplog: pytest.LogCaptureFixture) -> None:
    link = StubLink()
    with bench({Transport.AMQP: link}, limits=Limits(messages=3)) as one:
        one.event(0)
        one.event(1, image=b"jpeg")
        one.event(2)
        one.event(3)
        eventually(lambda: one.publisher.lost == 1)
        link.connect()
        eventually(lambda: one.publisher.published == 3)
    sent = [msgpack.unpackb(publication.body)["inputs"][0]["sample_value"] for publication in link.sent]
    assert sent == [0, 2, 3]
    assert "images first" in caplog.text


def test_it_tells_for_how_long_every_broker_has_been_away() -> None:
    link = StubLink()
    with bench({Transport.MQTT: link}) as one:
        assert one.publisher.links_lost_for(link.changed_at + 7) == pytest.approx(7)
        link.connect()
        assert one.publisher.links_lost_for(time.monotonic() + 7) == 0


def test_while_nobody_listens_it_tries_now_and_then_and_not_all_the_time() -> None:
    link = StubLink("link")
    link.connect()
    link.answer = lambda job: job.fail(LinkError("Nobody listens on RabbitMQ"))
    with bench({Transport.MQTT: link}, pauses=Backoff(first=0.2, most=5, chance=lambda: 0)) as one:
        one.event(1)
        began = time.monotonic()
        eventually(lambda: link.tried >= 4)
        # The first at once, from the spool again at once, then after 0.2 and 0.4 s.
        assert time.monotonic() - began > 0.55
        link.answer = Job.confirm
        eventually(lambda: numbers(link) == [1])


def test_a_message_that_was_damaged_in_the_spool_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "spool.db"
    with open_spool(path) as spool:
        spool.put("event", b"\xc1 no MessagePack", Priority.EVENT)
        spool.put("party", bytes(msgpack.packb({})), Priority.EVENT)
        spool.put("event", bytes(msgpack.packb({"inputs": [{"sample_value": 3}]})), Priority.EVENT)
    mqtt = StubLink("mqtt")
    mqtt.connect()
    with bench({Transport.MQTT: mqtt}, path) as one:
        eventually(lambda: numbers(mqtt) == [3])
        eventually(lambda: one.publisher.lost == 2)
    assert "damaged" in caplog.text


def test_a_frame_of_another_kind_is_named_and_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    link = StubLink()
    link.connect()
    with bench({Transport.MQTT: link}) as one:
        one.outlet.put("picture", {})
        one.event(1)
        eventually(lambda: one.publisher.published == 1)
    assert "picture" in caplog.text
