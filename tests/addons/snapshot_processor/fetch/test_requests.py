"""One request serves everybody who asked before it went out, and everybody is told once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings, strategies as st
import pytest

from snapshot_processor.fetch.error import FetchError
from snapshot_processor.fetch.requests import MOST_WAITING, CameraRequests, Fetched, Outcome, Patience, Ticket

LATE = 10_000.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Bench:
    """A camera that answers when told to: a picture, or an error."""

    clock: Clock = field(default_factory=Clock)
    told: list[Fetched] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    answers: asyncio.Queue[bytes | FetchError] = field(default_factory=asyncio.Queue)
    on_request: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        patience = Patience(tries=3, timeout=4.0, pause=0)
        self.requests = CameraRequests(
            "Porch Camera", self.fetch, self.told.append, patience=patience, clock=self.clock
        )

    async def fetch(self, within: float) -> bytes:
        self.asked.append(within)
        self.on_request()
        answer = await self.answers.get()
        if isinstance(answer, FetchError):
            raise answer
        return answer

    def add(self, *names: str, expires_at: float = LATE) -> None:
        for name in names:
            self.requests.add(Ticket(id=name, expires_at=expires_at))

    async def settle(self) -> None:
        """Let everything happen that can."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def answer(self, *answers: bytes | FetchError) -> None:
        for one in answers:
            self.answers.put_nowait(one)
            await self.settle()

    def outcomes(self) -> list[tuple[Outcome, Sequence[str]]]:
        return [(fetched.outcome, fetched.tickets) for fetched in self.told]


def problem(sentence: str = "The camera answers 500", *, final: bool = False) -> FetchError:
    return FetchError(sentence, final=final)


async def test_who_asks_while_a_request_is_under_way_shares_the_next_one() -> None:
    bench = Bench()
    bench.add("a", "b")
    await bench.settle()
    bench.add("c", "d", "e")
    await bench.answer(b"first", b"second")
    assert bench.outcomes() == [(Outcome.DONE, ("a", "b")), (Outcome.DONE, ("c", "d", "e"))]
    assert [fetched.content for fetched in bench.told] == [b"first", b"second"]
    assert len(bench.asked) == 2


async def test_a_camera_is_asked_again_after_it_was_left_alone() -> None:
    bench = Bench()
    for name in ("a", "b"):
        bench.add(name)
        await bench.answer(b"picture")
    assert bench.outcomes() == [(Outcome.DONE, ("a",)), (Outcome.DONE, ("b",))]


async def test_a_camera_is_asked_three_times_and_the_last_problem_is_told() -> None:
    bench = Bench()
    bench.add("a")
    await bench.answer(problem("one"), problem("two"), problem("three"))
    assert bench.outcomes() == [(Outcome.FAILED, ("a",))]
    assert bench.told[0].problem == "three"
    assert len(bench.asked) == 3


async def test_the_second_try_may_succeed_and_serves_those_who_came_meanwhile() -> None:
    bench = Bench()
    bench.add("a")
    await bench.settle()
    bench.add("b")
    await bench.answer(problem(), b"picture")
    assert bench.outcomes() == [(Outcome.DONE, ("a", "b"))]


async def test_who_came_during_tries_that_failed_has_tries_of_their_own() -> None:
    bench = Bench()
    bench.add("a")
    await bench.settle()
    bench.add("b")
    await bench.answer(problem(), problem(), problem(), b"picture")
    assert bench.outcomes() == [(Outcome.FAILED, ("a",)), (Outcome.DONE, ("b",))]


async def test_a_final_problem_ends_the_tries() -> None:
    bench = Bench()
    bench.add("a")
    await bench.answer(problem("no", final=True))
    assert (bench.outcomes(), len(bench.asked)) == ([(Outcome.FAILED, ("a",))], 1)


async def test_who_is_too_late_is_told_so_and_the_camera_is_not_asked() -> None:
    bench = Bench()
    bench.add("a", expires_at=bench.clock.now)
    await bench.settle()
    assert bench.outcomes() == [(Outcome.EXPIRED, ("a",))]
    assert bench.told[0].content is None
    assert bench.asked == []


async def test_who_waits_too_long_behind_another_request_is_expired() -> None:
    bench = Bench()
    bench.add("a")
    await bench.settle()
    bench.add("b", expires_at=bench.clock.now + 5)
    bench.clock.now += 6
    await bench.answer(b"picture")
    assert bench.outcomes() == [(Outcome.DONE, ("a",)), (Outcome.EXPIRED, ("b",))]


async def test_no_try_is_longer_than_the_picture_is_wanted() -> None:
    bench = Bench()
    bench.add("a", expires_at=bench.clock.now + 1.5)
    bench.add("b", expires_at=bench.clock.now + 2.5)
    await bench.settle()
    assert bench.asked == [2.5]
    await bench.requests.close()


async def test_no_try_begins_after_the_picture_was_wanted() -> None:
    bench = Bench()
    bench.add("a", expires_at=bench.clock.now + 2)
    await bench.settle()
    bench.clock.now += 3
    await bench.answer(problem("slow"))
    assert (bench.outcomes(), len(bench.asked)) == ([(Outcome.FAILED, ("a",))], 1)
    assert bench.told[0].problem == "slow"


async def test_everybody_is_told_when_the_app_stops() -> None:
    bench = Bench()
    bench.add("a")
    await bench.settle()
    bench.add("b")
    await bench.requests.close()
    assert bench.outcomes() == [(Outcome.STOPPED, ("a", "b"))]


async def test_only_so_many_can_wait() -> None:
    bench = Bench()
    bench.add("first")
    await bench.settle()
    bench.add(*(str(number) for number in range(MOST_WAITING + 1)))
    assert bench.outcomes() == [(Outcome.FAILED, (str(MOST_WAITING),))]
    await bench.requests.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.floats(0, 20)),
        st.tuples(st.just("time"), st.floats(0, 10)),
        st.tuples(st.just("picture"), st.none()),
        st.tuples(st.just("problem"), st.booleans()),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
async def test_everybody_is_told_once_and_no_picture_is_older_than_the_wish_for_it(
    steps: list[tuple[str, float | bool | None]],
) -> None:
    bench = Bench()
    wished: dict[str, int] = {}
    went_out: list[int] = []
    moment = 0

    def on_request() -> None:
        went_out.append(moment)

    bench.on_request = on_request
    for moment, (step, value) in enumerate(steps):
        if step == "ask":
            wished[str(moment)] = moment
            bench.add(str(moment), expires_at=bench.clock.now + float(value or 0))
        elif step == "time":
            bench.clock.now += float(value or 0)
        elif len(went_out) > len(wished) * 3:
            pytest.fail("the camera is asked more often than allowed")
        elif bench.answers.empty() and bench.requests._under_way:
            answer = str(len(went_out)).encode() if step == "picture" else problem(final=bool(value))
            bench.answers.put_nowait(answer)
        await bench.settle()
    await bench.requests.close()
    told = [ticket for fetched in bench.told for ticket in fetched.tickets]
    assert sorted(told) == sorted(wished)
    for fetched in bench.told:
        assert (fetched.outcome is Outcome.DONE) == (fetched.content is not None) == (fetched.problem is None)
        if fetched.content is not None:
            assert all(wished[ticket] <= went_out[int(fetched.content) - 1] for ticket in fetched.tickets)
