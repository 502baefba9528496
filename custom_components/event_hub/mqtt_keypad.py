"""Keypads on MQTT: each partition's state is told to them, and they may ask for what its codes allow.

They come through the same door as everybody (``AlarmDesk.async_ask``): wrong codes are counted, and what lay at the
broker, nobody knows since when, is refused. The topics are in ``docs/wire-protocol.md``.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
import time
from typing import Any, Final

from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .alarm_desk import AlarmDesk, AlarmRefusedError, Requester
from .alarm_views import PARTITIONS, PartitionView, ready
from .const import LOGGER
from .engine.alarm.codes import Path
from .engine.alarm.model import Action, Mode
from .engine.alarm.problems import ZoneProblem
from .entry_data import uses_mqtt
from .hub import EventHubConfigEntry, Hub
from .keypad_answers import Answer, Answers, named_problems, named_zones, zones_called
from .refusals import Refusals
from .transports.link import LinkState, LinkStatus, PublishError
from .transports.mqtt import MqttLink
from .under_way import UnderWay
from .wire.keypads import (
    COMMANDS,
    KeypadCommand,
    Wanted,
    encode_answer,
    encode_gone,
    encode_state,
    parse_command,
    partition_of,
)
from .wire.messages import Outgoing, ParseError
from .wire.slug import slug

# Somebody at a keypad waits for the answer this long, in seconds.
ANSWER_SECONDS: Final = 30.0
# So many commands may wait for a partition; more come from no person.
MOST_WAITING: Final = 8
# And so many calls for help, which take no code: they wait for nothing, and are counted apart from all guesses.
MOST_CALLS: Final = 8
# So long, in seconds, has what was asked to be done when the hub stops.
LAST_PATIENCE: Final = 5.0
UNAVAILABLE: Final[Mapping[str, Any]] = {"state": "unavailable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """What a command asks for, in the alarm's words."""

    action: Action
    bypassed: bool = True
    on: bool = True


_ASKS: Final[Mapping[Wanted, _Ask]] = {
    Wanted.ARM: _Ask(action=Action.ARM),
    Wanted.DISARM: _Ask(action=Action.DISARM),
    Wanted.BYPASS: _Ask(action=Action.BYPASS),
    Wanted.END_BYPASS: _Ask(action=Action.BYPASS, bypassed=False),
    Wanted.ACKNOWLEDGE: _Ask(action=Action.ACKNOWLEDGE),
    Wanted.SILENCE: _Ask(action=Action.SILENCE),
    Wanted.PANIC: _Ask(action=Action.PANIC),
    Wanted.WALK_TEST: _Ask(action=Action.WALK_TEST),
    Wanted.END_WALK_TEST: _Ask(action=Action.WALK_TEST, on=False),
}


def state_of(view: PartitionView) -> dict[str, Any]:
    """Return what keypads show of a partition. Times are unix seconds."""
    partition_id, desk = view.record.partition_id, view.desk
    shown = desk.view(partition_id)
    needed = [action for action in (Action.ARM, Action.DISARM) if desk.code_needed(partition_id, action, Path.MQTT)]
    return {
        "name": view.record.name,
        "state": view.state.value,
        "mode": None if shown.mode is None else shown.mode.value,
        "delay_end": view.delay_end,
        "ready": {mode.value: able for mode, able in ready(view).modes.items()},
        "memory": len(view.memory),
        "siren": view.siren,
        "trouble": view.has_trouble,
        **named_zones(view),
        "locked_until": view.locked_until,
        "code_to": [action.value for action in needed],
        "code_format": ("number" if desk.codes_are_digits else "text") if needed else None,
    }


