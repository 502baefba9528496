"""The buttons under a message in a chat are answered."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.model import Action, CodeRules
from custom_components.event_hub.engine.chat.buttons import BUTTON_LIFE, MAX_AHEAD, button_data
from custom_components.event_hub.engine.telling.model import Button, Channel, ChannelKind
from devkit.polling import until
from tests.integration.alarm.kit import PANEL, PARTITION, SMOKE, WINDOW, House

from .kit import ANN, BEN, Talk

TOO_OLD = "This button is too old. Write the command instead."


async def press(talk: Talk, data: str, *, by: int = ANN) -> str:
    """Show a button, let it be pressed and return what is shown for it."""
    await talk.bot.act("send_message", chat_id=ANN, message="Alarm", inline_keyboard=[[["Button", data]]])
    before = len(talk.telegram.answers)
    talk.telegram.press(data, user_id=by)
    await until(lambda: len(talk.telegram.answers) > before)
    await talk.house.told()
    return talk.telegram.answers[-1].text


def silence(house: House, *, issued: float = 0.0, alarm_at: float = 0.0) -> str:
    """Return what is on a button that was made ``issued`` seconds from now, about an alarm of then."""
    now = house.clock.time()
    return f"/silence home {int(now + issued)} {int(now + alarm_at)}"


@pytest.fixture
async def alarm(talk: Talk, house: House) -> House:
    """Return a house in alarm, where silencing takes no code."""
    assert talk
    await house.desk.async_set_partition(replace(PARTITION, codes=CodeRules(disarm=False)))
    await house.arm()
    await house.opens(WINDOW)
    return house


async def test_the_siren_is_silenced_with_a_button(talk: Talk, alarm: House) -> None:
    assert await press(talk, silence(alarm)) == "The siren of Home is silent."
    assert alarm.shown.siren is False


async def test_a_partition_with_a_long_id_is_silenced_as_well_after_a_restart(talk: Talk, house: House) -> None:
    barn = replace(PARTITION, partition_id="b" * 64, name="Scheune", codes=CodeRules(disarm=False))
    await house.desk.async_set_partition(barn)
    await house.desk.async_ask("b" * 64, Action.PANIC, PANEL)
    now = house.clock.time()
    data = button_data("silence", "b" * 64, now, now)
    await house.restart()
    assert await press(talk, data) == "The siren of Scheune is silent."


async def test_a_button_means_its_partition_and_none_that_is_called_like_it(talk: Talk, house: House) -> None:
    for partition_id, name in (("home", "Flat"), ("flat", "Home")):
        open_to_all = CodeRules(disarm=False)
        await house.desk.async_set_partition(
            replace(PARTITION, partition_id=partition_id, name=name, codes=open_to_all)
        )
        await house.desk.async_ask(partition_id, Action.PANIC, PANEL)
    assert await press(talk, silence(house)) == "The siren of Flat is silent."
    assert (house.desk.shown("home").siren, house.desk.shown("flat").siren) == (False, True)


async def test_a_button_of_a_partition_that_is_gone_does_nothing(talk: Talk, house: House) -> None:
    now = house.clock.time()
    assert await press(talk, button_data("silence", "gone", now, now)) == TOO_OLD


@pytest.mark.usefixtures("alarm")
async def test_the_buttons_of_our_own_messages_are_understood(talk: Talk, house: House) -> None:
    channel = Channel(channel_id="a", name="Ann", kind=ChannelKind.TELEGRAM, target="notify.ann_example")
    (button,) = house.home.hub.telling.maker.act_button(channel, Button.SILENCE, "home", house.clock.time())
    assert await press(talk, button.data) == "The siren of Home is silent."


async def test_a_button_that_does_nothing_more_says_so(talk: Talk, alarm: House) -> None:
    await press(talk, silence(alarm))
    assert await press(talk, silence(alarm)) == "No siren sounds at Home."


async def test_where_a_code_is_needed_the_button_says_how_to_send_it(talk: Talk, house: House) -> None:
    await house.arm()
    await house.opens(WINDOW)
    answer = await press(talk, silence(house))
    assert answer == "Home needs a code for that.\nFor example: /silence 1234"
    assert house.shown.siren is True
    assert house.shown.lockout.wrong == 0


@pytest.mark.parametrize("issued", [-BUTTON_LIFE - 10, MAX_AHEAD + 10])
async def test_a_button_of_long_ago_or_of_no_time_does_nothing(talk: Talk, alarm: House, issued: float) -> None:
    assert await press(talk, silence(alarm, issued=issued)) == TOO_OLD
    assert alarm.shown.siren is True


@pytest.mark.parametrize("data", ["/silence home", "/silence home 1790000000"])
async def test_a_button_without_its_times_does_nothing(talk: Talk, alarm: House, data: str) -> None:
    assert await press(talk, data) == TOO_OLD
    assert alarm.shown.siren is True


async def test_a_button_does_not_silence_a_newer_alarm(talk: Talk, alarm: House) -> None:
    data = silence(alarm)
    await alarm.disarm(code=None)
    await alarm.closes(WINDOW)
    await alarm.passes(100)
    await alarm.arm()
    await alarm.opens(WINDOW)
    assert alarm.shown.siren is True
    assert await press(talk, data) == TOO_OLD
    assert alarm.shown.siren is True


async def test_a_button_about_a_break_in_does_not_silence_a_fire(talk: Talk, alarm: House) -> None:
    data = silence(alarm)
    await alarm.passes(5)
    await alarm.opens_and_closes(SMOKE)
    assert len(alarm.shown.memory) == 2
    assert await press(talk, data) == TOO_OLD
    assert alarm.shown.siren is True


async def test_a_stranger_is_not_answered(talk: Talk, alarm: House) -> None:
    data = silence(alarm)
    await talk.bot.act("send_message", chat_id=ANN, message="Alarm", inline_keyboard=[[["Silence", data]]])
    talk.telegram.press(data, user_id=BEN)
    await talk.ask("/help")
    assert talk.telegram.answers == ()
    assert alarm.shown.siren is True
