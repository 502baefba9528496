"""Golden messages: how the files under ``contract/`` are read and compared."""

import base64
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
import json
from pathlib import Path
from typing import Any

import msgpack

from custom_components.event_hub.wire.messages import (
    Command,
    Dialect,
    InputReport,
    MeterCommand,
    OutputReport,
    Source,
    Transport,
)

CONTRACT = Path(__file__).parents[2] / "contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """One file of the contract."""

    name: str
    content: Mapping[str, Any]

    def body(self, part: Mapping[str, Any]) -> bytes:
        """Encode the body that the file or its part ``sends`` describes."""
        return encode(part["encoding"], part["body"])


def load(*folders: str) -> list[Golden]:
    """Return every golden message of these folders."""
    paths = sorted(path for folder in folders for path in (CONTRACT / folder).glob("*.json"))
    assert paths, f"no golden messages in {folders}"
    return [
        Golden(name=f"{path.parent.name}/{path.stem}", content=json.loads(path.read_text(encoding="utf-8")))
        for path in paths
    ]


def encode(encoding: str, body: Any) -> bytes:
    """Return the bytes of a body."""
    plain = from_json(body)
    match encoding:
        case "msgpack":
            return bytes(msgpack.packb(plain))
        case "json":
            return json.dumps(plain).encode()
        case "raw":
            assert isinstance(plain, bytes)
            return plain
    raise AssertionError(f"unknown encoding {encoding}")


def decode(encoding: str, body: bytes) -> Any:
    """Return what a body says."""
    return msgpack.unpackb(body) if encoding == "msgpack" else json.loads(body)


def from_json(value: Any) -> Any:
    """Put bytes where the file describes some."""
    match value:
        case {"$bytes": str(text)}:
            return base64.b64decode(text)
        case {"$text": str(text)}:
            return text.encode()
        case {"$size": int(size)}:
            return bytes(size)
        case dict():
            return {key: from_json(item) for key, item in value.items()}
        case list():
            return [from_json(item) for item in value]
    return value


def to_json(value: Any) -> Any:
    """Describe a parsed message the way the files do: only what differs from a field's default."""
    if is_dataclass(value) and not isinstance(value, type):
        said = {"is": type(value).__name__} if type(value).__name__ in _NAMED else {}
        kept = (field for field in fields(value) if getattr(value, field.name) != _default(field))
        return said | {field.name: to_json(getattr(value, field.name)) for field in kept}
    match value:
        case Enum():
            return value.value
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case tuple() | list():
            return [to_json(item) for item in value]
        case Mapping():
            return {key: to_json(item) for key, item in value.items()}
    return value


def command(said: Mapping[str, Any]) -> Command:
    """Build the command that a file describes."""
    return Command(
        **{
            **said,
            "source": source(said["source"]),
            "output": OutputReport(**said["output"]),
            "cause": InputReport(**from_json(said["cause"])),
            "channels": tuple(said.get("channels", ())),
        }
    )


def meter_command(said: Mapping[str, Any]) -> MeterCommand:
    """Build the meter command that a file describes."""
    return MeterCommand(**{**said, "source": source(said["source"])})


def source(said: Mapping[str, Any]) -> Source:
    """Build the source that a file describes."""
    kinds = {"dialect": Dialect(said["dialect"]), "transport": Transport(said["transport"])}
    return Source(**{**said, **kinds})


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


_NAMED = frozenset(("Report", "Availability", "CommandResult", "ImageFrame"))
