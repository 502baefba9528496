"""Answers are whole sentences in every language, and fit into a message."""

from dataclasses import asdict, fields
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.codes import Denial
from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.alarm.problems import Problem, RefusalReason
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.chat.alarm_words import read_alarm_words
from custom_components.event_hub.engine.chat.commands import Verb
from custom_components.event_hub.engine.chat.languages import LANGUAGES, says_of
from custom_components.event_hub.engine.chat.languages.en import EN
from custom_components.event_hub.engine.chat.languages.sentences import (
    HelpLines,
    OutputReasons,
    Problems,
    Reasons,
    Refusals,
    Says,
    States,
)
from custom_components.event_hub.engine.chat.naming import index
from custom_components.event_hub.engine.chat.wording import LIST_LIMIT, MESSAGE_LIMIT, Voice, quoted, whole
from custom_components.event_hub.engine.model import Decision, OutputDecision, OutputReason, Reason
from custom_components.event_hub.engine.names import fold
from custom_components.event_hub.engine.telling.cutting import size
from custom_components.event_hub.engine.telling.languages import LANGUAGES as TOLD_IN

GREENWICH = ZoneInfo("UTC")
FACTS: dict[str, Any] = {
    "age": -200.0,
    "count": 1,
    "needed": 3,
    "within": 60.0,
    "since": 12.0,
    "latch": 60.0,
    "interval": 90.0,
    "local": "07:00",
}
# What is written alike in English and in another language.
SAME_WORDS = {
    "problems.open",
}


def voice(language: str = "en") -> Voice:
    """Return how to speak."""
    return Voice(language=language, zone=GREENWICH)


def sentences(says: Says) -> dict[str, str]:
    """Return every sentence by where it stands."""
    found: dict[str, str] = {}

    def walk(path: str, value: object) -> None:
        if isinstance(value, str):
            found[path] = value
        elif isinstance(value, dict):
            for key, each in value.items():
                walk(f"{path}.{key}", each)

    for name, value in asdict(says).items():
        if name != "mode_words":
            walk(name, value)
    return found


