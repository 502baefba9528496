"""Commands are followed to their end (wire-protocol.md, 1.3 and 2)."""

import pytest

from custom_components.event_hub.engine.effects import CommandProgressed, SendCommand
from custom_components.event_hub.engine.events import (
    CommandFailed,
    CommandPublished,
    EnabledSet,
    Event,
    Forgotten,
    OutputAdopted,
    OutputRequested,
    OutputsSuspended,
    ResultReceived,
)
from custom_components.event_hub.engine.model import CommandStatus
from custom_components.event_hub.wire.messages import (
    CommandResult,
    Dialect,
    InputReport,
    OutputReport,
    ReportKind,
    ResultStatus,
)

from .kit import Engine, decisions, only, sent, source, statuses


def commanded(dialect: Dialect = Dialect.NATIVE) -> tuple[Engine, str]:
    """Return an engine that has just commanded the siren, and the command's id."""
    engine = Engine()
    engine.output("Siren", by=source("relays", dialect=dialect))
    engine.input("Door")
    engine.link("Door")
    return engine, only(engine.active("Door"), SendCommand).command.command_id


def result(command_id: str, status: ResultStatus, by: str = "relays", key: str = "Siren") -> ResultReceived:
    """Return a device's word on a command."""
    said = CommandResult(
        source=source(by, dialect=Dialect.NATIVE), command_id=command_id, device_key=key, status=status, detail="so"
    )
    return ResultReceived(result=said)


def test_a_command_expires_90_seconds_after_its_trigger() -> None:
    engine, command_id = commanded()
    command = engine.state.commands[command_id].command
    assert (command.issued_at, command.expires_at) == (engine.now, engine.now + 90)


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (Dialect.CURRENT, ["unanswered"]),
        (Dialect.LEGACY, ["unanswered"]),
        (Dialect.HOME_ASSISTANT, ["done"]),
        (Dialect.NATIVE, []),
        (Dialect.ESP_SWITCH, []),
    ],
)
def test_what_is_expected_once_the_broker_has_it_depends_on_the_device(dialect: Dialect, expected: list[str]) -> None:
    engine, command_id = commanded(dialect)
    assert statuses(engine.post(CommandPublished(command_id=command_id))) == expected
    assert (command_id in engine.state.commands) is (not expected)


@pytest.mark.parametrize("status", [ResultStatus.DONE, ResultStatus.FAILED, ResultStatus.EXPIRED])
def test_a_result_ends_a_command(status: ResultStatus) -> None:
    engine, command_id = commanded()
    engine.post(CommandPublished(command_id=command_id))
    effects = engine.post(result(command_id, status))
    assert statuses(effects) == [status.value]
    assert engine.state.commands == {}
    assert engine.state.output_status["Siren"].command_status == status.value
    assert statuses(engine.wait(1000)) == []


def test_accepted_comes_before_done() -> None:
    engine, command_id = commanded()
    engine.post(CommandPublished(command_id=command_id))
    assert statuses(engine.post(result(command_id, ResultStatus.ACCEPTED))) == ["accepted"]
    assert statuses(engine.post(result(command_id, ResultStatus.ACCEPTED))) == []
    assert statuses(engine.wait(60)) == []
    assert statuses(engine.post(result(command_id, ResultStatus.DONE))) == ["done"]


def test_a_command_that_was_accepted_and_never_finished_is_forgotten_quietly() -> None:
    engine, command_id = commanded()
    engine.post(result(command_id, ResultStatus.ACCEPTED))
    assert statuses(engine.wait(10_000)) == []
    assert engine.state.commands == {}


def test_a_native_device_that_does_not_answer_in_time_makes_its_command_undelivered() -> None:
    engine, command_id = commanded()
    engine.post(CommandPublished(command_id=command_id))
    assert statuses(engine.wait(14)) == []
    progress = only(engine.wait(2), CommandProgressed)
    assert (progress.status, progress.detail) == ("undelivered", "no answer in time")


def test_a_command_that_cannot_be_handed_over_is_undelivered_with_the_reason() -> None:
    engine, command_id = commanded(Dialect.CURRENT)
    progress = only(engine.post(CommandFailed(command_id=command_id, detail="nobody listens")), CommandProgressed)
    assert (progress.status, progress.detail, progress.output_key) == ("undelivered", "nobody listens", "Siren")


def test_a_result_from_another_source_or_for_another_device_is_not_believed() -> None:
    engine, command_id = commanded()
    assert engine.post(result(command_id, ResultStatus.DONE, by="impostor")) == ()
    assert engine.post(result(command_id, ResultStatus.DONE, key="Door")) == ()
    assert engine.post(result("unheard of", ResultStatus.DONE)) == ()
    assert command_id in engine.state.commands


def switches() -> Engine:
    """Return an engine with a switch board of two channels, both off."""
    engine = Engine()
    board = source("esp32_A", "switch", Dialect.ESP_SWITCH)
    state = (
        OutputReport(device_key="Pump", channel=0, is_on=False),
        OutputReport(device_key="Lamp", channel=1, is_on=False),
    )
    engine.report(by=board, kind=ReportKind.HEARTBEAT, outputs=state)
    engine.post(EnabledSet(outputs=("Pump", "Lamp")))
    return engine


def say(engine: Engine, pump: bool, lamp: bool) -> list[str]:
    """Let the switch board report its channels; returns what became of commands."""
    state = (
        OutputReport(device_key="Pump", channel=0, is_on=pump),
        OutputReport(device_key="Lamp", channel=1, is_on=lamp),
    )
    board = source("esp32_A", "switch", Dialect.ESP_SWITCH)
    return statuses(engine.report(by=board, kind=ReportKind.HEARTBEAT, outputs=state))


