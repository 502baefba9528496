"""What keeps a siren from sounding is noticed when it happens: a trouble, and in the way of arming."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.effects import Overridden, TroubleChanged
from custom_components.event_hub.engine.alarm.events import Panic
from custom_components.event_hub.engine.alarm.model import FaultPolicy, Partition
from custom_components.event_hub.engine.effects import SendCommand
from custom_components.event_hub.engine.events import (
    CommandFailed,
    CommandPublished,
    EnabledSet,
    Forgotten,
    OutputExpected,
    OutputRequested,
    PartitionRemoved,
    ResultReceived,
    ScheduleSet,
    SourceAvailability,
)
from custom_components.event_hub.engine.model import OutputRecord
from custom_components.event_hub.engine.siren_faults import without_off
from custom_components.event_hub.engine.times.schedules import Schedule, Span
from custom_components.event_hub.wire.messages import (
    CommandResult,
    Dialect,
    OutputReport,
    ReportKind,
    ResultStatus,
    Transport,
)

from .house import ANNA, HOUSE, House, refused, told
from .kit import only, sent, source

HORNS = source("horns", dialect=Dialect.NATIVE)
BOX = source("box", dialect=Dialect.ESP_SWITCH)
HORN = OutputReport(device_key="Horn", is_on=False)
LOUD = replace(HOUSE, siren_outputs=("Horn",))


@pytest.fixture
def house() -> House:
    """Return a house with a horn of a device of its own for a siren."""
    house = House()
    report(house)
    house.set_up(LOUD)
    assert house.troubles() == []
    return house


def switch_off(house: House) -> None:
    """Let a person switch it off."""
    house.post(EnabledSet(outputs=("Horn",), enabled=False))


def switch_on(house: House) -> None:
    """Let a person switch it on."""
    house.post(EnabledSet(outputs=("Horn",)))


def forget(house: House) -> None:
    """Let a person remove it."""
    house.post(Forgotten(keys=("Horn",)))


def report(house: House) -> None:
    """Let its device report."""
    house.report(by=HORNS, outputs=(HORN,), kind=ReportKind.HEARTBEAT)


def lose(house: House) -> None:
    """Let its device's last will come, and not be taken back."""
    house.post(SourceAvailability(source_id=HORNS.source_id, online=False))
    house.wait(15)


def order(house: House) -> str:
    """Let a person order it about; returns the order's id."""
    house.post(OutputRequested(output_key="Horn", request_id=f"{house.now}.{house.state.serial}", turn_on=True))
    return only(house.effects, SendCommand).command.command_id


def fail(house: House) -> None:
    """Let an order fail."""
    house.post(CommandFailed(command_id=order(house), detail="no such queue"))


def succeed(house: House) -> None:
    """Let an order be carried out."""
    house.now += 1
    done = CommandResult(source=HORNS, command_id=order(house), device_key="Horn", status=ResultStatus.DONE)
    house.post(ResultReceived(result=done))


type Act = Callable[[House], None]
FAULTS: dict[str, tuple[Act, Act]] = {
    "siren_off": (switch_off, switch_on),
    "siren_gone": (forget, report),
    "siren_lost": (lose, report),
    "siren_undelivered": (fail, succeed),
}


@pytest.mark.parametrize(("fault", "breaks", "mends"), [(name, *both) for name, both in FAULTS.items()], ids=FAULTS)
def test_a_siren_that_will_not_sound_is_a_trouble_and_in_the_way_until_it_would(
    house: House, fault: str, breaks: Act, mends: Act
) -> None:
    breaks(house)
    assert house.troubles() == [("Horn", fault)]
    assert refused(house.arm()) == ["not_ready"]
    (despite,) = [effect for effect in told(house.arm(force=True)) if isinstance(effect, Overridden)]
    assert [(each.zone, each.problem.value) for each in despite.problems] == [("Horn", fault)]
    house.disarm()
    mends(house)
    assert house.troubles() == []
    house.armed()


@pytest.mark.parametrize(("breaks", "mends"), FAULTS.values(), ids=FAULTS)
def test_whoever_overrides_faults_arms_in_spite_of_it(house: House, breaks: Act, mends: Act) -> None:
    assert callable(mends)
    house.set_up(replace(LOUD, fault_policy=FaultPolicy.OVERRIDE))
    breaks(house)
    house.armed()


