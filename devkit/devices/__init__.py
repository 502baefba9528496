"""Simulated devices: each speaks the wire as the real one does, with an encoder of its own.

Nothing here imports the integration, so that a mistake on one side cannot hide
the same mistake on the other.
"""

from .amqp_link import AmqpLink
from .boards import BoardInput, BoardRelay, IoBoard2023, IoBoard2024
from .camera import CameraProgram
from .device import Device, Happening, Notice, ReceivedCommand, Surroundings
from .esp import EspMeter, EspSensorBoard, EspSwitchBoard
from .links import Address, Link, LinkTimeoutError, Wire
from .mqtt_link import MqttLink, Will
from .native import NativeDevice, NativePart, native_will
from .scene import draw_scene
from .timers import Timer, Timers

__all__ = [
    "Address",
    "AmqpLink",
    "BoardInput",
    "BoardRelay",
    "CameraProgram",
    "Device",
    "EspMeter",
    "EspSensorBoard",
    "EspSwitchBoard",
    "Happening",
    "IoBoard2023",
    "IoBoard2024",
    "Link",
    "LinkTimeoutError",
    "MqttLink",
    "NativeDevice",
    "NativePart",
    "Notice",
    "ReceivedCommand",
    "Surroundings",
    "Timer",
    "Timers",
    "Will",
    "Wire",
    "draw_scene",
    "native_will",
]
