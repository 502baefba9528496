"""Setting partitions and people with codes up: what is taken, what is refused, and what becomes of an alarm."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser, Validity
from custom_components.event_hub.engine.alarm.events import Bypass, Disarm, WalkTest
from custom_components.event_hub.engine.alarm.model import Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.deadlines import Timer
from custom_components.event_hub.engine.errors import EngineError, InvalidRuleError, UnknownKeyError
from custom_components.event_hub.engine.events import (
    CodeUserRemoved,
    CodeUserSet,
    EnabledSet,
    Forgotten,
    PartitionRemoved,
)
from custom_components.event_hub.wire.messages import Transport

from .house import ANNA as ACTOR, HOUSE, KEEPER, House

ANNA = CodeUser(user_id="anna", name="Anna")
SHED = Partition(partition_id="shed", name="Shed", zones={"Window": Zone()})


@pytest.fixture
def house() -> House:
    """Return a house that is closed and disarmed."""
    return House()


@pytest.mark.parametrize(
    ("partition", "wrong"),
    [
        (replace(SHED, partition_id=""), "partition_id"),
        (replace(SHED, partition_id="a/b"), "partition_id"),
        (replace(SHED, name=" "), "name"),
        (replace(SHED, siren_limit=0.0), "siren_limit"),
        (replace(SHED, members=("house",)), "members"),
        (replace(SHED, zones={}, members=("attic",)), "members"),
        (replace(SHED, zones={"Cellar": Zone()}), "Cellar"),
        (replace(SHED, siren_outputs=("Horn",)), "Horn"),
    ],
)
def test_what_cannot_be_set_up_is_refused_and_named(house: House, partition: Partition, wrong: str) -> None:
    with pytest.raises(EngineError) as error:
        house.set_up(partition)
    assert wrong in (getattr(error.value, "setting", None), getattr(error.value, "key", None))
    assert set(house.state.partitions) == {"house"}


def test_a_member_is_no_master_and_an_armed_partition_does_not_become_one(house: House) -> None:
    house.set_up(SHED)
    house.set_up(Partition(partition_id="all", name="All", members=("shed",)))
    with pytest.raises(InvalidRuleError):
        house.set_up(replace(SHED, zones={}, members=("house",)))
    house.armed()
    with pytest.raises(InvalidRuleError):
        house.set_up(replace(HOUSE, zones={}, members=("shed",)))


def test_what_watches_an_input_follows_the_partitions(house: House) -> None:
    house.set_up(SHED)
    assert house.state.watchers["Window"] == ("house", "shed")
    house.post(PartitionRemoved(partition_id="house"))
    assert dict(house.state.watchers) == {"Window": ("shed",)}


def test_a_partition_may_keep_what_was_forgotten(house: House) -> None:
    house.post(Forgotten(keys=("Window", "Siren")))
    house.set_up(replace(HOUSE, name="Home"))
    assert house.state.partitions["house"].name == "Home"


def test_an_output_that_becomes_a_siren_is_switched_on(house: House) -> None:
    house.output("Horn", enabled=False)
    house.set_up(replace(HOUSE, siren_outputs=("Horn",)))
    assert house.state.outputs["Horn"].enabled
    house.post(EnabledSet(outputs=("Horn",), enabled=False))
    house.set_up(replace(HOUSE, siren_outputs=("Horn",), name="Home"))
    assert not house.state.outputs["Horn"].enabled


def test_a_zone_that_comes_in_raises_no_alarm_by_how_it_stands(house: House) -> None:
    house.input("Cellar")
    house.active("Cellar")
    house.condition("Cellar", tamper=True, fault="wet")
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Cellar": Zone(kind=ZoneKind.ALWAYS)}))
    assert house.phase() is Phase.DISARMED
    assert house.status().open == ("Cellar",)
    assert set(house.troubles()) == {("Cellar", "tamper"), ("Cellar", "fault")}


def test_a_zone_that_leaves_takes_what_was_known_of_it_along(house: House) -> None:
    house.condition("Window", fault="stuck")
    house.active("Window")
    house.ask(Bypass(zones=("Window",), actor=ACTOR))
    assert (house.status().bypassed, house.troubles()) == (("Window",), [("Window", "fault")])
    house.set_up(replace(HOUSE, zones={"Door": Zone()}))
    status = house.status()
    assert (status.open, status.bypassed, status.troubles) == ((), (), ())


def test_a_zone_that_comes_in_over_a_broker_that_is_down_knows_of_it(house: House) -> None:
    house.transport(Transport.AMQP, up=False)
    house.set_up(SHED)
    assert house.troubles("shed") == [("amqp", "broker")]


def test_a_removed_partition_leaves_nothing_behind(house: House) -> None:
    house.ask(WalkTest(actor=ACTOR))
    assert house.state.deadlines.get((Timer.ALARM, "house")) is not None
    house.post(PartitionRemoved(partition_id="house"))
    assert not house.state.alarm
    assert house.state.deadlines.get((Timer.ALARM, "house")) is None


def test_a_removed_partition_is_no_member_any_more(house: House) -> None:
    house.set_up(SHED)
    house.set_up(Partition(partition_id="all", name="All", members=("house", "shed")))
    house.post(PartitionRemoved(partition_id="house"))
    assert house.state.partitions["all"].members == ("shed",)
    with pytest.raises(UnknownKeyError):
        house.post(PartitionRemoved(partition_id="house"))


@pytest.mark.parametrize(
    ("user", "wrong"),
    [
        (replace(ANNA, user_id=""), "user_id"),
        (replace(ANNA, name="\n"), "name"),
        (replace(ANNA, partitions=("attic",)), "attic"),
        (replace(ANNA, validity=Validity(weekdays=(7,))), "weekdays"),
        (replace(ANNA, validity=Validity(from_minute=1440)), "from_minute"),
        (replace(ANNA, validity=Validity(first_day="tomorrow")), "first_day"),
        (replace(ANNA, validity=Validity(last_day="20261231")), "last_day"),
    ],
)
def test_a_code_that_cannot_be_is_refused_and_what_is_wrong_is_named(house: House, user: CodeUser, wrong: str) -> None:
    with pytest.raises(EngineError) as error:
        house.post(CodeUserSet(user=user, code_hash="hash"))
    assert wrong in (getattr(error.value, "setting", None), getattr(error.value, "key", None))
    assert set(house.state.code_hashes) == {KEEPER.user_id}


def test_who_has_no_code_yet_needs_one_and_who_has_keeps_it(house: House) -> None:
    with pytest.raises(InvalidRuleError):
        house.post(CodeUserSet(user=ANNA))
    house.post(CodeUserSet(user=ANNA, code_hash="hash"))
    house.post(CodeUserSet(user=replace(ANNA, name="Ann")))
    assert (house.state.code_users["anna"].name, house.state.code_hashes["anna"]) == ("Ann", "hash")


def test_a_code_that_was_used_up_works_again_only_if_it_is_another(house: House) -> None:
    guest = replace(ANNA, validity=Validity(once=True))
    house.post(CodeUserSet(user=guest, code_hash="hash"))
    house.ask(Disarm(actor=replace(ACTOR, once=True)))
    house.post(CodeUserSet(user=replace(guest, name="Guest")))
    assert house.state.code_users["anna"].used
    house.post(CodeUserSet(user=house.state.code_users["anna"], code_hash="the same, hashed better"))
    assert house.status().used_codes == ("anna",)
    house.post(CodeUserSet(user=guest, code_hash="another"))
    assert not house.state.code_users["anna"].used
    assert house.status().used_codes == ()


def test_a_revoked_code_leaves_nothing_behind(house: House) -> None:
    house.post(CodeUserSet(user=ANNA, code_hash="hash"))
    house.post(CodeUserRemoved(user_id="anna"))
    assert set(house.state.code_users) == set(house.state.code_hashes) == {KEEPER.user_id}
    with pytest.raises(UnknownKeyError):
        house.post(CodeUserRemoved(user_id="anna"))
