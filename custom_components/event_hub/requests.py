"""What each of the hub's actions does, and what it answers.

Devices are named as they are shown or by key, label or group, in any letter case (``matching.py``).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.core import ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .activity_views import explained
from .alarm_door import Requester
from .const import DOMAIN
from .engine.action_data import freeze
from .engine.errors import UnknownKeyError
from .engine.events import (
    EnabledSet,
    GroupRuleSet,
    InputAdopted,
    Linked,
    OutputAdopted,
    OutputOptionsSet,
    RuleSet,
    SilenceLimitSet,
)
from .engine.meters import unscale
from .engine.model import (
    ADOPTED_SOURCE,
    Action,
    GroupRule,
    InputRecord,
    OutputReason,
    OutputRecord,
    OutputStatus,
)
from .engine.times.schedule_data import schedule_data
from .hub import Hub
from .identifiers import name_of
from .matching import Named, match, source_of
from .pressing import async_press
from .storage.encode import to_json_object
from .transports.link import PublishError
from .wire.messages import MeterCommand

_RULE: Final = (
    *("latch", "confirm_count", "confirm_within", "hold", "low", "high", "factor", "precision", "unit"),
    *("informational", "escalate_after", "notify"),
)
_OUTPUT_OPTIONS: Final = ("interval", "deadline", "params", "trigger_topic")

type Data = Mapping[str, Any]


async def async_trigger_output(hub: Hub, data: Data) -> ServiceResponse:
    """Command outputs of a name, and tell what became of the commands; raises where one is switched off."""
    keys = find((data["output"],), hub.state.outputs)
    # All at once: one whose broker is away must not keep the others waiting.
    decisions = await asyncio.gather(
        *(hub.async_request_output(key, turn_on=data.get("turn_on"), detail=data.get("detail")) for key in keys)
    )
    for decision in decisions:
        (output,) = decision.outputs
        if output.reason is not OutputReason.SENT:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=f"not_sent_{output.reason.value}",
                translation_placeholders={"name": name_of(output.output_key, hub.state.outputs)},
            )
    return {"commands": [_commanded(hub, key) for key in keys]}


async def async_trigger_input(hub: Hub, data: Data) -> ServiceResponse:
    """Trigger inputs of a name as their devices would."""
    decisions = await async_press(hub, find((data["input"],), hub.state.inputs), data.get("detail"))
    return {"decisions": [explained(hub, decision) for decision in decisions]}


async def async_enable(hub: Hub, data: Data, *, enabled: bool, by: Requester | None = None) -> ServiceResponse:
    """Switch devices on or off in the hub."""
    inputs = find(data["inputs"], hub.state.inputs)
    outputs = find(data["outputs"], hub.state.outputs)
    if not inputs and not outputs:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_named")
    actor = None if by is None else by.actor
    hub.post(EnabledSet(inputs=inputs, outputs=outputs, enabled=enabled, actor=actor))
    return {"inputs": list(inputs), "outputs": list(outputs)}


async def async_link(hub: Hub, data: Data, *, linked: bool) -> ServiceResponse:
    """Make or remove every link between the inputs and the outputs."""
    inputs = find(data["inputs"], hub.state.inputs)
    outputs = find(data["outputs"], hub.state.outputs)
    hub.post(Linked(inputs=inputs, outputs=outputs, linked=linked))
    return {"links": {key: list(hub.state.inputs[key].links) for key in inputs}}


async def async_set_rule(hub: Hub, data: Data) -> ServiceResponse:
    """Change what is given of the inputs' rules; what is not given stays."""
    changes = {name: data[name] for name in _RULE if name in data}
    keys = find(data["inputs"], hub.state.inputs)
    hub.post_all([RuleSet(input_key=key, rule=replace(hub.state.inputs[key].rule, **changes)) for key in keys])
    return {"rules": {key: to_json_object(hub.state.inputs[key].rule) for key in keys}}


async def async_set_output(hub: Hub, data: Data) -> ServiceResponse:
    """Change what is given of an output's options."""
    options = {name: data[name] for name in _OUTPUT_OPTIONS if name in data}
    keys = find((data["output"],), hub.state.outputs)
    hub.post_all([OutputOptionsSet(output_key=key, options=options) for key in keys])
    return {"outputs": [_public_output(hub.state.outputs[key]) for key in keys]}


async def async_set_group_rule(hub: Hub, data: Data) -> ServiceResponse:
    """Ask for several members of a group before any of them triggers."""
    name = data["group"]
    hub.post(GroupRuleSet(name=name, rule=GroupRule(name=name, count=data["count"], within=data["within"])))
    return {"groups": {key: to_json_object(rule) for key, rule in hub.state.groups.items()}}


