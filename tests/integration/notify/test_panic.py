"""A call for help is answered once no crash can make it unheard: it is on disk what is told, and what is commanded."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.event_hub import pressing
from custom_components.event_hub.engine.alarm.model import Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.events import Linked
from custom_components.event_hub.engine.model import PANIC_KEY
from devkit.polling import until
from tests.integration.actions.kit import add_inputs, add_outputs, tell
from tests.integration.alarm.kit import BUTTON, HOME, Disk, House
from tests.integration.kit import Home

from .kit import SMS, Receiver, add_channel, journal_of, settled

STATUS = "event_hub.status"
LONG = 30.0

type Press = Callable[[Home], Coroutine[Any, Any, None]]


async def on_a_dashboard(home: Home) -> None:
    """Press the hub's button."""
    data = {"entity_id": home.entity_id("button", "hub:panic")}
    await home.hass.services.async_call("button", "press", data, blocking=True)


async def by_an_action(home: Home) -> None:
    """Press as automations do."""
    await tell(home.hass, "trigger_input", input=PANIC_KEY)


@pytest.fixture(params=[on_a_dashboard, by_an_action])
def press(request: pytest.FixtureRequest) -> Press:
    """Return each way to press *Panic*."""
    found: Press = request.param
    return found


@pytest.fixture(autouse=True)
async def _channel(home: Home, sms: Receiver) -> None:
    """Have somebody who is told, and who is away for now, so that what is to be told stays."""
    sms.be_away()
    add_channel(home, "SMS", "action", SMS)
    await settled(home)


async def test_what_is_told_of_panic_is_on_disk_when_it_is_answered(home: Home, press: Press) -> None:
    await press(home)
    assert f'"{PANIC_KEY}"' in journal_of(home.entry, home.hass).read_text(encoding="utf-8")


async def test_what_panic_commands_is_on_disk_when_it_is_answered(
    home: Home, press: Press, hass_storage: dict[str, Any]
) -> None:
    await add_outputs(home, "Horn", action="siren.turn_on")
    await home.post(Linked(inputs=(PANIC_KEY,), outputs=("Horn",)))
    silent = asyncio.Event()

    async def take_long(_: object) -> None:
        await silent.wait()

    home.hass.services.async_register("siren", "turn_on", take_long)
    await press(home)
    kept = hass_storage[STATUS]["data"]["commands"]
    assert [each["command"]["output"]["device_key"] for each in kept.values()] == ["Horn"]
    silent.set()


async def test_panic_is_commanded_before_a_slow_disk_has_it_and_answered_after(
    home: Home, press: Press, disk: Disk, sms: Receiver
) -> None:
    await add_outputs(home, "Horn", action="siren.turn_on")
    await home.post(Linked(inputs=(PANIC_KEY,), outputs=("Horn",)))
    heard = asyncio.Event()

    async def sound(_: object) -> None:
        heard.set()

    home.hass.services.async_register("siren", "turn_on", sound)
    sms.be_back()
    disk.hang()
    pressing_it = asyncio.create_task(press(home))
    await heard.wait()
    await until(lambda: disk.busy)
    # The second that tellings wait for a disk is over before the answer comes.
    await until(lambda: sms.calls)
    assert not pressing_it.done()
    disk.go_on()
    await pressing_it


async def test_a_disk_that_takes_nothing_holds_no_answer_up_for_ever(
    home: Home, press: Press, disk: Disk, sms: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sms.be_back()
    monkeypatch.setattr(pressing, "PATIENCE", 0.01)
    disk.hang()
    async with asyncio.timeout(LONG):
        await press(home)
    await until(lambda: sms.calls)
    disk.go_on()


async def test_a_disk_that_is_full_keeps_panic_neither_from_being_told_nor_answered(
    home: Home, press: Press, disk: Disk, sms: Receiver
) -> None:
    sms.be_back()
    disk.be_full()
    await press(home)
    await until(lambda: sms.calls)


async def test_panic_is_answered_with_an_error_where_the_hub_has_ended(home: Home) -> None:
    hub = home.hub
    await hub.async_stop()
    with pytest.raises(HomeAssistantError, match="not running"):
        await pressing.async_press(hub, (PANIC_KEY,))


async def test_a_panic_zone_that_is_pressed_by_hand_has_raised_its_alarm_when_it_is_answered(house: House) -> None:
    await add_inputs(house.home, BUTTON)
    await house.desk.async_set_zone(HOME, BUTTON, Zone(kind=ZoneKind.PANIC))
    await tell(house.home.hass, "trigger_input", input=BUTTON)
    assert house.phase is Phase.TRIGGERED


@pytest.mark.parametrize("key", ["Door", "Report"])
async def test_what_is_no_call_for_help_waits_for_no_disk(
    home: Home, disk: Disk, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_inputs(home, "Door")
    monkeypatch.setattr(pressing, "PATIENCE", LONG)
    disk.hang()
    async with asyncio.timeout(LONG / 2):
        await tell(home.hass, "trigger_input", input=key)
    disk.go_on()
