"""What a call for help commands is kept with the alarm, and sent by the next run if nothing knows what became of it."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.model import Zone, ZoneKind
from custom_components.event_hub.engine.calling import commanded, take_up
from custom_components.event_hub.engine.events import CommandPublished, Pressed, Reported
from custom_components.event_hub.engine.model import CommandStatus, OutputStatus, PendingCommand
from custom_components.event_hub.engine.restore import rearm
from custom_components.event_hub.engine.step import step
from custom_components.event_hub.wire.messages import InputReport, Report, ReportKind

from .house import BOARD, HOUSE, House
from .kit import sent, statuses

BELL = "Bell"


def linked(kind: ZoneKind = ZoneKind.FIRE) -> House:
    """Return an armed house in which the window, a zone of that kind, and an input that is no zone ring a bell."""
    house = House()
    house.input("Letterbox")
    house.adopt_siren(BELL, "siren.turn_on")
    house.set_up(replace(HOUSE, zones={**HOUSE.zones, "Window": Zone(kind=kind)}))
    for key in ("Window", "Letterbox"):
        house.link(key, BELL)
    house.armed()
    return house


def called(house: House, *keys: str) -> list[tuple[str, str]]:
    """Return what is kept of what a report commands: for which input, which output."""
    inputs = tuple(InputReport(device_key=key, active=True) for key in keys)
    report = Report(source=BOARD, kind=ReportKind.EVENT, inputs=inputs)
    kept = commanded(house.state, step(house.state, Reported(report=report), house.now))
    return [(each.input_key, each.command.output.device_key) for each in kept]


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        (ZoneKind.PANIC, True),
        (ZoneKind.FIRE, True),
        (ZoneKind.ALWAYS, True),
        (ZoneKind.TAMPER, True),
        (ZoneKind.INSTANT, False),
        (ZoneKind.ENTRY_EXIT, False),
        (ZoneKind.FOLLOWER, False),
        (ZoneKind.CHIME, False),
    ],
)
def test_what_is_watched_round_the_clock_has_its_commands_kept_and_its_sirens_need_not(
    kind: ZoneKind, kept: bool
) -> None:
    assert called(linked(kind), "Window") == ([("Window", BELL)] if kept else [])


def test_what_is_no_zone_has_its_commands_kept_only_if_it_comes_with_a_call_for_help() -> None:
    assert called(linked(), "Letterbox") == []
    assert called(linked(), "Letterbox", "Window") == [("Letterbox", BELL), ("Window", BELL)]


def test_what_is_pressed_by_hand_has_its_commands_kept() -> None:
    house = linked()
    (kept,) = commanded(house.state, step(house.state, Pressed(input_key="Window", press_id="1"), house.now))
    assert kept.command.output.device_key == BELL


def kept_by(house: House) -> PendingCommand:
    """Let the window call for help; returns the command that is kept of it."""
    house.active("Window")
    (kept,) = (each for each in house.state.commands.values() if each.input_key)
    return kept


@pytest.mark.parametrize(
    ("stored", "resent"),
    [
        (None, True),
        (OutputStatus(), True),
        (OutputStatus(triggered_at=-1.0, command_id="older", command_status=CommandStatus.DONE), True),
        (OutputStatus(triggered_at=0.0, command_status=CommandStatus.DONE), False),
        (OutputStatus(triggered_at=1.0, command_id="newer", command_status=CommandStatus.SENT), False),
    ],
)
def test_what_the_alarm_kept_is_sent_unless_what_was_stored_later_knows_better(
    stored: OutputStatus | None, resent: bool
) -> None:
    house = linked()
    kept = kept_by(house)
    house.state.commands.clear()
    del house.state.output_status[BELL]
    if stored is not None:
        at = None if stored.triggered_at is None else kept.command.issued_at + stored.triggered_at
        house.state.output_status[BELL] = replace(stored, triggered_at=at)
    take_up(house.state, (kept,))
    assert sent(rearm(house.state, house.now).effects) == ([BELL] if resent else [])


@pytest.mark.parametrize("by", [-3600.0, 3600.0])
def test_what_was_done_after_the_clock_was_set_is_not_sent_again(by: float) -> None:
    house = linked()
    kept = kept_by(house)
    house.set_clock(by)
    house.post(CommandPublished(command_id=kept.command.command_id))
    house.state.commands.clear()
    take_up(house.state, (kept,))
    assert sent(rearm(house.state, house.now).effects) == []


def test_what_the_alarm_kept_for_too_long_or_for_an_output_that_is_gone_is_not_sent() -> None:
    house = linked()
    kept = kept_by(house)
    house.state.commands.clear()
    house.state.output_status.clear()
    take_up(house.state, (kept,))
    late = rearm(house.state, house.now + 91)
    assert (sent(late.effects), statuses(late.effects)) == ([], ["undelivered"])
    house.state.commands.clear()
    del house.state.outputs[BELL]
    take_up(house.state, (kept,))
    assert house.state.commands == {}
