"""The hub's triggers for automations: what each waits for, how it is narrowed down, and what it tells.

How they wait is in ``hub_triggers.py``.
"""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger
import voluptuous as vol

from . import trigger_data
from .alarm_bus import EVENT_ALARM, EVENT_OUTSIDE
from .automation_feed import Tampered
from .engine.alarm.model import Mode
from .engine.alarm.status import AlarmKind
from .engine.effects import Decided, Detected, SourceBack, SourceLost
from .engine.model import Reason
from .hub_triggers import BusDescription, Data, FactDescription, Options, on_bus, on_fact
from .targets import input_of, source_of
from .telling_desk import EVENT_UNDELIVERED
from .times_desk import EVENT_ESCALATION

SUPPRESSING: Final = tuple(
    reason for reason in Reason if reason not in (Reason.CLEARED, Reason.TRIGGERED, Reason.REQUESTED, Reason.ALARM)
)
# What repeats as long as something is active would start an automation every second.
REPEATING: Final = (Reason.DUPLICATE, Reason.LATCHED)


def _words(*words: str) -> Any:
    return vol.All(cv.ensure_list, vol.Length(min=1), [vol.In([str(word) for word in words])])


def _is_triggered(told: Decided, options: Options) -> bool:
    wanted: str = options["detail"]
    return told.decision.reason is Reason.TRIGGERED and wanted.casefold() in (told.decision.detail or "").casefold()


def _is_suppressed(told: Decided, options: Options) -> bool:
    reasons: list[str] = options["reason"]
    return told.decision.reason in reasons


def _is_person(told: Detected, options: Options) -> bool:
    data = [thing.confidence for thing in told.detection.things if thing.category == "person"]
    # A detector that does not say how sure it is is believed.
    unsure = sum(each is not None and each < options["confidence"] for each in data)
    return bool(trigger_data.people_in(told) - unsure >= options["count"])


def _changes_to(phase: str, *, unless: tuple[str, ...]) -> Callable[[Data, Options], bool]:
    def changes(data: Data, options: Options) -> bool:
        if data["type"] != "phase" or data["to"] != phase or data["from"] in unless:
            return False
        return data["mode"] in options.get("mode", (data["mode"],))

    return changes


def _raises(data: Data, options: Options) -> bool:
    return data["type"] == "alarm" and data["kind"] in options["kind"]


_MODES: Final = {vol.Optional("mode", default=list(Mode)): _words(*Mode)}

TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "input_triggered": on_fact(
        FactDescription(
            kind=Decided,
            options={vol.Optional("detail", default=""): cv.string},
            matches=_is_triggered,
            data=lambda hub, told: trigger_data.decision_data(hub, told.decision),
            says="triggered",
        )
    ),
    "input_cleared": on_fact(
        FactDescription(
            kind=Decided,
            matches=lambda told, _: told.decision.reason is Reason.CLEARED,
            data=lambda hub, told: trigger_data.decision_data(hub, told.decision),
            says="became clear",
        )
    ),
    "input_tampered": on_fact(
        FactDescription(
            kind=Tampered,
            data=lambda hub, told: trigger_data.input_data(hub, told.input_key),
            says="was tampered with",
        )
    ),
    "input_suppressed": on_fact(
        FactDescription(
            kind=Decided,
            options={
                vol.Optional("reason", default=[each for each in SUPPRESSING if each not in REPEATING]): _words(
                    *SUPPRESSING
                )
            },
            matches=_is_suppressed,
            data=lambda hub, told: trigger_data.decision_data(hub, told.decision),
            says="did not trigger",
        )
    ),
    "person_seen": on_fact(
        FactDescription(
            kind=Detected,
            options={
                vol.Optional("count", default=1): vol.All(vol.Coerce(int), vol.Range(min=1)),
                vol.Optional("confidence", default=0): vol.All(vol.Coerce(float), vol.Range(min=0, max=100)),
            },
            matches=_is_person,
            data=trigger_data.detection_data,
            says="saw somebody",
        )
    ),
    "source_lost": on_fact(
        FactDescription(kind=SourceLost, reader=source_of, data=trigger_data.source_data, says="was lost")
    ),
    "source_back": on_fact(
        FactDescription(kind=SourceBack, reader=source_of, data=trigger_data.source_data, says="is back")
    ),
    "alarm_armed": on_bus(
        # An alarm that ends by itself leaves a partition armed as it was.
        BusDescription(
            event=EVENT_ALARM,
            options=_MODES,
            matches=_changes_to("armed", unless=("triggered", "pending")),
            says="was armed",
        )
    ),
    "alarm_disarmed": on_bus(
        BusDescription(event=EVENT_ALARM, matches=_changes_to("disarmed", unless=()), says="was disarmed")
    ),
    "alarm_pending": on_bus(
        BusDescription(event=EVENT_ALARM, matches=_changes_to("pending", unless=()), says="waits for its code")
    ),
    "alarm_triggered": on_bus(
        BusDescription(
            event=EVENT_ALARM,
            options={vol.Optional("kind", default=list(AlarmKind)): _words(*AlarmKind)},
            matches=_raises,
            says="raised an alarm",
        )
    ),
    "alarm_told_outside": on_bus(
        # The logbook says what began an automation, and must not give a forced code or a silent alarm away.
        BusDescription(
            event=EVENT_ALARM,
            also=EVENT_OUTSIDE,
            matches=lambda data, _: data["type"] == "told_outside",
            says="told something",
        )
    ),
    "alarm_cancelled": on_bus(
        BusDescription(event=EVENT_ALARM, matches=lambda data, _: data["type"] == "cancelled", says="was cancelled")
    ),
    "escalated": on_bus(
        BusDescription(
            event=EVENT_ESCALATION,
            reader=input_of,
            about="input",
            matches=lambda data, _: data["type"] == "raised",
            says="is still active",
        )
    ),
    "undelivered": on_bus(
        BusDescription(
            event=EVENT_UNDELIVERED,
            reader=None,
            options={vol.Optional("critical", default=False): cv.boolean},
            matches=lambda data, options: data["critical"] or not options["critical"],
            says="was told by no channel",
        )
    ),
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:  # noqa: ARG001 - its name is Home Assistant's
    """Return the hub's triggers by name."""
    return TRIGGERS
