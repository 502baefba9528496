"""The spool keeps what waits, in order and within bounds, whatever happens to the process or the file."""

import contextlib
import os
from pathlib import Path
import signal
import sqlite3
import subprocess
import sys
import textwrap

from hypothesis import given, strategies as st
import pytest

from hub_relay.spool import BrokenSpoolError, Limits, Priority, Spool, SpoolError, open_spool

ROOT = Path(__file__).parents[3]

operations = st.lists(
    st.none() | st.tuples(st.sampled_from(Priority), st.integers(1, 6)),
    max_size=40,
)


def drain(spool: Spool) -> list[bytes]:
    bodies = []
    while (message := spool.first()) is not None:
        bodies.append(message.body)
        spool.done(message)
    return bodies


def test_messages_come_out_in_the_order_they_were_put_in(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool.db") as spool:
        for number in range(20):
            assert spool.put("event", str(number).encode(), Priority.EVENT)
        assert len(spool) == 20
        assert drain(spool) == [str(number).encode() for number in range(20)]
        assert (len(spool), spool.size, spool.first()) == (0, 0, None)


def test_a_message_stays_until_it_is_done_even_over_a_restart(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool.db") as spool:
        spool.put("event", b"one", Priority.EVENT)
        spool.put("result", b"two", Priority.EVENT)
        assert spool.first() == spool.first()
    with Spool(tmp_path / "spool.db") as spool:
        assert (len(spool), spool.size) == (2, 6)
        first = spool.first()
        assert first is not None
        assert (first.kind, first.body) == ("event", b"one")


def test_images_go_first_and_the_oldest_of_them(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool.db", Limits(messages=4)) as spool:
        for body, priority in ((b"e1", 1), (b"i1", 0), (b"i2", 0), (b"e2", 1), (b"e3", 1)):
            assert spool.put("event", body, Priority(priority))
        assert spool.lost == 1
        assert drain(spool) == [b"e1", b"i2", b"e2", b"e3"]


def test_where_there_is_no_image_the_oldest_event_goes(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool.db", Limits(messages=2)) as spool:
        for body in (b"e1", b"e2", b"e3"):
            assert spool.put("event", body, Priority.EVENT)
        assert drain(spool) == [b"e2", b"e3"]


def test_a_message_larger_than_the_whole_spool_is_not_taken() -> None:
    with Spool(None, Limits(size=10)) as spool:
        spool.put("event", b"small", Priority.EVENT)
        assert not spool.put("event", b"x" * 11, Priority.EVENT)
        assert spool.lost == 1
        assert drain(spool) == [b"small"]


@given(operations, st.integers(1, 6), st.integers(1, 20))
def test_the_bounds_hold_and_order_stays(moves: list[tuple[Priority, int] | None], most: int, size: int) -> None:
    model: list[tuple[Priority, bytes]] = []
    with Spool(None, Limits(messages=most, size=size)) as spool:
        for number, move in enumerate(moves):
            if move is None:
                message = spool.first()
                assert (message.body if message else None) == (model[0][1] if model else None)
                if message is not None:
                    spool.done(message)
                    del model[0]
                continue
            body = bytes([number]) * move[1]
            spool.put("event", body, move[0])
            if len(body) <= size:
                while model and (len(model) >= most or sum(len(other) for _, other in model) + len(body) > size):
                    lowest = min(priority for priority, _ in model)
                    del model[next(index for index, (priority, _) in enumerate(model) if priority == lowest)]
                model.append((move[0], body))
            assert len(spool) == len(model) <= most
            assert spool.size == sum(len(other) for _, other in model) <= size
        assert drain(spool) == [body for _, body in model]


KILLED = """
    import os, pathlib, signal, sys
    from hub_relay.spool import Priority, Spool
    spool = Spool(pathlib.Path(sys.argv[1]))
    for number in range(50):
        spool.put("event", str(number).encode(), Priority.EVENT)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_loses_nothing_that_was_put_in(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "spool.db")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "addons/common")},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    with Spool(tmp_path / "spool.db") as spool:
        assert drain(spool) == [str(number).encode() for number in range(50)]


def test_a_broken_file_is_moved_aside_and_a_new_one_begun(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "spool.db"
    file.write_bytes(b"this was a spool once" * 500)
    with pytest.raises(BrokenSpoolError):
        Spool(file)
    with open_spool(file) as spool:
        assert spool.put("event", b"one", Priority.EVENT)
    assert [path.read_bytes()[:4] for path in tmp_path.glob("spool.db.broken-*")] == [b"this"]
    assert "is broken" in caplog.text
    with open_spool(file) as spool:
        assert drain(spool) == [b"one"]


def test_a_damaged_page_is_found_when_the_spool_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "spool.db"
    with Spool(file) as spool:
        for _ in range(50):
            spool.put("event", b"x" * 2_000, Priority.EVENT)
    damaged = bytearray(file.read_bytes())
    damaged[4096:] = b"\xaa" * (len(damaged) - 4096)
    file.write_bytes(damaged)
    with open_spool(file) as spool:
        assert len(spool) == 0
    assert len(list(tmp_path.glob("spool.db.broken-*"))) == 1


def test_where_no_file_can_be_memory_serves_and_it_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    missing = tmp_path / "no" / "such" / "folder" / "spool.db"
    with pytest.raises(SpoolError):
        Spool(missing)
    with open_spool(missing) as spool:
        assert spool.put("event", b"one", Priority.EVENT)
        assert drain(spool) == [b"one"]
    assert "is lost when the app stops" in caplog.text


def test_a_disk_that_takes_nothing_is_an_error_and_the_count_stays_right(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool.db", Limits(messages=2)) as spool:
        spool.put("event", b"one", Priority.EVENT)
        spool.put("event", b"two", Priority.EVENT)
        spool._execute("PRAGMA query_only = 1")
        with pytest.raises(SpoolError):
            spool.put("event", b"three", Priority.EVENT)
        assert (len(spool), spool.size, spool.lost) == (2, 6, 0)
        spool._execute("PRAGMA query_only = 0")
        assert drain(spool) == [b"one", b"two"]


def test_what_a_broker_has_is_done_even_where_the_disk_does_not_let_go_of_it(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    with open_spool(path) as spool, contextlib.closing(sqlite3.connect(path, autocommit=True)) as other:
        for body in (b"1", b"2", b"3"):
            spool.put("event", body, Priority.EVENT)
        spool._database.execute("PRAGMA busy_timeout = 10")
        other.execute("BEGIN IMMEDIATE")
        first = spool.first()
        assert first is not None
        spool.done(first)
        second = spool.first()
        assert second is not None
        assert (second.body, len(spool), spool.size) == (b"2", 2, 2)
        other.execute("ROLLBACK")
        spool.done(second)
        assert drain(spool) == [b"3"]
    with open_spool(path) as spool:
        assert len(spool) == 0
