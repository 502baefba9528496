"""What people read, in their language and no longer than it may be."""

from dataclasses import fields, replace
from string import Formatter

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.event_hub.engine.alarm.status import AlarmKind
from custom_components.event_hub.engine.telling.cutting import ELLIPSIS, clusters, cut, size, tidy
from custom_components.event_hub.engine.telling.languages import LANGUAGES, sentences_of
from custom_components.event_hub.engine.telling.languages.sentences import AlarmTitles, Titles
from custom_components.event_hub.engine.telling.model import TOGETHER, Fault, Recent, Telling, Topic
from custom_components.event_hub.engine.telling.text import Composed, Reader, compose, compose_all, duration, phrase
from tests.engine.clocks import BERLIN, unix

AT = unix("2026-03-04T14:05:09+01:00")
LINK = "https://home.example/pictures/4711.jpg?t=abcdef"
READER = Reader(language="en-GB", limit=1000, zone=BERLIN)
DOOR = Telling(
    telling_id="1",
    at=AT,
    topic=Topic.ALARM,
    label="Front Door",
    detail="opened",
    location="Hall",
    people=2,
    partition="Home",
    alarm_kind=AlarmKind.BURGLARY,
    recent=(Recent(label="Gate", at=AT - 12), Recent(label="Shed", at=AT - 200, detail="motion")),
)
DIGEST = Telling(
    telling_id="2",
    at=AT,
    topic=Topic.DIGEST,
    count=6,
    recent=(Recent(label="Gate", at=AT - 60, detail="opened", count=3), Recent(label="Shed", at=AT - 50_000)),
)


def test_label_detail_time_link_and_then_what_happened_before() -> None:
    assert compose(DOOR, READER, LINK) == Composed(
        title="Burglar alarm, Home",
        message=f"Hall Front Door: opened\n2 people · 14:05:09\n{LINK}\n12 s ago: Gate\n3 min 20 s ago: Shed: motion",
    )


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "Burglar alarm, Home: Hall Front Door: opened\n2 people · 2:05:09 PM\n12 s ago: Gate"),
        ("de", "Einbruchalarm, Home: Hall Front Door: opened\n2 Personen · 14:05:09\nvor 12 s: Gate"),
        ("de-AT", "Einbruchalarm, Home: Hall Front Door: opened\n2 Personen · 14:05:09\nvor 12 s: Gate"),
        ("fr", "Alarme intrusion, Home: Hall Front Door: opened\n2 personnes · 14:05:09\nil y a 12 s: Gate"),
        ("pl", "Alarm włamaniowy, Home: Hall Front Door: opened\n2 osoby · 14:05:09\n12 s temu: Gate"),
        ("xx", "Burglar alarm, Home: Hall Front Door: opened\n2 people · 2:05:09 PM\n12 s ago: Gate"),
    ],
)
def test_a_message_without_title_says_what_it_is_about_in_every_language(language: str, message: str) -> None:
    reader = replace(READER, language=language, titled=False)
    assert compose(replace(DOOR, recent=DOOR.recent[:1]), reader) == Composed(title="", message=message)


