"""What devices do by themselves: one thread and a list of moments."""

from collections.abc import Callable
import heapq
import itertools
from threading import Condition, Thread
import time


class Timer:
    """A moment that can be called off."""

    def __init__(self, action: Callable[[], None], interval: float | None) -> None:
        """Remember what to do and, when it repeats, every how many seconds."""
        self.action = action
        self.interval = interval
        self.cancelled = False

    def cancel(self) -> None:
        """Forget it. Safe at any time, also twice."""
        self.cancelled = True


class Timers:
    """Runs actions when they are due.

    ``start`` runs them in a thread on the real clock. A test leaves it out and
    calls ``advance``, so that an hour passes at once and in order.
    """

    def __init__(self) -> None:
        """Begin at moment zero with nothing to do."""
        self._now = 0.0
        self._origin: float | None = None
        self._order = itertools.count()
        self._due: list[tuple[float, int, Timer]] = []
        self._changed = Condition()
        self._thread: Thread | None = None
        self._stopping = False

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return self._now if self._origin is None else time.monotonic() - self._origin

    def call_later(self, delay: float, action: Callable[[], None]) -> Timer:
        """Run ``action`` once, in ``delay`` seconds."""
        return self._add(delay, Timer(action, None))

    def call_every(self, interval: float, action: Callable[[], None]) -> Timer:
        """Run ``action`` every ``interval`` seconds, the first time after one interval."""
        return self._add(interval, Timer(action, interval))

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass at once. Only without ``start``."""
        end = self._now + seconds
        while (timer := self._take(end)) is not None:
            self._run(timer)
        self._now = end

    def start(self) -> None:
        """Follow the real clock from now on."""
        self._origin = time.monotonic() - self._now
        self._thread = Thread(target=self._follow_clock, name="device timers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Run nothing more."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(10)

    def _add(self, delay: float, timer: Timer) -> Timer:
        with self._changed:
            heapq.heappush(self._due, (self.now + delay, next(self._order), timer))
            self._changed.notify()
        return timer

    def _take(self, until: float) -> Timer | None:
        with self._changed:
            if not self._due or self._due[0][0] > until:
                return None
            moment, _, timer = heapq.heappop(self._due)
            self._now = max(self._now, moment)
            if timer.interval is not None and not timer.cancelled:
                heapq.heappush(self._due, (moment + timer.interval, next(self._order), timer))
            return timer

    @staticmethod
    def _run(timer: Timer) -> None:
        if not timer.cancelled:
            timer.action()

    def _follow_clock(self) -> None:
        while not self._stopping:
            if (timer := self._take(self.now)) is not None:
                self._run(timer)
                continue
            with self._changed:
                wait = self._due[0][0] - self.now if self._due else None
                if not self._stopping and (wait is None or wait > 0):
                    self._changed.wait(wait)
