"""A siren of an integration that is still starting with Home Assistant is waited for."""

import asyncio

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
import pytest

from custom_components.event_hub.outputs.actions import async_run_action

from .test_sender import BELL, send_command


@pytest.fixture
def starting(hass: HomeAssistant) -> HomeAssistant:
    """Return a Home Assistant that is still setting up."""
    hass.set_state(CoreState.not_running)
    return hass


def offer(hass: HomeAssistant) -> list[ServiceCall]:
    """Let the bell's integration be set up; returns a list that grows by what it is told."""
    calls: list[ServiceCall] = []

    async def ring(call: ServiceCall) -> None:
        calls.append(call)

    hass.services.async_register("test", "ring", ring)
    return calls


def go_on(hass: HomeAssistant) -> None:
    """Let Home Assistant have started."""
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)


async def test_an_action_that_is_not_there_yet_is_performed_once_everything_has_started(
    starting: HomeAssistant,
) -> None:
    running = asyncio.ensure_future(async_run_action(starting, BELL, send_command(1).command, 90))
    await asyncio.sleep(0)
    calls = offer(starting)
    await starting.async_block_till_done()
    assert (calls, running.done()) == ([], False)
    go_on(starting)
    async with asyncio.timeout(60):
        assert await running is None
    assert len(calls) == 1


async def test_an_action_that_is_there_waits_for_nothing_else(starting: HomeAssistant) -> None:
    calls = offer(starting)
    assert await async_run_action(starting, BELL, send_command(1).command, 90) is None
    assert len(calls) == 1


@pytest.mark.parametrize("expires_in", [0.05, -1.0])
async def test_a_command_that_expires_before_that_is_not_performed_later(
    starting: HomeAssistant, expires_in: float
) -> None:
    problem = await async_run_action(starting, BELL, send_command(1).command, expires_in)
    assert problem == "expired before it could run"
    calls = offer(starting)
    go_on(starting)
    await starting.async_block_till_done()
    assert calls == []


async def test_an_action_that_nobody_offers_even_then_is_told(starting: HomeAssistant) -> None:
    running = asyncio.ensure_future(async_run_action(starting, BELL, send_command(1).command, 90))
    await asyncio.sleep(0)
    go_on(starting)
    async with asyncio.timeout(60):
        problem = await running
    assert problem is not None
    assert problem.startswith("test.ring: ")
