"""Who ignores the repair of a broker that is away ignores it for as long as that outage, whatever is reloaded."""

from typing import override

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub import hub
from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.transports.link import LinkState, LinkStatus, Problem
from tests.integration.fake_rabbitmq import FakeLink, FakeRabbitMQ
from tests.integration.flows.kit import KEPT
from tests.integration.scheduled import scheduled

from .kit import REFUSED, UP, later, shown
from .test_ignored import ignore, ignored

CONNECTING = LinkStatus(LinkState.CONNECTING)
BLOCKED = LinkStatus(LinkState.BLOCKED, Problem.BLOCKED, "low on disk")
ISSUE = "link_amqp"


class Outage(FakeRabbitMQ):
    """A broker whose links say these things as they start."""

    def __init__(self, *says: LinkStatus) -> None:
        super().__init__()
        self.says = says

    @override
    def link(self, _loop: object, _config: object, on_delivery: object, on_status: object) -> FakeLink:
        outage = self

        class Link(FakeLink):
            @override
            async def async_start(self) -> None:
                for status in outage.says:
                    self.on_status(status)

        self.links.append(Link(self, on_delivery, on_status))  # type: ignore[arg-type]
        return self.links[-1]


async def long_enough(hass: HomeAssistant) -> None:
    """Let so much time pass that an outage is told, or is over."""
    await later(hass, 31)
    await later(hass, 32)


async def outage_ignored(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, *says: LinkStatus
) -> tuple[Outage, MockConfigEntry]:
    """Have a hub whose broker is away, as its links say, and somebody who ignores that."""
    assert await async_setup_component(hass, REPAIRS, {})
    outage = Outage(*says)
    monkeypatch.setattr(hub, "AmqpLink", outage.link)
    entry = MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": False, "rabbitmq": KEPT})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await long_enough(hass)
    assert ISSUE in shown(hass)
    ignore(hass, ISSUE)
    return outage, entry


@pytest.mark.parametrize("says", [(REFUSED,), (CONNECTING, REFUSED), (UP, BLOCKED)])
async def test_an_outage_that_is_ignored_stays_so_over_reloads(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, says: tuple[LinkStatus, ...]
) -> None:
    _, entry = await outage_ignored(hass, monkeypatch, *says)
    for _ in range(2):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await long_enough(hass)
        assert set(shown(hass)) == ignored(hass) == {ISSUE}


async def test_an_outage_that_is_over_after_a_reload_is_ignored_no_longer(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage, entry = await outage_ignored(hass, monkeypatch, REFUSED)
    outage.says = (UP,)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert ignored(hass) == {ISSUE}
    await long_enough(hass)
    assert shown(hass) == {}
    outage.links[-1].on_status(REFUSED)
    await long_enough(hass)
    assert (set(shown(hass)), ignored(hass)) == ({ISSUE}, set())
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("passed", [True, False])
async def test_nothing_is_scheduled_once_the_hub_has_ended_on_trial(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, passed: bool
) -> None:
    outage, entry = await outage_ignored(hass, monkeypatch, REFUSED)
    outage.says = (UP,)
    assert await hass.config_entries.async_reload(entry.entry_id)
    if passed:
        await long_enough(hass)
    assert ("broker_notices" in scheduled(hass)) is not passed
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert "broker_notices" not in scheduled(hass)
