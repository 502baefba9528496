"""What must show nowhere here is in no event, entry and attribute: silent alarms, and codes given under duress."""

from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
import pytest

from custom_components.event_hub.alarm_bus import EVENT_ALARM, EVENT_OUTSIDE
from custom_components.event_hub.engine.alarm.codes import CodeUser
from custom_components.event_hub.engine.alarm.model import Action
from custom_components.event_hub.storage.activity import ActivityFilter
from tests.integration.alarm.kit import ABORT, ANNS_CODE, HOME, PANEL, WINDOW, House

from .kit import panel

FORCED = CodeUser(user_id="forced", name="Ann", duress=True)
FORCED_CODE = "9999"
# What differs between two times that are alike.
_VARYING = ("at", "until")


@pytest.fixture
def here(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what is told on the bus to whatever shows it."""
    events: list[dict[str, Any]] = []

    @callback
    def add(event: Event[dict[str, Any]]) -> None:
        events.append(event.data)

    hass.bus.async_listen(EVENT_ALARM, add)
    return events


@pytest.fixture
def outside(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what is told on the bus for outside alone."""
    events: list[dict[str, Any]] = []

    @callback
    def add(event: Event[dict[str, Any]]) -> None:
        events.append(event.data)

    hass.bus.async_listen(EVENT_OUTSIDE, add)
    return events


async def logged(house: House, since: float) -> list[tuple[str, Any]]:
    """Return what the activity log tells of the alarm since a time, without what differs every time."""
    entries = await house.home.hub.activity.async_query(ActivityFilter(since=since, partition_id=HOME, limit=1000))
    return [(entry.kind, without_times(entry.data)) for entry in reversed(entries)]


def without_times(value: Any) -> Any:
    """Return what does not differ every time."""
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key not in _VARYING}
    return [without_times(item) for item in value] if isinstance(value, list) else value


async def alarmed_and_disarmed(house: House, here: list[dict[str, Any]], code: str, seconds: float) -> list[Any]:
    """Have an alarm and call it off; returns everything that shows of that."""
    here.clear()
    since = house.home.hub.now()
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.passes(seconds)
    await house.disarm(code)
    shown = [without_times(here), await logged(house, since), without_times(dict(panel(house).attributes))]
    await house.desk.async_ask(HOME, Action.ACKNOWLEDGE, PANEL, code=ANNS_CODE)
    await house.told()
    return shown


@pytest.mark.parametrize("seconds", [1, ABORT + 5])
async def test_a_disarming_under_duress_shows_as_any_other(
    house: House, here: list[dict[str, Any]], outside: list[dict[str, Any]], seconds: float
) -> None:
    await house.desk.async_set_user(FORCED, FORCED_CODE)
    freely = await alarmed_and_disarmed(house, here, ANNS_CODE, seconds)
    assert outside == []
    forced = await alarmed_and_disarmed(house, here, FORCED_CODE, seconds)
    assert str(forced).replace("forced", "ann") == str(freely)
    assert [(event["duress"], event["by"]) for event in outside] == [(True, "Ann")]


async def test_a_walk_test_and_a_silencing_under_duress_show_as_any_other(
    house: House, here: list[dict[str, Any]], outside: list[dict[str, Any]]
) -> None:
    await house.desk.async_set_user(FORCED, FORCED_CODE)
    shown = []
    for code in (ANNS_CODE, FORCED_CODE):
        here.clear()
        since = house.home.hub.now()
        for on in (True, False):
            await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=code, on=on)
        await house.arm()
        await house.opens_and_closes(WINDOW)
        await house.desk.async_ask(HOME, Action.SILENCE, PANEL, code=code)
        shown.append(str([without_times(here), await logged(house, since)]).replace("forced", "ann"))
        await house.disarm()
        await house.desk.async_ask(HOME, Action.ACKNOWLEDGE, PANEL, code=ANNS_CODE)
        await house.passes(1)
    assert shown[0] == shown[1]
    assert "walk_test_changed" in shown[0]
    assert [event["duress"] for event in outside] == [True, True, True]


async def test_an_alarm_called_off_under_duress_is_told_outside_with_it(
    house: House, here: list[dict[str, Any]], outside: list[dict[str, Any]]
) -> None:
    await house.desk.async_set_user(FORCED, FORCED_CODE)
    await alarmed_and_disarmed(house, here, FORCED_CODE, 1)
    (event,) = outside
    assert [(alarm["zone"], alarm["outside"]) for alarm in event["alarms"]] == [(WINDOW, "no_channel")]


async def test_a_silent_call_for_help_shows_nowhere_and_not_by_what_follows(
    house: House, here: list[dict[str, Any]], outside: list[dict[str, Any]]
) -> None:
    await house.arm()
    here.clear()
    since = house.home.hub.now()
    await house.desk.async_ask(HOME, Action.PANIC, PANEL, silent=True)
    assert (here, await logged(house, since)) == ([], [])
    assert [event["alarms"][0]["silent"] for event in outside] == [True]
    await house.disarm()
    assert [event["type"] for event in here] == ["phase"]
    assert [kind for kind, _ in await logged(house, since)] == ["phase_changed"]
    assert await house.refusal(Action.ACKNOWLEDGE, code=ANNS_CODE) == "no_memory"
