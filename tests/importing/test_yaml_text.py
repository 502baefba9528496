from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.importing import yaml_text
from custom_components.event_hub.importing.yaml_text import Plain, YamlTextError, dump, load

TEXTS = st.text(max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(PLAIN)
def test_what_is_written_reads_as_the_same(data: Plain) -> None:
    assert load(dump(data)) == data


@pytest.mark.parametrize("word", ["on", "no", "22:00", "2024-01-01", "null", "~", "1e3", "=", "<<", "*a", "!x", "# x"])
def test_text_that_could_be_taken_for_something_else_stays_text(word: str) -> None:
    assert load(dump({word: word})) == {word: word}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1, 2", "not YAML (line 1)"),
        ("a: 1\n b: 2", "not YAML (line 2)"),
        ("a: &x [1]\nb: *x", "Aliases (*name) cannot be used (line 2)"),
        ("a: 1\na: 2", "a second time (line 2)"),
        ("1: a", "A name must be text; put it in quotes (line 1)"),
        ("on: a", "A name must be text"),
        ("[a]: b", "A name must be text"),
        ("a: 2024-01-01", "a date; put it in quotes (line 1)"),
        ("a: !!python/object/apply:os.system ['true']", "cannot be used (line 1)"),
        ("a: !!binary aGk=", "cannot be used"),
        ("a: !!set {x}", "cannot be used"),
        ("a: !!int x", "cannot be read (line 1)"),
        ("a: !!bool x", "cannot be read (line 1)"),
        ("a\0: 1", "not YAML"),
        ("a: 1\n---\nb: 2", "not YAML (line 2)"),
        ("[" * 30 + "]" * 30, "too deep"),
        ("<<: {a: 1}", "A name must be text"),
    ],
)
def test_what_nobody_means_to_write_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(YamlTextError) as raised:
        load(text)
    assert words in str(raised.value)


def test_a_text_that_would_grow_to_gigabytes_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    with pytest.raises(YamlTextError):
        load("\n".join(lines))


def test_a_deep_text_is_refused_before_anything_is_built() -> None:
    with pytest.raises(YamlTextError):
        load("[" * 100_000)


def test_a_long_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "SIZE_LIMIT", 3)
    with pytest.raises(YamlTextError):
        load("a: 1")


def test_nothing_is_nothing() -> None:
    assert load("") is None
    assert load("# only a comment") is None
