"""Stages hand frames over in order, within bounds, and lose none that was under way at the end."""

from collections.abc import Iterator
import threading
import time
from typing import override

import pytest
import zmq

from hub_relay.frames import encode
from hub_relay.signals import Flag
from hub_relay.stages import Inlet, Outlet, Overflow, Relay, Relays, Stage

from .kit import PATIENCE, eventually, running


@pytest.fixture
def relays() -> Iterator[Relays]:
    relays = Relays()
    yield relays
    relays.close()


@pytest.fixture
def stop() -> Iterator[Flag]:
    flag = Flag()
    yield flag
    flag.close()


class Source(Stage):
    """Sends numbers from 0 on, then waits."""

    def __init__(self, relay: Relay, count: int) -> None:
        super().__init__("source")
        self.relay = relay
        self.count = count
        self.sent = 0
        self.dropped = 0

    @override
    def run(self) -> None:
        with Outlet(self.relay) as outlet:
            for number in range(self.count):
                self.sent += outlet.put("number", {"number": number})
            self.dropped = outlet.dropped
            while not self.wait(1):
                self.beat()


class Sink(Stage):
    """Remembers the numbers it gets, slowly when told so."""

    def __init__(self, relay: Relay, pause: float = 0) -> None:
        super().__init__("sink")
        self.relay = relay
        self.pause = pause
        self.numbers: list[int] = []

    @override
    def run(self) -> None:
        with Inlet(self.relay, self.stop_flag) as inlet:
            while True:
                frame = inlet.get(1)
                if frame is not None:
                    self.numbers.append(frame.content["number"])
                    if self.pause:
                        time.sleep(self.pause)
                elif self.stopping:
                    return


def test_frames_come_in_their_order_and_none_is_lost_at_the_end(relays: Relays) -> None:
    relay = relays.relay("numbers", limit=10, overflow=Overflow.WAIT, patience=PATIENCE)
    sink, source = Sink(relay), Source(relay, 2_000)
    with running(sink, source):
        eventually(lambda: source.sent == 2_000)
    assert sink.numbers == list(range(2_000))


def test_a_full_relay_makes_its_sender_wait_when_that_is_its_rule(relays: Relays) -> None:
    relay = relays.relay("numbers", limit=4, overflow=Overflow.WAIT, patience=PATIENCE)
    sink, source = Sink(relay, pause=0.002), Source(relay, 60)
    with running(sink, source):
        eventually(lambda: source.sent == 60)
    assert source.dropped == 0
    assert sink.numbers == list(range(60))


def test_patience_ends_and_the_frame_is_counted_as_dropped(relays: Relays, stop: Flag) -> None:
    relay = relays.relay("numbers", limit=4, overflow=Overflow.WAIT, patience=0.02)
    with Inlet(relay, stop), Outlet(relay) as outlet:
        results = [outlet.put("number", {"number": number}) for number in range(6)]
        assert results == [True, True, True, True, False, False]
        assert outlet.dropped == 2


@pytest.mark.parametrize("limit", [2, 3, 10, 101])
def test_a_relay_holds_about_its_limit_and_drops_the_newest(relays: Relays, stop: Flag, limit: int) -> None:
    relay = relays.relay("numbers", limit=limit, overflow=Overflow.DROP_NEWEST)
    with Inlet(relay, stop) as inlet, Outlet(relay) as outlet:
        taken = sum(outlet.put("number", {"number": number}) for number in range(500))
        assert limit - 1 <= taken <= limit
        assert outlet.dropped == 500 - taken
        kept = [inlet.get(PATIENCE) for _ in range(taken)]
        assert [frame.content["number"] for frame in kept if frame] == list(range(taken))
        assert inlet.get(0) is None


def test_get_returns_at_once_when_the_stage_is_told_to_stop(relays: Relays, stop: Flag) -> None:
    relay = relays.relay("numbers", limit=4, overflow=Overflow.WAIT)
    with Inlet(relay, stop) as inlet:
        began = time.monotonic()
        threading.Timer(0.05, stop.set).start()
        assert inlet.get(2 * PATIENCE) is None
        assert time.monotonic() - began < PATIENCE


def test_what_came_before_the_stop_is_still_there_after_it(relays: Relays, stop: Flag) -> None:
    relay = relays.relay("numbers", limit=10, overflow=Overflow.WAIT)
    with Inlet(relay, stop) as inlet:
        with Outlet(relay) as outlet:
            assert all(outlet.put("number", {"number": number}) for number in range(3))
        stop.set()
        kept = [inlet.get(1) for _ in range(3)]
        assert [frame.content["number"] for frame in kept if frame] == [0, 1, 2]
        assert inlet.get(1) is None


def test_what_is_no_frame_is_passed_over(relays: Relays, stop: Flag, caplog: pytest.LogCaptureFixture) -> None:
    relay = relays.relay("numbers", limit=10, overflow=Overflow.WAIT)
    with Inlet(relay, stop) as inlet, relay.context.socket(zmq.PUSH) as socket:
        socket.connect(relay.address)
        socket.send_multipart([b"only one part"])
        socket.send_multipart(encode("number", {"number": 1}))
        frame = inlet.get(PATIENCE)
    assert frame is not None
    assert frame.content == {"number": 1}
    assert "numbers" in caplog.text


def test_what_only_wakes_is_passed_over_in_silence(relays: Relays, caplog: pytest.LogCaptureFixture) -> None:
    relay = relays.relay("wake", limit=2, overflow=Overflow.PASS_OVER)
    with Outlet(relay) as outlet:
        taken = [outlet.put("news", {}) for _ in range(5)]
        assert (taken[0], taken[-1]) == (True, False)
        assert outlet.dropped == 0
    assert caplog.text == ""


def test_relays_have_names_of_their_own_and_room(relays: Relays) -> None:
    relays.relay("numbers", limit=10, overflow=Overflow.WAIT)
    with pytest.raises(ValueError, match="two relays numbers"):
        relays.relay("numbers", limit=10, overflow=Overflow.WAIT)
    with pytest.raises(ValueError, match="2 frames or more"):
        relays.relay("letters", limit=1, overflow=Overflow.WAIT)


def test_a_closed_flag_counts_as_raised_and_can_be_raised_again() -> None:
    flag = Flag()
    assert not flag.is_set()
    flag.set()
    assert flag.is_set()
    flag.clear()
    flag.clear()
    assert not flag.is_set()
    flag.close()
    flag.close()
    flag.set()
    assert flag.is_set()
