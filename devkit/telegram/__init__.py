"""Plays Telegram's Bot API, and the people behind it, over HTTP on loopback: its limits and faults included."""

from .faults import Bad, Blocked, Broken, Cut, Down, Fault, Flood, Hang, Slow
from .messages import Answer, Button, Picture, Sent
from .pace import Pace
from .server import FakeTelegram

__all__ = [
    "Answer",
    "Bad",
    "Blocked",
    "Broken",
    "Button",
    "Cut",
    "Down",
    "FakeTelegram",
    "Fault",
    "Flood",
    "Hang",
    "Pace",
    "Picture",
    "Sent",
    "Slow",
]
