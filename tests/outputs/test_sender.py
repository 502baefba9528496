"""Commands leave in order, and every one of them is accounted for."""

import asyncio
import time
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.event_hub.engine.effects import SendCommand
from custom_components.event_hub.engine.events import CommandFailed, CommandPublished
from custom_components.event_hub.engine.model import ADOPTED_SOURCE, Action
from custom_components.event_hub.outputs.sender import CommandSender
from custom_components.event_hub.transports.link import PublishError
from custom_components.event_hub.wire.messages import (
    Command,
    Dialect,
    InputReport,
    Outgoing,
    OutputReport,
    Source,
    Transport,
)
from devkit.polling import until

BELL = Action(
    action="test.ring",
    target={"entity_id": ("siren.hall",)},
    data={"message": "{{ label }}: {{ detail or 'active' }}", "volume": 3},
)


class Link:
    """A broker link whose broker confirms when the test says so."""

    def __init__(self) -> None:
        """Begin with nothing published."""
        self.published: list[Outgoing] = []
        self.futures: list[asyncio.Future[None]] = []

    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Take a message."""
        self.published.append(outgoing)
        self.futures.append(asyncio.get_running_loop().create_future())
        return self.futures[-1]


def send_command(
    number: int, source: Source = ADOPTED_SOURCE, *, expires_in: float = 90, key: str = "Bell"
) -> SendCommand:
    """Return the order to command an output."""
    now = time.time()
    command = Command(
        command_id=str(number),
        source=source,
        output=OutputReport(device_key=key, label="Siren", type="Siren"),
        cause=InputReport(device_key="Door", label="Front Door", detail=f"opening {number}"),
        issued_at=now,
        expires_at=now + expires_in,
    )
    return SendCommand(command=command, decision_id="d")


BOARD = Source(
    source_id="ioboard.garage",
    dialect=Dialect.CURRENT,
    transport=Transport.AMQP,
    topic="ioboard",
    name="garage",
)


class Reports(list[CommandPublished | CommandFailed]):
    """What was reported of commands."""


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def link() -> Link:
    return Link()


@pytest.fixture
def sender(hass: HomeAssistant, link: Link, reports: Reports) -> CommandSender:
    return CommandSender(hass, {Transport.AMQP: link}, reports.append)


def ring(hass: HomeAssistant, calls: list[dict[str, Any]], *, problem: Exception | None = None) -> None:
    """Offer an action that rings, or fails."""

    async def handle(call: ServiceCall) -> None:
        calls.append(dict(call.data))
        if problem is not None:
            raise problem

    hass.services.async_register("test", "ring", handle)


async def test_a_command_is_published_with_the_time_it_has_left(
    sender: CommandSender, link: Link, reports: Reports
) -> None:
    handed_over = sender.send(send_command(1, BOARD, expires_in=30), None)
    (outgoing,) = link.published
    assert outgoing.address == "event.trigger.ioboard"
    assert outgoing.expires_in is not None
    assert 29 < outgoing.expires_in <= 30
    assert not handed_over.done()
    link.futures[0].set_result(None)
    await handed_over
    assert reports == [CommandPublished(command_id="1")]


async def test_a_command_the_broker_will_not_take_has_failed_with_its_words(
    sender: CommandSender, link: Link, reports: Reports
) -> None:
    handed_over = sender.send(send_command(1, BOARD), None)
    link.futures[0].set_exception(PublishError("nobody listens"))
    await handed_over
    assert reports == [CommandFailed(command_id="1", detail="nobody listens")]


async def test_a_command_for_a_broker_that_is_not_set_up_has_failed(hass: HomeAssistant, reports: Reports) -> None:
    await CommandSender(hass, {}, reports.append).send(send_command(1, BOARD), None)
    assert reports == [CommandFailed(command_id="1", detail="RabbitMQ is not set up in Event Hub")]


async def test_an_action_gets_its_target_and_rendered_data(
    hass: HomeAssistant, sender: CommandSender, reports: Reports
) -> None:
    calls: list[dict[str, Any]] = []
    ring(hass, calls)
    await sender.send(send_command(1), BELL)
    assert calls == [{"entity_id": ["siren.hall"], "message": "Front Door: opening 1", "volume": 3}]
    assert reports == [CommandPublished(command_id="1")]


async def test_an_action_that_fails_says_why(hass: HomeAssistant, sender: CommandSender, reports: Reports) -> None:
    ring(hass, [], problem=HomeAssistantError("the siren is not plugged in"))
    await sender.send(send_command(1), BELL)
    assert reports == [CommandFailed(command_id="1", detail="test.ring: the siren is not plugged in")]


async def test_an_action_that_breaks_is_logged_and_breaks_nothing_else(
    hass: HomeAssistant, sender: CommandSender, reports: Reports, caplog: pytest.LogCaptureFixture
) -> None:
    ring(hass, [], problem=ZeroDivisionError("oops"))
    await sender.send(send_command(1), BELL)
    assert reports == [CommandFailed(command_id="1", detail="test.ring failed; see the log")]
    assert "Action test.ring failed as an output" in caplog.text


async def test_an_action_that_does_not_exist_has_failed(sender: CommandSender, reports: Reports) -> None:
    await sender.send(send_command(1), BELL)
    (failed,) = reports
    assert isinstance(failed, CommandFailed)
    assert "test.ring" in failed.detail


async def test_a_command_too_old_for_its_action_is_not_run(
    hass: HomeAssistant, sender: CommandSender, reports: Reports
) -> None:
    calls: list[dict[str, Any]] = []
    ring(hass, calls)
    await sender.send(send_command(1, expires_in=-1), BELL)
    assert calls == []
    assert reports == [CommandFailed(command_id="1", detail="expired before it could run")]


def ring_slowly(hass: HomeAssistant) -> tuple[list[str], asyncio.Event]:
    """Have a bell whose ringing ends only once it may; return what it began to ring for, and that it may."""
    begun: list[str] = []
    may_end = asyncio.Event()

    async def slow(call: ServiceCall) -> None:
        begun.append(call.data["message"])
        await may_end.wait()

    hass.services.async_register("test", "ring", slow)
    return begun, may_end


async def test_actions_of_one_output_run_one_after_the_other_and_others_do_not_wait(
    hass: HomeAssistant, sender: CommandSender, reports: Reports
) -> None:
    begun, may_end = ring_slowly(hass)
    first, second = (sender.send(send_command(number), BELL) for number in (1, 2))
    other = sender.send(send_command(3, key="Lamp"), BELL)
    while len(begun) < 2:
        await asyncio.wait([first, second, other], timeout=0.01)
    assert begun == ["Front Door: opening 1", "Front Door: opening 3"]
    may_end.set()
    await asyncio.gather(first, second, other)
    assert begun[-1] == "Front Door: opening 2"
    assert sorted(report.command_id for report in reports) == ["1", "2", "3"]


async def test_what_has_not_begun_at_the_end_has_failed_and_what_has_is_done(
    hass: HomeAssistant, sender: CommandSender, reports: Reports
) -> None:
    begun, may_end = ring_slowly(hass)
    sent = [sender.send(send_command(number), BELL) for number in (1, 2)]
    await until(lambda: begun)
    sent.append(sender.send(send_command(3, key="Lamp"), BELL))
    await sender.async_end()
    sent.append(sender.send(send_command(4), BELL))
    await asyncio.wait(sent)
    may_end.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert begun == ["Front Door: opening 1"]
    assert [report.command_id for report in reports if isinstance(report, CommandPublished)] == ["1"]
    failed = {report.command_id: report.detail for report in reports if isinstance(report, CommandFailed)}
    assert sorted(failed) == ["2", "3", "4"]
    assert all("stopped" in detail for detail in failed.values())
    assert len(reports) == 4
