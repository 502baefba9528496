"""What the buttons under a message in a chat carry, which comes back as a command when one is pressed."""

from enum import StrEnum
from typing import Final

# Telegram takes no more with a button.
DATA_LIMIT: Final = 64


class Button(StrEnum):
    """What can be asked of an alarm with a button."""

    ACKNOWLEDGE = "acknowledge"
    SILENCE = "silence"


def button_data(button: Button, partition_id: str) -> str:
    """Return what a button carries; where the id is too long, the partition is then asked for."""
    data = f"/{button.value} {partition_id}"
    return data if len(data.encode()) <= DATA_LIMIT else f"/{button.value}"
