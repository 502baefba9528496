"""The clock is set after an alarm: what it remembers keeps its time, and is as long ago as it was."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.events import Reported
from custom_components.event_hub.telling_producers import trigger_of
from custom_components.event_hub.wire.messages import InputReport, Report, ReportKind

from .house import BOARD, House
from .kit import decisions
from .test_clock_set import HOUR, JUMPS, opens

SET = pytest.mark.parametrize("by", [0.0, *JUMPS])


def alarmed() -> House:
    """Return a house whose window has opened and closed again: its siren sounds."""
    house = House()
    opens(house, "Window")
    house.clear("Window")
    assert house.phase() is Phase.TRIGGERED
    return house


@SET
def test_a_tamper_is_in_the_memory_once_for_each_alarm(by: float) -> None:
    house = House()
    house.armed()
    house.condition("Window", tamper=True)
    house.wait(5)
    house.set_clock(by)
    house.condition("Window", tamper=False)
    house.wait(1)
    house.condition("Window", tamper=True)
    assert len(house.status().memory) == 1


@SET
def test_a_tamper_of_an_alarm_before_keeps_none_of_this_one_quiet(by: float) -> None:
    house = House()
    house.armed()
    house.condition("Window", tamper=True)
    house.wait(1)
    house.condition("Window", tamper=False)
    house.wait(600)
    assert house.phase() is Phase.ARMED
    house.active("Window")
    house.clear("Window")
    house.wait(5)
    house.set_clock(by)
    house.condition("Window", tamper=True)
    assert [alarm.kind.value for alarm in house.status().memory] == ["tamper", "burglary", "tamper"]


@SET
def test_a_picture_belongs_to_the_alarm_shortly_before_it(by: float) -> None:
    picture = InputReport(device_key="Window", active=None, image=b"jpeg")
    for seconds, pictured in ((100, True), (121, False)):
        house = alarmed()
        house.wait(seconds)
        house.set_clock(by)
        house.post(Reported(report=Report(source=BOARD, kind=ReportKind.EVENT, inputs=(picture,))))
        assert bool(house.status().memory[0].images) is pictured


@SET
def test_what_a_zone_sees_after_its_alarm_was_told_is_told(by: float) -> None:
    house = alarmed()
    house.wait(61)
    house.set_clock(by)
    (decision,) = decisions(house.active("Window"))
    assert house.phase() is Phase.TRIGGERED
    assert trigger_of(house.state, decision) is not None


@pytest.mark.parametrize("by", JUMPS)
def test_an_alarm_that_is_yet_to_be_told_is_its_own_though_the_clock_was_set(by: float) -> None:
    house = House()
    house.armed()
    decision, *_ = decisions(house.active("Window"))
    assert decision.input_key == "Window"
    house.wait(31)
    house.set_clock(by)
    assert trigger_of(house.state, decision) is None


def test_how_far_alarms_moved_is_added_up() -> None:
    house = alarmed()
    (alarm,) = house.status().memory
    house.set_clock(HOUR)
    house.set_clock(-60.0)
    assert house.status().memory == (replace(alarm, moved=HOUR - 60.0),)
