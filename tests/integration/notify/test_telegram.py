"""Telling over Home Assistant's real ``telegram_bot``, at a Telegram that fails as the real one does."""

from dataclasses import replace
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.engine.alarm.model import CodeRules
from custom_components.event_hub.engine.model import REPORT_KEY
from custom_components.event_hub.wire.messages import InputReport, OutputReport
from devkit.polling import until
from devkit.telegram import Bad, Blocked, Broken, Cut, Fault, Flood, Pace
from tests.devkit.telegram.home import Bot
from tests.integration.actions.kit import add_inputs, tell
from tests.integration.alarm.kit import HOME, PARTITION, SMOKE, House
from tests.integration.clock import Clock
from tests.integration.kit import Home, source
from tests.integration.notices.kit import later, shown, text_of

from .kit import ADDRESS, SMS, Receiver, add_channel, cameras, jpeg, pass_time, sees, settled


@pytest.mark.parametrize(("people_only", "expected"), [(False, 3), (True, 2)])
async def test_three_pictures_are_one_album_and_with_people_only_the_empty_one_is_left_out(
    home: Home, bot: Bot, chat: str, clock: Clock, people_only: bool, expected: int
) -> None:
    add_channel(home, "Family", "telegram", chat, people_only=people_only)
    keys = ("Yard", "Gate", "Porch")
    await cameras(home, *keys)
    pictures = [jpeg(shade) for shade in (10, 20, 30)]
    for key, image, people in zip(keys, pictures, (2, 0, 1), strict=True):
        sees(home, key, image, people)
    await settled(home)
    await pass_time(home, clock, 3, step=3)
    (sent,) = bot.telegram.sent
    seen = pictures if expected == 3 else [pictures[0], pictures[2]]
    assert [picture.content for picture in sent.pictures] == seen
    assert ("Gate" in sent.text) is (not people_only)
    assert "Yard" in sent.text
    assert "Porch" in sent.text


async def test_pictures_of_the_same_camera_are_each_shown_as_it_was(
    home: Home, bot: Bot, chat: str, clock: Clock
) -> None:
    add_channel(home, "Family", "telegram", chat)
    await cameras(home, "Yard")
    pictures = [jpeg(shade) for shade in (10, 20, 30)]
    for number, image in enumerate(pictures):
        sees(home, "Yard", image, 1, f"person {number}")
        await settled(home)
    await pass_time(home, clock, 15, step=5)
    assert [picture.content for sent in bot.telegram.sent for picture in sent.pictures] == pictures


async def test_one_picture_is_a_photo_with_what_happened_below(home: Home, bot: Bot, chat: str, clock: Clock) -> None:
    add_channel(home, "Family", "telegram", chat, language="de")
    await cameras(home, "Yard")
    sees(home, "Yard", jpeg(10), 2, "person 97 %")
    await settled(home)
    await pass_time(home, clock, 3, step=3)
    (sent,) = bot.telegram.sent
    assert sent.method == "sendPhoto"
    assert sent.text.startswith("Yard: person 97 %\n2 Personen")
    assert sent.buttons[0][0].url.startswith(ADDRESS)


async def test_an_alarm_while_telegram_is_down_for_ten_minutes_is_told_by_sms_and_once_it_is_back(
    house: House, bot: Bot, chat: str, sms: Receiver, clock: Clock
) -> None:
    home = house.home
    add_channel(home, "Family", "telegram", chat, priority=1, deadline=60)
    add_channel(home, "SMS", "action", SMS, priority=2)
    began = clock.time()
    with bot.telegram.down():
        await house.opens_and_closes(SMOKE)
        await settled(home)
        await pass_time(home, clock, 600, step=10)
        assert len(sms.calls) == 1
        assert sms.times[0] - began <= 72
        assert not bot.telegram.sent
    await pass_time(home, clock, 130, step=10)
    assert len(sms.calls) == 1
    (sent,) = bot.telegram.sent
    assert sent.text.startswith("Fire alarm, Home: Smoke")
    await house.restart()
    await settled(home)
    await pass_time(home, clock, 130, step=10)
    assert (len(sms.calls), len(bot.telegram.sent)) == (1, 1)


async def test_what_was_to_be_told_while_telegram_was_down_outlives_a_restart(
    house: House, bot: Bot, chat: str, clock: Clock
) -> None:
    home = house.home
    add_channel(home, "Family", "telegram", chat)
    with bot.telegram.down():
        await house.opens_and_closes(SMOKE)
        await settled(home)
        await pass_time(home, clock, 120, step=10)
        await house.restart()
        await settled(home)
    await pass_time(home, clock, 130, step=10)
    assert [sent.text.split("\n")[0] for sent in bot.telegram.sent] == ["Fire alarm, Home: Smoke"]


async def test_telegram_is_asked_again_when_it_says_so(home: Home, bot: Bot, chat: str, clock: Clock) -> None:
    add_channel(home, "Family", "telegram", chat)
    await add_inputs(home, "Door", label="Front Door")
    bot.telegram.fail(Flood(retry_after=40))
    home.hub.press("Door")
    await settled(home)
    await pass_time(home, clock, 35)
    assert not bot.telegram.sent
    await pass_time(home, clock, 15)
    assert [sent.text.split("\n")[0] for sent in bot.telegram.sent] == ["Front Door"]
    await later(home.hass)
    assert shown(home.hass) == {}


