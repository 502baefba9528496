"""What the options make of the app, and what is said of those that cannot be used."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from hub_relay.links import Login
from remote_monitor.bands import Zone
from remote_monitor.hardware import bits_for
from remote_monitor.relay_model import Retrigger
from remote_monitor.settings import Settings, read_settings

INPUT = {"label": "front door", "channel": 1, "type": "door contact", "normal": 50, "tolerance": 5}
RELAY = {"label": "Siren", "address": "0x20", "pin": 3, "type": "siren"}
LOOP = {"normal_band": "45-55", "alarm_band": "61-73", "short_band": "0-10", "cut_band": "90-100"}


def settings(**options: Any) -> Settings:
    """Return the settings of options that are all right."""
    found, problems = read_settings(options)
    assert problems == ()
    return found


def problems(**options: Any) -> list[str]:
    """Return what is said of options that are not all right."""
    _, found = read_settings(options)
    return [str(problem) for problem in found]


def test_nothing_but_defaults_is_an_adc_pi_without_inputs() -> None:
    found = settings()
    assert [(one.chip, one.address) for one in found.converters] == [("mcp3424", 0x68), ("mcp3424", 0x69)]
    assert (found.device_name, found.sample_rate, found.brokers_lost_after) == ("garage", 10, 60)
    assert (found.inputs, found.relays, bool(found.brokers)) == ((), (), False)


def test_an_input_is_known_by_its_place_and_label_as_the_fleet_makes_it() -> None:
    (one,) = settings(location="ground floor", inputs=[INPUT]).inputs
    assert one.description.wire() == {
        "device_key": "Ground Floor Front Door",
        "device_label": "front door",
        "type": "door contact",
        "location": "ground floor",
    }
    (one,) = settings(inputs=[{**INPUT, "location": "Hall", "group": "Doors"}]).inputs
    assert (one.description.key, one.description.group) == ("Hall Front Door", "Doors")


@pytest.mark.parametrize(
    ("options", "value", "zone"),
    [
        ({}, 50, Zone.NORMAL),
        ({}, 56, Zone.ALARM),
        ({"tamper": 90}, 92, Zone.TAMPER),
        ({"normal_band": "40-60"}, 59, Zone.NORMAL),
        (LOOP, 50, Zone.NORMAL),
        (LOOP, 67, Zone.ALARM),
        (LOOP, 5, Zone.SHORT),
        (LOOP, 95, Zone.CUT),
        (LOOP, 58, Zone.FAULT),
        ({"alarm_band": "61-73"}, 52, Zone.NORMAL),
        ({"alarm_band": "61-73", "tamper": 90}, 93, Zone.TAMPER),
    ],
)
def test_bands_mean_what_the_documentation_says(options: dict[str, Any], value: float, zone: Zone) -> None:
    (one,) = settings(inputs=[{**INPUT, **options}]).inputs
    assert one.rule.zone(value, None) is zone


def test_a_relay_has_its_pin_and_its_rules() -> None:
    rules = {"active_low": True, "seconds": 2, "retrigger": "ignore", "interlock": "gate", "pattern": "0.5,0.25"}
    (one,) = settings(relays=[{**RELAY, **rules, "longest": 30}]).relays
    assert (one.pin.address, one.pin.pin, one.pin.active_low) == (0x20, 3, True)
    assert (one.relay.key, one.relay.seconds, one.relay.retrigger) == ("Garage Siren", 2, Retrigger.IGNORE)
    assert (one.relay.interlock, one.relay.pattern, one.relay.longest) == ("gate", (0.5, 0.25), 30)


def test_brokers_are_taken_from_the_options() -> None:
    found = settings(
        mqtt_host="broker",
        mqtt_username="u",
        mqtt_password="secret-1",
        rabbitmq_hosts="one, two:5673",
        rabbitmq_username="r",
        rabbitmq_password="secret-2",
    )
    assert found.brokers.mqtt is not None
    assert (found.brokers.mqtt.host, found.brokers.mqtt.port, found.brokers.mqtt.login) == (
        "broker",
        1883,
        Login(username="u", password="secret-1"),
    )
    assert found.brokers.rabbitmq is not None
    assert found.brokers.rabbitmq.hosts == ("one", "two:5673")
    assert set(found.brokers.secrets()) == {"secret-1", "secret-2"}
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"inputs": [{**INPUT, "channel": 33}]}, "inputs[0].channel must be 1 to 32, is 33"),
        ({"inputs": [{**INPUT, "alarm_band": "high"}]}, "inputs[0].alarm_band must be two percentages such as 45-55"),
        ({"inputs": [{**INPUT, "alarm_band": "50-73"}]}, "inputs[0] cannot be used: normal and alarm overlap"),
        ({"inputs": [INPUT, {**INPUT, "label": "Window"}]}, "inputs has channel 1 twice"),
        ({"inputs": [INPUT, {**INPUT, "channel": 2}]}, "inputs has the name 'Garage Front Door' twice"),
        ({"relays": [{**RELAY, "pin": 16}]}, "relays[0].pin must be 0 to 15, is 16"),
        ({"relays": [RELAY, {**RELAY, "label": "Gate"}]}, "relays has pin 3 of 0x20 twice"),
        ({"relays": [{**RELAY, "pattern": "on"}]}, "relays[0].pattern must be seconds on and off in turn"),
        ({"relays": [{**RELAY, "pattern": "1"}]}, "relays[0] cannot be used: pattern must be pairs of seconds"),
        (
            {"relays": [{**RELAY, "address": "32"}, {**RELAY, "address": "0x99"}]},
            "relays[1].address must be 0x03 to 0x77",
        ),
        ({"adc": [{"chip": "mcp3424", "address": "0x68", "bits": "13"}]}, "adc[0].bits must be one of 12, 14, 16, 18"),
        ({"mqtt_host": "broker", "mqtt_port": 0}, "mqtt_port must be 1 to 65535, is 0"),
        ({"rabbitmq_hosts": "one:port"}, "rabbitmq_hosts must be host or host:port"),
        ({"device_name": "two words"}, "device_name must be 1 to 64 letters, digits, _ or -"),
        ({"mqtt_host": "b", "mqtt_tls": True, "mqtt_ca": "no.pem"}, "mqtt_ca must be a file below /ssl"),
        ({"sensors": []}, "sensors is no option of this app"),
        ({"rabbitmq_hosts": ":5672"}, "rabbitmq_hosts must be host or host:port"),
        ({"inputs": [{**INPUT, "channel": 9}]}, "inputs[0].channel is 9, but the converters have 8 channels"),
        ({"relays": [{**RELAY, "address": "0x68"}]}, "relays[0].address is 0x68, which is a converter's"),
        ({"adc": [{"chip": "mcp3424", "address": "0x68"}] * 2}, "adc has address 0x68 twice"),
        ({"inputs": [{**INPUT, "label": "x" * 200, "location": "y" * 200}]}, "inputs[0].label and location must not"),
    ],
)
def test_an_option_that_cannot_be_used_is_named_with_what_it_may_be(options: dict[str, Any], said: str) -> None:
    assert any(problem.startswith(said) for problem in problems(**options)), problems(**options)


def test_what_is_wrong_stops_that_part_only() -> None:
    found, said = read_settings({"inputs": [{"label": "bad"}, INPUT], "relays": [{**RELAY, "pin": 99}, RELAY]})
    assert [one.description.key for one in found.inputs] == ["Garage Front Door"]
    assert [one.description.key for one in found.relays] == ["Garage Siren"]
    assert said


def test_a_converter_that_cannot_be_used_does_not_move_the_channels_of_those_after_it() -> None:
    good, bad = {"chip": "mcp3424", "address": "0x68"}, {"chip": "mcp3424", "address": "seven"}
    found, _ = read_settings(
        {"adc": [good, bad, {**good, "address": "0x6A"}], "inputs": [INPUT, {**INPUT, "channel": 5}]}
    )
    assert [one.address for one in found.converters] == [0x68]
    assert [one.channel for one in found.inputs] == [1]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
PART = st.dictionaries(st.sampled_from([*INPUT, *RELAY, *LOOP, "bits", "chip", "tamper"]), ANYTHING, max_size=6)
OPTIONS = st.dictionaries(
    st.sampled_from(["device_name", "location", "mqtt_host", "mqtt_port", "rabbitmq_hosts", "sample_rate", "i2c_bus"]),
    ANYTHING,
)
PARTS = st.dictionaries(st.sampled_from(["adc", "inputs", "relays"]), st.lists(PART, max_size=3) | ANYTHING)


@given(OPTIONS, PARTS)
def test_whatever_the_options_are_there_are_settings(options: dict[str, Any], parts: dict[str, Any]) -> None:
    found, _ = read_settings({**options, **parts})
    assert found.sample_rate > 0
    keys = [*(one.description.key for one in found.inputs), *(one.description.key for one in found.relays)]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("rate", "bits"), [(10, 14), (12, 14), (13, 12), (3, 16), (0.5, 18), (50, 12)])
def test_the_resolution_is_the_best_that_the_sample_rate_allows(rate: float, bits: int) -> None:
    assert bits_for(rate) == bits
