"""Commands whose action waits, or takes long, as the hub ends: none goes on without it, and none happens twice."""

import asyncio
from collections.abc import Iterable

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.event_hub import hub as hub_module
from custom_components.event_hub.engine.events import Linked
from custom_components.event_hub.engine.model import CommandStatus
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until

from .kit import Home
from .scheduled import scheduled
from .test_endings import Ending, end, unloaded
from .test_never_stopped import Delivery

__all__ = ["end"]

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the end of a hub wait for next to nothing."""
    monkeypatch.setattr(hub_module, "LAST_PATIENCE", 0.05)


@pytest.fixture
async def starting(home: Home) -> Home:
    """Return a home whose Home Assistant is still starting, with a siren that is not there yet."""
    await home.adopt_output("Siren", "test.siren")
    home.hass.set_state(CoreState.not_running)
    return home


class Playing:
    """An action that begins and goes on until it is told to end."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Offer it."""
        self.begun = 0
        self.ended = 0
        self.silence = asyncio.Event()
        hass.services.async_register("test", "siren", self._play)

    async def _play(self, _: ServiceCall) -> None:
        self.begun += 1
        await self.silence.wait()
        self.ended += 1


@pytest.fixture
async def playing(home: Home) -> Playing:
    """Return the action that is the home's siren."""
    playing = Playing(home.hass)
    await home.adopt_output("Siren", "test.siren")
    return playing


async def go_on(hass: HomeAssistant) -> list[ServiceCall]:
    """Let Home Assistant have started, the siren be there, and all be done that waited for it; returns its calls."""
    calls = async_mock_service(hass, "test", "siren")
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done(wait_background_tasks=True)
    return calls


def at_work() -> Iterable[str]:
    """Return the names of what the hub has begun for outputs and not ended."""
    return sorted(task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("event_hub output"))


async def command_siren(home: Home) -> asyncio.Task[object]:
    """Ask for the siren, once more; returns what ends with the answer."""
    before = len(home.hub.state.commands)
    asked = home.hass.async_create_background_task(home.hub.async_request_output("Siren"), "ask for the siren")
    await until(lambda: len(home.hub.state.commands) > before)
    return asked


async def test_what_waits_for_home_assistant_ends_with_the_hub_and_its_answer_says_so(
    starting: Home, end: Ending
) -> None:
    hub, asked = starting.hub, [await command_siren(starting) for _ in range(2)]
    assert len(list(at_work())) == 2
    await end(starting)
    assert (at_work(), scheduled(starting.hass)) == ([], set())
    for each in asked:
        with pytest.raises(HomeAssistantError) as refused:
            await each
        assert refused.value.translation_key == "not_running"
    assert {each.status for each in hub.state.commands.values()} == {CommandStatus.SENT}


async def test_what_waited_for_home_assistant_is_not_done_without_the_hub(starting: Home) -> None:
    asked = await command_siren(starting)
    await unloaded(starting)
    with pytest.raises(HomeAssistantError):
        await asked
    assert await go_on(starting.hass) == []


async def test_what_waited_for_home_assistant_is_done_once_by_the_next_hub(starting: Home) -> None:
    asked = await command_siren(starting)
    await starting.reload()
    with pytest.raises(HomeAssistantError):
        await asked
    assert len(await go_on(starting.hass)) == 1
    assert starting.hub.state.output_status["Siren"].command_status is CommandStatus.DONE


async def test_an_action_that_takes_long_goes_on_though_nobody_waits_for_it_any_more(
    home: Home, playing: Playing, end: Ending
) -> None:
    asked = [await command_siren(home) for _ in range(2)]
    await until(lambda: playing.begun)
    await end(home)
    assert (at_work(), scheduled(home.hass)) == ([], set())
    await asyncio.gather(*asked, return_exceptions=True)
    playing.silence.set()
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert (playing.begun, playing.ended) == (1, 1)


async def test_an_action_that_takes_long_is_not_begun_again_by_the_next_hub_and_what_waited_for_it_is(
    home: Home, playing: Playing
) -> None:
    first, second = [await command_siren(home) for _ in range(2)]
    await until(lambda: playing.begun)
    commands = list(home.hub.state.commands)
    await home.reload()
    assert await first
    with pytest.raises(HomeAssistantError):
        await second
    await until(lambda: playing.begun == 2)
    assert list(home.hub.state.commands) == commands[1:]
    playing.silence.set()
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert (playing.begun, playing.ended) == (2, 2)


async def test_an_action_that_home_assistant_cuts_off_as_it_stops_is_not_done(home: Home, playing: Playing) -> None:
    asked = await command_siren(home)
    await until(lambda: playing.begun)
    tasks = {task for task in asyncio.all_tasks() if task.get_name().startswith(("event_hub action", "event_hub out"))}
    assert len(tasks) == 2
    for task in tasks:
        task.cancel()
    await asked
    assert home.hub.state.output_status["Siren"].command_status is CommandStatus.UNDELIVERED
    assert playing.ended == 0


async def test_an_action_that_ends_with_the_hub_is_done(
    home: Home, playing: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "LAST_PATIENCE", 5.0)
    hub, asked = home.hub, await command_siren(home)
    await until(lambda: playing.begun)

    async def silence() -> None:
        playing.silence.set()

    hub.before_stop.append(silence)
    await unloaded(home)
    await asked
    assert hub.state.output_status["Siren"].command_status is CommandStatus.DONE


async def test_a_command_that_comes_after_the_end_is_not_begun(home: Home, playing: Playing) -> None:
    hub = home.hub
    await unloaded(home)
    with pytest.raises(HomeAssistantError):
        await hub.async_request_output("Siren")
    assert (playing.begun, at_work()) == (0, [])


async def test_a_message_whose_command_outlasts_the_hub_is_waited_for_no_longer(
    home: Home, playing: Playing, end: Ending
) -> None:
    await home.report(InputReport(device_key="Door", active=False))
    await home.enable(inputs=("Door",))
    await home.post(Linked(inputs=("Door",), outputs=("Siren",)))
    delivery = Delivery("Door")
    home.hub.receiver.amqp(delivery)
    await until(lambda: playing.begun)
    assert "receiver" in scheduled(home.hass)
    await end(home)
    assert scheduled(home.hass) == set()
    playing.silence.set()
