from collections.abc import Callable
import errno
import os
from pathlib import Path

import pytest

from custom_components.event_hub.storage import journal_file, journal_lines as lines
from custom_components.event_hub.storage.journal_file import JournalFile

from .journal_kit import (
    FaultyDisk,
    append,
    opened,
    wrapped_calls,
    write_journal,
)
from .kit import aside

FIRST = {"house": "armed", "lockout": {"until": 1.5}}
SECOND = {"house": "triggered", "lockout": None}
THIRD: dict[str, object] = {"shed": ["disarmed", None, {"é\n": True}]}
ALL: dict[str, object] = {"house": "triggered", "shed": ["disarmed", None, {"é\n": True}]}
HEADER = b"event_hub journal 1\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alarm.journal"


def lines_of(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def flipped(line: bytes) -> bytes:
    """Return a line with one bit of its JSON changed."""
    return line[:-4] + bytes([line[-4] ^ 1]) + line[-3:]


def test_the_first_start_makes_an_empty_journal_that_nobody_else_may_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "alarm.journal"
    found = opened(path)
    assert (found.values, found.problem, found.cut_off, found.unwritable) == ({}, None, 0, None)
    assert path.read_bytes() == HEADER
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_journal_that_others_may_read_is_closed_to_them(path: Path) -> None:
    write_journal(path, FIRST)
    path.chmod(0o644)
    opened(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_newest_value_of_each_key_is_found_and_what_was_deleted_is_not(path: Path) -> None:
    content = write_journal(path, FIRST, SECOND, THIRD)
    assert opened(path).values == ALL
    assert path.read_bytes() == content


def test_compaction_leaves_what_counts_and_no_other_file(path: Path) -> None:
    file = JournalFile(path)
    file.open()
    for number in range(100):
        append(file, {"house": number, "gone": number})
    append(file, {"gone": None})
    long = path.stat().st_size
    file.compact()
    assert file.size == file.needed == path.stat().st_size < long / 20
    append(file, THIRD)
    file.close()
    assert opened(path).values == {"house": 99, **THIRD}
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


TORN: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("one byte", lambda line: line[:1]),
    ("half", lambda line: line[: len(line) // 2]),
    ("all but its end", lambda line: line[:-1]),
    ("nothing but zeros", lambda line: bytes(len(line))),
    ("garbage", lambda line: b"\xff" * len(line)),
]


@pytest.mark.parametrize("tear", [pytest.param(tear, id=name) for name, tear in TORN])
def test_a_torn_last_line_is_cut_off_and_told(path: Path, tear: Callable[[bytes], bytes]) -> None:
    *whole, last = lines_of(write_journal(path, FIRST, SECOND, THIRD))
    torn = tear(last)
    path.write_bytes(b"".join(whole) + torn)
    file = JournalFile(path)
    found = file.open()
    assert found.values == {"house": "triggered"}
    assert (found.problem, found.cut_off) == (None, len(torn))
    assert path.read_bytes() == b"".join(whole)
    append(file, THIRD)
    file.close()
    assert opened(path).values == ALL


DAMAGED: list[tuple[str, Callable[[list[bytes]], list[bytes]], dict[str, object]]] = [
    ("a changed bit", lambda all_: [*all_[:2], flipped(all_[2]), all_[3]], {**FIRST, **THIRD}),
    ("garbage between", lambda all_: [*all_[:2], b"\x00\xff\n", *all_[2:]], ALL),
    ("an empty line", lambda all_: [*all_[:2], b"\n", *all_[2:]], ALL),
    ("a lost line end", lambda all_: [all_[0], all_[1][:-1], *all_[2:]], THIRD),
    ("the last line", lambda all_: [*all_[:3], flipped(all_[3])], {"house": "triggered"}),
    ("the header", lambda all_: [b"?", *all_], ALL),
    ("an old line at the end", lambda all_: [*all_, all_[1]], ALL),
    ("a right checksum of no JSON", lambda all_: [*all_, b"%08x 2 9 {]\n" % 0x2DE1A5C1], ALL),
    ("torn besides", lambda all_: [*all_[:2], b"\n", *all_[2:], b"4f1d"], ALL),
]


@pytest.mark.parametrize(
    ("damage", "values"), [pytest.param(damage, values, id=name) for name, damage, values in DAMAGED]
)
def test_of_a_damaged_file_the_whole_lines_count_and_a_copy_is_kept(
    path: Path, damage: Callable[[list[bytes]], list[bytes]], values: dict[str, object]
) -> None:
    content = b"".join(damage(lines_of(write_journal(path, FIRST, SECOND, THIRD))))
    path.write_bytes(content)
    file = JournalFile(path)
    found = file.open()
    assert found.values == values
    assert found.problem is not None
    assert (found.problem.what, found.problem.kept_as) == ("partly_broken", str(aside(path)))
    assert aside(path).read_bytes() == content
    append(file, {"more": 1})
    file.close()
    again = opened(path)
    assert (again.values, again.problem) == ({**values, "more": 1}, None)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param(b"", "broken", id="empty"),
        pytest.param(b"event_hub jour", "broken", id="half a header"),
        pytest.param(b"\x00" * 5000, "broken", id="zeros"),
        pytest.param(b'{"house": "armed"}\n', "broken", id="of another program"),
        pytest.param(HEADER.replace(b"1", b"2") + b"whatever\n", "newer", id="newer"),
        pytest.param(
            HEADER.replace(b"1", b"2") + lines.record(1, lines.encode(FIRST)), "newer", id="newer though familiar"
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_kept_aside_and_the_journal_starts_empty(
    path: Path, content: bytes, what: str
) -> None:
    path.write_bytes(content)
    file = JournalFile(path)
    found = file.open()
    assert found.values == {}
    assert found.problem is not None
    assert (found.problem.what, found.problem.kept_as) == (what, str(aside(path)))
    assert aside(path).read_bytes() == content
    append(file, FIRST)
    file.close()
    assert opened(path).values == FIRST


def test_a_broken_file_is_copied_where_it_cannot_have_a_second_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    path.write_bytes(b"no journal")
    opened(path)
    assert aside(path).read_bytes() == b"no journal"
    assert path.read_bytes() == HEADER


def test_a_broken_file_that_cannot_be_kept_aside_is_not_written_to_until_it_can(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"no journal")
    elsewhere = path.parent / "elsewhere"
    monkeypatch.setattr(journal_file, "path_aside", lambda path: elsewhere / path.name)
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError()))
    file = JournalFile(path)
    found = file.open()
    assert found.problem is not None
    assert (found.problem.what, found.problem.kept_as) == ("broken", None)
    assert isinstance(found.unwritable, OSError)
    with pytest.raises(OSError, match="No such file"):
        append(file, FIRST)
    assert path.read_bytes() == b"no journal"
    elsewhere.mkdir()
    append(file, SECOND)
    file.close()
    assert (elsewhere / path.name).read_bytes() == b"no journal"
    assert opened(path).values == {"house": "triggered"}


def test_a_broken_file_that_somebody_took_away_needs_no_keeping(path: Path) -> None:
    path.write_bytes(b"no journal")
    with wrapped_calls(FaultyDisk(0, 100).wrap):
        file = JournalFile(path)
        assert file.open().unwritable is not None
    path.unlink()
    append(file, FIRST)
    file.close()
    assert opened(path).values == FIRST


def test_a_file_that_was_deleted_while_in_use_is_written_again(path: Path) -> None:
    write_journal(path, FIRST)
    file = JournalFile(path)
    file.open()
    path.unlink()
    append(file, THIRD)
    file.close()
    assert opened(path).values == {**FIRST, **THIRD}
