"""What only the apps tell: what is in their pictures, how their parts are doing, what they spend.

All of it is optional, and what is wrong with a part of it is refused alone: a
trigger must not be lost for a box that lies outside its picture.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
import re
from typing import Any, Final

from .detection import Box, Category, Detection, DetectionStatus, Thing
from .messages import ParseError
from .reasons import Refused
from .values import Refuse, key, number, optional, text, wrong_type
from .wellbeing import Budget, PartHealth

THING_LIMIT: Final = 100
PART_LIMIT: Final = 32
COUNT_LIMIT: Final = 2**53

_CORNERS: Final = 4
_MOST_CONFIDENT: Final = 100.0
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an event tells of a picture besides the picture: what is in it, what is drawn into it, its number there.

    ``unclear`` where it tells of a detection that does not say what there is, or not in words of this hub.
    """

    annotated: bytes | None = None
    detection: Detection | None = None
    image_id: int | None = None
    unclear: bool = False


NOTHING_SEEN: Final = Seen()


def read_seen(extra: dict[str, Any], refuse: Refuse) -> Seen:
    """Take what an app tells of a picture out of ``extra``."""
    annotated = extra.pop("image_annotated", None)
    if annotated is not None and (type(annotated) is not bytes or not annotated):
        refuse(ParseError(Refused.BAD_IMAGE, "an annotated image that is no bytes, or none"))
        annotated = None
    said = extra.pop("detection", None)
    detection = None if said is None else optional("detection", said, _detection_reader(refuse), refuse)
    return Seen(
        annotated=annotated,
        detection=detection,
        image_id=optional("image_id", extra.pop("image_id", None), _count, refuse),
        unclear=said is not None and (detection is None or detection.status is not DetectionStatus.DONE),
    )


def read_health(value: object, refuse: Refuse) -> tuple[PartHealth, ...] | None:
    """Return how the parts of an app are doing, ``None`` where it does not say."""
    if value is None:
        return None
    if type(value) is not dict:
        refuse(wrong_type("health", value))
        return None
    if len(value) > PART_LIMIT:
        refuse(ParseError(Refused.TOO_LARGE, f"{len(value)} parts in health, more than {PART_LIMIT}"))
    parts = (optional(name, said, _part_reader(refuse), refuse) for name, said in list(value.items())[:PART_LIMIT])
    return tuple(part for part in parts if part is not None)


def read_budget(value: object, refuse: Refuse) -> Budget | None:
    """Return what an app spends, ``None`` where it does not say."""
    if value is None:
        return None
    if type(value) is not dict:
        refuse(wrong_type("budget", value))
        return None
    readers: dict[str, Callable[[str, object], object]] = {
        field.name: _cost if field.name.startswith("cost") else _count for field in fields(Budget)
    }
    readers["currency"] = _currency
    said: dict[str, Any] = {name: optional(name, value.get(name), read, refuse) for name, read in readers.items()}
    return Budget(**said)


def _detection_reader(refuse: Refuse) -> Callable[[str, object], Detection]:
    def read_detection(name: str, value: object) -> Detection:
        said = _map_of(name, value)
        status = said.get("status")
        if type(status) is not str or status not in DetectionStatus:
            raise ParseError(Refused.BAD_STATUS, "a detection that is none of " + ", ".join(DetectionStatus))
        things = _things(said.get("objects"), refuse)
        people = optional("people", said.get("people"), _count, refuse)
        if people is None:
            people = sum(thing.category is Category.PERSON for thing in things)
        return Detection(
            status=DetectionStatus(status),
            reason=optional("reason", said.get("reason"), text, refuse),
            detector=optional("detector", said.get("detector"), text, refuse),
            people=people,
            things=things,
        )

    return read_detection


def _things(value: object, refuse: Refuse) -> tuple[Thing, ...]:
    if value is None:
        return ()
    if type(value) is not list:
        refuse(wrong_type("objects", value))
        return ()
    if len(value) > THING_LIMIT:
        refuse(ParseError(Refused.TOO_LARGE, f"{len(value)} objects in a picture, more than {THING_LIMIT}"))
    found = (optional("an object", said, _thing_reader(refuse), refuse) for said in value[:THING_LIMIT])
    return tuple(thing for thing in found if thing is not None)


def _thing_reader(refuse: Refuse) -> Callable[[str, object], Thing]:
    def read_thing(name: str, value: object) -> Thing:
        said = _map_of(name, value)
        label = text("label", said.get("label"))
        if label is None:
            raise ParseError(Refused.WRONG_TYPE, "an object without a label")
        category = said.get("category")
        return Thing(
            label=label,
            # A word of a later app is still something that was found.
            category=Category(category) if type(category) is str and category in Category else Category.OTHER,
            confidence=optional("confidence", said.get("confidence"), _confidence, refuse),
            box=optional("box", said.get("box"), _box, refuse),
        )

    return read_thing


def _box(name: str, value: object) -> Box:
    if type(value) is not list or len(value) != _CORNERS:
        raise ParseError(Refused.WRONG_TYPE, f"a {name} that is no left, top, width, height")
    left, top, width, height = (_within(name, part, 1.0) for part in value)
    return Box(left=left, top=top, width=width, height=height)


def _confidence(name: str, value: object) -> float:
    return _within(name, value, _MOST_CONFIDENT)


def _cost(name: str, value: object) -> float:
    return _within(name, value, COUNT_LIMIT)


def _within(name: str, value: object, most: float) -> float:
    measured = number(name, value)
    if measured is None or not 0 <= measured <= most:
        raise ParseError(Refused.WRONG_TYPE, f"{name} is not from 0 to {most:g}")
    return float(measured)


def _count(name: str, value: object) -> int:
    if type(value) is not int:
        raise wrong_type(name, value)
    if not 0 <= value < COUNT_LIMIT:
        raise ParseError(Refused.WRONG_TYPE, f"{name} is no count")
    return value


def _currency(name: str, value: object) -> str:
    if type(value) is not str or _CURRENCY.fullmatch(value) is None:
        raise ParseError(Refused.WRONG_TYPE, f"a {name} that is no code of three letters")
    return value


def _part_reader(refuse: Refuse) -> Callable[[str, object], PartHealth]:
    def read_part(name: str, value: object) -> PartHealth:
        said = _map_of("health", value)
        is_ok = said.get("ok")
        if type(is_ok) is not bool:
            raise wrong_type("ok", is_ok)
        return PartHealth(
            name=key("part", name),
            ok=is_ok,
            detail=optional("detail", said.get("detail"), text, refuse),
        )

    return read_part


def _map_of(name: str, value: object) -> dict[str, Any]:
    if type(value) is not dict:
        raise wrong_type(name, value)
    return value
