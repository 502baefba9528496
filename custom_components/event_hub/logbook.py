"""What Home Assistant's logbook shows of the events that the hub fires on its bus, in words.

Everybody at home may read it. A forced code and a silent alarm, which outside alone is told of, read
there like something that happens every day.
"""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .alarm_bus import EVENT_ALARM
from .alarm_sentences import Data, Words, alarm_words, listed
from .alarm_views import PARTITIONS
from .const import DOMAIN
from .telling_desk import EVENT_UNDELIVERED
from .times_desk import EVENT_DIGEST, EVENT_ESCALATION
from .trigger_data import entity_of
from .views import INPUTS

type Entry = dict[str, Any]
type Describe = Callable[[str, str, Callable[[Event[dict[str, Any]]], Entry]], None]


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Describe) -> None:
    """Tell the logbook how to read each event of the hub."""

    @callback
    def alarm(event: Event[dict[str, Any]]) -> Entry:
        entity_id = _entity(hass, Platform.ALARM_CONTROL_PANEL, event.data.get("partition"))
        return _entry(event.data, alarm_words(event.data), entity_id)

    @callback
    def escalation(event: Event[dict[str, Any]]) -> Entry:
        entity_id = _entity(hass, Platform.BINARY_SENSOR, event.data.get("input"))
        return _entry(event.data, _escalation_words(event.data), entity_id)

    @callback
    def digest(event: Event[dict[str, Any]]) -> Entry:
        return _entry({}, _digest_words(event.data), None)

    @callback
    def undelivered(event: Event[dict[str, Any]]) -> Entry:
        data = event.data
        name = data.get("partition_name") or data.get("label")
        panel = _entity(hass, Platform.ALARM_CONTROL_PANEL, data.get("partition"))
        entity_id = panel or _entity(hass, Platform.BINARY_SENSOR, data.get("input")) or data.get("entity_id")
        return _entry({"name": name}, _undelivered_words(data, name), entity_id)

    async_describe_event(DOMAIN, EVENT_ALARM, alarm)
    async_describe_event(DOMAIN, EVENT_ESCALATION, escalation)
    async_describe_event(DOMAIN, EVENT_DIGEST, digest)
    async_describe_event(DOMAIN, EVENT_UNDELIVERED, undelivered)


def _entry(data: Data, words: Words, entity_id: str | None) -> Entry:
    icon, message = words
    entry = {
        LOGBOOK_ENTRY_NAME: data.get("name") or "Event Hub",
        LOGBOOK_ENTRY_MESSAGE: message,
        LOGBOOK_ENTRY_ICON: f"mdi:{icon}",
    }
    return entry if entity_id is None else {**entry, LOGBOOK_ENTRY_ENTITY_ID: entity_id}


def _entity(hass: HomeAssistant, platform: Platform, key: str | None) -> str | None:
    if key is None:
        return None
    if platform is Platform.ALARM_CONTROL_PANEL:
        return entity_of(hass, platform, PARTITIONS, key, "panel")
    return entity_of(hass, platform, INPUTS, key, "active")


def _escalation_words(data: Data) -> Words:
    if data.get("type") == "resolved":
        return "timer-check", "is no longer active"
    since = dt_util.parse_datetime(str(data.get("since")))
    return "timer-alert", "is still active" + ("" if since is None else f" since {dt_util.as_local(since):%H:%M}")


def _digest_words(data: Data) -> Words:
    names = [f"{each.get('name')} ({each.get('count')})" for each in data.get("inputs", ())]
    return "weather-sunset-up", f"told what quiet hours held back: {listed(names) or data.get('count')}"


def _undelivered_words(data: Data, name: object) -> Words:
    said = (data.get(field) for field in ("topic", "label", "detail"))
    what = [str(each).replace("_", " ") for each in said if each and each != name]
    return "message-alert", f"has a message that no channel delivered in time: {listed(what)}"
