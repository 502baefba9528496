"""Commands as people send them, and the words after those of the alarm."""

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.chat.alarm_words import read_alarm_words
from custom_components.event_hub.engine.chat.buttons import BUTTON_LIFE, Pressed, read_button
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


def test_a_button_tells_the_partition_and_when_it_was_made() -> None:
    pressed = read_button("/silence", ("home", "1790000000"))
    assert pressed == Pressed(command=Command(verb=Verb.SILENCE, words=("home",)), issued=1_790_000_000.0)
    assert not pressed.too_late(1_790_000_000 + BUTTON_LIFE)
    assert pressed.too_late(1_790_000_001 + BUTTON_LIFE)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/arm", ("away",)),
        ("/disarm", ("2580",)),
        ("/silence", ("home", "soon")),
        ("/silence", ("a", "1", "2")),
        ("", ()),
    ],
)
def test_no_button_does_anything_else(command: str, words: tuple[str, ...]) -> None:
    assert read_button(command, words) is None
