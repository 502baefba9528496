"""A device says itself to which group it belongs: in a group with a schedule it would switch itself off."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.events import Bypass
from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.events import GroupRuleSet, ScheduleSet
from custom_components.event_hub.engine.model import GroupRule
from custom_components.event_hub.engine.times.schedules import Schedule, Span
from custom_components.event_hub.wire.messages import InputReport, OutputReport, ReportKind

from .house import ANNA, HOUSE, House

OFF = "Off"
NEVER = Schedule(spans=(Span(disable_at=0),))


@pytest.fixture
def house() -> House:
    """Return a house in which whatever belongs to a group is switched off, and a siren that describes itself."""
    house = House()
    house.output("Horn")
    house.report(InputReport(device_key="Attic", active=False, group=OFF))
    house.post(ScheduleSet(groups=(OFF,), schedule=NEVER))
    house.set_up(replace(HOUSE, siren_outputs=("Horn",)))
    return house


def joins(house: House, key: str = "Window") -> None:
    """Let an input say that it belongs to the group that is off."""
    house.report(InputReport(device_key=key, active=False, group=OFF))


def horn_joins(house: House) -> None:
    """Let the siren say so."""
    house.report(outputs=(OutputReport(device_key="Horn", group=OFF),), kind=ReportKind.HEARTBEAT)


def test_a_watched_zone_stays_on_and_follows_its_new_group_once_disarmed(house: House) -> None:
    house.armed()
    joins(house)
    assert (house.state.inputs["Window"].group, house.state.inputs["Window"].enabled) == (None, True)
    house.active("Window")
    assert house.phase() is Phase.TRIGGERED
    house.disarm()
    joins(house)
    assert (house.state.inputs["Window"].group, house.state.inputs["Window"].enabled) == (OFF, False)


def test_what_only_says_its_group_again_and_again_changes_nothing(house: House) -> None:
    house.armed()
    before = house.state.inputs["Window"]
    joins(house)
    assert house.state.inputs["Window"] is before


def test_all_else_that_a_watched_zone_says_of_itself_is_taken_over(house: House) -> None:
    house.armed()
    house.report(InputReport(device_key="Window", active=False, group=OFF, label="Kitchen window"))
    assert (house.state.inputs["Window"].group, house.state.inputs["Window"].label) == (None, "Kitchen window")


def test_a_siren_stays_in_its_group_while_it_is_needed(house: House) -> None:
    house.armed()
    horn_joins(house)
    assert (house.state.outputs["Horn"].group, house.state.outputs["Horn"].enabled) == (None, True)
    house.disarm()
    horn_joins(house)
    assert (house.state.outputs["Horn"].group, house.state.outputs["Horn"].enabled) == (OFF, False)


def test_a_watched_zone_does_not_come_under_another_groups_rule_either(house: House) -> None:
    house.post(GroupRuleSet(name="Many", rule=GroupRule(name="Many", count=100, within=1)))
    house.armed()
    house.report(InputReport(device_key="Window", active=True, group="Many"))
    assert house.phase() is Phase.TRIGGERED


def disarmed(_: House) -> None:
    """Leave the house as it is."""


def in_another_mode(house: House) -> None:
    """Arm, so that the hall is not watched."""
    house.armed(Mode.HOME)


def bypassed(house: House) -> None:
    """Arm, but leave the hall out."""
    house.armed()
    house.ask(Bypass(zones=("Hall",), actor=ANNA))


@pytest.mark.parametrize("stands", [disarmed, in_another_mode, bypassed], ids=lambda each: each.__name__)
def test_what_is_not_watched_joins_a_group_at_once(house: House, stands: Callable[[House], None]) -> None:
    stands(house)
    joins(house, "Hall")
    assert (house.state.inputs["Hall"].group, house.state.inputs["Hall"].enabled) == (OFF, False)
