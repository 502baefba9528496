"""What assistants can be asked about the alarm, and asked to do with it: by voice, or written to Assist.

The sentences are in ``docs/custom_sentences``; a language model is offered the same as tools. What may be asked for
is what is exposed to the assistant: the panel of a partition, the doors and windows. It all goes through the alarm's
one door, so a code is needed wherever the partition needs one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, override

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, device_registry as dr, intent
import voluptuous as vol

from .alarm_desk import AlarmRefusedError, Requester
from .chat_alarm import called, choose_partition, partition_names, refused, which_of
from .engine.alarm.codes import Path
from .engine.alarm.model import Action, Mode
from .engine.chat.alarm_words import meant
from .engine.chat.naming import similar
from .engine.chat.wording import Voice, quoted
from .engine.names import fold
from .house_words import entity_of, last_alarm, look_at, openings, openings_in_words, partition_state, voice_of
from .hub import Hub
from .services import running_hub

PARTITION: Final = "partition"
MODE: Final = "mode"
CODE: Final = "code"
_SLOT: Final = vol.All(cv.string, vol.Length(max=255))


class _SaidInsteadError(Exception):
    """Something that is said instead of an answer."""


class HubIntentHandler(intent.IntentHandler, ABC):
    """Answers one thing that can be asked."""

    fields: Mapping[Any, Any]

    def __init__(self, name: str, description: str) -> None:
        """Go by the name that sentences have."""
        self.intent_type = f"EventHub{name}"
        self.description = description

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        """What may be said along."""
        return dict(self.fields)

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Answer, in the language it was asked in."""
        response = intent_obj.create_response()
        try:
            hub = running_hub(intent_obj.hass)
        except HomeAssistantError as error:
            _refuse(response, str(error))
            return response
        voice = voice_of(hub, intent_obj.language)
        try:
            response.async_set_speech(await self.async_answer(hub, voice, intent_obj))
        except AlarmRefusedError as error:
            _refuse(response, refused(hub, error, voice))
        except _SaidInsteadError as error:
            _refuse(response, str(error))
        except HomeAssistantError as error:
            _refuse(response, voice.says.done.failed.format(problem=str(error)))
        return response

    @abstractmethod
    async def async_answer(self, hub: Hub, voice: Voice, asked: intent.Intent) -> str:
        """Return what is said. Raises ``AlarmRefusedError``, ``_SaidInsteadError``."""


class AlarmIntentHandler(HubIntentHandler):
    """Asks a partition for something."""

    def __init__(self, action: Action, name: str, description: str) -> None:
        """Ask for this."""
        super().__init__(name, description)
        self._action = action
        required = {vol.Required(MODE): _SLOT} if action is Action.ARM else {}
        self.fields = {**required, vol.Optional(PARTITION): _SLOT, vol.Optional(CODE): _SLOT}

    @override
    async def async_answer(self, hub: Hub, voice: Voice, asked: intent.Intent) -> str:
        """Ask, and say how the partition is then."""
        partition_id = _partition(hub, voice, asked, self._action)
        mode = _mode(hub, voice, asked, partition_id) if self._action is Action.ARM else None
        by = Requester(
            path=Path.VOICE,
            name=await _async_name(asked),
            user_id=asked.context.user_id,
            context_id=asked.context.id,
        )
        await hub.alarm.async_ask(partition_id, self._action, by, code=_code(asked), mode=mode)
        return partition_state(hub, partition_id, voice)


class TellingIntentHandler(HubIntentHandler):
    """Tells something about partitions: all that are exposed, or the one that is named."""

    def __init__(self, name: str, description: str, tell: Callable[[Hub, tuple[str, ...], Voice], str]) -> None:
        """Tell what ``tell`` returns."""
        super().__init__(name, description)
        self._tell = tell
        self.fields = {vol.Optional(PARTITION): _SLOT}

    @override
    async def async_answer(self, hub: Hub, voice: Voice, asked: intent.Intent) -> str:
        """Tell it."""
        return self._tell(hub, _named(hub, voice, asked) or _exposed(hub, voice, asked), voice)


class OpeningsIntentHandler(HubIntentHandler):
    """Tells which doors and windows are open; for both questions the answer is the same."""

    fields: Mapping[Any, Any] = {}

    @override
    async def async_answer(self, hub: Hub, voice: Voice, asked: intent.Intent) -> str:
        """Tell it."""
        return openings_in_words(
            openings(hub, lambda key: _is_exposed(hub, asked, "binary_sensor", f"device:{key}:active")), voice
        )


