"""The pictures that a snapshot processor keeps, asked of it over HTTP with the token it gave.

What comes back is checked like any message: the app may be of another version,
and what answers at its address may be something else.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
import json
import re
from typing import Any, Final
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, hdrs

LISTING_TIMEOUT: Final = ClientTimeout(total=10, sock_connect=5)
PICTURE_TIMEOUT: Final = ClientTimeout(total=60, sock_connect=5, sock_read=10)
LISTING_LIMIT: Final = 4 * 1024 * 1024
TEXT_LIMIT: Final = 255
# More digits than any picture's number or any count has; what has more is neither.
MOST_DIGITS: Final = 18
COUNT_LIMIT: Final = 10**MOST_DIGITS
# The first of January 3000: later times are none, and few calendars take all of them.
LATEST: Final = 32_503_680_000.0
PICTURE_TYPES: Final = frozenset(("image/jpeg", "image/png"))
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
SLUG: Final = re.compile(r"[\w-]{1,255}")
IMAGE_ID: Final = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}")
# Where the next page of a day begins; what it is made of is the app's affair.
POSITION: Final = re.compile(r"[\w.,:;~+-]{1,80}")


class PictureKind(StrEnum):
    """Which form of a picture is wanted: as it came, with what was found drawn into it, or small."""

    CLEAN = "clean"
    MARKED = "marked"
    THUMBNAIL = "thumbnail"


class PictureProblem(StrEnum):
    """What kept a picture or a list from coming: fixed words for translations."""

    AWAY = "away"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    GONE = "gone"
    UNEXPECTED = "unexpected"


class PictureError(Exception):
    """The app did not give what it was asked for; ``detail`` is for people and holds no token."""

    def __init__(self, problem: PictureProblem, detail: str) -> None:
        """Keep the word and its particulars."""
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureApp:
    """Where an app's pictures are: ``url`` without a path, and the ``token`` that it asks for.

    ``source_id`` is the source as which the app reports, ``None`` where that is not known.
    """

    url: str
    token: str = field(repr=False)
    source_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPictures:
    """A camera and how many pictures of it are kept."""

    slug: str
    label: str
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPictures:
    """A day (YYYY-MM-DD) and how many pictures of it are kept."""

    day: str
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A kept picture, taken at unix seconds ``taken_at``; ``marked`` if there is one with what was found drawn in."""

    id: int
    taken_at: float
    summary: str | None
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturePage:
    """Some pictures of a day, newest first, and where those before them begin, if there are any."""

    pictures: tuple[Picture, ...]
    before: str | None


