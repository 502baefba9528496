"""Somebody sets the clock of the machine while the hub runs: the alarm does as it would have done."""

import asyncio

from homeassistant.core import ServiceCall
import pytest

from custom_components.event_hub.button_alarm import is_another_alarm
from custom_components.event_hub.engine.alarm.status import Outside, Phase, Timer
from custom_components.event_hub.engine.events import EnabledSet
from custom_components.event_hub.outputs import sender
from custom_components.event_hub.wire.messages import InputReport, ReportKind
from devkit.polling import until
from tests.integration.clock import Clock
from tests.integration.kit import source

from .kit import ABORT, DOOR, ENTRY, EXIT, HALL, HOME, SIREN_LIMIT, WINDOW, Disk, House

HOUR = 3600.0
SET = pytest.mark.parametrize("by", [-HOUR, HOUR], ids=["back", "ahead"])


@pytest.fixture(autouse=True)
def _one_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what sends commands look at the same clock."""
    monkeypatch.setattr(sender, "time", clock)


async def is_set(house: House, by: float) -> None:
    """Set the clock; the hub notices when something happens or is due, which is within a minute."""
    house.clock.set_by += by
    await house.passes(0.1)


@SET
async def test_whoever_does_not_disarm_in_time_hears_the_siren(house: House, by: float) -> None:
    await house.arm()
    await house.opens(DOOR)
    await house.passes(ENTRY / 2)
    await is_set(house, by)
    await house.passes(ENTRY / 2 - 2)
    assert (house.phase, house.sirens) == (Phase.PENDING, [])
    await house.passes(3)
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])


@SET
async def test_what_happens_before_the_timer_is_due_makes_nothing_due(house: House, by: float) -> None:
    await house.arm()
    await house.opens(DOOR)
    house.clock.set_by += by
    await house.home.report(kind=ReportKind.HEARTBEAT)
    await house.told()
    assert (house.phase, house.sirens) == (Phase.PENDING, [])
    # What is shown of it is by the new clock.
    assert house.shown.due(Timer.ENTRY) == pytest.approx(house.clock.time() + ENTRY, abs=5)
    await house.passes(ENTRY + 1)
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])


@SET
async def test_the_siren_sounds_for_as_long_as_it_may(house: House, by: float) -> None:
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await is_set(house, by)
    await house.passes(SIREN_LIMIT - 3)
    assert house.sirens == [True]
    await house.passes(4)
    assert house.sirens == [True, False]


@SET
async def test_whoever_leaves_has_as_long_as_ever(house: House, by: float) -> None:
    await house.arm(skip_delay=False)
    await is_set(house, by)
    await house.passes(EXIT - 3)
    assert house.phase is Phase.ARMING
    await house.passes(4)
    assert house.phase is Phase.ARMED


@SET
async def test_outside_is_told_after_the_abort_window(house: House, by: float) -> None:
    await house.arm()
    await house.opens_and_closes(WINDOW)
    await is_set(house, by)
    await house.passes(ABORT - 3)
    assert [alarm.outside for alarm in house.shown.memory] == [Outside.WAITING]
    await house.passes(4)
    assert [alarm.outside for alarm in house.shown.memory] == [Outside.NO_CHANNEL]


@SET
async def test_a_crash_after_it_changes_nothing_of_that(house: House, by: float) -> None:
    await house.arm()
    await house.opens(DOOR)
    await is_set(house, by)
    await house.restart()
    await house.passes(ENTRY - 5)
    assert house.phase is Phase.PENDING
    await house.passes(6)
    assert house.phase is Phase.TRIGGERED


@SET
async def test_no_source_is_lost(house: House, by: float) -> None:
    board = source("cellar")
    await house.home.report(by=board, kind=ReportKind.HEARTBEAT)
    await is_set(house, by)
    assert not house.home.hub.state.source_status[board.source_id].lost
    await house.passes(301)
    assert house.home.hub.state.source_status[board.source_id].lost


@SET
async def test_a_hold_ends_in_its_time(house: House, by: float) -> None:
    await house.home.report(InputReport(device_key="Cat"))
    await house.home.enable(inputs=("Cat",))
    await house.moves("Cat", active=True)
    await is_set(house, by)
    await house.passes(28)
    assert house.home.hub.state.input_status["Cat"].active
    await house.passes(3)
    assert not house.home.hub.state.input_status["Cat"].active


@SET
async def test_a_button_of_the_running_alarm_is_not_of_one_before(house: House, by: float) -> None:
    await house.arm()
    began = int(house.clock.time())
    await house.opens(WINDOW)
    await house.passes(20)
    await house.opens(HALL)
    house.clock.set_by += by
    await house.closes(HALL)
    assert len(house.shown.memory) == 2
    assert not is_another_alarm(house.home.hub, HOME, began)
    assert is_another_alarm(house.home.hub, HOME, began - 1)


@SET
async def test_a_button_of_an_alarm_before_is_not_of_the_running_one(house: House, by: float) -> None:
    await house.arm()
    began = int(house.clock.time())
    await house.opens_and_closes(WINDOW)
    await house.passes(SIREN_LIMIT + 1)
    house.clock.set_by += by
    again = int(house.clock.time())
    await house.opens(HALL)
    assert is_another_alarm(house.home.hub, HOME, min(began, again - 1))
    assert not is_another_alarm(house.home.hub, HOME, again)


async def test_what_is_due_soon_after_the_clock_was_set_ahead_is_not_late(house: House) -> None:
    await house.home.report(by=source("cellar"), kind=ReportKind.HEARTBEAT)
    house.clock.set_by += HOUR
    await house.home.report(InputReport(device_key="Cat"))
    hub = house.home.hub
    assert hub._ticker._timer_due == hub.state.next_deadline()


async def test_a_clock_that_is_adjusted_by_little_is_not_set(house: House, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        house.clock.set_by += 0.5
        house.home.hub.look_at_clock()
    assert "The clock was set" not in caplog.text
    house.clock.set_by += 1.0
    house.home.hub.look_at_clock()
    assert caplog.text.count("The clock was set by 2.5 s") == 1


@SET
@pytest.mark.logs_error("What runs could not be moved along with the clock")
async def test_a_fault_of_ours_in_telling_keeps_nothing_else_on_the_old_clock(
    house: House, by: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(house.home.hub.telling, "clock_set", fails)
    await house.arm()
    await house.opens(DOOR)
    house.clock.set_by += by
    await house.opens(HALL)
    assert HALL in house.shown.open
    await house.passes(ENTRY / 2)
    assert (house.phase, house.sirens) == (Phase.PENDING, [])
    await house.passes(ENTRY)
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])


async def test_a_siren_that_waits_for_the_disk_meanwhile_sounds(house: House, disk: Disk) -> None:
    await house.arm()
    disk.hang()
    house.home.inject(InputReport(device_key=WINDOW, active=True))
    await until(lambda: house.home.hub.alarm.keeper.waiting)
    house.clock.set_by += HOUR
    disk.go_on()
    await house.told()
    assert house.sirens == [True]


@SET
async def test_an_action_that_waits_for_the_one_before_is_run(house: House, by: float) -> None:
    called: list[str] = []
    silence = asyncio.Event()

    async def sound(call: ServiceCall) -> None:
        called.append(call.service)
        if call.service == "turn_on":
            await silence.wait()

    hass, hub = house.home.hass, house.home.hub
    for service in ("turn_on", "turn_off"):
        hass.services.async_register("test", service, sound)
    await house.home.adopt_output("Gong", "test.turn_on")
    asked = [asyncio.ensure_future(hub.async_request_output("Gong", turn_on=on)) for on in (True, False)]
    await until(lambda: called)
    house.clock.set_by += by
    hub.look_at_clock()
    silence.set()
    await asyncio.gather(*asked)
    assert called == ["turn_on", "turn_off"]


async def test_what_was_worked_out_by_the_clock_before_is_worked_out_once_more(house: House) -> None:
    hub, events = house.home.hub, [EnabledSet(inputs=("Cat",), enabled=True)]
    await house.home.report(InputReport(device_key="Cat"))

    def meanwhile() -> bool:
        house.clock.set_by = -HOUR
        return True

    assert await hub.async_post_all(events, meanwhile)
    assert hub.state.inputs["Cat"].enabled


async def test_what_was_worked_out_by_the_clock_before_does_not_happen(house: House) -> None:
    hub, events = house.home.hub, [EnabledSet(inputs=("Cat",), enabled=True)]
    await house.home.report(InputReport(device_key="Cat"))

    def meanwhile() -> bool:
        house.clock.set_by -= HOUR
        return True

    assert not await hub.async_post_all(events, meanwhile)
    assert not hub.state.inputs["Cat"].enabled
    assert await hub.async_post_all(events)
    assert hub.state.inputs["Cat"].enabled
