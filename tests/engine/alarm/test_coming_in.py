from dataclasses import replace

from hypothesis import given, strategies as st

from custom_components.event_hub.engine.alarm.effects import AlarmRaised
from custom_components.event_hub.engine.alarm.model import CrossZone, Delays, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.problems import PassReason
from custom_components.event_hub.engine.alarm.status import Phase, Timer

from .kit import HOUSE, ZONES, Panel


def armed(partition: Partition = HOUSE, mode: Mode = Mode.AWAY) -> Panel:
    panel = Panel(partition)
    panel.armed(mode)
    return panel


def alarmed(panel: Panel) -> list[str | None]:
    return [effect.alarm.zone for effect in panel.wanted(AlarmRaised)]


def grouped(count: int = 2, *, zones: tuple[str, ...] = ("window", "attic", "hall")) -> Panel:
    return armed(replace(HOUSE, cross_zones=(CrossZone(zones=zones, count=count, within=60),)))


def test_an_entry_delay_ends_in_an_alarm() -> None:
    panel = armed()
    panel.open("door")
    assert (panel.phase, panel.left(Timer.ENTRY)) == (Phase.PENDING, 30)
    panel.wait(30)
    assert (panel.phase, alarmed(panel)) == (Phase.TRIGGERED, ["door"])


def test_disarming_in_time_is_all_it_takes() -> None:
    panel = armed()
    panel.open("door")
    panel.disarm()
    panel.wait(3600)
    assert (panel.effects, panel.phase, panel.status.memory) == ((), Phase.DISARMED, ())


def test_a_zone_has_its_own_entry_delay() -> None:
    panel = armed(replace(HOUSE, zones={**ZONES, "garage": Zone(kind=ZoneKind.ENTRY_EXIT, entry_delay=90)}))
    panel.open("garage")
    assert panel.left(Timer.ENTRY) == 90


def test_a_mode_has_its_own_entry_delay() -> None:
    panel = armed(replace(HOUSE, delays={Mode.NIGHT: Delays(entry=10)}), Mode.NIGHT)
    panel.open("door")
    assert panel.left(Timer.ENTRY) == 10


def test_an_entry_zone_without_delay_alarms_at_once() -> None:
    panel = armed(replace(HOUSE, delays={Mode.NIGHT: Delays(entry=0)}), Mode.NIGHT)
    panel.open("door")
    assert alarmed(panel) == ["door"]


def test_a_second_door_does_not_lengthen_the_delay() -> None:
    panel = armed(replace(HOUSE, zones={**ZONES, "garage": Zone(kind=ZoneKind.ENTRY_EXIT, entry_delay=90)}))
    panel.open("door")
    panel.wait(10)
    panel.open("garage")
    assert panel.left(Timer.ENTRY) == 20


def test_a_second_door_may_shorten_the_delay() -> None:
    panel = armed(replace(HOUSE, zones={**ZONES, "garage": Zone(kind=ZoneKind.ENTRY_EXIT, entry_delay=5)}))
    panel.open("door")
    panel.wait(10)
    panel.open("garage")
    assert panel.left(Timer.ENTRY) == 5


@given(st.lists(st.tuples(st.sampled_from(["door", "garage"]), st.floats(0, 20)), min_size=1, max_size=8))
def test_no_way_of_coming_in_lengthens_a_running_delay(trips: list[tuple[str, float]]) -> None:
    panel = armed()
    panel.open("door")
    due = panel.status.due(Timer.ENTRY)
    for zone, seconds in trips:
        panel.wait(seconds)
        panel.close(zone)
        panel.open(zone)
        now_due = panel.status.due(Timer.ENTRY)
        if panel.phase is not Phase.PENDING:
            break
        assert due is not None
        assert now_due is not None
        assert now_due <= due