def _states(hub: Hub, partition_ids: Iterable[str], voice: Voice) -> str:
    return " ".join(partition_state(hub, each, voice) for each in partition_ids)


@callback
def async_setup_intents(hass: HomeAssistant) -> None:
    """Offer everything that can be asked; it says what is missing while no hub runs."""
    for handler in (
        AlarmIntentHandler(
            Action.ARM,
            "Arm",
            "Arms the alarm in a mode: away, home, night, vacation or custom.",
        ),
        AlarmIntentHandler(Action.DISARM, "Disarm", "Disarms the alarm with the code that the person has said."),
        OpeningsIntentHandler("IsClosed", "Tells whether all doors and windows are closed, and which are not."),
        OpeningsIntentHandler("WhatIsOpen", "Tells which doors and windows are open."),
        TellingIntentHandler("IsArmed", "Tells whether the alarm is armed, and in which mode.", _states),
        TellingIntentHandler("LastAlarm", "Tells when the last alarm was, and where.", last_alarm),
    ):
        intent.async_register(hass, handler)


def _refuse(response: intent.IntentResponse, words: str) -> None:
    response.async_set_error(intent.IntentResponseErrorCode.FAILED_TO_HANDLE, words)


def _partition(hub: Hub, voice: Voice, asked: intent.Intent, action: Action) -> str:
    named, exposed = _named(hub, voice, asked), _exposed(hub, voice, asked)
    members = {member for each in exposed for member in hub.alarm.partitions[each].members}
    chosen = choose_partition(hub, named or tuple(each for each in exposed if each not in members), action)
    if isinstance(chosen, str):
        return chosen
    raise _SaidInsteadError(" ".join(which_of(hub, chosen, action, voice, coded=_code(asked) is not None)))


def _named(hub: Hub, voice: Voice, asked: intent.Intent) -> tuple[str, ...]:
    """Return the partitions of the name that was said, ``()`` where none was."""
    said = _slot(asked, PARTITION)
    if not said:
        return ()
    exposed = _exposed(hub, voice, asked)
    names = partition_names(hub, exposed)
    found = meant(said, names)
    if found:
        return found
    says = voice.says.guidance
    guesses = similar(said, names.spelled) or tuple(called(hub, each) for each in exposed)
    raise _SaidInsteadError(
        f"{says.unknown_partition.format(words=quoted(said))} {says.there_are.format(names=voice.listed(guesses))}"
    )


def _exposed(hub: Hub, voice: Voice, asked: intent.Intent) -> tuple[str, ...]:
    """Return the partitions whose panels the assistant may know: at least one."""
    partitions = hub.alarm.partitions
    if not partitions:
        raise _SaidInsteadError(voice.says.guidance.no_partitions)
    found = tuple(
        each for each in partitions if _is_exposed(hub, asked, "alarm_control_panel", f"partition:{each}:panel")
    )
    if not found:
        raise _SaidInsteadError(voice.says.house.not_exposed)
    return found


def _is_exposed(hub: Hub, asked: intent.Intent, platform: str, unique_id: str) -> bool:
    """Whether an assistant may know an entity; whoever uses none may know all."""
    entity_id = entity_of(hub, platform, unique_id)
    if entity_id is None:
        return False
    return asked.assistant is None or async_should_expose(hub.hass, asked.assistant, entity_id)


def _mode(hub: Hub, voice: Voice, asked: intent.Intent, partition_id: str) -> Mode:
    said = _slot(asked, MODE)
    mode = voice.modes.get(fold(said))
    if mode is not None:
        return mode
    view = look_at(hub, partition_id)
    modes = voice.listed(voice.mode(each) for each in (view.modes if view is not None else Mode))
    raise _SaidInsteadError(voice.says.guidance.which_mode.format(names=modes))


def _code(asked: intent.Intent) -> str | None:
    """Return the code that was said; digits are heard one by one."""
    said = _slot(asked, CODE)
    together = "".join(said.replace("-", " ").split())
    return (together if together.isdigit() else said) or None


def _slot(asked: intent.Intent, name: str) -> str:
    return str(asked.slots.get(name, {}).get("value") or "").strip()


async def _async_name(asked: intent.Intent) -> str:
    """Return who asks: the person, where that is known, else what heard it."""
    user_id = asked.context.user_id
    user = None if user_id is None else await asked.hass.auth.async_get_user(user_id)
    if user is not None and user.name:
        return user.name
    device = None if asked.device_id is None else dr.async_get(asked.hass).async_get(asked.device_id)
    heard_by = None if device is None else (device.name_by_user or device.name)
    return heard_by or "Voice"
