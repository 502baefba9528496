"""Commands as people send them, and the words after those of the alarm."""

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.chat.alarm_words import read_alarm_words
from custom_components.event_hub.engine.chat.buttons import (
    BUTTON_LIFE,
    MAX_AHEAD,
    Pressed,
    button_data,
    read_button,
)
from custom_components.event_hub.engine.chat.commands import Command, NotACommand, Verb, read_command
from custom_components.event_hub.engine.chat.naming import Thing, index

PARTITIONS = index(
    (Thing(key="house", shown="Main House"), Thing(key="home", shown="Home"), Thing(key="night", shown="Night watch"))
)
MODES = {"away": Mode.AWAY, "home": Mode.HOME, "night": Mode.NIGHT, "nacht": Mode.NIGHT}


@pytest.mark.parametrize(
    ("command", "verb"),
    [
        *((f"/{verb.value}", verb) for verb in Verb),
        ("/INPUTON", Verb.INPUT_ON),
        ("/inputson", Verb.INPUT_ON),
        ("/inputsoff", Verb.INPUT_OFF),
        ("/outputson", Verb.OUTPUT_ON),
        ("/outputsoff", Verb.OUTPUT_OFF),
        ("/start", Verb.HELP),
        ("/status@Home_Bot", Verb.STATUS),
    ],
)
def test_a_command_is_known_by_its_word(command: str, verb: Verb) -> None:
    assert read_command(command, ("a", "b"), "home_bot") == Command(verb=verb, words=("a", "b"))


@pytest.mark.parametrize(
    ("command", "guesses"),
    [("/inputof", "/inputoff"), ("/stat", "/status"), ("/disram", "/disarm"), ("/snap", "/snapshot")],
)
def test_a_command_that_is_nearly_one_is_guessed(command: str, guesses: str) -> None:
    said = read_command(command, ())
    assert isinstance(said, NotACommand)
    assert said.guesses[0] == guesses


@pytest.mark.parametrize("command", ["/status@other_bot", "/thermostat", "/", "/x", f"/{'status' * 10}"])
def test_what_is_for_others_is_left_to_them(command: str) -> None:
    assert read_command(command, (), "home_bot") is None


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=4))
def test_whatever_is_written_is_read_without_an_error(command: str, words: list[str]) -> None:
    said = read_command(command, words, "home_bot")
    assert said is None or isinstance(said, Command) or said.guesses


def test_what_may_be_a_code_is_not_shown_by_accident() -> None:
    said = read_command("/disarm", ("2580",))
    assert "2580" not in repr(said)
    assert "2580" not in repr(read_alarm_words(("2580",), PARTITIONS))


@pytest.mark.parametrize(
    ("text", "mode", "partitions", "left"),
    [
        ("", None, (), ""),
        ("away", Mode.AWAY, (), ""),
        ("NIGHT main house", Mode.NIGHT, ("house",), ""),
        ("Main House night", Mode.NIGHT, ("house",), ""),
        ("night house 1234", Mode.NIGHT, ("house",), "1234"),
        ("1234 night house", Mode.NIGHT, ("house",), "1234"),
        ("home", Mode.HOME, (), ""),
        ("home home", Mode.HOME, ("home",), ""),
        ("night home", Mode.NIGHT, ("home",), ""),
        ("home night", Mode.HOME, ("night",), ""),
        ("nacht house", Mode.NIGHT, ("house",), ""),
        ("nigt house", None, ("house",), "nigt"),
        ("away hose", Mode.AWAY, (), "hose"),
    ],
)
def test_a_mode_and_a_partition_are_found_in_any_order(
    text: str, mode: Mode | None, partitions: tuple[str, ...], left: str
) -> None:
    found = read_alarm_words(text.split(), PARTITIONS, MODES)
    assert (found.mode, found.partitions, found.left) == (mode, partitions, left)


@pytest.mark.parametrize(
    ("text", "partitions", "left"),
    [
        ("1234", (), "1234"),
        ("1234 main house", ("house",), "1234"),
        ("house", ("house",), ""),
        ("my code", (), "my code"),
    ],
)
def test_without_a_mode_what_is_left_is_the_code(text: str, partitions: tuple[str, ...], left: str) -> None:
    found = read_alarm_words(text.split(), PARTITIONS)
    assert (found.mode, found.partitions, found.left) == (None, partitions, left)


