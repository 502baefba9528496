from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.codes import (
    NEEDS,
    PERMISSIONS,
    CodeUser,
    Concerned,
    Denial,
    Denied,
    Need,
    Path,
    Permission,
    Request,
    Validity,
    authorise,
    code_required,
    code_taken,
)
from custom_components.event_hub.engine.alarm.model import Action, Actor, ActorKind, Asker, CodeRules, Partition
from custom_components.event_hub.engine.alarm.status import Deadline, PartitionStatus, Timer

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=ZoneInfo("Europe/Vienna"))
EVERYTHING = tuple(Permission)
STRICT = CodeRules(arm=True, disarm=True, change_mode=True, bypass=True)
LOCKED = PartitionStatus(deadlines=(Deadline(timer=Timer.LOCKOUT, due=1e10, seconds=90),))


def partition(name: str = "house", codes: CodeRules = STRICT) -> Partition:
    return Partition(partition_id=name, name=name, codes=codes)


CONTEXT: dict[str, Any] = {"asked_by": "ha-ben", "context_id": "01ABC"}
ANNA = CodeUser(user_id="anna", name="Anna", permissions=EVERYTHING)
HOUSE: Concerned = ((partition(), PartitionStatus()),)


def ask(
    action: Action = Action.DISARM,
    *,
    path: Path = Path.PANEL,
    by: CodeUser | None = None,
    concerned: Concerned = HOUSE,
    local: datetime = MONDAY,
) -> Actor | Denied:
    """Ask with the code of ``by``, or without one."""
    users = {} if by is None else {by.user_id: by}
    user_id = None if by is None else by.user_id
    given = by is not None
    request = Request(
        action=action, path=path, name="x", code_given=given, user_id=user_id, **(CONTEXT if given else {})
    )
    return authorise(request, concerned, users, local)


def reason(answer: Actor | Denied) -> Denial | None:
    return answer.reason if isinstance(answer, Denied) else None


def test_the_table_says_what_every_path_and_action_takes() -> None:
    assert {path: set(needs) for path, needs in NEEDS.items()} == {path: set(Action) for path in Path}
    assert set(PERMISSIONS) == set(Action)


@pytest.mark.parametrize(("path", "action"), product(Path, Action))
def test_where_a_code_is_required_no_path_goes_without_it(path: Path, action: Action) -> None:
    answer = ask(action, path=path)
    if action is Action.PANIC:
        assert isinstance(answer, Actor)
    else:
        assert reason(answer) in (Denial.CODE_MISSING, Denial.NOT_OFFERED)


@pytest.mark.parametrize(("path", "action"), product(Path, Action))
def test_with_the_right_code_every_path_that_offers_an_action_does_it(path: Path, action: Action) -> None:
    answer = ask(action, path=path, by=ANNA)
    offered = NEEDS[path][action] in (Need.AS_SET, Need.NOTHING)
    assert isinstance(answer, Actor) is offered


@pytest.mark.parametrize(("path", "action"), product(Path, Action))
def test_a_wrong_code_opens_nothing_but_a_call_for_help(path: Path, action: Action) -> None:
    request = Request(action=action, path=path, name="x", code_given=True, user_id=None)
    answer = authorise(request, HOUSE, {"anna": ANNA}, MONDAY)
    assert isinstance(answer, Actor) is (NEEDS[path][action] is Need.NOTHING)
    if NEEDS[path][action] is Need.AS_SET:
        assert isinstance(answer, Denied)
        assert answer.counts


def test_a_wrong_code_is_wrong_even_where_none_is_required() -> None:
    free = partition(codes=CodeRules(arm=False))
    request = Request(action=Action.ARM, path=Path.MQTT, name="x", code_given=True)
    answer = authorise(request, ((free, PartitionStatus()),), {}, MONDAY)
    assert reason(answer) is Denial.CODE_WRONG


def test_where_no_code_is_required_the_asker_is_named() -> None:
    free = partition(codes=CodeRules(arm=False))
    answer = ask(Action.ARM, path=Path.AUTOMATION, concerned=((free, PartitionStatus()),))
    assert answer == Actor(kind=ActorKind.AUTOMATION, name="x", asker=Asker(path="automation", name="x"))


