"""A call for help does not wait for the time between two messages, as there was something trivial just before."""

from custom_components.event_hub.engine.model import PANIC_KEY
from tests.integration.actions.kit import add_inputs
from tests.integration.clock import Clock
from tests.integration.kit import Home

from .kit import SMS, Receiver, add_channel, pass_time, trigger


async def test_panic_is_told_a_second_after_a_trigger_and_other_news_after_the_channels_time(
    home: Home, sms: Receiver, clock: Clock
) -> None:
    add_channel(home, "SMS", "action", SMS, min_interval=12)
    await add_inputs(home, "Door", "Shed")
    await trigger(home)
    home.hub.press(PANIC_KEY)
    await trigger(home, "Shed")
    await pass_time(home, clock, 2, step=0.5)
    assert [call["critical"] for call in sms.calls] == [False, True]
    assert 1.0 <= sms.times[1] - sms.times[0] < 2.0
    await pass_time(home, clock, 13, step=0.5)
    assert [call["critical"] for call in sms.calls] == [False, True, False]
    assert 12.0 <= sms.times[2] - sms.times[1] < 13.0
