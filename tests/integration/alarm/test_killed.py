"""Home Assistant killed in an alarm: what its journal has counts over what was stored of inputs and commands before."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
import pytest

from custom_components.event_hub.engine.alarm.model import Action, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.events import Linked, Reported
from custom_components.event_hub.engine.model import CommandStatus
from custom_components.event_hub.wire.messages import InputReport, Report, ReportKind
from devkit.polling import until
from tests.integration.actions.kit import add_outputs
from tests.integration.kit import source

from .kit import ANNS_CODE, BUTTON, HOME, PANEL, SMOKE, WINDOW, Disk, House, journal_of

STATUS = "event_hub.status"
LAMP = "Lamp"
CALLS = [ZoneKind.PANIC, ZoneKind.FIRE, ZoneKind.ALWAYS]


class Lamp:
    """A linked output that is no siren: an action that takes as long as a test wants."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Take the orders at once."""
        self.orders = 0
        self._free = asyncio.Event()
        self._free.set()
        hass.services.async_register("light", "turn_on", self._taken)

    async def _taken(self, _: ServiceCall) -> None:
        self.orders += 1
        await self._free.wait()

    def hang(self) -> None:
        """Come to no end."""
        self._free.clear()

    def go_on(self) -> None:
        """Come to an end."""
        self._free.set()


