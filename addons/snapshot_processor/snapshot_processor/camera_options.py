"""One camera's options to its settings, and every option of it that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
import re
from typing import Final

from hub_relay.descriptions import Description, device_key
from hub_relay.links import Login
from hub_relay.options import LONGEST_TEXT, Reader

from .fetch import source
from .fetch.challenge import Auth
from .fetch.source import HttpSource, OnvifSource, Source
from .model import Look, Polygon
from .receive.jail import DEPTH, PathError, resolve
from .regions import parse_polygons
from .store import slug_of

TYPE: Final = "camera"
HOG: Final = "hog"
ONNX: Final = "onnx"
REKOGNITION: Final = "rekognition"
DETECTORS: Final = (HOG, ONNX, REKOGNITION)
OFF: Final = "off"
LONGEST_KEPT: Final = 3_650.0
ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WANTED: Final = re.compile(r"\s*([^:,]+?)\s*(?::\s*(\d+(?:\.\d+)?)\s*)?")
_TOPIC_SIGNS: Final = frozenset("+#\0")


class TriggeredBy(StrEnum):
    """What makes a camera's picture a trigger."""

    IMAGE = "image"
    """That it came, as with the cameras of the fleet."""
    DETECTION = "detection"
    """That something was found in it, or that nobody could look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera.

    Pictures come from its own ``account``, from below ``folder`` of the shared one (``None``: that is another's; not
    ``folder_named``: it goes by the location), from ``watched`` (a folder that others write to) and from ``topic``
    (MQTT); ``source`` is where one is fetched. ``keep_days``: 0 keeps for ever.
    """

    description: Description
    slug: str
    account: Login | None
    folder: str | None
    folder_named: bool
    watched: Path | None
    topic: str | None
    source: Source | None
    look: Look
    triggered_by: TriggeredBy
    keep_days: float
    archive: bool

    @property
    def key(self) -> str:
        """What it is known by."""
        return self.description.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What counts for cameras that do not say otherwise."""

    location: str
    detectors: tuple[str, ...]
    confirm: bool
    keep_days: float


def read_detectors(reader: Reader, default: tuple[str, ...]) -> tuple[str, ...]:
    """Read the option ``detectors``: names in the order in which they are asked, or ``off``."""
    text = reader.text("detectors", ",".join(default) or OFF)
    names = tuple(word for part in text.split(",") if (word := part.strip().lower()))
    if names == (OFF,) or not names:
        return ()
    if strangers := [name for name in names if name not in DETECTORS]:
        reader.problem("detectors", f"must be off, or some of {', '.join(DETECTORS)}, is {strangers[0]!r}")
        return default
    return tuple(dict.fromkeys(names))


def read_camera(part: Reader, defaults: Defaults) -> Camera:
    """Read one entry of the option ``cameras``."""
    label, place = part.text("label", "Camera"), part.text("location", "") or defaults.location
    key = device_key(place, label)
    if len(key) > LONGEST_TEXT:
        part.problem("label", f"and location must not be longer than {LONGEST_TEXT} characters together")
    group = part.text("group", "") or None
    login = _login(part, "")
    return Camera(
        description=Description(key=key, label=label, type=TYPE, location=place, group=group),
        slug=slug_of(key),
        account=_account(part),
        folder=_folder(part, place),
        folder_named=bool(part.text("folder", "")),
        watched=_watched(part),
        topic=_topic(part),
        source=_source(part, login),
        look=_look(part, defaults),
        triggered_by=TriggeredBy(
            part.choice("triggered_by", [str(one) for one in TriggeredBy], str(TriggeredBy.IMAGE))
        ),
        keep_days=part.number("keep_days", 0, LONGEST_KEPT, defaults.keep_days),
        archive=part.boolean("archive", default=True),
    )


def secrets_of(camera: Camera) -> Mapping[str, str]:
    """Return what may stand in no log, by what it is."""
    found = {}
    if camera.account is not None:
        found["account"] = camera.account.password
    if camera.source is not None and camera.source.login is not None:
        found["source"] = camera.source.login.password
    return found


def _login(part: Reader, prefix: str) -> Login | None:
    username, password = part.text(f"{prefix}username", ""), part.secret(f"{prefix}password", "")
    return Login(username=username, password=password) if username else None


def _account(part: Reader) -> Login | None:
    login = _login(part, "ftp_")
    if login is None:
        return None
    if not ACCOUNT.fullmatch(login.username):
        part.problem("ftp_username", "must be 1 to 64 letters, digits, dots, _ or -, and begin with a letter or digit")
    if not login.password:
        part.problem("ftp_password", "must not be empty")
    return login


def _folder(part: Reader, location: str) -> str:
    """Read where its pictures are in the shared account: the fleet's are named after the place."""
    text = part.text("folder", "") or "".join(location.lower().split())
    try:
        # As the FTP server reads what a camera says.
        words = resolve((), text)
    except PathError:
        words = ()
    if not 0 < len(words) <= DEPTH:
        part.problem("folder", f"must be a folder such as porch or cameras/porch, is {text!r}")
    return "/".join(words)


