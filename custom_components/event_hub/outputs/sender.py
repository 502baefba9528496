"""Sends commands to where their output listens: a broker, or a Home Assistant action.

Every command ends in exactly one ``CommandPublished`` or ``CommandFailed``.
Commands to one output leave in the order of their triggers: a broker link keeps
its own order, actions are chained here.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
import time
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback

from ..engine.effects import SendCommand
from ..engine.events import CommandFailed, CommandPublished
from ..engine.model import Action
from ..transports.link import PublishError
from ..wire.encode import encode_command
from ..wire.messages import Outgoing, Transport
from .actions import async_run_action

NOT_SET_UP: Final = {
    Transport.AMQP: "RabbitMQ is not set up in Event Hub",
    Transport.MQTT: "MQTT is not set up in Event Hub",
}
_STOPPED: Final = "Event Hub stopped before it was done"


class Publisher(Protocol):
    """The part of a broker link that commands need."""

    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Send a message; done when the broker has it, ``PublishError`` when it will not."""


class CommandSender:
    """Turns ``SendCommand`` effects into messages and actions."""

    def __init__(
        self,
        hass: HomeAssistant,
        links: Mapping[Transport, Publisher],
        report: Callable[[CommandPublished | CommandFailed], object],
    ) -> None:
        """Send over ``links`` and tell ``report`` how each command ended."""
        self._hass = hass
        self._links = links
        self._report = report
        self._actions: set[asyncio.Task[None]] = set()
        self._action_ends: dict[str, asyncio.Task[None]] = {}
        self._ended = False

    @callback
    def send(self, effect: SendCommand, action: Action | None) -> asyncio.Future[None]:
        """Start sending; the future is done, never failed, once the outcome was reported."""
        if action is not None and self._ended:
            return self.fail(effect.command.command_id, _STOPPED)
        if action is not None:
            return self._run(effect, action)
        try:
            # A command that is sent again after a restart has less time left.
            published = self.publish(encode_command(effect.command, time.time()))
        except (PublishError, ValueError) as error:
            return self.fail(effect.command.command_id, str(error))
        handled: asyncio.Future[None] = self._hass.loop.create_future()
        published.add_done_callback(partial(self._published, effect.command.command_id, handled))
        return handled

    @callback
    def fail(self, command_id: str, detail: str) -> asyncio.Future[None]:
        """Report, in the next iteration, that a command cannot be sent: the engine is in the middle of its effects."""
        handled: asyncio.Future[None] = self._hass.loop.create_future()
        self._hass.loop.call_soon(self._failed, command_id, detail, handled)
        return handled

    @callback
    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Send an encoded message; raises ``PublishError`` where its broker is not set up."""
        link = self._links.get(outgoing.transport)
        if link is None:
            raise PublishError(NOT_SET_UP.get(outgoing.transport, str(outgoing.transport)))
        return link.publish(outgoing)

    async def async_end(self) -> None:
        """Begin no action any more, and wait for none: what has not begun has failed, what runs goes on and is done."""
        self._ended = True
        actions = tuple(self._actions)
        for action in actions:
            action.cancel()
        await asyncio.gather(*actions, return_exceptions=True)

    def _published(self, command_id: str, handled: asyncio.Future[None], published: asyncio.Future[None]) -> None:
        if published.cancelled():
            self._failed(command_id, "Event Hub stopped before it was sent", handled)
        elif error := published.exception():
            self._failed(command_id, str(error), handled)
        else:
            self._report(CommandPublished(command_id=command_id))
            _done(handled)

    def _failed(self, command_id: str, detail: str, handled: asyncio.Future[None]) -> None:
        self._report(CommandFailed(command_id=command_id, detail=detail))
        _done(handled)

    def _run(self, effect: SendCommand, action: Action) -> asyncio.Task[None]:
        key = effect.command.output.device_key
        # By a clock that nobody sets: it may wait for the one before.
        expires = self._hass.loop.time() + effect.command.expires_at - time.time()
        # Not eagerly: what became of it must not be reported while the engine's decision is yet to be told.
        task = self._hass.async_create_background_task(
            self._async_run(effect, action, self._action_ends.get(key), expires),
            f"event_hub output {key}",
            eager_start=False,
        )
        self._actions.add(task)
        self._action_ends[key] = task
        task.add_done_callback(partial(self._action_ended, effect))
        return task

    async def _async_run(
        self, effect: SendCommand, action: Action, before: asyncio.Task[None] | None, expires: float
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        problem = await async_run_action(self._hass, action, effect.command, expires - self._hass.loop.time())
        command_id = effect.command.command_id
        if problem is None:
            self._report(CommandPublished(command_id=command_id))
        else:
            self._report(CommandFailed(command_id=command_id, detail=problem))

    def _action_ended(self, effect: SendCommand, task: asyncio.Task[None]) -> None:
        self._actions.discard(task)
        key = effect.command.output.device_key
        if self._action_ends.get(key) is task:
            del self._action_ends[key]
        if task.cancelled():
            self._report(CommandFailed(command_id=effect.command.command_id, detail=_STOPPED))


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
