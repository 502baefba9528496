from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.event_hub.storage import journal_lines as lines
from custom_components.event_hub.storage.encode import Json

from .journal_kit import changes_of_keys

HEADER = b"event_hub journal 1\n"


@given(records=st.lists(changes_of_keys, max_size=6))
def test_what_is_in_the_lines_is_read_from_them(records: list[dict[str, Json]]) -> None:
    expected: dict[str, Json] = {}
    content = HEADER
    for number, changes in enumerate(records, 1):
        content += lines.record(number, lines.encode(changes))
        expected.update(changes)
    found = lines.read(content)
    assert found.values == {key: value for key, value in expected.items() if value is not None}
    assert (found.version, found.number, found.end) == (1, len(records), len(content))
    assert (found.torn, found.damaged) == (0, 0)


@given(records=st.lists(changes_of_keys, min_size=2, max_size=4), data=st.data())
def test_a_changed_byte_costs_at_most_the_two_lines_beside_it(
    records: list[dict[str, Json]], data: st.DataObject
) -> None:
    whole = [lines.record(number, lines.encode(changes)) for number, changes in enumerate(records, 1)]
    content = bytearray(HEADER + b"".join(whole))
    place = data.draw(st.integers(len(HEADER), len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    found = lines.read(bytes(content))
    ends = [len(HEADER) + sum(map(len, whole[:number])) for number in range(len(whole) + 1)]
    hit = {number for number, (start, end) in enumerate(pairwise(ends)) if start <= place < end}
    if place + 1 in ends:
        # Without its end a line runs into the next.
        hit.add(max(hit) + 1)
    expected: dict[str, Json] = {}
    for number, changes in enumerate(records):
        if number not in hit:
            expected.update(changes)
    assert found.values == {key: value for key, value in expected.items() if value is not None}
    assert found.torn or found.damaged


@given(content=st.binary(max_size=200), header=st.booleans())
def test_garbage_is_never_taken_for_a_record(content: bytes, header: bool) -> None:
    found = lines.read((HEADER if header else b"") + content)
    assert (found.values, found.number) == ({}, 0)


@pytest.mark.parametrize(
    ("size", "needed", "idle", "is_due"),
    [
        (lines.SMALL, 0, True, False),
        (lines.SMALL + 1, 0, True, True),
        (lines.SMALL * 4, lines.SMALL, True, False),
        (lines.SMALL * 4 + 1, lines.SMALL, True, True),
        (lines.SMALL * 4 + 1, lines.SMALL, False, False),
        (lines.SMALL * 16 + 1, lines.SMALL, False, True),
    ],
)
def test_a_file_is_compacted_when_it_is_several_times_too_long(
    size: int, needed: int, idle: bool, is_due: bool
) -> None:
    assert lines.is_compaction_due(size, needed, idle=idle) is is_due
