"""What people are told by themselves: once, for as long as it is so, and cheaply."""

from collections.abc import Iterator
from datetime import timedelta
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.components.repairs import DOMAIN as REPAIRS, repairs_flow_manager
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.effects import (
    ClockProblem,
    CommandProgressed,
    Decided,
    DevicesFound,
    KeyConflict,
    RegistryFull,
    SourceBack,
    SourceLost,
)
from custom_components.event_hub.engine.model import (
    CommandStatus,
    Decision,
    OutputStatus,
    Reason,
    SourceRecord,
    SourceStatus,
)
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.issues import MOST_SHOWN, forget_issues
from custom_components.event_hub.notices import Notices
from custom_components.event_hub.storage.problems import ProblemKind, StorageProblem
from custom_components.event_hub.transports.link import LinkState, LinkStatus, Problem
from custom_components.event_hub.wire.messages import Dialect, Source, Transport
from tests.source import HUB

NOON = 1_753_963_200.0
TEXTS: dict[str, Any] = json.loads((HUB / "translations/en.json").read_text(encoding="utf-8"))
UP = LinkStatus(LinkState.UP)
REFUSED = LinkStatus(LinkState.DOWN, Problem.CANNOT_CONNECT, "rabbit-1: Connection refused")

type Shown = dict[str, ir.IssueEntry]


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return the hub's entry, with all texts loaded."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert await async_setup_component(hass, REPAIRS, {})
    rabbitmq = {"hosts": ["rabbit-1", "rabbit-2"], "username": "hub", "password": "secret", "virtual_host": "/"}
    entry = MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": True, "rabbitmq": rabbitmq})
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def notices(hass: HomeAssistant, entry: MockConfigEntry) -> Iterator[Notices]:
    """Return the notices of a hub that has just begun."""
    notices = Notices(hass, entry)
    yield notices
    notices.clear_all()


async def later(hass: HomeAssistant, seconds: float = 1.0) -> None:
    """Let time pass, so that what is told a moment later is told."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await hass.async_block_till_done()


def shown(hass: HomeAssistant) -> Shown:
    """Return what Repairs shows of the hub, by its id."""
    return {issue_id: issue for (domain, issue_id), issue in ir.async_get(hass).issues.items() if domain == DOMAIN}


def text_of(issue: ir.IssueEntry) -> str:
    """Return an issue's whole text as people read it. Fails if one of its placeholders has no value."""
    texts = TEXTS["issues"][issue.translation_key]
    if issue.is_fixable:
        confirm = texts["fix_flow"]["step"]["confirm"]
        texts = {"title": texts["title"] + confirm["title"], "description": confirm["description"]}
    placeholders = issue.translation_placeholders or {}
    return f"{texts['title']}\n{texts['description']}".format(**placeholders)


def notifications(hass: HomeAssistant) -> list[persistent_notification.Notification]:
    """Return the notifications that are shown."""
    return list(persistent_notification._async_get_or_create_notifications(hass).values())


def progress(status: CommandStatus, detail: str | None = None) -> CommandProgressed:
    """Say how far a command to the siren came."""
    return CommandProgressed(
        command_id="c1",
        decision_id="d1",
        input_key="Front Door",
        output_key="Garage Siren",
        status=status,
        detail=detail,
        at=NOON,
    )


def source(source_id: str) -> SourceRecord:
    """Return a registered source."""
    topic, _, name = source_id.partition(".")
    return SourceRecord(
        source=Source(source_id=source_id, dialect=Dialect.NATIVE, transport=Transport.AMQP, topic=topic, name=name)
    )


async def test_a_lost_source_is_told_until_it_is_back(hass: HomeAssistant, notices: Notices) -> None:
    notices.handle(SourceLost(source_id="ioboard.garage", last_seen=NOON, at=NOON + 60))
    await later(hass)

    (issue,) = shown(hass).values()
    assert "ioboard.garage" in text_of(issue)
    assert dt_util.as_local(dt_util.utc_from_timestamp(NOON)).strftime("%H:%M:%S") in text_of(issue)
    assert not issue.is_persistent
    notices.handle(SourceBack(source_id="ioboard.garage", silent_for=60, at=NOON + 120))
    await later(hass)

    assert shown(hass) == {}


async def test_each_lost_source_has_an_issue_of_its_own(hass: HomeAssistant, notices: Notices) -> None:
    for source_id in ("ioboard.garage", "ioboard.cellar"):
        notices.handle(SourceLost(source_id=source_id, last_seen=NOON, at=NOON))
    notices.handle(SourceBack(source_id="ioboard.garage", silent_for=1, at=NOON))
    await later(hass)

    (issue,) = shown(hass).values()
    assert "ioboard.cellar" in text_of(issue)


