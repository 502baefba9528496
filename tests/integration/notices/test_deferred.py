"""What is put off is done a moment later, all of it, however slow the machine is."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.deferred import SLICE, Deferred

from .kit import later


async def test_what_does_not_fit_into_a_slice_waits_for_no_other_moment(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    deferred = Deferred(hass)
    done: list[str] = []
    clock = hass.loop.time

    def first() -> None:
        deferred.put("asked for meanwhile", lambda: done.append("asked for meanwhile"))
        # As if it took longer than a slice of time.
        monkeypatch.setattr(hass.loop, "time", lambda: clock() + 2 * SLICE)

    monkeypatch.setattr("custom_components.event_hub.deferred.SLICE", SLICE)
    deferred.put("first", first)
    deferred.put("second", lambda: done.append("second"))
    await later(hass)

    assert done == ["second", "asked for meanwhile"]
    deferred.close()


async def test_what_is_asked_for_meanwhile_leaves_nothing_scheduled(hass: HomeAssistant) -> None:
    deferred = Deferred(hass)
    done: list[str] = []
    deferred.put("first", lambda: deferred.put("second", lambda: done.append("second")))
    await later(hass)

    assert done == ["second"]


@pytest.mark.parametrize("closes", [False, True])
async def test_one_that_fails_keeps_no_later_one_from_being_done(hass: HomeAssistant, *, closes: bool) -> None:
    deferred = Deferred(hass)
    done: list[str] = []

    def fail() -> None:
        if closes:
            deferred.close()
        raise RuntimeError

    deferred._waiting["first"] = fail
    with pytest.raises(RuntimeError):
        deferred._work()
    deferred.put("second", lambda: done.append("second"))
    await later(hass)

    assert done == ([] if closes else ["second"])
