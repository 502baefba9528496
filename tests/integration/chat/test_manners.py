"""What happens in chats that no test of one command has: repeats, edits, long lists, two languages, threads."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from homeassistant.components.telegram_bot.helpers import signal
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send
import pytest

from custom_components.event_hub.engine.alarm.model import Partition, Zone
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until
from devkit.telegram import Bad
from tests.integration.alarm.kit import ANN as ANNS_CODE_OWNER, ANNS_CODE, HALL, PARTITION, House
from tests.integration.notify.kit import add_channel

from .kit import ANN, Talk


def hear(talk: Talk, text: str, *, number: int = 5, **more: Any) -> None:
    """Let the bot hear something as it tells an update, of a new message, of one edited, or of one that came twice."""
    command, *words = text.split()
    data = {
        "command": command,
        "args": words,
        "user_id": ANN,
        "chat_id": ANN,
        "id": number,
        "date": datetime.fromtimestamp(talk.house.clock.time(), UTC),
        "bot": {"config_entry_id": talk.bot.entry.entry_id, "username": "home_bot"},
        **more,
    }
    async_dispatcher_send(talk.hass, signal(talk.bot.entry.runtime_data.bot), "telegram_command", data)


async def answers(talk: Talk) -> list[str]:
    """Return everything that was answered up to now."""

    def texts() -> list[str]:
        return [sent.text for sent in talk.telegram.sent]

    talk.telegram.say(ANN, "/help")
    await until(lambda: any(text.startswith("/help") for text in texts()))
    await talk.house.told()
    return [text for text in texts() if not text.startswith("/help")]


async def test_a_message_that_comes_twice_is_obeyed_once(talk: Talk, house: House) -> None:
    await house.arm()
    for _ in range(3):
        hear(talk, "/disarm 1111")
    assert await answers(talk) == ["Home does not know that code."]
    assert house.shown.lockout.wrong == 1


async def test_an_edited_message_is_a_command_of_its_own(talk: Talk, house: House) -> None:
    hear(talk, "/arm awya")
    hear(talk, "/arm away")
    assert (await answers(talk))[1].startswith("Home is being armed")
    assert house.phase is Phase.ARMING


async def test_the_same_words_in_another_message_are_a_command_of_their_own(talk: Talk, house: House) -> None:
    await house.arm()
    hear(talk, "/disarm 1111", number=5)
    hear(talk, "/disarm 1111", number=6)
    assert await answers(talk) == ["Home does not know that code."] * 2
    assert house.shown.lockout.wrong == 2


async def test_two_commands_in_one_second_are_done_one_after_the_other(talk: Talk, house: House) -> None:
    hear(talk, "/arm away", number=5)
    hear(talk, f"/disarm {ANNS_CODE}", number=6)
    armed, disarmed = await answers(talk)
    assert armed.startswith("Home is being armed")
    assert disarmed == "Home is disarmed."
    assert house.phase is Phase.DISARMED


async def test_the_status_of_very_much_says_the_last_alarm_and_how_much_more_there_is(talk: Talk, house: House) -> None:
    inputs = tuple(f"{'Very long name of a window ' * 3}{number}" for number in range(200))
    await house.home.report(*(InputReport(device_key=key, type="window", active=True) for key in inputs))
    await house.home.report(*(InputReport(device_key=f"Motion {key}", active=True) for key in inputs))
    await house.home.enable(inputs=tuple(f"Motion {key}" for key in inputs))
    for number in range(40):
        partition = Partition(partition_id=f"p{number}", name=f"{'Very long name ' * 16}{number}")
        await house.desk.async_set_partition(partition)
    await house.told()
    text = await talk.ask("/status")
    assert len(text) <= 4096
    assert text.splitlines()[-1] == "There is no alarm in the memory."
    assert text.splitlines()[-2] == "…"
    assert max(len(line) for line in text.splitlines()) <= 1_000


async def test_the_status_of_a_house_with_200_inputs_fits(talk: Talk, house: House) -> None:
    inputs = tuple(f"Window {number}" for number in range(200))
    await house.home.report(*(InputReport(device_key=key, type="window", active=True) for key in inputs))
    lines = (await talk.ask("/status")).splitlines()
    opened = next(line for line in lines if line.startswith("200 are open: Window 0, "))
    assert "more" in opened
    assert "…" not in lines


@pytest.mark.parametrize("words", ["1111 hoem", "hoem 1111", "1111 offce"])
async def test_a_mistyped_name_beside_a_code_is_not_counted_as_a_wrong_code(
    talk: Talk, house: House, words: str
) -> None:
    await house.desk.async_set_partition(Partition(partition_id="office", name="Home Office", zones={HALL: Zone()}))
    await house.told()
    await house.arm()
    answer = await talk.ask(f"/disarm {words}")
    assert answer.startswith("Did you mean Home")
    assert "1111" not in answer
    assert house.shown.lockout.wrong == 0
    await until(lambda: talk.telegram.written(ANN) == ())


async def test_of_two_partitions_with_similar_names_the_whole_name_counts(talk: Talk, house: House) -> None:
    await house.desk.async_set_partition(Partition(partition_id="office", name="Home Office", zones={HALL: Zone()}))
    await house.told()
    assert (await talk.ask("/arm away home office")).startswith("Home Office is being armed")
    assert (await talk.ask("/arm away home")).startswith("Home is being armed")
    assert await talk.ask(f"/disarm {ANNS_CODE} home office") == "Home Office is disarmed."
    assert house.phase is Phase.ARMING


async def test_two_partitions_of_one_name_are_told_apart_by_their_keys(talk: Talk, house: House) -> None:
    await house.desk.async_set_partition(Partition(partition_id="second", name="Home", zones={HALL: Zone()}))
    await house.told()
    answer = await talk.ask("/arm away")
    assert answer.splitlines() == ["Which one: home, second?", "For example: /arm away home"]
    assert (await talk.ask("/arm away second")).startswith("Home is being armed")
    assert (house.phase, house.desk.view("second").phase) == (Phase.DISARMED, Phase.ARMING)


async def test_a_very_long_name_does_not_fill_the_answer(talk: Talk, house: House) -> None:
    await house.desk.async_set_partition(replace(PARTITION, name="Home " * 51))
    await house.told()
    answer = await talk.ask("/arm away")
    assert "… is being armed, away." in answer
    assert len(answer) < 150


async def test_a_chat_is_answered_in_the_language_of_its_channel(talk: Talk, house: House) -> None:
    add_channel(house.home, "Anns Telegram", "telegram", "notify.ann_example", language="de")
    await talk.hass.async_block_till_done()
    assert (await talk.ask("/arm abwesend")).startswith("Home wird scharf")
    assert (await talk.ask("/help")).startswith("/help: diese Liste")


async def test_an_answer_into_a_thread_that_is_none_comes_into_the_chat(talk: Talk, hass: HomeAssistant) -> None:
    # A reply in a group without topics has a number of a thread as well, into which nobody can write.
    talk.telegram.fail(Bad(), on="sendMessage")
    hear(talk, "/help", message_thread_id=7)
    await until(lambda: talk.telegram.sent)
    assert talk.telegram.requests.count("sendMessage") == 2
    assert hass is talk.hass


async def test_what_nobody_could_disarm_is_refused_with_what_to_do(talk: Talk, house: House) -> None:
    await house.desk.async_remove_user(ANNS_CODE_OWNER.user_id)
    await house.told()
    answer = await talk.ask("/arm away")
    assert "Set a code first" in answer
    assert answer.count("Home") == 1
    assert "Set a code first" in await talk.ask("/status")
