"""Whether a partition is ready, followed event by event, is what a look at all its zones says."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final, cast

from hypothesis import settings
from hypothesis.stateful import invariant
import pytest

from custom_components.event_hub.alarm_board import AlarmBoard
from custom_components.event_hub.alarm_readiness import armable_modes
from custom_components.event_hub.announcer import Announcer
from custom_components.event_hub.engine.alarm import events
from custom_components.event_hub.engine.alarm.model import Delays, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.ready import Readiness, has_problem, readiness
from custom_components.event_hub.engine.events import EnabledSet, SourceAvailability
from custom_components.event_hub.engine.siren_faults import without_off
from custom_components.event_hub.engine.standing import standings
from custom_components.event_hub.engine.state import Transition
from custom_components.event_hub.wire.messages import InputReport
from tests.engine.house import ANNA, BOARD, HOUSE, ZONES, House
from tests.engine.test_partitions_invariants import Estate


class Shown:
    """A board that follows a house, as the hub's does."""

    def __init__(self, house: House) -> None:
        """Follow it from now on, restarts included."""
        self.house = house
        self.told_later: list[str] = []
        self._perform = house._perform
        house._perform = self._performed  # type: ignore[method-assign] # to hear of every step
        self._begin()

    def _begin(self) -> None:
        announcer = SimpleNamespace(alarm=self.told_later.append, listen=lambda *_: lambda: None)
        self.board = AlarmBoard(self.house.state, cast("Announcer", announcer))
        self.board.begin()
        self._state = self.house.state

    def _performed(self, transition: Transition) -> Any:
        effects = self._perform(transition)
        if self.house.state is not self._state:
            self._begin()
        self.board.announce(transition)
        return effects

    def known(self, partition: Partition) -> dict[Mode, Readiness]:
        """Return what the board would show."""
        found: dict[Mode, Readiness] = self.board.ready.get(
            partition.partition_id, lambda: self.looked(partition, self.board.suspects.narrowed(partition))
        )
        return found

    def looked(self, partition: Partition, looked_at: Partition) -> dict[Mode, Readiness]:
        """Return what a look at a partition says."""
        state, status = self.house.state, self.board.shown(partition.partition_id)
        zones, one_way = standings(state, partition), without_off(state, partition)
        return {mode: readiness(looked_at, status, mode, zones, one_way=one_way) for mode in Mode}


class Followed(Estate):
    """An estate with everything that can happen to it, and what is shown of it."""

    def __init__(self) -> None:
        """Follow it."""
        super().__init__()
        self.shown = Shown(self.house)

    @invariant()
    def what_is_known_is_what_a_look_at_everything_says(self) -> None:
        """Nothing that changes whether a partition is ready goes unnoticed."""
        for partition in self.house.state.partitions.values():
            assert self.shown.known(partition) == self.shown.looked(partition, partition)


TestFollowed = Followed.TestCase
TestFollowed.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)

MANY: Final = replace(
    HOUSE,
    zones={**ZONES, **{f"Zone {number}": Zone() for number in range(300)}},
    delays={Mode.AWAY: Delays(exit=0, entry=0)},
)


