"""Looks at pictures: the gate first, then the detectors in order, and what of their answer counts for the camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import logging
from typing import Final

from .budget import Budget
from .detect.detector import Detector, DetectorError, UnfitError
from .gate import Gatekeeper
from .images import Picture
from .model import Detection, Gate, Look, PartHealth, Status, Thing
from .regions import in_zones

LOG: Final = logging.getLogger(__name__)
# A detector that failed so often in a row is left alone for so many seconds, then tried once.
FAILURES: Final = 3
REST: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """How a detector has done of late."""

    failures: int = 0
    failed_at: float = 0.0
    reason: str | None = None

    def rests(self, now: float) -> bool:
        """Say whether it is left alone; a clock that was set back does not make that longer."""
        return self.failures >= FAILURES and 0 <= now - self.failed_at < REST


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a detector found that counts; or, without ``things``, why it did not answer: a reason, or no budget."""

    detector: str
    things: tuple[Thing, ...] | None = None
    failure: str | None = None


_WELL: Final = _Standing()


class Looker:
    """Looks at pictures of all cameras, one after the other. Belongs to one thread; any may ask for ``health``."""

    def __init__(self, detectors: Mapping[str, Detector], budget: Budget, gatekeeper: Gatekeeper | None = None) -> None:
        """Ask ``detectors`` by the names that cameras use, those that cost money within ``budget``."""
        self._detectors = dict(detectors)
        self._budget = budget
        self._gatekeeper = gatekeeper or Gatekeeper()
        self._standings: Mapping[str, _Standing] = {}

    def look(self, key: str, look: Look, picture: Picture, now: float, *, asked_for: bool) -> Detection:
        """Return what is in the picture of a camera. Of what somebody asked for, only the budget is a limit."""
        if not look.detectors:
            return Detection(status=Status.OFF)
        gate = self._gatekeeper.check(key, look, picture, now)
        if gate is not None and not asked_for:
            return Detection(status=Status.GATED, reason=gate)
        detection = self._detect(look, picture, now)
        if detection.status is Status.DONE:
            self._gatekeeper.looked(key, now, found=bool(detection.things))
        return detection

    def health(self) -> PartHealth:
        """Say which detectors fail again and again, and why."""
        failing = [
            f"{name}: {standing.reason}" for name, standing in self._standings.items() if standing.failures >= FAILURES
        ]
        return PartHealth(ok=not failing, detail="; ".join(failing) or None)

    def _detect(self, look: Look, picture: Picture, now: float) -> Detection:
        answers: list[_Answer] = []
        for name in look.detectors:
            answer = self._ask(name, look, picture, now)
            answers.append(answer)
            unconfirmed = look.confirm and len(answers) == 1 and answer.things
            if answer.things is not None and not unconfirmed:
                return _detection([answer])
        # Where nobody could confirm what the first found, that stands.
        return _detection(answers)

    def _ask(self, name: str, look: Look, picture: Picture, now: float) -> _Answer:
        standing = self._standings.get(name, _WELL)
        if standing.rests(now):
            return _Answer(detector=name, failure=standing.reason)
        detector = self._detectors.get(name)
        if detector is not None and detector.paid and not self._budget.take(name, now):
            return _Answer(detector=name)
        try:
            things = _find(name, detector, picture)
        except UnfitError as error:
            # The camera's fault: the detector may not rest for that while others need it.
            return _Answer(detector=name, failure=str(error))
        except DetectorError as error:
            self._note_failure(name, str(error), now)
            return _Answer(detector=name, failure=str(error))
        self._note_answer(name)
        return _Answer(detector=name, things=tuple(thing for thing in things if _counts(look, thing)))

    def _note_failure(self, name: str, reason: str, now: float) -> None:
        before = self._standings.get(name, _WELL)
        if reason != before.reason:
            LOG.warning("Detector %s: %s", name, reason)
        standing = _Standing(failures=before.failures + 1, failed_at=now, reason=reason)
        # A new mapping each time: another thread may be reading the old one.
        self._standings = {**self._standings, name: standing}

    def _note_answer(self, name: str) -> None:
        if name in self._standings:
            LOG.warning("Detector %s answers again", name)
            self._standings = {each: standing for each, standing in self._standings.items() if each != name}


def _find(name: str, detector: Detector | None, picture: Picture) -> tuple[Thing, ...]:
    if detector is None:
        raise DetectorError("It is not set up: complete its options, or leave it out of the camera's")
    try:
        return detector.find(picture)
    except DetectorError:
        raise
    except Exception as error:
        # Whatever is wrong with a detector, the picture goes out, and the other detectors are asked.
        LOG.exception("Detector %s broke down", name)
        raise DetectorError(f"It broke down ({type(error).__name__}), see the log") from error


def _detection(answers: Sequence[_Answer]) -> Detection:
    for answer in answers:
        if answer.things is not None:
            return Detection(status=Status.DONE, detector=answer.detector, things=answer.things)
    failed = [answer for answer in answers if answer.failure is not None]
    if failed:
        reason = "; ".join(f"{answer.detector}: {answer.failure}" for answer in failed)
        return Detection(status=Status.FAILED, reason=reason)
    return Detection(status=Status.GATED, reason=Gate.BUDGET)


def _counts(look: Look, thing: Thing) -> bool:
    if not look.least:
        least = look.confidence
    elif (named := look.least.get(thing.label, look.least.get(thing.category))) is not None:
        least = named
    else:
        return False
    covers = 1.0 if thing.box is None else thing.box.width * thing.box.height
    return thing.confidence >= least and covers >= look.least_area and in_zones(look.zones, thing.box)
