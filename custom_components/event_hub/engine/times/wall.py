"""Between unix seconds and the clock on the wall, and times of day as people write them."""

from datetime import UTC, date, datetime, time, timedelta
import re
from typing import Final
from zoneinfo import ZoneInfo

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")


def local(now: float, zone: ZoneInfo) -> datetime:
    """Return what the clock on the wall shows at ``now`` (unix seconds), without a zone."""
    return (_EPOCH + timedelta(seconds=now)).astimezone(zone).replace(tzinfo=None)


def instant(day: date, second: int, zone: ZoneInfo) -> float:
    """Return when, in unix seconds, the clock on the wall first shows ``second`` after midnight of ``day`` or later.

    So a time that exists twice is its first one, and a time that the clock jumps over is the jump. A
    later time on the wall is never an earlier instant, which is what makes a week of them searchable.
    """
    wall = datetime.combine(day, time()) + timedelta(seconds=second)
    before, after = (_offset(wall, zone, fold) for fold in (0, 1))
    shown = (wall.replace(tzinfo=UTC) - _EPOCH) // _SECOND
    return float(shown - before if after <= before else _jump(wall, shown - after, shown - before, zone))


def parse_time(text: object) -> int | None:
    """Return seconds after midnight of a time such as 7:00, 22:00 or 22:00:30; ``None`` for anything else."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * HOUR + minutes * MINUTE + seconds


def format_time(second: int) -> str:
    """Return seconds after midnight as people write them: 22:00, and 22:00:30 where the seconds matter."""
    minutes, seconds = divmod(second, MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours:02}:{minutes:02}:{seconds:02}" if seconds else f"{hours:02}:{minutes:02}"


def _offset(wall: datetime, zone: ZoneInfo, fold: int) -> int:
    """Return the seconds east of Greenwich that count before (0) or after (1) a change close to ``wall``."""
    return (wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()) // _SECOND


def _jump(wall: datetime, low: int, high: int, zone: ZoneInfo) -> int:
    """Return the first second after ``low``, up to ``high``, at which the clock shows ``wall`` or later."""
    while high - low > 1:
        middle = (low + high) // 2
        if local(middle, zone) < wall:
            low = middle
        else:
            high = middle
    return high
