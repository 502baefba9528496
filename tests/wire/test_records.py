"""Records that every event makes: what is promised of them, in the tests and in the hub that runs."""

from copy import replace
from dataclasses import FrozenInstanceError
import subprocess
import sys
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.model import InputStatus
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.wire.messages import InputReport
from custom_components.event_hub.wire.records import changed

BELL = InputReport(device_key="Bell", active=True)
NEWS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "active": st.booleans(),
        "last_active": st.none() | st.floats(allow_nan=False),
        "detail": st.none() | st.text(),
        "activations": st.lists(st.floats(allow_nan=False)).map(tuple),
        "people": st.integers(),
    },
)
# As the hub has them, where nothing of the tests is.
UNGUARDED = """
from custom_components.event_hub.wire.messages import InputReport
one, same = (InputReport(device_key="Bell", active=True, extra=None) for _ in range(2))
assert one == same and hash(one) == hash(same) and one != InputReport(device_key="Door", active=True)
assert not hasattr(one, "__dict__")
one.active = False
"""


def test_in_the_tests_a_record_refuses_to_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        BELL.active = False  # type: ignore[misc] # what is tried here


def test_the_state_is_no_record() -> None:
    state = State()
    state.serial = 1
    assert state.serial == 1


def test_in_the_hub_that_runs_a_record_is_made_like_any_other_object_and_equal_to_its_like() -> None:
    assert subprocess.run([sys.executable, "-c", UNGUARDED], check=False).returncode == 0


@given(before=NEWS, news=NEWS)
def test_a_record_with_news_is_what_a_replacement_would_be(before: dict[str, Any], news: dict[str, Any]) -> None:
    status = InputStatus(**before)
    assert changed(status, news) == replace(status, **news)


def test_news_of_a_field_that_there_is_not_is_an_error() -> None:
    with pytest.raises(TypeError):
        changed(BELL, {"colour": "red"})
