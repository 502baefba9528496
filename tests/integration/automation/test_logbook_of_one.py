"""What Home Assistant's logbook shows of one entity or one device, as its recorder kept it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import logging
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission
from custom_components.event_hub.engine.alarm.model import Action, Zone
from custom_components.event_hub.identifiers import device_identifier, partition_identifier, source_identifier
from custom_components.event_hub.telling_desk import EVENT_UNDELIVERED
from tests.integration.actions.kit import tell
from tests.integration.alarm.kit import ABORT, ANNS_CODE, HOME, PANEL, PARTITION, SMOKE, WINDOW, House
from tests.integration.clock import Clock
from tests.integration.kit import Home, source
from tests.integration.notify.kit import SMS, add_channel, cameras, pass_time, receiver

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
SHOWN = "alarm_control_panel.home"

type Entries = list[dict[str, Any]]
type Read = Callable[..., Awaitable[Entries]]


@pytest.fixture
def mock_recorder_before_hass(recorder_db_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Have a database before there is a Home Assistant, as the recorder wants it; what it is asked nobody need read."""
    assert recorder_db_url
    for name in ("sqlalchemy", "sqlalchemy.engine", "homeassistant.components.recorder"):
        caplog.set_level(logging.WARNING, logger=name)


@pytest.fixture
async def house(
    recorder_mock: Recorder, quick_hashes: None, clock: Clock, sirens: list[bool], hass: HomeAssistant, home: Home
) -> House:
    """Return a home that records, with a logbook and a partition."""
    assert recorder_mock.recording
    assert quick_hashes is None
    assert await async_setup_component(hass, "logbook", {})
    house = House(home, clock, sirens)
    await house.set_up()
    return house


@pytest.fixture
async def read(house: House, hass_ws_client: WebSocketGenerator) -> Read:
    """Return what asks for the logbook of entities or devices as its pages do."""
    hass = house.home.hass
    client = await hass_ws_client(hass)

    async def read(**wanted: Any) -> Entries:
        await async_wait_recording_done(hass)
        end = (dt_util.utcnow() + timedelta(days=1)).isoformat()
        await client.send_json_auto_id(
            {"type": "logbook/get_events", "start_time": BEGINNING, "end_time": end, **wanted}
        )
        answer = await client.receive_json()
        assert answer["success"], answer
        entries: Entries = answer["result"]
        return entries

    return read


def device_of(entry: MockConfigEntry, hass: HomeAssistant, identifier: tuple[str, str]) -> str:
    """Return the id of a device."""
    device = dr.async_get(hass).async_get_device_by_identifier(identifier, entry.entry_id)
    assert device is not None
    return device.id


def messages(entries: Entries) -> list[str]:
    """Return what can be read, states apart."""
    return [f"{entry['name']} {entry['message']}" for entry in entries if "message" in entry]


@pytest.fixture
def by_panel(house: House) -> dict[str, list[str]]:
    """Return what asks for the panel."""
    assert house.phase
    return {"entity_ids": [SHOWN]}


@pytest.fixture
def by_device(house: House) -> dict[str, list[str]]:
    """Return what asks for the partition's device."""
    home = house.home
    return {"device_ids": [device_of(home.entry, home.hass, partition_identifier(HOME))]}


async def test_the_pages_of_a_panel_and_of_its_device_have_the_alarm_in_words(
    house: House, read: Read, by_panel: dict[str, list[str]], by_device: dict[str, list[str]]
) -> None:
    await house.arm()
    await house.refusal(Action.DISARM, code="0000")
    await house.disarm()
    for asked in (by_panel, by_device):
        found = messages(await read(**asked))
        assert found[-3:] == [
            "Home was armed (away) by Ann's phone",
            "Home was given a wrong code by Ann's phone; 4 more lock it",
            "Home was disarmed by Ann (Ann's phone)",
        ]


async def test_changes_of_its_settings_are_on_its_page(
    house: House, read: Read, by_panel: dict[str, list[str]], by_device: dict[str, list[str]]
) -> None:
    await house.desk.async_set_partition(PARTITION, PANEL)
    await house.desk.async_set_user(CodeUser(user_id="bob", name="Bob", permissions=tuple(Permission)), "1379", PANEL)
    for asked in (by_panel, by_device):
        assert messages(await read(**asked)), asked


