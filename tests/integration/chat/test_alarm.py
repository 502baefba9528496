"""The alarm is armed, disarmed and asked about in a chat, with the real bot at a fake Telegram."""

import pytest

from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.alarm.status import Phase
from devkit.polling import until
from tests.integration.alarm.kit import ANNS_CODE, DOOR, WINDOW, House

from .kit import ANN, FAMILY, Talk


async def test_ann_arms_and_is_told_how_long_she_has(talk: Talk, house: House) -> None:
    answer = await talk.ask("/arm away")
    assert answer.startswith("Home is being armed, away. Leave before ")
    assert (house.phase, house.shown.mode) == (Phase.ARMING, Mode.AWAY)
    assert house.shown.changed_by is not None
    assert house.shown.changed_by.name == "Ann Example"


async def test_the_mode_and_the_partition_come_in_any_order(talk: Talk, house: House) -> None:
    await talk.ask("/arm HOME Night")
    assert house.shown.mode is Mode.NIGHT


async def test_what_is_in_the_way_is_named(talk: Talk, house: House) -> None:
    await house.opens(WINDOW)
    assert await talk.ask("/arm night") == "Home is not ready. See to these first: Window (open)."
    assert house.phase is Phase.DISARMED


async def test_the_right_code_disarms_and_does_not_stay_in_the_chat(talk: Talk, house: House) -> None:
    await house.arm()
    assert await talk.ask(f"/disarm {ANNS_CODE}") == "Home is disarmed."
    assert house.phase is Phase.DISARMED
    await until(lambda: talk.telegram.written(ANN) == ())


async def test_a_wrong_code_does_not_stay_in_the_chat_either(talk: Talk, house: House) -> None:
    await house.arm()
    assert await talk.ask("/disarm 1111") == "Home does not know that code."
    assert house.phase is Phase.ARMED
    await until(lambda: talk.telegram.written(ANN) == ())


@pytest.mark.parametrize("text", ["/disarm739155", "/disram 739155", "/Disarm: 739155"])
async def test_a_code_does_not_stay_in_the_chat_where_the_command_is_mistyped(
    talk: Talk, house: House, text: str
) -> None:
    await house.arm()
    answer = await talk.ask(text)
    assert answer.startswith("Did you mean")
    assert "739155" not in answer
    assert "/disarm" in answer
    await until(lambda: talk.telegram.written(ANN) == ())
    assert (house.phase, house.shown.lockout.wrong) == (Phase.ARMED, 0)


async def test_without_a_code_nothing_is_disarmed(talk: Talk, house: House) -> None:
    await house.arm()
    answer = await talk.ask("/disarm")
    assert answer == "Home needs a code for that.\nFor example: /disarm 1234"
    assert house.phase is Phase.ARMED


async def test_where_a_message_cannot_be_deleted_its_author_is_asked_to(talk: Talk, house: House) -> None:
    talk.telegram.add_group(FAMILY)
    await talk.bot.allow(FAMILY)
    await house.arm()
    await talk.ask(f"/disarm {ANNS_CODE}", chat_id=FAMILY)
    await until(lambda: len(talk.telegram.sent) == 2)
    assert {sent.text for sent in talk.telegram.sent} == {
        "Home is disarmed.",
        "Delete your message: there is a code in it, and I may not.",
    }
    assert {sent.chat_id for sent in talk.telegram.sent} == {FAMILY}


async def test_five_wrong_codes_lock_codes_out(talk: Talk, house: House) -> None:
    await house.arm()
    for code in range(1111, 1116):
        await talk.ask(f"/disarm {code}")
    answer = await talk.ask(f"/disarm {ANNS_CODE}")
    assert answer.startswith("Too many wrong codes: Home takes none until ")
    assert house.phase is Phase.ARMED
    await house.passes(91)
    assert await talk.ask(f"/disarm {ANNS_CODE}") == "Home is disarmed."


async def test_a_word_that_is_no_code_is_not_counted_as_a_wrong_one(talk: Talk, house: House) -> None:
    answer = await talk.ask("/arm away hoem")
    assert answer == "There is no partition called hoem.\nThere are: Home."
    assert (house.phase, house.shown.lockout.wrong) == (Phase.DISARMED, 0)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("/arm", ["In which mode: away, home, night, vacation, custom?", "For example: /arm away"]),
        (
            "/arm nigt",
            [
                "There is no mode called nigt.",
                "Did you mean night?",
                "In which mode: away, home, night, vacation, custom?",
                "For example: /arm away",
            ],
        ),
        (
            "/arm 1234",
            ["In which mode: away, home, night, vacation, custom?", "For example: /arm away"],
        ),
    ],
)
async def test_a_mode_that_is_missing_or_half_is_asked_for(
    talk: Talk, house: House, text: str, lines: list[str]
) -> None:
    assert (await talk.ask(text)).splitlines() == lines
    assert house.phase is Phase.DISARMED


async def test_the_status_tells_what_is_in_the_way(talk: Talk, house: House) -> None:
    await house.opens(WINDOW)
    assert (await talk.ask("/status")).splitlines() == [
        "Home is disarmed.",
        "Not ready: Window.",
        "Window is open.",
        "There is no alarm in the memory.",
    ]


async def test_the_status_of_an_alarm_tells_where(talk: Talk, house: House) -> None:
    await house.arm()
    await house.opens(WINDOW)
    lines = (await talk.ask("/status")).splitlines()
    assert lines[0] == "ALARM at Home!"
    assert lines[-1].startswith("Burglar alarm at Home, ")
    assert lines[-1].endswith("ago: Window.")


async def test_the_siren_is_silenced_and_the_memory_cleared_with_the_code(
    talk: Talk, house: House, sirens: list[bool]
) -> None:
    await house.arm()
    await house.opens(WINDOW)
    assert await talk.ask(f"/silence {ANNS_CODE}") == "The siren of Home is silent."
    assert sirens[-1] is False
    await talk.ask(f"/disarm {ANNS_CODE}")
    assert await talk.ask(f"/acknowledge {ANNS_CODE}") == "The alarm memory of Home is clear."
    assert house.shown.memory == ()


async def test_a_command_that_came_late_is_not_done(talk: Talk, house: House) -> None:
    await talk.hass.config_entries.async_unload(talk.bot.entry.entry_id)
    talk.telegram.say(ANN, "/arm away")
    house.clock.ahead += 600
    await talk.hass.config_entries.async_setup(talk.bot.entry.entry_id)
    await until(lambda: talk.telegram.sent)
    assert talk.telegram.sent[0].text.startswith("That came 10 min ")
    assert house.phase is Phase.DISARMED


async def test_the_way_out_may_be_open(talk: Talk, house: House) -> None:
    await house.opens(DOOR)
    assert (await talk.ask("/arm away")).startswith("Home is being armed")


async def test_the_answers_are_in_the_language_of_the_house(talk: Talk, house: House) -> None:
    talk.hass.config.language = "de"
    await house.opens(WINDOW)
    assert await talk.ask("/arm nacht") == "Home ist nicht bereit. Sieh zuerst nach: Window (offen)."
    assert (await talk.ask("/help")).splitlines()[0] == "/help: diese Liste"
