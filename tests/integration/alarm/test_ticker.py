"""What is due, and fails: nothing else waits for it, and least of all the alarm."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine import step as engine
from custom_components.event_hub.engine.alarm.model import Action, Mode
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.deadlines import Timer
from custom_components.event_hub.engine.events import RuleSet
from custom_components.event_hub.engine.model import InputRule
from custom_components.event_hub.engine.state import Draft

from .kit import DOOR, ENTRY, EXIT, HOME, PANEL, PARTITION, WINDOW, ZONES, House

LAMP = "Lamp"
FAULT = "What is due could not be handled"


def breaks(monkeypatch: pytest.MonkeyPatch, timer: Timer, key: str) -> None:
    """Let one deadline of the engine fail."""
    table = engine._DUE
    handle = table[timer]

    def due(draft: Draft, found: str) -> None:
        if found == key:
            raise ZeroDivisionError("a fault of ours")
        handle(draft, found)

    monkeypatch.setattr(engine, "_DUE", {**table, timer: due})


async def lamp_on(house: House) -> None:
    """Let an input that is no zone be active for half the time of an entry delay."""
    await house.closes(LAMP)
    await house.home.enable(inputs=(LAMP,))
    await house.home.post(RuleSet(input_key=LAMP, rule=InputRule(hold=ENTRY / 2)))
    # Only a press has to end by itself, of what says when it is over.
    house.home.hub.press(LAMP)


def is_on(house: House) -> bool:
    """Say whether the lamp still is."""
    return house.home.hub.state.input_status[LAMP].active


@pytest.mark.logs_error("What is due could not be handled")
async def test_the_entry_delay_ends_in_time_though_something_else_fails(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await house.arm()
    await lamp_on(house)
    await house.opens(DOOR)
    breaks(monkeypatch, Timer.HOLD, LAMP)
    await house.passes(ENTRY + 1)
    assert (house.phase, is_on(house)) == (Phase.TRIGGERED, True)
    assert caplog.text.count(FAULT) == 1


@pytest.mark.logs_error("What is due could not be handled")
async def test_what_fails_is_tried_again_in_a_minute_and_logged_once(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await lamp_on(house)
    with monkeypatch.context() as broken:
        breaks(broken, Timer.HOLD, LAMP)
        for tries in (1, 2, 3):
            await house.passes(61)
            assert house.home.hub.counters.errors == tries
    assert caplog.text.count(FAULT) == 1
    await house.passes(61)
    assert not is_on(house)


@pytest.mark.logs_error("What is due could not be handled")
async def test_a_partition_that_fails_does_not_keep_another_from_its_alarm(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shed = replace(PARTITION, partition_id="shed", name="Shed", zones={WINDOW: ZONES[WINDOW]}, siren_outputs=())
    await house.desk.async_set_partition(shed)
    for partition_id in (HOME, "shed"):
        await house.desk.async_ask(partition_id, Action.ARM, PANEL, mode=Mode.AWAY)
    breaks(monkeypatch, Timer.ALARM, HOME)
    await house.passes(EXIT + 1)
    assert house.desk.view(HOME).phase is Phase.ARMING
    assert house.desk.view("shed").phase is Phase.ARMED
