"""How long a board may be silent: nobody makes that longer while a partition that is not disarmed watches it."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.model import Zone
from custom_components.event_hub.engine.errors import GuardedError
from custom_components.event_hub.engine.events import SilenceLimitSet
from custom_components.event_hub.wire.messages import InputReport

from .house import BOARD, HOUSE, PANEL, House


@pytest.fixture
def house() -> House:
    """Return a house that is closed and disarmed."""
    return House()


LIMITS = {
    "shorter": (120.0, 60.0, True),
    "the same": (120.0, 120.0, True),
    "longer": (120.0, 121.0, False),
    "learned, when that may take longer": (120.0, None, False),
    "learned, which never takes as long": (900.0, None, True),
    "no longer than was learned": (None, 60.0, True),
    "longer than was learned": (None, 400.0, False),
    "still learned": (None, None, True),
}


@pytest.mark.parametrize(("before", "after", "allowed"), LIMITS.values(), ids=LIMITS)
def test_a_watched_board_may_be_supervised_more_closely_but_not_less(
    house: House, before: float | None, after: float | None, allowed: bool
) -> None:
    house.post(SilenceLimitSet(source_id=BOARD.source_id, limit=before))
    house.armed()
    change = SilenceLimitSet(source_id=BOARD.source_id, limit=after)
    if allowed:
        house.post(change)
        assert house.state.sources[BOARD.source_id].silence_limit == after
        return
    with pytest.raises(GuardedError) as error:
        house.post(change)
    assert (error.value.why, error.value.names) == ("guarded", ("Door", "Hall", "Window", "Smoke"))
    assert house.state.sources[BOARD.source_id].silence_limit == before
    house.disarm()
    house.post(change)


def test_a_board_that_no_armed_partition_watches_may_be_silent_for_longer(house: House) -> None:
    house.report(InputReport(device_key="Attic", active=False), by=PANEL)
    house.armed()
    house.post(SilenceLimitSet(source_id=PANEL.source_id, limit=3_600.0))


def test_what_never_was_supervised_may_be(house: House) -> None:
    house.adopt("Porch", "binary_sensor.porch")
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Porch": Zone()}))
    house.report(InputReport(device_key="Porch", active=False), by=house.state.sources["home_assistant"].source)
    house.armed()
    house.post(SilenceLimitSet(source_id="home_assistant", limit=86_400.0))
