"""What is shown under Repairs of channels that fail, and of what nobody could be told, with what to do about it."""

from collections.abc import Iterable
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.issue_registry import IssueSeverity
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .engine.telling.model import Channel, Telling, Topic
from .issues import Issue, IssueList, plain
from .outputs.notify.message import Failure, Problem

UNDELIVERED: Final = "telling_undelivered"
# One for each topic: whoever ignores one does not ignore the others.
STRANDED: Final = "telling_stranded"
# Networks fail for a moment; so often in a row is worth a look.
FAILURES: Final = 3
# What does not go away by itself is shown at once.
_LASTING: Final = frozenset({Problem.BLOCKED, Problem.REFUSED})


class TellingNotices:
    """Keeps what is shown in step with how telling goes. All methods belong in the event loop."""

    def __init__(self, hass: HomeAssistant, issues: IssueList) -> None:
        """Start with nothing to show."""
        self._hass = hass
        self._issues = issues
        self._failures: dict[str, int] = {}
        self._undelivered: dict[str, Telling] = {}
        self._stranded: dict[str, Telling] = {}
        self._lost: set[str] = set()

    @callback
    def failed(self, channel: Channel, failure: Failure) -> None:
        """Take that a channel did not get a message through."""
        if failure.problem is Problem.BUSY:
            # It is only slower than we are, and says so.
            return
        failures = self._failures.get(channel.channel_id, 0) + 1
        self._failures[channel.channel_id] = failures
        if failures < FAILURES and failure.problem not in _LASTING:
            return
        placeholders = {
            "channel": plain(channel.name),
            "target": plain(channel.target),
            "detail": plain(failure.detail),
        }
        issue = Issue(key=f"channel_{failure.problem.value}", placeholders=placeholders, severity=IssueSeverity.ERROR)
        self._issues.raise_issue(_of_channel(channel.channel_id), lambda: issue)

    @callback
    def worked(self, channel_id: str) -> None:
        """Take that a channel got a message through."""
        self._failures.pop(channel_id, None)
        self._issues.solve(_of_channel(channel_id))

    @callback
    def forget(self, channel_id: str) -> None:
        """Show no more of a channel that is gone or was changed."""
        self.worked(channel_id)

    @callback
    def undelivered(self, telling: Telling) -> None:
        """Show that nobody could be told of something critical."""
        self._undelivered[telling.telling_id] = telling
        self._show()

    @callback
    def stranded(self, telling: Telling) -> None:
        """Show that no channel is for something critical, until one is."""
        self._stranded[telling.telling_id] = telling
        self._issues.raise_issue(_of_topic(telling.topic), lambda: self._stranded_issue(telling))

    @callback
    def delivered(self, telling: Telling) -> None:
        """Show it no more: somebody was told, or nobody will ever be."""
        if self._undelivered.pop(telling.telling_id, None) is not None:
            self._show()
        if self._stranded.pop(telling.telling_id, None) is not None:
            topics = {each.topic for each in self._stranded.values()}
            if telling.topic not in topics:
                self._issues.solve(_of_topic(telling.topic))

    @callback
    def lost(self, telling: Telling) -> None:
        """Show that something critical will be told by nobody, as there is too much: until something critical is."""
        self.delivered(telling)
        self._lost.add(telling.telling_id)
        self.undelivered(telling)

    @callback
    def told(self, telling: Telling) -> None:
        """Take that somebody was told."""
        if telling.critical and self._lost:
            for telling_id in self._lost:
                self._undelivered.pop(telling_id, None)
            self._lost.clear()
            self._show()
        self.delivered(telling)

    @callback
    def show_anew(self, undelivered: Iterable[Telling], stranded: Iterable[Telling]) -> None:
        """Show what was told to nobody so far, and nothing else of that: other channels are used."""
        self._undelivered.clear()
        self._stranded.clear()
        self._lost.clear()
        # An earlier run may have left something as well.
        for issue_id in (UNDELIVERED, *(_of_topic(topic) for topic in Topic)):
            self._issues.solve(issue_id)
        for telling in undelivered:
            self.undelivered(telling)
        for telling in stranded:
            self.stranded(telling)

    def _show(self) -> None:
        if not self._undelivered:
            self._issues.solve(UNDELIVERED)
            return
        self._issues.raise_issue(UNDELIVERED, self._issue)

    def _issue(self) -> Issue:
        newest = max(self._undelivered.values(), key=lambda each: each.at, default=None)
        if newest is None:
            newest = Telling(telling_id="", at=0.0, topic=Topic.ALARM)
        placeholders = {**_named(newest), "count": str(len(self._undelivered))}
        return Issue(key=UNDELIVERED, placeholders=placeholders, severity=IssueSeverity.CRITICAL)

    def _stranded_issue(self, telling: Telling) -> Issue:
        # The topic is to be found in the form of a channel, so it is called as it is there.
        words = async_get_cached_translations(self._hass, self._hass.config.language, "selector", DOMAIN)
        topic = words.get(f"component.{DOMAIN}.selector.telling_topic.options.{telling.topic.value}")
        placeholders = {**_named(telling), "topic": topic or telling.topic.value.replace("_", " ")}
        return Issue(key=STRANDED, placeholders=placeholders, severity=IssueSeverity.CRITICAL)


def _named(telling: Telling) -> dict[str, str]:
    named = [telling.partition, telling.name]
    at = dt_util.as_local(dt_util.utc_from_timestamp(telling.at))
    return {"what": plain(": ".join(name for name in named if name)), "at": f"{at:%Y-%m-%d %H:%M:%S}"}


def _of_topic(topic: Topic) -> str:
    return f"{STRANDED}_{topic.value}"


def _of_channel(channel_id: str) -> str:
    return f"channel_{channel_id}"
