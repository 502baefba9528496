"""Plays the part of Amazon's Rekognition, on loopback: checks what it is sent, and answers what it is told to."""

import base64
import binascii
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
import json
import re
import sys
import threading
from typing import Any, Final, Self, override
import uuid

from PIL import Image

from .broker_process import LOOPBACK

LARGEST: Final = 5_242_880
LEAST_SIDE: Final = 80
MOST_SIDE: Final = 10_000
_TARGET: Final = "RekognitionService.DetectLabels"
_CONTENT_TYPE: Final = "application/x-amz-json-1.1"
_SIGNATURE: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/[a-z0-9-]+/rekognition/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}"
)

type Label = Mapping[str, object]


class Mood(StrEnum):
    """What it does instead of looking."""

    THROTTLE = "ThrottlingException"
    EXCEED = "ProvisionedThroughputExceededException"
    WRONG_KEY = "UnrecognizedClientException"
    DENY = "AccessDeniedException"
    FAIL = "InternalServerError"
    HANG = "hang"
    """Says nothing until the end of the ``with`` block."""
    CUT = "cut"
    """Ends the connection in the middle of the answer."""
    BABBLE = "babble"
    """Answers JSON that is no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A picture it was asked about: by which key, how large, and what was wanted."""

    key_id: str
    size: int
    width: int
    height: int
    kind: str
    most_labels: int
    least: float


class RefusedError(Exception):
    """A request that the real service would refuse with this code."""

    def __init__(self, code: str, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.code = code


def label(
    name: str,
    confidence: float,
    *boxes: tuple[float, float, float, float],
    parents: Sequence[str] = (),
) -> Label:
    """Return a label as the service tells it: with ``boxes`` (left, top, width, height in fractions) or without."""
    keys = ("Left", "Top", "Width", "Height")
    instances = [{"BoundingBox": dict(zip(keys, box, strict=True)), "Confidence": confidence} for box in boxes]
    return {
        "Name": name,
        "Confidence": confidence,
        "Instances": instances,
        "Parents": [{"Name": parent} for parent in parents],
        "Aliases": [],
        "Categories": [{"Name": "Anything"}],
    }


class FakeRekognition:
    """Answers ``DetectLabels`` with ``labels``, or first with what is ``scripted``, one for each call.

    ``calls`` are those that had a proper picture, ``attempts`` counts all.
    """

    def __init__(self, *labels: Label) -> None:
        """Prepare; a ``with`` block runs it."""
        self.labels: tuple[Label, ...] = labels
        self.scripted: deque[Mood | tuple[Label, ...]] = deque()
        self.calls: list[Call] = []
        self.attempts = 0
        self.over = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="rekognition")

    @property
    def url(self) -> str:
        """What is given as the endpoint."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def next_answer(self) -> Mood | tuple[Label, ...]:
        """Return what comes next."""
        return self.scripted.popleft() if self.scripted else self.labels

    def __enter__(self) -> Self:
        """Serve within the block."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and let go of those that hang."""
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(HTTPServer):
    """Serves one after the other: while it hangs, all wait."""

    def __init__(self, service: FakeRekognition) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.service = service

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of who gives up waiting: that is what the caller tests."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        service = self.server.service
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        service.attempts += 1
        answer = service.next_answer()
        if answer is Mood.HANG:
            service.over.wait()
            return
        if isinstance(answer, Mood) and answer not in {Mood.CUT, Mood.BABBLE}:
            self._refuse(answer, f"Told to answer {answer}")
            return
        try:
            call = self._check(body)
        except RefusedError as error:
            self._refuse(error.code, str(error))
            return
        service.calls.append(call)
        if isinstance(answer, Mood):
            self._answer(HTTPStatus.OK, {"Labels": "none"}, cut=answer is Mood.CUT)
        else:
            self._answer(HTTPStatus.OK, {"LabelModelVersion": "3.0", "Labels": _wanted(answer, call)})

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a request is what the caller expected."""

    def _check(self, body: bytes) -> Call:
        if self.headers.get("X-Amz-Target") != _TARGET or self.headers.get("Content-Type") != _CONTENT_TYPE:
            raise RefusedError("UnknownOperationException", "No such operation")
        signature = _SIGNATURE.fullmatch(self.headers.get("Authorization", ""))
        if signature is None or "X-Amz-Date" not in self.headers:
            raise RefusedError("MissingAuthenticationTokenException", "Missing Authentication Token")
        try:
            asked = json.loads(body)
            content = base64.b64decode(asked["Image"]["Bytes"], validate=True)
            most, least = int(asked.get("MaxLabels", 1_000)), float(asked.get("MinConfidence", 55))
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise RefusedError("SerializationException", f"Not valid: {error!r}") from error
        width, height, kind = _look_at(content)
        return Call(
            key_id=signature["key"],
            size=len(content),
            width=width,
            height=height,
            kind=kind,
            most_labels=most,
            least=least,
        )

    def _refuse(self, code: str, message: str) -> None:
        status = HTTPStatus.INTERNAL_SERVER_ERROR if code == Mood.FAIL else HTTPStatus.BAD_REQUEST
        self._answer(status, {"__type": code, "Message": message})

    def _answer(self, status: HTTPStatus, content: Mapping[str, object], *, cut: bool = False) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", _CONTENT_TYPE)
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)


def _look_at(content: bytes) -> tuple[int, int, str]:
    if not 1 <= len(content) <= LARGEST:
        raise RefusedError("ImageTooLargeException", f"{len(content)} bytes")
    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
            image.load()
            (width, height), kind = image.size, str(image.format)
    except (OSError, SyntaxError) as error:
        raise RefusedError("InvalidImageFormatException", str(error)) from error
    if min(width, height) < LEAST_SIDE or max(width, height) > MOST_SIDE:
        raise RefusedError("InvalidParameterException", f"{width}x{height} pixels")
    return width, height, kind


def _wanted(labels: Sequence[Label], call: Call) -> list[Label]:
    return [each for each in labels if float(str(each["Confidence"])) >= call.least][: call.most_labels]
