from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.check import check_partition
from custom_components.event_hub.engine.alarm.model import CrossZone, Delays, Mode, Partition, Zone
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