class PictureClient:
    """Asks one app. Every method raises ``PictureError``, and nothing else, when it gets no answer."""

    def __init__(self, session: ClientSession, app: PictureApp) -> None:
        """Ask ``app`` over ``session``."""
        self._session = session
        self._app = app

    async def async_cameras(self) -> tuple[CameraPictures, ...]:
        """Return the cameras of which pictures are kept."""
        answer = await self._async_list("/api/cameras")
        return _read_all(answer, "cameras", _read_camera)

    async def async_days(self, slug: str) -> tuple[DayPictures, ...]:
        """Return the days of which a camera has pictures, newest first."""
        answer = await self._async_list(f"/api/cameras/{quote(slug, safe='')}/days")
        return _read_all(answer, "days", _read_day)

    async def async_pictures(self, slug: str, day: str, before: str | None = None) -> PicturePage:
        """Return pictures of a day, newest first; those before the position ``before`` if one is given."""
        path = f"/api/cameras/{quote(slug, safe='')}/days/{quote(day, safe='')}"
        answer = await self._async_list(path, {} if before is None else {"before": before})
        following = answer.get("next")
        if type(following) is int:
            following = str(following)
        known = isinstance(following, str) and POSITION.fullmatch(following) is not None
        return PicturePage(
            pictures=_read_all(answer, "images", _read_picture),
            before=following if known else None,
        )

    @asynccontextmanager
    async def open(
        self, image_id: int, kind: PictureKind, headers: Mapping[str, str] | None = None
    ) -> AsyncGenerator[ClientResponse]:
        """Ask for a picture and hand over its answer: 200 with a picture to be read, or 304 for a match of ``headers``.

        Errors while it is read are raised as ``PictureError`` too.
        """
        path = f"/api/images/{image_id}" + ("" if kind is PictureKind.CLEAN else f"/{kind}")
        async with self._ask(path, PICTURE_TIMEOUT, headers=headers) as response:
            if response.status == HTTPStatus.OK and response.content_type not in PICTURE_TYPES:
                raise PictureError(PictureProblem.UNEXPECTED, f"{response.content_type} is no picture")
            yield response

    async def _async_list(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        async with self._ask(path, LISTING_TIMEOUT, query=query) as response:
            if response.status != HTTPStatus.OK:
                raise PictureError(PictureProblem.UNEXPECTED, f"it answers {response.status}")
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > LISTING_LIMIT:
                    raise PictureError(PictureProblem.UNEXPECTED, f"more than {LISTING_LIMIT} bytes")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise PictureError(PictureProblem.UNEXPECTED, "its answer is no JSON") from error
        if not isinstance(answer, dict):
            raise PictureError(PictureProblem.UNEXPECTED, "its answer is no JSON object")
        return answer

    @asynccontextmanager
    async def _ask(
        self,
        path: str,
        timeout: ClientTimeout,  # noqa: ASYNC109 - what aiohttp takes
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[ClientResponse]:
        """Ask, and turn what goes wrong into words. Redirects are not followed: the token is for this address."""
        try:
            async with self._session.get(
                self._app.url + path,
                params=query,
                headers={**(headers or {}), hdrs.AUTHORIZATION: f"Bearer {self._app.token}"},
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                _check(response)
                yield response
        except TimeoutError as error:
            raise PictureError(PictureProblem.TIMEOUT, "no answer in time") from error
        except (ClientError, OSError) as error:
            raise PictureError(PictureProblem.AWAY, str(error) or type(error).__name__) from error


def _check(response: ClientResponse) -> None:
    """Raise ``PictureError`` for what is neither a success nor unchanged."""
    match response.status:
        case HTTPStatus.OK | HTTPStatus.NOT_MODIFIED:
            return
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise PictureError(PictureProblem.REFUSED, "it does not take the token")
        case HTTPStatus.NOT_FOUND:
            raise PictureError(PictureProblem.GONE, "it is not kept, or no longer")
        case status:
            raise PictureError(PictureProblem.UNEXPECTED, f"it answers {status}")


def _read_all[T](answer: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    """Read a list; what is not understood of it is left out. Raises ``PictureError`` where there is none."""
    listed = answer.get(name)
    if not isinstance(listed, list):
        raise PictureError(PictureProblem.UNEXPECTED, f"its answer has no {name}")
    found: list[T] = []
    for item in listed:
        try:
            found.append(read(item))
        except KeyError, TypeError, ValueError, OverflowError:
            continue
    return tuple(found)


def _read_camera(item: Mapping[str, Any]) -> CameraPictures:
    slug = _matching(SLUG, item["slug"])
    return CameraPictures(slug=slug, label=_text(item.get("label")) or slug, images=_count(item["images"]))


def _read_day(item: Mapping[str, Any]) -> DayPictures:
    return DayPictures(day=_matching(DAY, item["day"]), images=_count(item["images"]))


def _read_picture(item: Mapping[str, Any]) -> Picture:
    taken_at = float(item["taken_at"])
    # The comparison is also what stops what is no number.
    if not 0 <= taken_at < LATEST:
        raise ValueError("no time")
    return Picture(
        id=_count(item["id"]),
        taken_at=taken_at,
        summary=_text(item.get("summary")),
        marked=item.get("marked") is True,
    )


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ValueError("not as it should be")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < COUNT_LIMIT:
        raise ValueError("no count")
    return value


def _text(value: Any) -> str | None:
    return value[:TEXT_LIMIT] if isinstance(value, str) and value else None