@pytest.mark.parametrize(("offset", "word"), [(95.4, "95 seconds behind"), (-3600.0, "3600 seconds ahead")])
async def test_a_wrong_clock_is_told_until_it_is_right(
    hass: HomeAssistant, notices: Notices, offset: float, word: str
) -> None:
    notices.handle(ClockProblem(source_id="ioboard.garage", offset=offset, solved=False))
    await later(hass)
    (issue,) = shown(hass).values()
    assert word in text_of(issue)

    notices.handle(ClockProblem(source_id="ioboard.garage", offset=0.1, solved=True))
    await later(hass)

    assert shown(hass) == {}


async def test_a_key_conflict_names_the_device_and_both_sources(hass: HomeAssistant, notices: Notices) -> None:
    notices.handle(KeyConflict(device_key="Front Door", owner_id="ioboard.old", source_id="ioboard.new"))
    await later(hass)

    (issue,) = shown(hass).values()
    for name in ("Front Door", "ioboard.old", "ioboard.new"):
        assert name in text_of(issue)


async def test_a_full_registry_is_told_once(hass: HomeAssistant, notices: Notices) -> None:
    for number in range(50):
        notices.handle(RegistryFull(source_id=f"flood.{number}"))
    await later(hass)

    (issue,) = shown(hass).values()
    assert "flood.0" in text_of(issue)


@pytest.mark.parametrize("status", [CommandStatus.ACCEPTED, CommandStatus.DONE, CommandStatus.UNANSWERED])
async def test_an_output_that_was_not_reached_is_told_until_a_command_arrives(
    hass: HomeAssistant, notices: Notices, status: CommandStatus
) -> None:
    notices.handle(progress(CommandStatus.UNDELIVERED, "no answer in 15 s"))
    notices.handle(progress(CommandStatus.SENT))
    await later(hass)
    (issue,) = shown(hass).values()
    assert "Garage Siren" in text_of(issue)
    assert "no answer in 15 s" in text_of(issue)

    notices.handle(progress(status))
    await later(hass)

    assert shown(hass) == {}


@pytest.mark.parametrize("status", [CommandStatus.SENT, CommandStatus.FAILED, CommandStatus.EXPIRED])
async def test_a_command_that_did_not_succeed_takes_nothing_back(
    hass: HomeAssistant, notices: Notices, status: CommandStatus
) -> None:
    notices.handle(progress(CommandStatus.UNDELIVERED))
    notices.handle(progress(status))
    await later(hass)

    assert len(shown(hass)) == 1


async def test_new_devices_are_counted_in_one_notification(hass: HomeAssistant, notices: Notices) -> None:
    notices.handle(DevicesFound(inputs=("Front Door",), outputs=()))
    await later(hass)
    (notification,) = notifications(hass)
    assert notification["title"] == "Event Hub: a new device"
    assert "Front Door" in notification["message"]

    # A camera is input and output, and one device.
    notices.handle(DevicesFound(inputs=("Porch", "Back Door"), outputs=("Porch", "Siren")))
    await later(hass)

    (notification,) = notifications(hass)
    assert notification["title"] == "Event Hub: 4 new devices"
    assert "Siren" in notification["message"]
    assert shown(hass) == {}


async def test_of_many_new_devices_the_first_are_named(hass: HomeAssistant, notices: Notices) -> None:
    notices.handle(DevicesFound(inputs=tuple(f"Door {number}" for number in range(25)), outputs=()))
    await later(hass)

    (notification,) = notifications(hass)
    assert "Door 9\n" in notification["message"]
    assert "Door 10" not in notification["message"]
    assert "and 15 more" in notification["message"]


async def test_a_device_cannot_put_a_link_into_a_text(hass: HomeAssistant, notices: Notices) -> None:
    notices.handle(DevicesFound(inputs=("[Door](https://example.org)<img>",), outputs=()))
    notices.handle(SourceLost(source_id="[a](https://example.org)" + "x" * 300, last_seen=NOON, at=NOON))
    await later(hass)

    assert "](https://example.org)" not in notifications(hass)[0]["message"]
    assert "<" not in notifications(hass)[0]["message"]
    (issue,) = shown(hass).values()
    assert "](https" not in text_of(issue)
    assert "x" * 201 not in text_of(issue)


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


@pytest.mark.parametrize("problem", [*(set(Problem) - {Problem.INVALID_AUTH, Problem.VHOST_REFUSED}), None])
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


