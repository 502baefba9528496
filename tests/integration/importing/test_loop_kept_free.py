"""An import of thousands holds nothing up, and what happens meanwhile is not overwritten."""

import asyncio
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
import threading
import time
from types import FrameType, SimpleNamespace
from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest

from bench.importing import configuration
from custom_components.event_hub import bulk
from custom_components.event_hub.engine.errors import UnknownKeyError
from custom_components.event_hub.engine.events import EnabledSet, InputExpected, RuleSet
from custom_components.event_hub.engine.model import InputRecord, InputRule
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.engine.together import step_all
from custom_components.event_hub.importing.portable import export_yaml, plan_yaml
from custom_components.event_hub.storage import encode
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until
from tests.integration.actions.kit import add_inputs, ask, refusal
from tests.integration.kit import Home

COUNT = 200
# Calls of functions; an import of so many is millions of them. Ten devices that are added at once are 50,000.
LONGEST_IN_LOOP = 150_000
# A millisecond or two.
LONGEST_BESIDE = 10_000
PATIENCE = 60.0


class Own(threading.local):
    """What one thread does: how many calls since its piece of work began, and whether that is one to look at."""

    calls = 0
    works = False


class Work:
    """How much is worked off at once, in calls of functions: as many on every machine, however busy it is.

    In the loop that is what it does in one turn; beside it what functions that take long do between two times that they
    hand the interpreter over.
    """

    def __init__(self, *long: Callable[..., Any]) -> None:
        """Look at this thread's loop, and at functions that take long."""
        self._long = {function.__code__: function.__name__ for function in long}
        self._turn = BaseEventLoop._run_once.__code__  # type: ignore[attr-defined]
        self._loop_thread = threading.get_ident()
        self._own = Own()
        self._in_loop: list[int] = []
        self._beside: list[int] = []
        self._threads: dict[str, set[int]] = {}

    def see(self, frame: FrameType, event: str, what: object) -> None:
        """Take note of a call or its end, in whichever thread."""
        own, name = self._own, self._long.get(frame.f_code)
        if event in ("call", "c_call"):
            own.calls += 1
        if name is not None and event in ("call", "return"):
            self._piece_ends()
            own.works = event == "call"
            self._threads.setdefault(name, set()).add(threading.get_ident())
        elif (event == "c_call" and what is time.sleep) or (event == "call" and frame.f_code is self._turn):
            self._piece_ends()

    def _piece_ends(self) -> None:
        if threading.get_ident() == self._loop_thread:
            self._in_loop.append(self._own.calls)
        elif self._own.works:
            self._beside.append(self._own.calls)
        self._own.calls = 0

    def was_in_pieces(self) -> None:
        """Check that what takes long took no turn of the loop, and that nothing took long at once."""
        assert set(self._threads) == set(self._long.values())
        assert self._loop_thread not in set[int]().union(*self._threads.values())
        assert max(self._in_loop) < LONGEST_IN_LOOP
        assert max(self._beside) < LONGEST_BESIDE
        assert sum(self._beside) > 2 * LONGEST_IN_LOOP


@contextmanager
def watched(*long: Callable[..., Any]) -> Iterator[Work]:
    """Watch the loop, without the checks of its debug mode, and the functions that take long."""
    asyncio.get_running_loop().set_debug(False)
    work = Work(*long)
    threading.setprofile_all_threads(work.see)
    try:
        yield work
    finally:
        threading.setprofile_all_threads(None)


async def test_an_import_of_many_holds_the_loop_up_for_no_longer_than_a_moment(home: Home) -> None:
    with watched(plan_yaml, step_all, encode.content_of) as work:
        assert (await ask(home.hass, "import_configuration", yaml=configuration(COUNT), dry_run=False))["applied"]
        await until(lambda: home.entity_id("switch", f"device:In {COUNT - 1}:input_enabled") is not None, PATIENCE)
    work.was_in_pieces()


async def test_an_export_of_many_holds_the_loop_up_for_no_longer_than_a_moment(home: Home) -> None:
    import_all(home, COUNT)
    with watched(export_yaml) as work:
        assert f"In {COUNT - 1}:" in (await ask(home.hass, "export_configuration"))["yaml"]
    work.was_in_pieces()


