"""What people are told under Repairs about the alarm: what it cannot rely on, and what it could not keep."""

from collections.abc import Callable, Iterator
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.issue_registry import IssueSeverity
from homeassistant.util import dt as dt_util

from .alarm_words import MOST_NAMED, word
from .engine.alarm.effects import BypassChanged, LockedOut, LockoutEnded, PhaseChanged, TroubleChanged
from .engine.alarm.problems import SIREN_FAULTS, Fault, Problem
from .engine.alarm.status import PartitionStatus, Timer
from .engine.effects import AlarmTold
from .engine.state import State
from .identifiers import name_of
from .issues import Issue, IssueList, Subject, plain
from .wire.messages import Transport

UNSTORED: Final = "alarm_unstored"


def word_of(fault: Fault) -> str:
    """Return the name of the word for a fault."""
    return Problem.TAMPERED.value if fault is Fault.TAMPER else fault.value


class AlarmNotices:
    """Keeps what people are told of the alarm in step with what is. All methods belong in the event loop."""

    def __init__(self, hass: HomeAssistant, issues: IssueList, broker_is_told: Callable[[Transport], bool]) -> None:
        """Start with nothing to tell. ``broker_is_told``: whether a repair tells, or soon will, that one is away."""
        self._hass = hass
        self._issues = issues
        self._broker_is_told = broker_is_told
        self._state = State()

    @callback
    def handle(self, told: AlarmTold) -> None:
        """Tell of an effect that a person should know about. Duress and silent alarms are told nowhere here."""
        match told.effect:
            case LockedOut(until=until):
                self._locked(told.partition_id, until)
            case LockoutEnded():
                self._issues.solve(f"alarm_locked_{told.partition_id}")
            case TroubleChanged() | PhaseChanged() | BypassChanged():
                self._troubles(told.partition_id)

    @callback
    def unstored(self, detail: str | None) -> None:
        """Tell that what the alarm does is not on disk, and why; or (``None``) that it is again."""
        if detail is None:
            self._issues.solve(UNSTORED)
            return
        issue = Issue(key=UNSTORED, placeholders={"detail": plain(detail)}, severity=IssueSeverity.CRITICAL)
        self._issues.raise_issue(UNSTORED, lambda: issue)

    @callback
    def garbled(self, partition_id: str) -> None:
        """Tell, until a person has read it, that nobody knows any more how a partition stood."""
        self._issues.raise_issue(
            f"alarm_garbled_{partition_id}",
            lambda: Issue(
                key="alarm_garbled",
                placeholders={"partition": self._name(partition_id)},
                severity=IssueSeverity.CRITICAL,
                until_confirmed=True,
            ),
        )

    @callback
    def restore(self, state: State) -> None:
        """Tell again what was so when the last run ended, and follow ``state`` from now on."""
        self._state = state
        for partition_id, status in state.alarm.items():
            until = status.due(Timer.LOCKOUT)
            if until is not None:
                self._locked(partition_id, until)
            self._troubles(partition_id)

    @callback
    def broker_changed(self) -> None:
        """Look again at the sirens: what is said of one that is silent depends on what is of its broker."""
        for partition_id, status in self._state.alarm.items():
            if any(trouble.fault is Fault.SIREN_LOST for trouble in status.troubles):
                self._troubles(partition_id)

    @callback
    def nobody_disarms(self, partition_id: str, *, nobody: bool, arms: bool) -> None:
        """Tell that nobody could disarm a partition, or that somebody could again.

        One that ``arms`` is not armed therefore; the alarms of one that is only always on guard go on.
        """
        issue_id = f"alarm_no_code_{partition_id}"
        if not nobody:
            self._issues.solve(issue_id)
            return

        def issue() -> Issue:
            key = "alarm_no_code" if arms else "alarm_no_code_always"
            return Issue(key=key, placeholders={"partition": self._name(partition_id)})

        self._issues.raise_issue(issue_id, issue, Subject("partitions", partition_id))

    def _locked(self, partition_id: str, until: float) -> None:
        def issue() -> Issue:
            local = dt_util.as_local(dt_util.utc_from_timestamp(until))
            return Issue(
                key="alarm_locked", placeholders={"partition": self._name(partition_id), "until": f"{local:%H:%M:%S}"}
            )

        self._issues.raise_issue(f"alarm_locked_{partition_id}", issue, Subject("partitions", partition_id))

    def _troubles(self, partition_id: str) -> None:
        issue_id = f"alarm_trouble_{partition_id}"
        if not any(self._relied_on(partition_id)):
            self._issues.solve(issue_id)
            return

        def issue() -> Issue:
            named = list(dict.fromkeys(self._relied_on(partition_id)))
            more = f" + {len(named) - MOST_NAMED}" if len(named) > MOST_NAMED else ""
            zones = plain(", ".join(named[:MOST_NAMED])) + more
            return Issue(key="alarm_trouble", placeholders={"partition": self._name(partition_id), "zones": zones})

        self._issues.raise_issue(issue_id, issue, Subject("partitions", partition_id))

    def _relied_on(self, partition_id: str) -> Iterator[str]:
        """Yield the zones that are watched now and suffer from something, sirens too, and what it is.

        A broker that is down has a notice of its own, as a rule, which tells of a siren that is cut off by it, too.
        """
        partition = self._state.partitions.get(partition_id)
        status = self._state.alarm.get(partition_id, PartitionStatus())
        for trouble in status.troubles:
            if trouble.fault is Fault.BROKER or (trouble.fault is Fault.SIREN_LOST and self._is_cut_off(trouble.zone)):
                continue
            if trouble.fault in SIREN_FAULTS:
                yield f"{name_of(trouble.zone, self._state.outputs)} ({self._word(trouble.fault)})"
                continue
            zone = None if partition is None else partition.zones.get(trouble.zone)
            if zone is not None and zone.watched_in(status.mode) and not status.left_out(trouble.zone):
                yield f"{name_of(trouble.zone, self._state.inputs)} ({self._word(trouble.fault)})"

    def _word(self, fault: Fault) -> str:
        return word(self._hass, word_of(fault))

    def _is_cut_off(self, siren: str) -> bool:
        """Say whether nothing but the broker keeps a siren away, as that one's repair tells.

        The broker may be back before anybody is told so. A refused login is no repair; and one of a siren that was
        silent before must not come and go with the broker, as who ignored it would be shown it again.
        """
        output = self._state.outputs.get(siren)
        source = None if output is None else self._state.sources.get(output.source_id)
        if output is None or source is None:
            return False
        transport, status = source.source.transport, self._state.source_status.get(output.source_id)
        lost = status is not None and status.lost
        return not lost and not self._state.transport_up(transport) and self._broker_is_told(transport)

    def _name(self, partition_id: str) -> str:
        partition = self._state.partitions.get(partition_id)
        return plain(partition_id if partition is None else partition.name)
