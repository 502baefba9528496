from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.announcer import (
    BURST,
    CROWD,
    SHARE,
    SHARE_IN_PEACE,
    SLICE,
    UNTOLD_FOR,
    UNTOLD_LIMIT,
    Announcer,
    Topic,
)
from custom_components.event_hub.engine.effects import Decided, Detected
from custom_components.event_hub.engine.model import Decision, InputStatus, Reason
from custom_components.event_hub.engine.state import Changes
from custom_components.event_hub.wire.detection import Detection, DetectionStatus


class Due:
    """What a loop is to call, unless it is told not to."""

    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at = at
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """A loop whose time passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._due: list[Due] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, call: Callable[[], None]) -> Due:
        self._due.append(Due(self.now + delay, call))
        return self._due[-1]

    @property
    def scheduled(self) -> int:
        """How much is still to be called."""
        return sum(not due.cancelled for due in self._due)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while due := [each for each in self._due if each.at <= end]:
            first = min(due, key=lambda each: each.at)
            self._due.remove(first)
            self.now = max(self.now, first.at)
            if not first.cancelled:
                first.call()
        self.now = max(self.now, end)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def announcer(clock: Clock) -> Announcer:
    return Announcer(cast("HomeAssistant", SimpleNamespace(loop=clock)))


def changed(*keys: str) -> Changes:
    """Return what a step changes that touches inputs."""
    return Changes(tables={"input_status": dict.fromkeys(keys, InputStatus())})


def decided(key: str, number: int) -> Decided:
    """Return a decision about an input."""
    decision = Decision(decision_id=f"{key} {number}", at=0.0, input_key=key, reason=Reason.TRIGGERED, active=True)
    return Decided(decision=decision)


def costly(clock: Clock, calls: list[Any]) -> Callable[..., None]:
    """Return a listener that takes a millisecond."""

    def listener(*what: Any) -> None:
        calls.append(what)
        clock.now += 0.001

    return listener


def test_several_changes_of_one_input_are_told_once(clock: Clock, announcer: Announcer) -> None:
    told: list[Any] = []
    announcer.listen(Topic.INPUT, "door", costly(clock, told))
    for _ in range(3):
        announcer.changes(changed("door", "window"))
    assert told == []
    clock.run(1)
    assert len(told) == 1


def test_one_that_no_longer_listens_is_not_told(clock: Clock, announcer: Announcer) -> None:
    told: list[Any] = []
    stop = announcer.listen(Topic.INPUT, "door", costly(clock, told))
    announcer.changes(changed("door"))
    stop()
    clock.run(1)
    assert told == []


def test_what_happened_to_a_thousand_inputs_is_told_in_slices(clock: Clock, announcer: Announcer) -> None:
    told: list[Any] = []
    keys = [str(number) for number in range(1_000)]
    for key in keys:
        announcer.listen(Topic.INPUT, key, costly(clock, told))
    announcer.changes(changed(*keys))
    clock.run(SLICE)
    assert 0 < len(told) <= SLICE / 0.001 + 1


def test_a_flood_of_changes_gets_a_small_part_of_the_time(clock: Clock, announcer: Announcer) -> None:
    told: list[Any] = []
    keys = [str(number) for number in range(10_000)]
    for key in keys:
        announcer.listen(Topic.INPUT, key, costly(clock, told))
    for _ in range(100):
        announcer.changes(changed(*keys))
        clock.run(0.1)
    assert len(told) * 0.001 == pytest.approx(BURST + 10 * SHARE, rel=0.2)


def test_after_a_flood_the_rest_follows_faster_until_all_is_told(clock: Clock, announcer: Announcer) -> None:
    told: list[Any] = []
    keys = [str(number) for number in range(2_000)]
    for key in keys:
        announcer.listen(Topic.INPUT, key, costly(clock, told))
    announcer.changes(changed(*keys))
    clock.run(1)
    before = len(told)
    clock.run(4)
    assert (len(told) - before) * 0.001 == pytest.approx(4 * SHARE_IN_PEACE, rel=0.2)
    clock.run(20)
    assert len(told) == len(keys)


def test_every_decision_is_told_in_order(clock: Clock, announcer: Announcer) -> None:
    told: list[Any] = []
    announcer.listen_decisions("door", costly(clock, told))
    for number in range(CROWD):
        announcer.effect(decided("door", number))
    clock.run(10)
    assert [decision.decision_id for (decision,) in told] == [f"door {number}" for number in range(CROWD)]


def test_in_a_flood_the_newest_decision_about_an_input_stands_for_those_before(
    clock: Clock, announcer: Announcer
) -> None:
    told: list[Any] = []
    announcer.listen_decisions("door", costly(clock, told))
    announcer.listen_decisions("window", costly(clock, told))
    for number in range(1_000):
        announcer.effect(decided("door", number))
        announcer.effect(decided("window", number))
    clock.run(10)
    names = [decision.decision_id for (decision,) in told]
    assert len(names) < CROWD + 10
    assert {*names[-2:]} == {"door 999", "window 999"}


def test_nothing_is_told_after_the_end(clock: Clock, announcer: Announcer) -> None:
    told: list[Any] = []
    announcer.listen(Topic.INPUT, "door", costly(clock, told))
    announcer.changes(changed("door"))
    announcer.close()
    announcer.changes(changed("door"))
    clock.run(1)
    assert told == []


@pytest.mark.parametrize("before", [0.0, 0.01])
def test_nothing_is_scheduled_after_the_end(clock: Clock, announcer: Announcer, before: float) -> None:
    # The second time the end comes while most of it waits for its slice.
    keys = [str(number) for number in range(100)]
    for key in keys:
        announcer.listen(Topic.INPUT, key, costly(clock, []))
    announcer.changes(changed(*keys))
    clock.run(before)
    assert clock.scheduled == 1
    announcer.close()
    assert clock.scheduled == 0


def test_nothing_is_scheduled_where_what_is_told_brings_the_end(clock: Clock, announcer: Announcer) -> None:
    announcer.listen(Topic.INPUT, "door", announcer.close)
    announcer.listen(Topic.INPUT, "window", announcer.close)
    announcer.changes(changed("door", "window"))
    clock.run(1)
    assert clock.scheduled == 0


def detected(number: int) -> Detected:
    """Return what was found in a picture."""
    return Detected(input_key="porch", detection=Detection(status=DetectionStatus.DONE), image_id=number)


def test_what_was_found_before_anybody_listened_is_told_in_order_the_newest_ten(
    clock: Clock, announcer: Announcer
) -> None:
    for number in range(UNTOLD_LIMIT + 2):
        announcer.effect(detected(number))
    told: list[Detected] = []
    announcer.listen_detections("porch", told.append)
    clock.run(1)
    assert [found.image_id for found in told] == list(range(2, UNTOLD_LIMIT + 2))


def test_what_was_found_long_before_anybody_listened_is_told_nobody(clock: Clock, announcer: Announcer) -> None:
    announcer.effect(detected(1))
    clock.run(UNTOLD_FOR)
    announcer.effect(detected(2))
    told: list[Detected] = []
    announcer.listen_detections("porch", told.append)
    announcer.listen_detections("porch", told.append)
    clock.run(1)
    assert [found.image_id for found in told] == [2]


def test_who_has_had_enough_devices_is_told_again_and_that_hurries_nobody(clock: Clock, announcer: Announcer) -> None:
    left, told = [50], []

    def hear() -> None:
        clock.now += 0.01
        told.append(clock.now)
        left[0] -= 1
        if left[0]:
            announcer.devices_again()

    announcer.listen_devices(hear)
    began = clock.now
    announcer.changes(Changes(tables={"inputs": {"Door": None}}))
    clock.run(30.0)
    assert len(told) == 50
    took = told[-1] - began
    assert (0.5 - BURST) / SHARE_IN_PEACE < took < 1.5 * (0.5 / SHARE_IN_PEACE)


def test_a_listener_that_fails_keeps_none_from_being_told_later(clock: Clock, announcer: Announcer) -> None:
    told: list[str] = []

    def fail() -> None:
        raise LookupError

    announcer.listen(Topic.INPUT, "Gate", fail)
    announcer.listen(Topic.INPUT, "Door", lambda: told.append("Door"))
    announcer.changes(changed("Gate", "Door"))
    with pytest.raises(LookupError):
        clock.run(1.0)
    clock.run(1.0)
    assert told == ["Door"]
    announcer.changes(changed("Door"))
    clock.run(1.0)
    assert told == ["Door", "Door"]
