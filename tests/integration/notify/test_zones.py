"""What a zone sees goes outside as its alarm alone: no other way of telling says it sooner, or in the open."""

from homeassistant.core import HomeAssistant

from custom_components.event_hub.engine.alarm.model import Zone, ZoneKind
from custom_components.event_hub.engine.model import REPORT_KEY
from custom_components.event_hub.engine.times.digest import Bundle, Deferred
from tests.integration.actions.kit import tell
from tests.integration.alarm.kit import ABORT, DOOR, HOME, WINDOW, House

from .kit import SMS, Receiver, add_channel, pass_time, receiver, settled, tell_digest

SILENTLY = "script.call_the_guards"


async def be_silent(house: House) -> Receiver:
    """Have a zone that is silent, and somebody who is told of that."""
    add_channel(house.home, "Guards", "action", SILENTLY, topics=["silent"])
    await house.desk.async_set_zone(HOME, WINDOW, Zone(kind=ZoneKind.INSTANT, silent=True))
    return receiver(house.home.hass, SILENTLY, house.clock)


async def escalate(hass: HomeAssistant, key: str, after: float) -> None:
    """Have an input escalate."""
    await tell(hass, "set_rule", inputs=[key], escalate_after=after, hold=86_400)


def topics(told: Receiver) -> list[str]:
    """Return what somebody was told of."""
    return [call["topic"] for call in told.calls]


async def test_that_a_silent_zone_stays_active_is_told_where_silent_alarms_are(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS)
    guards = await be_silent(house)
    await escalate(house.home.hass, WINDOW, 10)
    await house.arm()
    await house.opens(WINDOW)
    await pass_time(house.home, house.clock, ABORT + 10)
    assert sms.calls == []
    assert topics(guards) == ["alarm", "escalation"]
    assert "Window" in guards.texts[1]


async def test_a_report_says_nothing_of_a_silent_zone(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS, max_length=1000)
    await be_silent(house)
    await house.opens(WINDOW)
    await house.opens(DOOR)
    house.home.hub.press(REPORT_KEY)
    await settled(house.home)
    (text,) = sms.texts
    assert DOOR in text
    assert WINDOW not in text


async def test_a_digest_says_nothing_of_a_silent_zone(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS, max_length=1000)
    await be_silent(house)

    def held_back(key: str, count: int) -> Deferred:
        return Deferred(input_key=key, decision_id=key, first_at=1.0, at=2.0, count=count, label=key)

    now = house.clock.time()
    tell_digest(house.home, Bundle(number=1, deferred=(held_back(WINDOW, 2), held_back(DOOR, 3))), now)
    tell_digest(house.home, Bundle(number=2, deferred=(held_back(WINDOW, 4),)), now)
    await settled(house.home)
    (text,) = sms.texts
    assert "3 events" in text
    assert DOOR in text
    assert WINDOW not in text


async def test_that_a_zone_stays_active_is_told_once_its_alarm_is(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS)
    await escalate(house.home.hass, WINDOW, 10)
    await house.arm()
    await house.opens(WINDOW)
    await pass_time(house.home, house.clock, ABORT - 5)
    assert sms.calls == []
    await house.restart()
    await pass_time(house.home, house.clock, 15)
    assert topics(sms) == ["alarm", "escalation"]


async def test_that_a_zone_stays_active_is_told_once_its_alarm_was_called_off(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS)
    await escalate(house.home.hass, WINDOW, 10)
    await house.arm()
    await house.opens(WINDOW)
    await pass_time(house.home, house.clock, ABORT - 5)
    await house.disarm()
    await settled(house.home)
    assert topics(sms) == ["escalation"]


async def test_what_was_closed_before_its_alarm_was_told_is_told_by_that_alone(house: House, sms: Receiver) -> None:
    add_channel(house.home, "SMS", "action", SMS)
    await escalate(house.home.hass, WINDOW, 10)
    await house.arm()
    await house.opens(WINDOW)
    await pass_time(house.home, house.clock, ABORT - 5)
    await house.closes(WINDOW)
    await pass_time(house.home, house.clock, 15)
    assert topics(sms) == ["alarm"]
