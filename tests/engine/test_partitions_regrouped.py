"""A device says itself to which group it belongs: in a group with a schedule it would switch itself off."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.events import Bypass, ChangeMode
from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.errors import GuardedError
from custom_components.event_hub.engine.events import Forgotten, GroupRuleSet, InputExpected, ScheduleSet
from custom_components.event_hub.engine.model import GroupRule, InputRecord
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


def test_what_is_not_relied_on_joins_a_group_at_once(house: House) -> None:
    joins(house, "Hall")
    assert (house.state.inputs["Hall"].group, house.state.inputs["Hall"].enabled) == (OFF, False)
    house.armed()
    joins(house, "Attic")
    assert house.state.inputs["Attic"].group == OFF


def in_another_mode(house: House) -> None:
    """Arm, so that the hall is not watched."""
    house.armed(Mode.HOME)


def bypassed(house: House) -> None:
    """Arm, but leave the hall out."""
    house.armed()
    house.ask(Bypass(zones=("Hall",), actor=ANNA))


def watch_it_again(house: House) -> None:
    """Let the hall be watched after all."""
    if house.status().bypassed:
        house.ask(Bypass(zones=("Hall",), actor=ANNA, bypassed=False))
    else:
        house.ask(ChangeMode(mode=Mode.AWAY, actor=ANNA, skip_delay=True))


@pytest.mark.parametrize("stands", [in_another_mode, bypassed], ids=lambda each: each.__name__)
def test_what_is_not_watched_yet_stays_on_until_it_is(house: House, stands: Callable[[House], None]) -> None:
    stands(house)
    joins(house, "Hall")
    assert (house.state.inputs["Hall"].group, house.state.inputs["Hall"].enabled) == (None, True)
    watch_it_again(house)
    house.active("Hall")
    assert house.phase() is Phase.TRIGGERED


@pytest.mark.parametrize("stands", [in_another_mode, bypassed], ids=lambda each: each.__name__)
def test_no_import_regroups_what_is_not_watched_yet(house: House, stands: Callable[[House], None]) -> None:
    stands(house)
    with pytest.raises(GuardedError):
        house.post(InputExpected(record=replace(house.state.inputs["Hall"], group=OFF)))
    assert house.state.inputs["Hall"].group is None


def reports_again(house: House) -> None:
    """Let the window report."""
    joins(house)


def is_imported_again(house: House) -> None:
    """Let the window be set up before it reports."""
    house.post(InputExpected(record=InputRecord(key="Window", source_id="", enabled=False, group=OFF)))


@pytest.mark.parametrize("comes_back", [reports_again, is_imported_again], ids=lambda each: each.__name__)
def test_a_forgotten_zone_comes_back_on_and_without_its_group(
    house: House, comes_back: Callable[[House], None]
) -> None:
    house.post(Forgotten(keys=("Window",)))
    house.arm(force=True)
    assert house.phase() is Phase.ARMED
    comes_back(house)
    joins(house)
    assert (house.state.inputs["Window"].group, house.state.inputs["Window"].enabled) == (None, True)
    house.disarm()
    assert house.state.inputs["Window"].enabled
    joins(house)
    assert (house.state.inputs["Window"].group, house.state.inputs["Window"].enabled) == (OFF, False)


def test_a_forgotten_siren_comes_back_on_and_without_its_group(house: House) -> None:
    house.post(Forgotten(keys=("Horn",)))
    house.arm(force=True)
    assert house.phase() is Phase.ARMED
    horn_joins(house)
    assert (house.state.outputs["Horn"].group, house.state.outputs["Horn"].enabled) == (None, True)
