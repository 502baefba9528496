"""After a crash, what the alarm knows of a call for help counts: its journal is newer than how inputs were stored."""

from collections.abc import Callable

import pytest

from custom_components.event_hub.engine.alarm.events import Acknowledge
from custom_components.event_hub.engine.restore import rearm

from .house import ANNA, House


def nothing(_: House) -> None:
    """Let the detector stay as it is."""


def let_go(house: House) -> None:
    """Let the detector be clear again."""
    house.clear("Smoke")


def let_go_and_acknowledged(house: House) -> None:
    """Let the detector be clear, and nobody know any more that it raised an alarm."""
    house.clear("Smoke")
    house.ask(Acknowledge(actor=ANNA))


def another_was_let_go(house: House) -> None:
    """Let a zone be clear that calls for no help."""
    house.clear("Window")


@pytest.mark.parametrize(
    ("key", "then", "active"),
    [
        ("Smoke", nothing, True),
        ("Smoke", let_go, False),
        ("Smoke", let_go_and_acknowledged, True),
        ("Window", another_was_let_go, True),
    ],
)
def test_what_called_for_help_and_was_let_go_is_clear_whatever_is_stored_of_it(
    key: str, then: Callable[[House], None], active: bool
) -> None:
    house = House()
    house.armed()
    house.active(key)
    assert [alarm.zone for alarm in house.status().memory] == [key]
    stored = house.state.input_status[key]
    assert stored.active
    house.disarm()
    then(house)
    house.state.input_status[key] = stored
    house.state.apply(rearm(house.state, house.now).changes)
    assert house.state.input_status[key].active is active
