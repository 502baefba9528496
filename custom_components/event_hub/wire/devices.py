"""Device maps, the way RabbitMQ devices and native ones describe their inputs and outputs."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from .apps import NOTHING_SEEN, read_seen
from .messages import Condition, InputReport, OutputReport, ParseError, Rejection, Scalar
from .reasons import Refused
from .values import TEXT_LIMIT, capitalised, exact_text, is_link, keep_extra, key, number, text, unix_time, wrong_type

DEVICE_LIMIT: Final = 1024

_ACTIVE_WORDS: Final = frozenset(("triggered", "on", "active"))
_SWITCHED: Final = {"on": True, "true": True, "off": False, "false": False}
_NORMAL_WORDS: Final = frozenset(("ok", "off", "normal", "clear", "cleared", "inactive", "idle"))

# What a key is called here, and what reads its value.
type _Readers = dict[str, tuple[str, Callable[[str, object], object]]]

_COMMON: Final[_Readers] = {
    "device_label": ("label", text),
    "type": ("type", text),
    "device_type": ("device_type", text),
    "location": ("location", text),
    "input_location": ("input_location", text),
    "group_name": ("group", text),
}
_INPUT: Final[_Readers] = {
    **_COMMON,
    "event_detail": ("detail", text),
    "sample_value": ("value", number),
}
_DESCRIBING: Final = frozenset(("device_key", *_COMMON))
_OUTPUT: Final[_Readers] = {
    **_COMMON,
    "device_params": ("params", exact_text),
    "trigger_topic": ("trigger_topic", exact_text),
}


class Reading:
    """What is known while the devices of one message are read, and what had to be refused."""

    __slots__ = ("image_triggers", "received_at", "rejections", "state_wins")

    def __init__(self, *, received_at: float, image_triggers: bool = False, state_wins: bool = False) -> None:
        """Read a message that arrived at ``received_at``.

        ``image_triggers``: a camera's image is its trigger, ``state_wins``: unless it says its state.
        """
        self.received_at = received_at
        self.image_triggers = image_triggers
        self.state_wins = state_wins
        self.rejections: list[Rejection] = []

    def refuse(self, error: ParseError) -> None:
        """Refuse a part; the rest is handled."""
        self.rejections.append(Rejection(reason=str(error.reason), detail=str(error)))

    def collect[T: (InputReport, OutputReport)](
        self, name: str, devices: object, read: Callable[[Any, Reading], T]
    ) -> tuple[T, ...]:
        """Read a list of devices; each that is bad is refused alone. Raises ``ParseError`` for no list."""
        if devices is None:
            return ()
        if type(devices) is not list:
            raise wrong_type(name, devices)
        found: dict[str, T] = {}
        for device in devices[:DEVICE_LIMIT]:
            try:
                report = read(device, self)
            except ParseError as error:
                self.refuse(error)
                continue
            if found.setdefault(report.device_key, report) is not report:
                problem = f"{report.device_key} is named twice in {name}"
                self.refuse(ParseError(Refused.DUPLICATE_KEY, problem))
        if len(devices) > DEVICE_LIMIT:
            problem = f"{len(devices)} {name}, more than {DEVICE_LIMIT}"
            self.refuse(ParseError(Refused.TOO_LARGE, problem))
        return tuple(found.values())

    def time(self, value: object) -> float | None:
        """Return unix seconds; a time that is none is refused and then not said."""
        try:
            return unix_time(value, self.received_at)
        except ParseError as error:
            self.refuse(error)
            return None


def read_input(device: object, reading: Reading) -> InputReport:
    """Read one input's map. Raises ``ParseError`` when the device is to be refused."""
    if type(device) is dict and _only_describes(device):
        return _described_input(tuple(device.items()))
    said, extra = _read(device, _INPUT)
    # Few events have any of these, and on the event path even a function that finds nothing counts.
    image = _image(extra, reading) if "image" in extra else None
    image_at = reading.time(extra.pop("image_timestamp")) if "image_timestamp" in extra else None
    link = extra.get("storage_url")
    if link is not None and is_link(link):
        del extra["storage_url"]
    else:
        link = None
    condition = _condition(extra) if "tamper" in extra else None
    active = _activity(extra, said["type"])
    if (
        image is not None
        and reading.image_triggers
        and (said["type"] or "").casefold() == "camera"
        and not (reading.state_wins and active is not None)
    ):
        active = True
    seen = read_seen(extra, reading.refuse) if extra and reading.state_wins else NOTHING_SEEN
    if active is False and seen.unclear:
        # Nobody looked: the picture triggers nothing, and does not tell that what was active is over.
        active = None
    return InputReport(
        device_key=said["key"],
        label=said["label"],
        type=said["type"],
        location=said["location"],
        group=said["group"],
        active=active,
        detail=said.get("detail"),
        value=said.get("value"),
        image=image,
        image_at=image_at,
        annotated=seen.annotated,
        detection=seen.detection,
        image_id=seen.image_id,
        storage_url=link,
        condition=condition,
        extra=_scalars(extra) if extra else {},
    )


