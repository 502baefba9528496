"""Setting the hub up by hand, and what is said when that fails."""

from typing import Any
from unittest.mock import AsyncMock

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.transports.link import LinkError, Problem
from devkit.certificates import Authority

from .kit import ANSWERS, KEPT, NAMES, PASSWORD, SECURITY, TEXTS, answer, ask_for_rabbitmq, begin, entry_of, fields


@pytest.mark.usefixtures("mqtt")
async def test_a_home_with_mqtt_is_set_up_in_one_step(hass: HomeAssistant, set_up: AsyncMock) -> None:
    form = await begin(hass)

    assert fields(form) == {"mqtt": True, "rabbitmq": False}
    result = await answer(hass, form, {"mqtt": True, "rabbitmq": False})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Event Hub"
    assert result["data"] == {"mqtt": True}
    assert len(set_up.mock_calls) == 1


async def test_a_home_without_mqtt_is_asked_for_rabbitmq(hass: HomeAssistant, tried: AsyncMock) -> None:
    form = await begin(hass)

    assert fields(form) == {"mqtt": False, "rabbitmq": True}
    form = await answer(hass, form, {"mqtt": False, "rabbitmq": True})
    assert form["step_id"] == "rabbitmq"
    result = await answer(hass, form, ANSWERS)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {"mqtt": False, "rabbitmq": KEPT}
    assert [call.args[0].hosts for call in tried.await_args_list] == [("rabbit-1:5673",), ("rabbit-2",)]
    assert {call.args[0].password for call in tried.await_args_list} == {PASSWORD}


async def test_at_least_one_way_must_be_chosen(hass: HomeAssistant) -> None:
    result = await answer(hass, await begin(hass), {"mqtt": False, "rabbitmq": False})

    assert result["errors"] == {"base": "nothing_chosen"}


async def test_mqtt_is_offered_only_where_home_assistant_has_it(hass: HomeAssistant) -> None:
    form = await answer(hass, await begin(hass), {"mqtt": True, "rabbitmq": True})
    assert form["errors"] == {"mqtt": "mqtt_not_set_up"}

    MockConfigEntry(domain="mqtt").add_to_hass(hass)
    form = await answer(hass, form, {"mqtt": True, "rabbitmq": True})
    result = await answer(hass, form, ANSWERS)

    assert result["data"] == {"mqtt": True, "rabbitmq": KEPT}


@pytest.mark.parametrize("problem", Problem)
async def test_each_problem_of_a_connection_is_told_in_words_of_its_own(
    hass: HomeAssistant, tried: AsyncMock, problem: Problem
) -> None:
    tried.side_effect = LinkError(problem, "what the broker said")
    form = await answer(hass, await ask_for_rabbitmq(hass), ANSWERS)

    assert form["type"] is FlowResultType.FORM
    assert form["errors"] is not None
    assert list(form["errors"].values()) == [problem]
    assert set(form["errors"]) <= {"base", *fields(form)}
    text = TEXTS["config"]["error"][problem].format(**form["description_placeholders"] or {})
    assert "rabbit-1:5673" in text
    tried.side_effect = None
    assert (await answer(hass, form, ANSWERS))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_second_host_that_fails_is_named(hass: HomeAssistant, tried: AsyncMock) -> None:
    tried.side_effect = [None, LinkError(Problem.TIMEOUT, "No answer in time")]

    form = await answer(hass, await ask_for_rabbitmq(hass), ANSWERS)

    assert form["description_placeholders"] == {"host": "rabbit-2", "detail": "No answer in time"}


async def test_a_password_is_not_shown_again_but_need_not_be_typed_again(hass: HomeAssistant, tried: AsyncMock) -> None:
    tried.side_effect = LinkError(Problem.CANNOT_CONNECT, "refused")
    form = await answer(hass, await ask_for_rabbitmq(hass), ANSWERS)
    assert fields(form)["password"] is None
    assert fields(form)["hosts"] == ANSWERS["hosts"]

    tried.side_effect = None
    corrected = {name: value for name, value in ANSWERS.items() if name != "password"} | {"hosts": "rabbit-3"}
    result = await answer(hass, form, corrected)

    assert result["data"]["rabbitmq"]["password"] == PASSWORD
    assert result["data"]["rabbitmq"]["hosts"] == ["rabbit-3"]


