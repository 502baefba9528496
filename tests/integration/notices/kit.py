"""Lets time pass, and reads what people are told."""

from datetime import timedelta
import json
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.effects import (
    CommandProgressed,
)
from custom_components.event_hub.engine.model import (
    CommandStatus,
    OutputStatus,
    SourceRecord,
    SourceStatus,
)
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.transports.link import LinkState, LinkStatus, Problem
from custom_components.event_hub.wire.messages import Dialect, Source, Transport
from tests.source import HUB

NOON = 1_753_963_200.0
TEXTS: dict[str, Any] = json.loads((HUB / "translations/en.json").read_text(encoding="utf-8"))
UP = LinkStatus(LinkState.UP)
REFUSED = LinkStatus(LinkState.DOWN, Problem.CANNOT_CONNECT, "rabbit-1: Connection refused")

type Shown = dict[str, ir.IssueEntry]


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
