"""Serves pictures to people who are logged in: those that apps keep, and those of the alarm memory.

Where those of apps come from, and the token, stay here.
"""

import hashlib
from http import HTTPStatus
import re
from typing import Final

from aiohttp import ClientResponse, hdrs, web
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from .const import DOMAIN, LOGGER
from .picture_apps import all_picture_apps, client_of
from .transports.pictures import IMAGE_ID, PictureError, PictureKind, PictureProblem

URL: Final = "/api/event_hub/images"
CHUNK: Final = 64 * 1024
# Far more than any camera takes; what answers without end is no picture.
LARGEST: Final = 64 * 1024 * 1024
_FORWARDED: Final = (hdrs.ETAG, hdrs.CACHE_CONTROL)
# What a path may hold as it is: of all else servers, proxies and browsers each make something of their own.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@callback
def async_register_view(hass: HomeAssistant) -> None:
    """Offer the pictures under ``URL``."""
    hass.http.register_view(PictureView())
    hass.http.register_view(AlarmPictureView())


def path_of(app: str, image_id: int, kind: PictureKind) -> str:
    """Return under which path a picture is served."""
    form = "" if kind is PictureKind.CLEAN else f"/{kind}"
    return f"{URL}/{_word_of(app)}/{image_id}{form}"


def path_of_alarm(name: str) -> str:
    """Return under which path a picture of the alarm memory is served."""
    return f"{URL}/alarm/{name}"


def _word_of(app: str) -> str:
    """Return what stands for an app in a path: its name, or a hash where a path cannot hold that."""
    if _PLAIN.fullmatch(app) is not None:
        return app
    # No plain name begins like this.
    return "~" + hashlib.blake2b(app.encode(), digest_size=8).hexdigest()


class PictureView(HomeAssistantView):
    """Hands pictures through, chunk by chunk."""

    url = f"{URL}/{{app}}/{{image_id:{IMAGE_ID.pattern}}}"
    extra_urls = [f"{url}/{{kind:{PictureKind.MARKED}|{PictureKind.THUMBNAIL}}}"]  # noqa: RUF012 - as it is declared
    name = "api:event_hub:images"

    async def get(
        self, request: web.Request, app: str, image_id: str, kind: str = PictureKind.CLEAN
    ) -> web.StreamResponse:
        """Answer with the picture; 404 where there is none (any more), 502 where its app does not give it."""
        hass = request.app[KEY_HASS]
        known = next((known for name, known in all_picture_apps(hass).items() if _word_of(name) == app), None)
        if known is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        answer: web.StreamResponse | None = None
        try:
            async with client_of(hass, known).open(int(image_id), PictureKind(kind), _asked(request)) as response:
                answer = _begin(response)
                if response.status == HTTPStatus.OK:
                    await _hand_through(request, response, answer)
        except PictureError as error:
            if answer is not None and answer.prepared:
                LOGGER.debug("A picture of %s broke off: %s", app, error)
                _break_off(request)
                return answer
            gone = error.problem is PictureProblem.GONE
            return web.Response(status=HTTPStatus.NOT_FOUND if gone else HTTPStatus.BAD_GATEWAY)
        return answer


class AlarmPictureView(HomeAssistantView):
    """Shows the pictures of the alarm memory, which the hub keeps itself until they are acknowledged."""

    # Longer than any number of a picture: an app may be called "alarm".
    url = f"{URL}/alarm/{{name:[0-9a-f]{{32}}}}"
    name = "api:event_hub:alarm_images"

    async def get(self, request: web.Request, name: str) -> web.Response:
        """Answer with the picture; 404 where it is not kept (any more)."""
        for entry in request.app[KEY_HASS].config_entries.async_loaded_entries(DOMAIN):
            image = await entry.runtime_data.alarm.pictures.async_read(name)
            if image is not None:
                headers = {"X-Content-Type-Options": "nosniff", hdrs.CACHE_CONTROL: "private, max-age=86400"}
                return web.Response(body=image.content, content_type=image.content_type, headers=headers)
        return web.Response(status=HTTPStatus.NOT_FOUND)


def _asked(request: web.Request) -> dict[str, str]:
    """Return what goes along to the app: what is kept already, and that lengths are those of the picture itself."""
    headers: dict[str, str] = {hdrs.ACCEPT_ENCODING: "identity"}
    if (match := request.headers.get(hdrs.IF_NONE_MATCH)) is not None:
        headers[hdrs.IF_NONE_MATCH] = match
    return headers


def _begin(response: ClientResponse) -> web.StreamResponse:
    """Return an answer with the app's words about the picture. Raises ``PictureError`` for one that is too large."""
    headers: dict[str, str] = {name: response.headers[name] for name in _FORWARDED if name in response.headers}
    if response.status != HTTPStatus.OK:
        return web.Response(status=response.status, headers=headers)
    headers["X-Content-Type-Options"] = "nosniff"
    answer = web.StreamResponse(headers=headers)
    answer.content_type = response.content_type
    if hdrs.CONTENT_ENCODING not in response.headers:
        answer.content_length = response.content_length
    _check_size(response.content_length or 0)
    return answer


async def _hand_through(request: web.Request, response: ClientResponse, answer: web.StreamResponse) -> None:
    await answer.prepare(request)
    size = 0
    async for chunk in response.content.iter_chunked(CHUNK):
        size += len(chunk)
        _check_size(size)
        await answer.write(chunk)
    await answer.write_eof()


def _check_size(size: int) -> None:
    if size > LARGEST:
        raise PictureError(PictureProblem.UNEXPECTED, f"more than {LARGEST} bytes are no picture")


def _break_off(request: web.Request) -> None:
    """Cut the connection: the half that was sent must not pass for the whole."""
    if request.transport is not None:
        request.transport.abort()
