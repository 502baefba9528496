"""What the hub tells people by itself: issues under Repairs, and that new devices were found.

Called for every effect, so an effect costs a look-up and at most a note; what
people see is made of the notes a moment later.
"""

from functools import partial
from pathlib import Path
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.issue_registry import IssueSeverity

from .alarm_notices import AlarmNotices
from .broker_notices import BrokerNotices
from .deferred import Deferred
from .engine.effects import (
    ClockProblem,
    CommandProgressed,
    DevicesFound,
    Effect,
    EscalationRaised,
    EscalationResolved,
    KeyConflict,
    ParamsRefused,
    RegistryFull,
    SourceBack,
    SourceLost,
)
from .engine.model import CommandStatus
from .engine.registry import DEVICE_LIMIT, SOURCE_LIMIT
from .engine.state import State
from .found_devices import FoundDevices
from .identifiers import name_of, source_name
from .issues import UNKNOWN, Issue, IssueList, Subject, plain
from .lost_notices import LostNotices, local_time, source_with_devices
from .storage.problems import ProblemKind, StorageProblem
from .telling_notices import TellingNotices
from .transports.link import LinkStatus
from .wire.messages import Transport

REGISTRY_FULL: Final = "registry_full"
UNREADABLE: Final = (ProblemKind.BROKEN, ProblemKind.NEWER, ProblemKind.PARTLY_BROKEN)
REACHED: Final = (CommandStatus.ACCEPTED, CommandStatus.DONE, CommandStatus.UNANSWERED)


