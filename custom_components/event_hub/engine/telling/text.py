"""What people read: label, detail, local time, a link, and what happened before (behaviour.md, 5).

Texts are plain: whoever sends them to where some signs mean something escapes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ..times.wall import DAY, HOUR, MINUTE, local as local_time
from .cutting import ELLIPSIS, cut, size, tidy
from .languages import sentences_of
from .languages.sentences import Plural, Sentences
from .model import TOGETHER, Recent, Telling, Topic

TITLE_LIMIT: Final = 100
# So many are named of those that fell silent together, and of the devices that this concerns.
NAMED_SOURCES: Final = 3
NAMED_DEVICES: Final = 6
# What is left of the first line, at least, before the link is left out instead, and then the time.
_LEAST: Final = 20
_MARK: Final = " · "
# What a device says may be no time that a calendar has.
_LAST: Final = 250_000_000_000.0
_LONGEST: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A message as people read it. ``title`` is empty where the message begins with it."""

    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads it: their language, the length of a message (UTF-16 units), and where they live.

    ``titled``: they see the title beside the message. ``now`` (unix seconds) tells what is of another day.
    """

    language: str
    limit: int
    zone: ZoneInfo
    titled: bool = True
    now: float | None = None


def compose(telling: Telling, reader: Reader, link: str | None = None) -> Composed:
    """Return the title and message of one telling. ``link`` leads to the picture or the panel; it is never cut."""
    says = sentences_of(reader.language)
    title = title_of(telling, says)
    first = _first_line(telling, says)
    if not reader.titled:
        first = first if telling.topic is Topic.TRIGGER and first else ": ".join(filter(None, (title, first)))
    lines = _fitted(first, _facts(telling, says, reader), link, reader.limit)
    for line in (*_affected(telling, says), *_past(telling, says, reader)):
        if not _add(lines, line, reader.limit):
            break
    title = cut(title, min(TITLE_LIMIT, reader.limit)) if reader.titled else ""
    return Composed(title=title, message="\n".join(lines))


def compose_all(tellings: Sequence[Telling], reader: Reader, link: str | None = None) -> Composed:
    """Return the title and message of several tellings, each with its fair share of the length.

    What happened to many at once is counted instead.
    """
    if len(tellings) == 1:
        return compose(tellings[0], reader, link)
    says = sentences_of(reader.language)
    topics = {telling.topic for telling in tellings}
    if len(topics) == 1 and topics <= TOGETHER:
        return compose(_counted(tellings, says), reader, link)
    title = phrase(says.events, len(tellings), says)
    lines = [] if reader.titled else [cut(title, reader.limit)]
    share = (reader.limit - size("\n".join(lines))) // max(1, len(tellings)) - 1
    for telling in tellings:
        about = "" if telling.topic is Topic.TRIGGER else f"{title_of(telling, says)}: "
        time = _time(telling.at, says, reader)
        line = cut(f"{about}{_first_line(telling, says)}", share - size(_MARK + time))
        _add(lines, f"{line}{_MARK}{time}" if line else cut(time, share), reader.limit)
    if link is not None:
        _add(lines, link, reader.limit)
    return Composed(title=cut(title, min(TITLE_LIMIT, reader.limit)) if reader.titled else "", message="\n".join(lines))


def title_of(telling: Telling, says: Sentences) -> str:
    """Return what a telling is about, and in which partition."""
    title: str = getattr(says.titles, telling.topic.value)
    if telling.topic is Topic.ALARM and telling.alarm_kind is not None:
        title = getattr(says.alarms, telling.alarm_kind.value)
    partition = tidy(telling.partition or "")
    return f"{title}, {partition}" if partition else title


def duration(seconds: float, says: Sentences) -> str:
    """Return a duration in its two greatest units: 1 min 15 s, 2 h 5 min, 3 d."""
    # Written so that what is no number is no time.
    whole = round(min(max(0.0, seconds), _LONGEST))
    units = ((DAY, says.units.days), (HOUR, says.units.hours), (MINUTE, says.units.minutes), (1, says.units.seconds))
    start = next((index for index, (length, _) in enumerate(units) if whole >= length), len(units) - 1)
    parts: list[str] = []
    for length, unit in units[start : start + 2]:
        count, whole = divmod(whole, length)
        if count or not parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def phrase(plural: Plural, number: int, says: Sentences) -> str:
    """Return a phrase with a number in its right form."""
    form = says.form(number)
    chosen = plural.one if form == "one" else plural.few if form == "few" and plural.few is not None else plural.other
    return chosen.format(n=number)


def _first_line(telling: Telling, says: Sentences) -> str:
    name = tidy(telling.name or telling.location or "")
    if telling.fault is not None:
        # What is wrong is not to be cut off where many names follow.
        return ": ".join(part for part in (getattr(says.faults, telling.fault.value), name) if part)
    detail = tidy(telling.detail or "")
    if telling.topic is Topic.DIGEST and telling.count:
        detail = detail or phrase(says.events, telling.count, says)
    return ": ".join(part for part in (name, detail) if part)


def _facts(telling: Telling, says: Sentences, reader: Reader) -> str:
    facts = []
    if telling.people:
        facts.append(phrase(says.people, telling.people, says))
    elif telling.faces:
        facts.append(phrase(says.faces, telling.faces, says))
    if telling.by:
        facts.append(says.by.format(name=cut(tidy(telling.by), 60)))
    if telling.lasted is not None:
        # What was silent is back after that time; all else has been as it is for so long.
        span = says.after if telling.topic is Topic.SOURCE_BACK else says.lasted
        facts.append(span.format(time=duration(telling.lasted, says)))
    if telling.until is not None:
        facts.append(says.until.format(time=_time(telling.until, says, reader, beside=telling.at)))
    facts.append(_time(telling.at, says, reader))
    return _MARK.join(facts)


def _time(at: float, says: Sentences, reader: Reader, *, beside: float | None = None) -> str:
    """Return the time on the wall, with the date if it is not that of ``beside``, or of today."""
    wall = _wall(at, reader.zone)
    other = reader.now if beside is None else beside
    shown = wall.strftime(says.clock)
    shown = shown.removeprefix("0") if "%p" in says.clock else shown
    is_same_day = other is None or wall.date() == _wall(other, reader.zone).date()
    return shown if is_same_day else f"{wall.strftime(says.date)} {shown}"


def _wall(at: float, zone: ZoneInfo) -> datetime:
    return local_time(min(max(0.0, at), _LAST), zone)


def _fitted(first: str, facts: str, link: str | None, limit: int) -> list[str]:
    """Return the lines that matter; what is cut is the detail, unless that would leave hardly any of it."""
    tails = [[facts, link], [facts], []] if link is not None and size(link) <= limit else [[facts], []]
    needed = min(size(first), _LEAST)
    for tail in tails:
        rest = [line for line in tail if line is not None]
        room = limit - sum(size(line) + 1 for line in rest)
        if not first and rest and room + 1 >= 0:
            return rest
        if room >= needed and first:
            return [cut(first, room), *rest]
    return [cut(first or facts, limit)]


def _counted(tellings: Sequence[Telling], says: Sentences) -> Telling:
    """Return one telling of what happened to several, of which the first are named."""
    names = [name for telling in tellings if (name := telling.name)]
    return Telling(
        telling_id=tellings[0].telling_id,
        at=min(telling.at for telling in tellings),
        topic=tellings[0].topic,
        label=phrase(says.sources, len(tellings), says),
        detail=_listed(names, len(tellings), says, NAMED_SOURCES),
        count=sum(telling.count for telling in tellings),
        affected=tuple(dict.fromkeys(name for telling in tellings for name in telling.affected)),
        areas=tuple(dict.fromkeys(area for telling in tellings for area in telling.areas)),
    )


def _affected(telling: Telling, says: Sentences) -> list[str]:
    """Return a line of what devices a silence concerns: of many, where they are."""
    if not telling.affected:
        return []
    is_short = max(telling.count, len(telling.affected)) <= NAMED_DEVICES or not telling.areas
    names, count = (telling.affected, telling.count) if is_short else (telling.areas, len(telling.areas))
    return [says.affected.format(names=_listed([tidy(name) for name in names], count, says, NAMED_DEVICES))]


def _listed(names: Sequence[str], count: int, says: Sentences, most: int) -> str:
    """Return the first names of so many, and how many more there are."""
    named = ", ".join(names[:most])
    left = max(count, len(names)) - len(names[:most])
    return f"{named} {phrase(says.more, left, says)}" if left else named


def _past(telling: Telling, says: Sentences, reader: Reader) -> list[str]:
    """Return a line for each thing that happened before, or in quiet hours."""
    lines = [_past_line(recent, telling, says, reader) for recent in telling.recent]
    if telling.topic is Topic.DIGEST:
        left = telling.count - sum(recent.count for recent in telling.recent)
        if left > 0 and lines:
            lines.append(phrase(says.more, left, says))
    return lines


def _past_line(recent: Recent, telling: Telling, says: Sentences, reader: Reader) -> str:
    what = ": ".join(part for part in (tidy(recent.label), tidy(recent.detail or "")) if part)
    if telling.topic is Topic.DIGEST:
        times = f" ({recent.count}x)" if recent.count > 1 else ""
        return f"{_time(recent.at, says, reader)} {what}{times}"
    before = telling.at - recent.at
    when = says.just_before if before < 1 else says.ago.format(time=duration(before, says))
    return f"{when}: {what}"


def _add(lines: list[str], line: str, limit: int) -> bool:
    """Add a line if it fits whole; else what says that there is more, if that does."""
    if size("\n".join((*lines, line))) <= limit:
        lines.append(line)
        return True
    has_mark = any(each.endswith(ELLIPSIS) for each in lines)
    if not has_mark and size("\n".join((*lines, ELLIPSIS))) <= limit:
        lines.append(ELLIPSIS)
    return False
