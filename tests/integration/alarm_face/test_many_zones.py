"""A partition of two hundred zones with long names: nothing that is shown or told of it is too much for anybody.

Home Assistant's recorder keeps nothing of a state or an event that is too large, and says so in the log each time.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.components.recorder.const import SupportedDialect
from homeassistant.components.recorder.db_schema import EventData, StateAttributes
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest

from custom_components.event_hub.alarm_bus import EVENT_ALARM
from custom_components.event_hub.alarm_desk import AlarmRefusedError
from custom_components.event_hub.engine.alarm.model import Action, Mode, Zone
from custom_components.event_hub.wire.messages import Condition, InputReport
from tests.integration.alarm.kit import ANNS_CODE, HOME, PANEL, House

ZONES: Final = tuple(
    f"The window behind the wardrobe in the guest room, left wing, floor {number:03}" for number in range(200)
)
LOCATION: Final = "Grandmother's house beyond the orchard"
# What is read aloud, pushed to a phone or shown in a dialog.
LONGEST_MESSAGE: Final = 1500


class Recorder:
    """Writes down what Home Assistant's recorder would not keep."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to listen."""
        self.seen = 0
        # The newest event of each type.
        self.types: dict[str, dict[str, Any]] = {}
        self.too_large: set[str] = set()
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._state)
        hass.bus.async_listen(EVENT_ALARM, self._event)

    @callback
    def _state(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is None or not state.attributes:
            return
        self.seen += 1
        if StateAttributes.shared_attrs_bytes_from_event(event, SupportedDialect.SQLITE) == b"{}":
            self.too_large.add(state.entity_id)

    @callback
    def _event(self, event: Event[Mapping[str, Any]]) -> None:
        self.types[event.data["type"]] = dict(event.data)
        if EventData.shared_data_bytes_from_event(event, SupportedDialect.SQLITE) == b"{}":
            self.too_large.add(event.data["type"])


@pytest.fixture
async def recorder(house: House) -> Recorder:
    """Return who writes down what is too large, in a house with many zones, all closed."""
    await report(house, active=False)
    await house.home.enable(inputs=ZONES)
    zones = {**house.desk.partitions[HOME].zones, **{key: Zone() for key in ZONES}}
    await house.desk.async_set_partition(replace(house.desk.partitions[HOME], zones=zones))
    await house.told()
    return Recorder(house.home.hass)


async def report(house: House, **said: Any) -> None:
    """Let every zone report the same."""
    await house.home.report(*(InputReport(device_key=key, label=key, location=LOCATION, **said) for key in ZONES))
    await house.told()


async def test_two_hundred_open_windows_are_refused_and_left_out(house: House, recorder: Recorder) -> None:
    await report(house, active=True)
    with pytest.raises(AlarmRefusedError) as refused:
        await house.desk.async_ask(HOME, Action.ARM, PANEL, mode=Mode.AWAY)
    assert len(str(refused.value)) < LONGEST_MESSAGE
    await house.desk.async_ask(HOME, Action.ARM, PANEL, mode=Mode.AWAY, force=True, code=ANNS_CODE)
    await house.told()
    assert len(house.shown.forced) == len(ZONES)
    assert set(recorder.types) >= {"refused", "bypass", "phase"}
    assert recorder.seen
    assert recorder.too_large == set()


async def test_two_hundred_faults_are_told(house: House, recorder: Recorder) -> None:
    await house.arm()
    await report(house, active=False, condition=Condition(tamper=False, fault="The loop is cut"))
    assert len(house.shown.troubles) == len(ZONES)
    assert (len(recorder.types["trouble"]["what"]), recorder.types["trouble"]["what_count"]) == (20, len(ZONES))
    assert recorder.too_large == set()


async def test_two_hundred_alarms_are_remembered_and_told_outside(house: House, recorder: Recorder) -> None:
    await house.arm()
    await report(house, active=True)
    await house.passes(31)
    assert len(house.shown.memory) == len(ZONES)
    told = recorder.types["told_outside"]
    assert (len(told["alarms"]), told["alarms_count"]) == (20, len(ZONES))
    assert recorder.too_large == set()


async def test_two_hundred_zones_are_walked(house: House, recorder: Recorder) -> None:
    await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE)
    await report(house, active=True)
    await house.desk.async_ask(HOME, Action.WALK_TEST, PANEL, code=ANNS_CODE, on=False)
    await house.told()
    assert (len(recorder.types["walk_test"]["walked"]), recorder.types["walk_test"]["walked_count"]) == (20, len(ZONES))
    assert recorder.too_large == set()
