"""Pictures nobody looked at, scripts that take their time, albums that Telegram does not take."""

import asyncio

from homeassistant.core import CoreState
import pytest

from custom_components.event_hub import telling_desk
from custom_components.event_hub.outputs.notify import calling
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until
from devkit.telegram import Bad, Flood, Hang, Pace
from tests.devkit.telegram.home import Bot
from tests.integration.actions.kit import add_inputs
from tests.integration.clock import Clock
from tests.integration.kit import Home, source

from .kit import SMS, Receiver, add_channel, cameras, jpeg, pass_time, sees, settled


@pytest.mark.parametrize("before", [0, 2])
async def test_a_picture_nobody_looked_at_is_not_judged_by_the_one_before(
    home: Home, sms: Receiver, clock: Clock, before: int
) -> None:
    add_channel(home, "SMS", "action", SMS, people_only=True)
    await cameras(home, "Yard")
    sees(home, "Yard", jpeg(1), before)
    await settled(home)
    await home.report(InputReport(device_key="Yard", active=False), by=source("yard", "snapshot"))
    await clock.go_on(home, 600)
    sees(home, "Yard", jpeg(2), None, "nobody looked")
    await settled(home)
    await pass_time(home, clock, 30)
    assert "nobody looked" in sms.texts[-1]
    assert "people" not in sms.texts[-1]


async def test_a_script_that_takes_long_is_neither_stopped_nor_run_again(
    home: Home, sms: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "CALL_TIMEOUT", 0.01)
    ready, begun = asyncio.Event(), []

    async def wait() -> None:
        begun.append(True)
        await ready.wait()

    sms.waits = wait
    add_channel(home, "SMS", "action", SMS)
    await add_inputs(home, "Door")
    home.hub.press("Door")
    await settled(home)
    assert home.hub.telling.outbox.postings == {}
    await pass_time(home, clock, 300, step=60)
    ready.set()
    await until(lambda: sms.calls)
    assert (len(begun), len(sms.calls)) == (1, 1)


@pytest.mark.parametrize(("state", "times"), [(CoreState.running, 1), (CoreState.stopping, 2)])
async def test_a_script_goes_on_over_a_reload_and_is_run_again_only_if_home_assistant_ended_it(
    home: Home, sms: Receiver, monkeypatch: pytest.MonkeyPatch, state: CoreState, times: int
) -> None:
    monkeypatch.setattr(telling_desk, "STOP_PATIENCE", 0.01)
    ready, begun = asyncio.Event(), []

    async def wait() -> None:
        begun.append(True)
        await ready.wait()

    sms.waits = wait
    add_channel(home, "SMS", "action", SMS)
    await add_inputs(home, "Door")
    home.hub.press("Door")
    await until(lambda: begun)
    home.hass.set_state(state)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    home.hass.set_state(CoreState.running)
    ready.set()
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await settled(home)
    assert len(begun) == times


async def test_a_picture_that_telegram_refuses_does_not_cost_the_others(
    home: Home, bot: Bot, chat: str, clock: Clock
) -> None:
    add_channel(home, "Family", "telegram", chat)
    keys = ("Yard", "Gate", "Porch")
    await cameras(home, *keys)
    bot.telegram.fail(Bad(description="IMAGE_PROCESS_FAILED"), on="sendMediaGroup")
    bot.telegram.fail(Bad(description="IMAGE_PROCESS_FAILED"), on="sendPhoto")
    for shade, key in enumerate(keys):
        sees(home, key, jpeg(shade * 20), 1)
    await settled(home)
    await pass_time(home, clock, 60)
    shown = [picture.content for sent in bot.telegram.sent for picture in sent.pictures]
    assert shown == [jpeg(20), jpeg(40)]
    first, *others = [sent.text for sent in bot.telegram.sent]
    assert [key for key in keys if key not in first] == []
    assert not any(others)


async def test_pictures_of_a_refused_album_are_each_sent_once_across_a_flood(
    home: Home, bot: Bot, chat: str, clock: Clock
) -> None:
    add_channel(home, "Family", "telegram", chat)
    await cameras(home, "Yard", "Gate", "Porch")
    bot.telegram.fail(Bad(description="IMAGE_PROCESS_FAILED"), on="sendMediaGroup")
    bot.telegram.limit(Pace(messages=1, seconds=20.0))
    for shade, key in enumerate(("Yard", "Gate", "Porch")):
        sees(home, key, jpeg(shade * 20), 1)
    await settled(home)
    await pass_time(home, clock, 6)
    assert len(bot.telegram.sent) == 1
    bot.telegram.limit(Pace(messages=9, seconds=1.0))
    await pass_time(home, clock, 90)
    shown = [picture.content for sent in bot.telegram.sent for picture in sent.pictures]
    assert shown == [jpeg(0), jpeg(20), jpeg(40)]
    assert [bool(sent.text) for sent in bot.telegram.sent] == [True, False, False]


async def test_an_album_waits_as_long_as_telegram_says(home: Home, bot: Bot, chat: str, clock: Clock) -> None:
    add_channel(home, "Family", "telegram", chat)
    await cameras(home, "Yard", "Gate")
    bot.telegram.fail(Flood(retry_after=40), on="sendMediaGroup")
    for shade, key in enumerate(("Yard", "Gate")):
        sees(home, key, jpeg(shade * 20), 1)
    await settled(home)
    await pass_time(home, clock, 38, step=6)
    assert not bot.telegram.sent
    await pass_time(home, clock, 20)
    (sent,) = bot.telegram.sent
    assert [picture.content for picture in sent.pictures] == [jpeg(0), jpeg(20)]


async def test_what_happens_in_ten_minutes_without_telegram_is_told_once_it_is_back(
    home: Home, bot: Bot, chat: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what triggers the newest, of pictures with people all; a message that hung is sent again."""
    monkeypatch.setattr(calling, "CALL_TIMEOUT", 0.3)
    add_channel(home, "Family", "telegram", chat)
    await add_inputs(home, "Door", "Back Door")
    await cameras(home, "Yard", "Gate")
    bot.telegram.fail(Hang(taken=False))
    home.hub.press("Door")
    await settled(home)
    with bot.telegram.down():
        for minute in range(10):
            await pass_time(home, clock, 60, step=30)
            home.hub.press("Back Door")
            if minute in (2, 5):
                for key in ("Yard", "Gate"):
                    by = source("yard", "snapshot")
                    await home.report(InputReport(device_key=key, active=False), by=by)
                    sees(home, key, jpeg(minute * 20 + len(key)), 1)
                await settled(home)
        assert not bot.telegram.sent
    await pass_time(home, clock, 180, step=10)
    shown = [picture.content for sent in bot.telegram.sent for picture in sent.pictures]
    assert sorted(shown) == sorted(jpeg(minute * 20 + 4) for minute in (2, 2, 5, 5))
    assert len([sent for sent in bot.telegram.sent if "Door" in sent.text.split("\n")[0]]) >= 1
