"""What people are told of brokers that do not serve the hub."""

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.notices import Notices
from custom_components.event_hub.transports.link import LinkState, LinkStatus, Problem
from custom_components.event_hub.wire.messages import Transport

from .kit import REFUSED, UP, later, shown, text_of


async def test_a_broker_that_is_back_soon_is_nobodys_business(hass: HomeAssistant, notices: Notices) -> None:
    notices.link_status(Transport.AMQP, REFUSED)
    await later(hass, 20)
    notices.link_status(Transport.AMQP, UP)
    await later(hass, 60)

    assert shown(hass) == {}


async def test_a_broker_that_stays_away_is_told_until_it_is_back(hass: HomeAssistant, notices: Notices) -> None:
    notices.link_status(Transport.AMQP, REFUSED)
    await later(hass, 31)
    await later(hass, 32)
    (issue,) = shown(hass).values()
    assert "rabbit-1, rabbit-2" in text_of(issue)
    assert "Connection refused" in text_of(issue)
    assert issue.severity is ir.IssueSeverity.ERROR

    notices.link_status(Transport.AMQP, UP)
    await later(hass)

    assert shown(hass) == {}


async def test_a_broker_that_goes_and_comes_is_logged_once_each(
    notices: Notices, caplog: pytest.LogCaptureFixture
) -> None:
    for status in (
        LinkStatus(LinkState.CONNECTING),
        UP,
        REFUSED,
        LinkStatus(LinkState.DOWN, Problem.TIMEOUT, "No answer in time"),
        UP,
    ):
        notices.link_status(Transport.AMQP, status)

    logged = [(record.levelname, record.message) for record in caplog.records if "RabbitMQ" in record.message]
    assert logged == [
        ("WARNING", "RabbitMQ is not connected: rabbit-1: Connection refused"),
        ("INFO", "RabbitMQ is connected again"),
    ]


async def test_an_issue_follows_a_problem_that_changes(hass: HomeAssistant, notices: Notices) -> None:
    notices.link_status(Transport.AMQP, REFUSED)
    await later(hass, 31)
    notices.link_status(Transport.AMQP, LinkStatus(LinkState.DOWN, Problem.TLS_UNTRUSTED, "certificate has expired"))
    await later(hass)

    (issue,) = shown(hass).values()
    assert "certificate has expired" in text_of(issue)


@pytest.mark.parametrize("problem", [*sorted(set(Problem) - {Problem.INVALID_AUTH, Problem.VHOST_REFUSED}), None])
async def test_each_problem_of_a_broker_has_its_text(
    hass: HomeAssistant, notices: Notices, problem: Problem | None
) -> None:
    state = LinkState.BLOCKED if problem is Problem.BLOCKED else LinkState.DOWN
    notices.link_status(Transport.AMQP, LinkStatus(state, problem))
    await later(hass, 31)
    await later(hass, 32)

    (issue,) = shown(hass).values()
    assert "rabbit-1" in text_of(issue)


async def test_both_brokers_may_be_away(hass: HomeAssistant, notices: Notices) -> None:
    notices.link_status(Transport.AMQP, REFUSED)
    notices.link_status(Transport.MQTT, LinkStatus(LinkState.DOWN, Problem.CANNOT_CONNECT, "MQTT is not connected"))
    await later(hass, 31)
    await later(hass, 32)

    assert len(shown(hass)) == 2
    assert all(text_of(issue) for issue in shown(hass).values())


async def test_a_refused_login_asks_for_another_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, notices: Notices
) -> None:
    notices.link_status(Transport.AMQP, LinkStatus(LinkState.DOWN, Problem.INVALID_AUTH, "refused"))
    await hass.async_block_till_done()

    (flow,) = entry.async_get_active_flows(hass, {SOURCE_REAUTH})
    assert flow["step_id"] == "reauth_confirm"
    await later(hass, 31)
    assert shown(hass) == {}


async def test_a_virtual_host_may_be_refused_while_the_broker_starts(
    hass: HomeAssistant, entry: MockConfigEntry, notices: Notices
) -> None:
    notices.link_status(Transport.AMQP, LinkStatus(LinkState.DOWN, Problem.VHOST_REFUSED, "vhost is down"))
    await later(hass, 20)
    assert not list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))

    await later(hass, 31)

    assert len(list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))) == 1


async def test_a_login_that_is_taken_again_needs_no_other(
    hass: HomeAssistant, entry: MockConfigEntry, notices: Notices
) -> None:
    notices.link_status(Transport.AMQP, LinkStatus(LinkState.DOWN, Problem.INVALID_AUTH, "refused"))
    await hass.async_block_till_done()
    notices.link_status(Transport.AMQP, UP)
    await hass.async_block_till_done()

    assert not list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert ir.async_get(hass).issues == {}


async def test_a_login_refused_while_the_entry_is_changed_is_asked_for_afterwards(
    hass: HomeAssistant, entry: MockConfigEntry, notices: Notices
) -> None:
    change = await entry.start_reconfigure_flow(hass)
    notices.link_status(Transport.AMQP, LinkStatus(LinkState.DOWN, Problem.INVALID_AUTH, "refused"))
    await later(hass, 31)
    assert not list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))

    hass.config_entries.flow.async_abort(change["flow_id"])
    await later(hass, 62)

    assert len(list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))) == 1


async def test_a_stopped_link_is_no_problem(hass: HomeAssistant, notices: Notices) -> None:
    notices.link_status(Transport.AMQP, REFUSED)
    notices.link_status(Transport.AMQP, LinkStatus(LinkState.STOPPED))
    await later(hass, 31)

    assert shown(hass) == {}
    assert notices.brokers.statuses[Transport.AMQP].state is LinkState.STOPPED