class Killing:
    """Kills the hub: of what it does at its end, nothing stays. What was stored before does."""

    def __init__(self, house: House, hass_storage: dict[str, Any]) -> None:
        """Look after a house."""
        self._house = house
        self._storage = hass_storage
        self._status: object = None

    async def save(self) -> None:
        """Have stored how inputs stand and which commands are under way, as happens twice a minute."""
        assert await self._house.home.hub.async_save()
        self._status = deepcopy(self._storage[STATUS])

    async def kill(self, *, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Kill the hub, and start it again."""
        home = self._house.home
        journal = journal_of(home.entry, home.hass)
        kept = journal.read_bytes()
        meanwhile()
        assert await home.hass.config_entries.async_unload(home.entry.entry_id)
        journal.write_bytes(kept)
        self._storage[STATUS] = self._status
        assert await home.hass.config_entries.async_setup(home.entry.entry_id)
        await self._house.told()


@pytest.fixture
async def killing(house: House, hass_storage: dict[str, Any]) -> Killing:
    """Return how the hub is killed; everything is stored as it is now."""
    killing = Killing(house, hass_storage)
    await killing.save()
    return killing


@pytest.fixture
async def lamp(house: House, killing: Killing) -> Lamp:
    """Return a lamp that a button, the smoke detector and the window switch on."""
    lamp = Lamp(house.home.hass)
    await house.home.report(InputReport(device_key=BUTTON, active=False))
    await house.home.enable(inputs=(BUTTON,))
    await add_outputs(house.home, LAMP, action="light.turn_on")
    await house.home.post(Linked(inputs=(BUTTON, SMOKE, WINDOW), outputs=(LAMP,)))
    await killing.save()
    return lamp


def commands_in(disk: Disk) -> int:
    """Count the commands that the alarm's journal has."""
    return sum(key.startswith("command.") and value != b"null" for key, value in disk.written.items())


async def test_an_alarm_that_was_let_go_and_acknowledged_is_not_raised_again(house: House, killing: Killing) -> None:
    await house.opens(SMOKE)
    await killing.save()
    await house.closes(SMOKE)
    await house.disarm()
    await house.desk.async_ask(HOME, Action.ACKNOWLEDGE, PANEL, code=ANNS_CODE)
    await killing.kill()
    await house.home.report(InputReport(device_key=WINDOW, active=False), kind=ReportKind.HEARTBEAT)
    await house.told()
    assert (house.phase, house.shown.memory) == (Phase.DISARMED, ())
    await house.opens(SMOKE)
    assert house.phase is Phase.TRIGGERED


async def test_an_alarm_that_was_acknowledged_while_its_detector_is_active_is_not_raised_again(
    house: House, killing: Killing
) -> None:
    await house.opens(SMOKE)
    await house.disarm()
    await house.desk.async_ask(HOME, Action.ACKNOWLEDGE, PANEL, code=ANNS_CODE)
    await killing.kill()
    await house.home.report(InputReport(device_key=WINDOW, active=False), kind=ReportKind.HEARTBEAT)
    await house.home.report(InputReport(device_key=SMOKE, active=True, level=True))
    await house.told()
    assert (house.phase, house.shown.memory) == (Phase.DISARMED, ())


async def test_neither_disarming_nor_acknowledging_is_answered_before_the_disk_has_it(disk: Disk, house: House) -> None:
    await house.opens(SMOKE)
    for action in (Action.DISARM, Action.ACKNOWLEDGE):
        disk.hang()
        asked = asyncio.create_task(house.desk.async_ask(HOME, action, PANEL, code=ANNS_CODE))
        await until(lambda: disk.busy)
        assert not asked.done()
        disk.go_on()
        await asked
    assert (house.phase, house.shown.memory) == (Phase.DISARMED, ())


@pytest.mark.parametrize("kind", CALLS)
async def test_what_a_call_for_help_commands_is_sent_by_the_next_run_where_a_kill_cut_it_off(
    house: House, killing: Killing, lamp: Lamp, kind: ZoneKind
) -> None:
    await house.desk.async_set_zone(HOME, BUTTON, Zone(kind=kind))
    await killing.save()
    lamp.hang()
    house.home.inject(InputReport(device_key=BUTTON, active=True))
    await until(lambda: lamp.orders)
    await killing.kill(meanwhile=lamp.go_on)
    await until(lambda: lamp.orders == 2)
    await house.told()
    assert house.home.hub.state.output_status[LAMP].command_status is CommandStatus.DONE
    await killing.save()
    await killing.kill()
    assert lamp.orders == 2


async def test_what_was_sent_is_in_the_journal_no_longer_and_not_sent_again(
    disk: Disk, house: House, killing: Killing, lamp: Lamp
) -> None:
    lamp.hang()
    house.home.inject(InputReport(device_key=SMOKE, active=True))
    await until(lambda: lamp.orders)
    assert commands_in(disk) == 1
    lamp.go_on()
    await until(lambda: not commands_in(disk))
    await killing.kill()
    assert (house.phase, lamp.orders) == (Phase.TRIGGERED, 1)


async def test_what_was_stored_of_a_command_after_the_journal_had_it_counts(
    house: House, killing: Killing, lamp: Lamp
) -> None:
    lamp.hang()
    house.home.inject(InputReport(device_key=SMOKE, active=True))
    await until(lambda: lamp.orders)
    journal = journal_of(house.home.entry, house.home.hass)
    kept = journal.read_bytes()
    lamp.go_on()
    await house.home.reload()
    await killing.save()
    journal.write_bytes(kept)
    await killing.kill()
    assert lamp.orders == 1


async def test_what_ordinary_inputs_and_burglars_command_is_in_no_journal(disk: Disk, house: House, lamp: Lamp) -> None:
    appends = disk.appends
    await house.opens(BUTTON)
    assert (disk.appends, lamp.orders) == (appends, 1)
    await house.arm()
    lamp.hang()
    house.home.inject(InputReport(device_key=WINDOW, active=True))
    await until(lambda: lamp.orders == 2)
    assert commands_in(disk) == 0
    lamp.go_on()


async def test_what_caused_a_command_need_not_come_again_once_the_journal_has_it(house: House, lamp: Lamp) -> None:
    lamp.hang()
    (handled,) = house.home.hub.handle(said(SMOKE))
    async with asyncio.timeout(60):
        await handled
    await until(lambda: lamp.orders == 1)
    assert house.home.hub.state.output_status[LAMP].command_status is CommandStatus.SENT
    lamp.go_on()


@pytest.mark.logs_error("is not on disk")
async def test_what_caused_a_command_has_to_come_again_while_the_journal_takes_nothing(
    disk: Disk, house: House, lamp: Lamp
) -> None:
    disk.be_full()
    lamp.hang()
    (handled,) = house.home.hub.handle(said(SMOKE))
    await until(lambda: lamp.orders)
    assert not handled.done()
    lamp.go_on()
    await handled
    disk.recover()


def said(key: str) -> Reported:
    """Return the report of an input that became active."""
    report = Report(source=source(), kind=ReportKind.EVENT, inputs=(InputReport(device_key=key, active=True),))
    return Reported(report=report)
