"""What was held back in quiet hours is told once they are over, once."""

from dataclasses import replace
import json

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
import pytest

from custom_components.event_hub.engine.model import Decision, Reason
from custom_components.event_hub.engine.times.digest import (
    INPUTS_LIMIT,
    Bundle,
    Deferred,
    Digest,
    add,
    confirm,
    due_at,
    take,
)
from custom_components.event_hub.engine.times.quiet_hours import QuietHours, is_quiet
from custom_components.event_hub.storage.decode import decode
from custom_components.event_hub.storage.encode import to_json

from .clocks import BERLIN, GREENWICH, shown, unix

NIGHT = QuietHours()
OFF = QuietHours(enabled=False)
EVENING = unix("2026-06-03T22:00:00Z")
SEVEN = unix("2026-06-04T07:00:00Z")


def decision(key: str = "Gate", at: float = EVENING, number: int = 0, detail: str | None = None) -> Decision:
    """Return a trigger as decided."""
    return Decision(
        decision_id=f"{key}.{number}",
        at=at,
        input_key=key,
        reason=Reason.TRIGGERED,
        active=True,
        detail=detail,
        value=1.5,
        has_image=True,
    )


def test_of_each_input_the_newest_is_told_and_how_many_there_were() -> None:
    digest = add(Digest(), decision(detail="opened"), "Front gate")
    digest = add(digest, decision("Hall", EVENING + 5))
    digest = add(digest, decision(at=EVENING + 10, number=1, detail="tampered"), "Garden gate")
    _, bundle = take(digest)
    assert bundle is not None
    assert [item.input_key for item in bundle.deferred] == ["Gate", "Hall"]
    assert bundle.deferred[0] == Deferred(
        input_key="Gate",
        decision_id="Gate.1",
        first_at=EVENING,
        at=EVENING + 10,
        count=2,
        label="Garden gate",
        detail="tampered",
        value=1.5,
        has_image=True,
    )
    assert bundle.count == 3


def test_the_newest_is_the_last_to_come_also_after_the_clock_was_set_back() -> None:
    digest = add(add(Digest(), decision()), decision(at=EVENING - 3600, number=1))
    held = digest.waiting["Gate"]
    assert (held.decision_id, held.first_at, held.at) == ("Gate.1", EVENING - 3600, EVENING - 3600)


def test_a_digest_is_due_when_quiet_hours_end() -> None:
    assert due_at(add(Digest(), decision()), NIGHT, EVENING, GREENWICH) == SEVEN


def test_nothing_is_due_if_nothing_was_held_back() -> None:
    assert due_at(Digest(), NIGHT, SEVEN, GREENWICH) is None


@pytest.mark.parametrize(
    ("back", "due"),
    [
        pytest.param("2026-06-04T11:00:00Z", "2026-06-04T11:00:00+00:00", id="back later: at once"),
        pytest.param("2026-06-04T23:00:00Z", "2026-06-05T07:00:00+00:00", id="back in the next night: after it"),
        pytest.param("2026-06-03T23:00:00Z", "2026-06-04T07:00:00+00:00", id="back in the same night: after it"),
    ],
)
def test_a_hub_that_was_down_when_quiet_hours_ended_tells_all_the_same(back: str, due: str) -> None:
    digest = add(Digest(), decision())
    assert shown(due_at(digest, NIGHT, unix(back), GREENWICH), GREENWICH) == due


def test_what_was_held_back_is_told_at_once_when_quiet_hours_are_switched_off() -> None:
    assert due_at(add(Digest(), decision()), OFF, EVENING + 1, GREENWICH) == EVENING + 1


def test_what_was_held_back_waits_longer_when_quiet_hours_are_made_longer() -> None:
    longer = replace(NIGHT, end_at=9 * 3600)
    assert due_at(add(Digest(), decision()), longer, SEVEN, GREENWICH) == SEVEN + 2 * 3600


def test_what_was_told_is_not_told_again() -> None:
    digest, bundle = take(add(Digest(), decision()))
    assert bundle is not None
    digest = confirm(digest, bundle.number)
    assert take(digest) == (digest, None)
    assert due_at(digest, NIGHT, SEVEN, GREENWICH) is None