def _only_describes(device: dict[object, object]) -> bool:
    """Whether a map says what an input is and nothing of what it does: so do nearly all, again and again."""
    for name, value in device.items():
        # What is too long is cut, and not kept whole in the memory of what was read before.
        if name not in _DESCRIBING or (value is not None and (type(value) is not str or len(value) > TEXT_LIMIT)):
            return False
    return True


@lru_cache(maxsize=4096)
def _described_input(device: tuple[tuple[str, str | None], ...]) -> InputReport:
    """Return the report of an input that only describes itself. Raises ``ParseError``."""
    said, _ = _read(dict(device), _INPUT)
    return InputReport(
        device_key=said["key"],
        label=said["label"],
        type=said["type"],
        location=said["location"],
        group=said["group"],
    )


def read_output(device: object, reading: Reading) -> OutputReport:
    """Read one output's map. Raises ``ParseError`` when the device is to be refused."""
    said, extra = _read(device, _OUTPUT)
    extra.pop("image", None)
    # A board of the fleet can be triggered, not switched, whatever it says of itself.
    is_on = _SWITCHED.get(str(extra.get("state")).strip().casefold()) if reading.state_wins else None
    if is_on is not None:
        del extra["state"]
    return OutputReport(
        device_key=said["key"],
        label=said["label"],
        type=said["type"],
        location=said["location"],
        group=said["group"],
        params=said.get("params"),
        trigger_topic=said.get("trigger_topic"),
        is_on=is_on,
        extra=_scalars(extra),
    )


def _read(device: object, readers: _Readers) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part a device map into what the readers know and the rest."""
    if type(device) is not dict:
        raise wrong_type("a device", device)
    said: dict[str, Any] = {"label": None, "type": None, "location": None, "group": None}
    rest: dict[str, Any] = {}
    for name, value in device.items():
        if value is None:
            continue
        reader = readers.get(name)
        if reader is not None:
            said[reader[0]] = reader[1](name, value)
        elif type(name) is str:
            rest[name] = value
        else:
            raise ParseError(Refused.WRONG_TYPE, "a device with a key that is no text")
    said["type"] = said["type"] or said.get("device_type")
    said["location"] = said["location"] or said.get("input_location")
    given = rest.pop("device_key", None)
    said["key"] = key("device_key", _derived(said) if given is None else given)
    return said, rest


def _derived(said: Mapping[str, Any]) -> str:
    """Make the key that a device without one is known by."""
    location, label, kind = said["location"], said["label"], said["type"]
    if location and label:
        return capitalised(location, label)
    if label:
        return str(label)
    if location and kind:
        return capitalised(location, kind)
    raise ParseError(Refused.BAD_KEY, "a device without device_key, and too little to derive one")


def _activity(extra: dict[str, Any], kind: str | None) -> bool | None:
    """Tell what ``state`` means; a word that means nothing here stays among the extras."""
    state = extra.get("state")
    if state is None:
        return None
    if type(state) is bool:
        active: bool | None = state
    elif type(state) is str:
        word = state.strip().casefold()
        active = word in _ACTIVE_WORDS
        if not active and word not in _NORMAL_WORDS:
            is_detector = kind is not None and kind.casefold().endswith("detector")
            return False if is_detector else None
    else:
        raise wrong_type("state", state)
    del extra["state"]
    return active


def _condition(extra: dict[str, Any]) -> Condition | None:
    """Take what a device says of itself; one that says nothing of tampering says nothing of the rest either."""
    tamper = extra.get("tamper")
    if type(tamper) is not bool:
        return None
    del extra["tamper"]
    fault = extra.pop("fault", None)
    low_battery = extra.get("low_battery")
    if type(low_battery) is bool:
        del extra["low_battery"]
    return Condition(
        tamper=tamper, fault=None if fault is None else text("fault", fault), low_battery=low_battery is True
    )


def _image(extra: dict[str, Any], reading: Reading) -> bytes | None:
    """Take the image. What is no image must not cost the event it came with."""
    image = extra.pop("image", None)
    if image is None:
        return None
    if type(image) is not bytes or not image:
        reading.refuse(ParseError(Refused.BAD_IMAGE, "an image that is no bytes, or none"))
        return None
    return image


def _scalars(rest: Mapping[str, Any]) -> dict[str, Scalar]:
    extra: dict[str, Scalar] = {}
    for name, value in rest.items():
        keep_extra(extra, name, value)
    return extra