async def async_remove_group_rule(hub: Hub, data: Data) -> ServiceResponse:
    """Let the members of a group trigger alone again."""
    if data["group"] not in hub.state.groups:
        raise UnknownKeyError(data["group"])
    hub.post(GroupRuleSet(name=data["group"], rule=None))
    return {"groups": {key: to_json_object(rule) for key, rule in hub.state.groups.items()}}


async def async_set_silence_limit(hub: Hub, data: Data) -> ServiceResponse:
    """Set after how many seconds of silence a source is lost; without a limit it is learned."""
    source_id, limit = source_of(data["source"], hub.state.sources), data.get("limit")
    hub.post(SilenceLimitSet(source_id=source_id, limit=limit))
    return {"source": source_id, "limit": limit}


async def async_set_meter(hub: Hub, data: Data) -> ServiceResponse:
    """Set a meter's register or add to it, in the unit in which it is shown."""
    (key, *more) = find((data["input"],), hub.state.inputs)
    record = hub.state.inputs[key]
    source = hub.state.sources.get(record.source_id)
    if more or not record.is_meter or source is None or ("register" in data) == ("add" in data):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_one_meter")
    wanted = {
        field: unscale(record.rule, data[name])
        for name, field in (("register", "set_register"), ("add", "adjust_register"))
        if name in data
    }
    try:
        await hub.async_send_meter_command(MeterCommand(source=source.source, address=record.meter_address, **wanted))
    except (PublishError, ValueError) as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="meter_not_told",
            translation_placeholders={"name": name_of(key, hub.state.inputs), "problem": str(error)},
        ) from error
    return {"input": key, **wanted}


async def async_adopt_input(hub: Hub, data: Data) -> ServiceResponse:
    """Make a Home Assistant entity an input, switched on; adopting again changes its description."""
    entity_id = data["entity_id"]
    state = hub.hass.states.get(entity_id)
    if state is None:
        raise UnknownKeyError(entity_id)
    key = data.get("key", entity_id)
    known = hub.state.inputs.get(key) or InputRecord(
        key=key, source_id=ADOPTED_SOURCE.source_id, label=state.name, enabled=True
    )
    device_class = state.attributes.get("device_class")
    record = replace(
        known,
        entity_id=entity_id,
        type=device_class if isinstance(device_class, str) else known.type,
        **_described(data),
    )
    hub.post(InputAdopted(record=record))
    return {"input": key}


async def async_adopt_output(hub: Hub, data: Data) -> ServiceResponse:
    """Make a Home Assistant action an output, switched on."""
    key = data["key"]
    known = hub.state.outputs.get(key) or OutputRecord(key=key, source_id=ADOPTED_SOURCE.source_id, enabled=True)
    target = {name: _tuple(value) for name, value in data["target"].items()}
    action = Action(action=data["action"], target=target, data=freeze(data["data"]))
    hub.post(OutputAdopted(record=replace(known, action=action, **_described(data))))
    return {"output": key}


async def async_list_devices(hub: Hub, _: Data) -> ServiceResponse:
    """Return every source, input and output with its settings; what may hold passwords or codes is left out."""
    state = hub.state
    answer: dict[str, Any] = {
        "sources": [to_json_object(record) for record in state.sources.values()],
        "inputs": [_scheduled(record) for record in state.inputs.values()],
        "outputs": [_public_output(record) for record in state.outputs.values()],
        "groups": [to_json_object(rule) for rule in state.groups.values()],
        "group_schedules": {name: schedule_data(schedule) for name, schedule in state.group_schedules.items()},
        "outputs_suspended": state.outputs_suspended,
    }
    return answer


def find(words: tuple[str, ...] | list[str], records: Mapping[str, Named]) -> tuple[str, ...]:
    """Return the keys that words stand for. Raises ``UnknownKeyError`` for a word that stands for none."""
    found = match(words, records)
    if found.unknown:
        raise UnknownKeyError(found.unknown[0])
    return found.keys


def _commanded(hub: Hub, key: str) -> dict[str, Any]:
    status = hub.state.output_status.get(key) or OutputStatus()
    return {"output": key, "status": status.command_status, "detail": status.command_detail}


def _scheduled(record: InputRecord | OutputRecord) -> dict[str, Any]:
    """Return a record with its schedule as people write it."""
    shown: dict[str, Any] = to_json_object(record)
    if record.schedule is not None:
        shown["schedule"] = schedule_data(record.schedule)
    return shown


def _public_output(record: OutputRecord) -> dict[str, Any]:
    shown = _scheduled(record)
    for secret in ("params", "advertised_params"):
        if shown.pop(secret, None) is not None:
            shown[f"has_{secret}"] = True
    if record.action is not None and record.action.data:
        shown["action"] = {**to_json_object(replace(record.action, data={})), "has_data": True}
    return shown


def _described(data: Data) -> dict[str, Any]:
    return {name: data[name] for name in ("label", "location", "group") if name in data}


def _tuple(value: Any) -> str | tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else value
