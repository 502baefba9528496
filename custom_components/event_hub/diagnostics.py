"""What a person may attach to a bug report: how the hub is set up and doing, without a secret in it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from itertools import islice
import re
from typing import Any, Final

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_PASSWORD, CONF_TOKEN, CONF_USERNAME
from homeassistant.core import HomeAssistant

from .chat_users import CONF_CHAT_USERS
from .counters import HubCounters
from .engine.model import OutputRecord
from .engine.times.schedule_data import schedule_data
from .entry_data import CONF_CA_CERTIFICATE, activity_limits, settings
from .hub import EventHubConfigEntry, Hub

# A camera's parameters are its login; an action's data may hold a code.
SECRETS: Final = {CONF_USERNAME, CONF_PASSWORD, CONF_TOKEN, CONF_CA_CERTIFICATE, "params", "advertised_params", "data"}
# Of people with codes. That one is for duress must not be found out by reading on.
PERSONAL: Final = {"name", "user_id", "used_codes", "duress"}
# More is not read by anybody, and would take Home Assistant's time to write.
MOST_LISTED: Final = 500

_LOGIN = re.compile(r"[^\s/:@\"']+:[^\s/@\"']+@|(?<=//)[^\s/@\"']+@")


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: EventHubConfigEntry) -> dict[str, Any]:
    """Return the whole of it."""
    facts: dict[str, Any] = {
        "entry": {
            "state": entry.state.value,
            "data": async_redact_data(dict(entry.data), SECRETS),
            "options": async_redact_data(dict(entry.options), {CONF_CHAT_USERS}),
        },
        "settings": {**asdict(settings(entry)), "zone": hass.config.time_zone},
        "activity_limits": asdict(activity_limits(entry)),
    }
    if entry.state is ConfigEntryState.LOADED:
        facts |= _hub_facts(entry.runtime_data)
    hidden: dict[str, Any] = hide_logins(facts)
    return hidden


def hide_logins(value: Any) -> Any:
    """Return a copy without the ``user:password@`` that a URL or a broker's words may hold, at any depth."""
    if isinstance(value, str):
        return _LOGIN.sub(f"{REDACTED}@", value)
    if isinstance(value, Mapping):
        return {hide_logins(str(key)): hide_logins(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hide_logins(inner) for inner in value]
    return value


def _hub_facts(hub: Hub) -> dict[str, Any]:
    state = hub.state
    return {
        "links": {transport: asdict(status) for transport, status in hub.notices.brokers.statuses.items()},
        "counters": _counters(hub.counters),
        "refusals": dict(hub.receiver.refusals.by_reason),
        "counts": {
            "sources": len(state.sources),
            "sources_lost": sum(status.lost for status in state.source_status.values()),
            "inputs": len(state.inputs),
            "inputs_enabled": sum(record.enabled for record in state.inputs.values()),
            "outputs": len(state.outputs),
            "outputs_enabled": sum(record.enabled for record in state.outputs.values()),
            "groups": len(state.groups),
            "conflicts": len(state.conflicts),
            "commands_under_way": len(state.commands),
            "deadlines": len(state.deadlines),
        },
        "outputs_suspended": state.outputs_suspended,
        "sources": [
            asdict(record) | {"status": _status(state.source_status.get(record.source_id))}
            for record in _first(state.sources.values())
        ],
        "inputs": [
            asdict(record) | {"status": _status(state.input_status.get(record.key))}
            for record in _first(state.inputs.values())
        ],
        "outputs": [
            _output(record) | {"status": _status(state.output_status.get(record.key))}
            for record in _first(state.outputs.values())
        ],
        "groups": [asdict(rule) for rule in _first(state.groups.values())],
        "group_schedules": {name: schedule_data(schedule) for name, schedule in _first(state.group_schedules.items())},
        "alarm": _alarm(hub),
        "telling": _telling(hub),
    }


def _alarm(hub: Hub) -> dict[str, Any]:
    """Return how the partitions are set up and stand. Who has a code is nobody's business, nor who used one."""
    state = hub.state
    users = [asdict(user) for user in _first(state.code_users.values())]
    statuses = {key: asdict(hub.alarm.shown(key)) for key in islice(state.partitions, MOST_LISTED)}
    return {
        "partitions": [asdict(partition) for partition in _first(state.partitions.values())],
        "users": async_redact_data(users, PERSONAL),
        "statuses": async_redact_data(statuses, PERSONAL),
        "held_back": hub.alarm.keeper.waiting,
    }


def _telling(hub: Hub) -> dict[str, Any]:
    """Return how people are told: neither whom, nor what."""
    outbox = hub.telling.outbox
    personal = {"name", "target", "channel_id"}
    return {
        "channels": [async_redact_data(asdict(channel), personal) for channel in hub.telling.channels],
        "waiting": len(outbox.postings),
        "failures": [status.failures for status in outbox.channels.values()],
    }


def _counters(counters: HubCounters) -> dict[str, Any]:
    # ``asdict`` would count a counter's items instead of copying it.
    values = {field.name: getattr(counters, field.name) for field in fields(counters)}
    return {name: dict(value) if isinstance(value, Counter) else value for name, value in values.items()}


def _first[T](records: Iterable[T]) -> Iterable[T]:
    return islice(records, MOST_LISTED)


def _status(status: Any) -> dict[str, Any] | None:
    return asdict(status) if status is not None else None


def _output(record: OutputRecord) -> dict[str, Any]:
    redacted: dict[str, Any] = async_redact_data(asdict(record), SECRETS)
    return redacted
