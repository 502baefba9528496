"""Modes of more than one word, as many languages have them, beside partitions of the same words."""

import pytest

from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.chat.alarm_words import read_alarm_words
from custom_components.event_hub.engine.chat.naming import Thing, index

PARTITIONS = index((Thing(key="house", shown="Casa"), Thing(key="shed", shown="Casa de atrás")))
MODES = {
    "ausente": Mode.AWAY,
    "fuera de casa": Mode.AWAY,
    "casa": Mode.HOME,
    "en casa": Mode.HOME,
    "noche": Mode.NIGHT,
}


@pytest.mark.parametrize(
    ("text", "mode", "partitions", "left"),
    [
        ("en casa", Mode.HOME, (), ""),
        ("En  CASA", Mode.HOME, (), ""),
        ("casa", Mode.HOME, (), ""),
        ("fuera de casa", Mode.AWAY, (), ""),
        ("en casa 1234", Mode.HOME, (), "1234"),
        ("1234 fuera de casa", Mode.AWAY, (), "1234"),
        ("en casa casa", Mode.HOME, ("house",), ""),
        ("casa en casa 1234", Mode.HOME, ("house",), "1234"),
        ("ausente casa", Mode.AWAY, ("house",), ""),
        ("casa de atrás noche", Mode.NIGHT, ("shed",), ""),
        ("en", None, (), "en"),
        ("en el coche", None, (), "en el coche"),
    ],
)
def test_a_mode_of_several_words_is_found_whole(
    text: str, mode: Mode | None, partitions: tuple[str, ...], left: str
) -> None:
    found = read_alarm_words(text.split(), PARTITIONS, MODES)
    assert (found.mode, found.partitions, found.left) == (mode, partitions, left)


@pytest.mark.parametrize(("before", "mode"), [(23, Mode.NIGHT), (24, None)])
def test_a_mode_is_looked_for_among_the_first_words_only(before: int, mode: Mode | None) -> None:
    found = read_alarm_words((*("x",) * before, "noche"), PARTITIONS, MODES)
    assert found.mode is mode


@pytest.mark.parametrize(
    ("text", "partitions", "left", "beside"),
    [
        ("2580, casa", ("house",), "2580", ""),
        ("<2580>", (), "2580", ""),
        ("“casa de atrás” 25 80;", ("shed",), "2580", ""),
        ("25 80 sótano", (), "25 80 sótano", "sótano"),
        ("mi código", (), "mi código", ""),
        ("s3same", (), "s3same", ""),
        ("s3same casita", (), "s3same casita", "casita"),
        ("s3 same3 casita", (), "s3 same3 casita", ""),
        ("a,b", (), "a,b", ""),
        ("2580,casa", ("house",), "2580", ""),
        (", ;", (), "", ""),
    ],
)
def test_signs_around_words_and_blanks_between_digits_do_not_count(
    text: str, partitions: tuple[str, ...], left: str, beside: str
) -> None:
    found = read_alarm_words(text.split(), PARTITIONS)
    assert (found.partitions, found.left, found.beside_code) == (partitions, left, beside)


def test_a_name_that_has_signs_around_it_is_found_as_it_stands() -> None:
    names = index((Thing(key="a", shown="Club"), Thing(key="b", shown='"Club"')))
    assert read_alarm_words(('"Club"', "2580"), names).partitions == ("b",)
    assert read_alarm_words(("<club>", "2580"), names).partitions == ("a",)
