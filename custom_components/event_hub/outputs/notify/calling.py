"""Calls Home Assistant's actions, and turns what goes wrong into a ``Failure``."""

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import timedelta
import math
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceNotFound, ServiceValidationError
from homeassistant.helpers.start import async_at_started
import voluptuous as vol

from ...const import LOGGER
from .message import Failure, Problem, SendError

# The outbox gives an attempt up after two minutes, and an attempt may be two calls.
CALL_TIMEOUT: Final = 50.0
# So long may integrations take to start before what they offer is missing.
START_PATIENCE: Final = 30.0
DETAIL_LIMIT: Final = 200
_SCRIPT: Final = "script"
# telegram_bot says so while it starts anew.
_NOT_YET: Final = frozenset({"entry_not_loaded"})
# By the class of the cause or one it is made of; what is more special comes first.
_CAUSES: Final[Mapping[str, Problem]] = {
    "RetryAfter": Problem.BUSY,
    "Forbidden": Problem.BLOCKED,
    "BadRequest": Problem.REFUSED,
    "NetworkError": Problem.AWAY,
}
# An address may hold a key to what is behind it; so may a header that is quoted.
_SECRETS: Final = re.compile(r"https?://\S+|\bbot\d+:[\w-]+|\b\d{6,}:[\w-]{20,}", re.IGNORECASE)


async def async_call(hass: HomeAssistant, action: str, data: Mapping[str, Any]) -> None:
    """Perform an action and wait for it. Raises ``SendError``."""
    domain, _, name = action.partition(".")
    try:
        async with asyncio.timeout(START_PATIENCE):
            await _async_offered(hass, domain, name)
    except TimeoutError as error:
        raise SendError(missing(action)) from error
    call = hass.services.async_call(domain, name, dict(data), blocking=True)
    try:
        if domain == _SCRIPT:
            await _async_hand_over(hass, call, action)
        else:
            async with asyncio.timeout(CALL_TIMEOUT):
                await call
    except Exception as error:
        raise SendError(failure_of(error, action)) from error


async def _async_hand_over(hass: HomeAssistant, call: Coroutine[Any, Any, Any], action: str) -> None:
    """Start a script and wait for it. One that takes longer goes on: it has the message, and must not get it again.

    So it is where nobody can wait any more, as the hub ends; unless Home Assistant does, which ends the script as well.
    """
    run = hass.async_create_background_task(call, f"event_hub runs {action}")
    try:
        await asyncio.wait({run}, timeout=CALL_TIMEOUT)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if hass.is_stopping or task is None:
            raise
        task.uncancel()
    if run.done():
        run.result()
        return

    def note_end(run: asyncio.Task[Any]) -> None:
        error = None if run.cancelled() else run.exception()
        if error is not None:
            LOGGER.error("%s failed in the end: %s", action, failure_of(error, action).detail)

    LOGGER.debug("%s takes its time; the message counts as handed over", action)
    run.add_done_callback(note_end)


def missing(what: str) -> Failure:
    """Return that what a channel goes to is not there."""
    return Failure(problem=Problem.MISSING, detail=what)


def failure_of(error: BaseException, action: str) -> Failure:
    """Return what an error means for the message. The causes that Telegram's library gives are known by their names."""
    if isinstance(error, ServiceNotFound):
        return missing(action)
    cause = error.__cause__ if isinstance(error, HomeAssistantError) and error.__cause__ is not None else error
    names = {kind.__name__ for kind in type(cause).__mro__}
    problem = next((problem for name, problem in _CAUSES.items() if name in names), Problem.AWAY)
    if isinstance(error, ServiceValidationError | vol.Invalid) and error is cause:
        problem = Problem.REFUSED
    is_known = isinstance(error, HomeAssistantError | vol.Invalid | TimeoutError) or problem is not Problem.AWAY
    if not is_known:
        # Its text is anybody's, and may hold anything.
        LOGGER.error("%s failed with %s", action, type(error).__name__)
    is_early = getattr(error, "translation_key", None) in _NOT_YET
    return Failure(
        problem=problem,
        detail=_words(error) if is_known else type(error).__name__,
        retry_after=_seconds(cause) if problem is Problem.BUSY else None,
        permanent=problem in (Problem.BLOCKED, Problem.REFUSED) and not is_early,
    )


def _words(error: BaseException) -> str:
    text = _SECRETS.sub("…", str(error) or type(error).__name__)
    return text[:DETAIL_LIMIT]


def _seconds(error: BaseException) -> float | None:
    wish: object = getattr(error, "retry_after", None)
    if isinstance(wish, timedelta):
        return wish.total_seconds()
    return float(wish) if isinstance(wish, int | float) and math.isfinite(wish) else None


async def _async_offered(hass: HomeAssistant, domain: str, name: str) -> None:
    """Wait for an action whose integration may still be starting."""
    if hass.services.has_service(domain, name) or hass.is_running:
        return
    started = asyncio.Event()

    async def note_start(_: HomeAssistant) -> None:
        started.set()

    cancel = async_at_started(hass, note_start)
    try:
        await started.wait()
    finally:
        cancel()