@pytest.mark.parametrize(
    ("telling", "message"),
    [
        pytest.param(
            replace(DOOR, topic=Topic.TRIGGER, recent=(), people=None),
            "Hall Front Door: opened\n14:05:09",
            id="a trigger",
        ),
        pytest.param(
            replace(DOOR, recent=(), people=0, faces=1, detail=None),
            "Hall Front Door\n1 face · 14:05:09",
            id="a face",
        ),
        pytest.param(Telling(telling_id="3", at=AT, topic=Topic.TEST), "14:05:09", id="nothing but the time"),
        pytest.param(
            Telling(telling_id="4", at=AT, topic=Topic.CANCELLED, label="Hall", by="Anna", lasted=7265),
            "Hall\nby Anna · for 2 h 1 min · 14:05:09",
            id="by whom, how long",
        ),
        pytest.param(
            Telling(telling_id="7", at=AT, topic=Topic.SOURCE_BACK, source_id="siren", lasted=300),
            "siren\nafter 5 min · 14:05:09",
            id="after how long",
        ),
        pytest.param(
            Telling(telling_id="5", at=AT, topic=Topic.LOCKOUT, until=AT + 90),
            "until 14:06:39 · 14:05:09",
            id="until when",
        ),
        pytest.param(
            Telling(telling_id="6", at=AT, topic=Topic.LOCKOUT, until=AT + 86_400),
            "until 05/03 14:05:09 · 14:05:09",
            id="until another day",
        ),
        pytest.param(
            replace(DOOR, label="Hall Door", recent=(), people=None),
            "Hall Door: opened\n14:05:09",
            id="the location is in the label",
        ),
        pytest.param(
            replace(DOOR, label="Two\nlines\t\x00here", location=None, detail=None, recent=(), people=None),
            "Two lines here\n14:05:09",
            id="one line",
        ),
        pytest.param(
            DIGEST, "6 events\n14:05:09\n14:04:09 Gate: opened (3x)\n00:11:49 Shed\nand 2 more", id="a digest"
        ),
    ],
)
def test_what_a_message_says(telling: Telling, message: str) -> None:
    assert compose(telling, READER).message == message


@pytest.mark.parametrize(
    ("seconds", "language", "line"),
    [
        (0, "en", "just before: Gate"),
        (0.9, "en", "just before: Gate"),
        (-3, "en", "just before: Gate"),
        (1, "en", "1 s ago: Gate"),
        (0, "de", "kurz davor: Gate"),
        (0, "pl", "tuż przed tym: Gate"),
    ],
)
def test_what_was_less_than_a_second_ago_was_just_before(seconds: float, language: str, line: str) -> None:
    telling = replace(DOOR, recent=(Recent(label="Gate", at=AT - seconds),))
    assert compose(telling, replace(READER, language=language)).message.splitlines()[-1] == line


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Fault, Home: left open or active: Living Room motion"),
        ("de", "Störung, Home: noch offen oder aktiv: Living Room motion"),
        ("es", "Avería, Home: sigue abierto o activo: Living Room motion"),
        ("fr", "Défaut, Home: encore ouvert ou actif: Living Room motion"),
        ("it", "Guasto, Home: ancora aperto o attivo: Living Room motion"),
        ("nl", "Storing, Home: nog open of actief: Living Room motion"),
        ("pl", "Usterka, Home: nadal otwarte lub aktywne: Living Room motion"),
        ("pt", "Falha, Home: ainda aberto ou ativo: Living Room motion"),
    ],
)
def test_a_fault_says_what_is_wrong(language: str, line: str) -> None:
    fault = Telling(
        telling_id="1",
        at=AT,
        topic=Topic.FAULT,
        label="Living Room motion",
        partition="Home",
        fault=Fault.LEFT_OPEN,
    )
    assert compose(fault, replace(READER, language=language, titled=False)).message.splitlines()[0] == line
    many = replace(fault, label=", ".join(f"Living Room motion {number}" for number in range(20)))
    short = compose(many, replace(READER, language=language, limit=100)).message
    assert short.startswith(f"{LANGUAGES[language].faults.left_open}: Living Room motion 0")


def test_what_is_told_on_another_day_is_told_with_its_date() -> None:
    assert compose(DIGEST, replace(READER, now=AT + 86_400)).message.splitlines()[1] == "04/03 14:05:09"


def test_times_are_those_of_the_wall() -> None:
    assert compose(replace(DIGEST, at=unix("2026-07-01T12:00:00Z")), READER).message.splitlines()[1] == "14:00:00"


@pytest.mark.parametrize("at", [-1e300, -1.0, 1e300])
def test_a_time_that_no_calendar_has_is_no_error(at: float) -> None:
    assert compose(replace(DOOR, at=at, lasted=1e300, until=at), replace(READER, now=0.0)).message