class Notices:
    """Keeps what people are told in step with what is. All methods belong in the event loop."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Start with nothing to tell."""
        self._deferred = Deferred(hass)
        self._issues = IssueList(hass, self._deferred)
        self._found = FoundDevices(hass, entry)
        self._state = State()
        self._silent = LostNotices(self._issues)
        self.brokers: Final = BrokerNotices(hass, entry, self._issues, self._broker_told)
        self.alarm: Final = AlarmNotices(hass, self._issues, self.brokers.tells)
        self.telling: Final = TellingNotices(hass, self._issues)

    @callback
    def handle(self, effect: Effect) -> None:
        """Tell of an effect that a person should know about."""
        match effect:
            case CommandProgressed():
                self._command(effect)
            case SourceLost(source_id=source_id, last_seen=last_seen):
                self._silent.lost(source_id, last_seen)
            case SourceBack(source_id=source_id):
                self._silent.back(source_id)
            case ClockProblem():
                self._clock(effect)
            case KeyConflict():
                self._conflict(effect)
            case ParamsRefused():
                self._params_refused(effect)
            case EscalationRaised() | EscalationResolved():
                self._escalated(effect)
            case DevicesFound():
                self._found.add(effect, self._state)
                self._deferred.put("found", self._found.show)
            case RegistryFull(source_id=source_id):
                self._full(source_id)

    @callback
    def link_status(self, transport: Transport, status: LinkStatus) -> None:
        """Take what a link says of itself, once the state has it."""
        self.brokers.update(transport, status)
        self.alarm.broker_changed()

    @callback
    def _broker_told(self) -> None:
        self.alarm.broker_changed()

    @callback
    def storage_problem(self, problem: StorageProblem) -> None:
        """Tell of a file that cannot be read or written, or that it can be again."""
        issue_id = f"storage_{problem.what}_{Path(problem.file).name}"
        if problem.solved:
            self._issues.solve(issue_id)
        else:
            self._issues.raise_issue(issue_id, partial(_storage_issue, problem))

    @callback
    def alarm_unstored(self, detail: str | None) -> None:
        """Tell why a restart would not know what the alarm did, or (``None``) that it would again."""
        self.alarm.unstored(detail)

    @callback
    def restore(self, state: State) -> None:
        """Tell again what was so when the last run ended, and follow ``state`` from now on."""
        self._state = state
        self.alarm.restore(state)
        self._silent.restore(state)
        for source_id, status in state.source_status.items():
            if abs(status.clock_offset) > state.settings.offset_problem:
                self._clock(ClockProblem(source_id=source_id, offset=status.clock_offset, solved=False))
        for conflict, owner in state.conflicts.items():
            device_key, _, source_id = conflict.partition("\n")
            self._conflict(KeyConflict(device_key=device_key, owner_id=owner, source_id=source_id))
        for key, told in state.output_status.items():
            if told.command_status is CommandStatus.UNDELIVERED:
                self._undelivered(key, told.triggered_at, told.command_detail)
        for key, escalation in state.escalations.items():
            if escalation.raised_at is not None:
                self._escalated(EscalationRaised(input_key=key, since=escalation.since, at=escalation.raised_at))

    @callback
    def prune(self) -> None:
        """Tell no longer of what was removed from the hub."""
        self._silent.prune()
        self._issues.solve_where(lambda about: about.key not in getattr(self._state, about.table))
        devices = len(self._state.inputs) + len(self._state.outputs)
        if devices < DEVICE_LIMIT and len(self._state.sources) < SOURCE_LIMIT:
            self._issues.solve(REGISTRY_FULL)

    @callback
    def close(self) -> None:
        """Tell nothing new any more: the hub ends."""
        self.brokers.close()
        self._deferred.close()

    @callback
    def clear_all(self) -> None:
        """Take back all that was told, as the hub is gone. Only what a person has yet to confirm stays."""
        self.close()
        self._issues.clear()

    def _command(self, effect: CommandProgressed) -> None:
        if effect.status is CommandStatus.UNDELIVERED:
            self._undelivered(effect.output_key, effect.at, effect.detail)
        elif effect.status in REACHED:
            self._issues.solve(f"undelivered_{effect.output_key}")

    def _undelivered(self, key: str, at: float | None, detail: str | None) -> None:
        def issue() -> Issue:
            name = name_of(key, self._state.outputs)
            placeholders = {"output": plain(name), "at": local_time(at), "detail": plain(detail)}
            return Issue(key="undelivered", placeholders=placeholders, severity=IssueSeverity.ERROR)

        self._issues.raise_issue(f"undelivered_{key}", issue, Subject("outputs", key))

    def _clock(self, effect: ClockProblem) -> None:
        def issue() -> Issue:
            key = "clock_behind" if effect.offset > 0 else "clock_ahead"
            source = source_with_devices(self._state, effect.source_id)
            return Issue(key=key, placeholders={"source": source, "seconds": f"{abs(effect.offset):.0f}"})

        issue_id = f"clock_{effect.source_id}"
        if effect.solved:
            self._issues.solve(issue_id)
        else:
            self._issues.raise_issue(issue_id, issue, Subject("sources", effect.source_id))

    def _full(self, source_id: str) -> None:
        if REGISTRY_FULL not in self._issues:
            full = Issue(key=REGISTRY_FULL, placeholders={"source": plain(source_id)})
            self._issues.raise_issue(REGISTRY_FULL, lambda: full)

    def _escalated(self, effect: EscalationRaised | EscalationResolved) -> None:
        def issue() -> Issue:
            name = name_of(effect.input_key, self._state.inputs)
            placeholders = {"input": plain(name), "since": local_time(effect.since)}
            return Issue(key="escalated", placeholders=placeholders, severity=IssueSeverity.ERROR)

        issue_id = f"escalated_{effect.input_key}"
        if isinstance(effect, EscalationResolved):
            self._issues.solve(issue_id)
        else:
            self._issues.raise_issue(issue_id, issue, Subject("inputs", effect.input_key))

    def _params_refused(self, effect: ParamsRefused) -> None:
        def issue() -> Issue:
            name = name_of(effect.output_key, self._state.outputs)
            placeholders = {"output": plain(name), "detail": plain(effect.problem)}
            return Issue(key="params_refused", placeholders=placeholders, until_confirmed=True)

        self._issues.raise_issue(f"params_refused_{effect.output_key}", issue, Subject("outputs", effect.output_key))

    def _conflict(self, effect: KeyConflict) -> None:
        def issue() -> Issue:
            return Issue(
                key="key_conflict",
                placeholders={
                    "device": plain(effect.device_key),
                    "owner": plain(source_name(effect.owner_id, self._state.sources)),
                    "source": plain(source_name(effect.source_id, self._state.sources)),
                },
            )

        conflict = f"{effect.device_key}\n{effect.source_id}"
        self._issues.raise_issue(f"key_conflict_{conflict}", issue, Subject("conflicts", conflict))


def _storage_issue(problem: StorageProblem) -> Issue:
    """Describe a problem with a file. What was moved aside or copied is told until a person has read it."""
    unreadable = problem.what in UNREADABLE
    aside = unreadable and problem.kept_as is not None
    return Issue(
        key=f"storage_{problem.what}_in_place" if unreadable and not aside else f"storage_{problem.what}",
        placeholders={"file": problem.file, "detail": plain(problem.detail), "kept_as": problem.kept_as or UNKNOWN},
        severity=IssueSeverity.ERROR,
        until_confirmed=aside,
    )
