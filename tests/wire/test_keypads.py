"""What keypads and the alarm say to each other, by the contract."""

import json

import pytest

from custom_components.event_hub.wire.keypads import (
    COMMANDS,
    encode_answer,
    encode_gone,
    encode_state,
    parse_command,
    partition_of,
)
from custom_components.event_hub.wire.messages import Outgoing, ParseError
from custom_components.event_hub.wire.mqtt import SUBSCRIPTIONS

from . import golden
from .golden import Golden

ALL = golden.load("keypads")
READ = [message for message in ALL if "parses_to" in message.content]
REFUSED = [message for message in ALL if "refused" in message.content]
SENT = [message for message in ALL if "sends" in message.content]


def every(messages: list[Golden]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("message", messages, ids=[message.name for message in messages])


def sent(message: Golden) -> Outgoing:
    said = message.content
    if "state" in said:
        return encode_state(said["partition"], said["state"])
    return encode_answer(said["partition"], said["answer"], expires_in=said["expires_in"])


@every(READ)
def test_a_command_is_read_as_the_contract_says(message: Golden) -> None:
    command = parse_command(message.body(message.content), received_at=message.content["received_at"])
    assert golden.to_json(command) | {"action": command.action.value} == message.content["parses_to"]
    assert partition_of(message.content["address"]) == "home"


@every(REFUSED)
def test_a_bad_command_is_refused_whole_and_its_code_is_not_told(message: Golden) -> None:
    with pytest.raises(ParseError) as refusal:
        parse_command(message.body(message.content), received_at=message.content["received_at"])
    assert refusal.value.reason == message.content["refused"]
    assert "0123" not in str(refusal.value)


@every(SENT)
def test_what_keypads_are_told_is_as_the_contract_says(message: Golden) -> None:
    outgoing, sends = sent(message), message.content["sends"]
    assert (outgoing.address, outgoing.retained) == (sends["address"], sends["retained"])
    assert (outgoing.expires_in, json.loads(outgoing.body)) == (sends.get("expires_in"), sends["body"])


@every(READ)
def test_a_command_does_not_show_its_code(message: Golden) -> None:
    command = parse_command(message.body(message.content), received_at=message.content["received_at"])
    assert command.code is None or command.code not in repr(command)


def test_a_removed_partition_s_state_is_taken_from_the_broker() -> None:
    gone = encode_gone("home")
    assert (gone.address, gone.body, gone.retained) == ("event_hub/alarm/home/state", b"", True)


@pytest.mark.parametrize(
    "topic",
    ["event_hub/alarm/home/state", "event_hub/alarm//command", "event_hub/alarm/a/b/command", "alarm/home/command"],
)
def test_other_topics_are_no_command_s(topic: str) -> None:
    assert partition_of(topic) is None


def test_devices_are_heard_on_other_patterns_than_keypads() -> None:
    assert COMMANDS not in SUBSCRIPTIONS