class MqttKeypads:
    """Serves the keypads of one hub for as long as it runs. All methods belong in the event loop."""

    def __init__(self, hub: Hub) -> None:
        """Prepare; nothing is heard or told before ``async_start``."""
        self._hub = hub
        self._desk: AlarmDesk = hub.alarm
        self._link = MqttLink(hub.hass, self._received, self._link_changed, (COMMANDS,))
        self._refusals = Refusals()
        self._up = False
        self._told: dict[str, bytes] = {}
        self._following: dict[str, Callable[[], None]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: Counter[tuple[str, bool]] = Counter()
        self._answers: defaultdict[str, Answers] = defaultdict(Answers)
        self._stop_all: Callable[[], None] | None = None
        self._under_way = UnderWay(hub.hass)
        self._calls = UnderWay(hub.hass)
        self._ends = self._ended = False

    async def async_start(self) -> None:
        """Begin to serve, now or as soon as MQTT is there."""
        self._stop_all = self._desk.listen_all(self._partitions_changed)
        self._partitions_changed()
        await self._link.async_start()

    async def async_stop(self) -> None:
        """Obey calls for help alone, and answer all; then stop serving, and say so.

        No keypad may go on to show what nobody watches.
        """
        self._ends = True
        await self._under_way.async_end(LAST_PATIENCE)
        self._ended = True
        # One that came in the last instant has as long as all others had.
        await self._calls.async_end(LAST_PATIENCE)
        if self._stop_all is not None:
            self._stop_all()
            self._stop_all = None
        for partition_id, stop in self._following.items():
            stop()
            if self._up:
                self._publish(encode_state(partition_id, UNAVAILABLE))
        self._following.clear()
        await self._link.async_stop()

    @callback
    def _partitions_changed(self) -> None:
        """Follow what is new, let go of what is gone; codes may have changed for all."""
        present = self._desk.partitions
        for partition_id in self._following.keys() - present.keys():
            self._following.pop(partition_id)()
            self._told.pop(partition_id, None)
            self._turns.pop(partition_id, None)
            self._answers.pop(partition_id, None)
            if self._up:
                self._publish(encode_gone(partition_id))
        for partition_id in present:
            if partition_id not in self._following:
                self._following[partition_id] = self._desk.listen(partition_id, self._teller(partition_id))
            self._tell(partition_id)

    def _teller(self, partition_id: str) -> Callable[[], None]:
        @callback
        def tell() -> None:
            self._tell(partition_id)

        return tell

    def _tell(self, partition_id: str) -> None:
        """Tell a partition's state where it is another than before. Without a connection that is done once there is."""
        view = PARTITIONS.look(self._hub, partition_id) if self._up else None
        if view is None:
            return
        outgoing = encode_state(partition_id, state_of(view))
        if self._told.get(partition_id) != outgoing.body:
            self._told[partition_id] = outgoing.body
            self._publish(outgoing)

    def _link_changed(self, status: LinkStatus) -> None:
        self._up = status.state is LinkState.UP
        if self._up:
            # Another broker, or one that has forgotten: told anew.
            self._told.clear()
            for partition_id in self._following:
                self._tell(partition_id)

    @callback
    def _received(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 - the link's callback
        if self._ended:
            return
        name = partition_of(topic)
        partition_id = next((each for each in self._desk.partitions if slug(each) == name), None)
        if partition_id is None:
            self._refusals.note(topic, "unknown_partition", "no such partition", time.time())
            return
        if not payload:
            # A retained command was taken from the broker.
            return
        try:
            command = parse_command(payload, received_at=time.time())
        except ParseError as error:
            self._refusals.note(topic, error.reason, str(error), time.time())
            self._answer(partition_id, None, reason="not_understood", message=str(error))
            return
        if not retained and self._answers[partition_id].is_repeated(command):
            self._answer_again(partition_id, command)
            return
        calls_for_help = _calls_for_help(command)
        if busy := self._why_not_now(partition_id, calls_for_help=calls_for_help):
            self._answer(partition_id, command, reason="busy", message=busy)
            return
        self._waiting[partition_id, calls_for_help] += 1
        if not retained:
            self._answers[partition_id].take(command)
        tasks = self._calls if calls_for_help else self._under_way
        tasks.begin(self._async_obey(partition_id, command, retained=retained), "Obey a keypad")

    def _why_not_now(self, partition_id: str, *, calls_for_help: bool) -> str:
        """Return why a command is not taken now; "" where it is."""
        if self._ends and not calls_for_help:
            return "Event Hub stops: try again once it is back"
        most = MOST_CALLS if calls_for_help else MOST_WAITING
        return "Too many commands at once: try again" if self._waiting[partition_id, calls_for_help] >= most else ""

    async def _async_obey(self, partition_id: str, command: KeypadCommand, *, retained: bool) -> None:
        """Do what was asked, one command after the other but a call for help at once, and answer."""
        reason, message = "done", ""
        problems: tuple[ZoneProblem, ...] = ()
        try:
            async with nullcontext() if _calls_for_help(command) else self._turns[partition_id]:
                await self._async_ask(partition_id, command, retained=retained)
        except AlarmRefusedError as error:
            reason, message, problems = error.reason, str(error), error.problems
        except HomeAssistantError as error:
            reason, message = "failed", str(error)
        finally:
            self._waiting[partition_id, _calls_for_help(command)] -= 1
        named = named_problems(self._desk, problems)
        answer = self._answer(partition_id, command, reason=reason, message=message, problems=named)
        if not retained:
            self._answers[partition_id].answered(command, answer)

    async def _async_ask(self, partition_id: str, command: KeypadCommand, *, retained: bool) -> None:
        name = self._desk.partitions[partition_id].name if partition_id in self._desk.partitions else partition_id
        if command.expires_at is not None and command.expires_at <= time.time():
            raise AlarmRefusedError("expired", name=name)
        if command.mode is not None and command.mode not in Mode:
            raise AlarmRefusedError("no_mode", name=name)
        ask = _ASKS[command.action]
        await self._desk.async_ask(
            partition_id,
            ask.action,
            Requester(path=Path.MQTT, name=command.keypad or "MQTT keypad", retained=retained),
            code=command.code,
            mode=None if command.mode is None else Mode(command.mode),
            force=command.force,
            skip_delay=command.skip_delay,
            zones=zones_called(command.zones, partition_id, self._desk, self._hub.state),
            bypassed=ask.bypassed,
            on=ask.on,
            silent=command.silent,
        )

    def _answer(
        self,
        partition_id: str,
        command: KeypadCommand | None,
        *,
        reason: str,
        message: str,
        problems: Sequence[Mapping[str, Any]] = (),
    ) -> Answer:
        """Tell what became of a command; returns what was told."""
        answer: Answer = {
            "id": None if command is None else command.request_id,
            "action": None if command is None else command.action.value,
            "ok": reason == "done",
            "reason": reason,
            "message": message,
            "problems": list(problems),
            "repeated": False,
        }
        self._publish(encode_answer(partition_id, answer, expires_in=ANSWER_SECONDS))
        return answer

    def _answer_again(self, partition_id: str, command: KeypadCommand) -> None:
        """Tell once more what became of a command; while it is being obeyed, that will be told anyhow."""
        answer = self._answers[partition_id].answer_to(command)
        if answer is not None:
            self._publish(encode_answer(partition_id, {**answer, "repeated": True}, expires_in=ANSWER_SECONDS))

    def _publish(self, outgoing: Outgoing) -> None:
        self._link.publish(outgoing).add_done_callback(_forgive)


def _calls_for_help(command: KeypadCommand) -> bool:
    """Whether a command takes no code, so that nothing is gained by guessing, and must not wait behind guesses."""
    return command.action is Wanted.PANIC


def _forgive(sent: asyncio.Future[None]) -> None:
    """Note what could not be told: states are told again with the next connection, an answer is of no use by then."""
    if not sent.cancelled() and isinstance(error := sent.exception(), PublishError):
        LOGGER.debug("A keypad was not told: %s", error)


async def async_serve_keypads(hass: HomeAssistant, entry: EventHubConfigEntry) -> None:
    """Serve keypads until the entry is unloaded or Home Assistant stops, where MQTT is used."""
    if not uses_mqtt(entry):
        return
    keypads = MqttKeypads(entry.runtime_data)
    # Before the hub stops, which then could not do what was asked; and before MQTT itself stops.
    entry.runtime_data.before_stop.append(keypads.async_stop)
    await keypads.async_start()
    entry.async_on_unload(hass.async_add_shutdown_job(HassJob(keypads.async_stop, "Stop serving keypads")))
