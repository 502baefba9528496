"""A model that the user brought: an ONNX file whose answer is shaped as YOLO's, run by OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, override

import cv2
import numpy as np
from numpy.typing import NDArray

from ..images import Picture
from ..model import Box, Thing
from .catalogue import category_of
from .detector import Detector, DetectorError

type _Answer = NDArray[np.float32]

# The sides that models are exported with, the usual one first.
SIDES: Final = (640, 320, 416, 512, 960, 1_280)
_GREY: Final = (114, 114, 114)
_OVERLAP: Final = 0.45
_MOST: Final = 100
_LEAST: Final = 0.2
_LONGEST_LABEL: Final = 100
# Models that sift what they have found themselves answer with some hundred rows, 300 as a rule: corners, score, kind.
# Those that do not answer with thousands, which tells them apart where there are one or two labels.
_SIFTED: Final = 6
_MOST_SIFTED: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """A loaded model: it wants squares of ``side`` pixels."""

    net: cv2.dnn.Net
    labels: tuple[str, ...]
    side: int


class Onnx(Detector):
    """Runs a model with one of the answers that YOLO gives.

    ``[1, 4 + labels, n]`` (8, 9, 11), ``[1, n, 5 + labels]`` (5), or ``[1, n, 6]`` of at most 1000 rows that are
    sifted already (10, 26).
    """

    name = "onnx"

    def __init__(self, model: Path, labels: Path, *, sides: tuple[int, ...] = SIDES) -> None:
        """Use these files, the labels one on each line. They are loaded with the first picture."""
        self._paths = model, labels
        self._sides = sides
        self._model: _Model | None = None

    @override
    def find(self, picture: Picture) -> tuple[Thing, ...]:
        if self._model is None:
            self._model = _load(*self._paths, self._sides)
        model = self._model
        try:
            candidates = _candidates(_run(model.net, picture, model.side), len(model.labels))
        except cv2.error as error:
            raise DetectorError(f"The ONNX model failed: {error.err}") from error
        if candidates is None:
            raise DetectorError("The ONNX model does not answer as it did at first: check its labels and its size")
        return tuple(_things(candidates, model, picture))


def _load(path: Path, labels_path: Path, sides: tuple[int, ...]) -> _Model:
    labels = _read_labels(labels_path)
    try:
        net = cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))
    except (OSError, cv2.error) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no ONNX model that OpenCV can run"
        raise DetectorError(f"The ONNX model {path} cannot be read, {why}: give another file") from error
    blank = np.zeros((sides[0], sides[0], 3), np.uint8)
    picture = Picture(content=b"", kind="png", width=sides[0], height=sides[0], pixels=blank)
    shapes: list[list[int]] = []
    for side in sides:
        try:
            answer = _run(net, picture, side)
        except cv2.error:
            # The file does not tell its size in a way that OpenCV hands on, so it is found out.
            continue
        if _candidates(answer, len(labels)) is not None:
            return _Model(net=net, labels=labels, side=side)
        shapes.append(list(answer.shape))
    if not shapes:
        raise DetectorError(f"The ONNX model {path} takes no square pictures of {', '.join(map(str, sides))} pixels")
    raise DetectorError(
        f"The ONNX model {path} does not fit: its answer is {shapes[0]}, with {len(labels)} labels it should be"
        f" [1, {4 + len(labels)}, n], [1, n, {5 + len(labels)}] or [1, 300, 6]. Check {labels_path}, or export the"
        " model as YOLO 8"
    )


def _read_labels(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise DetectorError(f"The labels {path} cannot be read, {why}: write one label on each line") from error
    labels = tuple(line.strip().lower() for line in text.splitlines() if line.strip())
    if not labels or max(map(len, labels)) > _LONGEST_LABEL:
        raise DetectorError(f"The labels {path} cannot be used: write one label on each line")
    return labels


def _run(net: cv2.dnn.Net, picture: Picture, side: int) -> _Answer:
    """Return the model's answer as it is. Raises ``cv2.error``."""
    net.setInput(_letterbox(picture, side))
    return np.asarray(net.forward(), np.float32)


def _candidates(answer: _Answer, labels: int) -> _Answer | None:
    """Return rows of x, y, width, height and a score (0 to 1) for each label; ``None`` for another shape."""
    rows: _Answer | None = None
    match answer.shape:
        case (1, number, width) if width == _SIFTED and number <= _MOST_SIFTED:
            rows = _of_sifted(answer[0], labels)
        case (1, height, _) if height == 4 + labels:
            rows = answer[0].T
        case (1, _, width) if width == 5 + labels:
            rows = np.hstack((answer[0][:, :4], answer[0][:, 5:] * answer[0][:, 4:5]))
        case (1, _, width) if width == 4 + labels:
            rows = answer[0]
    return rows


def _of_sifted(found: _Answer, labels: int) -> _Answer | None:
    """Return the same as from models that do not sift; ``None`` where a kind has no label."""
    likely = found[np.isfinite(found).all(axis=1) & (found[:, 4] >= _LEAST)]
    kinds = np.rint(likely[:, 5])
    if np.any((kinds < 0) | (kinds >= labels)):
        return None
    rows = np.zeros((len(likely), 4 + labels), np.float32)
    rows[:, :2], rows[:, 2:4] = (likely[:, :2] + likely[:, 2:4]) / 2, likely[:, 2:4] - likely[:, :2]
    rows[np.arange(len(likely)), 4 + kinds.astype(np.intp)] = likely[:, 4]
    return rows


def _letterbox(picture: Picture, side: int) -> _Answer:
    """Return the picture as models want it: a square with grey beside it, its sides kept in proportion."""
    scale = side / max(picture.width, picture.height)
    width, height = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = cv2.resize(picture.pixels, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    square = np.full((side, side, 3), _GREY, np.uint8)
    left, top = (side - width) // 2, (side - height) // 2
    square[top : top + height, left : left + width] = small
    return np.asarray(cv2.dnn.blobFromImage(square, scalefactor=1 / 255, swapRB=True), np.float32)


def _things(candidates: _Answer, model: _Model, picture: Picture) -> Iterator[Thing]:
    kinds = candidates[:, 4:].argmax(axis=1)
    scores = candidates[:, 4:].max(axis=1)
    likely = np.isfinite(candidates).all(axis=1) & (scores >= _LEAST)
    boxes, kinds, scores = candidates[likely, :4], kinds[likely], scores[likely]
    corners = np.column_stack((boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]))
    kept = cv2.dnn.NMSBoxesBatched(corners.tolist(), scores.tolist(), kinds.tolist(), _LEAST, _OVERLAP)
    for index in sorted(map(int, np.ravel(kept)), key=lambda at: -float(scores[at]))[:_MOST]:
        box = _placed(corners[index], model.side, picture)
        label = model.labels[int(kinds[index])]
        if box is not None:
            confidence = min(100.0, float(scores[index]) * 100)
            yield Thing(label=label, category=category_of(label), confidence=confidence, box=box)


def _placed(corner: _Answer, side: int, picture: Picture) -> Box | None:
    """Return where in the picture a box of the square is, without what is beyond the edge."""
    scale = side / max(picture.width, picture.height)
    width, height = picture.width * scale, picture.height * scale
    x, y, w, h = (float(part) for part in corner)
    x, y = x - (side - width) // 2, y - (side - height) // 2
    left, top = max(0.0, x), max(0.0, y)
    right, bottom = min(width, x + w), min(height, y + h)
    if left >= right or top >= bottom:
        return None
    return Box(left=left / width, top=top / height, width=(right - left) / width, height=(bottom - top) / height)