def test_a_follower_waits_for_the_entry_delay_that_runs() -> None:
    panel = armed()
    panel.open("door")
    panel.wait(10)
    panel.open("hall")
    assert (panel.phase, panel.left(Timer.ENTRY)) == (Phase.PENDING, 20)
    panel.wait(20)
    assert alarmed(panel) == ["door", "hall"]


def test_a_follower_alone_alarms_at_once() -> None:
    panel = armed()
    panel.open("hall")
    assert alarmed(panel) == ["hall"]


def test_an_instant_zone_does_not_wait_for_an_entry_delay() -> None:
    panel = armed()
    panel.open("door")
    panel.open("window")
    assert (panel.phase, alarmed(panel)) == (Phase.TRIGGERED, ["window"])


def test_an_entry_delay_goes_on_beside_an_alarm() -> None:
    panel = armed()
    panel.open("door")
    panel.open("window")
    panel.wait(30)
    assert [alarm.zone for alarm in panel.status.memory] == ["window", "door"]


def test_an_alarm_shorter_than_the_entry_delay_goes_back_to_it() -> None:
    panel = armed(replace(HOUSE, siren_limit=10))
    panel.open("door")
    panel.open("water")
    panel.wait(10)
    assert (panel.phase, panel.left(Timer.ENTRY)) == (Phase.PENDING, 20)


def test_an_input_switched_off_does_not_alarm() -> None:
    panel = Panel()
    panel.stand("window", enabled=False, off_schedule=True)
    panel.armed()
    panel.open("window")
    assert panel.passed() == [PassReason.DISABLED]


def test_a_zone_must_close_before_its_opening_counts_again() -> None:
    panel = armed(replace(HOUSE, siren_limit=10))
    panel.open("window")
    panel.wait(60)
    panel.open("window")
    assert panel.passed() == [PassReason.STILL_OPEN]
    panel.close("window")
    panel.open("window")
    assert alarmed(panel) == ["window"]


def test_one_of_a_group_alone_does_not_alarm() -> None:
    panel = grouped()
    panel.open("window")
    assert (panel.passed(), panel.phase) == ([PassReason.UNCONFIRMED], Phase.ARMED)


def test_two_of_a_group_alarm_together() -> None:
    panel = grouped()
    panel.open("window")
    panel.wait(59)
    panel.open("attic")
    assert alarmed(panel) == ["window", "attic"]


def test_the_same_one_twice_is_not_two() -> None:
    panel = grouped()
    panel.pulse("window")
    panel.pulse("window")
    assert panel.phase is Phase.ARMED


def test_the_second_of_a_group_may_come_too_late() -> None:
    panel = grouped()
    panel.open("window")
    panel.wait(61)
    panel.open("attic")
    assert panel.phase is Phase.ARMED


def test_a_third_of_a_group_alarms_for_itself_only() -> None:
    panel = grouped()
    panel.open("window")
    panel.open("attic")
    panel.open("hall")
    assert alarmed(panel) == ["hall"]


def test_the_last_of_a_group_that_can_answer_needs_no_other() -> None:
    panel = grouped(zones=("window", "attic"))
    panel.lose("attic")
    panel.open("window")
    assert alarmed(panel) == ["window"]


def test_a_group_of_entry_zones_starts_the_delay_when_confirmed() -> None:
    panel = grouped(zones=("door", "garage"))
    panel.open("door")
    assert panel.phase is Phase.ARMED
    panel.open("garage")
    assert panel.phase is Phase.PENDING


def test_a_fire_needs_nobody_to_confirm_it() -> None:
    panel = grouped(zones=("smoke", "window"))
    panel.open("smoke")
    assert alarmed(panel) == ["smoke"]


def test_a_zone_of_two_groups_alarms_when_either_is_confirmed() -> None:
    groups = (CrossZone(zones=("window", "attic")), CrossZone(zones=("window", "hall")))
    panel = armed(replace(HOUSE, cross_zones=groups))
    panel.open("window")
    panel.open("hall")
    assert alarmed(panel) == ["window", "hall"]
