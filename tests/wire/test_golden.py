import json

import pytest

from custom_components.event_hub.wire.amqp import parse_amqp
from custom_components.event_hub.wire.encode import encode_command, encode_meter_command
from custom_components.event_hub.wire.messages import Message, Outgoing, ParseError
from custom_components.event_hub.wire.mqtt import SUBSCRIPTIONS, accepts_retained, parse_mqtt
from custom_components.event_hub.wire.reasons import Refused
from custom_components.event_hub.wire.slug import slug

from . import golden
from .golden import CONTRACT, Golden

ACCEPTED = golden.load("current", "legacy", "esp", "native")
REFUSED = golden.load("refused")
COMMANDS = golden.load("commands")
ON_MQTT = [message for message in ACCEPTED + REFUSED if message.content["transport"] == "mqtt"]


def every(messages: list[Golden]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("message", messages, ids=[message.name for message in messages])


def parse(message: Golden) -> Message:
    parser = parse_mqtt if message.content["transport"] == "mqtt" else parse_amqp
    received_at = message.content["received_at"]
    return parser(message.content["address"], message.body(message.content), received_at=received_at)


def send(message: Golden) -> Outgoing:
    if "meter_command" in message.content:
        return encode_meter_command(golden.meter_command(message.content["meter_command"]))
    return encode_command(golden.command(message.content["command"]))


def covers(topic_filter: str, topic: str) -> bool:
    wanted, found = topic_filter.split("/"), topic.split("/")
    return len(wanted) == len(found) and all(word in ("+", there) for word, there in zip(wanted, found, strict=True))


@every(ACCEPTED)
def test_a_message_is_read_as_the_contract_says(message: Golden) -> None:
    assert golden.to_json(parse(message)) == message.content["parses_to"]


@every(REFUSED)
def test_a_bad_message_is_refused_under_its_word(message: Golden) -> None:
    with pytest.raises(ParseError) as refusal:
        parse(message)
    assert (refusal.value.reason, bool(str(refusal.value))) == (message.content["refused"], True)


def test_every_word_of_refusal_has_an_example() -> None:
    whole = {message.content["refused"] for message in REFUSED}
    parts = {
        rejection["reason"] for message in ACCEPTED for rejection in message.content["parses_to"].get("rejections", ())
    }
    assert whole | parts == set(Refused)


@every([message for message in COMMANDS if "sends" in message.content])
def test_a_command_is_sent_as_the_contract_says(message: Golden) -> None:
    sends, outgoing = message.content["sends"], send(message)
    assert (outgoing.transport, outgoing.address, outgoing.expires_in) == (
        sends["transport"],
        sends["address"],
        sends.get("expires_in"),
    )
    assert golden.decode(sends["encoding"], outgoing.body) == sends["body"]


@every([message for message in COMMANDS if "refused" in message.content])
def test_a_command_that_a_device_would_die_of_is_not_sent(message: Golden) -> None:
    with pytest.raises(ValueError, match=r"\w") as refusal:
        send(message)
    assert str(refusal.value) == message.content["refused"]


@every([message for message in COMMANDS if "sends" in message.content])
def test_the_hub_does_not_take_its_own_command_for_an_event(message: Golden) -> None:
    outgoing = send(message)
    parser = parse_mqtt if outgoing.transport == "mqtt" else parse_amqp
    with pytest.raises(ParseError) as refusal:
        parser(outgoing.address, outgoing.body, received_at=1722116216.0)
    assert refusal.value.reason == Refused.OWN_MESSAGE


@every(ON_MQTT)
def test_only_a_native_status_is_accepted_retained(message: Golden) -> None:
    assert accepts_retained(message.content["address"]) is message.content["retained_accepted"]


@every([message for message in ON_MQTT if "parses_to" in message.content])
def test_every_message_on_mqtt_is_subscribed_to_once(message: Golden) -> None:
    matching = [topic for topic in SUBSCRIPTIONS if covers(topic, message.content["address"])]
    # A sensor's heartbeat looks like a place called "heartbeat"; the meter's and switch's have their own.
    assert len(matching) == 1


@every([message for message in COMMANDS if message.content.get("sends", {}).get("transport") == "mqtt"])
def test_no_subscription_brings_the_hub_its_own_commands(message: Golden) -> None:
    topic = message.content["sends"]["address"]
    assert [each for each in SUBSCRIPTIONS if covers(each, topic)] == []


def test_slugs_are_what_devices_make_of_their_keys() -> None:
    slugs = json.loads((CONTRACT / "slugs.json").read_text(encoding="utf-8"))
    assert {key: slug(key) for key in slugs} == slugs


def test_native_devices_say_the_same_on_either_broker() -> None:
    said = {message.name: message.content for message in ACCEPTED}
    for pair in ("heartbeat", "event", "result_done", "heartbeat_app"):
        mqtt, amqp = said[f"native/{pair}_mqtt"], said[f"native/{pair}_amqp"]
        assert mqtt["body"] == amqp["body"]
        assert {**mqtt["parses_to"]["source"], "transport": "amqp"} == amqp["parses_to"]["source"]