def order(engine: Engine, key: str, state: str, request: str) -> tuple[bool, ...]:
    """Ask for a switch channel; returns the channels commanded."""
    effects = engine.post(OutputRequested(output_key=key, request_id=request, turn_on=state == "on"))
    return only(effects, SendCommand).command.channels


@pytest.mark.parametrize("lamp", [False, True])
def test_a_board_with_a_channel_that_was_removed_is_told_of_all_it_has(lamp: bool) -> None:
    engine = switches()
    say(engine, pump=False, lamp=lamp)
    engine.post(Forgotten(sources=(), keys=("Lamp",)))
    assert order(engine, "Pump", "on", "1") == (True, lamp)


def test_a_board_with_a_channel_that_another_device_owns_is_told_of_all_it_has() -> None:
    engine = Engine()
    engine.output("Lamp")
    say(engine, pump=False, lamp=True)
    engine.post(EnabledSet(outputs=("Pump",)))
    assert order(engine, "Pump", "on", "1") == (True, True)


def test_switching_one_channel_keeps_the_other() -> None:
    engine = switches()
    assert order(engine, "Lamp", "on", "1") == (False, True)
    assert order(engine, "Pump", "on", "2") == (True, True)
    assert order(engine, "Lamp", "off", "3") == (True, False)


def test_a_boards_old_state_in_between_does_not_undo_a_command() -> None:
    engine = switches()
    order(engine, "Lamp", "on", "1")
    say(engine, pump=False, lamp=False)
    assert order(engine, "Pump", "on", "2") == (True, True)


def test_what_a_board_says_counts_after_a_while() -> None:
    engine = switches()
    order(engine, "Lamp", "on", "1")
    say(engine, pump=False, lamp=True)
    engine.wait(60)
    say(engine, pump=False, lamp=False)
    assert order(engine, "Pump", "on", "2") == (True, False)


def test_a_switch_in_its_wanted_state_is_done_and_one_that_is_not_has_failed() -> None:
    engine = switches()
    order(engine, "Lamp", "on", "1")
    engine.post(CommandPublished(command_id="request.1.0"))
    assert say(engine, pump=False, lamp=False) == []
    assert say(engine, pump=False, lamp=True) == ["done"]
    order(engine, "Pump", "on", "2")
    engine.wait(6)
    assert say(engine, pump=False, lamp=True) == ["failed"]


def test_a_switch_board_that_says_nothing_leaves_its_command_unanswered() -> None:
    engine = switches()
    order(engine, "Lamp", "on", "1")
    engine.post(CommandPublished(command_id="request.1.0"))
    assert statuses(engine.wait(16)) == ["unanswered"]


def test_a_request_passes_links_and_intervals_but_not_the_switches() -> None:
    engine = Engine()
    engine.post(OutputAdopted(record=engine.adopt_output("Bell")))
    outcome = []
    events: tuple[Event, ...] = (
        EnabledSet(outputs=("Bell",)),
        EnabledSet(outputs=("Bell",), enabled=False),
        EnabledSet(outputs=("Bell",)),
        OutputsSuspended(suspended=True),
    )
    for number, event in enumerate(events):
        engine.post(event)
        effects = engine.post(OutputRequested(output_key="Bell", request_id=str(number)))
        outcome += [output.reason.value for decision in decisions(effects) for output in decision.outputs]
    assert outcome == ["sent", "output_disabled", "sent", "outputs_suspended"]


def test_commands_to_one_output_keep_the_order_of_their_triggers() -> None:
    engine = Engine()
    engine.output("Siren")
    issued = []
    for key in ("A", "B", "C", "D"):
        engine.input(key)
        engine.link(key)
        issued.append(only(engine.active(key), SendCommand).command.cause.device_key)
    assert issued == ["A", "B", "C", "D"]


def test_a_report_delivered_again_names_its_command_alike() -> None:
    ids = []
    for _ in range(2):
        engine = Engine()
        engine.output("Siren")
        engine.input("Door")
        engine.link("Door")
        effects = engine.report(InputReport(device_key="Door", active=True), message_id="8c1b")
        ids.append(only(effects, SendCommand).command.command_id)
    assert ids[0] == ids[1]


def test_a_result_that_is_faster_than_the_brokers_confirmation_counts() -> None:
    engine, command_id = commanded()
    engine.post(result(command_id, ResultStatus.ACCEPTED))
    engine.post(CommandPublished(command_id=command_id))
    assert statuses(engine.wait(60)) == []
    assert statuses(engine.post(result(command_id, ResultStatus.FAILED))) == ["failed"]


@pytest.mark.parametrize("ended", [CommandStatus.UNDELIVERED, CommandStatus.EXPIRED, CommandStatus.FAILED])
def test_an_output_that_did_not_fire_has_no_interval_to_wait_for(ended: CommandStatus) -> None:
    engine, command_id = commanded()
    engine.options("Siren", interval=300)
    if ended is CommandStatus.UNDELIVERED:
        engine.post(CommandFailed(command_id=command_id, detail="nobody listens"))
    else:
        engine.post(result(command_id, ResultStatus(ended.value)))
    engine.wait(61)
    assert sent(engine.active("Door")) == ["Siren"]


def test_two_reports_at_the_same_time_make_two_commands() -> None:
    engine, first = commanded()
    engine.input("Gate")
    engine.link("Gate")
    second = only(engine.active("Gate"), SendCommand).command.command_id
    assert {first, second} == engine.state.commands.keys()
    assert len(engine.state.commands) == 2
