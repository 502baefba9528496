"""Simulated devices: each speaks the wire as the real one does, with an encoder of its own.

Nothing here imports the integration, so that a mistake on one side cannot hide
the same mistake on the other. Devices live in the event loop that started them.
"""

from .amqp_link import AmqpLink
from .app import AppBrokers
from .boards import BoardInput, BoardRelay, IoBoard2023, IoBoard2024
from .camera import CameraProgram
from .device import Device, ReceivedCommand
from .esp import EspMeter, EspSensorBoard, EspSwitchBoard
from .links import Link, Wire
from .mqtt_link import MqttLink, Will
from .native import NativeDevice, NativePart, native_will
from .remote_monitor import RemoteMonitorApp
from .scene import draw_scene
from .snapshot_processor import SnapshotProcessorApp

__all__ = [
    "AmqpLink",
    "AppBrokers",
    "BoardInput",
    "BoardRelay",
    "CameraProgram",
    "Device",
    "EspMeter",
    "EspSensorBoard",
    "EspSwitchBoard",
    "IoBoard2023",
    "IoBoard2024",
    "Link",
    "MqttLink",
    "NativeDevice",
    "NativePart",
    "ReceivedCommand",
    "RemoteMonitorApp",
    "SnapshotProcessorApp",
    "Will",
    "Wire",
    "draw_scene",
    "native_will",
]