def _watched(part: Reader) -> Path | None:
    text = part.text("watch_folder", "")
    if text and not Path(text).is_absolute():
        part.problem("watch_folder", f"must be a whole path such as /media/camera, is {text!r}")
    return Path(text) if text else None


def _topic(part: Reader) -> str | None:
    topic = part.text("mqtt_topic", "")
    if _TOPIC_SIGNS & set(topic):
        part.problem("mqtt_topic", "must name one topic, without + and #")
    return topic or None


def _source(part: Reader, login: Login | None) -> Source | None:
    url, onvif = part.text("snapshot_url", "", longest=2_000), part.text("onvif_url", "", longest=2_000)
    auth = Auth(part.choice("authentication", [str(one) for one in Auth], str(Auth.AUTO)))
    verify = part.boolean("verify_certificate", default=False)
    if url and onvif:
        part.problem("onvif_url", "must not be given together with snapshot_url")
    for name, text, template in (("snapshot_url", url, True), ("onvif_url", onvif, False)):
        if text and (problem := source.check(text, login=login, template=template)):
            part.problem(name, problem)
    if not part.sound or not (url or onvif):
        return None
    if url:
        return HttpSource(url=url, login=login, auth=auth, verify=verify)
    return OnvifSource(url=onvif, login=login, verify=verify)


def _look(part: Reader, defaults: Defaults) -> Look:
    confidence = part.number("confidence", 0, 100, 50)
    return Look(
        detectors=read_detectors(part, defaults.detectors),
        confirm=part.boolean("confirm", default=defaults.confirm),
        confidence=confidence,
        least=_least(part, confidence),
        zones=_polygons(part, "zones"),
        least_area=part.number("min_area", 0, 100, 0) / 100,
        masks=_polygons(part, "masks"),
        motion=part.number("motion", 0, 100, 0.5) / 100,
        cool_down=part.number("cool_down", 0, 3_600, 5),
    )


def _least(part: Reader, confidence: float) -> dict[str, float]:
    """Read ``labels``: what counts, and how sure a detector must be of it (``person:60, car``)."""
    text, least = part.text("labels", "", longest=1_000), {}
    for word in filter(None, (word.strip() for word in text.split(","))):
        found = _WANTED.fullmatch(word)
        if found is None or not 0 <= float(found[2] or 0) <= 100:  # noqa: PLR2004 - percent
            part.problem("labels", f"must be labels such as person:60,car, is {word!r}")
            continue
        least[found[1].lower()] = float(found[2]) if found[2] else confidence
    return least


def _polygons(part: Reader, name: str) -> tuple[Polygon, ...]:
    text = part.text(name, "", longest=2_000)
    try:
        return parse_polygons(text) if text else ()
    except ValueError as error:
        part.problem(name, f"cannot be used: {error}")
        return ()
