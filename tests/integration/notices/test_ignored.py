"""Who ignores a repair ignores it for as long as what it tells is so, whatever is reloaded meanwhile."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.effects import SourceBack, SourceLost
from custom_components.event_hub.engine.telling.model import Topic
from custom_components.event_hub.notices import Notices
from custom_components.event_hub.outputs.notify.message import Failure, Problem
from tests.engine.telling.kit import SMS, alarm, telling

from .kit import NOON, later, shown

LOST = SourceLost(source_id="ioboard.garage", last_seen=NOON, at=NOON)


def ignored(hass: HomeAssistant) -> set[str]:
    """Return what is ignored."""
    return {key for key, issue in shown(hass).items() if issue.dismissed_version is not None}


def ignore(hass: HomeAssistant, issue_id: str) -> None:
    """Ignore a repair."""
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)


async def test_what_is_still_so_after_a_reload_stays_ignored(
    hass: HomeAssistant, entry: MockConfigEntry, notices: Notices
) -> None:
    notices.handle(LOST)
    notices.telling.show_anew([alarm("fire")], [telling("forced", Topic.LOCKOUT, critical=True), alarm("hall")])
    await later(hass)
    ignore(hass, "source_lost_ioboard.garage")
    ignore(hass, "telling_stranded_lockout")
    ignore(hass, "telling_undelivered")
    notices.clear_all()
    assert set(shown(hass)) == ignored(hass)
    again = Notices(hass, entry)
    again.handle(LOST)
    again.telling.show_anew([alarm("fire")], [telling("forced", Topic.LOCKOUT, critical=True), alarm("hall")])
    await later(hass)
    assert ignored(hass) == {"source_lost_ioboard.garage", "telling_stranded_lockout", "telling_undelivered"}
    assert set(shown(hass)) - ignored(hass) == {"telling_stranded_alarm"}
    again.handle(SourceBack(source_id="ioboard.garage", silent_for=1, at=NOON))
    again.telling.show_anew([], [])
    await later(hass)
    assert shown(hass) == {}
    again.clear_all()


async def test_what_is_no_longer_so_after_a_reload_is_shown_when_it_comes_again(
    hass: HomeAssistant, entry: MockConfigEntry, notices: Notices
) -> None:
    notices.telling.show_anew([alarm("fire")], [alarm("hall")])
    notices.telling.failed(SMS, Failure(problem=Problem.BLOCKED, detail="", permanent=True))
    await later(hass)
    for issue_id in list(shown(hass)):
        ignore(hass, issue_id)
    notices.clear_all()
    assert len(ignored(hass)) == 3
    again = Notices(hass, entry)
    again.telling.show_anew([], [])
    again.telling.worked(SMS.channel_id)
    await later(hass)
    assert shown(hass) == {}
    again.telling.show_anew([alarm("gate")], [alarm("stairs")])
    await later(hass)
    assert len(shown(hass)) == 2
    assert ignored(hass) == set()
    again.clear_all()


async def test_what_was_solved_a_moment_before_the_end_is_not_left(hass: HomeAssistant, notices: Notices) -> None:
    notices.handle(LOST)
    await later(hass)
    ignore(hass, "source_lost_ioboard.garage")
    notices.handle(SourceBack(source_id="ioboard.garage", silent_for=1, at=NOON))
    notices.clear_all()
    assert shown(hass) == {}
