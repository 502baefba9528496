"""A journal is a dictionary, whatever is done with it and to its process."""

import asyncio
from pathlib import Path
import tempfile

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
import pytest

from custom_components.event_hub.storage import journal_lines
from custom_components.event_hub.storage.encode import Json
from custom_components.event_hub.storage.journal import Journal

from .journal_kit import changes_of_keys, opened
from .kit import Problems, full_disk


class JournalMachine(RuleBasedStateMachine):
    """Appends, restarts, power cuts, full disks; compaction happens by itself all the time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "alarm.journal"
        self.runner = asyncio.Runner()
        self.model: dict[str, Json] = {}
        self.problems = Problems()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(journal_lines, "SMALL", 300)

    @initialize()
    def start(self) -> None:
        self.journal = Journal(self.path, self.problems.append)
        assert self.runner.run(self.journal.async_open()) == self.model
        self.is_failing = False

    def remember(self, bursts: list[dict[str, Json]]) -> None:
        for changes in bursts:
            self.model.update(changes)
        self.model = {key: value for key, value in self.model.items() if value is not None}

    @rule(bursts=st.lists(changes_of_keys, min_size=1, max_size=5))
    def append(self, bursts: list[dict[str, Json]]) -> None:
        async def async_append() -> None:
            await asyncio.gather(*[self.journal.async_append(changes) for changes in bursts])

        self.runner.run(async_append())
        self.remember(bursts)
        if self.is_failing and any(bursts):
            self.is_failing = False
            assert self.problems.pop().solved

    @rule(changes=changes_of_keys.filter(bool))
    def append_to_a_full_disk(self, changes: dict[str, Json]) -> None:
        async def async_append() -> None:
            with pytest.raises(Exception, match="cannot be written"):
                await self.journal.async_append(changes)

        with full_disk():
            self.runner.run(async_append())
        if not self.is_failing:
            self.is_failing = True
            assert self.problems.pop().what == "cannot_save"

    @rule()
    def restart(self) -> None:
        self.runner.run(self.journal.async_close())
        self.start()

    @rule(torn=st.binary(min_size=1, max_size=30).filter(lambda torn: b"\n" not in torn))
    def restart_with_a_torn_line(self, torn: bytes) -> None:
        self.runner.run(self.journal.async_close())
        self.path.write_bytes(self.path.read_bytes() + torn)
        self.start()
        assert self.journal.cut_off == len(torn)

    @invariant()
    def another_reader_finds_the_same(self) -> None:
        if self.path.exists():
            assert journal_lines.read(self.path.read_bytes()).values == self.model
            assert self.problems == []

    def teardown(self) -> None:
        self.runner.run(self.journal.async_close())
        assert opened(self.path).values == self.model
        self.runner.close()
        self.patch.undo()
        self.folder.cleanup()


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(
    max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
