"""Frames are read as they were written, and nothing else is a frame."""

from hypothesis import given, strategies as st
import pytest

from hub_relay.frames import Frame, FrameError, decode, encode

kinds = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
contents = st.dictionaries(st.text(), values, max_size=6)


@given(kinds, contents)
def test_a_frame_is_read_as_it_was_written(kind: str, content: dict[str, object]) -> None:
    assert decode(encode(kind, content)) == Frame(kind=kind, content=content)


@given(st.lists(st.binary(max_size=64), max_size=4) | st.tuples(kinds.map(str.encode), st.binary()).map(list))
def test_any_bytes_are_a_frame_or_a_frame_error(parts: list[bytes]) -> None:
    try:
        frame = decode(parts)
    except FrameError:
        return
    assert isinstance(frame.content, dict)
    assert all(isinstance(key, str) for key in frame.content)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"event"],
        [b"event", b"\x80", b""],
        [b"Event", b"\x80"],
        [b"", b"\x80"],
        [b"e" * 33, b"\x80"],
        [b"ev\xffent", b"\x80"],
        [b"event", b""],
        [b"event", b"\x90"],
        [b"event", b"\x80\x80"],
        [b"event", b"\x81\x01\x02"],
        [b"event", b"\x81\xc4\x01a\x02"],
        [b"event", b"\x81\xa1a\xd4\x05x"],
        [b"event", b"\x81\xa1a" + b"\x91" * 5000 + b"\xc0"],
    ],
)
def test_what_is_no_frame_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(FrameError):
        decode(parts)


@pytest.mark.parametrize("content", [{"a": object()}, {"a": 2**64}, {"a": "\ud800"}])
def test_what_no_frame_can_hold_is_said_to_the_sender(content: dict[str, object]) -> None:
    with pytest.raises(FrameError):
        encode("event", content)


def test_a_pickle_is_no_frame() -> None:
    with pytest.raises(FrameError):
        decode([b"event", b"\x80\x04}\x94."])
