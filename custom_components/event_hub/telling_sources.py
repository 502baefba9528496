"""Sources that fall silent or report again, as something to tell people: with the devices that this concerns."""

from typing import Final

from .engine.effects import SourceBack, SourceLost
from .engine.model import InputRecord, OutputRecord
from .engine.state import State
from .engine.telling.model import Telling, Topic
from .identifiers import device_name, source_name

MOST_AFFECTED: Final = 10


def source_told(state: State, effect: SourceLost | SourceBack) -> Telling:
    """Return what to tell of a source that went silent, or reports again."""
    is_lost = isinstance(effect, SourceLost)
    topic = Topic.SOURCE_LOST if is_lost else Topic.SOURCE_BACK
    devices = _devices_of(state, effect.source_id)
    return Telling(
        telling_id=f"{topic.value}.{effect.source_id}.{effect.at:.3f}",
        at=effect.at,
        topic=topic,
        label=source_name(effect.source_id, state.sources),
        source_id=effect.source_id,
        count=len(devices),
        affected=tuple(dict.fromkeys(device_name(each) for each in devices))[:MOST_AFFECTED],
        areas=tuple(dict.fromkeys(each.location for each in devices if each.location))[:MOST_AFFECTED],
        lasted=effect.at - effect.last_seen if isinstance(effect, SourceLost) else effect.silent_for,
    )


def _devices_of(state: State, source_id: str) -> list[InputRecord | OutputRecord]:
    """Return the devices of a source, inputs first; one that is both is one."""
    keys = state.source_devices.get(source_id, ())
    inputs = [state.inputs[key] for key in keys if key in state.inputs]
    return [*inputs, *(state.outputs[key] for key in keys if key in state.outputs and key not in state.inputs)]