def blanks(sentence: str) -> set[str]:
    """Return what is to be filled in."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_fills_in_the_same(language: str) -> None:
    theirs, ours = sentences(LANGUAGES[language]), sentences(EN)
    few = {path: theirs.pop(path) for path in tuple(theirs) if path.endswith(".few")}
    assert {path: blanks(text) for path, text in theirs.items() if text.strip()} == {
        path: blanks(text) for path, text in ours.items()
    }
    assert {path: blanks(text) for path, text in few.items()} == {
        path: blanks(ours[path.removesuffix("few") + "other"]) for path in few
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_few_have_a_form_where_the_language_has_one(language: str) -> None:
    plurals = {path.rpartition(".")[0] for path in sentences(EN) if path.endswith(".other")} - {"refusals"}
    few = {path.rpartition(".")[0] for path in sentences(LANGUAGES[language]) if path.endswith(".few")}
    assert few == (plurals if language == "pl" else set())


def test_people_are_answered_in_every_language_that_they_are_told_in() -> None:
    assert LANGUAGES.keys() == TOLD_IN.keys()


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {"en"}))
def test_nothing_is_left_in_english(language: str) -> None:
    ours, theirs = sentences(EN), sentences(LANGUAGES[language])
    same = {path for path, text in theirs.items() if text == ours.get(path)}
    assert same <= SAME_WORDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_means_one_mode(language: str) -> None:
    meant: dict[str, set[Mode]] = {}
    for says in (EN, LANGUAGES[language]):
        for word, mode in (*((name, mode) for mode, name in says.modes.items()), *says.mode_words.items()):
            meant.setdefault(fold(word), set()).add(mode)
    assert {word: modes for word, modes in meant.items() if len(modes) > 1} == {}
    assert all(word == fold(word) for word in LANGUAGES[language].mode_words), "they are looked up folded"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mode", Mode)
def test_a_mode_that_is_shown_can_be_sent_back(language: str, mode: Mode) -> None:
    speaks = voice(language)
    found = read_alarm_words((*speaks.mode(mode).split(), "1234"), index(()), speaks.modes)
    assert (found.mode, found.left) == (mode, "1234")


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        ("es", 1, "1 entrada habilitada: x."),
        ("es", 2, "2 entradas habilitadas: x, x."),
        ("fr", 1, "1 entrée activée : x."),
        ("fr", 2, "2 entrées activées : x, x."),
        ("it", 2, "2 ingressi abilitati: x, x."),
        ("nl", 2, "2 ingangen aangezet: x, x."),
        ("pt", 1, "1 entrada ativada: x."),
        ("pl", 1, "Włączono 1 wejście: x."),
        ("pl", 3, "Włączono 3 wejścia: x, x, x."),
        ("pl", 5, "Włączono 5 wejść: x, x, x, x, x."),
        ("pl", 12, f"Włączono 12 wejść: {', '.join('x' * 12)}."),
        ("pl", 22, f"Włączono 22 wejścia: {', '.join('x' * 22)}."),
    ],
)
def test_what_was_switched_is_counted_in_its_form(language: str, number: int, text: str) -> None:
    speaks = voice(language)
    assert speaks.counted(speaks.says.switched.input_on, "x" * number) == text


@pytest.mark.parametrize(
    ("kind", "values"),
    [(HelpLines, Verb), (Problems, Problem), (States, Phase), (Reasons, Reason), (OutputReasons, OutputReason)],
)
def test_there_is_a_sentence_for_each(kind: type[Any], values: Any) -> None:
    # Of a zone that no partition watches there is more to say where one has silenced it.
    more = {"silenced"} if kind is Reasons else set()
    assert {field.name for field in fields(kind)} == {each.value for each in values} | more


def test_there_is_a_sentence_for_each_refusal_that_is_met_in_a_chat() -> None:
    # Nobody bypasses zones, begins a walk test, or sends anything retained, in a chat or by voice.
    elsewhere = {
        RefusalReason.ARMED,
        RefusalReason.NOT_BYPASSABLE,
        RefusalReason.UNKNOWN_ZONE,
        RefusalReason.NO_WALK_TEST,
        Denial.RETAINED,
    }
    reasons = ({*RefusalReason} | {*Denial}) - elsewhere
    assert {reason.value for reason in reasons} <= {field.name for field in fields(Refusals)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_modes_have_names_that_are_understood(language: str) -> None:
    speaks = voice(language)
    assert {speaks.modes[speaks.mode(mode).casefold()] for mode in Mode} == set(Mode)
    assert all(speaks.modes[mode.value] is mode for mode in Mode)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_with_its_facts_and_without(language: str, reason: Reason) -> None:
    decision = Decision(decision_id="1", at=0.0, input_key="a", reason=reason, active=True, facts=FACTS)
    text = voice(language).reason(decision)
    assert "{" not in text
    assert "?" not in text
    assert voice(language).reason(Decision(decision_id="1", at=0.0, input_key="a", reason=reason, active=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_zone_that_a_partition_has_silenced_is_told_with_its_name(language: str) -> None:
    facts: dict[str, Any] = {"silenced_by": "Downstairs", "alarms": 3}
    decision = Decision(decision_id="1", at=0.0, input_key="a", reason=Reason.NOT_ARMED, active=True, facts=facts)
    assert "Downstairs" in voice(language).reason(decision)


@pytest.mark.parametrize("reason", OutputReason)
def test_what_became_of_an_output_is_told(reason: OutputReason) -> None:
    text = voice().output_reason(OutputDecision(output_key="a", reason=reason, facts=FACTS), "Lamp")
    assert "Lamp" in text
    assert "{" not in text


def test_facts_are_told_in_words() -> None:
    decision = Decision(
        decision_id="1", at=0.0, input_key="a", reason=Reason.LATCHED, active=True, facts={"since": 75.0, "latch": 90.0}
    )
    assert voice().reason(decision) == "It had triggered 1 min 15 s before; its latch is 1 min 30 s."
    assert voice("de").reason(decision) == "Er hatte 1 min 15 s vorher ausgelöst; seine Sperrzeit ist 1 min 30 s."


@given(st.lists(st.text(min_size=1, max_size=300), max_size=300))
def test_a_list_is_never_longer_than_it_may_be(names: list[str]) -> None:
    assert size(voice().listed(names)) <= LIST_LIMIT + 100


def test_a_list_that_is_cut_tells_how_many_more_there_are() -> None:
    listed = voice().listed([f"Window {number}" for number in range(200)], limit=60)
    assert listed.endswith(" and 194 more")


@given(st.lists(st.text(max_size=3_000), max_size=5))
def test_a_message_is_never_longer_than_it_may_be(lines: list[str]) -> None:
    assert size(whole(lines)) <= MESSAGE_LIMIT


@given(st.text(max_size=400))
def test_what_was_written_is_quoted_on_one_short_line(text: str) -> None:
    shown = quoted(text)
    assert size(shown) <= 60
    assert "\n" not in shown


def test_a_language_nobody_speaks_is_answered_in_english() -> None:
    assert says_of("tlh") is EN
    assert says_of("de-AT") is LANGUAGES["de"]


def test_a_refusal_that_is_not_in_words_is_passed_on() -> None:
    text = voice().refusal("walked_out", problem="why ever", name="Home", zones="", until="")
    assert text == "Home did not do that: why ever"


def test_a_very_long_name_of_an_output_does_not_fill_its_reason() -> None:
    decided = OutputDecision(output_key="a", reason=OutputReason.SENT, facts={})
    assert voice().output_reason(decided, "Lamp " * 100).endswith("… was commanded.")
