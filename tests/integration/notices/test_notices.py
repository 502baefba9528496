"""What people are told by themselves: once, and for as long as it is so."""

import json
import re

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.event_hub.engine.effects import (
    ClockProblem,
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
    InputRecord,
    Reason,
)
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.notices import Notices

from .kit import NOON, TEXTS, later, notifications, progress, shown, text_of


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


async def test_new_devices_are_called_what_they_are_called_elsewhere(hass: HomeAssistant, notices: Notices) -> None:
    door = InputRecord(key="Front (Hall)", source_id="s", label="Front", location="Hall")
    notices.restore(State(inputs={door.key: door}))
    notices.handle(DevicesFound(inputs=(door.key,), outputs=("Siren",)))
    await later(hass)

    (notification,) = notifications(hass)
    assert "- Hall Front\n- Siren\n" in notification["message"]


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


async def test_a_decision_is_nothing_to_be_told(hass: HomeAssistant, notices: Notices) -> None:
    decision = Decision(decision_id="d1", at=NOON, input_key="Front Door", reason=Reason.TRIGGERED, active=True)
    notices.handle(Decided(decision=decision))
    await later(hass)

    assert shown(hass) == {}
    assert notifications(hass) == []


def test_every_issue_text_can_be_shown() -> None:
    known = {"source", "since", "device", "owner", "seconds", "output", "at", "detail", "count", "hosts", "file"}
    known |= {"kept_as", "input", "partition", "zones", "until", "channel", "target", "what", "topic", "sources"}
    names = set(re.findall(r"\{(\w+)\}", json.dumps(TEXTS["issues"])))

    assert names == known