@pytest.mark.parametrize(
    ("hosts", "kept"),
    [
        (" rabbit ", ["rabbit"]),
        ("rabbit,rabbit", ["rabbit"]),
        ("192.168.1.20:5671,", ["192.168.1.20:5671"]),
        ("fd00::20", ["fd00::20"]),
        ("[fd00::20]:5672, core-rabbit.local.", ["[fd00::20]:5672", "core-rabbit.local."]),
    ],
)
async def test_hosts_are_read_as_people_write_them(hass: HomeAssistant, hosts: str, kept: list[str]) -> None:
    result = await answer(hass, await ask_for_rabbitmq(hass), {**ANSWERS, "hosts": hosts})

    assert result["data"]["rabbitmq"]["hosts"] == kept


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"hosts": " , "}, {"hosts": "host_missing"}),
        ({"hosts": "rabbit:65536"}, {"hosts": "invalid_host"}),
        ({"hosts": "rabbit:amqp"}, {"hosts": "invalid_host"}),
        ({"hosts": "two words"}, {"hosts": "invalid_host"}),
        ({"hosts": "-rabbit"}, {"hosts": "invalid_host"}),
        ({"hosts": "amqp://hub:secret@rabbit/"}, {"hosts": "host_is_url"}),
        ({"password": ""}, {"password": "password_missing"}),
        ({"virtual_host": " "}, {"virtual_host": "invalid_name"}),
        ({"names": {**NAMES, "queue": "q" * 241}}, {"names": "invalid_name"}),
        ({"security": {**SECURITY, "tls": True, "ca_certificate": "none"}}, {"security": "invalid_certificate"}),
    ],
)
async def test_an_answer_that_cannot_be_used_is_not_tried(
    hass: HomeAssistant, tried: AsyncMock, wrong: dict[str, Any], errors: dict[str, str]
) -> None:
    result = await answer(hass, await ask_for_rabbitmq(hass), {**ANSWERS, **wrong})

    assert result["errors"] == errors
    assert set(errors.values()) <= set(TEXTS["config"]["error"])
    assert "secret" not in str(result["description_placeholders"])
    assert tried.await_count == 0


async def test_a_certificate_of_ones_own_is_kept_and_used(hass: HomeAssistant, tried: AsyncMock) -> None:
    pem = Authority().pem
    security = {"tls": True, "verify": True, "ca_certificate": f"\n{pem}\n"}

    result = await answer(hass, await ask_for_rabbitmq(hass), {**ANSWERS, "security": security})

    assert result["data"]["rabbitmq"]["ca_certificate"] == pem.strip()
    assert tried.await_args is not None
    assert tried.await_args.args[0].ca_certificate == pem.strip()


async def test_there_is_one_hub_only(hass: HomeAssistant) -> None:
    entry_of(hass, mqtt=True)

    result = await begin(hass)

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert "already_configured" in TEXTS["config"]["abort"]


async def test_only_a_password_that_was_entered_before_may_be_left_empty(hass: HomeAssistant, tried: AsyncMock) -> None:
    steps = TEXTS["config"]["step"]
    tried.side_effect = LinkError(Problem.CANNOT_CONNECT, "refused")

    form = await ask_for_rabbitmq(hass)
    assert "leave this empty" not in steps[form["step_id"]]["data_description"]["password"]
    form = await answer(hass, form, {**ANSWERS, "password": ""})
    assert "leave this empty" not in steps[form["step_id"]]["data_description"]["password"]
    form = await answer(hass, form, ANSWERS)

    assert "leave this empty" in steps[form["step_id"]]["data_description"]["password"]


@pytest.mark.parametrize("tries", [0, 1])
async def test_every_field_and_step_has_its_text(hass: HomeAssistant, tried: AsyncMock, tries: int) -> None:
    tried.side_effect = LinkError(Problem.CANNOT_CONNECT, "refused")
    form = await ask_for_rabbitmq(hass)
    for _ in range(tries):
        form = await answer(hass, form, ANSWERS)

    step = TEXTS["config"]["step"][form["step_id"]]
    for name, suggested in fields(form).items():
        if isinstance(suggested, dict):
            texts = step["sections"][name]
            assert set(texts["data"]) == set(texts["data_description"]) == set(suggested)
        else:
            assert name in step["data"]
            assert name in step["data_description"]