FIRST = ("Hall Front Door: opened", "2 people · 14:05:09")


@pytest.mark.parametrize(
    ("limit", "lines"),
    [
        pytest.param(140, [*FIRST, LINK, "12 s ago: Gate", "3 min 20 s ago: Shed: motion"], id="all"),
        pytest.param(115, [*FIRST, LINK, "12 s ago: Gate", "…"], id="not all that was before"),
        pytest.param(91, [*FIRST, LINK], id="nothing of it"),
        pytest.param(90, ["Hall Front Door:…", "2 people · 14:05:09", LINK], id="less detail"),
        pytest.param(80, [*FIRST, "12 s ago: Gate", "…"], id="no link"),
        pytest.param(22, ["Hall Front Door:…"], id="hardly anything"),
    ],
)
def test_what_is_left_out_first(limit: int, lines: list[str]) -> None:
    assert compose(DOOR, replace(READER, limit=limit), LINK).message.splitlines() == lines


def test_several_tellings_each_have_their_share() -> None:
    gate = replace(DOOR, topic=Topic.TRIGGER, label="Gate", detail="word " * 100, location=None, at=AT + 1)
    composed = compose_all([DOOR, gate], replace(READER, limit=150), LINK)
    first, second, *_ = composed.message.splitlines()
    assert composed.title == "2 events"
    assert first == "Burglar alarm, Home: Hall Front Door: opened · 14:05:09"
    assert second.startswith("Gate: word word")
    assert second.endswith("… · 14:05:10")
    assert compose_all([DOOR], READER, LINK) == compose(DOOR, READER, LINK)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.6, "1 min"), (75, "1 min 15 s"), (3600, "1 h"), (3601, "1 h"), (93_600, "1 d 2 h"), (-5, "0 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds, LANGUAGES["en"]) == text


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        ("en", 0, "0 people"),
        ("en", 1, "1 person"),
        ("fr", 0, "0 personne"),
        ("fr", 2, "2 personnes"),
        ("pl", 1, "1 osoba"),
        ("pl", 3, "3 osoby"),
        ("pl", 5, "5 osób"),
        ("pl", 13, "13 osób"),
        ("pl", 22, "22 osoby"),
    ],
)
def test_numbers_have_their_form(language: str, number: int, text: str) -> None:
    says = sentences_of(language)
    assert phrase(says.people, number, says) == text


def test_there_is_a_title_for_every_topic_and_every_alarm() -> None:
    assert [field.name for field in fields(Titles)] == [topic.value for topic in Topic]
    assert {field.name for field in fields(AlarmTitles)} == {kind.value for kind in AlarmKind}


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl", "it", "pt", "pl"])
def test_a_language_says_everything_with_what_belongs_into_it(language: str) -> None:
    says = LANGUAGES[language]
    for group in (says.titles, says.alarms, says.faults, says.units):
        assert all(getattr(group, field.name).strip() for field in fields(group))
    assert says.just_before.strip()
    wanted = {"ago": "time", "lasted": "time", "after": "time", "until": "time", "by": "name", "affected": "names"}
    for name, place in wanted.items():
        assert [found for _, found, _, _ in Formatter().parse(getattr(says, name)) if found is not None] == [place]
    for plural in (says.people, says.faces, says.events, says.more, says.sources):
        forms = [form for form in (plural.one, plural.few, plural.other) if form is not None]
        assert all("{n}" in form for form in forms)
        assert (plural.few is None) is (language != "pl") or plural is says.more


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("two words", 9, "two words"),
        ("two words", 8, "two…"),
        ("two words", 4, "two…"),
        ("two words", 3, "tw…"),
        ("two words", 1, "…"),
        ("two words", 0, ""),
        ("two words", -3, ""),
        ("see https://a.example/b now", 25, "see https://a.example/b …"),
        ("see https://a.example/b now", 24, "see…"),
        ("https://a.example/b/c", 15, "…"),
        ("👩‍👩‍👧‍👦👍🏽🇩🇪", 12, "👩‍👩‍👧‍👦…"),
        ("🇩🇪🇫🇷", 7, "🇩🇪…"),
    ],
)
def test_a_text_is_cut_after_a_word(text: str, limit: int, shown: str) -> None:
    assert cut(text, limit) == shown


