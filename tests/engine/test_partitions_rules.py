"""Rules of partitions that come into play seldom: orders in vain, openings that nobody saw, time that fails."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser, Validity
from custom_components.event_hub.engine.alarm.effects import DuressRaised
from custom_components.event_hub.engine.alarm.events import Arm, CodeAccepted, CodeRefused, Disarm, DuressGiven, Panic
from custom_components.event_hub.engine.alarm.model import Mode, Partition, Zone
from custom_components.event_hub.engine.alarm.status import Phase, Timer as AlarmTimer
from custom_components.event_hub.engine.deadlines import Timer
from custom_components.event_hub.engine.effects import SendCommand
from custom_components.event_hub.engine.events import (
    CodeUserSet,
    CommandFailed,
    CommandPublished,
    EnabledSet,
    GroupRuleSet,
    OutputRequested,
    PartitionRemoved,
    ResultReceived,
    RuleSet,
    ScheduleSet,
    SourceAvailability,
    Tick,
)
from custom_components.event_hub.engine.model import GroupRule, InputRule
from custom_components.event_hub.engine.ticking import in_turns, is_due, postponed
from custom_components.event_hub.engine.times.schedules import Schedule, Span
from custom_components.event_hub.wire.messages import CommandResult, Dialect, OutputReport, ReportKind, ResultStatus

from .house import ANNA, BOARD, HOUSE, House, told
from .kit import source

SHED = Partition(partition_id="shed", name="Shed", zones={"Shed": Zone()})
ALL = Partition(partition_id="all", name="All", members=("house", "shed"))
ONCE = replace(ANNA, name="Guest", user_id="guest", once=True)


@pytest.fixture
def house() -> House:
    """Return a house that is closed and disarmed."""
    return House()


def orders(house: House, seconds: float) -> list[tuple[float, bool | None]]:
    """Let every command fail for a while; returns after how many seconds which were given."""
    began, until = house.now, house.now + seconds
    given: list[tuple[float, bool | None]] = []
    fail(house)
    while (due := house.state.next_deadline()) is not None and due <= until:
        house.now = max(house.now, due)
        effects = house.post(Tick())
        given += [(house.now - began, each.command.turn_on) for each in effects if isinstance(each, SendCommand)]
        fail(house)
    house.now = until
    return given


def fail(house: House) -> None:
    """Let what was commanded fail."""
    for command_id in list(house.state.commands):
        house.post(CommandFailed(command_id=command_id, detail="the entity is unavailable"))


def retries(house: House) -> list[str]:
    """Return which sirens are to be told again."""
    return [key for (timer, key), _ in house.state.deadlines.items() if timer is Timer.SIREN]


def test_an_alarm_that_its_siren_did_not_hear_is_told_it_again_until_it_is_over(house: House) -> None:
    house.armed()
    house.active("Window")
    given = orders(house, 179)
    assert given[:6] == [(2, True), (6, True), (14, True), (30, True), (60, True), (90, True)]
    assert {on for _, on in given} == {True}


def test_a_siren_that_was_not_told_off_is_told_so_for_ten_minutes_and_more(house: House) -> None:
    house.armed()
    house.active("Window")
    house.disarm()
    given = orders(house, 86_400)
    assert {on for _, on in given} == {False}
    last, _ = given[-1]
    assert 600 < last <= 1_860
    assert retries(house) == []
    assert house.state.siren_orders == {}


def test_a_siren_that_took_its_order_is_left_alone(house: House) -> None:
    house.armed()
    house.active("Window")
    fail(house)
    (again,) = [each for each in house.wait(2) if isinstance(each, SendCommand)]
    house.post(CommandPublished(command_id=again.command.command_id))
    assert (retries(house), house.state.siren_orders) == ([], {})
    assert [each for each in house.wait(100) if isinstance(each, SendCommand)] == []


def test_a_siren_in_trouble_is_in_trouble_until_it_took_an_order(house: House) -> None:
    house.armed()
    house.active("Window")
    fail(house)
    for _ in range(3):
        (again,) = [each for each in house.wait(30) if isinstance(each, SendCommand)][-1:]
        assert house.troubles() == [("Siren", "siren_undelivered")]
        house.post(CommandFailed(command_id=again.command.command_id, detail="the entity is unavailable"))
    (again,) = [each for each in house.wait(30) if isinstance(each, SendCommand)][-1:]
    house.post(CommandPublished(command_id=again.command.command_id))
    assert house.troubles() == []


def test_what_is_off_by_now_is_not_told_on_again(house: House) -> None:
    house.armed()
    house.active("Window")
    fail(house)
    house.disarm()
    assert {on for _, on in orders(house, 600)} == {False}


def test_a_siren_that_could_not_be_told_off_is_told_so_after_a_restart(house: House) -> None:
    house.armed()
    house.active("Window")
    house.disarm()
    fail(house)
    house.reboot(after=10)
    assert orders(house, 30)[0] == (2, False)


def test_a_siren_that_somebody_commanded_since_is_theirs(house: House) -> None:
    house.armed()
    house.active("Window")
    house.disarm()
    fail(house)
    house.post(OutputRequested(output_key="Siren", request_id="1", turn_on=True))
    assert orders(house, 600) == []


def test_an_output_that_is_no_siren_is_told_nothing_again(house: House) -> None:
    house.adopt_siren("Lamp", action="light.turn_on")
    house.post(OutputRequested(output_key="Lamp", request_id="1", turn_on=True))
    assert orders(house, 600) == []


def test_a_siren_that_says_it_fell_silent_in_the_alarm_is_switched_on_again(house: House) -> None:
    relays = source("relays", dialect=Dialect.NATIVE)

    def says(*, is_on: bool) -> None:
        house.report(by=relays, outputs=(OutputReport(device_key="Horn", is_on=is_on),), kind=ReportKind.HEARTBEAT)

    says(is_on=False)
    house.set_up(replace(HOUSE, siren_outputs=("Horn",)))
    house.armed()
    house.active("Window")
    (command_id,) = house.state.commands
    done = CommandResult(source=relays, command_id=command_id, device_key="Horn", status=ResultStatus.DONE)
    house.post(ResultReceived(result=done))
    says(is_on=True)
    house.wait(20)
    says(is_on=False)
    commands = [each.command for each in house.wait(2) if isinstance(each, SendCommand)]
    assert [(each.output.device_key, each.turn_on) for each in commands] == [("Horn", True)]


def test_a_siren_of_a_partition_without_zones_is_told_again_too() -> None:
    house = House(replace(HOUSE, zones={}))
    house.ask(Panic(actor=ANNA))
    assert orders(house, 10) == [(2, True), (6, True)]


def confirmed_twice(house: House) -> None:
    """Let the window be confirmed by a second activation."""
    house.post(RuleSet(input_key="Window", rule=InputRule(confirm_count=2, hold=600)))


def test_one_activation_of_two_stays_one_across_a_restart(house: House) -> None:
    confirmed_twice(house)
    house.armed()
    house.active("Window")
    house.reboot(after=5)
    house.wait(120)
    assert house.phase() is Phase.ARMED


def test_the_second_activation_confirms_though_the_hub_restarted_after_the_first(house: House) -> None:
    confirmed_twice(house)
    house.armed()
    house.active("Window")
    house.reboot(after=5)
    house.heartbeat(BOARD)
    assert house.phase() is Phase.ARMED
    house.active("Window")
    assert house.phase() is Phase.TRIGGERED


def test_one_activation_of_two_stays_one_though_its_board_was_lost(house: House) -> None:
    confirmed_twice(house)
    house.armed()
    house.active("Window")
    house.post(SourceAvailability(source_id=BOARD.source_id, online=False))
    house.heartbeat(BOARD)
    assert ("Window", "lost") not in house.troubles()
    assert house.phase() is Phase.ARMED


def test_one_member_of_a_group_that_must_agree_stays_one_across_a_restart() -> None:
    house = House()
    house.input("Pane", InputRule(hold=600), group="panes")
    house.clear("Pane")
    house.post(GroupRuleSet(name="panes", rule=GroupRule(name="panes", count=2, within=60)))
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Pane": Zone()}))
    house.armed()
    house.active("Pane")
    house.reboot(after=5)
    house.wait(120)
    assert house.phase() is Phase.ARMED


def test_an_unconfirmed_window_is_open_to_whoever_wants_to_arm(house: House) -> None:
    confirmed_twice(house)
    house.active("Window")
    house.arm()
    assert house.phase() is Phase.DISARMED


@pytest.fixture
def unseen(house: House) -> House:
    """Return an armed house whose window was switched off, and opened then."""
    house.post(EnabledSet(inputs=("Window",), enabled=False))
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Window": Zone(modes=(Mode.NIGHT,))}))
    house.post(EnabledSet(inputs=("Window",), enabled=False))
    house.active("Window")
    house.armed(Mode.AWAY)
    return house


def test_a_zone_that_is_switched_on_while_it_stands_open_is_noticed(unseen: House) -> None:
    assert unseen.status().open == ()
    unseen.post(EnabledSet(inputs=("Window",)))
    assert unseen.status().open == ("Window",)


def test_a_burglar_whom_a_schedule_let_in_is_noticed_when_it_ends(house: House) -> None:
    now = int(house.now) % 86_400
    soon = Schedule(spans=(Span(enable_at=now + 600, disable_at=now + 1200),))
    house.post(ScheduleSet(inputs=("Window",), schedule=soon))
    house.armed()
    house.active("Window")
    house.wait(599)
    assert house.phase() is Phase.ARMED
    house.wait(1)
    assert house.phase() is Phase.TRIGGERED


def test_what_was_open_and_switched_on_before_is_no_news(house: House) -> None:
    house.active("Window")
    assert house.status().open == ("Window",)
    assert told(house.post(EnabledSet(inputs=("Window",)))) == []


@pytest.fixture
def estate() -> House:
    """Return a house and a shed with a master over both."""
    estate = House()
    estate.input("Shed")
    estate.clear("Shed")
    estate.set_up(SHED)
    estate.set_up(ALL)
    guest = CodeUser(user_id="guest", name="Guest", validity=Validity(once=True))
    estate.post(CodeUserSet(user=guest, code_hash="hash"))
    anna = CodeUser(user_id="anna", name="Anna")
    estate.post(CodeUserSet(user=anna, code_hash="other"))
    return estate


def test_a_code_for_one_time_survives_being_refused_by_a_master(estate: House) -> None:
    estate.active("Window")
    estate.ask(CodeAccepted(actor=ONCE), "all")
    estate.ask(Arm(mode=Mode.AWAY, actor=ONCE, skip_delay=True), "all")
    assert estate.phase() is Phase.DISARMED
    assert not estate.state.code_users["guest"].used
    estate.clear("Window")
    estate.ask(Arm(mode=Mode.AWAY, actor=ONCE, skip_delay=True), "all")
    assert estate.state.code_users["guest"].used


def test_a_forced_code_for_one_time_that_may_not_do_it_is_not_used_up(estate: House) -> None:
    estate.ask(DuressGiven(actor=replace(ONCE, duress=True)))
    assert not estate.state.code_users["guest"].used


def test_a_forced_master_tells_the_alarms_of_all_its_members_in_one_call(estate: House) -> None:
    estate.arm(partition_id="all")
    estate.active("Window")
    estate.active("Shed")
    effects = estate.ask(Disarm(actor=replace(ANNA, duress=True)), "all")
    (called,) = [each for each in told(effects) if isinstance(each, DuressRaised)]
    assert [alarm.zone for alarm in called.alarms] == ["Window", "Shed"]
    assert [partition_id for partition_id in ("house", "shed") if told(effects, partition_id)] == ["house", "shed"]
    assert not [each for each in (*told(effects, "house"), *told(effects, "shed")) if isinstance(each, DuressRaised)]


def test_a_lockout_outlasts_its_partition(house: House) -> None:
    for _ in range(5):
        house.ask(CodeRefused(actor=ANNA))
    until = house.status().due(AlarmTimer.LOCKOUT)
    house.post(PartitionRemoved(partition_id="house"))
    house.wait(10)
    house.set_up(HOUSE)
    assert house.status().due(AlarmTimer.LOCKOUT) == until
    house.wait(80)
    assert house.status().due(AlarmTimer.LOCKOUT) is None
    assert house.status().lockout.locks == 1


def test_a_lockout_that_ended_meanwhile_does_not_begin_anew(house: House) -> None:
    for _ in range(5):
        house.ask(CodeRefused(actor=ANNA))
    house.post(PartitionRemoved(partition_id="house"))
    house.wait(100)
    house.set_up(HOUSE)
    assert house.status().due(AlarmTimer.LOCKOUT) is None
    assert house.status().lockout.locks == 1


def test_what_is_due_of_the_alarm_comes_first_and_the_rest_in_a_step_of_its_own(house: House) -> None:
    house.post(RuleSet(input_key="Hall", rule=InputRule(hold=5)))
    house.ask(Arm(mode=Mode.AWAY, actor=ANNA))
    house.input("Porch", InputRule(hold=1))
    house.active("Porch")
    house.now += 90
    turns = in_turns(house.state, house.now)
    assert turns == [((Timer.ALARM, "house"),), ((Timer.HOLD, "Porch"),)]
    house.post(Tick(only=turns[0]))
    assert house.phase() is Phase.ARMED
    assert house.state.input_status["Porch"].active
    house.post(Tick(only=turns[1]))
    assert not house.state.input_status["Porch"].active
    assert in_turns(house.state, house.now) == []


def test_the_end_of_a_zones_activity_is_the_alarms() -> None:
    house = House()
    house.input("Attic")
    house.set_up(Partition(partition_id="attic", name="Attic", zones={"Attic": Zone()}))
    house.ask(Arm(mode=Mode.AWAY, actor=ANNA), "attic")
    house.active("Attic")
    house.now += 90
    (alarms,) = in_turns(house.state, house.now)
    house.post(Tick(only=alarms))
    assert (house.phase("attic"), house.status("attic").open) == (Phase.ARMED, ())


def test_a_deadline_that_is_put_off_is_due_later(house: House) -> None:
    house.active("Window")
    house.ask(Arm(mode=Mode.AWAY, actor=ANNA))
    key = (Timer.ALARM, "house")
    house.state.apply(postponed(key, house.now + 600).changes)
    assert not is_due(house.state, key, house.now + 599)
    assert is_due(house.state, key, house.now + 600)
