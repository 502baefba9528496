"""An import of thousands holds nothing up, and what happens meanwhile is not overwritten."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
import gc
import sys
import threading
import time
from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.event_hub import bulk
from custom_components.event_hub.engine.errors import UnknownKeyError
from custom_components.event_hub.engine.events import EnabledSet, InputExpected, RuleSet
from custom_components.event_hub.engine.model import InputRecord, InputRule
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.engine.together import step_all
from custom_components.event_hub.importing.portable import plan_yaml
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until
from tests.integration.actions.kit import add_inputs, ask, refusal
from tests.integration.kit import Home

COUNT = 600
PERIOD = 0.005
# Seconds of computing: the machine may be busy with something else, the loop's own thread is not then.
LONGEST = 0.05
# Seconds by the clock on the wall, when all of what is computed beside the loop takes seconds.
PATIENCE = 0.5


def text(count: int) -> str:
    """Return a configuration with so many inputs, their links, rules and schedules."""
    night = "{spans: [{days: [mon, tue], enable_at: '22:30', disable_at: '05:30'}]}"
    outputs = "\n".join(f"  Out {number}: {{enabled: true, interval: 3}}" for number in range(10))
    inputs = "\n".join(
        f"  In {number}: {{group: G {number % 9}, enabled: true, schedule: {night if number % 2 else 'null'},"
        f" links: [Out {number % 10}], rule: {{latch: {number % 50 + 1}, escalate_after: 60}}}}"
        for number in range(count)
    )
    return f"event_hub: 1\noutputs:\n{outputs}\ninputs:\n{inputs}\n"


class Watch:
    """A timer every five milliseconds, and how much the loop's thread computed between two of its turns.

    Garbage collection is left out: what there is to collect is not the import's.
    """

    def __init__(self) -> None:
        """Watch nothing yet."""
        self.spent: list[float] = []
        self._collected = self._began = 0.0
        self._since = time.thread_time()
        self._over = False

    def look(self) -> None:
        """Take a turn."""
        now = time.thread_time()
        self.spent.append(now - self._since - self._collected)
        self._since, self._collected = now, 0.0
        if not self._over:
            asyncio.get_running_loop().call_later(PERIOD, self.look)

    def end(self) -> None:
        """Take no more turns."""
        self._over = True

    def collecting(self, phase: str, _: Any) -> None:
        """Leave a garbage collection out."""
        if threading.current_thread() is not threading.main_thread():
            return
        if phase == "start":
            self._began = time.thread_time()
        else:
            self._collected += time.thread_time() - self._began


@asynccontextmanager
async def watched() -> AsyncIterator[Watch]:
    """Watch the loop, without the checks of its debug mode."""
    loop, watch = asyncio.get_running_loop(), Watch()
    loop.set_debug(False)
    gc.callbacks.append(watch.collecting)
    watch.look()
    try:
        yield watch
    finally:
        watch.end()
        gc.callbacks.remove(watch.collecting)


async def test_an_import_of_many_holds_the_loop_up_for_no_longer_than_a_moment(home: Home) -> None:
    async with watched() as watch:
        assert (await ask(home.hass, "import_configuration", yaml=text(COUNT), dry_run=False))["applied"]
        before = len(watch.spent)
        assert max(watch.spent) < LONGEST
        await until(lambda: home.entity_id("switch", f"device:In {COUNT - 1}:input_enabled") is not None)
        assert len(watch.spent) > before
        assert max(watch.spent) < LONGEST


@asynccontextmanager
async def punctual(patience: float) -> AsyncIterator[None]:
    """Have a timer every few milliseconds be late by so many seconds at most, by the clock on the wall.

    Meanwhile a thread that computes keeps the interpreter for as long as it wants: for seconds.
    """
    loop, interval = asyncio.get_running_loop(), sys.getswitchinterval()
    loop.set_debug(False)
    late: list[float] = []
    due = loop.time()
    timer: asyncio.TimerHandle | None = None

    def look() -> None:
        nonlocal due, timer
        late.append(loop.time() - due)
        due = loop.time() + PERIOD
        timer = loop.call_later(PERIOD, look)

    sys.setswitchinterval(5.0)
    try:
        look()
        yield
        looks = len(late)
        late.append(loop.time() - due)
    finally:
        sys.setswitchinterval(interval)
        if timer is not None:
            timer.cancel()
    assert looks > 20
    assert max(late) < patience


async def test_the_loop_gets_the_interpreter_while_a_text_is_read_and_planned(home: Home) -> None:
    async with punctual(PATIENCE):
        assert (await ask(home.hass, "import_configuration", yaml=text(COUNT)))["changes"]


async def test_the_loop_gets_the_interpreter_while_the_configuration_is_written(home: Home) -> None:
    events = plan_yaml(text(COUNT), home.hub.state).events
    home.hub.state.apply(step_all(home.hub.state, events, time.time()).changes)
    async with punctual(PATIENCE):
        assert f"In {COUNT - 1}:" in (await ask(home.hass, "export_configuration"))["yaml"]


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
            assert happened.wait(10)
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
