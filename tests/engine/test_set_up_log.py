"""What is told of changes of the alarm's set-up."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission, Validity
from custom_components.event_hub.engine.alarm.model import Actor, ActorKind, CodeRules, Delays, Mode, Zone, ZoneKind
from custom_components.event_hub.engine.effects import AlarmSetUp, Change, Effect, SetUp
from custom_components.event_hub.engine.errors import InvalidRuleError
from custom_components.event_hub.engine.events import (
    CodeUserRemoved,
    CodeUserSet,
    EnabledSet,
    PartitionRemoved,
    PartitionSet,
)

from .house import HOUSE, ZONES, House
from .kit import only

BEN = Actor(kind=ActorKind.HOME_ASSISTANT_USER, name="Ben")
ANNA = CodeUser(user_id="anna", name="Anna")


@pytest.fixture
def house() -> House:
    """Return a house with a partition."""
    return House()


def changed(effects: Iterable[Effect]) -> dict[str, tuple[object, object]]:
    """Return what is told to have changed: what it was and what it is."""
    return {each.setting: (each.before, each.after) for each in only(tuple(effects), AlarmSetUp).changes}


def test_a_change_of_a_partition_is_told_setting_by_setting_and_by_whom(house: House) -> None:
    delays = {Mode.AWAY: Delays(exit=5.0)}
    wanted = replace(HOUSE, name="Home", delays=delays, codes=CodeRules(disarm=False))
    effects = house.post(PartitionSet(partition=wanted, actor=BEN))
    told = only(effects, AlarmSetUp)
    assert (told.what, told.partition_id, told.name, told.actor) == (SetUp.PARTITION, "house", "Home", BEN)
    assert changed(effects) == {
        "name": ("House", "Home"),
        "delays.away.exit": (60.0, 5.0),
        "codes.disarm": (True, False),
    }


def test_zones_that_come_go_and_change_are_told(house: House) -> None:
    zones = {**ZONES, "Hall": Zone(kind=ZoneKind.INSTANT, modes=(Mode.AWAY,))}
    del zones["Window"]
    effects = house.post(PartitionSet(partition=replace(HOUSE, zones=zones), actor=BEN))
    found = changed(effects)
    assert found["zones.Hall.kind"] == ("follower", "instant")
    before, after = found["zones.Window"]
    assert isinstance(before, dict)
    assert (before["kind"], after) == ("instant", None)


def test_what_stays_as_it_is_is_not_told(house: House) -> None:
    house.post(CodeUserSet(user=ANNA, code_hash="hash"))
    for event in (PartitionSet(partition=HOUSE, actor=BEN), CodeUserSet(user=ANNA, actor=BEN)):
        assert not [effect for effect in house.post(event) if isinstance(effect, AlarmSetUp)]


def test_a_removed_partition_is_told(house: House) -> None:
    told = only(house.post(PartitionRemoved(partition_id="house", actor=BEN)), AlarmSetUp)
    assert (told.what, told.name, told.actor) == (SetUp.PARTITION_REMOVED, "House", BEN)


def test_codes_are_told_without_the_code(house: House) -> None:
    given = house.post(CodeUserSet(user=ANNA, code_hash="$hash-1$", actor=BEN))
    assert changed(given)["code"] == (None, "given")
    other = house.post(CodeUserSet(user=ANNA, code_hash="$hash-2$", actor=BEN))
    assert changed(other) == {"code": ("given", "changed")}
    may = replace(ANNA, permissions=(Permission.ARM,), validity=Validity(last_day="2026-12-31"))
    assert changed(house.post(CodeUserSet(user=may, actor=BEN))) == {
        "permissions": (("arm", "disarm"), ("arm",)),
        "validity.last_day": (None, "2026-12-31"),
    }
    gone = house.post(CodeUserRemoved(user_id="anna", actor=BEN))
    assert only(gone, AlarmSetUp).what is SetUp.CODE_REVOKED
    assert changed(gone)["code"] == ("given", None)
    assert "$hash" not in f"{given}{other}{gone}"


def test_the_same_code_hashed_better_is_no_change(house: House) -> None:
    house.post(CodeUserSet(user=ANNA, code_hash="hash"))
    effects = house.post(CodeUserSet(user=ANNA, code_hash="better", rehashed=True))
    assert not [effect for effect in effects if isinstance(effect, AlarmSetUp)]


def test_that_a_code_calls_for_help_or_a_zone_is_silent_shows_nowhere(house: House) -> None:
    forced = house.post(CodeUserSet(user=replace(ANNA, duress=True), code_hash="hash", actor=BEN))
    assert set(changed(forced)) == {"name", "code"}
    zones = {**ZONES, "Window": replace(ZONES["Window"], silent=True)}
    effects = house.post(PartitionSet(partition=replace(HOUSE, zones=zones), actor=BEN))
    # That something was changed, and by whom, is told all the same.
    assert changed(effects) == {}


@pytest.mark.parametrize("keys", [{"inputs": ("Window",)}, {"outputs": ("Siren",)}])
def test_a_zone_or_siren_that_is_switched_is_told_once(house: House, keys: dict[str, tuple[str, ...]]) -> None:
    effects = house.post(EnabledSet(**keys, enabled=False, actor=BEN))
    told = only(effects, AlarmSetUp)
    ((key,),) = keys.values()
    assert (told.what, told.partition_id, told.subject, told.actor) == (SetUp.SWITCHED, "house", key, BEN)
    assert told.changes == (Change(setting="enabled", before=True, after=False),)
    again = house.post(EnabledSet(**keys, enabled=False, actor=BEN))
    assert not [effect for effect in again if isinstance(effect, AlarmSetUp)]


def test_what_belongs_to_no_partition_is_switched_without_a_word(house: House) -> None:
    house.input("Gate")
    effects = house.post(EnabledSet(inputs=("Gate",), enabled=False))
    assert not [effect for effect in effects if isinstance(effect, AlarmSetUp)]


def test_very_many_changes_are_cut_and_counted(house: House) -> None:
    keys = [f"Window {number}" for number in range(60)]
    for key in keys:
        house.input(key)
    zones = {**ZONES, **{key: Zone() for key in keys}}
    told = only(house.post(PartitionSet(partition=replace(HOUSE, zones=zones))), AlarmSetUp)
    assert (len(told.changes), told.more) == (50, 10)


def test_a_code_is_not_good_until_before_it_begins(house: House) -> None:
    backwards = Validity(first_day="2026-07-10", last_day="2026-07-09")
    with pytest.raises(InvalidRuleError) as refused:
        house.post(CodeUserSet(user=replace(ANNA, validity=backwards), code_hash="hash"))
    assert refused.value.setting == "last_day"
    one_day = Validity(first_day="2026-07-10", last_day="2026-07-10")
    house.post(CodeUserSet(user=replace(ANNA, validity=one_day), code_hash="hash"))
    assert "anna" in house.state.code_users
