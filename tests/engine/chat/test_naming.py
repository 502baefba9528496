"""Names are found in a line of words, and guessed where they are half or wrong."""

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.chat import naming
from custom_components.event_hub.engine.chat.naming import (
    MOST_GUESSED,
    MOST_GUESSES,
    MOST_UNKNOWN,
    Names,
    Thing,
    find,
    index,
    similar,
)

THINGS = (
    Thing(key="front-1", shown="Front Door", groups=("Doors",)),
    Thing(key="back-1", shown="Back Door", groups=("Doors", "Garden side")),
    Thing(key="Door", shown="Door"),
    Thing(key="hall", shown="Hall PIR"),
    Thing(key="a,b", shown="Odd, one"),
)
NAMES = index(THINGS)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("front-1", ("front-1",)),
        ("FRONT-1", ("front-1",)),
        ("front door", ("front-1",)),
        ("front   DOOR", ("front-1",)),
        ("Front Door Back Door", ("front-1", "back-1")),
        ("Back Door, Front Door", ("front-1", "back-1")),
        ("Back Door,hall pir", ("back-1", "hall")),
        ('"Hall PIR"', ("hall",)),
        ("doors", ("front-1", "back-1")),
        ("garden side hall", ("back-1", "hall")),
        ("Door", ("Door",)),
        ("door", ("Door",)),
        ("a,b", ("a,b",)),
        ("Odd, one", ("a,b",)),
        ("", ()),
    ],
)
def test_every_name_is_found_in_any_letter_case(text: str, keys: tuple[str, ...]) -> None:
    found = find(text.split(), NAMES)
    assert (found.keys, found.unknown) == (keys, ())


@pytest.mark.parametrize(
    ("text", "words", "guesses"),
    [
        ("frnt door", "frnt", ("Front Door",)),
        ("hall, cellar", "cellar", ()),
        ("hal", "hal", ("Hall PIR",)),
        ("gar", "gar", ("Garden side",)),
        ("bakc", "bakc", ("Back Door",)),
        ("zzzz", "zzzz", ()),
        ("x", "x", ()),
    ],
)
def test_half_and_wrong_names_are_guessed(text: str, words: str, guesses: tuple[str, ...]) -> None:
    (unknown,) = find(text.split(), NAMES).unknown
    assert unknown.words == words
    assert unknown.guesses[: len(guesses)] == guesses
    assert bool(unknown.guesses) == bool(guesses)


@pytest.mark.parametrize("text", ["motn", "moti"])
def test_whatever_was_meant_is_guessed_by_the_name_on_the_screen(text: str) -> None:
    names = index(
        Thing(key=f"PIR {place}", shown=f"{place} motion", names=("motion",), groups=("PIRs",))
        for place in ("Garage", "Attic", "Hall")
    )
    (unknown,) = find([text], names).unknown
    assert unknown.guesses
    assert set(unknown.guesses) <= {"Garage motion", "Attic motion", "Hall motion"}
    assert find(["motion"], names).keys == ("PIR Garage", "PIR Attic", "PIR Hall")


def test_as_many_are_guessed_as_may_be_even_if_several_names_are_of_one() -> None:
    names = index(
        Thing(key=f"motion {place}", shown=f"{place} motion", names=("motion",)) for place in ("Attic", "Hall", "Shed")
    )
    assert similar("motio", names.spelled) == ("Attic motion", "Hall motion", "Shed motion")


def test_names_that_commas_part_are_unknown_one_by_one() -> None:
    unknown = find(["big", "attic,", "old", "cellar"], NAMES).unknown
    assert [each.words for each in unknown] == ["big attic", "old cellar"]


def test_a_key_means_that_device_alone_whatever_else_is_called_so() -> None:
    names = index((Thing(key="Lamp", shown="Light"), Thing(key="x", shown="Lamp")))
    assert find(["Lamp"], names).keys == ("Lamp",)
    assert find(["lamp"], names).keys == ("Lamp", "x")


@given(st.text(max_size=200))
def test_whatever_is_written_nothing_is_found_that_is_not_there(text: str) -> None:
    found = find(text.split(), NAMES)
    assert set(found.keys) <= set(NAMES.shown)
    assert all(each.words and len(each.guesses) <= MOST_GUESSES for each in found.unknown)


@given(st.lists(st.sampled_from([name for thing in THINGS for name in (thing.key, thing.shown)]), max_size=6))
def test_names_that_are_parted_by_commas_are_all_found(names: list[str]) -> None:
    found = find(", ".join(names).split(), NAMES)
    assert found.unknown == ()
    expected = {key for name in names for key in (find(name.split(), NAMES).keys)}
    assert set(found.keys) == expected


def test_without_names_nothing_is_guessed() -> None:
    assert similar("door", Names().spelled) == ()


def test_of_many_words_only_the_first_are_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def compare(word: str, *_: object, **__: object) -> list[str]:
        compared.append(word)
        return []

    monkeypatch.setattr(naming, "get_close_matches", compare)
    names = index(Thing(key=f"Name {number}", shown=f"Name {number}") for number in range(900))
    for text in (" ".join(f"word{number}" for number in range(650)), "word, " * 10 + "other " * 100):
        compared.clear()
        assert find(text.split(), names).unknown
        assert 0 < len(compared) <= MOST_GUESSED + MOST_UNKNOWN
        assert max(len(word) for word in compared) <= 120
