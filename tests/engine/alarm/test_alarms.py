from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.effects import (
    AlarmRaised,
    PhaseChanged,
    SirenOff,
    SirenOn,
    SwungOut,
    TellOutside,
)
from custom_components.event_hub.engine.alarm.events import Event, Panic, Silence, ZoneOpened, ZoneTampered
from custom_components.event_hub.engine.alarm.model import SYSTEM, Actor, ActorKind, AfterSiren
from custom_components.event_hub.engine.alarm.problems import PassReason, RefusalReason
from custom_components.event_hub.engine.alarm.status import AlarmKind, Phase, Timer

from .kit import ANNA, HOUSE, Panel, burgled

STRANGER = Actor(kind=ActorKind.KEYPAD, name="Hall keypad")


def test_the_siren_sounds_for_its_limit_and_the_house_is_armed_again() -> None:
    panel = burgled()
    panel.wait(179.9)
    assert panel.status.siren
    panel.wait(0.1)
    assert panel.wanted(SirenOff) == [SirenOff(outputs=("siren",))]
    assert panel.phase is Phase.ARMED


def test_the_siren_is_told_when_to_stop() -> None:
    panel = Panel()
    panel.armed()
    panel.open("window")
    assert panel.wanted(SirenOn) == [SirenOn(until=panel.now + 180, outputs=("siren",), kind=AlarmKind.BURGLARY)]


def test_a_house_may_be_disarmed_after_the_siren_where_wanted() -> None:
    panel = burgled(replace(HOUSE, after_siren=AfterSiren.DISARMED))
    panel.wait(180)
    assert panel.phase is Phase.DISARMED
    assert panel.status.changed_by == SYSTEM
    assert panel.wanted(PhaseChanged)[-1].actor == SYSTEM


@pytest.mark.parametrize(
    "event",
    [Panic(actor=STRANGER), ZoneTampered(zone="attic"), ZoneOpened(zone="water"), ZoneOpened(zone="smoke")],
)
@pytest.mark.parametrize("after_a_burglar", [False, True])
def test_nobody_disarms_by_calling_for_help_or_by_cutting_a_cable(event: Event, after_a_burglar: bool) -> None:
    disarms = replace(HOUSE, after_siren=AfterSiren.DISARMED)
    panel = burgled(disarms) if after_a_burglar else Panel(disarms)
    if not after_a_burglar:
        panel.armed()
    panel.post(event)
    panel.wait(400)
    assert panel.phase is Phase.ARMED


def test_an_alarm_from_before_an_update_disarms_after_its_siren_as_it_would_have() -> None:
    panel = burgled(replace(HOUSE, after_siren=AfterSiren.DISARMED))
    panel.status = replace(panel.status, alarm_kinds=())
    panel.wait(180)
    assert panel.phase is Phase.DISARMED


def test_a_silent_cry_for_help_changes_nothing_of_what_is_after_the_siren() -> None:
    panel = burgled(replace(HOUSE, after_siren=AfterSiren.DISARMED))
    panel.post(Panic(actor=STRANGER, silent=True))
    panel.wait(180)
    assert panel.phase is Phase.DISARMED


def test_a_fire_while_disarmed_ends_disarmed() -> None:
    panel = Panel()
    panel.open("smoke")
    panel.wait(180)
    assert panel.phase is Phase.DISARMED


def test_a_new_trip_after_the_siren_sounds_it_again() -> None:
    panel = burgled()
    panel.wait(180)
    panel.open("window")
    assert panel.wanted(SirenOn)[0].until == panel.now + 180


def test_another_zone_joins_the_alarm_and_does_not_lengthen_it() -> None:
    panel = burgled()
    panel.wait(100)
    panel.open("attic")
    assert (panel.wanted(SirenOn), panel.left(Timer.ALARM)) == ([], 80)
    assert [alarm.zone for alarm in panel.status.memory] == ["window", "attic"]


def test_the_same_zone_again_is_in_the_alarm_already() -> None:
    panel = burgled()
    panel.open("window")
    assert panel.passed() == [PassReason.IN_ALARM]


