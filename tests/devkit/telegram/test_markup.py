"""Formats are read as strictly as Telegram reads them: what a wrong label does to a message shows in a test."""

import html

from hypothesis import given, strategies as st
import pytest
from telegram.helpers import escape_markdown

from devkit.telegram.faults import BadRequestError
from devkit.telegram.markup import plain


@pytest.mark.parametrize(
    ("mode", "text", "shown"),
    [
        (None, "*as it is_", "*as it is_"),
        ("Markdown", "*bold* _italic_ `code_` [link](https://a.b/?c=d)", "bold italic code_ link"),
        ("Markdown", r"front\_door \[1]", "front_door [1]"),
        ("Markdown", "```\npre_formatted\n```", "\npre_formatted\n"),
        ("Markdown", "1 < 2 & 3. (so) - what!", "1 < 2 & 3. (so) - what!"),
        ("MarkdownV2", r"*bold _both_* ~gone~ __under__ ||hidden|| `a.b`", "bold both gone under hidden a.b"),
        ("MarkdownV2", r"12\.5 °C \(hall\)\!", "12.5 °C (hall)!"),
        ("MarkdownV2", "[link](https://a.b/?c=d)", "link"),
        ("MarkdownV2", ">quoted", "quoted"),
        ("MarkdownV2", "```\na\\`b\n```", "\na`b\n"),
        ("HTML", "<b>bold <i>both</i></b> 1 &lt; 2 &amp; 3", "bold both 1 < 2 & 3"),
        ("HTML", "&nbsp;&#33;&quot;", '&nbsp;!"'),
        ("html", '<a href="https://a.b/">link</a>', "link"),
    ],
)
def test_a_user_sees_the_text_without_its_marks(mode: str | None, text: str, shown: str) -> None:
    assert plain(text, mode) == shown


@pytest.mark.parametrize(
    ("mode", "text", "reason"),
    [
        ("Markdown", "binary_sensor", "Can't find end of the entity starting at byte offset 6"),
        ("Markdown", "Tür_1", "Can't find end of the entity starting at byte offset 4"),
        ("Markdown", "5 * 3", "Can't find end of the entity"),
        ("MarkdownV2", "12.5", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "front_door", "Can't find end of Italic entity at byte offset 5"),
        ("MarkdownV2", "`code", "Can't find end of Code entity"),
        ("HTML", "1 <2", 'Unsupported start tag "'),
        ("HTML", "<h1>Big</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("HTML", "<b>bold", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "<b><i>x</b></i>", 'expected "</i>", found "</b>"'),
        ("HTML", "x</b>", "Unexpected end tag at byte offset 1"),
        ("Wiki", "x", "unsupported parse_mode"),
    ],
)
def test_what_cannot_be_read_is_refused(mode: str, text: str, reason: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        plain(text, mode)
    assert reason in str(refused.value)


ANY_TEXT = st.text(
    alphabet=st.one_of(st.sampled_from("_*[]()~`>#+-=|{}.!\\<&;\n"), st.characters(exclude_categories=["Cs"]))
)


@given(text=ANY_TEXT)
def test_what_is_escaped_by_the_rules_is_shown_as_it_was(text: str) -> None:
    assert plain(escape_markdown(text, version=1), "Markdown") == text
    assert plain(escape_markdown(text, version=2), "MarkdownV2") == text
    assert plain(html.escape(text), "HTML") == text


@given(text=ANY_TEXT, mode=st.sampled_from(["Markdown", "MarkdownV2", "HTML"]))
def test_any_text_is_read_or_refused(text: str, mode: str) -> None:
    try:
        shown = plain(text, mode)
    except BadRequestError:
        return
    assert len(shown) <= len(text)
