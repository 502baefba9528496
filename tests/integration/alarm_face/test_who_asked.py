"""Whose doing a change was: the owner of the code, and who entered it, over which way, as which user."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context, Event, HomeAssistant, State, callback
import pytest

from custom_components.event_hub.alarm_bus import EVENT_ALARM
from custom_components.event_hub.alarm_desk import Requester
from custom_components.event_hub.engine.alarm.codes import Path
from custom_components.event_hub.engine.alarm.encode import decode, encode
from custom_components.event_hub.engine.alarm.model import Action, Mode
from custom_components.event_hub.engine.alarm.status import PartitionStatus
from custom_components.event_hub.storage.activity import ActivityFilter
from tests.integration.actions.kit import ask
from tests.integration.alarm.kit import ANNS_CODE, HOME, WINDOW, House

from .kit import panel, use_panel

type Told = list[dict[str, Any]]


@pytest.fixture
def fired(hass: HomeAssistant) -> list[Event[Any]]:
    """Return every event of the alarm, with its context."""
    events: list[Event[Any]] = []

    @callback
    def add(event: Event[Any]) -> None:
        events.append(event)

    hass.bus.async_listen(EVENT_ALARM, add)
    return events


@pytest.fixture
def states(hass: HomeAssistant) -> list[State]:
    """Return every state that the panel gets."""
    found: list[State] = []

    @callback
    def add(event: Event[Any]) -> None:
        if event.data["entity_id"] == "alarm_control_panel.home" and event.data["new_state"] is not None:
            found.append(event.data["new_state"])

    hass.bus.async_listen("state_changed", add)
    return found


async def newest(house: House, kind: str) -> dict[str, Any]:
    """Return the newest entry of a kind in the activity log."""
    (entry, *_) = await house.home.hub.activity.async_query(ActivityFilter(kinds=(kind,), partition_id=HOME))
    return dict(entry.data)


async def test_with_a_code_the_log_names_its_owner_and_the_user_who_entered_it(
    house: House, told: Told, hass_admin_user: User
) -> None:
    await house.arm()
    await use_panel(house, "alarm_disarm", user=hass_admin_user, code=ANNS_CODE)
    event = next(each for each in told if each.get("to") == "disarmed")
    assert (event["by"], event["by_kind"]) == ("Ann", "code_user")
    assert (event["asked_by"], event["path"], event["user_id"]) == (hass_admin_user.name, "panel", hass_admin_user.id)
    actor = (await newest(house, "phase_changed"))["actor"]
    assert (actor["name"], actor["user_id"]) == ("Ann", "ann")
    asker = actor["asker"]
    assert (asker["name"], asker["path"], asker["user_id"]) == (hass_admin_user.name, "panel", hass_admin_user.id)


async def test_a_keypad_is_named_beside_the_owner_of_the_code(house: House, told: Told) -> None:
    await house.arm()
    hall = Requester(path=Path.MQTT, name="Hall keypad")
    await house.desk.async_ask(HOME, Action.DISARM, hall, code=ANNS_CODE)
    event = next(each for each in told if each.get("to") == "disarmed")
    assert (event["by"], event["asked_by"], event["path"], event["user_id"]) == ("Ann", "Hall keypad", "mqtt", None)


async def test_without_a_code_who_asked_is_who_did_it(house: House, told: Told, hass_admin_user: User) -> None:
    await use_panel(house, "alarm_arm_away", user=hass_admin_user)
    event = next(each for each in told if each["type"] == "phase")
    assert (event["by"], event["asked_by"], event["user_id"]) == (
        hass_admin_user.name,
        hass_admin_user.name,
        hass_admin_user.id,
    )


async def test_events_and_the_panel_s_state_carry_the_context_of_the_request(
    house: House, fired: list[Event[Any]], states: list[State], hass_admin_user: User
) -> None:
    context = Context(user_id=hass_admin_user.id)
    await ask(house.home.hass, "alarm_arm", context=context, partition=HOME, mode="away", skip_delay=True)
    await house.told()
    (event,) = [each for each in fired if each.data["type"] == "phase"]
    assert (event.context.id, event.context.user_id) == (context.id, hass_admin_user.id)
    (armed,) = [each for each in states if each.state == "armed_away"]
    assert (armed.context.id, armed.context.user_id) == (context.id, hass_admin_user.id)


async def test_what_a_zone_does_later_is_in_nobody_s_context(
    house: House, fired: list[Event[Any]], hass_admin_user: User
) -> None:
    await use_panel(house, "alarm_arm_away", user=hass_admin_user)
    await house.passes(61)
    await house.opens(WINDOW)
    (alarm,) = [each for each in fired if each.data["type"] == "alarm"]
    assert alarm.context.user_id is None


async def test_after_a_restart_it_is_still_known_who_entered_the_code(house: House, hass_admin_user: User) -> None:
    await house.arm()
    await use_panel(house, "alarm_disarm", user=hass_admin_user, code=ANNS_CODE)
    await house.restart()
    actor = house.shown.changed_by
    assert actor is not None
    assert actor.asker is not None
    assert (actor.name, actor.asker.user_id, actor.asker.path) == ("Ann", hass_admin_user.id, "panel")
    assert panel(house).attributes["changed_by"] == "Ann"


def test_a_status_that_an_older_version_stored_is_read() -> None:
    stored = {"mode": "away", "changed_by": {"kind": "code_user", "name": "Ann", "user_id": "ann"}, "changed_at": 1.0}
    status = decode(stored)
    assert status.mode is Mode.AWAY
    assert status.changed_by is not None
    assert status.changed_by.asker is None
    assert decode(encode(status)) == status
    assert decode({}) == PartitionStatus()
