"""Wrong codes of a partition that is removed are not forgotten, over a restart neither; of very many, old ones are."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine import lockouts
from custom_components.event_hub.engine.alarm.events import CodeRefused
from custom_components.event_hub.engine.alarm.status import Lockout, PartitionStatus, Timer
from custom_components.event_hub.engine.events import PartitionRemoved

from .house import ANNA, HOUSE, House

WRONG = CodeRefused(actor=ANNA)


@pytest.fixture
def house() -> House:
    """Return a house whose codes are locked, for 90 s."""
    house = House()
    for _ in range(5):
        house.ask(WRONG)
    assert house.status().lockout == Lockout(locks=1)
    return house


def until(house: House) -> float:
    """Return for how many seconds no code is taken any more."""
    due = house.status().due(Timer.LOCKOUT)
    return 0.0 if due is None else due - house.now


@pytest.mark.parametrize("rebooted", [False, True], ids=["running on", "after a restart"])
def test_a_partition_that_is_set_up_again_is_still_locked(house: House, rebooted: bool) -> None:
    house.post(PartitionRemoved(partition_id="house"))
    house.wait(40)
    if rebooted:
        house.reboot(after=20)
    house.set_up(HOUSE)
    assert until(house) == (30 if rebooted else 50)
    house.wait(60)
    assert (until(house), house.status().lockout) == (0, Lockout(locks=1))


def test_a_clock_that_was_set_back_locks_no_longer_than_was_said(house: House) -> None:
    house.post(PartitionRemoved(partition_id="house"))
    house.now -= 3_600
    house.set_up(HOUSE)
    assert until(house) == 90


def test_a_removal_that_the_registry_never_heard_of_unlocks_nothing(house: House) -> None:
    partitions = dict(house.state.partitions)
    house.post(PartitionRemoved(partition_id="house"))
    house.state.partitions = partitions
    house.reboot(after=10)
    assert until(house) == 80
    assert house.state.lockouts == {}


def test_what_was_counted_since_is_worth_more_than_what_was_kept(house: House) -> None:
    kept = replace(house.status(), lockout=Lockout(locks=7))
    house.state.lockouts["house"] = kept
    house.reboot()
    assert (house.status().lockout, house.state.lockouts) == (Lockout(locks=1), {})


def test_of_very_many_the_oldest_are_forgotten(house: House) -> None:
    for number in range(lockouts.MOST_KEPT + 3):
        house.set_up(replace(HOUSE, partition_id=f"p{number}"))
        house.ask(WRONG, f"p{number}")
        house.post(PartitionRemoved(partition_id=f"p{number}"))
        house.wait(1)
    assert list(house.state.lockouts) == [f"p{number}" for number in range(3, lockouts.MOST_KEPT + 3)]


def test_what_a_journal_has_more_of_is_not_read_back_either(house: House) -> None:
    status = house.status()
    kept = {f"p{number}": replace(status, since=-float(number)) for number in range(lockouts.MOST_KEPT + 2)}
    newest = lockouts.newest(kept, {"gone": PartitionStatus(since=house.now)})
    assert list(newest) == [f"p{number}" for number in reversed(range(lockouts.MOST_KEPT))]
