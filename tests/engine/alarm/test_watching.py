import pytest

from custom_components.event_hub.engine.alarm.events import WalkTest
from custom_components.event_hub.engine.alarm.model import Mode, Partition, Zone
from custom_components.event_hub.engine.alarm.status import PartitionStatus
from custom_components.event_hub.engine.alarm.watching import is_watched

from .kit import ANNA, HOUSE, ZONES, Panel

ROUND_THE_CLOCK = {"water", "smoke", "button", "cover"}


def watched(panel: Panel) -> set[str]:
    """Return the zones that are watched."""
    found = {key: is_watched({"house": panel.partition}, {"house": panel.status}, key) for key in ZONES}
    assert None not in found.values()
    return {key for key, yes in found.items() if yes}


def test_an_input_of_no_partition_is_nobodys() -> None:
    assert is_watched({"house": HOUSE}, {}, "elsewhere") is None
    assert is_watched({}, {}, "door") is None


def test_while_disarmed_round_the_clock_zones_and_chimes_are_watched() -> None:
    assert watched(Panel()) == {*ROUND_THE_CLOCK, "bell"}


def test_a_partition_without_a_status_is_disarmed() -> None:
    assert is_watched({"house": HOUSE}, {}, "smoke") is True
    assert is_watched({"house": HOUSE}, {}, "window") is False


@pytest.mark.parametrize(
    ("mode", "inside"), [(Mode.AWAY, {"attic", "hall"}), (Mode.VACATION, {"attic", "hall"}), (Mode.NIGHT, set())]
)
def test_while_armed_the_zones_of_the_mode_are_watched(mode: Mode, inside: set[str]) -> None:
    panel = Panel()
    panel.armed(mode)
    assert watched(panel) == {*ROUND_THE_CLOCK, "door", "garage", "window", *inside}


def test_while_one_leaves_only_what_goes_on_is_watched() -> None:
    panel = Panel()
    panel.arm()
    assert watched(panel) == ROUND_THE_CLOCK
    panel.disarm()
    panel.armed(Mode.HOME)
    panel.change(Mode.AWAY)
    assert watched(panel) == {*ROUND_THE_CLOCK, "window"}


def test_in_an_alarm_all_is_watched_as_before_it() -> None:
    panel = Panel()
    panel.armed()
    before = watched(panel)
    panel.open("window")
    assert watched(panel) == before


def test_what_is_bypassed_or_silenced_is_not_watched() -> None:
    panel = Panel()
    panel.bypass("attic")
    panel.armed()
    for _ in range(3):
        panel.pulse("window")
        panel.wait(180)
    assert {"attic", "window"}.isdisjoint(watched(panel))
    assert "door" in watched(panel)


@pytest.mark.parametrize(("life_safety", "live"), [(False, {"smoke", "button"}), (True, set())])
def test_in_a_walk_test_nothing_fires_but_what_stays_live(life_safety: bool, live: set[str]) -> None:
    panel = Panel()
    panel.post(WalkTest(actor=ANNA, life_safety=life_safety))
    assert watched(panel) == live


def test_an_input_of_several_partitions_is_watched_if_any_watches_it() -> None:
    both = {"house": HOUSE, "flat": Partition(partition_id="flat", name="Flat", zones={"window": Zone()})}
    statuses = {"house": PartitionStatus(), "flat": PartitionStatus(mode=Mode.AWAY)}
    assert is_watched(both, statuses, "window") is True
    assert is_watched(both, {}, "window") is False
