"""What a hub that ends leaves behind: nothing that is still to happen, and nobody who was not told."""

from collections.abc import Awaitable, Callable

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
import pytest

from custom_components.event_hub import announcer, automation_feed
from custom_components.event_hub.automation_feed import audience_of
from custom_components.event_hub.engine.effects import Decided
from custom_components.event_hub.engine.model import Reason
from custom_components.event_hub.hub import Hub
from custom_components.event_hub.wire.messages import InputReport, OutputReport, Transport
from tests.integration.actions.kit import add_inputs
from tests.integration.notices.kit import REFUSED, later, shown
from tests.integration.notices.test_ignored import ignore, ignored

from .kit import Home, source
from .scheduled import scheduled

LONG = 600.0
GARAGE, CELLAR = "source_lost_ioboard.garage", "source_lost_ioboard.cellar"
type Ending = Callable[[Home], Awaitable[None]]


async def unloaded(home: Home) -> None:
    """Unload the hub."""
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)


async def stopped(home: Home) -> None:
    """Let the hub hear that Home Assistant stops."""
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await home.hass.async_block_till_done()


async def failed(home: Home) -> list[str]:
    """Start the hub again, in vain; returns which repairs were shown until it failed."""
    was_shown: list[str] = []
    await unloaded(home)

    async def fail(_: Hub) -> None:
        home.hub.notices.link_status(Transport.MQTT, REFUSED)
        await later(home.hass)
        was_shown.extend(shown(home.hass))
        raise RuntimeError("unforeseen")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(Hub, "async_start", fail)
        assert not await home.hass.config_entries.async_setup(home.entry.entry_id)
    return was_shown


@pytest.fixture(params=[unloaded, stopped])
def end(request: pytest.FixtureRequest) -> Ending:
    """Return each way in which a hub that runs may end."""
    ending: Ending = request.param
    return ending


async def test_nothing_is_scheduled_once_the_hub_has_ended(
    home: Home, end: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_inputs(home, "Door")
    audience_of(home.hass).listen(Decided, None, lambda _, __: None)
    monkeypatch.setattr(announcer, "ANNOUNCE_DELAY", LONG)
    monkeypatch.setattr(automation_feed, "TELL_DELAY", LONG)
    home.hub.notices.link_status(Transport.MQTT, REFUSED)
    home.hub.press("Door")
    named = {"alarm_last_code", "announcer", "automation_feed", "broker_notices", "storage.activity", "storage.store"}
    assert scheduled(home.hass) >= named
    await end(home)
    assert scheduled(home.hass) == set()


@pytest.mark.logs_error("Error setting up entry")
async def test_nothing_is_scheduled_where_the_start_failed(home: Home) -> None:
    await failed(home)
    assert scheduled(home.hass) == set()


@pytest.mark.logs_error("Error setting up entry")
async def test_no_repair_is_left_where_the_start_failed_but_what_is_ignored(home: Home) -> None:
    for name in ("garage", "cellar"):
        await home.report(InputReport(device_key=name, active=False), by=source(name))
        await home.lose(source(name))
    await later(home.hass)
    assert set(shown(home.hass)) == {GARAGE, CELLAR}
    ignore(home.hass, CELLAR)
    assert set(await failed(home)) == {GARAGE, CELLAR}
    assert set(shown(home.hass)) == ignored(home.hass) == {CELLAR}


async def test_automations_are_told_at_the_end_what_they_would_have_been_told_in_a_moment(
    home: Home, end: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, Reason]] = []

    def hear(_: Hub, fact: Decided) -> None:
        heard.append((fact.decision.input_key, fact.decision.reason))

    await add_inputs(home, "Door", "Gate")
    monkeypatch.setattr(automation_feed, "TELL_DELAY", LONG)
    stop = audience_of(home.hass).listen(Decided, None, hear)
    home.hub.press("Door")
    home.hub.press("Gate")
    assert heard == []
    await end(home)
    stop()
    assert heard == [("Door", Reason.TRIGGERED), ("Gate", Reason.TRIGGERED)]


async def test_a_device_that_comes_as_the_hub_ends_has_entities_of_the_next_one(home: Home) -> None:
    async def report() -> None:
        await home.report(InputReport(device_key="Door", active=False), outputs=(OutputReport(device_key="Siren"),))

    home.hub.before_stop.append(report)
    await home.reload()
    assert home.state("binary_sensor", "device:Door:active").state == "off"
    await home.report(InputReport(device_key="Door", active=True))
    assert home.state("binary_sensor", "device:Door:active").state == "on"
