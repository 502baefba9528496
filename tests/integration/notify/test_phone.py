"""Messages on a phone with Home Assistant's app, and what is pressed there."""

import asyncio
import time
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context, HassJob, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.mobile_actions import EVENT_ACTION, VALID_FOR, read_pressed
from tests.integration.actions.kit import add_inputs
from tests.integration.alarm.kit import ANNS_CODE, SMOKE, House
from tests.integration.clock import Clock
from tests.integration.kit import Home

from .kit import ADDRESS, PHONE, Receiver, add_channel, cameras, jpeg, sees, settled

ALL = ["view", "silence", "acknowledge", "disarm"]


def actions(call: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the buttons of a message by what they say."""
    return {action["title"]: action for action in call["data"].get("actions", ())}


@pytest.fixture
async def alarmed(house: House, phone: Receiver) -> House:
    """Return a house on fire, whose people got it told on a phone."""
    add_channel(house.home, "Ann", "mobile_app", PHONE, buttons=ALL)
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    assert len(phone.calls) == 1
    return house


async def press(house: House, user: User | None, action: str, typed: str | None = None) -> None:
    """Press a button on a phone, and wait for what comes of it."""
    data = {"action": action} | ({} if typed is None else {"reply_text": typed})
    context = Context() if user is None else Context(user_id=user.id)
    house.home.hass.bus.async_fire(EVENT_ACTION, data, context=context)
    await house.home.hass.async_block_till_done(wait_background_tasks=True)
    await house.told()


async def test_an_alarm_breaks_through_silence_and_another_message_does_not(alarmed: House, phone: Receiver) -> None:
    await add_inputs(alarmed.home, "Letterbox")
    alarmed.home.hub.press("Letterbox")
    await settled(alarmed.home)
    loud, quiet = (call["data"] for call in phone.calls)
    assert loud["push"]["interruption-level"] == "critical"
    assert loud["push"]["sound"]["critical"] == 1
    assert (loud["priority"], loud["ttl"], loud["importance"]) == ("high", 0, "high")
    assert quiet["push"] == {"interruption-level": "active"}
    assert loud["channel"] != quiet["channel"]
    assert loud["tag"] != quiet["tag"]
    assert loud["group"] == quiet["group"]


async def test_a_button_that_takes_a_code_asks_for_it(alarmed: House, phone: Receiver) -> None:
    buttons = actions(phone.calls[0])
    assert set(buttons) == {"View", "Silence", "Acknowledge", "Disarm"}
    assert buttons["View"] == {"action": "URI", "title": "View", "uri": f"{ADDRESS}/"}
    for title in ("Silence", "Acknowledge", "Disarm"):
        assert buttons[title]["behavior"] == "textInput"
    assert alarmed.phase is Phase.TRIGGERED


async def test_the_code_typed_on_the_phone_disarms(
    alarmed: House, phone: Receiver, hass_admin_user: User, caplog: pytest.LogCaptureFixture
) -> None:
    await press(alarmed, hass_admin_user, actions(phone.calls[0])["Disarm"]["action"], ANNS_CODE)
    assert alarmed.phase is Phase.DISARMED
    changed_by = alarmed.shown.changed_by
    assert changed_by is not None
    assert changed_by.name == "Ann"
    own = [record.getMessage() for record in caplog.records if "event_hub" in record.name]
    assert ANNS_CODE not in "\n".join(own)


async def test_a_wrong_code_is_answered_with_the_button_once_more(
    alarmed: House, phone: Receiver, hass_admin_user: User
) -> None:
    await press(alarmed, hass_admin_user, actions(phone.calls[0])["Disarm"]["action"], "0000")
    assert alarmed.phase is Phase.TRIGGERED
    answer = phone.calls[-1]
    assert answer["message"].startswith("The code is wrong")
    assert "0000" not in str(answer)
    await press(alarmed, hass_admin_user, actions(answer)["Disarm"]["action"], ANNS_CODE)
    assert alarmed.phase is Phase.DISARMED


async def test_without_a_code_nothing_is_done(alarmed: House, phone: Receiver, hass_admin_user: User) -> None:
    await press(alarmed, hass_admin_user, actions(phone.calls[0])["Silence"]["action"])
    assert alarmed.shown.siren
    assert phone.calls[-1]["message"].startswith("This takes your code")


async def test_what_cannot_be_done_is_said_in_the_language_of_the_channel(
    house: House, phone: Receiver, hass_admin_user: User
) -> None:
    add_channel(house.home, "Ann", "mobile_app", PHONE, buttons=ALL, language="de")
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    await press(house, hass_admin_user, actions(phone.calls[0])["Bestätigen"]["action"], ANNS_CODE)
    assert phone.texts[-1] == "Das ging nicht. Bei Home ist Alarm. Schalte zuerst unscharf."


async def test_too_many_wrong_codes_lock_the_phone_out(alarmed: House, phone: Receiver, hass_admin_user: User) -> None:
    call = phone.calls[0]
    for _ in range(6):
        await press(alarmed, hass_admin_user, actions(call)["Disarm"]["action"], "0000")
        call = next(each for each in reversed(phone.calls) if actions(each).get("Disarm"))
    assert any(text.startswith("Too many wrong codes") for text in phone.texts)
    assert alarmed.phase is Phase.TRIGGERED


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_button_works_once(alarmed: House, phone: Receiver, hass_admin_user: User, restarts: bool) -> None:
    action = actions(phone.calls[0])["Disarm"]["action"]
    await press(alarmed, hass_admin_user, action, ANNS_CODE)
    if restarts:
        await alarmed.restart()
    await alarmed.opens_and_closes(SMOKE)
    assert alarmed.phase is Phase.TRIGGERED
    await press(alarmed, hass_admin_user, action, ANNS_CODE)
    assert alarmed.phase is Phase.TRIGGERED
    assert "too old or was used" in phone.texts[-1]


async def test_a_button_is_too_old_after_a_while(
    alarmed: House, phone: Receiver, hass_admin_user: User, clock: Clock
) -> None:
    action = actions(phone.calls[0])["Acknowledge"]["action"]
    clock.ahead += VALID_FOR + 1
    await press(alarmed, hass_admin_user, action, ANNS_CODE)
    assert alarmed.shown.memory != ()
    assert "too old or was used" in phone.texts[-1]


async def test_a_button_does_nothing_to_a_newer_alarm(alarmed: House, phone: Receiver, hass_admin_user: User) -> None:
    action = actions(phone.calls[0])["Disarm"]["action"]
    await alarmed.disarm()
    await alarmed.passes(60)
    await alarmed.opens_and_closes(SMOKE)
    assert alarmed.phase is Phase.TRIGGERED
    await press(alarmed, hass_admin_user, action, ANNS_CODE)
    assert alarmed.phase is Phase.TRIGGERED
    assert "too old or was used" in phone.texts[-1]


async def test_what_comes_from_no_phone_is_passed_over(alarmed: House, phone: Receiver) -> None:
    await press(alarmed, None, actions(phone.calls[0])["Disarm"]["action"], ANNS_CODE)
    assert alarmed.phase is Phase.TRIGGERED
    assert len(phone.calls) == 1


async def test_a_channel_offers_what_was_chosen_for_it_alone(
    house: House, phone: Receiver, hass_admin_user: User
) -> None:
    add_channel(house.home, "Ann", "mobile_app", PHONE, buttons=["silence"])
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    (silence,) = actions(phone.calls[0]).values()
    await press(house, hass_admin_user, silence["action"].replace("silence", "disarm"), ANNS_CODE)
    assert house.phase is Phase.TRIGGERED


@pytest.mark.parametrize(
    "action",
    [None, 7, "", "event_hub", "event_hub:view:a:b:1:1:c", "event_hub:disarm:a:b:x:1:c", "event_hub:disarm:a:b:1:1:"],
)
def test_what_is_no_button_of_ours_is_none(action: object) -> None:
    assert read_pressed(action) is None


async def test_a_picture_is_shown_by_a_path_that_needs_no_login(
    home: Home, hass: HomeAssistant, phone: Receiver, hass_client_no_auth: ClientSessionGenerator
) -> None:
    add_channel(home, "Ann", "mobile_app", PHONE)
    await cameras(home, "Yard")
    sees(home, "Yard", jpeg(10), 1)
    await settled(home)
    path = phone.calls[0]["data"]["image"]
    client = await hass_client_no_auth()
    response = await client.get(path)
    assert (response.status, response.content_type, await response.read()) == (200, "image/jpeg", jpeg(10))
    assert (await client.get(path.partition("?")[0])).status == 401
    other = f"/api/event_hub/told/{'0' * 32}.jpg"
    assert (await client.get(f"{other}?{path.partition('?')[2]}")).status == 401
    assert hass.is_running


async def test_that_an_alarm_is_over_takes_its_place_and_duress_stays(house: House, phone: Receiver) -> None:
    add_channel(house.home, "Ann", "mobile_app", PHONE, topics=["alarm", "cancelled", "duress"])
    forced = CodeUser(user_id="eve", name="Eve", permissions=tuple(Permission), duress=True)
    await house.desk.async_set_user(forced, "9999")
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    await house.disarm()
    await house.arm()
    await house.disarm("9999")
    await settled(house.home)
    tags = {call["title"].split(",")[0]: call["data"]["tag"] for call in phone.calls}
    assert tags["Fire alarm"] == tags["Alarm cancelled"]
    assert tags["Duress code used"] not in (tags["Fire alarm"], "")


async def test_the_message_that_an_alarm_is_over_lets_it_be_acknowledged(
    alarmed: House, phone: Receiver, hass_admin_user: User
) -> None:
    await alarmed.disarm()
    await settled(alarmed.home)
    over = actions(phone.calls[-1])
    assert set(over) == {"View", "Acknowledge"}
    await press(alarmed, hass_admin_user, over["Acknowledge"]["action"], ANNS_CODE)
    assert alarmed.shown.memory == ()


async def test_pictures_with_people_are_each_kept_on_the_phone(home: Home, phone: Receiver) -> None:
    add_channel(home, "Ann", "mobile_app", PHONE)
    await cameras(home, "Yard")
    for number, people in enumerate((1, 1, 0, 0)):
        sees(home, "Yard", jpeg(number), people, f"seen {number}")
        await settled(home)
    tags = [call["data"]["tag"] for call in phone.calls]
    assert (len(tags), len(set(tags)), tags[2] == tags[3]) == (4, 3, True)


async def test_what_is_pressed_as_the_hub_ends_is_done(alarmed: House, phone: Receiver, hass_admin_user: User) -> None:
    hass = alarmed.home.hass
    data = {"action": actions(phone.calls[0])["Disarm"]["action"], "reply_text": ANNS_CODE}
    hass.bus.async_fire(EVENT_ACTION, data, context=Context(user_id=hass_admin_user.id))
    assert await hass.config_entries.async_unload(alarmed.home.entry.entry_id)
    assert await hass.config_entries.async_setup(alarmed.home.entry.entry_id)
    assert alarmed.phase is Phase.DISARMED


async def test_what_is_pressed_as_home_assistant_stops_is_done_and_answered(
    alarmed: House, phone: Receiver, hass_admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hass, desk = alarmed.home.hass, alarmed.desk
    stops, ask, outcomes = asyncio.Event(), desk.async_ask, list[str]()

    @callback
    def stopping() -> None:
        stops.set()

    hass.async_add_shutdown_job(HassJob(stopping))

    async def slow(*args: Any, **more: Any) -> None:
        await stops.wait()
        # As long as a code check may take, after which other tasks of the stop have had their turn.
        await hass.async_add_executor_job(time.sleep, 0.2)
        await ask(*args, **more)
        outcomes.append(alarmed.phase)

    monkeypatch.setattr(desk, "async_ask", slow)
    buttons = actions(phone.calls[0])
    for title, typed in (("Disarm", ANNS_CODE), ("Acknowledge", "0000")):
        data = {"action": buttons[title]["action"], "reply_text": typed}
        hass.bus.async_fire(EVENT_ACTION, data, context=Context(user_id=hass_admin_user.id))
    await hass.async_stop(force=True)
    assert outcomes == [Phase.DISARMED]
    assert any(text.startswith("The code is wrong") for text in phone.texts)
