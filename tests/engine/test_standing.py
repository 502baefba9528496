"""How inputs stand, as the alarm's rules see them."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.model import Zone
from custom_components.event_hub.engine.events import Forgotten
from custom_components.event_hub.engine.model import BUILT_IN_SOURCE
from custom_components.event_hub.engine.standing import standings

from .house import HOUSE, ZONES, House


def test_only_inputs_that_are_known_are_listed() -> None:
    house = House()
    house.post(Forgotten(keys=("Window",)))
    found = standings(house.state, house.state.partitions["house"])
    assert list(found) == ["Door", "Hall", "Smoke"]
    assert len(found) == 3
    with pytest.raises(KeyError, match="Window"):
        found["Window"]


def test_of_the_hubs_own_inputs_nothing_need_be_heard_after_a_restart() -> None:
    house = House()
    built_in = next(key for key, record in house.state.inputs.items() if record.source_id == BUILT_IN_SOURCE.source_id)
    house.set_up(replace(HOUSE, zones={**ZONES, built_in: Zone()}))
    house.reboot()
    assert "heard" in house.stands(built_in)
    assert "heard" not in house.stands("Window")