def test_a_code_names_its_owner_and_who_asked_with_it() -> None:
    answer = ask(by=replace(ANNA, duress=True))
    asker = Asker(path="panel", name="x", user_id="ha-ben", context_id="01ABC")
    assert answer == Actor(
        kind=ActorKind.CODE_USER, name="Anna", user_id="anna", duress=True, disarms=True, asker=asker
    )


def test_a_code_that_may_not_do_it_is_named_and_so_is_who_asked() -> None:
    denied = ask(by=replace(ANNA, permissions=()))
    assert isinstance(denied, Denied)
    assert (denied.reason, denied.actor.name) == (Denial.NO_PERMISSION, "Anna")
    assert denied.actor.asker is not None
    assert denied.actor.asker.name == "x"


@pytest.mark.parametrize("action", [action for action in Action if PERMISSIONS[action]])
def test_a_code_without_the_permission_is_refused(action: Action) -> None:
    for missing in PERMISSIONS[action]:
        others = tuple(permission for permission in Permission if permission is not missing)
        assert reason(ask(action, by=replace(ANNA, permissions=others))) is Denial.NO_PERMISSION


@pytest.mark.parametrize("permission", [Permission.ARM, Permission.DISARM])
def test_who_asks_with_a_code_is_known_to_be_able_to_disarm_or_not(permission: Permission) -> None:
    action = Action.ARM if permission is Permission.ARM else Action.DISARM
    actor = ask(action, by=replace(ANNA, permissions=(permission,)))
    assert isinstance(actor, Actor)
    assert actor.disarms is (permission is Permission.DISARM)


def test_a_code_for_another_partition_is_refused() -> None:
    assert reason(ask(by=replace(ANNA, partitions=("garage",)))) is Denial.NO_PERMISSION
    assert isinstance(ask(by=replace(ANNA, partitions=("garage", "house"))), Actor)


def test_a_right_code_without_permission_is_not_counted_as_wrong() -> None:
    answer = ask(by=replace(ANNA, permissions=()))
    assert isinstance(answer, Denied)
    assert not answer.counts


@pytest.mark.parametrize("given", [True, False])
def test_a_duress_code_that_may_not_do_this_still_calls_for_help(given: bool) -> None:
    answer = ask(Action.BYPASS, by=replace(ANNA, permissions=(), duress=given))
    assert isinstance(answer, Denied)
    assert (answer.duress is not None) is given


def test_while_locked_even_the_right_code_is_not_taken() -> None:
    locked = ((partition(), LOCKED),)
    assert reason(ask(by=ANNA, concerned=locked)) is Denial.LOCKED_OUT
    assert not code_taken(locked)
    assert code_taken(HOUSE)


def test_a_code_that_worked_once_is_used_up() -> None:
    once = Validity(once=True)
    assert isinstance(ask(by=replace(ANNA, validity=once)), Actor)
    assert reason(ask(by=replace(ANNA, validity=once, used=True))) is Denial.USED_UP
    used = ((partition(), PartitionStatus(used_codes=("anna",))),)
    assert reason(ask(by=replace(ANNA, validity=once), concerned=used)) is Denial.USED_UP


def test_a_code_that_works_often_is_never_used_up() -> None:
    used = ((partition(), PartitionStatus(used_codes=("anna",))),)
    assert isinstance(ask(by=ANNA, concerned=used), Actor)


def test_the_strictest_partition_of_a_master_counts() -> None:
    free = partition("all", CodeRules(disarm=False))
    both = ((free, PartitionStatus()), (partition(), PartitionStatus()))
    assert reason(ask(concerned=both)) is Denial.CODE_MISSING
    assert reason(ask(by=replace(ANNA, partitions=("all",)), concerned=both)) is Denial.NO_PERMISSION
    assert reason(ask(by=ANNA, concerned=((free, PartitionStatus()), (partition(), LOCKED)))) is Denial.LOCKED_OUT


@pytest.mark.parametrize("action", Action)
def test_force_is_never_easier_than_what_it_forces(action: Action) -> None:
    rules = [CodeRules(arm=a, disarm=d, change_mode=c, bypass=b) for a, d, c, b in product((False, True), repeat=4)]
    gentler = {Action.FORCE_ARM: Action.ARM, Action.FORCE_MODE: Action.CHANGE_MODE}.get(action, action)
    assert all(code_required(each, action) for each in rules if code_required(each, gentler))


