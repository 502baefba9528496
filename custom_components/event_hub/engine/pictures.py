"""What pictures tell of an input: when they were taken, and what a detector found in them."""

from typing import Any

from ..wire.detection import Detection, DetectionStatus
from ..wire.messages import InputReport
from .deadlines import Timer
from .effects import Detected
from .model import InputRecord, InputStatus
from .state import Draft


def note(
    draft: Draft, record: InputRecord, before: InputStatus, device: InputReport, *, active: bool | None
) -> dict[str, Any]:
    """Return what a report with a picture, or one after it, changes of the input's status, by the status's names.

    People are seen until a detector finds none, or the input is clear: by its word, or after its hold.
    """
    news: dict[str, Any] = {}
    if device.image is not None:
        news["image_at"] = device.image_at or draft.now
        # What was found in the picture before says nothing of this one.
        news |= {"detection": None, "detection_reason": None}
    detection = device.detection
    if detection is None:
        if active is False and before.people:
            news["people"] = 0
        return news
    news |= {"detection": detection.status, "detection_reason": detection.reason}
    if detection.status is DetectionStatus.DONE:
        news["people"] = detection.people
        _found(draft, record, device, detection, news)
        if detection.people and not active:
            # What is not active is not cleared either.
            draft.arm(Timer.HOLD, record.key, draft.now + record.rule.hold)
    return news


def _found(draft: Draft, record: InputRecord, device: InputReport, detection: Detection, news: dict[str, Any]) -> None:
    if not detection.things:
        return
    news["detected_at"] = draft.now
    draft.effects.append(Detected(input_key=record.key, detection=detection, image_id=device.image_id))
