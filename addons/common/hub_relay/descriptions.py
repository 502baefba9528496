"""How a device describes itself and is known by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a device tells of itself in every heartbeat."""

    key: str
    label: str
    type: str
    location: str
    group: str | None = None

    def wire(self) -> dict[str, object]:
        """Return it as a message has it."""
        said: dict[str, object] = {
            "device_key": self.key,
            "device_label": self.label,
            "type": self.type,
            "location": self.location,
        }
        return said if self.group is None else {**said, "group_name": self.group}


def device_key(location: str, label: str) -> str:
    """Return a device's identity: its place and label, each word capitalised, as the fleet makes it."""
    return " ".join(word.capitalize() for word in f"{location} {label}".split())