def test_a_button_tells_the_partition_when_it_was_made_and_about_which_alarm() -> None:
    pressed = read_button("/silence", ("home", "1790000000", "1789999990"))
    assert pressed == Pressed(verb=Verb.SILENCE, partition="home", issued=1_790_000_000.0, alarm_at=1_789_999_990.0)


@pytest.mark.parametrize("verb", [Verb.SILENCE, Verb.ACKNOWLEDGE])
@pytest.mark.parametrize("partition_id", ["home", "h" * 29, "h" * 30, "_" * 64, "Größe_" * 10, "家" * 64], ids=len)
@pytest.mark.parametrize("now", [1_790_000_000.9, 99_999_999_999.0])
def test_what_is_on_a_button_fits_and_is_understood(verb: Verb, partition_id: str, now: float) -> None:
    data = button_data(verb, partition_id, now, now - 5)
    assert len(data.encode()) <= 64
    command, *words = data.split(" ")
    pressed = read_button(command, words)
    assert pressed is not None
    assert (pressed.verb, pressed.issued, pressed.alarm_at) == (verb, int(now), int(now - 5))
    others = ["h" * 31, "home2", "-", partition_id[:-1]]
    assert pressed.partition_id([*others, partition_id]) == partition_id
    assert pressed.partition_id(others) is None


def test_a_button_of_a_short_partition_names_it_as_older_ones_do() -> None:
    assert button_data("silence", "home", 1_790_000_000.0, 1_789_999_990.0) == "/silence home 1790000000 1789999990"


@pytest.mark.parametrize(
    ("later", "too_late"),
    [(-MAX_AHEAD - 1, True), (-MAX_AHEAD, False), (0.0, False), (BUTTON_LIFE, False), (BUTTON_LIFE + 1, True)],
)
def test_a_button_works_for_a_while_and_not_before_it_was_made(later: float, too_late: bool) -> None:
    pressed = read_button("/silence", ("home", "1790000000", "1789999990"))
    assert pressed is not None
    assert pressed.too_late(1_790_000_000 + later) is too_late


@pytest.mark.parametrize("words", [("home",), ("home", "1790000000"), ("home", "soon")])
def test_a_button_without_its_times_is_too_old(words: tuple[str, ...]) -> None:
    pressed = read_button("/silence", words)
    assert pressed is not None
    assert pressed.too_late(1_790_000_000)


@pytest.mark.parametrize(
    ("command", "words", "has_digits"),
    [
        ("/disarm739155", (), True),
        ("/disarm7391551234", (), True),
        ("/disram", ("739155",), True),
        ("/Disarm:", ("739155",), True),
        ("/disram", (), False),
    ],
)
def test_a_mistyped_verb_is_guessed_whatever_code_is_written_at_it(
    command: str, words: tuple[str, ...], has_digits: bool
) -> None:
    said = read_command(command, words)
    assert isinstance(said, NotACommand)
    assert Verb.DISARM in said.verbs
    assert said.has_digits is has_digits
    assert "739155" not in repr(said)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/arm", ("away",)),
        ("/disarm", ("2580",)),
        ("/silence", ("home", "soon", "1")),
        ("/silence", ("home", "1" * 20, "2")),
        ("/silence", ()),
        ("", ()),
    ],
)
def test_no_button_does_anything_else(command: str, words: tuple[str, ...]) -> None:
    assert read_button(command, words) is None


@pytest.mark.parametrize(
    ("command", "words", "has_more"),
    [
        ("/disarn", ("sesame",), True),
        ("/disarmsesame", (), True),
        ("/Disarmcorrecthorsebatterystaple", (), True),
        ("/dsarmfour", (), True),
        ("/disarn", (), False),
        ("/disarm_", (), False),
        ("/alarm", (), False),
        ("/alarm", ("",), False),
    ],
)
def test_of_a_mistyped_verb_it_is_known_whether_a_code_may_be_in_it(
    command: str, words: tuple[str, ...], has_more: bool
) -> None:
    said = read_command(command, words)
    assert isinstance(said, NotACommand)
    assert said.has_more is has_more
