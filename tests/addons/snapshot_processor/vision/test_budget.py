"""How often paid detectors may be asked."""

from datetime import datetime
import sqlite3

from hypothesis import given, settings, strategies as st
import pytest

from snapshot_processor.budget import Allowance, Budget

from .kit import NOON, MemoryStore

DAY = 86_400.0
AMAZON = "rekognition"


def budget(store: MemoryStore, per_day: int = 3, per_month: int = 5) -> Budget:
    return Budget({AMAZON: Allowance(per_day=per_day, per_month=per_month, price=0.001)}, store)


def day_of(now: float) -> str:
    return datetime.fromtimestamp(now).strftime("%Y-%m-%d")  # noqa: DTZ006 - the house's own day


def granted(purse: Budget, now: float, asked: int) -> int:
    return sum(purse.take(AMAZON, now) for _ in range(asked))


def test_so_many_are_granted_a_day_and_so_many_a_month() -> None:
    purse = budget(MemoryStore())
    assert [granted(purse, NOON + day * DAY, 9) for day in range(4)] == [3, 2, 0, 0]
    assert granted(purse, NOON + 30 * DAY, 9) == 3


@pytest.mark.parametrize(("per_day", "per_month"), [(0, 5), (5, 0), (0, 0)])
def test_an_allowance_of_zero_allows_nothing(per_day: int, per_month: int) -> None:
    assert not budget(MemoryStore(), per_day, per_month).take(AMAZON, NOON)


def test_who_has_no_allowance_gets_nothing() -> None:
    assert not budget(MemoryStore()).take("somebody else", NOON)


def test_what_is_used_is_told_with_its_cost() -> None:
    purse = budget(MemoryStore())
    granted(purse, NOON, 2)
    granted(purse, NOON + DAY, 1)
    used = purse.used(AMAZON, NOON + DAY)
    assert (used.today, used.month, used.per_day, used.per_month) == (1, 3, 3, 5)
    assert (used.cost_today, used.cost_month) == pytest.approx((0.001, 0.003))


def test_a_restart_forgets_nothing() -> None:
    store = MemoryStore()
    assert granted(budget(store), NOON, 2) == 2
    assert granted(budget(store), NOON, 2) == 1


def test_a_clock_that_is_set_back_and_forward_again_grants_nothing_twice() -> None:
    purse = budget(MemoryStore(), per_day=3, per_month=100)
    assert [granted(purse, NOON + day * DAY, 9) for day in (1, 0, 1, 0)] == [3, 3, 0, 0]


def test_the_day_is_that_of_the_house() -> None:
    midnight = datetime(2026, 6, 22).timestamp()  # noqa: DTZ001 - as in the title
    purse = budget(MemoryStore())
    assert [granted(purse, midnight + seconds, 9) for seconds in (-0.5, 0.0)] == [3, 2]


@pytest.mark.parametrize("error", [OSError("disk full"), sqlite3.OperationalError("disk I/O error")])
def test_a_call_that_cannot_be_counted_is_not_granted(error: Exception) -> None:
    store = MemoryStore()
    purse = budget(store)

    def refuse() -> None:
        raise error

    store.before_save = refuse
    assert granted(purse, NOON, 3) == 0
    store.before_save = lambda: None
    assert granted(purse, NOON, 9) == 3


def test_a_call_is_counted_before_it_is_granted() -> None:
    store = MemoryStore()
    purse = budget(store)
    assert purse.take(AMAZON, NOON)
    assert store.counts == {AMAZON: {day_of(NOON): 1}}


def test_counts_that_cannot_be_read_grant_nothing_and_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    purse = budget(store)
    with monkeypatch.context() as patch:

        def refuse(_: str) -> dict[str, int]:
            raise sqlite3.OperationalError("database is locked")

        patch.setattr(store, "load", refuse)
        assert not purse.take(AMAZON, NOON)
        with pytest.raises(sqlite3.Error, match="locked"):
            purse.used(AMAZON, NOON)
    assert purse.take(AMAZON, NOON)


def test_a_full_disk_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    purse = budget(store)

    def refuse() -> None:
        raise OSError("disk full")

    store.before_save = refuse
    granted(purse, NOON, 3)
    assert [record.message for record in caplog.records] == [
        "Paid calls cannot be counted, so none are made, make room or check the disk: disk full"
    ]


steps = st.lists(
    st.tuples(
        st.integers(-70, 70).map(lambda hours: hours * 3_600.0),
        st.integers(1, 6),
        st.sampled_from(["", "", "", "restart", "fails before", "fails after"]),
    ),
    max_size=60,
)


@settings(max_examples=200)
@given(st.integers(0, 6), st.integers(0, 12), steps)
def test_never_more_than_allowed_and_as_much_as_allowed(
    per_day: int, per_month: int, story: list[tuple[float, int, str]]
) -> None:
    store, now = MemoryStore(), NOON
    purse = budget(store, per_day, per_month)
    days: dict[str, int] = {}

    def refuse() -> None:
        raise OSError("disk full")

    for passed, asked, event in story:
        now += passed
        if event == "restart":
            purse = budget(store, per_day, per_month)
        store.before_save = refuse if event == "fails before" else lambda: None
        store.after_save = refuse if event == "fails after" else lambda: None
        day = day_of(now)
        month = sum(calls for each, calls in days.items() if each[:7] == day[:7])
        left = max(0, min(per_day - days.get(day, 0), per_month - month))
        got = granted(purse, now, asked)
        if event.startswith("fails"):
            assert got == 0
            # What may be on the disk after all counts after a restart; the allowance only shrinks by that.
            purse = budget(store, per_day, per_month)
            days[day] = max(days.get(day, 0), store.counts.get(AMAZON, {}).get(day, 0))
        else:
            assert got == min(asked, left)
            days[day] = days.get(day, 0) + got
        assert days[day] <= per_day
        assert sum(calls for each, calls in days.items() if each[:7] == day[:7]) <= per_month
        assert purse.used(AMAZON, now).today == days[day]
