"""What fails in one place takes nothing of the alarm along in another."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from custom_components.event_hub.engine.alarm.effects import AlarmRaised, PhaseChanged
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.effects import SendCommand
from custom_components.event_hub.engine.model import CommandStatus

from .kit import HOME, PARTITION, SIREN, WINDOW, House

SECOND = "Second siren"


def fails(*_: object, **__: object) -> None:
    """Fail, as something of ours may."""
    raise ZeroDivisionError("a fault of ours")


@pytest.mark.logs_error("A command to Siren could not be sent")
async def test_a_siren_that_cannot_be_sent_to_takes_no_other_along(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.home.adopt_output(SECOND, "siren.turn_on")
    await house.desk.async_set_partition(replace(PARTITION, siren_outputs=(SIREN, SECOND)))
    await house.arm()
    sender = house.home.hub._sender
    send = sender.send

    def broken(effect: SendCommand, action: Any) -> Any:
        if effect.command.output.device_key == SIREN:
            fails()
        return send(effect, action)

    monkeypatch.setattr(sender, "send", broken)
    heard = house.hears()
    await house.opens(WINDOW)
    assert house.sirens == [True], "the other siren was not told"
    assert house.phase is Phase.TRIGGERED
    assert [effect.alarm.zone for effect in heard if isinstance(effect, AlarmRaised)] == [WINDOW]
    failed = house.home.hub.state.output_status[SIREN]
    assert failed.command_status is CommandStatus.UNDELIVERED
    assert house.home.hub.counters.errors == 1


@pytest.mark.logs_error("could not be told everywhere")
@pytest.mark.parametrize(
    "break_it",
    [
        lambda house, patch: patch.setattr(house.home.hub.alarm.board, "effect", fails),
        lambda house, patch: patch.setattr(house.home.hub.notices.alarm, "handle", fails),
        lambda house, patch: patch.setattr(house.home.hub.activity, "add_event", fails),
        lambda house, patch: patch.setattr(house.home.hub.notices, "handle", fails),
        lambda house, patch: patch.setattr(house.home.hub.times, "effect", fails),
    ],
    ids=["board", "alarm notices", "activity", "notices", "times"],
)
async def test_a_teller_that_fails_keeps_nobody_else_from_hearing(
    house: House, monkeypatch: pytest.MonkeyPatch, break_it: Callable[[House, pytest.MonkeyPatch], None]
) -> None:
    await house.arm()
    heard: list[object] = []
    telling = house.home.hub.telling
    tell = telling.effect

    def hears(effect: Any) -> None:
        heard.append(effect)
        tell(effect)

    monkeypatch.setattr(telling, "effect", hears)
    break_it(house, monkeypatch)
    await house.opens(WINDOW)
    told = [getattr(effect, "effect", effect) for effect in heard]
    assert [type(each) for each in told if isinstance(each, AlarmRaised | PhaseChanged)] == [AlarmRaised, PhaseChanged]
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])
    assert house.home.state("alarm_control_panel", f"partition:{HOME}:panel").state == "triggered"


@pytest.mark.logs_error("could not be told everywhere")
async def test_a_board_that_fails_keeps_no_effect_from_being_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.arm()
    heard = house.hears()
    monkeypatch.setattr(house.desk.board, "announce", fails)
    monkeypatch.setattr(house.home.hub.announcer, "changes", fails)
    await house.opens(WINDOW)
    assert any(isinstance(effect, AlarmRaised) for effect in heard)
    assert house.sirens == [True]