@pytest.mark.parametrize("what", ProblemKind)
@pytest.mark.parametrize("kept_as", ["/config/event_hub/activity.db.broken", None])
async def test_each_problem_of_a_file_has_its_text(
    hass: HomeAssistant, notices: Notices, what: ProblemKind, kept_as: str | None
) -> None:
    file = str(Path(hass.config.config_dir, "event_hub/activity.db"))
    notices.storage_problem(StorageProblem(what=what, file=file, detail="no space left", kept_as=kept_as))
    await later(hass)

    (issue,) = shown(hass).values()
    assert file in text_of(issue)
    of_the_past = kept_as is not None and what not in (ProblemKind.CANNOT_SAVE, ProblemKind.ENTRIES_LOST)
    assert issue.is_fixable == issue.is_persistent == of_the_past


async def test_a_file_that_can_be_written_again_is_no_problem(hass: HomeAssistant, notices: Notices) -> None:
    for solved in (False, True):
        notices.storage_problem(StorageProblem(what=ProblemKind.CANNOT_SAVE, file="activity.db", solved=solved))
        await later(hass)

    assert shown(hass) == {}


async def test_a_file_moved_aside_is_told_until_a_person_has_read_it(hass: HomeAssistant, notices: Notices) -> None:
    notices.storage_problem(StorageProblem(what=ProblemKind.BROKEN, file="activity.db", kept_as="activity.db.broken"))
    await later(hass)
    notices.clear_all()
    (issue,) = shown(hass).values()

    flows = repairs_flow_manager(hass)
    assert flows is not None
    form = await flows.async_init(DOMAIN, data={"issue_id": issue.issue_id})
    assert form["step_id"] == "confirm"
    await flows.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()

    assert shown(hass) == {}


async def test_an_end_takes_back_what_was_told(hass: HomeAssistant, notices: Notices) -> None:
    notices.handle(SourceLost(source_id="ioboard.garage", last_seen=NOON, at=NOON))
    await later(hass)
    notices.handle(SourceLost(source_id="ioboard.cellar", last_seen=NOON, at=NOON))
    notices.link_status(Transport.AMQP, REFUSED)

    notices.clear_all()
    await later(hass, 31)

    assert shown(hass) == {}


async def test_a_removed_hub_leaves_nothing_behind(hass: HomeAssistant, notices: Notices) -> None:
    notices.storage_problem(StorageProblem(what=ProblemKind.BROKEN, file="activity.db", kept_as="activity.db.broken"))
    ir.async_create_issue(
        hass, "other", "issue", is_fixable=False, severity=ir.IssueSeverity.ERROR, translation_key="issue"
    )
    await later(hass)

    forget_issues(hass)

    assert shown(hass) == {}
    assert len(ir.async_get(hass).issues) == 1


def state_with_problems() -> State:
    """Return the state of a hub that ended in trouble."""
    return State(
        sources={"ioboard.garage": source("ioboard.garage"), "ioboard.cellar": source("ioboard.cellar")},
        source_status={
            "ioboard.garage": SourceStatus(last_seen=NOON, lost=True),
            "ioboard.cellar": SourceStatus(last_seen=NOON, offsets=(300.0, 301.0)),
        },
        conflicts={"Front Door\nioboard.new": "ioboard.cellar"},
        outputs={},
        output_status={
            "Garage Siren": OutputStatus(
                triggered_at=NOON, command_status=CommandStatus.UNDELIVERED, command_detail="no answer"
            ),
            "Lamp": OutputStatus(triggered_at=NOON, command_status=CommandStatus.DONE),
        },
    )


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
        notices.handle(SourceLost(source_id=f"ioboard.{number}", last_seen=NOON, at=NOON))
    await later(hass)
    await later(hass, 2)
    assert len(shown(hass)) == MOST_SHOWN + 1
    assert "Another 5 problems" in text_of(shown(hass)["more_issues"])

    for number in range(6):
        notices.handle(SourceBack(source_id=f"ioboard.{number}", silent_for=1, at=NOON))
    await later(hass, 3)
    await later(hass, 4)

    assert len(shown(hass)) == MOST_SHOWN - 1
    assert f"source_lost_ioboard.{MOST_SHOWN + 4}" in shown(hass)
    assert "more_issues" not in shown(hass)


async def test_a_decision_is_nothing_to_be_told(hass: HomeAssistant, notices: Notices) -> None:
    decision = Decision(decision_id="d1", at=NOON, input_key="Front Door", reason=Reason.TRIGGERED, active=True)
    notices.handle(Decided(decision=decision))
    await later(hass)

    assert shown(hass) == {}
    assert notifications(hass) == []


def test_every_issue_text_can_be_shown() -> None:
    known = {"source", "since", "device", "owner", "seconds", "output", "at", "detail", "count", "hosts", "file"}
    names = set(re.findall(r"\{(\w+)\}", json.dumps(TEXTS["issues"])))

    assert names == known | {"kept_as"}