def import_all(home: Home, count: int) -> None:
    """Have so many inputs, of which nobody was told."""
    events = plan_yaml(configuration(count), home.hub.state).events
    home.hub.state.apply(step_all(home.hub.state, events, time.time()).changes)


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Wait for a turn of the loop whenever the interpreter is handed over beside it; returns one item for each."""
    turns: list[bool] = []
    loop, loop_thread = asyncio.get_event_loop(), threading.get_ident()

    def sleep(_: float) -> None:
        assert threading.get_ident() != loop_thread
        had = threading.Event()
        loop.call_soon_threadsafe(had.set)
        turns.append(had.wait(PATIENCE))
        assert turns[-1]

    for module in (bulk, encode):
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=sleep, time=time.time))
    return turns


async def test_the_loop_has_its_turns_while_a_text_is_read_and_planned(home: Home, handed_over: list[bool]) -> None:
    assert (await ask(home.hass, "import_configuration", yaml=configuration(20)))["changes"]
    assert len(handed_over) > 100


async def test_the_loop_has_its_turns_while_the_configuration_is_written(home: Home, handed_over: list[bool]) -> None:
    import_all(home, 20)
    handed_over.clear()
    assert "In 19:" in (await ask(home.hass, "export_configuration"))["yaml"]
    assert len(handed_over) > 100


def meanwhile(monkeypatch: pytest.MonkeyPatch, *happens: Any) -> list[int]:
    """Have things happen while an import is worked out, one each time; returns how often it was."""
    times: list[int] = []
    loop, left = asyncio.get_running_loop(), list(happens)

    def worked_out(state: State, events: Any, now: float) -> Any:
        times.append(1)
        if left and threading.current_thread() is not threading.main_thread():
            happened = threading.Event()
            loop.call_soon_threadsafe(left.pop(0))
            loop.call_soon_threadsafe(happened.set)
            assert happened.wait(PATIENCE)
        return step_all(state, events, now)

    monkeypatch.setattr(bulk, "step_all", worked_out)
    return times


LATCH = "event_hub: 1\ninputs: {Door: {rule: {latch: 9}}}"
EVENTS = (
    InputExpected(record=InputRecord(key="Gate", source_id="")),
    RuleSet(input_key="Door", rule=InputRule(latch=9.0)),
)


async def test_what_is_changed_meanwhile_is_not_overwritten(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_inputs(home, "Door")
    switch_off = EnabledSet(inputs=("Door",), enabled=False)
    times = meanwhile(monkeypatch, lambda: home.hub.post(switch_off))
    await home.hub.async_post_all(EVENTS)
    door = home.hub.state.inputs["Door"]
    assert (door.enabled, door.rule.latch, "Gate" in home.hub.state.inputs) == (False, 9.0, True)
    assert len(times) == 2


async def test_what_does_not_matter_to_it_keeps_nothing_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_inputs(home, "Door")
    await home.report(InputReport(device_key="Other", active=False))
    times = meanwhile(monkeypatch, lambda: home.inject(InputReport(device_key="Other", active=True)))
    await home.hub.async_post_all(EVENTS)
    assert home.hub.state.input_status["Other"].active
    assert len(times) == 1


async def test_a_house_that_is_never_still_is_not_waited_for(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_inputs(home, "Door")
    changes = [EnabledSet(inputs=("Door",), enabled=number % 2 == 1) for number in range(9)]
    times = meanwhile(monkeypatch, *(partial(home.hub.post, event) for event in changes))
    await home.hub.async_post_all(EVENTS)
    assert home.hub.state.inputs["Door"].rule.latch == 9.0
    assert len(times) == bulk.TRIALS + 1


async def test_where_one_is_asked_in_vain_none_happens(home: Home) -> None:
    with pytest.raises(UnknownKeyError):
        await home.hub.async_post_all(EVENTS)
    assert "Gate" not in home.hub.state.inputs


async def test_what_others_change_of_the_same_meanwhile_is_planned_anew(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_inputs(home, "Door")
    meanwhile(monkeypatch, lambda: home.hub.post(RuleSet(input_key="Door", rule=InputRule(hold=5.0))))
    answer = await ask(home.hass, "import_configuration", yaml=LATCH, dry_run=False)
    assert answer["changes"] == ["“Door” gets the rule: latch 9 s (was 60 s)"]
    rule = home.hub.state.inputs["Door"].rule
    assert (rule.latch, rule.hold) == (9.0, 5.0)


async def test_where_others_keep_changing_the_same_nothing_is_done_and_it_is_said(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_inputs(home, "Door")
    rules = [RuleSet(input_key="Door", rule=InputRule(hold=5.0 + number)) for number in range(9)]
    meanwhile(monkeypatch, *(partial(home.hub.post, rule) for rule in rules))
    said = await refusal(home.hass, "import_configuration", yaml=LATCH, dry_run=False)
    assert said.startswith("Nothing was changed: what this would change was changed by somebody else")
    assert home.hub.state.inputs["Door"].rule.latch == 60.0


async def test_a_hub_that_ended_meanwhile_does_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_inputs(home, "Door")
    ended = home.hub

    def end() -> None:
        ended._stopped = True

    meanwhile(monkeypatch, end)
    with pytest.raises(HomeAssistantError):
        await ended.async_post_all(EVENTS)
    ended._stopped = False
    assert "Gate" not in ended.state.inputs
