"""Commands are read as the hub writes them, and nothing that is none gets further."""

import json
from typing import Any

from hypothesis import given, strategies as st
import msgpack
import pytest

from hub_relay.commands import LARGEST_BODY, Command, CommandError, read_json, read_msgpack
from hub_relay.frames import decode, encode

from .kit import CONTRACT, as_json, as_msgpack, command


def sent(name: str) -> dict[str, Any]:
    sends: dict[str, Any] = json.loads((CONTRACT / "commands" / f"{name}.json").read_text(encoding="utf-8"))["sends"]
    return sends


@pytest.mark.parametrize(
    ("name", "params", "state"),
    [
        ("native_amqp", "30", None),
        ("native_mqtt", "30", None),
        ("native_on", None, True),
        ("native_off", None, False),
    ],
)
def test_a_command_of_the_contract_is_read(name: str, params: str | None, state: bool | None) -> None:
    sends = sent(name)
    read = (
        read_msgpack(as_msgpack(sends["body"])) if sends["encoding"] == "msgpack" else read_json(as_json(sends["body"]))
    )
    assert read == Command(
        command_id="c0ffee00-1111-4222-8333-444455556666",
        device_key="Garage Siren",
        device_label="Siren",
        device_type="Siren",
        params=params,
        state=state,
        issued_at=1722116215.5,
        expires_at=1722116305.5,
        cause=sends["body"]["active_input"],
    )
    assert Command.of_content(decode(encode("command", read.as_content())).content) == read


def test_a_command_of_an_older_hub_is_read_and_known_again_when_it_comes_twice() -> None:
    body = as_msgpack(
        {
            "timestamp": 1722116215,
            "active_input": {"device_key": "Front Door"},
            "output_triggered": {"device_key": "Garage Siren", "device_label": "Siren", "device_params": None},
        }
    )
    read = read_msgpack(body)
    assert read.command_id == read_msgpack(body).command_id
    assert read.expires_at == 1722116305.0
    assert read.seconds() is None


@pytest.mark.parametrize(("now", "expired"), [(1000.0, False), (1089.9, False), (1090.0, True), (5000.0, True)])
def test_a_command_expires(now: float, expired: bool) -> None:
    assert read_json(as_json(command(timestamp=1000, expires_at=1090))).expired(now) is expired


@pytest.mark.parametrize(
    ("params", "seconds"), [("30", 30.0), ("0.2", 0.2), (" 5 ", 5.0), (2, 2.0), (0.5, 0.5), ("", None), (None, None)]
)
def test_parameters_are_seconds(params: object, seconds: float | None) -> None:
    output = {"device_key": "a", "device_params": params}
    assert read_json(as_json(command(output_triggered=output))).seconds() == seconds


@pytest.mark.parametrize("params", ["0", "-1", "nan", "inf", "1e9", "user:pw@cam", "5 s"])
def test_parameters_that_are_no_seconds_are_said_so(params: str) -> None:
    read = read_json(as_json(command(output_triggered={"device_key": "a", "device_params": params})))
    with pytest.raises(CommandError, match="device_params"):
        read.seconds()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 2}, "schema 2"),
        ({"schema": True}, "schema True"),
        ({"output_triggered": None}, "output_triggered"),
        ({"output_triggered": {"device_key": ""}}, "device_key"),
        ({"output_triggered": {"device_key": "a\nb"}}, "device_key"),
        ({"output_triggered": {"device_key": "a" * 256}}, "device_key"),
        ({"output_triggered": {"device_key": "a", "device_params": [1]}}, "device_params"),
        ({"output_triggered": {"device_key": "a", "device_params": True}}, "device_params"),
        ({"output_triggered": {"device_key": "a", "state": "blink"}}, "neither on nor off"),
        ({"output_triggered": {"device_key": "a", "state": ["on"]}}, "neither on nor off"),
        ({"output_triggered": {"device_key": "a", "device_label": 5}}, "device_label"),
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": "2024"}, "timestamp"),
        ({"timestamp": True}, "timestamp"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"command_id": 7}, "command_id"),
        ({"command_id": ""}, "command_id"),
        ({"active_input": [1]}, "active_input"),
    ],
)
def test_what_is_wrong_with_a_command_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        read_msgpack(as_msgpack(command(**changes)))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[]", b"null", b"NaN", b'{"timestamp": NaN}', b"[" * 200_000, b" " * (LARGEST_BODY + 1)],
)
def test_a_body_that_is_no_map_of_json_is_refused(body: bytes) -> None:
    with pytest.raises(CommandError):
        read_json(body)


@given(st.binary() | st.dictionaries(st.text(), st.none() | st.integers(0, 9) | st.text()).map(msgpack.packb))
def test_any_bytes_are_a_command_or_a_command_error(body: bytes) -> None:
    for read in (read_json, read_msgpack):
        try:
            assert isinstance(read(body), Command)
        except CommandError:
            continue
