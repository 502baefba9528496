"""What the hub tells people under Repairs, as values, and the list of what it told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .deferred import Deferred

UNKNOWN: Final = "?"
LONGEST_TEXT: Final = 200
# Nobody reads more than this; what is beyond is counted, and shown as others are solved.
MOST_SHOWN: Final = 100
MORE: Final = "more_issues"
# What devices say of themselves must not become links or tags in the texts around it.
_HARMLESS: Final = str.maketrans("[]<>`\n", "()()' ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue. ``key`` is its translation.

    ``until_confirmed``: it stays, across restarts too, until a person has read
    it; every other one is there for as long as its cause.
    """

    key: str
    placeholders: Mapping[str, str]
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING
    until_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What an issue is about: a key in one of the state's tables."""

    table: str
    key: str


type Maker = Callable[[], Issue]


class IssueList:
    """The issues that are raised now. Raising and solving cost little; Repairs hears of it shortly after."""

    def __init__(self, hass: HomeAssistant, deferred: Deferred) -> None:
        """Start with none but what an earlier run left as a person ignores it, until it is known whether it is so."""
        self._hass = hass
        self._deferred = deferred
        self._left = {
            key for (domain, key), one in ir.async_get(hass).issues.items() if domain == DOMAIN and _stays(one)
        }
        self._raised: dict[str, Subject | None] = {}
        self._shown: set[str] = set()
        self._held: dict[str, Maker] = {}
        self._anew: set[str] = set()

    def __contains__(self, issue_id: str) -> bool:
        """Say whether an issue is raised."""
        return issue_id in self._raised

    def is_left(self, issue_id: str) -> bool:
        """Say whether a person ignores an issue of an earlier run, and it is not known yet whether it is still so."""
        return issue_id in self._left

    def is_ignored(self, issue_id: str) -> bool:
        """Say whether a person ignores an issue that is shown, or is left of an earlier run."""
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, issue_id)
        return issue is not None and _stays(issue)

    def raise_issue(self, issue_id: str, make: Maker, about: Subject | None = None, *, anew: bool = False) -> None:
        """Raise an issue, or change one that is raised; ``make`` is called when it is shown.

        ``anew``: what it tells is news to a person who ignores it, so that it is ignored no longer.
        """
        if anew:
            self._anew.add(issue_id)
        self._raised[issue_id] = about
        self._left.discard(issue_id)
        self._deferred.put(issue_id, partial(self._show, issue_id, make))

    def solve(self, issue_id: str) -> None:
        """Take an issue back, if it is raised, or was by an earlier run."""
        if issue_id in self._raised or issue_id in self._left:
            self._raised.pop(issue_id, None)
            self._left.discard(issue_id)
            self._anew.discard(issue_id)
            self._deferred.put(issue_id, partial(self._hide, issue_id))

    def solve_where(self, gone: Callable[[Subject], bool]) -> None:
        """Take back the issues about what is gone."""
        for issue_id in [one for one, about in self._raised.items() if about is not None and gone(about)]:
            self.solve(issue_id)

    def clear(self) -> None:
        """Take all back at once, except those that wait for a person's confirmation, and what is so and ignored.

        What is ignored would be shown again otherwise, once it is raised by the next run.
        """
        registry = ir.async_get(self._hass)
        for issue_id in (*self._shown, MORE):
            shown = registry.async_get_issue(DOMAIN, issue_id)
            if shown is None or shown.is_persistent or (issue_id in self._raised and _stays(shown)):
                continue
            registry.async_delete(DOMAIN, issue_id)
        self._raised.clear()
        self._shown.clear()
        self._held.clear()
        self._anew.clear()

    def _show(self, issue_id: str, make: Maker) -> None:
        if issue_id not in self._shown and len(self._shown) >= MOST_SHOWN:
            self._held[issue_id] = make
            self._deferred.put(MORE, self._count_held)
            return
        self._shown.add(issue_id)
        self._create(issue_id, make())

    def _hide(self, issue_id: str) -> None:
        if self._held.pop(issue_id, None) is None:
            self._shown.discard(issue_id)
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            if self._held:
                first = next(iter(self._held))
                self._show(first, self._held.pop(first))
        self._deferred.put(MORE, self._count_held)

    def _count_held(self) -> None:
        if self._held:
            self._create(MORE, Issue(key=MORE, placeholders={"count": str(len(self._held))}))
        else:
            ir.async_delete_issue(self._hass, DOMAIN, MORE)

    def _create(self, issue_id: str, issue: Issue) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=issue.until_confirmed,
            is_persistent=issue.until_confirmed,
            severity=issue.severity,
            translation_key=issue.key,
            translation_placeholders=dict(issue.placeholders),
        )
        if issue_id in self._anew:
            self._anew.discard(issue_id)
            ir.async_ignore_issue(self._hass, DOMAIN, issue_id, ignore=False)


def _stays(issue: ir.IssueEntry) -> bool:
    """Whether a person ignores an issue for as long as its cause is there."""
    return issue.dismissed_version is not None and not issue.is_persistent


def plain(text: str | None, longest: int = LONGEST_TEXT) -> str:
    """Return a text of a device or broker so that it is shown as it is, and not at any length."""
    return text[:longest].translate(_HARMLESS) if text else UNKNOWN


def forget_issues(hass: HomeAssistant) -> None:
    """Take back every issue of this integration, confirmed or not, because it is removed."""
    registry = ir.async_get(hass)
    for domain, issue_id in list(registry.issues):
        if domain == DOMAIN:
            registry.async_delete(domain, issue_id)
