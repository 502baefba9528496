"""There is no way round a code: not by a push button, an automation, the voice, or a voice that an automation lends."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from custom_components.event_hub.alarm_desk import Requester
from custom_components.event_hub.engine.alarm.codes import Path
from custom_components.event_hub.engine.alarm.model import Action
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.mobile_actions import EVENT_ACTION
from tests.integration.alarm.kit import ANNS_CODE, HOME, SMOKE, WINDOW, House
from tests.integration.notify.conftest import phone
from tests.integration.notify.kit import PHONE, Receiver, add_channel, settled
from tests.integration.voice.conftest import assist
from tests.integration.voice.kit import Assist

from .kit import PANEL_ENTITY

__all__ = ["assist", "phone"]

type Told = list[dict[str, Any]]


async def disarm_buttons(phone: Receiver) -> list[str]:
    """Return what phones send back for *Disarm* in the message of an alarm."""
    return [
        action["action"]
        for call in phone.calls
        for action in call["data"].get("actions", ())
        if action["title"] == "Disarm"
    ]


async def test_a_button_on_a_phone_disarms_only_with_the_code_and_says_who_pressed(
    house: House, phone: Receiver, told: Told, hass_admin_user: User
) -> None:
    add_channel(house.home, "Ann", "mobile_app", PHONE, buttons=["disarm"])
    await house.arm()
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    (button,) = await disarm_buttons(phone)
    context = Context(user_id=hass_admin_user.id)
    for typed, reason in ((None, "code_missing"), ("0000", "code_wrong")):
        (*_, button) = await disarm_buttons(phone)
        data = {"action": button} | ({} if typed is None else {"reply_text": typed})
        house.home.hass.bus.async_fire(EVENT_ACTION, data, context=context)
        await house.home.hass.async_block_till_done(wait_background_tasks=True)
        await settled(house.home)
        assert house.phase is Phase.TRIGGERED, reason
    (denied,) = [event for event in told if event["type"] == "refused"]
    assert (denied["reason"], denied["path"], denied["user_id"]) == ("code_missing", "push", hass_admin_user.id)


async def test_what_looks_like_a_phone_s_button_but_comes_from_no_user_does_nothing(
    house: House, phone: Receiver
) -> None:
    add_channel(house.home, "Ann", "mobile_app", PHONE, buttons=["disarm"])
    await house.arm()
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    (button,) = await disarm_buttons(phone)
    house.home.hass.bus.async_fire(EVENT_ACTION, {"action": button, "reply_text": ANNS_CODE})
    await house.home.hass.async_block_till_done(wait_background_tasks=True)
    await house.told()
    assert house.phase is Phase.TRIGGERED


@pytest.mark.parametrize(
    ("domain", "action", "data"),
    [
        ("alarm_control_panel", "alarm_disarm", {"entity_id": PANEL_ENTITY}),
        ("alarm_control_panel", "alarm_disarm", {"entity_id": PANEL_ENTITY, "code": ""}),
        ("event_hub", "alarm_disarm", {"partition": HOME}),
        ("event_hub", "alarm_silence", {"partition": HOME}),
        ("event_hub", "alarm_bypass", {"partition": HOME, "zones": [WINDOW]}),
        ("event_hub", "alarm_arm", {"partition": HOME, "mode": "home"}),
        ("event_hub", "alarm_arm", {"partition": HOME, "mode": "home", "force": True}),
        ("event_hub", "alarm_walk_test", {"partition": HOME, "code": ANNS_CODE}),
    ],
)
async def test_an_automation_of_nobody_s_gets_nothing_without_the_code(
    house: House, told: Told, domain: str, action: str, data: dict[str, Any]
) -> None:
    await house.arm()
    before = house.shown
    with pytest.raises(Exception, match=r"needs a code|does not take that this way"):
        await house.home.hass.services.async_call(domain, action, data, blocking=True)
    await house.told()
    assert (house.shown.mode, house.shown.bypassed, house.phase) == (before.mode, (), Phase.ARMED)
    (denied,) = [event for event in told if event["type"] == "refused"]
    assert (denied["by"], denied["by_kind"], denied["user_id"]) == ("Automation", "automation", None)


async def test_by_voice_one_arms_without_a_code_and_the_log_says_who_and_how(
    assist: Assist, told: Told, hass_admin_user: User
) -> None:
    await assist.say("arm the alarm to away", user=hass_admin_user)
    (event,) = [each for each in told if each["type"] == "phase"]
    assert (event["to"], event["by"], event["path"], event["user_id"]) == (
        "arming",
        hass_admin_user.name,
        "voice",
        hass_admin_user.id,
    )


async def test_by_voice_nothing_is_disarmed_without_the_code_which_is_logged(
    house: House, assist: Assist, told: Told, hass_admin_user: User
) -> None:
    await house.arm()
    assert await assist.say("disarm the alarm", user=hass_admin_user) == "Home needs a code for that."
    assert house.phase is Phase.ARMED
    (denied,) = [event for event in told if event["type"] == "refused"]
    assert (denied["reason"], denied["path"], denied["by"]) == ("code_missing", "voice", hass_admin_user.name)


async def test_by_voice_an_armed_one_changes_its_mode_only_with_the_code(house: House, assist: Assist) -> None:
    await house.arm()
    assert await assist.say("arm the alarm for the night") == "Home needs a code for that."
    assert house.shown.mode == "away"


async def test_an_automation_that_speaks_to_assist_gets_no_further(
    hass: HomeAssistant, house: House, assist: Assist
) -> None:
    await house.arm()
    said = {"text": "disarm the alarm", "agent_id": "conversation.home_assistant"}
    await hass.services.async_call("conversation", "process", said, blocking=True)
    await house.told()
    assert assist
    assert house.phase is Phase.ARMED


@pytest.mark.parametrize("action", [Action.BYPASS, Action.WALK_TEST])
async def test_what_must_be_seen_is_not_done_by_voice_even_with_the_code(house: House, action: Action) -> None:
    voice = Requester(path=Path.VOICE, name="Kitchen")
    assert await house.refusal(action, by=voice, code=ANNS_CODE, zones=(WINDOW,)) == "not_offered"


async def test_home_assistant_s_own_sentences_disarm_nothing(hass: HomeAssistant, house: House) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    async_expose_entity(hass, "conversation", PANEL_ENTITY, should_expose=True)
    assistant = Assist(hass, house)
    await house.arm()
    for text in ("turn off home", "turn off the alarm", "disarm home", "switch home off"):
        await assistant.say(text)
    assert house.phase is Phase.ARMED
