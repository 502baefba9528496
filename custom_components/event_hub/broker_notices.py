"""Tells people of brokers that do not serve the hub: what is wrong, and where to do something about it."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.issue_registry import IssueSeverity

from .const import CONF_RABBITMQ, LOGGER
from .entry_data import CONF_HOSTS
from .issues import Issue, IssueList, plain
from .transports.link import LinkState, LinkStatus, Problem
from .wire.messages import Transport

# Brokers restart, and Wi-Fi comes and goes: shorter than this is nobody's business.
GRACE: Final = 30.0
# A virtual host is also refused while the broker is still starting, a password is not.
LOGIN_PROBLEMS: Final = (Problem.INVALID_AUTH, Problem.VHOST_REFUSED)

GONE: Final = (LinkState.DOWN, LinkState.BLOCKED)
NAMES: Final = {Transport.AMQP: "RabbitMQ", Transport.MQTT: "The MQTT broker"}


class BrokerNotices:
    """One issue a broker at most, after ``GRACE`` seconds; a refused login asks for another instead."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], issues: IssueList, on_told: Callable[[], None]
    ) -> None:
        """Start without having heard of a link. ``on_told`` is called when ``tells`` may answer otherwise by itself."""
        self._hass = hass
        self._entry = entry
        self._issues = issues
        self._on_told = on_told
        self._statuses: dict[Transport, LinkStatus] = {}
        self._graces: dict[Transport, asyncio.TimerHandle] = {}
        # Brokers for which another login is asked for in place of an issue.
        self._refused: set[Transport] = set()
        # Brokers that serve the hub since a moment, while a person ignores that they did not before its start.
        self._trials: dict[Transport, asyncio.TimerHandle] = {}

    @property
    def statuses(self) -> Mapping[Transport, LinkStatus]:
        """What each link said last."""
        return MappingProxyType(self._statuses)

    def tells(self, transport: Transport) -> bool:
        """Whether an issue tells that a broker is away, or will unless it is back soon."""
        return _issue_id(transport) in self._issues or (transport in self._graces and transport not in self._refused)

    def update(self, transport: Transport, status: LinkStatus) -> None:
        """Take what a link says of itself."""
        self._log(transport, status)
        self._statuses[transport] = status
        if status.state in (LinkState.UP, LinkState.STOPPED):
            self._settle(transport)
            if transport is Transport.AMQP and status.state is LinkState.UP:
                self._end_reauth()
            return
        if trial := self._trials.pop(transport, None):
            trial.cancel()
        if transport is Transport.AMQP and status.problem == Problem.INVALID_AUTH:
            self._refused.add(transport)
            self._entry.async_start_reauth(self._hass)
        if _issue_id(transport) in self._issues:
            self._report(transport)
        elif transport not in self._graces:
            self._wait(transport)

    def _log(self, transport: Transport, status: LinkStatus) -> None:
        """Log once that a broker is gone, and once that it is back."""
        before = self._statuses.get(transport)
        was_gone = before is not None and before.state in GONE
        if status.state in GONE and not was_gone:
            LOGGER.warning("%s is not connected: %s", NAMES[transport], status.detail or status.problem or status.state)
        elif status.state is LinkState.UP and was_gone:
            LOGGER.info("%s is connected again", NAMES[transport])

    def close(self) -> None:
        """Wait for nothing any more."""
        for timers in (self._graces, self._trials):
            for timer in timers.values():
                timer.cancel()
            timers.clear()

    def _wait(self, transport: Transport) -> None:
        self._graces[transport] = self._hass.loop.call_later(GRACE, self._overdue, transport)

    def _overdue(self, transport: Transport) -> None:
        del self._graces[transport]
        self._report(transport)
        self._on_told()

    def _report(self, transport: Transport) -> None:
        status = self._statuses[transport]
        if transport is Transport.AMQP and status.problem in LOGIN_PROBLEMS:
            self._refused.add(transport)
            self._issues.solve(_issue_id(transport))
            self._entry.async_start_reauth(self._hass)
            # While a person changes the entry nothing is started, so ask again later.
            self._wait(transport)
            return
        self._refused.discard(transport)
        self._issues.raise_issue(_issue_id(transport), partial(self._issue, transport, status))

    def _settle(self, transport: Transport) -> None:
        self._refused.discard(transport)
        if grace := self._graces.pop(transport, None):
            grace.cancel()
        if not self._issues.is_left(_issue_id(transport)):
            self._issues.solve(_issue_id(transport))
        elif transport not in self._trials:
            # A broker that takes nothing says so a moment after it let the hub in: that is the same outage still.
            self._trials[transport] = self._hass.loop.call_later(GRACE, self._passed, transport)

    def _passed(self, transport: Transport) -> None:
        del self._trials[transport]
        self._issues.solve(_issue_id(transport))

    def _end_reauth(self) -> None:
        """Ask no longer for a login: RabbitMQ has taken the one that is there."""
        for flow in list(self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH})):
            self._hass.config_entries.flow.async_abort(flow["flow_id"])

    def _issue(self, transport: Transport, status: LinkStatus) -> Issue:
        detail = plain(status.detail)
        if transport is Transport.MQTT:
            return Issue(key="mqtt_down", placeholders={"detail": detail}, severity=IssueSeverity.ERROR)
        # Without a problem the first attempt is still waiting for its answer.
        problem = Problem(status.problem) if status.problem else Problem.TIMEOUT
        hosts = ", ".join(self._entry.data.get(CONF_RABBITMQ, {}).get(CONF_HOSTS, ()))
        return Issue(
            key=f"rabbitmq_{problem}", placeholders={"detail": detail, "hosts": hosts}, severity=IssueSeverity.ERROR
        )


def _issue_id(transport: Transport) -> str:
    return f"link_{transport}"