def test_a_fire_that_breaks_out_sounds_for_its_whole_time() -> None:
    panel = burgled()
    panel.wait(170)
    panel.open("smoke")
    assert panel.wanted(SirenOn) == [SirenOn(until=panel.now + 180, outputs=("siren",), kind=AlarmKind.FIRE)]


def test_a_burglar_does_not_drown_a_fire() -> None:
    panel = Panel()
    panel.armed()
    panel.open("smoke")
    panel.open("window")
    assert panel.status.alarm_kind is AlarmKind.FIRE


def test_silence_stops_the_siren_and_not_the_alarm() -> None:
    panel = burgled()
    panel.post(Silence(actor=ANNA))
    assert panel.wanted(SirenOff)
    assert panel.phase is Phase.TRIGGERED
    panel.post(Silence(actor=ANNA))
    assert panel.refused() is RefusalReason.NOT_SOUNDING


def test_the_silenced_zone_stays_silent_and_another_one_sounds() -> None:
    panel = burgled()
    panel.post(Silence(actor=ANNA))
    panel.open("window")
    assert panel.passed() == [PassReason.IN_ALARM]
    panel.open("attic")
    assert panel.wanted(SirenOn)[0].until == panel.now + 180


def test_a_panic_button_pressed_again_tells_nothing_twice_and_ends_a_silence() -> None:
    panel = Panel()
    panel.post(Panic(actor=ANNA))
    panel.post(Panic(actor=ANNA))
    assert panel.passed() == [PassReason.IN_ALARM]
    panel.post(Silence(actor=ANNA))
    panel.post(Panic(actor=ANNA))
    assert panel.wanted(SirenOn)


def test_a_silent_panic_shows_nothing() -> None:
    panel = Panel()
    panel.post(Panic(actor=ANNA, silent=True))
    assert panel.phase is Phase.DISARMED
    assert panel.wanted(TellOutside)


def test_a_zone_that_alarmed_three_times_is_silenced_and_reported() -> None:
    panel = Panel(replace(HOUSE, siren_limit=10))
    panel.armed()
    for alarms in (1, 2, 3):
        panel.pulse("window")
        assert panel.status.swing_of("window").alarms == alarms
        panel.wait(10)
    panel.open("window")
    assert panel.passed() == [PassReason.SWUNG_OUT]
    assert panel.phase is Phase.ARMED


def test_the_third_alarm_is_the_one_that_is_reported() -> None:
    panel = Panel(replace(HOUSE, siren_limit=10))
    panel.armed()
    reported = []
    for _ in range(3):
        panel.open("window")
        reported += panel.wanted(SwungOut)
        panel.close("window")
        panel.wait(10)
    assert reported == [SwungOut(zone="window", alarms=3)]


def test_a_silenced_zone_is_watched_again_in_the_next_armed_period() -> None:
    panel = Panel(replace(HOUSE, siren_limit=10, swinger_limit=1))
    panel.armed()
    panel.pulse("window")
    panel.disarm()
    panel.armed()
    panel.open("window")
    assert panel.phase is Phase.TRIGGERED


def test_a_fire_is_never_silenced_for_alarming_often() -> None:
    panel = Panel(replace(HOUSE, siren_limit=10, swinger_limit=1))
    panel.armed()
    for _ in range(5):
        panel.open("smoke")
        assert panel.wanted(AlarmRaised)
        panel.close("smoke")
        panel.wait(10)


def test_round_the_clock_zones_are_not_counted_while_disarmed() -> None:
    panel = Panel(replace(HOUSE, siren_limit=10, swinger_limit=1))
    for _ in range(3):
        panel.open("water")
        assert panel.wanted(AlarmRaised)
        panel.close("water")
        panel.wait(10)


def test_a_tampered_detector_alarms_once_until_it_is_whole() -> None:
    panel = Panel()
    panel.post(ZoneTampered(zone="attic"))
    assert panel.wanted(AlarmRaised)[0].alarm.kind is AlarmKind.TAMPER
    panel.disarm()
    panel.post(ZoneTampered(zone="attic"))
    assert panel.wanted(AlarmRaised) == []
