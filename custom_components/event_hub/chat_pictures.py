"""The picture that a camera was asked for in a chat: sent there once the camera has taken it."""

import asyncio
from typing import Final

from homeassistant.core import callback

from .chat_answers import ChatAnswers, Place
from .engine.chat.wording import Voice, short
from .hub import Hub
from .identifiers import name_of
from .storage.images import StoredImage
from .telling_pictures import ToldPictures

# So long has a camera to take a picture and send it, in seconds.
PATIENCE: Final = 30.0


async def async_send_next(
    hub: Hub, answers: ChatAnswers, place: Place, voice: Voice, *, key: str, before: StoredImage | None
) -> None:
    """Send the next picture of a camera, the one after ``before``, or say that none came."""
    if key not in hub.state.inputs:
        # It tells nobody here what it takes.
        return
    name = short(name_of(key, hub.state.inputs))
    image = await _async_newer(hub, key, before)
    if image is None:
        answers.say(place, voice.says.done.no_picture.format(name=name, time=voice.span(PATIENCE)))
        return
    pictures = ToldPictures(hub.hass)
    path = await pictures.async_path(pictures.keep(image))
    if path is not None:
        answers.show(place, path, f"{name} · {voice.clock(image.taken_at)}")


async def _async_newer(hub: Hub, key: str, before: StoredImage | None) -> StoredImage | None:
    """Return a camera's picture once it is another than before; ``None`` if that takes too long."""
    came = asyncio.Event()

    @callback
    def note() -> None:
        if hub.images.get(key) is not before:
            came.set()

    stop = hub.announcer.listen_images(key, note)
    try:
        note()
        async with asyncio.timeout(PATIENCE):
            await came.wait()
    except TimeoutError:
        return None
    finally:
        stop()
    return hub.images.get(key)