def test_it_is_told_whether_or_not_anything_is_armed(house: House) -> None:
    switch_off(house)
    (change,) = [effect for effect in told(house.effects) if isinstance(effect, TroubleChanged)]
    assert change.watched == ("Horn",)


def test_a_siren_whose_broker_is_down_cannot_be_reached() -> None:
    house = House()
    house.report(by=BOX, outputs=(OutputReport(device_key="Horn", channel=0),), kind=ReportKind.HEARTBEAT)
    house.set_up(LOUD)
    house.transport(Transport.MQTT, up=False)
    assert house.troubles() == [("Horn", "siren_lost")]
    house.transport(Transport.MQTT, up=True)
    assert house.troubles() == []


@pytest.mark.parametrize("was_down", [False, True])
def test_while_a_broker_is_tried_for_the_first_time_a_siren_is_as_it_was(*, was_down: bool) -> None:
    house = House()
    house.report(by=BOX, outputs=(OutputReport(device_key="Horn", channel=0),), kind=ReportKind.HEARTBEAT)
    house.set_up(LOUD)
    house.transport(Transport.MQTT, up=not was_down)
    before = house.troubles()
    assert bool(before) is was_down
    house.reboot(connecting=(Transport.MQTT,))
    house.set_up(replace(LOUD, siren_limit=60))
    assert house.troubles() == before
    house.transport(Transport.MQTT, up=False)
    assert house.troubles() == [("Horn", "siren_lost")]
    house.transport(Transport.MQTT, up=True)
    assert house.troubles() == []


def test_a_switch_board_that_does_not_answer_was_not_reached() -> None:
    house = House()
    house.report(by=BOX, outputs=(OutputReport(device_key="Horn", channel=0),), kind=ReportKind.HEARTBEAT)
    house.set_up(LOUD)
    house.post(CommandPublished(command_id=order(house)))
    house.wait(house.state.outputs["Horn"].deadline)
    assert house.troubles() == [("Horn", "siren_undelivered")]


def test_an_order_that_is_given_again_is_no_good_news_yet(house: House) -> None:
    fail(house)
    house.now += 1
    order(house)
    assert house.troubles() == [("Horn", "siren_undelivered")]
    assert told(house.effects) == []


def test_a_siren_that_its_schedule_has_off_sounds_all_the_same(house: House) -> None:
    house.post(ScheduleSet(outputs=("Horn",), schedule=Schedule(spans=(Span(disable_at=0),))))
    assert not house.state.outputs["Horn"].enabled
    assert house.troubles() == []
    assert sent(house.ask(Panic(actor=ANNA))) == ["Horn"]


def test_a_siren_that_was_never_heard_of_is_lost(house: House) -> None:
    house.post(OutputExpected(record=OutputRecord(key="Gong", source_id="")))
    house.set_up(replace(HOUSE, siren_outputs=("Gong",)))
    assert house.troubles() == [("Gong", "siren_lost")]


def test_a_siren_that_becomes_one_brings_its_faults_along_and_takes_them_away(house: House) -> None:
    fail(house)
    house.set_up(HOUSE)
    assert house.troubles() == []
    house.set_up(LOUD)
    assert house.troubles() == [("Horn", "siren_undelivered")]


def test_a_partition_without_zones_has_sirens_too(house: House) -> None:
    house.set_up(Partition(partition_id="shop", name="Shop", siren_outputs=("Horn",)))
    house.post(PartitionRemoved(partition_id="house"))
    assert dict(house.state.watchers) == {}
    switch_off(house)
    assert house.troubles("shop") == [("Horn", "siren_off")]


def test_what_was_wrong_with_sirens_is_looked_at_anew_after_a_restart(house: House) -> None:
    switch_off(house)
    house.state.outputs["Horn"] = replace(house.state.outputs["Horn"], enabled=True)
    house.reboot(after=10)
    assert house.troubles() == []


def test_an_output_that_is_no_siren_troubles_nobody(house: House) -> None:
    house.set_up(HOUSE)
    fail(house)
    assert house.troubles() == []


def test_what_can_only_be_triggered_is_known_beforehand(house: House) -> None:
    house.adopt_siren("Gong", "script.gong")
    house.report(by=source("gate"), outputs=(OutputReport(device_key="Bell"),), kind=ReportKind.HEARTBEAT)
    partition = replace(HOUSE, siren_outputs=("Siren", "Horn", "Gong", "Bell", "Bell"))
    house.set_up(partition)
    assert without_off(house.state, partition) == ("Gong", "Bell")