@pytest.fixture
def shown() -> Shown:
    """Return a house with many zones, closed and enabled, that was looked at once."""
    house = House()
    keys = tuple(key for key in MANY.zones if key not in ZONES)
    house.report(*(InputReport(device_key=key, active=False) for key in keys), by=BOARD)
    house.post(EnabledSet(inputs=keys))
    shown = Shown(house)
    house.set_up(MANY)
    assert all(each.ready for each in shown.known(MANY).values())
    shown.told_later.clear()
    return shown


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Return a list that grows with every look at how an input stands."""
    seen: list[object] = []

    def counted(standing: Any) -> bool:
        seen.append(standing)
        return has_problem(standing)

    monkeypatch.setattr("custom_components.event_hub.alarm_readiness.has_problem", counted)
    return iter([seen])


@pytest.mark.parametrize(
    ("happens", "most"),
    [
        (lambda house: house.report(InputReport(device_key="Zone 7", active=True), by=BOARD), 1),
        (lambda house: house.report(InputReport(device_key="Letterbox", active=True), by=BOARD), 0),
        (lambda house: house.arm(), 0),
        (lambda house: house.ask(events.Bypass(zones=("Zone 7",), actor=ANNA)), 0),
    ],
    ids=["a zone opens", "an input that is no zone opens", "somebody arms", "somebody bypasses"],
)
def test_an_event_costs_no_look_at_the_zones_that_it_is_not_about(
    shown: Shown, looks: Iterator[list[object]], happens: Callable[[House], object], most: int
) -> None:
    seen = next(looks)
    happens(shown.house)
    found = shown.known(MANY)
    assert len(seen) <= most
    assert found == shown.looked(MANY, MANY)
    assert len(shown.board.suspects.narrowed(MANY).zones) <= 2


def test_a_source_that_is_lost_costs_one_look_at_each_of_its_zones_and_then_none(
    shown: Shown, looks: Iterator[list[object]]
) -> None:
    seen = next(looks)
    shown.house.post(SourceAvailability(source_id=BOARD.source_id, online=False))
    assert shown.known(MANY) == shown.looked(MANY, MANY)
    assert len(seen) <= len(MANY.zones) + 5
    seen.clear()
    for _ in range(20):
        shown.known(MANY)
    assert seen == []


def test_what_is_all_right_and_stays_so_is_not_announced(shown: Shown) -> None:
    shown.house.report(InputReport(device_key="Zone 7", active=False), by=BOARD)
    assert shown.told_later == []
    shown.house.report(InputReport(device_key="Zone 7", active=True), by=BOARD)
    assert shown.told_later == ["house"]


def test_while_an_alarm_is_shown_nobody_looks_whether_it_is_ready(shown: Shown) -> None:
    asked: list[dict[Mode, Readiness]] = []
    shown.house.arm()
    before = shown.known(MANY)
    shown.board.listen("house", lambda: asked.append(shown.known(MANY)))
    shown.house.report(InputReport(device_key="Zone 7", active=True), by=BOARD)
    assert asked == [before], "told at once, with what was known"
    assert "house" in shown.told_later
    assert not shown.known(MANY)[Mode.AWAY].ready


def test_the_modes_that_can_be_armed_are_those_in_which_something_is_watched() -> None:
    zones = {
        "Door": Zone(kind=ZoneKind.ENTRY_EXIT, modes=(Mode.NIGHT,)),
        "Smoke": Zone(kind=ZoneKind.FIRE),
        "Bell": Zone(kind=ZoneKind.CHIME),
        "Hall": Zone(modes=(Mode.AWAY, Mode.NIGHT)),
    }
    assert armable_modes(replace(HOUSE, zones=zones)) == (Mode.AWAY, Mode.NIGHT)
    assert armable_modes(replace(HOUSE, zones={})) == ()


def test_a_zone_s_switch_hears_of_nothing_but_that_zone_being_left_out(shown: Shown) -> None:
    heard: list[str] = []
    for key in ("Zone 7", "Zone 8"):
        shown.board.listen_zone("house", key, lambda key=key: heard.append(key))  # type: ignore[misc] # each its own
    shown.house.arm()
    shown.house.report(InputReport(device_key="Zone 7", active=True), by=BOARD)
    shown.house.disarm()
    assert heard == []
    shown.house.ask(events.Bypass(zones=("Zone 8",), actor=ANNA))
    assert heard == ["Zone 8"]
    shown.house.arm(force=True)
    shown.house.disarm()
    # Forced and then no longer, while the other stayed bypassed until it was disarmed.
    assert sorted(heard[1:]) == ["Zone 7", "Zone 7", "Zone 8"]
