"""What becomes of the alarm's steps when something fails under them, and when the hub ends around them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.event_hub.alarm_keeper import AlarmKeeper, Sending
from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.alarm.status import Alarm, AlarmKind, PartitionStatus
from custom_components.event_hub.engine.state import Changes, Transition
from custom_components.event_hub.storage.problems import StorageProblem

BURGLED = PartitionStatus(mode=Mode.AWAY, since=5.0, memory=(Alarm(at=5.0, kind=AlarmKind.BURGLARY, zone="Window"),))


def step(partition_id: str) -> Transition:
    """Return a step that changes a partition."""
    return Transition(changes=Changes(tables={"alarm": {partition_id: BURGLED}}), effects=())


class Hub:
    """Carries out what the keeper lets go, and hears how it goes."""

    def __init__(self) -> None:
        """Do nothing yet."""
        self.done: list[Transition] = []
        self.failing: list[Transition] = []
        self.unstored: list[str | None] = []
        self.problems: list[StorageProblem] = []

    def carry_out(self, transition: Transition) -> Sending:
        """Carry a step out."""
        self.done.append(transition)
        if transition in self.failing:
            raise ZeroDivisionError("a fault of ours")
        return ()

    def storage_problem(self, problem: StorageProblem) -> None:
        """Take a problem with the file."""
        self.problems.append(problem)

    def alarm_unstored(self, detail: str | None) -> None:
        """Take why the state is not on disk."""
        self.unstored.append(detail)


@pytest.fixture
def hub() -> Hub:
    """Return a hub."""
    return Hub()


@pytest.fixture
async def keeper(hass: HomeAssistant, tmp_path: Path, hub: Hub) -> AsyncIterator[AlarmKeeper]:
    """Return a keeper whose journal is open."""
    keeper = AlarmKeeper(hass, tmp_path, hub, hub.carry_out)
    await keeper.async_open()
    yield keeper
    await keeper.async_close()


async def test_a_step_that_cannot_be_carried_out_keeps_no_later_one_waiting(keeper: AlarmKeeper, hub: Hub) -> None:
    first, second = step("house"), step("shop")
    hub.failing.append(first)
    keeper.start()
    told = [keeper.hold(first), keeper.hold(second)]
    async with asyncio.timeout(60):
        assert await asyncio.gather(*told) == [(), ()]
    assert hub.done == [first, second]
    assert keeper.waiting == 0


async def test_what_comes_after_the_end_is_dropped_and_whoever_waits_for_it_is_told(
    keeper: AlarmKeeper, hub: Hub
) -> None:
    keeper.start()
    await keeper.async_close()
    assert keeper.hold(step("house")).cancelled()
    with pytest.raises(HomeAssistantError):
        await keeper.async_told()
    assert hub.done == []


async def test_whoever_waits_while_a_hub_that_never_began_ends_is_told_so(keeper: AlarmKeeper, hub: Hub) -> None:
    told = keeper.hold(step("house"))
    waiting = asyncio.ensure_future(keeper.async_told())
    await asyncio.sleep(0)
    await keeper.async_close()
    with pytest.raises(HomeAssistantError):
        await waiting
    assert told.cancelled()
    assert hub.done == []


async def test_an_alarm_whose_journal_is_not_open_acts_and_says_that_a_restart_would_not_know(
    hass: HomeAssistant, tmp_path: Path, hub: Hub
) -> None:
    keeper = AlarmKeeper(hass, tmp_path, hub, hub.carry_out)
    keeper.start()
    alarm = step("house")
    assert await keeper.hold(alarm) == ()
    assert hub.done == [alarm]
    assert hub.unstored == ["The alarm journal is not open"]
    await keeper.async_close()


async def test_what_was_held_is_known_to_the_next_start(
    hass: HomeAssistant, tmp_path: Path, keeper: AlarmKeeper, hub: Hub
) -> None:
    keeper.start()
    await keeper.hold(step("house"))
    await keeper.async_close()
    again = AlarmKeeper(hass, tmp_path, hub, hub.carry_out)
    assert (await again.async_open()).statuses == {"house": BURGLED}
    await again.async_close()
    assert (hub.unstored, hub.problems) == ([], [])
