"""No picture keeps an alarm from sounding, and none is worth a hub that does not start."""

from collections.abc import Iterable

import pytest

from custom_components.event_hub import alarm_pictures
from custom_components.event_hub.engine.alarm.model import Mode
from custom_components.event_hub.engine.alarm.status import Phase

from .kit import WINDOW, House


@pytest.mark.logs_error("The pictures of an alarm could not be kept")
async def test_a_fault_in_keeping_pictures_keeps_no_siren_from_sounding(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> Iterable[str]:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(alarm_pictures, "_references", broken)
    await house.arm()
    await house.opens(WINDOW)
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])
    assert "The pictures of an alarm could not be kept" in caplog.text


async def test_pictures_that_cannot_be_read_keep_no_hub_from_starting(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(*_: object) -> dict[str, int]:
        raise OSError("Input/output error")

    await house.arm(Mode.NIGHT)
    monkeypatch.setattr(alarm_pictures, "_tidy", unreadable)
    await house.restart()
    assert "The pictures of alarms cannot be read: Input/output error" in caplog.text
    assert (house.phase, house.shown.mode) == (Phase.ARMED, Mode.NIGHT)
    await house.opens(WINDOW)
    assert house.sirens[-1] is True