@pytest.mark.parametrize("action", [Action.FORCE_ARM, Action.FORCE_MODE])
def test_where_bypassing_takes_a_code_force_does(action: Action) -> None:
    assert code_required(CodeRules(arm=False, change_mode=False, bypass=True), action)
    assert not code_required(CodeRules(arm=False, change_mode=False, bypass=False), action)


DAYS = [
    (Validity(), MONDAY, True),
    (Validity(first_day="2026-03-02", last_day="2026-03-02"), MONDAY, True),
    (Validity(first_day="2026-03-03"), MONDAY, False),
    (Validity(last_day="2026-03-01"), MONDAY, False),
    (Validity(weekdays=(0,)), MONDAY, True),
    (Validity(weekdays=(1, 2, 3, 4, 5, 6)), MONDAY, False),
    (Validity(from_minute=720, until_minute=721), MONDAY, True),
    (Validity(from_minute=721), MONDAY, False),
    (Validity(until_minute=720), MONDAY, False),
    # From ten in the evening until six: the night belongs to the day on which it begins.
    (Validity(from_minute=1320, until_minute=360, weekdays=(0,)), MONDAY.replace(hour=23), True),
    (Validity(from_minute=1320, until_minute=360, weekdays=(0,)), MONDAY.replace(day=3, hour=5), True),
    (Validity(from_minute=1320, until_minute=360, weekdays=(0,)), MONDAY.replace(hour=5), False),
    (Validity(from_minute=1320, until_minute=360), MONDAY, False),
    (Validity(first_day="2028-02-29", last_day="2028-02-29"), MONDAY.replace(year=2028, month=2, day=29), True),
]


@pytest.mark.parametrize(("validity", "local", "good"), DAYS)
def test_a_code_is_good_at_its_times(validity: Validity, local: datetime, good: bool) -> None:
    assert validity.holds(local) is good
    assert (reason(ask(by=replace(ANNA, validity=validity), local=local)) is Denial.NOT_VALID_NOW) is not good


@given(st.datetimes(), st.integers(0, 1439), st.integers(0, 1439))
def test_what_a_span_leaves_out_the_opposite_span_covers(local: datetime, start: int, end: int) -> None:
    if start != end:
        one, other = Validity(from_minute=start, until_minute=end), Validity(from_minute=end, until_minute=start)
        assert one.holds(local) is not other.holds(local)


DAY = date(2026, 3, 2)
NEAR = st.none() | st.integers(-3, 9).map(lambda days: (DAY + timedelta(days=days)).isoformat())
HOURS = st.integers(0, 24).map(lambda hour: 60 * hour)


@example(Validity(from_minute=1440, until_minute=0), datetime(2026, 3, 2, tzinfo=UTC))
@given(
    st.builds(
        Validity,
        first_day=NEAR,
        last_day=NEAR,
        weekdays=st.lists(st.integers(0, 6), unique=True, max_size=3).map(tuple),
        from_minute=HOURS,
        until_minute=HOURS,
    ),
    st.integers(0, 47).map(lambda hour: datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour)),
)
def test_a_code_is_not_over_as_long_as_it_is_good_at_some_hour_to_come(validity: Validity, local: datetime) -> None:
    to_come = (local + timedelta(hours=hours) for hours in range(24 * 18))
    assert validity.is_over(local) is not any(map(validity.holds, to_come))


def test_a_code_is_good_until_its_very_last_minute() -> None:
    validity = Validity(last_day="2026-03-02", until_minute=721)
    assert not validity.is_over(MONDAY.replace(second=59))
    assert validity.is_over(MONDAY.replace(minute=1))


def test_the_last_day_of_all_is_a_day() -> None:
    validity = Validity(first_day="9999-12-31", last_day="9999-12-31", from_minute=1320, until_minute=360)
    assert not validity.is_over(MONDAY)


@pytest.mark.parametrize("action", Action)
def test_a_retained_command_is_never_obeyed(action: Action) -> None:
    request = Request(action=action, path=Path.MQTT, name="x", code_given=True, user_id="anna", retained=True)
    assert reason(authorise(request, HOUSE, {"anna": ANNA}, MONDAY)) is Denial.RETAINED
