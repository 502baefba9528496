"""What the settings name and a thread makes for itself: detectors with their budget, and the archive's queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import contextlib
import time
from typing import Any

from .archive.queue import ArchiveQueue
from .budget import Budget
from .camera_options import HOG, ONNX, REKOGNITION
from .detect.detector import Detector
from .detect.hog import Hog
from .detect.onnx import Onnx
from .detect.rekognition import Rekognition
from .ledger.ledger import Ledger, LedgerPlace
from .looker import Looker
from .settings import Settings


def make_looker(settings: Settings, ledger: Ledger) -> Looker:
    """Return who looks at pictures, with the detectors that some camera wants."""
    wanted = {name for camera in settings.cameras for name in camera.look.detectors}
    detectors: dict[str, Detector] = {}
    if HOG in wanted:
        detectors[HOG] = Hog()
    if ONNX in wanted and (onnx := settings.onnx) is not None:
        detectors[ONNX] = Onnx(onnx.model, onnx.labels)
    if REKOGNITION in wanted and (amazon := settings.rekognition) is not None:
        detectors[REKOGNITION] = Rekognition(
            region=amazon.region, key_id=amazon.key_id, secret=amazon.secret, endpoint=amazon.endpoint
        )
    return Looker(detectors, make_budget(settings, ledger))


def make_budget(settings: Settings, ledger: Ledger) -> Budget:
    """Return what may be spent, counted in the ledger."""
    amazon = settings.rekognition
    return Budget({REKOGNITION: amazon.allowance} if amazon else {}, ledger.paid_calls)


def budget_used(settings: Settings, ledger: Ledger) -> Mapping[str, Any] | None:
    """Return what a heartbeat tells of paid detection; ``None`` where there is none."""
    if settings.rekognition is None:
        return None
    used = make_budget(settings, ledger).used(REKOGNITION, time.time())
    return {
        "calls_today": used.today,
        "calls_per_day": used.per_day,
        "calls_this_month": used.month,
        "calls_per_month": used.per_month,
        "cost_today": used.cost_today,
        "cost_this_month": used.cost_month,
        "currency": "USD",
    }


@contextlib.contextmanager
def archive_queue(place: LedgerPlace) -> Iterator[ArchiveQueue]:
    """Open the archive's queue for the calling thread."""
    with place.open() as ledger:
        yield ledger.archive
