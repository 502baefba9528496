"""Fetches one picture, within a time that holds whatever the camera does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from yarl import URL

from .challenge import Auth
from .error import FetchError
from .exchange import Exchange, session
from .onvif import Known, Onvif
from .source import HttpSource, OnvifSource, Source

TIMEOUT: Final = 4.0
LARGEST: Final = 20 * 2**20
# What a camera tells of itself takes some kilobytes; read as XML, an answer takes a hundred times its size.
LARGEST_TOLD: Final = 256 * 2**10
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_END: Final = b"IEND\xaeB`\x82"
_JPEG: Final = b"\xff\xd8\xff"
_JPEG_END: Final = b"\xff\xd9"
# Cameras write a word of their own, or nothing at all, behind the end of a picture.
_TAIL: Final = 4096


async def fetch_picture(
    source: Source, *, within: float = TIMEOUT, largest: int = LARGEST, known: Known | None = None
) -> bytes:
    """Return a JPEG or PNG that looks whole.

    ``within`` in seconds counts for everything, ``largest`` in bytes; ``known`` keeps what an ONVIF camera told.
    Raises ``FetchError``.
    """
    async with session(verify=source.verify) as opened, asyncio.timeout(within):
        auth = source.auth if isinstance(source, HttpSource) else Auth.AUTO
        exchange = Exchange(opened, URL(source.url), login=source.login, auth=auth, largest=largest)
        if isinstance(source, OnvifSource):
            asking = Exchange(opened, URL(source.url), login=source.login, auth=auth, largest=LARGEST_TOLD)
            return await _fetch_onvif(exchange, Onvif(asking, source, known or Known()))
        return await _fetch(exchange, URL(source.address, encoded=True))


async def _fetch(exchange: Exchange, url: URL) -> bytes:
    reply = await exchange.get(url)
    reply.check()
    check_picture(reply.content)
    return reply.content


async def _fetch_onvif(exchange: Exchange, camera: Onvif) -> bytes:
    known = camera.known
    before = replace(known)
    try:
        return await _fetch(exchange, await camera.picture())
    except FetchError as error:
        known.forget()
        # The camera may have moved its picture meanwhile, so it is worth asking for that again.
        raise FetchError(str(error), final=error.final and before.picture is None) from None
    except asyncio.CancelledError:
        if known == before:
            known.forget()
        raise
    except Exception:
        known.forget()
        raise


def check_picture(content: bytes) -> None:
    """Raise ``FetchError`` unless this begins like a picture and has an end; only decoding it tells more."""
    tail = content[-_TAIL:]
    if not content:
        raise FetchError("The camera sent nothing")
    if content.startswith(_JPEG):
        whole = _JPEG_END in tail
    elif content.startswith(_PNG):
        whole = _PNG_END in tail
    else:
        raise FetchError("The camera sent something that is no picture: check its address and login")
    if not whole:
        raise FetchError("The camera sent half a picture")
