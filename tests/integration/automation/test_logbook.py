"""What Home Assistant's logbook says of the hub's events."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from homeassistant.components.logbook import _process_logbook_platform
from homeassistant.components.logbook.models import LogbookConfig
from homeassistant.core import Event, callback
import pytest

from custom_components.event_hub import logbook
from custom_components.event_hub.alarm_bus import EVENT_ALARM
from custom_components.event_hub.alarm_sentences import alarm_words
from custom_components.event_hub.engine.alarm.codes import CodeUser
from custom_components.event_hub.engine.alarm.model import Action, Zone
from custom_components.event_hub.logbook import async_describe_events
from custom_components.event_hub.telling_desk import EVENT_UNDELIVERED
from custom_components.event_hub.times_desk import EVENT_DIGEST, EVENT_ESCALATION
from tests.alarm_types import TYPES
from tests.integration.actions.kit import tell
from tests.integration.alarm.kit import ABORT, ANNS_CODE, HOME, PANEL, PARTITION, SMOKE, WINDOW, House

EVENTS = (EVENT_ALARM, EVENT_ESCALATION, EVENT_DIGEST, EVENT_UNDELIVERED)


class Book:
    """The logbook, as far as it reads the hub's events."""

    def __init__(self, house: House) -> None:
        """Read what comes from now on."""
        self.entries: list[dict[str, Any]] = []
        self.readers: dict[str, Callable[[Event[Any]], dict[str, Any]]] = {}
        self._hass = house.home.hass
        async_describe_events(self._hass, self._describe)

    @property
    def messages(self) -> list[str]:
        """What can be read."""
        return [f"{entry['name']} {entry['message']}" for entry in self.entries]

    def _describe(self, domain: str, event_type: str, reader: Callable[[Event[Any]], dict[str, Any]]) -> None:
        assert domain == "event_hub"
        self.readers[event_type] = reader

        @callback
        def read(event: Event[Any]) -> None:
            self.entries.append(reader(event))

        self._hass.bus.async_listen(event_type, read)


@pytest.fixture
def book(house: House) -> Book:
    """Return the logbook."""
    return Book(house)


def test_every_event_is_read(book: Book) -> None:
    assert set(book.readers) == set(EVENTS)


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_type_of_the_alarm_has_its_words(kind: str) -> None:
    _, message = alarm_words({"type": kind})
    assert message
    assert message != f"told {kind.replace('_', ' ')}"


def test_a_type_that_is_not_known_yet_is_shown_all_the_same() -> None:
    assert alarm_words({"type": "brand_new"})[1] == "told brand new"


async def test_a_day_with_the_alarm_reads_as_sentences(house: House, book: Book) -> None:
    await house.arm()
    await house.opens(WINDOW)
    await house.passes(ABORT + 1)
    await house.disarm()
    assert book.messages == [
        "Home was armed (away) by Ann's phone",
        "Home raised an alarm (burglary): Window",
        "Home is in alarm",
        "Home has no channel to tell outside of its alarm: Window",
        "Home had a false alarm, which was cancelled by Ann (Ann's phone); there is no channel to tell it",
        "Home was disarmed by Ann (Ann's phone)",
    ]
    assert {entry["entity_id"] for entry in book.entries} == {"alarm_control_panel.home"}
    assert all(entry["icon"].startswith("mdi:") for entry in book.entries)


async def test_what_is_in_the_way_is_named(house: House, book: Book) -> None:
    await house.opens(WINDOW)
    await house.refusal(Action.ARM, mode="away")
    assert book.messages == ["Home refused to arm by Ann's phone: Window (open)"]


async def test_wrong_codes_and_their_lock_are_read(house: House, book: Book) -> None:
    await house.arm()
    for _ in range(5):
        await house.refusal(Action.DISARM, code="0000")
    assert "Home was given a wrong code by Ann's phone; 4 more lock it" in book.messages
    assert book.messages[-1].startswith("Home takes no codes until ")


async def test_a_silent_alarm_and_a_forced_code_read_like_any_day(house: House, book: Book) -> None:
    await house.desk.async_set_partition(replace(PARTITION, zones={**PARTITION.zones, WINDOW: Zone(silent=True)}))
    await house.desk.async_set_user(CodeUser(user_id="forced", name="Anna", duress=True), "9999")
    # That something was set up is told, and not what of this.
    assert not [message for message in book.messages if "silent" in message or "duress" in message]
    book.entries.clear()
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await house.passes(ABORT + 1)
    await house.disarm("9999")
    assert book.messages == ["Home was armed (away) by Ann's phone", "Home was disarmed by Anna (Ann's phone)"]


async def test_an_alarm_called_off_under_duress_reads_like_any_that_was_called_off(house: House, book: Book) -> None:
    await house.desk.async_set_user(CodeUser(user_id="forced", name="Anna", duress=True), "9999")
    read = []
    for code in (ANNS_CODE, "9999"):
        book.entries.clear()
        await house.arm()
        await house.opens_and_closes(WINDOW)
        await house.disarm(code)
        read.append([message.replace("Anna", "Ann") for message in book.messages])
    freely, forced = read
    assert forced == freely
    assert "Home had a false alarm, which was cancelled by Ann (Ann's phone) before outside was told" in forced


async def test_a_silent_call_for_help_does_not_read_from_the_disarming_after_it(house: House, book: Book) -> None:
    await house.arm()
    book.entries.clear()
    await house.desk.async_ask(HOME, Action.PANIC, PANEL, silent=True)
    await house.disarm()
    assert book.messages == ["Home was disarmed by Ann (Ann's phone)"]


async def test_what_stays_active_is_read_with_its_entity(house: House, book: Book) -> None:
    await tell(house.home.hass, "set_rule", inputs=[SMOKE], escalate_after=600)
    await house.opens(SMOKE)
    await house.passes(601)
    await house.closes(SMOKE)
    told = [entry for entry in book.entries if entry.get("entity_id") == "binary_sensor.smoke"]
    assert [entry["message"].split(" since")[0] for entry in told] == ["is still active", "is no longer active"]


async def test_digests_and_what_could_not_be_told_are_read(house: House, book: Book) -> None:
    bus = house.home.hass.bus
    bus.async_fire(EVENT_DIGEST, {"number": 1, "count": 3, "inputs": [{"name": "Door", "count": 3}], "more": 0})
    undelivered = {"topic": "alarm", "label": WINDOW, "detail": None, "partition": HOME, "partition_name": "Home"}
    bus.async_fire(EVENT_UNDELIVERED, undelivered)
    bus.async_fire(EVENT_UNDELIVERED, {"topic": "trigger", "label": "Panic", "input": "Panic"})
    await house.told()
    assert book.messages == [
        "Event Hub told what quiet hours held back: Door (3)",
        "Home has a message that no channel delivered in time: alarm, Window",
        "Panic has a message that no channel delivered in time: trigger",
    ]
    assert book.entries[1]["entity_id"] == "alarm_control_panel.home"


async def test_home_assistants_own_logbook_takes_them(house: House) -> None:
    hass = house.home.hass
    hass.data["logbook"] = config = LogbookConfig({}, None, None)
    _process_logbook_platform(hass, "event_hub", logbook)
    assert set(config.external_events) == set(EVENTS)
    assert {domain for domain, _ in config.external_events.values()} == {"event_hub"}
