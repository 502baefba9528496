"""Tells people of sources that are silent: of a few one by one, of many, as behind one access point, in one repair."""

from typing import Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .engine.state import State
from .identifiers import name_of, source_name
from .issues import UNKNOWN, Issue, IssueList, Subject, plain

COMMON: Final = "sources_lost"
# So many at once rarely have a cause each.
FEW: Final = 5
# Where one comes and goes at that limit, what a person ignores must not come back: their repair lasts until fewer
# than these are left.
STILL_MANY: Final = 4
MOST_NAMED: Final = 5
MOST_DEVICES: Final = 3
LONGEST_NAME: Final = 60


class LostNotices:
    """Keeps what people are told of silent sources in step with what is. All methods belong in the event loop."""

    def __init__(self, issues: IssueList) -> None:
        """Start with none that is silent."""
        self._issues = issues
        self._state = State()
        # When each was heard last. Those apart have a repair of their own in any case: a person ignores it.
        self._together: dict[str, float] = {}
        self._apart: dict[str, float] = {}
        # Whom the common repair told of since it took the place of theirs; none while each has its own.
        self._joined: set[str] = set()

    @callback
    def restore(self, state: State) -> None:
        """Tell again who was silent when the last run ended, and follow ``state`` from now on."""
        self._state = state
        for source_id, status in state.source_status.items():
            if status.lost:
                self._add(source_id, status.last_seen)
        if not self._joined and self._issues.is_left(COMMON):
            self._join(STILL_MANY)
        if self._joined:
            self._tell_all(anew=False)
        else:
            self._issues.solve(COMMON)

    @callback
    def lost(self, source_id: str, last_seen: float) -> None:
        """Tell that a source is silent. Who ignores that many are did not know of this one."""
        were_many, known = bool(self._joined), source_id in self._joined
        self._add(source_id, last_seen)
        if self._joined and source_id in self._together:
            self._tell_all(anew=were_many and not known)

    @callback
    def back(self, source_id: str) -> None:
        """Tell no longer that a source is silent."""
        self._issues.solve(_own(source_id))
        self._apart.pop(source_id, None)
        if self._together.pop(source_id, None) is None or not self._joined:
            return
        if len(self._together) >= STILL_MANY:
            self._tell_all(anew=False)
            return
        self._joined.clear()
        self._issues.solve(COMMON)
        for other in self._together:
            self._tell_one(other)

    @callback
    def prune(self) -> None:
        """Tell no longer of sources that were removed."""
        for source_id in [one for one in (*self._together, *self._apart) if one not in self._state.sources]:
            self.back(source_id)
        self._joined &= self._state.sources.keys()

    def _add(self, source_id: str, last_seen: float) -> None:
        """Note that a source is silent, and tell it by itself as long as there are few."""
        if source_id in self._apart or self._issues.is_ignored(_own(source_id)):
            self._apart[source_id] = last_seen
            self._tell_one(source_id)
            return
        self._together[source_id] = last_seen
        if self._joined:
            self._joined.add(source_id)
        elif len(self._together) > FEW:
            self._join(FEW + 1)
        if not self._joined:
            self._tell_one(source_id)

    def _join(self, least: int) -> None:
        """Let one repair take the place of those of each, but for those that a person ignores, if so many are left."""
        for source_id in list(self._together):
            if self._issues.is_ignored(_own(source_id)):
                self._apart[source_id] = self._together.pop(source_id)
        if len(self._together) >= least:
            self._joined.update(self._together)
            for source_id in self._together:
                self._issues.solve(_own(source_id))

    def _tell_one(self, source_id: str) -> None:
        def issue() -> Issue:
            since = self._apart.get(source_id, self._together.get(source_id))
            placeholders = {"source": source_with_devices(self._state, source_id), "since": local_time(since)}
            return Issue(key="source_lost", placeholders=placeholders)

        self._issues.raise_issue(_own(source_id), issue, Subject("sources", source_id))

    def _tell_all(self, *, anew: bool) -> None:
        self._issues.raise_issue(COMMON, self._common, anew=anew)

    def _common(self) -> Issue:
        count = len(self._together)
        named = [source_with_devices(self._state, one) for one in list(self._together)[:MOST_NAMED]]
        if count > MOST_NAMED:
            named.append(f"+ {count - MOST_NAMED}")
        sources = "\n".join(f"- {each}" for each in named)
        since = local_time(min(self._together.values(), default=None))
        return Issue(key=COMMON, placeholders={"count": str(count), "sources": sources, "since": since})


def source_with_devices(state: State, source_id: str) -> str:
    """Return a source with the first devices connected to it, by which people know it; inputs come first."""
    keys = sorted(state.source_devices.get(source_id, ()), key=lambda key: key not in state.inputs)
    names = [plain(name_of(key, state.inputs, state.outputs), LONGEST_NAME) for key in keys[:MOST_DEVICES]]
    source = plain(source_name(source_id, state.sources))
    if not names:
        return source
    more = f" + {len(keys) - MOST_DEVICES}" if len(keys) > MOST_DEVICES else ""
    return f"{source} ({', '.join(names)}{more})"


def local_time(at: float | None) -> str:
    """Return unix seconds as people in this home read it."""
    return UNKNOWN if at is None else f"{dt_util.as_local(dt_util.utc_from_timestamp(at)):%Y-%m-%d %H:%M:%S}"


def _own(source_id: str) -> str:
    return f"source_lost_{source_id}"