def test_what_is_seen_as_one_sign_is_one() -> None:
    assert clusters("e\u0301👍🏽🇩🇪🇫🇷❤\ufe0f") == ["e\u0301", "👍🏽", "🇩🇪", "🇫🇷", "❤\ufe0f"]


WORDS = st.lists(
    st.text(min_size=1, max_size=12) | st.sampled_from([LINK, "👩‍👩‍👧‍👦", "🇩🇪", "Tür:", "naïve"]), max_size=12
).map(" ".join)


@given(WORDS, st.integers(0, 80))
def test_a_cut_text_is_short_enough_and_ends_with_a_whole_word(text: str, limit: int) -> None:
    whole = tidy(text)
    short = cut(whole, limit)
    assert size(short) <= limit
    if short != whole and limit:
        kept = short.removesuffix(ELLIPSIS).removesuffix(" ")
        assert short.endswith(ELLIPSIS)
        assert whole.startswith(kept)
        words, all_words = kept.split(), whole.split()
        # Only the first word may be in two, and then it would not have fitted.
        assert words == all_words[: len(words)] or (len(words) == 1 and size(all_words[0]) + 1 > limit)


TELLINGS = st.builds(
    Telling,
    telling_id=st.just("1"),
    at=st.floats(0, 4e9),
    topic=st.sampled_from(Topic),
    label=st.none() | WORDS,
    detail=st.none() | WORDS,
    location=st.none() | WORDS,
    partition=st.none() | WORDS,
    by=st.none() | WORDS,
    people=st.none() | st.integers(0, 30),
    lasted=st.none() | st.floats(0, 1e7),
    until=st.none() | st.floats(0, 4e9),
    count=st.integers(0, 30),
    fault=st.none() | st.sampled_from(Fault),
    affected=st.lists(WORDS, max_size=3).map(tuple),
    areas=st.lists(WORDS, max_size=3).map(tuple),
    recent=st.lists(st.builds(Recent, label=WORDS, at=st.floats(0, 4e9), detail=WORDS), max_size=4).map(tuple),
)
READERS = st.builds(
    Reader,
    language=st.sampled_from([*LANGUAGES, "en-GB"]),
    limit=st.integers(40, 400),
    zone=st.just(BERLIN),
    titled=st.booleans(),
    now=st.none() | st.floats(0, 4e9),
)


@settings(deadline=None)
@given(TELLINGS, READERS, st.booleans())
def test_no_message_is_too_long_and_no_link_is_cut(telling: Telling, reader: Reader, linked: bool) -> None:
    composed = compose(telling, reader, LINK if linked else None)
    assert 0 < size(composed.message) <= reader.limit
    assert size(composed.title) <= reader.limit
    assert bool(composed.title) is reader.titled
    for message in (composed.message, composed.title):
        message.encode()
        for word in message.split():
            assert "://" not in word or LINK in word
    lines = composed.message.splitlines()
    assert not linked or LINK in lines or reader.limit < 400


@settings(max_examples=40, deadline=None)
@given(st.lists(TELLINGS, min_size=1, max_size=10), READERS)
def test_several_tellings_fit_as_well_and_none_is_missing(tellings: list[Telling], reader: Reader) -> None:
    reader = replace(reader, limit=120 * len(tellings))
    composed = compose_all(tellings, reader, LINK)
    assert size(composed.message) <= reader.limit
    # What is counted is named as far as there is room.
    if len(tellings) > 1 and not ({each.topic for each in tellings} <= TOGETHER):
        lines = [line for line in composed.message.splitlines() if line != LINK]
        assert len(lines) >= len(tellings)
