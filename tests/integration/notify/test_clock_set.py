"""Somebody sets the clock of the machine while something waits to be told."""

from homeassistant.core import HomeAssistant
import pytest

from tests.integration.alarm.kit import SMOKE, House
from tests.integration.clock import Clock

from .kit import SMS, Receiver, add_channel, pass_time, receiver

SECOND = "script.call_neighbour"


@pytest.mark.parametrize("by", [-3600.0, 3600.0], ids=["back", "ahead"])
async def test_the_next_channel_is_used_after_the_deadline(
    house: House, sms: Receiver, clock: Clock, hass: HomeAssistant, by: float
) -> None:
    first = receiver(hass, SECOND, clock)
    add_channel(house.home, "Neighbour", "action", SECOND, priority=1, deadline=60)
    add_channel(house.home, "SMS", "action", SMS, priority=2)
    first.be_away()
    await house.opens_and_closes(SMOKE)
    await pass_time(house.home, clock, 20)
    clock.set_by = by
    await pass_time(house.home, clock, 30)
    assert sms.calls == []
    await pass_time(house.home, clock, 15)
    assert len(sms.calls) == 1
