"""A service: its stages started in order, watched, and stopped in reverse.

Stages are given sinks first: links, publisher, what feeds it, and sources
last. So everybody finds the next one running, and at the end the sources stop
before those who still have to pass on what is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import logging
import signal
import threading
import time
from types import FrameType
from typing import Any, Final, Self

from .signals import Flag
from .stages import Relays, Stage

LOG: Final = logging.getLogger(__name__)
# Supervisor kills after 10 s.
STOP_WITHIN: Final = 8.0
# What one stuck stage may take from those after it, in seconds.
STAGE_WITHIN: Final = 4.0
OK: Final = "ok"
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_LOOK_EVERY: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTimes:
    """Limits of stopping, in seconds: in all, for one stage, and for one that may be left behind."""

    total: float = STOP_WITHIN
    stage: float = STAGE_WITHIN
    expendable: float = 0.5


class Service:
    """Runs stages until a signal, ``stop``, or the end of one of them."""

    def __init__(
        self,
        stages: Sequence[Stage],
        relays: Relays,
        *,
        times: StopTimes | None = None,
    ) -> None:
        """Take the stages in the order of their start, sinks first."""
        self._stages = tuple(stages)
        self._started: list[Stage] = []
        self._gate = threading.Lock()
        self._over = False
        self._relays = relays
        self._times = times or StopTimes()
        self._wake = Flag()
        self._stop_asked = False

    def run(self) -> int:
        """Run until told to stop; returns the exit code, 0 after an orderly end. For the main thread."""
        with _Signals(self._on_signal):
            try:
                for stage in self._stages:
                    with self._gate:
                        self._start(stage)
                self._watch()
            finally:
                left = self._stop_all()
        stuck = [stage.name for stage in left if not stage.expendable]
        if stuck:
            LOG.error("Did not stop in time: %s", ", ".join(stuck))
        if not left:
            self._relays.close()
            self._wake.close()
        failed = any(stage.failure is not None for stage in self._stages)
        return 1 if failed or stuck else 0

    def add(self, sinks: Sequence[Stage]) -> None:
        """Start more stages, which are stopped after all others; any thread may, at any time of the service.

        Once the service stops, they are given back unused.
        """
        with self._gate:
            if self._over:
                for stage in sinks:
                    stage.release()
                return
            for stage in sinks:
                self._start(stage)
            # Nobody who feeds them may be left behind when they end.
            self._started = [*sinks, *(stage for stage in self._started if stage not in sinks)]
            self._stages = (*sinks, *self._stages)

    def stop(self) -> None:
        """Ask for an orderly end; any thread may, and returns at once."""
        self._stop_asked = True
        self._wake.set()

    def stages_health(self, now: float | None = None) -> dict[str, str]:
        """Return for each stage ``ok``, or what is wrong with it; ``now`` is monotonic."""
        now = time.monotonic() if now is None else now
        return {stage.name: _health(stage, now) for stage in self._stages}

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        LOG.info("Stopping: %s", signal.Signals(number).name)
        self.stop()

    def _watch(self) -> None:
        while not self._stop_asked and all(stage.failure is None for stage in self._stages):
            self._wake.wait(_LOOK_EVERY)
            self._wake.clear()

    def _start(self, stage: Stage) -> None:
        stage.start(self._wake.set)
        self._started.append(stage)
        LOG.debug("Stage %s started", stage.name)

    def _stop_all(self) -> list[Stage]:
        """Stop the last started first and return who still runs."""
        with self._gate:
            self._over = True
            started = self._started
        deadline = time.monotonic() + self._times.total
        for stage in reversed(started):
            stage.stop()
            patience = self._times.expendable if stage.expendable else self._times.stage
            stage.join(min(deadline - time.monotonic(), patience))
        return [stage for stage in started if not stage.join(0)]


def _health(stage: Stage, now: float) -> str:
    if not stage.alive:
        return "not running"
    still = stage.still_for(now)
    if still > stage.still_after:
        return f"stands still for {still:.0f} s"
    return stage.trouble or OK


class _Signals:
    """Handles the signals that end a service, for the length of a ``with`` block."""

    def __init__(self, handler: Callable[[int, FrameType | None], None]) -> None:
        self._handler = handler
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._handler)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