@pytest.mark.parametrize("fault", [Broken(), Cut(taken=False)])
async def test_a_network_that_fails_is_tried_again(home: Home, bot: Bot, chat: str, clock: Clock, fault: Fault) -> None:
    add_channel(home, "Family", "telegram", chat)
    await add_inputs(home, "Door", label="Front Door")
    bot.telegram.fail(fault, 2)
    home.hub.press("Door")
    await settled(home)
    await pass_time(home, clock, 60)
    assert len(bot.telegram.sent) == 1


async def test_a_blocked_bot_is_shown_and_the_next_channel_used_at_once(
    house: House, bot: Bot, chat: str, sms: Receiver
) -> None:
    home = house.home
    add_channel(home, "Family", "telegram", chat, priority=1)
    add_channel(home, "SMS", "action", SMS, priority=2)
    bot.telegram.fail(Blocked(), 5)
    await house.opens_and_closes(SMOKE)
    await settled(home)
    assert len(sms.calls) == 1
    await later(home.hass)
    (issue,) = (each for key, each in shown(home.hass).items() if key.startswith("channel_"))
    assert issue.translation_key == "channel_blocked"
    assert "Family" in text_of(issue)


async def test_a_picture_that_telegram_refuses_costs_the_picture_and_not_the_words(
    home: Home, bot: Bot, chat: str, clock: Clock
) -> None:
    add_channel(home, "Family", "telegram", chat)
    await cameras(home, "Yard")
    bot.telegram.fail(Bad(description="PHOTO_INVALID_DIMENSIONS"), on="sendPhoto")
    sees(home, "Yard", jpeg(10), 1)
    await settled(home)
    await pass_time(home, clock, 3, step=3)
    (sent,) = bot.telegram.sent
    assert (sent.method, sent.pictures) == ("sendMessage", ())
    assert "Yard" in sent.text


async def test_signs_that_mean_something_elsewhere_are_shown_as_they_are(home: Home, bot: Bot, chat: str) -> None:
    add_channel(home, "Family", "telegram", chat)
    await add_inputs(home, "Door", label="binary_sensor.front_door *<b>")
    home.hub.press("Door")
    await settled(home)
    assert bot.telegram.sent[0].text.startswith("binary_sensor.front_door *<b>")


async def test_buttons_that_take_no_code_are_below_an_alarm(house: House, bot: Bot, chat: str) -> None:
    home = house.home
    add_channel(home, "Family", "telegram", chat)
    await house.set_up(replace(PARTITION, codes=CodeRules(disarm=False)))
    await house.opens_and_closes(SMOKE)
    await settled(home)
    (row,) = bot.telegram.sent[0].buttons
    assert [button.text for button in row] == ["Silence", "Acknowledge", "View"]
    assert row[0].data.startswith(f"/silence {HOME} ")


async def test_buttons_that_would_be_refused_are_not_offered(house: House, bot: Bot, chat: str) -> None:
    add_channel(house.home, "Family", "telegram", chat)
    await house.opens_and_closes(SMOKE)
    await settled(house.home)
    assert [button.text for row in bot.telegram.sent[0].buttons for button in row] == ["View"]


async def test_only_the_folder_of_told_pictures_is_opened_to_actions(
    home: Home, hass: HomeAssistant, bot: Bot, chat: str, clock: Clock
) -> None:
    before = set(hass.config.allowlist_external_dirs)
    add_channel(home, "Family", "telegram", chat)
    await cameras(home, "Yard")
    sees(home, "Yard", jpeg(10), 1)
    await settled(home)
    await pass_time(home, clock, 3, step=3)
    await until(lambda: bot.telegram.sent)
    (added,) = set(hass.config.allowlist_external_dirs) - before
    assert Path(added) == Path(hass.config.path("event_hub")) / "told"


async def test_five_hundred_events_in_a_minute_do_not_flood_telegram(
    home: Home, bot: Bot, chat: str, clock: Clock
) -> None:
    """Restarted in the middle, too."""
    bot.telegram.limit(Pace(messages=20, seconds=60.0))
    add_channel(home, "Family", "telegram", chat)
    keys = [f"Input {number}" for number in range(5)]
    await add_inputs(home, *keys)
    await tell(home.hass, "set_rule", inputs=keys, latch=0)
    by = home.hub.state.sources[home.hub.state.inputs[keys[0]].source_id].source
    for number in range(100):
        for key in keys:
            home.inject(InputReport(device_key=key, active=True, detail=f"event {number}."), by=by)
            home.inject(InputReport(device_key=key, active=False), by=by)
        if number == 50:
            await home.reload()
        if number % 2:
            await clock.go_on(home, 1.2)
            await settled(home)
    assert len(bot.telegram.sent) <= 60 / 12 + 1
    await pass_time(home, clock, 30, step=6)
    everything = "\n".join(sent.text for sent in bot.telegram.sent)
    assert [key for key in keys if everything.count(f"{key}: event 99.") != 1] == []


async def test_what_cameras_show_for_a_report_is_told_even_without_people(
    home: Home, bot: Bot, chat: str, clock: Clock
) -> None:
    add_channel(home, "Family", "telegram", chat, people_only=True)
    await cameras(home, "Yard", "Gate")
    await home.report(by=source("yard", "snapshot"), outputs=[OutputReport(device_key="Yard")])
    await home.enable(outputs=("Yard",))
    await tell(home.hass, "link", inputs=[REPORT_KEY], outputs=["Yard"])
    home.hub.press(REPORT_KEY)
    for shade, key in ((10, "Yard"), (20, "Gate")):
        sees(home, key, jpeg(shade), 0)
    await settled(home)
    await pass_time(home, clock, 30, step=6)
    assert [picture.content for sent in bot.telegram.sent for picture in sent.pictures] == [jpeg(10)]
