"""Amazon's detector: ``detect_labels`` of Rekognition, which costs money for each picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, override

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError as AwsConnectionError,
    ConnectTimeoutError,
    HTTPClientError,
    ReadTimeoutError,
)
import cv2
import numpy as np

from ..images import Picture, jpeg, presentable
from ..model import PERSON, Box, Category, Thing
from .catalogue import category_of
from .detector import Detector, DetectorError

# What the service takes; more than so many pixels make it slower to send, and no better.
_LARGEST: Final = 5_242_880
_LEAST_SIDE: Final = 80
_LONGEST: Final = 1_920
_MOST_LABELS: Final = 50
# Cameras ask for more; what is between is not paid twice.
_LEAST: Final = 20.0
TIMES: Final = Config(
    connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 2, "mode": "standard"}, tcp_keepalive=True
)
_PART: Final = 0.7
_TOO_OFTEN: Final = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "SlowDown",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_WRONG_KEY: Final = frozenset(
    {
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_REFUSED: Final = frozenset({"AccessDeniedException", "OptInRequired", "SubscriptionRequiredException"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A thing, and how special its label is: how many labels stand above it."""

    thing: Thing
    depth: int


class Rekognition(Detector):
    """Asks Amazon. A call is over within 13 seconds, however badly the network behaves."""

    name = "rekognition"
    paid = True

    def __init__(self, *, region: str, key_id: str, secret: str, endpoint: str | None = None) -> None:
        """Ask there with this key, at another address if ``endpoint`` (a URL) is given."""
        self._login = {"region_name": region, "aws_access_key_id": key_id, "aws_secret_access_key": secret}
        self._endpoint = endpoint
        self._client: Any = None

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"Rekognition(region={self._login['region_name']!r})"

    @override
    def find(self, picture: Picture) -> tuple[Thing, ...]:
        image, across, down = _sendable(picture)
        try:
            client = self._connected()
            answer = client.detect_labels(Image={"Bytes": image}, MaxLabels=_MOST_LABELS, MinConfidence=_LEAST)
            found = tuple(_read(answer["Labels"], across, down))
        except ClientError as error:
            raise DetectorError(_refusal(error)) from error
        except BotoCoreError as error:
            raise DetectorError(_trouble(error)) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Half an answer too: the library does not notice that the rest is missing.
            raise DetectorError(
                "Rekognition's answer cannot be understood: check the network and the address"
            ) from error
        return tuple(_each_person_once(found))

    def _connected(self) -> Any:
        if self._client is None:
            try:
                session = boto3.session.Session(**self._login)
                self._client = session.client("rekognition", endpoint_url=self._endpoint, config=TIMES)
            except ValueError as error:
                raise DetectorError("Rekognition's region or address cannot be used: check the options") from error
        return self._client


def _sendable(picture: Picture) -> tuple[bytes, float, float]:
    """Return a JPEG that the service takes, and how much wider and higher than the picture it is."""
    shown = max(picture.width, picture.height)
    scale = min(1.0, _LONGEST / shown)
    if min(picture.width, picture.height) * scale >= _LEAST_SIDE:
        return presentable(picture, _LONGEST, _LARGEST), 1.0, 1.0
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA)
    right, below = max(0, _LEAST_SIDE - size[0]), max(0, _LEAST_SIDE - size[1])
    wide = cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    content = jpeg(wide.astype(np.uint8, copy=False))
    return content, (size[0] + right) / size[0], (size[1] + below) / size[1]


def _refusal(error: ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    if code in _TOO_OFTEN:
        return "Rekognition is asked too often for this account: make the cool-down longer, or ask Amazon for more"
    if code in _WRONG_KEY:
        return "Rekognition does not accept the key: check key and secret in the options, and the clock"
    if code in _REFUSED:
        return "The key may not use Rekognition: allow its user rekognition:DetectLabels in Amazon's IAM"
    # The text beside the code may repeat the key.
    return f"Rekognition refused the picture: {code}"


def _trouble(error: BotoCoreError) -> str:
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return "Rekognition does not answer in time: check the network"
    if isinstance(error, HTTPClientError | AwsConnectionError):
        return "Rekognition cannot be reached: check the network and the region"
    return f"Rekognition cannot be asked ({type(error).__name__}): check region, key and address in the options"


def _read(labels: Iterable[Mapping[str, Any]], across: float, down: float) -> Iterator[_Found]:
    for label in labels:
        parents = [str(parent["Name"]) for parent in label.get("Parents") or ()]
        name = str(label["Name"]).lower()
        category = category_of(name, parents)
        places: list[tuple[float, Box | None]] = [
            (float(one["Confidence"]), _box(one["BoundingBox"], across, down)) for one in label.get("Instances") or ()
        ]
        for confidence, box in places or [(float(label["Confidence"]), None)]:
            thing = Thing(label=name, category=category, confidence=confidence, box=box)
            yield _Found(thing=thing, depth=len(parents))


def _box(said: Mapping[str, Any], across: float, down: float) -> Box:
    left, top = max(0.0, float(said["Left"]) * across), max(0.0, float(said["Top"]) * down)
    right = min(1.0, (float(said["Left"]) + float(said["Width"])) * across)
    bottom = min(1.0, (float(said["Top"]) + float(said["Height"])) * down)
    return Box(left=left, top=top, width=max(0.0, right - left), height=max(0.0, bottom - top))


def _each_person_once(found: Sequence[_Found]) -> Iterator[Thing]:
    """Yield things, and of ``person``, ``adult``, ``woman`` and ``face``, which are one person, the most general."""
    people = [one for one in found if one.thing.category is Category.PERSON]
    people.sort(key=lambda one: (one.thing.label != PERSON, one.depth, -one.thing.confidence))
    placed: list[Thing] = []
    for one in people:
        if one.thing.box is not None and not any(_is_part(one.thing, whole) for whole in placed):
            placed.append(one.thing)
    # Labels without a place do not tell of how many people they are.
    yield from placed or [one.thing for one in people[:1]]
    yield from (one.thing for one in found if one.thing.category is not Category.PERSON)


def _is_part(thing: Thing, whole: Thing) -> bool:
    one, other = thing.box, whole.box
    if one is None or other is None or thing.label == whole.label:
        return False
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return (
        width > 0 and height > 0 and width * height >= _PART * min(one.width * one.height, other.width * other.height)
    )
