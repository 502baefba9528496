"""An evening of Ann's, all of it in one chat: what she asks for, and what she is told."""

from homeassistant.core import HomeAssistant

from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission
from tests.integration.alarm.kit import ANNS_CODE, House
from tests.integration.clock import Clock
from tests.integration.notify.kit import SMS, add_channel, cameras, jpeg, pass_time, receiver, sees, settled

from .kit import Talk

CHAT = "1001"


async def test_ann_arms_asks_and_gets_an_album_without_the_picture_of_nobody(
    talk: Talk, house: House, clock: Clock
) -> None:
    home = house.home
    add_channel(home, "Ann", "telegram", CHAT, people_only=True)
    await cameras(home, "Yard", "Gate", "Porch")
    assert "rmed" in await talk.ask(f"/arm away {ANNS_CODE}")
    assert "rm" in await talk.ask("/status")
    before = len(talk.telegram.sent)
    for shade, (key, people) in enumerate((("Yard", 2), ("Gate", 0), ("Porch", 1))):
        sees(home, key, jpeg(shade * 20), people)
    await settled(home)
    await pass_time(home, clock, 6, step=3)
    (album,) = talk.telegram.sent[before:]
    assert [picture.content for picture in album.pictures] == [jpeg(0), jpeg(40)]
    assert "Gate" not in album.text
    assert "isarmed" in await talk.ask(f"/disarm {ANNS_CODE}")


async def test_a_forced_code_typed_in_a_chat_is_told_elsewhere(
    talk: Talk, house: House, hass: HomeAssistant, clock: Clock
) -> None:
    home = house.home
    sms = receiver(hass, SMS, clock)
    add_channel(home, "Ann", "telegram", CHAT, priority=1, topics=["duress"])
    add_channel(home, "SMS", "action", SMS, priority=2, topics=["duress"])
    forced = CodeUser(user_id="eve", name="Eve", permissions=tuple(Permission), duress=True)
    await house.desk.async_set_user(forced, "9999")
    await house.arm()
    await talk.ask("/disarm 9999")
    await settled(home)
    assert [call["topic"] for call in sms.calls] == ["duress"]
    assert not [sent for sent in talk.telegram.sent if "uress" in sent.text]
