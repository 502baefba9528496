"""Thousands of events as one step, worked out beside the event loop."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
import time
from typing import Final

from homeassistant.core import HomeAssistant

from .engine.events import Event
from .engine.state import State, Transition
from .engine.together import rests_on, step_all
from .storage.encode import in_turns

# So often are they worked out beside the event loop before they hold it up.
TRIALS: Final = 4

# After so many little steps, each some hundredths of a millisecond or a few tenths, others get the interpreter.
STEPS: Final = 3


def turns() -> Callable[[], None]:
    """Return what lets the event loop go on, every few times that it is called; for other threads."""
    numbers = count(1)

    def turn() -> None:
        if not next(numbers) % STEPS:
            time.sleep(0)

    return turn


async def async_work_out(
    hass: HomeAssistant, state: State, events: Sequence[Event], still: Callable[[], bool]
) -> Transition | None:
    """Return what the events lead to in ``state`` as it is on return; ``None`` once they are not ``still`` right.

    Where meanwhile something changed that it rests on, it is worked out anew. Raises ``EngineError`` where one of
    them is asked in vain.
    """
    for _ in range(TRIALS):
        before = state.copy()
        transition = await hass.async_add_executor_job(partial(step_all, before, in_turns(events), time.time()))
        if not still():
            return None
        if rests_on(before, transition, state):
            return transition
    # A house that is never still must not wait for ever.
    return step_all(state, events, time.time())
