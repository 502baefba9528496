"""The screens in other languages than English: they say everything that the English ones do, and nothing in English."""

from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import re
from typing import Any, Final

import pytest

from .source import HUB

FOLDER: Final = HUB / "translations"
ENGLISH: Final = "en"
LANGUAGES: Final = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != ENGLISH)

# What is called the same everywhere: products, languages by their own names, and what is nothing but a placeholder.
NAMES: Final = {
    *("Event Hub", "MQTT", "RabbitMQ", "Snapshot processor", "Telegram"),
    *("Deutsch", "English", "Español", "Français", "Italiano", "Nederlands", "Polski", "Português"),
    "{detail}",
}
# Words that a language happens to share with English.
SHARED: Final = {"de": {"Alarm", "Chat", "Code", "Detail", "Exchange", "Name", "Person", "Token"}}

PLACEHOLDER: Final = re.compile(r"\{\w*\}")
# Parts that must be in every language alike: where a text breaks, links, and what is typed or pasted as it is.
FIXED: Final = re.compile(r"\n|\]\(|\*\*|`[^`]*`|-----[A-Z ]+-----|\b\d[\d.:]*\d\b|\b[a-z]+_[a-z_]+\b")
OTHER_QUOTES: Final = set("\"'\u2018\u2019\u201d")
QUOTED: Final = re.compile(r'"([^"]+)"')


def flat(texts: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield every text with the path of its key."""
    for key, value in texts.items():
        if isinstance(value, dict):
            yield from flat(value, (*path, key))
        else:
            yield "/".join((*path, key)), value


@cache
def texts_of(language: str) -> dict[str, str]:
    """Return all texts of a language by the path of their key."""
    return dict(flat(json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))))


def both(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield every key that a language shares with English, the English text and the other."""
    texts = texts_of(language)
    for key, english in texts_of(ENGLISH).items():
        if key in texts:
            yield key, english, texts[key]


def test_the_screens_are_in_german() -> None:
    assert "de" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_and_no_other(language: str) -> None:
    wanted, there = set(texts_of(ENGLISH)), set(texts_of(language))
    assert (sorted(wanted - there), sorted(there - wanted)) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_keeps_the_order_of_the_english_file(language: str) -> None:
    assert list(texts_of(language)) == list(texts_of(ENGLISH))


@pytest.mark.parametrize("language", [ENGLISH, *LANGUAGES])
def test_no_text_is_empty_or_padded(language: str) -> None:
    assert [key for key, text in texts_of(language).items() if not text.strip() or text != text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_the_english_text(language: str) -> None:
    wrong = [
        key
        for key, english, text in both(language)
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(english))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_paragraphs_links_and_what_is_typed_are_those_of_the_english_text(language: str) -> None:
    wrong = [
        (key, FIXED.findall(english), FIXED.findall(text))
        for key, english, text in both(language)
        if sorted(FIXED.findall(text)) != sorted(FIXED.findall(english))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_was_left_in_english(language: str) -> None:
    allowed = NAMES | SHARED[language]
    assert {text for _, english, text in both(language) if text == english} - allowed == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_what_is_the_same_may_be_the_same(language: str) -> None:
    same = {text for _, english, text in both(language) if text == english}
    assert (NAMES | SHARED[language]) - same == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_text_names_is_called_as_on_its_own_screen(language: str) -> None:
    names: dict[str, set[str]] = {}
    for _, english, text in both(language):
        names.setdefault(english, set()).add(text)
    quoted = [
        (key, text, names[name])
        for key, english, text in both(language)
        for name in QUOTED.findall(english)
        if name in names
    ]
    assert len(quoted) >= 10
    assert [(key, called) for key, text, called in quoted if not any(f"„{name}“" in text for name in called)] == []


def test_german_quotes_as_german_does() -> None:
    wrong = [
        key
        for key, text in texts_of("de").items()
        if set(text) & OTHER_QUOTES or not re.fullmatch(r"[^„“]*(„[^„“]+“[^„“]*)*", text)
    ]
    assert wrong == []


def test_german_says_du() -> None:
    polite = re.compile(r"(?<![.:!?\n] )(?<!^)\b(Sie|Ihr|Ihre[nmrs]?|Ihnen)\b|\b(Ihnen|[Bb]itte)\b")
    assert [key for key, text in texts_of("de").items() if polite.search(text)] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_file_is_written_as_the_others_are(path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    assert written == json.dumps(json.loads(written), ensure_ascii=False, indent=2) + "\n"
