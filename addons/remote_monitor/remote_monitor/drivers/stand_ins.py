"""Stand-ins for the modules of CircuitPython's own interpreter, which Adafruit's drivers import.

The project that supplies them on Linux brings hardware detection and GPIO libraries with it;
the port expander's driver needs three names of them.
"""

from __future__ import annotations

from enum import Enum
import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Direction(Enum):
    INPUT = "input"
    OUTPUT = "output"


class _Pull(Enum):
    UP = "up"
    DOWN = "down"


class _DriveMode(Enum):
    PUSH_PULL = "push-pull"
    OPEN_DRAIN = "open drain"


def install() -> None:
    """Make importable, where they are not, the modules that the port expander's driver imports."""
    _offer("micropython", const=lambda value: value)
    _offer("digitalio", Direction=_Direction, Pull=_Pull, DriveMode=_DriveMode, DigitalInOut=object)
    _offer("busio", I2C=object, SPI=object)
    _offer("circuitpython_typing", ReadableBuffer=bytes, WriteableBuffer=bytearray)


def _offer(name: str, **contents: Any) -> None:
    if name in sys.modules or importlib.util.find_spec(name) is not None:
        return
    module = ModuleType(name, "Stand-in for a module of CircuitPython.")
    vars(module).update(contents)
    sys.modules[name] = module
