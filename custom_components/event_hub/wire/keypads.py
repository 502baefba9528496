"""What keypads and the alarm say to each other over MQTT: a state out, commands in, an answer to each command.

A command with anything wrong in it is refused whole: half of what somebody wants of an alarm may be its opposite.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import json
from typing import Any, Final

from .bodies import Body, check_size, load_json
from .messages import Outgoing, ParseError, Transport
from .reasons import Refused
from .reports import SCHEMA, check_schema
from .slug import slug
from .values import exact_text, key, text, unix_time, wrong_type

# No device of the hub has this for its topic.
KEYPADS: Final = "event_hub/alarm/"
COMMANDS: Final = f"{KEYPADS}+/command"
COMMAND_LIMIT: Final = 16 * 1024
ZONES_LIMIT: Final = 100


class Wanted(StrEnum):
    """What a keypad can ask for."""

    ARM = "arm"
    DISARM = "disarm"
    BYPASS = "bypass"
    END_BYPASS = "end_bypass"
    ACKNOWLEDGE = "acknowledge"
    SILENCE = "silence"
    PANIC = "panic"
    WALK_TEST = "walk_test"
    END_WALK_TEST = "end_walk_test"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeypadCommand:
    """What somebody asks for at a keypad. ``keypad`` is what it is called, ``request_id`` comes back in the answer.

    ``expires_at`` is in unix seconds; without it the command is taken whenever it comes.
    """

    action: Wanted
    mode: str | None = None
    code: str | None = field(default=None, repr=False)
    force: bool = False
    skip_delay: bool = False
    zones: tuple[str, ...] = ()
    silent: bool = False
    keypad: str | None = None
    request_id: str | None = None
    expires_at: float | None = None


def partition_of(topic: str) -> str | None:
    """Return the partition of a command's topic, as it stands there; ``None`` where it is no command's."""
    match topic.removeprefix(KEYPADS).split("/"):
        case [name, "command"] if name and topic.startswith(KEYPADS):
            return name
        case _:
            return None


def parse_command(payload: bytes, *, received_at: float) -> KeypadCommand:
    """Read a command. Raises ``ParseError``, whose text never has the code in it."""
    check_size(payload, COMMAND_LIMIT)
    body = load_json(payload)
    check_schema(body)
    return KeypadCommand(
        action=_action(body.get("action")),
        mode=_optional_text(body, "mode"),
        code=_optional_text(body, "code"),
        force=_flag(body, "force"),
        skip_delay=_flag(body, "skip_delay"),
        zones=_zones(body.get("zones")),
        silent=_flag(body, "silent"),
        keypad=None if body.get("keypad") is None else text("keypad", body["keypad"]),
        request_id=_optional_text(body, "id"),
        expires_at=unix_time(body.get("expires_at"), received_at),
    )


def encode_state(partition_id: str, state: Mapping[str, Any]) -> Outgoing:
    """Return the message that keypads show a partition by. It is retained."""
    return _outgoing(partition_id, "state", json.dumps({"schema": SCHEMA, **state}).encode(), retained=True)


def encode_gone(partition_id: str) -> Outgoing:
    """Return the message that takes the state of a removed partition from the broker."""
    return _outgoing(partition_id, "state", b"", retained=True)


def encode_answer(partition_id: str, answer: Mapping[str, Any], *, expires_in: float) -> Outgoing:
    """Return the message that tells a keypad what became of its command, for as long as anybody waits for it."""
    return _outgoing(partition_id, "result", json.dumps({"schema": SCHEMA, **answer}).encode(), expires_in=expires_in)


def _outgoing(
    partition_id: str, what: str, body: bytes, *, retained: bool = False, expires_in: float | None = None
) -> Outgoing:
    address = f"{KEYPADS}{slug(partition_id)}/{what}"
    return Outgoing(transport=Transport.MQTT, address=address, body=body, expires_in=expires_in, retained=retained)


def _action(value: object) -> Wanted:
    if type(value) is not str or value not in Wanted:
        raise ParseError(Refused.WRONG_TYPE, f"action is none of {', '.join(Wanted)}")
    return Wanted(value)


def _optional_text(body: Body, name: str) -> str | None:
    return None if body.get(name) is None else exact_text(name, body[name])


def _flag(body: Body, name: str) -> bool:
    value = body.get(name, False)
    if type(value) is not bool:
        raise wrong_type(name, value)
    return value


def _zones(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if type(value) is not list:
        raise wrong_type("zones", value)
    if len(value) > ZONES_LIMIT:
        raise ParseError(Refused.TOO_LARGE, f"more than {ZONES_LIMIT} zones")
    return tuple(key("zone", each) for each in value)
