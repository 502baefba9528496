"""After a restart a partition waits for its zones to report; that costs what reports, not what there is."""

from dataclasses import replace
from typing import Any, Final

import pytest

from custom_components.event_hub.engine import settling
from custom_components.event_hub.engine.alarm import upkeep
from custom_components.event_hub.engine.alarm.model import Zone
from custom_components.event_hub.engine.alarm.status import Timer
from custom_components.event_hub.engine.events import EnabledSet, Forgotten
from custom_components.event_hub.engine.model import ADOPTED_SOURCE
from custom_components.event_hub.wire.messages import InputReport

from .house import BOARD, HOUSE, House

COUNT: Final = 200
KEYS: Final = tuple(f"Window {number}" for number in range(COUNT))


@pytest.fixture
def house() -> House:
    """Return a house with many adopted zones, each of which reports for itself, just restarted."""
    house = House()
    for key in KEYS:
        house.adopt(key, f"binary_sensor.{key.lower().replace(' ', '_')}")
        house.report(InputReport(device_key=key, active=False, level=True), by=ADOPTED_SOURCE)
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, **{key: Zone() for key in KEYS}}))
    house.reboot()
    assert settles(house)
    return house


def settles(house: House) -> bool:
    return house.status().due(Timer.SETTLE) is not None


def says_closed(house: House, *keys: str) -> None:
    for key in keys:
        house.report(InputReport(device_key=key, active=False, level=True), by=ADOPTED_SOURCE)


def the_board_says_closed(house: House) -> None:
    house.report(*(InputReport(device_key=key, active=False) for key in HOUSE.zones), by=BOARD)


@pytest.mark.parametrize("order", [KEYS, KEYS[::-1], KEYS[::2] + KEYS[1::2]], ids=["in order", "backwards", "mixed"])
def test_it_settles_with_the_last_report_and_each_costs_few_looks(
    house: House, monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...]
) -> None:
    looks = 0
    has_reported = upkeep.has_reported

    def counted(standing: Any) -> bool:
        nonlocal looks
        looks += 1
        return has_reported(standing)

    monkeypatch.setattr(settling, "has_reported", counted)
    monkeypatch.setattr(upkeep, "has_reported", counted)
    the_board_says_closed(house)
    says_closed(house, *order[:-1])
    assert settles(house)
    says_closed(house, order[-1])
    assert not settles(house)
    assert looks < 10 * COUNT


def test_what_is_reported_again_costs_no_look_at_all(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    the_board_says_closed(house)
    says_closed(house, *KEYS[:-1])
    looks: list[object] = []
    monkeypatch.setattr(settling, "has_reported", looks.append)
    monkeypatch.setattr(upkeep, "has_reported", looks.append)
    says_closed(house, *KEYS[:20])
    assert looks == []
    assert settles(house)


@pytest.mark.parametrize("event", [EnabledSet(inputs=KEYS[-1:], enabled=False), Forgotten(keys=KEYS[-1:])])
def test_a_zone_that_is_switched_off_is_waited_for_no_longer_and_one_that_is_gone_until_the_time_is_over(
    house: House, event: EnabledSet | Forgotten
) -> None:
    the_board_says_closed(house)
    says_closed(house, *KEYS[:-1])
    house.post(event)
    assert settles(house) is isinstance(event, Forgotten)


def test_a_zone_that_is_taken_out_is_waited_for_no_longer(house: House) -> None:
    the_board_says_closed(house)
    says_closed(house, *KEYS[:-1])
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, **{key: Zone() for key in KEYS[:-1]}}))
    assert not settles(house)
