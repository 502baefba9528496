"""Who could disarm: what nobody can end is not armed, and the last code for it stays."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission, Validity
from custom_components.event_hub.engine.alarm.events import Arm, ChangeMode, Event as AlarmEvent, Panic
from custom_components.event_hub.engine.alarm.model import CodeRules, Mode, Partition, Zone
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.errors import GuardedError
from custom_components.event_hub.engine.events import CodeUserRemoved, CodeUserSet, Event

from .house import ANNA, HOUSE, KEEPER, House, refused


@pytest.fixture
def house() -> House:
    """Return a house that is closed and disarmed."""
    return House()


def disarmer(**changes: object) -> CodeUser:
    """Return the keeper, or somebody much like them."""
    return replace(KEEPER, **changes)  # type: ignore[arg-type] # names are checked by replace


GOOD_FOR_NOTHING = {
    "may not disarm": disarmer(permissions=(Permission.ARM,)),
    "is for another partition": disarmer(partitions=("shed",)),
    "is over": disarmer(validity=Validity(last_day="2023-11-13")),
    "is used up": disarmer(validity=Validity(once=True), used=True),
    "is for duress": disarmer(duress=True),
}


@pytest.mark.parametrize("user", GOOD_FOR_NOTHING.values(), ids=GOOD_FOR_NOTHING)
def test_what_nobody_could_disarm_is_not_armed(house: House, user: CodeUser) -> None:
    house.set_up(Partition(partition_id="shed", name="Shed", zones={"Window": Zone()}))
    house.post(CodeUserSet(user=user))
    assert refused(house.arm(force=True)) == ["no_code"]
    assert house.phase() is Phase.DISARMED
    house.set_up(replace(HOUSE, codes=CodeRules(disarm=False)))
    house.armed()


def test_without_any_code_nothing_is_armed_that_needs_one(house: House) -> None:
    house.post(CodeUserRemoved(user_id=KEEPER.user_id))
    assert refused(house.arm()) == ["no_code"]


# The house's clock says 22:13 on a Tuesday.
TODAY = "2023-11-14"
STILL_GOOD = {
    "today": Validity(last_day=TODAY),
    "later today": Validity(last_day=TODAY, from_minute=1400),
    "tonight, past midnight": Validity(last_day=TODAY, from_minute=1200, until_minute=60),
    "on Monday, until Monday": Validity(last_day="2023-11-20", weekdays=(0,)),
    "from next year": Validity(first_day="2024-01-01"),
}
OVER = {
    "this morning": Validity(last_day=TODAY, from_minute=480, until_minute=720),
    "yesterday": Validity(last_day=TODAY, weekdays=(0,)),
    "before next Monday": Validity(last_day="2023-11-19", weekdays=(0,)),
}


@pytest.mark.parametrize("validity", STILL_GOOD.values(), ids=STILL_GOOD)
def test_a_code_that_is_good_now_or_later_will_do(house: House, validity: Validity) -> None:
    house.post(CodeUserSet(user=disarmer(validity=validity)))
    house.armed()
    assert house.phase() is Phase.ARMED


@pytest.mark.parametrize("validity", OVER.values(), ids=OVER)
def test_a_code_of_which_the_last_minute_is_over_will_not_do(house: House, validity: Validity) -> None:
    house.post(CodeUserSet(user=disarmer(validity=validity)))
    assert refused(house.arm()) == ["no_code"]


@pytest.mark.parametrize(
    "request_",
    [
        Arm(mode=Mode.AWAY, actor=replace(ANNA, user_id=KEEPER.user_id, once=True)),
        ChangeMode(mode=Mode.NIGHT, actor=replace(ANNA, user_id=KEEPER.user_id, once=True)),
    ],
    ids=["arm", "change the mode"],
)
def test_the_last_code_is_not_used_up_by_what_it_alone_could_end(house: House, request_: AlarmEvent) -> None:
    if isinstance(request_, ChangeMode):
        house.armed()
    house.post(CodeUserSet(user=disarmer(validity=Validity(once=True))))
    assert refused(house.ask(request_)) == ["no_code"]
    assert not house.state.code_users[KEEPER.user_id].used
    house.post(CodeUserSet(user=CodeUser(user_id="guest", name="Guest"), code_hash="hash"))
    assert refused(house.ask(request_)) == []


def test_a_master_is_not_armed_with_a_member_that_nobody_could_disarm(house: House) -> None:
    house.set_up(Partition(partition_id="shed", name="Shed", zones={"Window": Zone()}))
    house.set_up(Partition(partition_id="all", name="All", members=("house", "shed")))
    house.post(CodeUserSet(user=disarmer(partitions=("house",))))
    assert refused(house.arm(partition_id="all")) == ["no_code"]
    assert {house.phase(each) for each in ("house", "shed")} == {Phase.DISARMED}


@pytest.mark.parametrize(
    "gone",
    [CodeUserRemoved(user_id=KEEPER.user_id), *(CodeUserSet(user=user) for user in GOOD_FOR_NOTHING.values())],
    ids=["revoked", *GOOD_FOR_NOTHING],
)
def test_the_last_code_that_could_disarm_stays_while_it_may_be_needed(house: House, gone: Event) -> None:
    house.set_up(Partition(partition_id="shed", name="Shed", zones={"Window": Zone()}))
    house.armed()
    with pytest.raises(GuardedError) as error:
        house.post(gone)
    assert (error.value.why, error.value.names, error.value.partition) == ("last_code", ("Keeper",), "House")
    house.post(CodeUserSet(user=CodeUser(user_id="guest", name="Guest"), code_hash="hash"))
    house.post(gone)


def test_a_code_that_could_disarm_nothing_may_go(house: House) -> None:
    house.post(CodeUserSet(user=CodeUser(user_id="guest", name="Guest", permissions=()), code_hash="hash"))
    house.ask(Panic(actor=ANNA))
    house.post(CodeUserRemoved(user_id="guest"))
    assert "guest" not in house.state.code_users
