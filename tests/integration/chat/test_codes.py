"""Codes of digits, of letters and of several words in a chat: what is tried as one, counted, told and deleted."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission
from custom_components.event_hub.engine.alarm.effects import DuressRaised
from custom_components.event_hub.engine.alarm.model import CodeRules, Partition, Zone
from custom_components.event_hub.engine.alarm.status import Phase
from devkit.polling import until
from tests.integration.alarm.kit import ANNS_CODE, HALL, PARTITION, House

from .kit import ANN, Talk

OFFICE = Partition(partition_id="office", name="Office", zones={HALL: Zone()})


@pytest.fixture
async def office(talk: Talk, house: House) -> House:
    """Return an armed home that has an office, too."""
    assert talk
    await house.desk.async_set_partition(OFFICE)
    await house.told()
    await house.arm()
    return house


async def give(house: House, code: str, *, duress: bool = False) -> None:
    """Give somebody a code of their own."""
    user_id = f"user{len(house.desk.users)}"
    user = CodeUser(user_id=user_id, name="Eve", permissions=tuple(Permission), duress=duress)
    await house.desk.async_set_user(user, code)
    await house.told()


async def take_code_to_arm(house: House) -> None:
    """Let arming take a code, too."""
    await house.desk.async_set_partition(replace(PARTITION, codes=CodeRules(arm=True)))
    await house.told()


def wrong(house: House) -> list[int]:
    """Tell how many wrong codes were counted, by partition."""
    return [house.desk.shown(each).lockout.wrong for each in house.desk.partitions]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("homer", "/disarm homer home"),
        ("homer", "/disarm home homer"),
        ("homer", "/disarm homer"),
        ("Sesame", "/disarm Sesame, home"),
        ("open sesame", "/disarm open sesame home"),
        ("open sesame", "/disarm open sesame"),
        ("s3same", "/disarm s3same home"),
        (ANNS_CODE, "/disarm 2580, home"),
        (ANNS_CODE, "/disarm <2580> home"),
        (ANNS_CODE, "/disarm 25 80 home"),
        (ANNS_CODE, "/disarm home, 25 80"),
        (ANNS_CODE, "/disarm “2580” “home”"),
    ],
)
async def test_the_right_code_beside_a_name_disarms(talk: Talk, office: House, code: str, text: str) -> None:
    if code != ANNS_CODE:
        await give(office, code)
    assert await talk.ask(text) == "Home is disarmed."
    await until(lambda: talk.telegram.written(ANN) == ())


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("homer", "/disarm homer"),
        ("open sesame", "/disarm open sesame"),
        (ANNS_CODE, "/disarm 25 80"),
        (ANNS_CODE, "/disarm <2580>"),
        (ANNS_CODE, "/disarm 2580,"),
    ],
)
@pytest.mark.parametrize(("language", "done"), [("en", "Home is disarmed."), ("de", "Home ist unscharf.")])
async def test_the_right_code_disarms_the_only_partition(
    talk: Talk, house: House, code: str, text: str, language: str, done: str
) -> None:
    talk.hass.config.language = language
    await house.arm()
    if code != ANNS_CODE:
        await give(house, code)
    assert await talk.ask(text) == done


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("officer", "/disarm officer"),
        ("officer", "/disarm officer home"),
        ("open sesame", "/disarm open sesame home"),
        ("9999", "/disarm 99 99"),
        ("officer", "/arm night officer home"),
        ("officer", "/silence officer home"),
    ],
)
async def test_a_forced_code_is_taken_as_one(
    talk: Talk, office: House, code: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    await give(office, code, duress=True)
    heard = office.hears()
    answer = await talk.ask(text)
    assert len([effect for effect in heard if isinstance(effect, DuressRaised)]) == 1
    assert code not in answer
    assert wrong(office) == [0, 0]
    await until(lambda: talk.telegram.written(ANN) == ())
    own = [record for record in caplog.records if record.name.startswith("custom_components.event_hub")]
    assert not [record for record in own if code in record.getMessage()]


async def test_a_forced_code_is_taken_where_arming_takes_none(talk: Talk, house: House) -> None:
    await give(house, "hommer", duress=True)
    heard = house.hears()
    assert (await talk.ask("/arm away hommer")).startswith("Home is being armed")
    assert len([effect for effect in heard if isinstance(effect, DuressRaised)]) == 1


@pytest.mark.parametrize("text", ["/disarm offices home", "/disarm offices", "/arm night offices home"])
async def test_what_may_be_a_code_of_letters_is_tried_before_a_name_is_guessed(
    talk: Talk, office: House, text: str
) -> None:
    await give(office, "sesame")
    answer = await talk.ask(text)
    assert answer.splitlines() == ["Home does not know that code.", "Did you mean Office?"]
    assert wrong(office) == [1, 0]


@pytest.mark.parametrize("text", ["/arm sesame", "/arm nihgt", "/arm nihgt sesame", "/arm 2580"])
@pytest.mark.parametrize("letters", [True, False])
async def test_what_may_be_a_code_is_not_told_again_where_the_mode_is_missing(
    talk: Talk, house: House, text: str, *, letters: bool
) -> None:
    await take_code_to_arm(house)
    if letters:
        await give(house, "sesame")
    answer = await talk.ask(text)
    assert "In which mode: " in answer
    assert not [word for word in text.split()[1:] if word in answer]
    assert wrong(house) == [0]
    await until(lambda: talk.telegram.written(ANN) == ())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("/disarm 2580 cellar", ["There is no partition called cellar.", "There are: Home, Office."]),
        ("/disarm 25 80 cellar", ["There is no partition called cellar.", "There are: Home, Office."]),
        ("/disarm cellar, 2580", ["There is no partition called cellar.", "There are: Home, Office."]),
        ("/disarm 2580 offce", ["Did you mean Office?"]),
        ("/disarm 2580 home cellar", ["There is no partition called cellar.", "There are: Home, Office."]),
    ],
)
async def test_a_name_of_nothing_beside_a_code_is_told_and_nothing_is_tried(
    talk: Talk, office: House, text: str, lines: list[str]
) -> None:
    assert (await talk.ask(text)).splitlines() == lines
    assert wrong(office) == [0, 0]
    assert office.phase is Phase.ARMED
    await until(lambda: talk.telegram.written(ANN) == ())


async def test_a_name_of_nothing_that_may_be_a_code_is_not_told_again(talk: Talk, house: House) -> None:
    await give(house, "sesame")
    talk.hass.config.language = "de"
    assert (await talk.ask("/disarm sesame 2")).splitlines() == [
        "Es gibt keinen Alarmbereich namens ….",
        "Es gibt: Home.",
    ]
    assert wrong(house) == [0]


@pytest.mark.parametrize(
    "text", ["/disarn sesame", "/disarmsesame", "/disarmopensesameplease", "/silenec sesame", "/disarn 2580"]
)
async def test_a_mistyped_command_that_may_hold_a_code_is_neither_told_again_nor_kept(
    talk: Talk, house: House, text: str
) -> None:
    await house.arm()
    answer = await talk.ask(text)
    assert answer == f"Did you mean {'/silence' if 'sil' in text else '/disarm'}?"
    await until(lambda: talk.telegram.written(ANN) == ())
    assert wrong(house) == [0]


@pytest.mark.parametrize("text", ["/disarn", "/alarm", "/stats sesame"])
async def test_a_mistyped_command_that_holds_no_code_stays(talk: Talk, text: str) -> None:
    assert (await talk.ask(text)).startswith(f"I do not know {text.split(maxsplit=1)[0]}.")
    await talk.ask("/help")
    assert talk.telegram.written(ANN)[0] == text
