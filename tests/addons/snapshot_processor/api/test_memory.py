"""Thumbnails are remembered within bounds."""

from hypothesis import given, strategies as st

from snapshot_processor.api_thumbnails import Memory

MOST = 100


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=120)), max_size=50))
def test_a_memory_holds_no_more_than_it_may_and_what_it_holds_is_right(puts: list[tuple[str, bytes]]) -> None:
    memory, newest = Memory(MOST), {}
    for name, content in puts:
        memory.put(name, content)
        newest[name] = content
        kept = {name: found for name in newest if (found := memory.get(name)) is not None}
        assert kept.items() <= newest.items()
        assert memory.size == sum(map(len, kept.values())) <= MOST
        assert name in kept or len(content) > MOST


def test_what_was_asked_for_last_is_kept_longest() -> None:
    memory = Memory(3)
    for name in "abc":
        memory.put(name, b"1")
    memory.get("a")
    memory.put("d", b"1")
    assert [memory.get(name) is not None for name in "abcd"] == [True, False, True, True]
