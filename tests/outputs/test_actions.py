"""Actions as outputs: one that takes its time is not cut off, and one that turns on can be told off."""

import asyncio
from dataclasses import replace

from homeassistant.core import HomeAssistant, ServiceCall
import pytest

from custom_components.event_hub.engine.model import Action
from custom_components.event_hub.outputs import actions

from .test_sender import BELL, send_command


async def test_an_action_that_takes_long_is_told_but_runs_to_its_end(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "ACTION_TIMEOUT", 0.01)
    silence, ended = asyncio.Event(), asyncio.Event()

    async def sound_until_silenced(_: ServiceCall) -> None:
        await silence.wait()
        ended.set()

    hass.services.async_register("test", "ring", sound_until_silenced)
    problem = await actions.async_run_action(hass, BELL, send_command(1).command, 90)
    assert problem is not None
    assert "still running" in problem
    silence.set()
    async with asyncio.timeout(60):
        await ended.wait()
    await hass.async_block_till_done()


@pytest.mark.parametrize("patience", [0.01, 60.0], ids=["it was told to take long", "nobody waits any more"])
async def test_an_action_that_fails_after_all_is_logged(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, patience: float
) -> None:
    monkeypatch.setattr(actions, "ACTION_TIMEOUT", patience)
    begun, silence = asyncio.Event(), asyncio.Event()

    async def fail_in_the_end(_: ServiceCall) -> None:
        begun.set()
        await silence.wait()
        raise ValueError("the bell broke")

    hass.services.async_register("test", "ring", fail_in_the_end)
    running = asyncio.ensure_future(actions.async_run_action(hass, BELL, send_command(1).command, 90))
    async with asyncio.timeout(60):
        await begun.wait()
    await asyncio.wait([running], timeout=0.1)
    running.cancel()
    silence.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "the bell broke" in caplog.text


@pytest.mark.parametrize(
    ("action", "turn_on", "called"),
    [
        (Action(action="test.turn_on", data={"tone": "fire"}), None, ("turn_on", {"tone": "fire"})),
        (Action(action="test.turn_on", data={"tone": "fire"}), True, ("turn_on", {"tone": "fire"})),
        (Action(action="test.turn_on", data={"tone": "fire"}), False, ("turn_off", {})),
        (Action(action="test.turn_on", data={"on": "{{ turn_on }}"}), False, ("turn_on", {"on": False})),
        (Action(action="test.ring"), False, ("ring", {})),
    ],
)
async def test_an_action_that_turns_on_is_told_off_by_its_opposite(
    hass: HomeAssistant, action: Action, turn_on: bool | None, called: tuple[str, dict[str, object]]
) -> None:
    calls: list[tuple[str, dict[str, object]]] = []
    for name in ("turn_on", "turn_off", "ring"):
        hass.services.async_register("test", name, lambda call: calls.append((call.service, dict(call.data))))
    command = replace(send_command(1).command, turn_on=turn_on)
    assert await actions.async_run_action(hass, action, command, 90) is None
    assert calls == [called]
