"""Of a siren that is cut off because its broker is away, the broker's own repair tells, and no other."""

from dataclasses import replace

import pytest

from custom_components.event_hub.transports.link import LinkState, LinkStatus, Problem
from custom_components.event_hub.wire.messages import OutputReport, Transport
from tests.integration.kit import source
from tests.integration.notices.kit import later
from tests.integration.notices.test_ignored import ignore, ignored

from .kit import HOME, PARTITION, House

GARDEN = "Garden Siren"
TOLD = f"alarm_trouble_{HOME}"
YARD = source("yard")
UP = LinkStatus(LinkState.UP)
REFUSED = LinkStatus(LinkState.DOWN, Problem.CANNOT_CONNECT, "rabbit-1: Connection refused")
NO_LOGIN = LinkStatus(LinkState.DOWN, Problem.INVALID_AUTH, "refused")
NO_VHOST = LinkStatus(LinkState.DOWN, Problem.VHOST_REFUSED, "vhost is down")


async def overdue(house: House) -> None:
    """Let so much time pass that an outage is told."""
    await later(house.home.hass, 31)
    await later(house.home.hass, 33)


async def says(house: House, *statuses: LinkStatus) -> None:
    """Let the link to the siren's broker say how it is."""
    for status in statuses:
        house.home.hub._link_changed(Transport.AMQP, status)
    await house.told()
    await house.passes(1)


@pytest.fixture
async def garden(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a home with a siren of a board of its own, which reports over a broker. Nobody gives it another login."""
    monkeypatch.setattr(type(house.home.entry), "async_start_reauth", lambda *_: None)
    await house.home.report(by=YARD, outputs=[OutputReport(device_key=GARDEN)])
    await house.home.enable(outputs=(GARDEN,))
    await house.desk.async_set_partition(replace(PARTITION, siren_outputs=(GARDEN,)))
    await says(house, UP)
    assert house.issues() == {}
    return house


def named(house: House) -> str:
    """Return what the repair names."""
    placeholders = house.issues()[TOLD].translation_placeholders
    assert placeholders is not None
    return placeholders["zones"]


async def test_a_siren_whose_broker_is_away_is_no_repair_of_its_own(garden: House) -> None:
    await says(garden, REFUSED)
    assert [each.zone for each in garden.shown.troubles if each.fault.value == "siren_lost"] == [GARDEN]
    assert TOLD not in garden.issues()
    await garden.passes(40)
    assert TOLD not in garden.issues()
    await says(garden, LinkStatus(LinkState.CONNECTING))
    assert TOLD not in garden.issues()
    await says(garden, UP)
    assert garden.issues() == {}


async def test_a_siren_that_is_silent_though_its_broker_is_back_is_told(garden: House) -> None:
    await says(garden, REFUSED)
    await says(garden, UP)
    await garden.home.lose(YARD)
    await garden.told()
    await garden.passes(1)
    assert named(garden) == f"{GARDEN} (siren silent)"


async def test_a_siren_that_was_silent_before_its_broker_went_is_told_all_the_while(garden: House) -> None:
    await garden.home.lose(YARD)
    await garden.told()
    await garden.passes(1)
    assert named(garden) == f"{GARDEN} (siren silent)"
    ignore(garden.home.hass, TOLD)
    for status in (REFUSED, UP):
        await says(garden, status)
        assert named(garden) == f"{GARDEN} (siren silent)"
        assert TOLD in ignored(garden.home.hass)


async def test_a_siren_is_told_where_a_refused_login_is_no_repair(garden: House) -> None:
    await says(garden, NO_LOGIN)
    assert named(garden) == f"{GARDEN} (siren silent)"
    ignore(garden.home.hass, TOLD)
    for _ in range(2):
        await garden.passes(40)
        await says(garden, NO_LOGIN)
        assert TOLD in ignored(garden.home.hass)
    await says(garden, UP)
    assert garden.issues() == {}


async def test_a_siren_is_told_once_a_virtual_host_is_refused_for_longer_than_a_start_takes(garden: House) -> None:
    await says(garden, NO_VHOST)
    assert TOLD not in garden.issues()
    await overdue(garden)
    assert named(garden) == f"{GARDEN} (siren silent)"
    await says(garden, REFUSED)
    await overdue(garden)
    assert TOLD not in garden.issues(), "the broker has a repair again"
    await says(garden, NO_LOGIN)
    assert named(garden) == f"{GARDEN} (siren silent)"


async def test_what_else_is_wrong_is_told_while_the_broker_is_away(garden: House) -> None:
    await garden.home.enable(outputs=(GARDEN,), enabled=False)
    await says(garden, REFUSED)
    assert named(garden) == f"{GARDEN} (siren switched off)"
