"""Who may take a zone or a siren out of action: nobody without a code, while its partition is not disarmed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser
from custom_components.event_hub.engine.alarm.events import (
    Arm,
    Bypass,
    ChangeMode,
    Silence,
)
from custom_components.event_hub.engine.alarm.model import CodeRules, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.errors import GuardedError
from custom_components.event_hub.engine.events import (
    CodeUserSet,
    EnabledSet,
    Event,
    Forgotten,
    GroupRuleSet,
    InputExpected,
    OutputAdopted,
    OutputOptionsSet,
    OutputRequested,
    PartitionRemoved,
    PartitionSet,
    RuleSet,
    ScheduleSet,
    SilenceLimitSet,
)
from custom_components.event_hub.engine.model import Action, GroupRule, InputRecord, InputRule
from custom_components.event_hub.engine.times.schedules import Schedule, Span
from custom_components.event_hub.wire.messages import InputReport, OutputReport, ReportKind

from .house import ANNA, BOARD, HOUSE, House, refused
from .kit import sent

NEVER = Schedule(spans=(Span(disable_at=0),))
GROUP = "Ground floor"
GROUPED = InputReport(device_key="Window", active=False, group=GROUP)


@pytest.fixture
def house() -> House:
    """Return a house that is closed and disarmed; its window belongs to a group."""
    house = House()
    house.report(GROUPED)
    house.post(SilenceLimitSet(source_id="home_assistant", limit=3_600.0))
    return house


def of_the_window(_: House) -> dict[str, Event]:
    """Return every way in which people could take the window out of action, or make it deaf."""
    return {
        "switch it off": EnabledSet(inputs=("Door", "Window"), enabled=False),
        "forget it": Forgotten(keys=("Window",)),
        "forget its board": Forgotten(sources=(BOARD.source_id,)),
        "give it a rule": RuleSet(input_key="Window", rule=InputRule(confirm_count=100)),
        "give it a schedule": ScheduleSet(inputs=("Window",), schedule=NEVER),
        "give its group a schedule": ScheduleSet(groups=(GROUP,), schedule=NEVER),
        "let its group be confirmed": GroupRuleSet(name=GROUP, rule=GroupRule(name=GROUP, count=100, within=1)),
        "let its board be silent for longer": SilenceLimitSet(source_id=BOARD.source_id, limit=86_400.0),
    }


def of_the_siren(house: House) -> dict[str, Event]:
    """Return every way in which people could take the siren out of action."""
    silent = replace(house.state.outputs["Siren"], action=Action(action="light.turn_on"))
    return {
        "switch it off": EnabledSet(outputs=("Siren",), enabled=False),
        "forget it": Forgotten(keys=("Siren",)),
        "give it a schedule": ScheduleSet(outputs=("Siren",), schedule=NEVER),
        "change its options": OutputOptionsSet(output_key="Siren", options={"interval": 600.0}),
        "adopt another in its place": OutputAdopted(record=silent),
        "let who has it be silent for longer": SilenceLimitSet(source_id="home_assistant", limit=None),
    }


def of_the_partition(_: House) -> dict[str, Event]:
    """Return every way in which people could take the partition out of action."""
    return {
        "take the zone out": PartitionSet(partition=replace(HOUSE, zones={"Door": Zone()})),
        "take the siren out": PartitionSet(partition=replace(HOUSE, siren_outputs=())),
        "ask for no code": PartitionSet(partition=replace(HOUSE, codes=CodeRules(disarm=False))),
        "remove it": PartitionRemoved(partition_id="house"),
    }


ALL: dict[str, Callable[[House], dict[str, Event]]] = {
    "guarded": of_the_window,
    "guarded_siren": of_the_siren,
    "guarded_partition": of_the_partition,
}
CASES = [(why, what) for why, events in ALL.items() for what in events(House())]


def arming(house: House) -> None:
    """Arm with time to leave."""
    house.ask(Arm(mode=Mode.AWAY, actor=ANNA))


def coming_home(house: House) -> None:
    """Come in by the door."""
    house.armed()
    house.active("Door")


def broken_in(house: House) -> None:
    """Break the door open, since the window has still to be closed for it to count."""
    house.arm(Mode.HOME)
    house.active("Door")
    house.wait(31)


PHASES: dict[Phase, Callable[[House], None]] = {
    Phase.ARMING: arming,
    Phase.ARMED: House.armed,
    Phase.PENDING: coming_home,
    Phase.TRIGGERED: broken_in,
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("why", "what"), CASES)
def test_what_a_partition_relies_on_is_not_taken_away_before_it_is_disarmed(
    house: House, why: str, what: str, phase: Phase
) -> None:
    PHASES[phase](house)
    assert house.phase() is phase
    before = house.state.copy()
    with pytest.raises(GuardedError) as error:
        house.post(ALL[why](house)[what])
    assert (error.value.why, error.value.partition) == (why, "House")
    assert (house.state.inputs, house.state.outputs, house.state.partitions) == (
        before.inputs,
        before.outputs,
        before.partitions,
    )
    house.disarm()
    house.post(ALL[why](house)[what])


def test_the_refusal_names_what_it_relies_on_as_the_screens_do(house: House) -> None:
    house.report(InputReport(device_key="Window", active=False, label="Window", location="Kitchen"))
    house.armed(Mode.HOME)
    with pytest.raises(GuardedError) as error:
        house.post(EnabledSet(inputs=("Window",), enabled=False))
    assert error.value.names == ("Kitchen Window",)


def test_the_refusal_names_everything_that_is_relied_on(house: House) -> None:
    house.armed(Mode.HOME)
    with pytest.raises(GuardedError) as error:
        house.post(EnabledSet(inputs=("Door", "Hall", "Window"), enabled=False))
    assert error.value.names == ("Door", "Window")
    assert str(error.value) == "Door, Window: watched by House: disarm it first, or bypass the zone"


@pytest.mark.parametrize(
    "allowed",
    [
        EnabledSet(inputs=("Hall",), enabled=False),
        EnabledSet(inputs=("Window",), enabled=True),
        RuleSet(input_key="Hall", rule=InputRule(latch=1.0)),
        Forgotten(keys=("Hall",)),
        PartitionSet(partition=HOUSE),
        PartitionSet(partition=Partition(partition_id="shed", name="Shed", zones={"Window": Zone()})),
        CodeUserSet(user=CodeUser(user_id="guest", name="Guest"), code_hash="hash"),
        InputExpected(record=InputRecord(key="Window", source_id="", group="Attic")),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_takes_nothing_away_is_allowed(house: House, allowed: Event) -> None:
    house.armed(Mode.HOME)
    house.post(allowed)
    assert house.phase() is Phase.ARMED


def test_a_bypassed_zone_may_be_seen_to(house: House) -> None:
    house.armed()
    house.ask(Bypass(zones=("Window",), actor=ANNA))
    house.post(EnabledSet(inputs=("Window",), enabled=False))
    assert house.troubles() == [("Window", "disabled")]


def test_an_instant_zone_of_the_mode_before_is_watched_while_one_leaves(house: House) -> None:
    house.set_up(
        replace(HOUSE, zones={**HOUSE.zones, "Window": Zone(modes=(Mode.HOME,)), "Hall": Zone(modes=(Mode.AWAY,))})
    )
    house.armed(Mode.HOME)
    house.ask(ChangeMode(mode=Mode.AWAY, actor=ANNA))
    assert house.phase() is Phase.ARMING
    with pytest.raises(GuardedError):
        house.post(EnabledSet(inputs=("Window",), enabled=False))


def test_an_entity_is_not_adopted_anew_while_it_is_watched(house: House) -> None:
    house.adopt("Porch", "binary_sensor.porch")
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Porch": Zone()}))
    house.report(InputReport(device_key="Porch", active=False), by=house.state.sources["home_assistant"].source)
    house.armed()
    house.adopt("Porch", "binary_sensor.porch")
    with pytest.raises(GuardedError):
        house.adopt("Porch", "binary_sensor.always_closed")


def test_what_brings_a_zone_under_another_groups_rule_is_refused(house: House) -> None:
    house.armed()
    with pytest.raises(GuardedError):
        house.post(InputExpected(record=InputRecord(key="Door", source_id="", group=GROUP)))


def test_a_fire_zone_may_be_switched_off_only_while_disarmed_and_shows_as_trouble(house: House) -> None:
    house.armed(Mode.NIGHT)
    with pytest.raises(GuardedError):
        house.post(EnabledSet(inputs=("Smoke",), enabled=False))
    house.disarm()
    house.post(EnabledSet(inputs=("Smoke",), enabled=False))
    assert house.troubles() == [("Smoke", "disabled")]
    house.post(EnabledSet(inputs=("Smoke",)))
    assert house.troubles() == []


def test_an_alarm_while_disarmed_keeps_what_is_watched_round_the_clock(house: House) -> None:
    house.active("Smoke")
    assert house.phase() is Phase.TRIGGERED
    for needed in (EnabledSet(inputs=("Smoke",), enabled=False), EnabledSet(outputs=("Siren",), enabled=False)):
        with pytest.raises(GuardedError):
            house.post(needed)
    house.post(EnabledSet(inputs=("Window",), enabled=False))


def asked(turn_on: bool | None) -> OutputRequested:
    """Return what a person asks of the siren by hand."""
    return OutputRequested(output_key="Siren", request_id="1", turn_on=turn_on)


def test_a_siren_that_sounds_is_not_switched_off_by_hand(house: House) -> None:
    assert sent(house.post(asked(turn_on=False))) == ["Siren"]
    house.armed()
    assert sent(house.post(asked(turn_on=False))) == ["Siren"]
    house.active("Window")
    with pytest.raises(GuardedError) as error:
        house.post(asked(turn_on=False))
    assert (error.value.why, error.value.names) == ("siren_sounds", ("Siren",))
    assert sent(house.post(asked(turn_on=True))) == ["Siren"]
    house.ask(Silence(actor=ANNA))
    assert sent(house.post(asked(turn_on=False))) == ["Siren"]


def test_a_schedule_that_was_set_before_is_followed(house: House) -> None:
    house.post(ScheduleSet(inputs=("Window",), schedule=NEVER))
    assert not house.state.inputs["Window"].enabled
    house.armed()
    assert house.troubles() == []


def test_what_becomes_a_zone_is_switched_on(house: House) -> None:
    house.input("Cellar", enabled=False)
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Cellar": Zone()}))
    assert house.state.inputs["Cellar"].enabled
    assert house.troubles() == []
    house.post(EnabledSet(inputs=("Cellar",), enabled=False))
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Cellar": Zone()}, name="Home"))
    assert not house.state.inputs["Cellar"].enabled


def test_what_becomes_a_zone_while_its_schedule_has_it_off_stays_so(house: House) -> None:
    house.input("Cellar", enabled=False)
    house.post(ScheduleSet(inputs=("Cellar",), schedule=NEVER))
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Cellar": Zone()}))
    assert not house.state.inputs["Cellar"].enabled
    assert house.troubles() == []


def test_a_round_the_clock_zone_that_stands_open_is_switched_on_without_an_alarm(house: House) -> None:
    house.input("Cellar", enabled=False)
    house.active("Cellar")
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Cellar": Zone(kind=ZoneKind.ALWAYS)}))
    assert (house.phase(), house.status().open) == (Phase.DISARMED, ("Cellar",))


def test_a_switched_off_zone_keeps_its_partition_from_being_armed(house: House) -> None:
    house.post(EnabledSet(inputs=("Window",), enabled=False))
    assert refused(house.arm()) == ["not_ready"]
    house.post(EnabledSet(inputs=("Window",)))
    house.armed()


def test_a_forgotten_siren_that_reports_again_can_sound(house: House) -> None:
    house.output("Horn")
    house.set_up(replace(HOUSE, siren_outputs=("Horn",)))
    house.post(Forgotten(keys=("Horn",)))
    house.report(outputs=(OutputReport(device_key="Horn"),), kind=ReportKind.HEARTBEAT)
    assert house.state.outputs["Horn"].enabled
    assert house.troubles() == []


def test_other_devices_that_come_back_are_new(house: House) -> None:
    house.input("Attic")
    house.post(Forgotten(keys=("Attic",)))
    house.report(InputReport(device_key="Attic", active=False))
    assert not house.state.inputs["Attic"].enabled


def test_an_output_that_is_no_siren_may_go(house: House) -> None:
    house.output("Lamp")
    house.armed()
    house.post(Forgotten(keys=("Lamp",)))
    assert "Lamp" not in house.state.outputs
