"""However many partitions and codes somebody sets up, there is an end to it, and what is there stays as it is."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine import partition_setup
from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.events import CodeUserSet, PartitionRemoved

from .house import HOUSE, KEEPER, House


def test_one_partition_too_many_is_refused_and_those_that_are_there_can_be_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(partition_setup, "PARTITION_LIMIT", 2)
    house = House()
    shop = replace(HOUSE, partition_id="shop", name="Shop", zones={})
    shed = replace(shop, partition_id="shed", name="Shed")
    house.set_up(shop)
    with pytest.raises(InvalidRuleError, match="at most 2 partitions"):
        house.set_up(shed)
    house.set_up(replace(shop, name="Workshop"))
    assert [each.name for each in house.state.partitions.values()] == ["House", "Workshop"]
    house.post(PartitionRemoved(partition_id="shop"))
    house.set_up(shed)
    assert [each.name for each in house.state.partitions.values()] == ["House", "Shed"]


def test_one_code_too_many_is_refused_and_those_that_are_there_can_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_setup, "USER_LIMIT", 1)
    house = House()
    with pytest.raises(InvalidRuleError, match="at most 1 users"):
        house.post(CodeUserSet(user=replace(KEEPER, user_id="guest", name="Guest"), code_hash="hash of the guest's"))
    house.post(CodeUserSet(user=replace(KEEPER, name="Warden")))
    assert [each.name for each in house.state.code_users.values()] == ["Warden"]
