"""What the action about schedules does, and what it answers."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .engine.errors import UnknownKeyError
from .engine.events import ScheduleSet
from .engine.model import InputRecord, OutputRecord
from .engine.names import fold
from .engine.times.schedule_data import read_schedule, schedule_data
from .engine.times.schedules import Schedule
from .hub import Hub
from .requests import find
from .schedule_views import look_at_schedule

type Data = Mapping[str, Any]


async def async_set_schedule(hub: Hub, data: Data) -> ServiceResponse:
    """Give inputs, outputs and groups a schedule or, with no spans, take theirs."""
    state = hub.state
    inputs, outputs = find(data["inputs"], state.inputs), find(data["outputs"], state.outputs)
    groups = _find_groups(hub, data["groups"])
    if not inputs and not outputs and not groups:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_named")
    schedule = read_schedule({"spans": data["spans"]})
    hub.post(ScheduleSet(inputs=inputs, outputs=outputs, groups=groups, schedule=schedule))
    answer: dict[str, Any] = {
        "inputs": {key: _shown(hub, state.inputs[key]) for key in inputs},
        "outputs": {key: _shown(hub, state.outputs[key]) for key in outputs},
        "groups": {name: schedule_data(state.group_schedules.get(name, Schedule())) for name in groups},
    }
    return answer


def _find_groups(hub: Hub, words: list[str]) -> tuple[str, ...]:
    """Return groups by name, in any letter case. Raises ``UnknownKeyError`` for one that nothing belongs to."""
    records: list[InputRecord | OutputRecord] = [*hub.state.inputs.values(), *hub.state.outputs.values()]
    names = {record.group for record in records if record.group is not None} | hub.state.group_schedules.keys()
    found: list[str] = []
    for word in words:
        same = [word] if word in names else sorted(name for name in names if fold(name) == fold(word))
        if not same:
            raise UnknownKeyError(word)
        found += same
    return tuple(dict.fromkeys(found))


def _shown(hub: Hub, record: InputRecord | OutputRecord) -> dict[str, Any]:
    view = look_at_schedule(hub.state, record)
    if view is None:
        return {"enabled": record.enabled, "spans": []}
    change = None if view.next_change is None else dt_util.as_local(dt_util.utc_from_timestamp(view.next_change))
    return {
        "enabled": record.enabled,
        **schedule_data(view.schedule),
        "group": view.group,
        "next_change": None if change is None else change.isoformat(),
    }