def test_what_nobody_confirmed_before_the_hub_was_killed_is_told_again_as_the_same() -> None:
    digest, bundle = take(add(Digest(), decision()))
    restored = decode(Digest, json.loads(json.dumps(to_json(digest))))
    assert due_at(restored, NIGHT, SEVEN, GREENWICH) == SEVEN
    assert take(restored) == (digest, bundle)


def test_what_comes_while_a_digest_is_told_is_in_the_next() -> None:
    digest, first = take(add(Digest(), decision()))
    digest = add(digest, decision(number=1))
    assert first is not None
    digest, second = take(confirm(digest, first.number))
    assert second is not None
    assert second.number == first.number + 1
    assert [item.decision_id for item in second.deferred] == ["Gate.1"]
    assert second.count == 1


def test_what_was_taken_and_not_confirmed_comes_before_what_was_held_back_since() -> None:
    digest, first = take(add(Digest(), decision()))
    assert take(add(digest, decision(number=1)))[1] == first


def test_a_late_answer_for_another_digest_confirms_nothing() -> None:
    digest, bundle = take(add(Digest(), decision()))
    assert bundle is not None
    assert confirm(digest, bundle.number - 1) == digest
    assert confirm(digest, bundle.number + 1) == digest


def test_of_very_many_inputs_the_last_heard_are_kept_and_the_others_counted() -> None:
    digest = add(add(Digest(), decision("first")), decision("first", number=1))
    for number in range(INPUTS_LIMIT):
        digest = add(digest, decision(f"input {number}"))
    assert len(digest.waiting) == INPUTS_LIMIT
    assert "first" not in digest.waiting
    digest, bundle = take(digest)
    assert bundle is not None
    assert (bundle.left_out, bundle.count) == (2, INPUTS_LIMIT + 2)
    assert digest.left_out == 0


class Nights(RuleBasedStateMachine):
    """Nights and days, with a hub that is killed now and then, and people who get digests."""

    def __init__(self) -> None:
        """Begin in an evening."""
        super().__init__()
        self.now = EVENING
        self.digest = Digest()
        self.held = 0
        self.told: dict[int, Bundle] = {}

    @rule(key=st.sampled_from(("Gate", "Hall", "Shed")))
    def hold_back(self, key: str) -> None:
        """An informational input triggers in the night."""
        if is_quiet(NIGHT, self.now, BERLIN):
            self.digest = add(self.digest, decision(key, self.now, self.held))
            self.held += 1

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        """Time passes, with the hub up: what falls due is told."""
        until = self.now + hours * 3600
        due = due_at(self.digest, NIGHT, self.now, BERLIN)
        if due is not None and due <= until:
            self.now = max(self.now, due)
            self.tell()
        self.now = until

    @rule(hours=st.integers(0, 30), taken=st.booleans(), told=st.booleans())
    def die(self, hours: int, taken: bool, told: bool) -> None:
        """The hub is killed, perhaps before or after it told what it took, and is back after some hours."""
        if taken and not is_quiet(NIGHT, self.now, BERLIN):
            self.digest, bundle = take(self.digest)
            if told and bundle is not None:
                self.told.setdefault(bundle.number, bundle)
        self.digest = decode(Digest, json.loads(json.dumps(to_json(self.digest))))
        self.now += hours * 3600

    @invariant()
    def everything_is_waiting_or_told_once(self) -> None:
        """What was held back is in exactly one digest, or waits for one."""
        under_way = self.digest.taken
        waiting = self.digest.left_out + sum(item.count for item in self.digest.waiting.values())
        if under_way is not None and under_way.number not in self.told:
            waiting += under_way.count
        assert waiting + sum(bundle.count for bundle in self.told.values()) == self.held

    @invariant()
    def what_waits_is_due_within_a_night(self) -> None:
        """Nothing waits for ever."""
        waits = bool(self.digest.waiting) or self.digest.taken is not None
        due = due_at(self.digest, NIGHT, self.now, BERLIN)
        assert (due is not None) is waits
        assert due is None or self.now <= due <= self.now + 12 * 3600

    def tell(self) -> None:
        """Tell what is due; people are told of each number once."""
        assert not is_quiet(NIGHT, self.now, BERLIN)
        self.digest, bundle = take(self.digest)
        while bundle is not None:
            assert self.told.setdefault(bundle.number, bundle) == bundle
            self.digest, bundle = take(confirm(self.digest, bundle.number))


Nights.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestNights = Nights.TestCase