async def test_the_pages_of_an_input_and_of_its_device_have_its_escalation(house: House, read: Read) -> None:
    home = house.home
    await tell(home.hass, "set_rule", inputs=[SMOKE], escalate_after=600)
    await house.opens(SMOKE)
    await house.passes(601)
    device = device_of(home.entry, home.hass, device_identifier(SMOKE))
    for asked in ({"entity_ids": ["binary_sensor.smoke"]}, {"device_ids": [device]}):
        (message,) = messages(await read(**asked))
        assert message.startswith("Smoke is still active since ")


async def test_what_could_not_be_told_is_on_the_pages_of_what_it_is_about(house: House, read: Read) -> None:
    home = house.home
    heard = async_capture_events(home.hass, EVENT_UNDELIVERED)
    receiver(home.hass, SMS, house.clock).be_away()
    add_channel(home, "SMS", "action", SMS, deadline=30)
    yard = source("yard", "snapshot")
    await cameras(home, "Yard")
    await home.lose(yard)
    await house.arm()
    await house.opens(WINDOW)
    await pass_time(home, house.clock, ABORT + 120, step=10)
    sensor = home.entity_id("binary_sensor", f"source:{yard.source_id}:connected")
    for identifier, entity_id, says in (
        (source_identifier(yard.source_id), sensor, " has a message that no channel delivered in time: source lost"),
        (partition_identifier(HOME), SHOWN, "Home has a message that no channel delivered in time: alarm"),
    ):
        device = device_of(home.entry, home.hass, identifier)
        for asked in ({"entity_ids": [entity_id]}, {"device_ids": [device]}):
            assert [each for each in messages(await read(**asked)) if says in each], asked
    assert {dt_util.parse_datetime(event.data["at"], raise_on_error=True).tzinfo for event in heard} == {UTC}


async def test_a_silent_alarm_is_on_no_page(
    house: House, read: Read, by_panel: dict[str, list[str]], by_device: dict[str, list[str]]
) -> None:
    await house.set_up(_silent())
    home = house.home
    await house.arm()
    zone = {"device_ids": [device_of(home.entry, home.hass, device_identifier(WINDOW))]}
    before = [messages(await read(**asked)) for asked in (by_panel, by_device, zone)]
    for _ in range(3):
        await house.opens_and_closes(WINDOW)
    await house.passes(ABORT + 1)
    assert [messages(await read(**asked)) for asked in (by_panel, by_device, zone)] == before
    assert before[0]


@pytest.mark.parametrize("alarmed", [False, True])
async def test_a_forced_code_reads_on_every_page_like_any_other(
    house: House, read: Read, by_panel: dict[str, list[str]], by_device: dict[str, list[str]], *, alarmed: bool
) -> None:
    ann = CodeUser(user_id="ann2", name="Anna", permissions=tuple(Permission), duress=True)
    await house.desk.async_set_user(ann, "9999")
    seen: list[list[Entries]] = []
    # The first time nothing went before; Home Assistant ascribes some of it to what did.
    for code in (ANNS_CODE, ANNS_CODE, "9999"):
        before = [len(await read(**asked)) for asked in (by_panel, by_device)]
        await house.arm()
        if alarmed:
            await house.opens_and_closes(WINDOW)
        await tell_panel(house, code)
        pages = [await read(**asked) for asked in (by_panel, by_device)]
        seen.append([_alike(page[count:]) for page, count in zip(pages, before, strict=True)])
    _, freely, forced = seen
    assert forced == freely
    assert all(freely)


async def tell_panel(house: House, code: str) -> None:
    """Disarm with the panel's own action."""
    data = {"entity_id": SHOWN, "code": code}
    await house.home.hass.services.async_call("alarm_control_panel", "alarm_disarm", data, blocking=True)
    await house.told()


def _silent() -> Any:
    return PARTITION.__replace__(zones={**PARTITION.zones, WINDOW: Zone(silent=True)})


def _alike(entries: Entries) -> Entries:
    """Return entries without what differs from day to day, and from one code to the other."""
    return [
        {name: str(value).replace("Anna", "Ann") for name, value in entry.items() if name != "when"}
        for entry in entries
    ]
