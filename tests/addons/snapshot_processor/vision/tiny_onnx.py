"""Makes ONNX files of a few lines: a model that finds red people and blue cars in a grid of sixteen fields.

A file is a message of protocol buffers, of which nested messages, numbers and bytes are all that is needed.
"""

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

SIDE = 64
FIELD = 16
LABELS = ("person", "car")
_FLOATS, _INTEGERS = 1, 7
_INTS = 7


class Shape(Enum):
    """How the answer is laid out."""

    YOLO5 = "[1, n, 5 + labels]"
    YOLO8 = "[1, 4 + labels, n]"
    TURNED = "[1, n, 4 + labels]"
    SIFTED = "[1, n, 6]"


def write_model(shape: Shape, labels: int = len(LABELS), side: int = SIDE) -> bytes:
    """Return a model for pictures of ``side`` pixels; labels beyond the two are never found."""
    head = 5 if shape is Shape.YOLO5 else 4
    channels, fields = head + (2 if shape is Shape.SIFTED else labels), (side // FIELD) ** 2
    weights = np.zeros((channels, 3, FIELD, FIELD), np.float32)
    # In grey there is nothing. What is sifted tells that there is red or blue, and then whether it is blue.
    seen = [(1, -2, 1), (0, -1, 1)] if shape is Shape.SIFTED else [(1, -0.5, -0.5), (-0.5, -0.5, 1)][:labels]
    for channel, colours in enumerate(seen, head):
        weights[channel] = np.array(colours, np.float32).reshape(3, 1, 1) / FIELD**2
    square = [FIELD, FIELD]
    nodes = [
        _node("Conv", ["picture", "weights"], "grid", _ints("kernel_shape", square), _ints("strides", square)),
        _node("Reshape", ["grid", "shape"], "rows"),
        _node("Add", ["rows", "places"], "found" if shape is Shape.YOLO8 else "upright"),
    ]
    result = [1, channels, fields]
    if shape is not Shape.YOLO8:
        nodes.append(_node("Transpose", ["upright"], "found", _ints("perm", [0, 2, 1])))
        result = [1, fields, channels]
    tensors = [
        _tensor("weights", weights),
        _tensor("shape", np.array([1, channels, fields], np.int64)),
        _tensor("places", _places(shape, channels, side)),
    ]
    graph = b"".join(
        (
            *(_bytes(1, node) for node in nodes),
            _bytes(2, b"tiny"),
            *(_bytes(5, tensor) for tensor in tensors),
            _bytes(11, _value("picture", [1, 3, side, side])),
            _bytes(12, _value("found", result)),
        )
    )
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _number(2, 13))


def _places(shape: Shape, channels: int, side: int) -> NDArray[np.float32]:
    """Return what is added to the colours: where each field is, and how sure a thing is there."""
    across = side // FIELD
    places = np.zeros((1, channels, across**2), np.float32)
    rows, columns = np.divmod(np.arange(across**2), across)
    if shape is Shape.SIFTED:
        places[0, :4] = np.array([columns, rows, columns + 1, rows + 1]) * FIELD
        return places
    places[0, 0], places[0, 1] = (columns + 0.5) * FIELD, (rows + 0.5) * FIELD
    places[0, 2:4] = FIELD
    if shape is Shape.YOLO5:
        places[0, 4] = 0.8
    return places


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _node(kind: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    parts = [_bytes(1, name.encode()) for name in inputs]
    parts += [_bytes(2, output.encode()), _bytes(3, output.encode()), _bytes(4, kind.encode())]
    return b"".join((*parts, *(_bytes(5, attribute) for attribute in attributes)))


def _ints(name: str, values: Sequence[int]) -> bytes:
    return _bytes(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, _INTS)


def _tensor(name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> bytes:
    kind = _INTEGERS if values.dtype == np.int64 else _FLOATS
    dimensions = b"".join(_number(1, size) for size in values.shape)
    return dimensions + _number(2, kind) + _bytes(8, name.encode()) + _bytes(9, values.tobytes())


def _value(name: str, shape: Sequence[int]) -> bytes:
    dimensions = b"".join(_bytes(1, _number(1, size)) for size in shape)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, _FLOATS) + _bytes(2, dimensions)))
