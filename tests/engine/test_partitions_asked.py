"""What people ask of partitions and masters, what sirens are told, and what a restart may not change."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser, Validity
from custom_components.event_hub.engine.alarm.effects import DuressRaised, Overridden, SirenOff, SirenOn
from custom_components.event_hub.engine.alarm.events import (
    Arm,
    Bypass,
    CodeAccepted,
    CodeRefused,
    Disarm,
    Panic,
    WalkTest,
    ZoneOpened,
)
from custom_components.event_hub.engine.alarm.model import Mode, Partition, Zone
from custom_components.event_hub.engine.alarm.status import Phase, Timer as AlarmTimer
from custom_components.event_hub.engine.deadlines import Timer
from custom_components.event_hub.engine.effects import Decided, SendCommand
from custom_components.event_hub.engine.errors import UnknownKeyError
from custom_components.event_hub.engine.events import (
    CodeUserSet,
    CommandFailed,
    EnabledSet,
    Forgotten,
    OutputsSuspended,
    Tick,
)
from custom_components.event_hub.wire.messages import Dialect, InputReport, OutputReport, ReportKind, Transport

from .house import ANNA, BOARD, HOUSE, House, kinds, native, refused, told
from .kit import decisions, sent, source

SHED = Partition(partition_id="shed", name="Shed", zones={"Shed": Zone()}, siren_outputs=("Siren",))
ALL = Partition(partition_id="all", name="All", members=("house", "shed"))


@pytest.fixture
def house() -> House:
    """Return a house that is closed and disarmed."""
    return House()


@pytest.fixture
def estate() -> House:
    """Return a house and a shed, which share a siren, with a master over both."""
    estate = House()
    estate.input("Shed")
    estate.clear("Shed")
    estate.set_up(SHED)
    estate.set_up(ALL)
    return estate


def orders(house: House) -> list[tuple[str, bool | None]]:
    """Return what outputs were told in the last step."""
    commands = [effect.command for effect in house.effects if isinstance(effect, SendCommand)]
    return [(command.output.device_key, command.turn_on) for command in commands]


@pytest.mark.parametrize("asked", [Disarm(actor=ANNA), ZoneOpened(zone="Window"), CodeRefused(actor=ANNA)])
def test_a_partition_that_is_not_there_can_be_asked_for_nothing(house: House, asked: Disarm) -> None:
    with pytest.raises(UnknownKeyError):
        house.ask(asked, "attic")


def test_a_master_arms_and_disarms_its_members(estate: House) -> None:
    effects = estate.arm(partition_id="all")
    assert (estate.phase(), estate.phase("shed")) == (Phase.ARMED, Phase.ARMED)
    assert kinds(effects, "house") == kinds(effects, "shed") == ["PhaseChanged"]
    estate.disarm("all")
    assert (estate.phase(), estate.phase("shed")) == (Phase.DISARMED, Phase.DISARMED)


def test_a_master_does_all_or_nothing(estate: House) -> None:
    estate.active("Shed")
    before = dict(estate.state.alarm)
    effects = estate.arm(partition_id="all")
    assert kinds(effects) == ["Refused"]
    assert kinds(effects, "all") == ["Refused"]
    assert estate.state.alarm == before


def test_wrong_codes_given_to_a_master_are_counted_there_until_a_right_one_comes(estate: House) -> None:
    for _ in range(4):
        estate.ask(CodeRefused(actor=ANNA), "all")
    assert estate.status("all").lockout.wrong == 4
    estate.ask(CodeAccepted(actor=ANNA), "all")
    assert estate.status("all").lockout.wrong == 0
    for _ in range(5):
        estate.ask(CodeRefused(actor=ANNA), "all")
    due = estate.status("all").due(AlarmTimer.LOCKOUT)
    assert due == estate.state.deadlines.get((Timer.ALARM, "all"))
    assert kinds(estate.wait(90)) == ["LockoutEnded"]


def test_duress_given_to_a_master_is_raised_once(estate: House) -> None:
    estate.arm(partition_id="all")
    effects = estate.ask(Disarm(actor=replace(ANNA, duress=True)), "all")
    assert [effect for effect in told(effects) if isinstance(effect, DuressRaised)] == told(effects, "all")


def test_a_code_that_works_once_is_used_up_for_everything(house: House) -> None:
    guest = CodeUser(user_id="anna", name="Anna", validity=Validity(once=True))
    house.post(CodeUserSet(user=guest, code_hash="hash"))
    house.armed()
    house.ask(Disarm(actor=replace(ANNA, once=True)))
    assert house.state.code_users["anna"].used
    assert house.status().used_codes == ("anna",)


def test_an_alarm_switches_the_siren_on_and_disarming_switches_it_off(house: House) -> None:
    house.armed()
    house.active("Window")
    assert orders(house) == [("Siren", True)]
    house.disarm()
    assert orders(house) == [("Siren", False)]
    assert [decision.reason.value for decision in decisions(house.effects)] == ["alarm"]


def test_the_siren_ends_by_itself(house: House) -> None:
    house.armed()
    house.active("Window")
    house.carry_out()
    effects = house.wait(180)
    assert orders(house) == [("Siren", False)]
    assert "SirenOff" in kinds(effects)


def test_suspended_outputs_stay_suspended_except_for_sirens(house: House) -> None:
    house.adopt_siren("Lamp")
    house.link("Window", "Lamp")
    house.post(OutputsSuspended(suspended=True))
    house.armed()
    assert sent(house.active("Window")) == ["Siren"]


def test_a_siren_that_a_person_switched_off_stays_silent_and_the_log_says_so(house: House) -> None:
    house.post(EnabledSet(outputs=("Siren",), enabled=False))
    house.arm(force=True)
    house.active("Window")
    assert orders(house) == []
    (decision,) = [each for each in decisions(house.effects) if each.reason.value == "alarm"]
    assert [output.reason.value for output in decision.outputs] == ["output_disabled"]


def test_a_siren_that_was_forgotten_is_named_in_the_log(house: House) -> None:
    house.post(Forgotten(keys=("Siren",)))
    house.arm(force=True)
    house.active("Window")
    (decision,) = [each for each in decisions(house.effects) if each.reason.value == "alarm"]
    assert [output.reason.value for output in decision.outputs] == ["unknown_output"]


@pytest.mark.parametrize(
    ("dialect", "channel", "is_on", "on", "off"),
    [
        (Dialect.ESP_SWITCH, 0, None, [("Horn", True)], [("Horn", False)]),
        (Dialect.NATIVE, None, False, [("Horn", True)], [("Horn", False)]),
        (Dialect.NATIVE, None, None, [("Horn", None)], []),
        (Dialect.CURRENT, None, None, [("Horn", None)], []),
    ],
)
def test_a_siren_is_told_what_it_understands(
    house: House,
    dialect: Dialect,
    channel: int | None,
    is_on: bool | None,
    on: list[tuple[str, bool | None]],
    off: list[tuple[str, bool | None]],
) -> None:
    horn = OutputReport(device_key="Horn", channel=channel, is_on=is_on)
    house.report(by=source("horn", dialect=dialect), outputs=(horn,), kind=ReportKind.HEARTBEAT)
    house.set_up(replace(HOUSE, siren_outputs=("Horn",)))
    house.armed()
    house.active("Window")
    assert orders(house) == on
    house.disarm()
    assert orders(house) == off


@pytest.mark.parametrize(
    ("action", "off"), [("switch.turn_on", [("Gong", False)]), ("script.gong", []), ("siren.turn_off", [])]
)
def test_an_action_is_told_off_only_if_it_has_an_opposite(
    house: House, action: str, off: list[tuple[str, bool]]
) -> None:
    house.adopt_siren("Gong", action)
    house.set_up(replace(HOUSE, siren_outputs=("Gong",)))
    house.ask(Panic(actor=ANNA))
    assert [key for key, _ in orders(house)] == ["Gong"]
    house.disarm()
    assert orders(house) == off


def test_a_siren_shared_by_two_sounds_until_both_have_ended(estate: House) -> None:
    estate.arm(partition_id="all")
    estate.active("Window")
    estate.active("Shed")
    estate.disarm()
    assert [effect for effect in told(estate.effects) if isinstance(effect, SirenOff)]
    assert orders(estate) == []
    estate.disarm("shed")
    assert orders(estate) == [("Siren", False)]


@pytest.mark.parametrize("disarmed", [False, True])
def test_a_siren_that_could_not_be_told_is_told_when_its_broker_is_back(house: House, disarmed: bool) -> None:
    relays = source("relays", dialect=Dialect.NATIVE)
    horn = OutputReport(device_key="Horn", is_on=False)
    house.report(by=relays, outputs=(horn,), kind=ReportKind.HEARTBEAT)
    house.set_up(replace(HOUSE, siren_outputs=("Horn",)))
    house.armed()
    house.active("Window")
    house.transport(Transport.AMQP, up=False)
    if disarmed:
        house.disarm()
    for command_id in list(house.state.commands):
        house.post(CommandFailed(command_id=command_id, detail="the broker is away"))
    house.transport(Transport.AMQP, up=True)
    assert orders(house) == [("Horn", not disarmed)]


def test_a_restart_goes_on_with_delays_bypasses_and_siren(house: House) -> None:
    house.ask(Bypass(zones=("Hall",), actor=ANNA))
    house.armed()
    house.active("Window")
    house.clear("Window")
    before = house.status()
    effects = house.reboot(after=20)
    assert [type(effect) for effect in told(effects)] == [SirenOn]
    assert orders(house) == [("Siren", True)]
    assert replace(house.status(), deadlines=()) == replace(before, deadlines=())
    assert house.status().due(AlarmTimer.ALARM) == before.due(AlarmTimer.ALARM)
    house.carry_out()
    house.wait(160)
    assert orders(house) == [("Siren", False)]
    assert house.phase() is Phase.ARMED


def test_what_is_silent_is_told_so_at_a_restart(house: House) -> None:
    house.reboot()
    assert orders(house) == [("Siren", False)]


def test_what_opened_while_the_hub_was_away_alarms_once_inputs_have_settled(house: House) -> None:
    house.armed()
    house.reboot(after=10)
    assert house.stands("Window") == {"confirmed", "enabled"}
    assert kinds(house.active("Window"))[0] == "Passed"
    # The board has reported with that, and no other source has zones here.
    assert house.phase() is Phase.TRIGGERED


def test_zones_settle_until_each_source_was_heard(house: House) -> None:
    native(house, "Gate", active=False, kind=ReportKind.HEARTBEAT)
    house.post(EnabledSet(inputs=("Gate",)))
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Gate": Zone()}))
    house.armed()
    house.reboot(after=10)
    house.active("Window")
    assert house.phase() is Phase.ARMED
    native(house, "Gate", active=None, kind=ReportKind.HEARTBEAT)
    assert house.phase() is Phase.TRIGGERED


def test_an_entity_has_to_report_itself_after_a_restart_but_a_button_does_not(house: House) -> None:
    house.adopt("Porch", "binary_sensor.porch")
    house.adopt("Bell", "input_button.bell")
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Porch": Zone(), "Bell": Zone()}))
    house.reboot()
    assert "heard" not in house.stands("Porch")
    assert "heard" in house.stands("Bell")
    by = house.state.sources["home_assistant"].source
    house.report(InputReport(device_key="Porch", level=True), by=by)
    assert "heard" in house.stands("Porch")


def test_a_hold_that_ended_while_the_hub_was_away_leaves_nothing_open_at_the_end_of_the_exit_delay(
    house: House,
) -> None:
    house.input("Attic")
    house.set_up(replace(SHED, zones={"Attic": Zone()}))
    house.ask(Arm(mode=Mode.AWAY, actor=ANNA), "shed")
    house.active("Attic")
    house.reboot(after=300)
    house.post(Tick())
    assert house.phase("shed") is Phase.ARMED


def test_a_status_of_no_partition_goes_with_a_restart(house: House) -> None:
    house.state.alarm["gone"] = house.status()
    house.reboot()
    assert set(house.state.alarm) == {"house"}


def test_nothing_but_the_chime_comes_of_a_walk_test(house: House) -> None:
    house.link("Window", "Siren")
    house.ask(WalkTest(actor=ANNA))
    effects = house.active("Window")
    assert kinds(effects) == ["Chimed", "WalkTested"]
    assert [effect.decision.reason.value for effect in effects if isinstance(effect, Decided)] == ["not_armed"]
    assert orders(house) == []


def test_arming_by_force_leaves_out_what_is_open_and_passes_what_is_switched_off(house: House) -> None:
    house.post(EnabledSet(inputs=("Smoke",), enabled=False))
    house.active("Window")
    assert refused(house.arm()) == ["not_ready"]
    effects = house.arm(force=True)
    assert house.status().forced == ("Window",)
    assert house.phase() is Phase.ARMED
    (despite,) = [effect for effect in told(effects) if isinstance(effect, Overridden)]
    assert [(each.zone, each.problem.value) for each in despite.problems] == [("Smoke", "disabled")]
    assert "enabled" not in house.stands("Smoke")
    assert BOARD.source_id in house.state.heard
