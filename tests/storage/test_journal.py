import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
import logging
from pathlib import Path
import threading

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.storage import journal_disk, journal_lines
from custom_components.event_hub.storage.encode import Json
from custom_components.event_hub.storage.journal import Journal, JournalError
from devkit.polling import until

from .journal_kit import FaultyDisk, opened, wrapped_calls, write_journal
from .kit import Problems, aside, full_disk

type OpenJournal = Callable[[], Journal]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "event_hub" / "alarm.journal"


@pytest.fixture
async def make_journal(path: Path, problems: Problems) -> AsyncIterator[OpenJournal]:
    """Make journals that are closed when the test ends."""
    journals: list[Journal] = []

    def make() -> Journal:
        journals.append(Journal(path, problems.append))
        return journals[-1]

    yield make
    for journal in journals:
        await journal.async_close()


@pytest.fixture
async def journal(make_journal: OpenJournal) -> Journal:
    """Open a journal."""
    made = make_journal()
    assert await made.async_open() == {}
    return made


class Gate:
    """Holds one call to the disk up, as a slow disk does; ``count`` is how often it was made."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.reached = threading.Event()
        self.count = 0


@contextmanager
def slow(call: str) -> Iterator[Gate]:
    """Hold a call to the disk up until the gate is opened."""
    gate, real = Gate(), getattr(journal_disk, call)

    def held(*args: object) -> object:
        gate.count += 1
        gate.reached.set()
        assert gate.opened.wait(60)
        return real(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_disk, call, held)
        try:
            yield gate
        finally:
            gate.opened.set()


async def test_a_restart_finds_the_newest_values(journal: Journal, make_journal: OpenJournal) -> None:
    await journal.async_append({"house": {"state": "armed"}, "lockout": 3})
    await journal.async_append({"house": {"state": "triggered"}, "lockout": None})
    await journal.async_close()
    assert await make_journal().async_open() == {"house": {"state": "triggered"}}


async def test_what_was_awaited_is_on_disk(journal: Journal, path: Path) -> None:
    await journal.async_append({"house": "armed"})
    assert opened(path).values == {"house": "armed"}


async def test_nobody_is_told_before_the_disk_has_it(journal: Journal) -> None:
    with slow("sync_data") as gate:
        appended = journal.async_append({"house": "armed"})
        await until(gate.reached.is_set)
        # The loop goes on meanwhile: otherwise this would not return.
        for _ in range(100):
            await asyncio.sleep(0)
        assert not appended.done()
        gate.opened.set()
        await appended


async def test_what_comes_while_the_disk_is_busy_is_written_together_and_in_order(journal: Journal, path: Path) -> None:
    finished: list[int] = []

    def note(number: int, appended: asyncio.Future[None]) -> None:
        if appended.exception() is None:
            finished.append(number)

    with slow("sync_data") as gate:
        first = journal.async_append({"house": -1})
        await until(gate.reached.is_set)
        rest = [journal.async_append({"house": number, str(number): number}) for number in range(100)]
        for number, appended in enumerate(rest):
            appended.add_done_callback(partial(note, number))
        gate.opened.set()
        await asyncio.gather(first, *rest)
    assert gate.count == 2
    assert finished == list(range(100))
    assert opened(path).values == {"house": 99} | {str(number): number for number in range(100)}


async def test_what_comes_in_one_turn_of_the_loop_is_written_together(journal: Journal) -> None:
    with slow("sync_data") as gate:
        gate.opened.set()
        await asyncio.gather(*[journal.async_append({"house": number}) for number in range(100)])
    assert gate.count == 1


async def test_a_value_is_kept_as_it_was_when_it_was_appended(journal: Journal, path: Path) -> None:
    zones = ["Door"]
    appended = journal.async_append({"memory": zones})
    zones.append("Window")
    await appended
    assert opened(path).values == {"memory": ["Door"]}


async def test_one_who_stops_waiting_does_not_stop_the_writing(journal: Journal, path: Path) -> None:
    with slow("sync_data") as gate:
        busy = journal.async_append({"house": "arming"})
        await until(gate.reached.is_set)
        given_up, kept = journal.async_append({"house": "armed"}), journal.async_append({"shed": "armed"})
        given_up.cancel()
        gate.opened.set()
        await asyncio.gather(busy, kept)
    assert opened(path).values == {"house": "armed", "shed": "armed"}


async def test_nothing_to_change_is_done_when_all_before_it_is(journal: Journal, path: Path) -> None:
    content = path.read_bytes()
    await journal.async_append({})
    assert path.read_bytes() == content
    with slow("sync_data") as gate:
        busy = journal.async_append({"house": "armed"})
        await until(gate.reached.is_set)
        nothing = journal.async_append({})
        assert not nothing.done()
        gate.opened.set()
        await nothing
        assert busy.done()
    assert gate.count == 1


async def test_nothing_to_change_does_not_say_that_the_disk_is_well(journal: Journal, problems: Problems) -> None:
    with full_disk(), pytest.raises(JournalError):
        await journal.async_append({"house": "armed"})
    await journal.async_append({})
    assert problems.told() == [("cannot_save", False)]


async def test_what_json_cannot_hold_is_refused_and_disturbs_nobody(journal: Journal, path: Path) -> None:
    with pytest.raises(TypeError):
        journal.async_append({"house": object()})
    await journal.async_append({"house": "armed", "odd text": "\ud800", "no number": [float("nan")]})
    assert opened(path).values == {"house": "armed", "odd text": "?", "no number": [None]}


async def test_a_full_disk_fails_the_append_and_the_next_one_tries_again(
    journal: Journal, path: Path, problems: Problems
) -> None:
    await journal.async_append({"house": "disarmed"})
    content = path.read_bytes()
    with full_disk():
        for _ in range(2):
            with pytest.raises(JournalError, match="cannot be written: File too large"):
                await journal.async_append({"house": "armed"})
        assert path.read_bytes() == content
    assert problems.told() == [("cannot_save", False)]
    await journal.async_append({"shed": "armed"})
    assert problems.told() == [("cannot_save", False), ("cannot_save", True)]
    assert opened(path).values == {"house": "disarmed", "shed": "armed"}


async def test_all_who_were_written_together_are_told_of_the_failure(journal: Journal) -> None:
    with full_disk():
        appends = [journal.async_append({"house": number}) for number in range(3)]
        failures = await asyncio.gather(*appends, return_exceptions=True)
    assert [type(failure) for failure in failures] == [JournalError] * 3


async def test_the_journal_can_be_read_and_waits_for_space_when_it_opens_on_a_full_disk(
    make_journal: OpenJournal, path: Path, problems: Problems
) -> None:
    path.parent.mkdir()
    journal = make_journal()
    with full_disk():
        assert await journal.async_open() == {}
        assert problems.told() == [("cannot_save", False)]
    await journal.async_append({"house": "armed"})
    assert problems.told() == [("cannot_save", False), ("cannot_save", True)]
    assert opened(path).values == {"house": "armed"}


async def test_a_torn_line_is_told(
    make_journal: OpenJournal, path: Path, problems: Problems, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(write_journal(path, {"house": "armed"}) + b"4f1d22c9 31 1")
    journal = make_journal()
    assert await journal.async_open() == {"house": "armed"}
    assert journal.cut_off == 13
    assert "13 bytes of an unfinished last line were cut off" in caplog.text
    assert problems == []


async def test_a_broken_file_is_told_and_kept(make_journal: OpenJournal, path: Path, problems: Problems) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no journal")
    journal = make_journal()
    assert await journal.async_open() == {}
    (problem,) = problems
    assert (problem.what, problem.file, problem.kept_as) == ("broken", str(path), str(aside(path)))
    await journal.async_append({"house": "armed"})
    assert aside(path).read_bytes() == b"no journal"


async def test_a_journal_that_cannot_be_read_is_left_alone_and_may_be_opened_later(
    make_journal: OpenJournal, path: Path
) -> None:
    path.mkdir(parents=True)
    journal = make_journal()
    with pytest.raises(JournalError, match="cannot be read: Is a directory"):
        await journal.async_open()
    with pytest.raises(JournalError, match="not open"):
        journal.async_append({"house": "armed"})
    path.rmdir()
    write_journal(path, {"house": "armed"})
    assert await journal.async_open() == {"house": "armed"}


async def test_one_who_stops_waiting_for_it_to_open_may_open_it_again_once_the_disk_has_answered(
    make_journal: OpenJournal, path: Path
) -> None:
    write_journal(path, {"house": "armed"})
    journal = make_journal()
    with slow("make_folder") as gate:
        opening = asyncio.create_task(journal.async_open())
        await until(gate.reached.is_set)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        with pytest.raises(JournalError, match="not open"):
            journal.async_append({"house": "disarmed"})
        with pytest.raises(JournalError, match="already open"):
            await journal.async_open()
    await journal.async_close()
    assert threads() == 0
    assert await journal.async_open() == {"house": "armed"}
    await journal.async_append({"shed": "armed"})
    assert opened(path).values == {"house": "armed", "shed": "armed"}


def threads() -> int:
    """Count the threads of journals."""
    return sum(thread.name.startswith("event_hub_journal") for thread in threading.enumerate())


async def test_an_open_journal_is_not_opened_again(journal: Journal) -> None:
    with pytest.raises(JournalError, match="already open"):
        await journal.async_open()
    await journal.async_append({"house": "armed"})


async def test_closing_writes_what_waits_and_then_takes_nothing_more(journal: Journal, path: Path) -> None:
    appends = [journal.async_append({str(number): number}) for number in range(3)]
    await asyncio.gather(journal.async_close(), journal.async_close())
    assert all(append.done() for append in appends)
    assert opened(path).values == {"0": 0, "1": 1, "2": 2}
    with pytest.raises(JournalError, match="not open"):
        journal.async_append({"house": "armed"})
    await journal.async_close()
    assert threads() == 0


async def test_appends_go_on_during_a_compaction(journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        await journal.async_append({"house": number, "text": "x" * 100})
    monkeypatch.setattr(journal_lines, "SMALL", 1000)
    long = path.stat().st_size
    with slow("replace") as gate:
        first = journal.async_append({"house": 50})
        await until(gate.reached.is_set)
        appended = [journal.async_append({"house": number, str(number): True}) for number in range(51, 60)]
        gate.opened.set()
        await asyncio.gather(first, *appended)
    assert gate.count == 1
    assert path.stat().st_size < long / 10
    expected: dict[str, Json] = {str(number): True for number in range(51, 60)}
    assert opened(path).values == {"house": 59, "text": "x" * 100, **expected}


async def test_a_compaction_that_fails_costs_nothing_and_is_not_tried_at_every_append(
    journal: Journal,
    path: Path,
    problems: Problems,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(journal_lines, "SMALL", 1000)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_disk, "create", refuse)
        for number in range(60):
            await journal.async_append({"house": number})
        assert caplog.text.count("stays longer than it need be: No space left on device") == 1
    assert problems == []
    assert opened(path).values == {"house": 59}
    long = path.stat().st_size
    for number in range(60, 120):
        await journal.async_append({"house": number})
    await until(lambda: path.stat().st_size < long)
    await journal.async_close()
    assert opened(path).values == {"house": 119}


async def test_a_listener_that_fails_does_not_stop_the_journal(path: Path) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("nobody listens")

    journal = Journal(path, fail)
    await journal.async_open()
    raised: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context["exception"]))
    with full_disk(), pytest.raises(JournalError):
        await journal.async_append({"house": "armed"})
    await journal.async_append({"house": "armed"})
    await journal.async_close()
    assert [str(error) for error in raised] == ["nobody listens"] * 2
    assert opened(path).values == {"house": "armed"}


async def test_no_value_is_in_what_is_logged_or_raised(
    hass: HomeAssistant, journal: Journal, path: Path, problems: Problems, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hass.loop.set_debug(True)
    with wrapped_calls(FaultyDisk(0, 3).wrap), pytest.raises(JournalError) as failure:
        await journal.async_append({"house": "a secret"})
    await journal.async_append({"house": "a secret"})
    assert opened(path).values == {"house": "a secret"}
    assert len(problems) == 2
    for told in (caplog.text, str(failure.value), repr(failure.value), str(problems), repr(journal)):
        assert "a secret" not in told
