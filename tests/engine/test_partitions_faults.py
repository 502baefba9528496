"""Zones whose source, entity or broker fails, and what comes of it when they are back."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.effects import TroubleChanged
from custom_components.event_hub.engine.alarm.model import Partition, Zone
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.effects import Effect
from custom_components.event_hub.engine.events import EnabledSet, Forgotten, SourceAvailability
from custom_components.event_hub.engine.model import ADOPTED_SOURCE
from custom_components.event_hub.wire.messages import InputReport, ReportKind, Transport

from .house import BOARD, HOUSE, PANEL, House, native, refused, told
from .kit import reasons


@pytest.fixture
def house() -> House:
    """Return a house that is closed and disarmed."""
    return House()


def lose(house: House) -> tuple[Effect, ...]:
    """Let the board's last will come."""
    return house.post(SourceAvailability(source_id=BOARD.source_id, online=False))


def test_a_zone_that_was_lost_and_comes_back_open_alarms() -> None:
    house = House()
    native(house, "Gate", active=False)
    house.post(EnabledSet(inputs=("Gate",)))
    house.set_up(Partition(partition_id="yard", name="Yard", zones={"Gate": Zone()}))
    house.arm(partition_id="yard")
    house.post(SourceAvailability(source_id=PANEL.source_id, online=False))
    house.wait(15)
    assert house.troubles("yard") == [("Gate", "lost")]
    native(house, "Gate", active=True, kind=ReportKind.HEARTBEAT)
    assert house.troubles("yard") == []
    assert house.phase("yard") is Phase.TRIGGERED


def test_a_lost_zone_is_a_trouble_once_and_keeps_its_partition_from_being_armed(house: House) -> None:
    house.armed()
    effects = lose(house)
    (last,) = [effect for effect in told(effects) if isinstance(effect, TroubleChanged)][-1:]
    assert set(last.watched) == set(HOUSE.zones)
    assert not told(lose(house))
    house.disarm()
    assert refused(house.arm()) == ["not_ready"]


def test_a_broker_that_is_down_is_one_fault_and_not_fifty(house: House) -> None:
    house.armed()
    effects = house.transport(Transport.AMQP, up=False)
    assert [type(effect) for effect in told(effects)] == [TroubleChanged]
    assert house.troubles() == [("amqp", "broker")]
    assert not told(house.transport(Transport.AMQP, up=False))
    house.wait(3600)
    assert house.troubles() == [("amqp", "broker")]
    house.disarm()
    assert refused(house.arm()) == ["not_ready"]
    house.transport(Transport.AMQP, up=True)
    assert house.troubles() == []


@pytest.mark.parametrize("was_down", [False, True])
def test_a_broker_that_is_tried_for_the_first_time_is_as_it_was(house: House, *, was_down: bool) -> None:
    house.transport(Transport.AMQP, up=not was_down)
    before = house.troubles()
    effects = house.reboot(connecting=(Transport.AMQP,))
    effects += house.set_up(replace(HOUSE, siren_limit=60))
    effects += house.set_up(HOUSE)
    assert house.troubles() == before
    assert not [effect for effect in told(effects) if isinstance(effect, TroubleChanged)]
    assert bool(told(house.transport(Transport.AMQP, up=False))) is not was_down
    assert house.troubles() == [("amqp", "broker")]
    house.transport(Transport.AMQP, up=True)
    assert house.troubles() == []


def test_a_broker_that_no_zone_reports_over_is_no_fault(house: House) -> None:
    assert not told(house.transport(Transport.MQTT, up=False))


def entity(house: House, *, opened: bool = False) -> None:
    """Make an entity a zone of a partition of its own, and arm that."""
    house.adopt("Porch", "binary_sensor.porch")
    says(house, active=opened)
    house.set_up(Partition(partition_id="porch", name="Porch", zones={"Porch": Zone()}))
    house.arm(partition_id="porch", force=True)


def says(house: House, *, active: bool | None = None, already: bool = False, reachable: bool | None = None) -> None:
    """Let the entity report."""
    report = InputReport(device_key="Porch", active=active, level=True, already=already, reachable=reachable)
    house.report(report, by=ADOPTED_SOURCE)


def test_an_entity_that_is_unavailable_is_lost_and_back_as_it_was_it_alarms_nobody(house: House) -> None:
    entity(house)
    says(house, reachable=False)
    assert house.troubles("porch") == [("Porch", "lost")]
    says(house, active=False, reachable=True)
    assert house.troubles("porch") == []
    assert house.phase("porch") is Phase.ARMED


def test_an_entity_that_comes_back_open_alarms(house: House) -> None:
    entity(house)
    says(house, reachable=False)
    says(house, active=True, reachable=True)
    assert house.phase("porch") is Phase.TRIGGERED


def test_an_entity_that_was_left_out_open_comes_back_open_and_alarms_nobody(house: House) -> None:
    entity(house, opened=True)
    assert house.status("porch").forced == ("Porch",)
    says(house, reachable=False)
    says(house, reachable=True)
    assert house.phase("porch") is Phase.ARMED


@pytest.mark.parametrize("late", [False, True])
def test_an_entity_found_open_after_a_restart_alarms_once_inputs_have_settled(house: House, late: bool) -> None:
    entity(house)
    house.reboot(after=10)
    if late:
        says(house, reachable=False)
        house.wait(120)
        assert house.troubles("porch") == [("Porch", "lost")]
    says(house, active=True, already=True, reachable=True if late else None)
    assert house.phase("porch") is Phase.TRIGGERED


def test_what_is_already_so_is_shown_and_is_no_trigger(house: House) -> None:
    house.adopt("Porch", "binary_sensor.porch")
    says(house, active=True, already=True)
    assert house.effects == ()
    assert house.state.input_status["Porch"].active
    says(house, active=False)
    assert reasons(house.effects) == ["cleared"]


def test_a_forgotten_zone_stays_a_zone_that_is_in_the_way(house: House) -> None:
    house.post(Forgotten(keys=("Window",)))
    assert house.troubles() == [("Window", "lost")]
    assert refused(house.arm()) == ["not_ready"]


def test_a_forgotten_zone_that_reports_again_is_watched_again(house: House) -> None:
    house.post(Forgotten(keys=("Window",)))
    assert reasons(house.active("Window")) == ["not_armed"]
    house.clear("Window")
    assert house.troubles() == []
    house.armed()
    house.active("Window")
    assert house.phase() is Phase.TRIGGERED
