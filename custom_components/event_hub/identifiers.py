"""How the hub's sources and devices are called in Home Assistant's device registry."""

from typing import Final

from .const import DOMAIN
from .engine.model import BUILT_IN_SOURCE

DEVICE_PREFIX: Final = "device:"
HUB_IDENTIFIER: Final = (DOMAIN, BUILT_IN_SOURCE.source_id)


def source_identifier(source_id: str) -> tuple[str, str]:
    """Return the identifier of a source; the built-in source is the hub itself."""
    return (DOMAIN, source_id)


def device_identifier(key: str) -> tuple[str, str]:
    """Return the identifier of an input or output, which are one device where they share a key."""
    return (DOMAIN, f"{DEVICE_PREFIX}{key}")
