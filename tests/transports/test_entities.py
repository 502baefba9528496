from collections.abc import Callable

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.engine.model import ADOPTED_SOURCE
from custom_components.event_hub.transports.entities import AdoptedEntities
from custom_components.event_hub.wire.messages import InputReport, Report, ReportKind

DOOR = "binary_sensor.back_door"


class Adopted:
    """Adopted entities with what they reported."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.reports: list[Report] = []
        self.entities = AdoptedEntities(hass, ADOPTED_SOURCE, self.reports.append)

    def follow(self, entity_id: str = DOOR, key: str = "Back Door") -> None:
        self.entities.async_update({key: entity_id})

    async def set(self, *states: str, entity_id: str = DOOR, **attributes: str) -> None:
        for state in states:
            self.hass.states.async_set(entity_id, state, attributes)
            await self.hass.async_block_till_done()

    @property
    def inputs(self) -> list[InputReport]:
        return [device for report in self.reports for device in report.inputs]

    @property
    def active(self) -> list[bool | str | None]:
        said = (device for device in self.inputs if device.reachable is not False)
        return ["already" if device.already else device.active for device in said]

    @property
    def reachable(self) -> list[bool]:
        return [device.reachable for device in self.inputs if device.reachable is not None]


@pytest.fixture
def adopted(hass: HomeAssistant) -> Adopted:
    return Adopted(hass)


async def test_a_change_from_clear_to_active_is_an_activation_with_its_time(adopted: Adopted) -> None:
    await adopted.set("off")
    adopted.follow()
    await adopted.set("on")
    state = adopted.hass.states.get(DOOR)
    assert state is not None
    assert adopted.reports[-1] == Report(
        source=ADOPTED_SOURCE,
        kind=ReportKind.EVENT,
        sent_at=state.last_changed_timestamp,
        inputs=(InputReport(device_key="Back Door", active=True, level=True),),
    )
    assert adopted.active == [False, True]


async def test_what_is_already_clear_when_it_is_adopted_is_reported_as_of_now(adopted: Adopted) -> None:
    await adopted.set("off")
    adopted.follow()
    assert adopted.active == [False]
    assert adopted.reports[0].sent_at is None


async def test_what_is_already_active_when_it_is_adopted_is_no_activation(adopted: Adopted) -> None:
    await adopted.set("on")
    adopted.follow()
    await adopted.set("off", "on")
    assert adopted.active == ["already", False, True]


@pytest.mark.parametrize("gone", ["unavailable", "unknown"])
async def test_an_entity_that_comes_back_active_as_it_was_is_no_activation(adopted: Adopted, gone: str) -> None:
    await adopted.set("off")
    adopted.follow()
    await adopted.set("on", gone, "on")
    assert adopted.active == [False, True, None]


async def test_an_entity_that_was_clear_and_comes_back_active_is_an_activation(adopted: Adopted) -> None:
    await adopted.set("off")
    adopted.follow()
    await adopted.set("unavailable", "on")
    assert adopted.active == [False, True]


async def test_an_entity_that_appears_active_is_no_activation(adopted: Adopted) -> None:
    adopted.follow()
    await adopted.set("unavailable", "on")
    assert adopted.active == ["already"]


async def test_an_entity_that_is_unavailable_or_gone_is_said_to_be_out_of_reach_once(adopted: Adopted) -> None:
    await adopted.set("unavailable")
    adopted.follow()
    await adopted.set("unknown", "unavailable", "off")
    assert adopted.reachable == [False, True]
    await adopted.set("on", "unknown", "on")
    adopted.hass.states.async_remove(DOOR)
    await adopted.hass.async_block_till_done()
    await adopted.set("unavailable", "on")
    assert adopted.reachable == [False, True, False, True]


async def test_an_entity_that_was_removed_and_comes_back_says_what_it_is(adopted: Adopted) -> None:
    await adopted.set("off")
    adopted.follow()
    adopted.hass.states.async_remove(DOOR)
    await adopted.set("off", "on")
    assert adopted.active == [False, False, True]


async def test_a_change_of_attributes_alone_says_nothing(adopted: Adopted) -> None:
    await adopted.set("off")
    adopted.follow()
    await adopted.set("off", battery="5")
    assert adopted.active == [False]


@pytest.mark.parametrize(
    ("entity_id", "clear", "active"),
    [
        ("binary_sensor.door", "off", "on"),
        ("cover.garage", "closed", "opening"),
        ("valve.water", "closed", "open"),
        ("lock.front", "locked", "unlocked"),
        ("lock.front", "locked", "jammed"),
        ("alarm_control_panel.home", "armed_away", "triggered"),
        ("device_tracker.phone", "not_home", "home"),
        ("person.somebody", "work", "home"),
        ("sensor.ring_contact", "closed", "open"),
        ("sensor.smoke", "Clear", "Detected"),
        ("siren.attic", "off", "on"),
        ("vacuum.robot", "docked", "error"),
    ],
)
async def test_each_domain_has_its_own_words(adopted: Adopted, entity_id: str, clear: str, active: str) -> None:
    await adopted.set(clear, entity_id=entity_id)
    adopted.follow(entity_id)
    await adopted.set(active, clear, entity_id=entity_id)
    assert adopted.active == [False, True, False]


@pytest.mark.parametrize(
    ("entity_id", "states", "reported"),
    [
        ("cover.garage", ("opening", "open", "closing", "closed"), [True, None, False]),
        ("lock.front", ("unlocking", "unlocked", "locking", "locked"), [True, False]),
    ],
)
async def test_what_is_on_its_way_to_clear_is_not_clear_yet(
    adopted: Adopted, entity_id: str, states: tuple[str, ...], reported: list[bool | None]
) -> None:
    await adopted.set("closed" if entity_id.startswith("cover") else "locked", entity_id=entity_id)
    adopted.follow(entity_id)
    await adopted.set(*states, entity_id=entity_id)
    assert adopted.active[1:] == reported


async def test_a_number_is_a_value_and_leaves_it_to_limits_whether_it_is_active(adopted: Adopted) -> None:
    await adopted.set("21.5", entity_id="sensor.cellar")
    adopted.follow("sensor.cellar")
    await adopted.set("-3", "nan", "1e400", "unknown", "4", entity_id="sensor.cellar")
    assert [(device.active, device.value) for device in adopted.inputs] == [(None, 21.5), (None, -3.0), (None, 4.0)]


@pytest.mark.parametrize("domain", ["button", "event", "input_button", "scene"])
async def test_a_new_moment_is_an_activation_and_the_known_one_is_not(adopted: Adopted, domain: str) -> None:
    entity_id = f"{domain}.doorbell"
    await adopted.set("2026-11-24T10:00:00+00:00", entity_id=entity_id)
    adopted.follow(entity_id)
    await adopted.set("unavailable", "2026-11-24T10:00:00+00:00", entity_id=entity_id)
    assert adopted.reachable == [False, True]
    adopted.reports.clear()
    await adopted.set("2026-11-24T10:05:00+00:00", entity_id=entity_id, event_type="ring")
    await adopted.set("unavailable", "2026-11-24T10:06:00+00:00", entity_id=entity_id)
    told = [device for device in adopted.inputs if device.reachable is not False]
    assert [(device.active, device.level, device.detail) for device in told] == [
        (True, False, "ring"),
        (True, False, None),
    ]


@pytest.mark.parametrize("domain", ["button", "event", "input_button", "scene"])
async def test_the_first_press_of_what_was_never_pressed_is_an_activation(adopted: Adopted, domain: str) -> None:
    entity_id = f"{domain}.panic"
    await adopted.set("unknown", entity_id=entity_id)
    adopted.follow(entity_id)
    assert adopted.active == []
    await adopted.set("2026-11-24T10:00:00+00:00", entity_id=entity_id)
    assert adopted.active == [True]


async def test_what_was_never_pressed_is_within_reach_again_before_it_is_pressed(adopted: Adopted) -> None:
    entity_id = "event.panic"
    await adopted.set("unknown", entity_id=entity_id)
    adopted.follow(entity_id)
    await adopted.set("unavailable", "unknown", entity_id=entity_id)
    assert adopted.reachable == [False, True]
    assert adopted.active == [None]
    await adopted.set("2026-11-24T10:00:00+00:00", entity_id=entity_id)
    assert adopted.active == [None, True]


async def test_a_known_moment_that_comes_back_after_unknown_is_no_activation(adopted: Adopted) -> None:
    entity_id = "event.panic"
    await adopted.set("2026-11-24T10:00:00+00:00", entity_id=entity_id)
    adopted.follow(entity_id)
    await adopted.set("unknown", "2026-11-24T10:00:00+00:00", entity_id=entity_id)
    assert adopted.active == []


async def test_an_entity_that_appears_with_a_moment_tells_nothing_new(adopted: Adopted) -> None:
    entity_id = "event.panic"
    adopted.follow(entity_id)
    await adopted.set("unavailable", "2026-11-24T10:00:00+00:00", entity_id=entity_id)
    assert adopted.active == [None]


async def test_only_what_changed_is_followed_anew(adopted: Adopted, count_listeners: Callable[[], int]) -> None:
    await adopted.set("off", entity_id="binary_sensor.a")
    await adopted.set("off", entity_id="binary_sensor.b")
    adopted.entities.async_update({"A": "binary_sensor.a", "B": "binary_sensor.b"})
    adopted.entities.async_update({"A": "binary_sensor.a", "B": "binary_sensor.b"})
    assert [device.device_key for device in adopted.inputs] == ["A", "B"]
    adopted.entities.async_update({"A": "binary_sensor.b"})
    await adopted.set("on", entity_id="binary_sensor.a")
    await adopted.set("on", entity_id="binary_sensor.b")
    assert [device.device_key for device in adopted.inputs] == ["A", "B", "A", "A"]
    assert adopted.active == [False, False, False, True]
    assert count_listeners() == 1


async def test_after_the_end_nothing_is_followed(adopted: Adopted, count_listeners: Callable[[], int]) -> None:
    await adopted.set("off")
    adopted.follow()
    adopted.entities.async_stop()
    await adopted.set("on")
    assert adopted.active == [False]
    assert count_listeners() == 0


@pytest.fixture
def count_listeners(hass: HomeAssistant) -> Callable[[], int]:
    """Count the entities that anybody follows."""

    def count() -> int:
        trackers = hass.data.get("track_state_change_data")
        return len(trackers.callbacks) if trackers is not None else 0

    return count
