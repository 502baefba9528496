"""Setting the hub up, changing how it is set up, and what is said when that fails."""

from collections.abc import Iterator, Mapping
import json
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import (
    SOURCE_HASSIO,
    SOURCE_IGNORE,
    SOURCE_MQTT,
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.entry_data import activity_limits, amqp_config, settings, uses_mqtt
from custom_components.event_hub.transports.link import LinkError, Problem
from devkit.certificates import Authority
from tests.source import HUB

PASSWORD = "correct horse"
SECURITY = {"tls": False, "verify": True}
NAMES = {"exchange": "home_automation", "queue": "event_hub", "quorum": False}
LOGIN = {"username": "hub", "password": PASSWORD, "virtual_host": "/"}
ANSWERS = {"hosts": "rabbit-1:5673, rabbit-2", **LOGIN, "security": SECURITY, "names": NAMES}
KEPT = {"hosts": ["rabbit-1:5673", "rabbit-2"], **LOGIN, **SECURITY, **NAMES}
TEXTS: dict[str, Any] = json.loads((HUB / "translations/en.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def set_up() -> Iterator[AsyncMock]:
    """Let entries be set up without a hub behind them."""
    with (
        patch("custom_components.event_hub.async_setup_entry", return_value=True) as set_up,
        patch("custom_components.event_hub.async_unload_entry", return_value=True),
    ):
        yield set_up


@pytest.fixture(autouse=True)
def tried() -> Iterator[AsyncMock]:
    """Stand in for RabbitMQ, which takes every connection that is tried."""
    with patch("custom_components.event_hub.connection_form.async_test_connection") as tried:
        yield tried


@pytest.fixture
def mqtt(hass: HomeAssistant) -> None:
    """Let Home Assistant's MQTT integration be set up."""
    MockConfigEntry(domain="mqtt").add_to_hass(hass)


def entry_of(hass: HomeAssistant, options: Mapping[str, Any] | None = None, **data: object) -> MockConfigEntry:
    """Return an entry that was made before."""
    entry = MockConfigEntry(domain=DOMAIN, title="Event Hub", unique_id=DOMAIN, data=data, options=options)
    entry.add_to_hass(hass)
    return entry


async def begin(hass: HomeAssistant, source: str = SOURCE_USER, data: object = None) -> ConfigFlowResult:
    """Begin a flow."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=data)


async def answer(hass: HomeAssistant, result: ConfigFlowResult, answers: Mapping[str, Any]) -> ConfigFlowResult:
    """Answer a form."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], dict(answers))


async def ask_for_rabbitmq(hass: HomeAssistant) -> ConfigFlowResult:
    """Go to the form about RabbitMQ."""
    return await answer(hass, await begin(hass), {"mqtt": False, "rabbitmq": True})


def fields(result: ConfigFlowResult) -> dict[str, Any]:
    """Return each field of a form with what it suggests, sections included."""
    schema = result["data_schema"]
    assert schema is not None
    return suggestions(schema.schema)


def suggestions(schema: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what the fields of a schema suggest."""
    found: dict[str, Any] = {}
    for field, kind in schema.items():
        inner = getattr(kind, "schema", None)
        suggested = (field.description or {}).get("suggested_value")
        found[str(field.schema)] = suggestions(inner.schema) if inner is not None else suggested
    return found


def mqtt_message(topic: str, payload: str) -> MqttServiceInfo:
    """Return what Home Assistant hands over of a message on MQTT."""
    return MqttServiceInfo(topic=topic, payload=payload, qos=0, retain=False, subscribed_topic=topic, timestamp=0.0)


def app(**config: object) -> HassioServiceInfo:
    """Return what the Supervisor tells of the RabbitMQ app."""
    return HassioServiceInfo(config=config, name="RabbitMQ", slug="local_rabbitmq", uuid="1234")


RABBITMQ_APP = {"host": "local-rabbitmq", "port": 5672, "username": "hub", "password": PASSWORD}


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
    assert result["reason"] == "single_instance_allowed"


@pytest.mark.usefixtures("mqtt")
@pytest.mark.parametrize(
    ("topic", "payload", "device"),
    [
        ("event_hub/snapshot/porch/status", "online", "porch"),
        ("sensor/heartbeat/esp32_0A1B2C", "OK", "esp32_0A1B2C"),
        ("meter/heartbeat/esp32_0A1B2D", "OK", "esp32_0A1B2D"),
        ("switch/heartbeat/esp32_0A1B2E", "OK", "esp32_0A1B2E"),
    ],
)
async def test_a_device_on_mqtt_offers_the_hub(hass: HomeAssistant, topic: str, payload: str, device: str) -> None:
    form = await begin(hass, SOURCE_MQTT, mqtt_message(topic, payload))

    assert form["step_id"] == "mqtt_confirm"
    assert form["description_placeholders"] == {"device": device}
    result = await answer(hass, form, {"rabbitmq": False})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {"mqtt": True}


@pytest.mark.usefixtures("mqtt")
async def test_a_hub_found_on_mqtt_may_be_connected_to_rabbitmq_too(hass: HomeAssistant) -> None:
    form = await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_0A1B2C", "OK"))
    form = await answer(hass, form, {"rabbitmq": True})

    result = await answer(hass, form, ANSWERS)

    assert result["data"] == {"mqtt": True, "rabbitmq": KEPT}


async def test_many_devices_on_mqtt_offer_the_hub_once(hass: HomeAssistant) -> None:
    await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_1", "OK"))

    result = await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_2", "OK"))

    assert result["reason"] == "already_in_progress"
    assert len(hass.config_entries.flow.async_progress()) == 1


@pytest.mark.parametrize(
    ("topic", "payload"),
    [("sensor/heartbeat/thermometer", "21.5"), ("event_hub/snapshot/porch/status", ""), ("switch/heartbeat/", "OK")],
)
async def test_other_messages_on_mqtt_offer_nothing(hass: HomeAssistant, topic: str, payload: str) -> None:
    result = await begin(hass, SOURCE_MQTT, mqtt_message(topic, payload))

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_a_device"


@pytest.mark.parametrize("source", [SOURCE_MQTT, SOURCE_HASSIO])
async def test_a_hub_that_is_set_up_or_ignored_is_not_offered(hass: HomeAssistant, source: str) -> None:
    MockConfigEntry(domain=DOMAIN, unique_id=DOMAIN, source=SOURCE_IGNORE).add_to_hass(hass)
    data = mqtt_message("sensor/heartbeat/esp32_1", "OK") if source == SOURCE_MQTT else app(**RABBITMQ_APP)

    result = await begin(hass, source, data)

    assert result["type"] is FlowResultType.ABORT


@pytest.mark.usefixtures("mqtt")
async def test_the_rabbitmq_app_offers_the_hub(hass: HomeAssistant, tried: AsyncMock) -> None:
    form = await begin(hass, SOURCE_HASSIO, app(**RABBITMQ_APP))
    assert form["step_id"] == "hassio_confirm"
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["app"] == "RabbitMQ"

    tried.side_effect = LinkError(Problem.CANNOT_CONNECT, "still starting")
    form = await answer(hass, form, {"mqtt": True})
    assert form["errors"] == {"base": "cannot_connect"}
    tried.side_effect = None
    result = await answer(hass, form, {"mqtt": True})

    assert result["data"] == {"mqtt": True, "rabbitmq": {**KEPT, "hosts": ["local-rabbitmq:5672"]}}


async def test_the_app_is_used_alone_where_there_is_no_mqtt(hass: HomeAssistant) -> None:
    form = await begin(hass, SOURCE_HASSIO, app(**RABBITMQ_APP))
    form = await answer(hass, form, {"mqtt": True})
    assert form["errors"] == {"mqtt": "mqtt_not_set_up"}

    result = await answer(hass, form, {"mqtt": False})

    assert result["data"]["mqtt"] is False


async def test_the_app_is_offered_even_while_devices_on_mqtt_offer_the_hub(hass: HomeAssistant) -> None:
    await begin(hass, SOURCE_MQTT, mqtt_message("sensor/heartbeat/esp32_1", "OK"))

    form = await begin(hass, SOURCE_HASSIO, app(**RABBITMQ_APP))
    await answer(hass, form, {"mqtt": False})

    assert len(hass.config_entries.async_entries(DOMAIN)) == 1
    assert hass.config_entries.flow.async_progress() == []


@pytest.mark.parametrize(
    "config", [{}, {**RABBITMQ_APP, "port": "amqp"}, {**RABBITMQ_APP, "password": ""}, {**RABBITMQ_APP, "host": "a b"}]
)
async def test_an_app_that_says_too_little_offers_nothing(hass: HomeAssistant, config: dict[str, object]) -> None:
    result = await begin(hass, SOURCE_HASSIO, app(**config))

    assert result["reason"] == "incomplete_discovery"


@pytest.mark.usefixtures("mqtt")
async def test_the_hub_is_changed_without_typing_the_password(hass: HomeAssistant, set_up: AsyncMock) -> None:
    entry = entry_of(hass, mqtt=True, rabbitmq={**KEPT, "ca_certificate": "text"})
    form = await entry.start_reconfigure_flow(hass)
    assert fields(form) == {"mqtt": True, "rabbitmq": True}
    form = await answer(hass, form, {"mqtt": False, "rabbitmq": True})
    shown = fields(form)
    assert shown["hosts"] == "rabbit-1:5673, rabbit-2"
    assert shown["security"]["ca_certificate"] == "text"
    assert PASSWORD not in str(shown)

    changed = {**ANSWERS, "hosts": "rabbit-9", "password": ""}
    result = await answer(hass, form, changed)
    await hass.async_block_till_done()

    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {"mqtt": False, "rabbitmq": {**KEPT, "hosts": ["rabbit-9"]}}
    assert len(set_up.mock_calls) == 1


@pytest.mark.usefixtures("mqtt")
async def test_rabbitmq_is_forgotten_when_it_is_switched_off(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True, rabbitmq=KEPT)

    result = await answer(hass, await entry.start_reconfigure_flow(hass), {"mqtt": True, "rabbitmq": False})

    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {"mqtt": True}


async def test_a_change_that_does_not_work_is_not_kept(hass: HomeAssistant, tried: AsyncMock) -> None:
    entry = entry_of(hass, mqtt=False, rabbitmq=KEPT, options={"max_validity": 60.0})
    tried.side_effect = LinkError(Problem.VHOST_REFUSED, "no access")
    form = await answer(hass, await entry.start_reconfigure_flow(hass), {"mqtt": False, "rabbitmq": True})

    form = await answer(hass, form, {**ANSWERS, "virtual_host": "home"})

    assert form["errors"] == {"base": "vhost_refused"}
    assert entry.data["rabbitmq"] == KEPT
    assert tried.await_args is not None
    assert tried.await_args.args[0].max_validity == 60.0


async def test_a_refused_login_is_replaced(hass: HomeAssistant, tried: AsyncMock, set_up: AsyncMock) -> None:
    entry = entry_of(hass, mqtt=False, rabbitmq=KEPT)
    form = await entry.start_reauth_flow(hass)
    assert form["step_id"] == "reauth_confirm"
    assert fields(form) == {"username": "hub", "password": None, "virtual_host": "/"}
    tried.side_effect = LinkError(Problem.INVALID_AUTH, "refused")
    form = await answer(hass, form, {"username": "hub", "password": "wrong", "virtual_host": "/"})
    assert form["errors"] == {"base": "invalid_auth"}
    assert fields(form)["password"] is None

    tried.side_effect = None
    result = await answer(hass, form, {"username": "new", "password": "battery staple", "virtual_host": "home"})
    await hass.async_block_till_done()

    assert result["reason"] == "reauth_successful"
    assert entry.data["rabbitmq"] == {
        **KEPT,
        "username": "new",
        "password": "battery staple",
        "virtual_host": "home",
    }
    assert len(set_up.mock_calls) == 1


async def test_rights_given_on_the_server_need_no_new_password(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=False, rabbitmq=KEPT)

    result = await answer(hass, await entry.start_reauth_flow(hass), {"username": "hub", "virtual_host": "/"})

    assert result["reason"] == "reauth_successful"
    assert entry.data["rabbitmq"] == KEPT


async def test_options_become_limits_of_a_hub_that_starts_anew(hass: HomeAssistant, set_up: AsyncMock) -> None:
    entry = entry_of(hass, mqtt=True)
    assert await hass.config_entries.async_setup(entry.entry_id)
    form = await hass.config_entries.options.async_init(entry.entry_id)
    schema = form["data_schema"]
    assert schema is not None
    defaults = schema({})

    wanted = {**defaults, "max_validity": 60, "silence_max": 600, "activity_days": 7}
    result = await hass.config_entries.options.async_configure(form["flow_id"], wanted)
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    limits = settings(entry)
    assert (limits.max_validity, limits.silence_min, limits.silence_max, limits.command_expiry) == (60, 30, 600, 90)
    assert (activity_limits(entry).days, activity_limits(entry).megabytes) == (7, 200)
    assert entry.state is ConfigEntryState.LOADED
    assert len(set_up.mock_calls) == 2


async def test_the_longest_silence_is_not_shorter_than_the_shortest(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True)
    form = await hass.config_entries.options.async_init(entry.entry_id)
    schema = form["data_schema"]
    assert schema is not None

    wrong = {**schema({}), "silence_min": 301}
    form = await hass.config_entries.options.async_configure(form["flow_id"], wrong)

    assert form["errors"] == {"silence_max": "below_minimum"}
    assert entry.options == {}


async def test_what_is_kept_reaches_the_link(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=False, rabbitmq={**KEPT, "quorum": True}, options={"max_validity": 30})

    config = amqp_config(entry)

    assert config is not None
    assert config.hosts == ("rabbit-1:5673", "rabbit-2")
    assert config.password == PASSWORD
    assert config.quorum is True
    assert config.max_validity == 30.0
    assert not uses_mqtt(entry)


async def test_a_home_on_mqtt_alone_has_no_link_to_rabbitmq(hass: HomeAssistant) -> None:
    entry = entry_of(hass, mqtt=True)

    assert amqp_config(entry) is None
    assert uses_mqtt(entry)


async def test_every_field_and_step_has_its_text(hass: HomeAssistant) -> None:
    steps = TEXTS["config"]["step"]
    form = await ask_for_rabbitmq(hass)

    for name, suggested in fields(form).items():
        if isinstance(suggested, dict):
            texts = steps["rabbitmq"]["sections"][name]
            assert set(texts["data"]) == set(texts["data_description"]) == set(suggested)
        else:
            assert name in steps["rabbitmq"]["data"]
            assert name in steps["rabbitmq"]["data_description"]
