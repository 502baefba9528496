"""A wrong option is named with what it must be, and stops its own part only."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest

from hub_relay.options import OptionProblem, OptionsError, Reader, read_options

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def relay(reader: Reader) -> tuple[str, int]:
    return reader.text("name"), reader.integer("pin", 0, 15)


@pytest.mark.parametrize(
    ("method", "arguments", "value", "read"),
    [
        ("text", {}, "Garage", "Garage"),
        ("text", {"default": "x"}, None, "x"),
        ("text", {"default": "x"}, "", ""),
        ("secret", {"default": ""}, None, ""),
        ("secret", {}, "hidden", "hidden"),
        ("boolean", {}, False, False),
        ("boolean", {"default": True}, None, True),
        ("integer", {"lowest": 0, "highest": 15}, 15, 15),
        ("integer", {"lowest": 0, "highest": 15, "default": 3}, None, 3),
        ("number", {"lowest": 0, "highest": 1}, 1, 1.0),
        ("number", {"lowest": 0, "highest": 1, "default": 0.5}, None, 0.5),
        ("choice", {"choices": ("low", "high")}, "high", "high"),
        ("choice", {"choices": ("low", "high"), "default": "low"}, None, "low"),
    ],
)
def test_a_right_option_is_read(method: str, arguments: dict[str, Any], value: object, read: object) -> None:
    reader = Reader({} if value is None else {"it": value})
    assert getattr(reader, method)("it", **arguments) == read
    assert reader.sound
    assert reader.problems == []


@pytest.mark.parametrize(
    ("method", "arguments", "value", "message"),
    [
        ("text", {}, None, "must be a text of 1 to 255 characters, is missing"),
        ("text", {}, "", "must be a text of 1 to 255 characters"),
        ("text", {"longest": 3}, "four", "must be a text of 1 to 3 characters"),
        ("text", {}, 5, "must be a text of 1 to 255 characters, is 5"),
        ("secret", {}, 12345, "must be a text"),
        ("boolean", {}, "yes", 'must be true or false, is "yes"'),
        ("integer", {"lowest": 0, "highest": 15}, 17, "must be 0 to 15, is 17"),
        ("integer", {"lowest": 0, "highest": 15}, True, "must be 0 to 15, is true"),
        ("integer", {"lowest": 0, "highest": 15}, 1.5, "must be 0 to 15, is 1.5"),
        ("number", {"lowest": 0, "highest": 1}, float("nan"), "must be 0 to 1, is NaN"),
        ("number", {"lowest": 0, "highest": 1}, "1", 'must be 0 to 1, is "1"'),
        ("choice", {"choices": ("low", "high")}, "up", 'must be one of low, high, is "up"'),
    ],
)
def test_a_wrong_option_is_named(method: str, arguments: dict[str, Any], value: object, message: str) -> None:
    reader = Reader({} if value is None else {"it": value})
    getattr(reader, method)("it", **arguments)
    assert [str(problem) for problem in reader.problems] == [f"it {message}"]
    assert not reader.sound


def test_a_broken_part_of_a_list_is_left_out_and_the_rest_works() -> None:
    given_options = {
        "relays": [{"name": "Siren", "pin": 0}, "what", {"name": "Light", "pin": 17}, {"name": "Bell", "pin": 2}]
    }
    reader = Reader(given_options)
    assert reader.list_of("relays", relay) == (("Siren", 0), ("Bell", 2))
    assert reader.problems == [
        OptionProblem(option="relays[1]", message="must have options of its own"),
        OptionProblem(option="relays[2].pin", message="must be 0 to 15, is 17"),
    ]


def test_a_section_with_a_problem_is_none_and_one_that_is_not_there_too() -> None:
    reader = Reader({"siren": {"name": "Siren", "pin": -1}, "bell": {"name": "Bell", "pin": 1}})
    assert reader.section("siren", relay) is None
    assert reader.section("bell", relay) == ("Bell", 1)
    assert reader.section("light", relay) is None
    assert [problem.option for problem in reader.problems] == ["siren.pin"]


def test_an_option_nobody_asked_for_is_a_problem() -> None:
    reader = Reader({"relays": [{"name": "Siren", "pin": 1, "pinn": 2}], "colour": "red"})
    assert reader.list_of("relays", relay) == ()
    reader.finish()
    assert [str(problem) for problem in reader.problems] == [
        "relays[0].pinn is no option of this app",
        "colour is no option of this app",
    ]


def test_a_rule_over_several_options_can_add_its_own_problem() -> None:
    def read(reader: Reader) -> int:
        reader.problem("pin", "must be another than that of Siren")
        reader.problem("", "cannot be used")
        return 0

    reader = Reader({"relays": [{}]})
    assert reader.list_of("relays", read) == ()
    assert [str(problem) for problem in reader.problems] == [
        "relays[0].pin must be another than that of Siren",
        "relays[0] cannot be used",
    ]


def test_a_wrong_list_is_a_problem() -> None:
    reader = Reader({"relays": {}})
    assert reader.list_of("relays", relay) == ()
    assert str(reader.problems[0]) == "relays must be a list, is a group of options"


@given(st.dictionaries(st.sampled_from(["name", "pin", "on", "level", "parts", "secret"]), json_values))
def test_any_options_are_read_or_named(options: dict[str, Any]) -> None:
    reader = Reader(options)
    assert isinstance(reader.text("name"), str)
    assert 0 <= reader.integer("pin", 0, 15) <= 15
    assert isinstance(reader.boolean("on"), bool)
    assert 0 <= reader.number("level", 0, 1) <= 1
    reader.list_of("parts", relay)
    reader.secret("secret")
    assert all(
        problem.option.split(".")[0].split("[")[0] in {*options, "name", "pin", "on", "level", "secret"}
        for problem in reader.problems
    )


@pytest.mark.parametrize("value", [["hunter22"], {"password": "hunter22"}, [{"password": "hunter22"}]])
def test_no_message_repeats_a_secret_or_what_may_hold_one(value: object) -> None:
    reader = Reader(dict.fromkeys(["password", "relays", "name", "pin", "on", "level", "kind", "part"], value))
    reader.secret("password")
    reader.list_of("relays", relay)
    reader.text("name")
    reader.integer("pin", 0, 15)
    reader.boolean("on")
    reader.number("level", 0, 1)
    reader.choice("kind", ["a"])
    reader.section("part", relay)
    assert len(reader.problems) >= 7
    assert "hunter22" not in str(reader.problems)


def test_the_options_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "options.json"
    file.write_text(json.dumps({"name": "Küche"}), encoding="utf-8")
    assert read_options(file) == {"name": "Küche"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no options file"),
        (b"{", "is no JSON"),
        (b"\xff", "cannot be read"),
        (b"[]", "must hold one JSON object"),
        (b"[" * 200_000, "is no JSON"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "options.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(OptionsError, match=message):
        read_options(file)


def test_a_folder_is_no_options_file(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="cannot be read"):
        read_options(tmp_path)
