"""A forced code and a silent alarm are told where somebody chose it, without a sound, never to who stands beside."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context
import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission
from custom_components.event_hub.engine.alarm.model import Zone, ZoneKind
from tests.devkit.telegram.home import Bot
from tests.integration.actions.kit import add_inputs
from tests.integration.alarm.kit import ABORT, HALL, HOME, SMOKE, WINDOW, House

from .kit import PHONE, SMS, Receiver, add_channel, pass_time, settled

FORCED_CODE = "9999"
NEIGHBOUR = "notify.mobile_app_neighbour"


async def be_forced(house: House) -> None:
    """Have a code for duress, and use it."""
    forced = CodeUser(user_id="eve", name="Eve", permissions=tuple(Permission), duress=True)
    await house.desk.async_set_user(forced, FORCED_CODE)
    await house.arm()
    await house.disarm(FORCED_CODE)
    await settled(house.home)


async def test_a_forced_code_is_not_told_to_a_phone_that_is_told_everything_else(
    house: House, phone: Receiver, sms: Receiver
) -> None:
    add_channel(house.home, "Phone", "mobile_app", PHONE)
    add_channel(house.home, "SMS", "action", SMS, topics=["duress"])
    await be_forced(house)
    assert phone.calls == []
    assert [call["topic"] for call in sms.calls] == ["duress"]


async def test_an_alarm_that_somebody_was_forced_to_call_off_is_told_with_that_and_taken_back_nowhere(
    house: House, phone: Receiver, sms: Receiver
) -> None:
    add_channel(house.home, "Phone", "mobile_app", PHONE)
    add_channel(house.home, "SMS", "action", SMS, topics=["duress"])
    forced = CodeUser(user_id="eve", name="Eve", permissions=tuple(Permission), duress=True)
    await house.desk.async_set_user(forced, FORCED_CODE)
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.disarm(FORCED_CODE)
    await settled(house.home)
    assert phone.calls == []
    assert sorted(call["topic"] for call in sms.calls) == ["alarm", "duress"]


async def test_a_forced_code_is_told_to_a_phone_without_a_sound(house: House, phone: Receiver) -> None:
    add_channel(house.home, "Phone", "mobile_app", PHONE, topics=["duress"])
    await be_forced(house)
    (call,) = phone.calls
    data = call["data"]
    assert data["push"] == {"interruption-level": "passive", "sound": "none"}
    assert (data["importance"], data["visibility"], data["channel"]) == ("low", "secret", "Event Hub quiet")


async def test_a_forced_code_is_told_to_a_chat_without_a_sound(house: House, bot: Bot, chat: str) -> None:
    add_channel(house.home, "Family", "telegram", chat, topics=["duress"])
    await be_forced(house)
    (sent,) = bot.telegram.sent
    assert sent.silent


@pytest.mark.parametrize(("topics", "told"), [([], []), (["alarm"], []), (["silent"], ["alarm"])])
async def test_a_silent_alarm_is_told_where_it_was_chosen(
    house: House, sms: Receiver, topics: list[str], told: list[str]
) -> None:
    add_channel(house.home, "SMS", "action", SMS, topics=topics)
    await house.desk.async_set_zone(HOME, WINDOW, Zone(kind=ZoneKind.INSTANT, silent=True))
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await pass_time(house.home, house.clock, ABORT + 10)
    assert [call["topic"] for call in sms.calls] == told


async def test_of_an_alarm_of_silent_and_other_zones_everybody_is_told_what_was_chosen(
    house: House, phone: Receiver, sms: Receiver
) -> None:
    add_channel(house.home, "Phone", "mobile_app", PHONE)
    add_channel(house.home, "SMS", "action", SMS, topics=["silent"])
    await house.desk.async_set_zone(HOME, WINDOW, Zone(kind=ZoneKind.INSTANT, silent=True))
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.opens_and_closes(SMOKE)
    await pass_time(house.home, house.clock, ABORT + 10)
    await house.opens_and_closes(HALL)
    await house.disarm()
    await settled(house.home)
    told = [str(call) for call in phone.calls]
    assert any("Smoke" in each for each in told)
    assert not [each for each in told if "Window" in each]
    assert ["Window" in text for text in sms.texts] == [True, False]
    assert [call["topic"] for call in sms.calls] == ["alarm", "cancelled"]
    assert not [call for call in sms.calls if "Smoke" in str(call)]


async def test_what_a_silent_zone_saw_is_not_told_beside_what_another_input_sees(house: House, phone: Receiver) -> None:
    add_channel(house.home, "Phone", "mobile_app", PHONE)
    await add_inputs(house.home, "Shed", "Gate")
    await house.desk.async_set_zone(HOME, WINDOW, Zone(kind=ZoneKind.INSTANT, silent=True))
    await house.arm()
    await house.opens_and_closes(WINDOW)
    house.home.hub.press("Gate")
    house.home.hub.press("Shed")
    await settled(house.home)
    told = next(str(call) for call in phone.calls if call["message"].startswith("Shed"))
    assert ": Gate" in told
    assert "Window" not in told


async def test_a_code_typed_on_a_phone_is_told_to_another(
    house: House, phone: Receiver, sms: Receiver, hass_admin_user: User
) -> None:
    home = house.home
    add_channel(home, "Phone", "mobile_app", PHONE, priority=1, topics=["alarm", "duress"], buttons=["disarm"])
    add_channel(home, "SMS", "action", SMS, priority=2, topics=["duress"])
    forced = CodeUser(user_id="eve", name="Eve", permissions=tuple(Permission), duress=True)
    await house.desk.async_set_user(forced, FORCED_CODE)
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await pass_time(home, house.clock, ABORT + 10)
    actions: list[dict[str, Any]] = phone.calls[-1]["data"]["actions"]
    disarm = next(each["action"] for each in actions if ":disarm:" in each["action"])
    home.hass.bus.async_fire(
        "mobile_app_notification_action",
        {"action": disarm, "reply_text": FORCED_CODE},
        context=Context(user_id=hass_admin_user.id),
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)
    await settled(home)
    assert [call["topic"] for call in sms.calls] == ["duress"]
    assert not [call for call in phone.calls if "uress" in str(call)]
