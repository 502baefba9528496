"""What is told across restarts and removals, and in a burst."""

from typing import Any

from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.event_hub.engine.effects import (
    ClockProblem,
    DevicesFound,
    SourceBack,
    SourceLost,
)
from custom_components.event_hub.engine.model import (
    CommandStatus,
)
from custom_components.event_hub.issues import MOST_SHOWN
from custom_components.event_hub.notices import Notices
from custom_components.event_hub.wire.messages import Transport

from .kit import NOON, REFUSED, later, notifications, progress, shown, state_with_problems, text_of


async def test_an_end_takes_back_what_was_told(hass: HomeAssistant, notices: Notices) -> None:
    notices.handle(SourceLost(source_id="ioboard.garage", last_seen=NOON, at=NOON))
    await later(hass)
    notices.handle(SourceLost(source_id="ioboard.cellar", last_seen=NOON, at=NOON))
    notices.link_status(Transport.AMQP, REFUSED)

    notices.clear_all()
    await later(hass, 31)

    assert shown(hass) == {}


async def test_a_restart_forgets_no_problem(hass: HomeAssistant, notices: Notices) -> None:
    notices.restore(state_with_problems())
    await later(hass)

    texts = [text_of(issue) for issue in shown(hass).values()]
    assert len(texts) == 4
    for words in (
        "ioboard.garage is silent",
        "300 seconds behind",
        "ioboard.new reports a device",
        "Garage Siren was not reached",
    ):
        assert any(words in text for text in texts)


async def test_problems_from_before_a_restart_end_like_others(hass: HomeAssistant, notices: Notices) -> None:
    notices.restore(state_with_problems())
    notices.handle(SourceBack(source_id="ioboard.garage", silent_for=1, at=NOON))
    notices.handle(ClockProblem(source_id="ioboard.cellar", offset=0.0, solved=True))
    notices.handle(progress(CommandStatus.DONE))
    await later(hass)

    (issue,) = shown(hass).values()
    assert issue.translation_key == "key_conflict"


async def test_nothing_is_told_of_what_was_removed(hass: HomeAssistant, notices: Notices) -> None:
    state = state_with_problems()
    notices.restore(state)
    await later(hass)

    state.sources.clear()
    state.conflicts.clear()
    notices.prune()
    await later(hass)

    assert shown(hass) == {}


async def test_what_is_still_there_is_not_pruned(hass: HomeAssistant, notices: Notices) -> None:
    notices.restore(state_with_problems())
    notices.prune()
    await later(hass)

    assert {issue.translation_key for issue in shown(hass).values()} == {"source_lost", "clock_behind", "key_conflict"}


async def test_a_burst_is_told_in_a_few_words(hass: HomeAssistant, notices: Notices) -> None:
    told: list[Event[Any]] = []
    hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, told.append)
    for number in range(10_000):
        notices.handle(SourceLost(source_id=f"ioboard.{number % 7}", last_seen=NOON, at=NOON))
        notices.handle(SourceBack(source_id=f"ioboard.{number % 7}", silent_for=1, at=NOON))
        notices.handle(progress(CommandStatus.UNDELIVERED))
        notices.handle(progress(CommandStatus.DONE))
        notices.handle(DevicesFound(inputs=(f"Door {number}",), outputs=()))
    assert told == []
    await later(hass)

    assert told == []
    assert shown(hass) == {}
    (notification,) = notifications(hass)
    assert "10000" in (notification["title"] or "")


async def test_more_issues_than_people_read_are_counted(hass: HomeAssistant, notices: Notices) -> None:
    for number in range(MOST_SHOWN + 5):
        notices.handle(ClockProblem(source_id=f"ioboard.{number}", offset=300.0, solved=False))
    await later(hass)
    await later(hass, 2)
    assert len(shown(hass)) == MOST_SHOWN + 1
    assert "Another 5 problems" in text_of(shown(hass)["more_issues"])

    for number in range(6):
        notices.handle(ClockProblem(source_id=f"ioboard.{number}", offset=0.0, solved=True))
    await later(hass, 3)
    await later(hass, 4)

    assert len(shown(hass)) == MOST_SHOWN - 1
    assert f"clock_ioboard.{MOST_SHOWN + 4}" in shown(hass)
    assert "more_issues" not in shown(hass)
