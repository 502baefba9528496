from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.check import check_partition, slow_to_tell
from custom_components.event_hub.engine.alarm.model import CrossZone, Delays, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.errors import InvalidRuleError

from .kit import HOUSE, ZONES

MASTER = Partition(partition_id="all", name="All", members=("house",))
OTHERS = {"house": HOUSE, "other": replace(MASTER, partition_id="other")}
WRONG = [
    ("siren_limit", replace(HOUSE, siren_limit=0)),
    ("siren_limit", replace(HOUSE, siren_limit=float("nan"))),
    ("siren_limit", replace(HOUSE, siren_limit=3601)),
    ("abort_window", replace(HOUSE, abort_window=-1)),
    ("cancel_window", replace(HOUSE, cancel_window=4000)),
    ("swinger_limit", replace(HOUSE, swinger_limit=0)),
    ("exit_delay", replace(HOUSE, delays={Mode.HOME: Delays(exit=601)})),
    ("entry_delay", replace(HOUSE, delays={Mode.HOME: Delays(entry=-1)})),
    ("exit_delay", replace(HOUSE, zones={**ZONES, "door": Zone(exit_delay=-1)})),
    ("entry_delay", replace(HOUSE, zones={**ZONES, "door": Zone(entry_delay=float("inf"))})),
    ("cross_zones", replace(HOUSE, cross_zones=(CrossZone(zones=("door", "elsewhere")),))),
    ("cross_zones", replace(HOUSE, cross_zones=(CrossZone(zones=("door", "door")),))),
    ("cross_zones", replace(HOUSE, cross_zones=(CrossZone(zones=("door", "hall"), count=1),))),
    ("cross_zones", replace(HOUSE, cross_zones=(CrossZone(zones=("door", "hall"), within=0),))),
    ("members", replace(MASTER, zones=ZONES)),
    ("members", replace(MASTER, members=("nobody",))),
    ("members", replace(MASTER, members=("all",))),
    ("members", replace(MASTER, members=("other",))),
]


@pytest.mark.parametrize(
    "partition", [HOUSE, MASTER, replace(HOUSE, cross_zones=(CrossZone(zones=("door", "hall")),), abort_window=0)]
)
def test_a_partition_that_works_is_taken(partition: Partition) -> None:
    check_partition(partition, OTHERS)


@pytest.mark.parametrize(("setting", "partition"), WRONG)
def test_one_that_does_not_is_refused_and_the_setting_named(setting: str, partition: Partition) -> None:
    with pytest.raises(InvalidRuleError) as caught:
        check_partition(partition, {**OTHERS, "all": MASTER})
    assert caught.value.setting == setting


DOOR = Zone(kind=ZoneKind.ENTRY_EXIT)
PLAIN = Partition(partition_id="plain", name="Plain", zones={"door": DOOR})


@pytest.mark.parametrize(
    ("partition", "slow"),
    [
        (PLAIN, {}),
        (replace(PLAIN, zones={}), {}),
        (replace(PLAIN, abort_window=30.5), dict.fromkeys(Mode, 60.5)),
        (replace(PLAIN, zones={}, delays={Mode.AWAY: Delays(entry=31)}), {Mode.AWAY: 61}),
        (replace(PLAIN, delays={Mode.AWAY: Delays(entry=45)}, abort_window=15), {}),
        (replace(PLAIN, zones={"door": replace(DOOR, entry_delay=40, modes=(Mode.NIGHT,))}), {Mode.NIGHT: 70}),
        (replace(PLAIN, zones={"door": replace(DOOR, entry_delay=10)}, delays={Mode.AWAY: Delays(entry=45)}), {}),
        (replace(PLAIN, zones={"window": Zone(entry_delay=600)}), {}),
        (replace(MASTER, abort_window=300), {}),
    ],
)
def test_where_coming_in_and_aborting_take_more_than_a_minute_that_is_said(
    partition: Partition, slow: dict[Mode, float]
) -> None:
    assert slow_to_tell(partition) == slow
