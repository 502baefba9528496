"""What a person may attach to a bug report or see on the system's page: much, and no secret."""

from collections.abc import Iterator
import json
from typing import Any
from unittest.mock import patch

from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import JSONEncoder
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.event_hub.chat_users import CONF_CHAT_USERS
from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.diagnostics import MOST_LISTED, async_get_config_entry_diagnostics, hide_logins
from custom_components.event_hub.engine.events import OutputAdopted
from custom_components.event_hub.engine.model import ADOPTED_SOURCE, Action, OutputRecord
from custom_components.event_hub.picture_apps import async_keep
from custom_components.event_hub.system_health import async_facts
from custom_components.event_hub.transports.amqp import AmqpLink
from custom_components.event_hub.transports.link import LinkState, LinkStatus, Problem
from custom_components.event_hub.transports.pictures import PictureApp
from custom_components.event_hub.wire.messages import InputReport, OutputReport, Transport
from tests.source import HUB

from .kit import Home

SECRETS = ("token-of-the-app", "broker-password", "camera-password", "alarm-code", "PEM of the authority", "hub-user")


@pytest.fixture(autouse=True)
def no_broker() -> Iterator[None]:
    """Let nobody connect to RabbitMQ."""
    with patch("custom_components.event_hub.hub.AmqpLink", spec=AmqpLink):
        yield


@pytest.fixture
def entry() -> MockConfigEntry:
    """Return an entry with everything that is secret."""
    rabbitmq = {
        "hosts": ["rabbit-1"],
        "username": "hub-user",
        "password": "broker-password",
        "virtual_host": "/",
        "tls": True,
        "verify": True,
        "ca_certificate": "PEM of the authority",
        "exchange": "home_automation",
        "queue": "event_hub",
        "quorum": False,
    }
    data = {"mqtt": False, "rabbitmq": rabbitmq}
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", data=data, options={"max_validity": 60})


async def diagnostics(home: Home) -> tuple[dict[str, Any], str]:
    """Return the diagnostics, as they are and as the file that a person gets."""
    facts = await async_get_config_entry_diagnostics(home.hass, home.entry)
    return facts, json.dumps(facts, cls=JSONEncoder)


async def test_diagnostics_hold_what_explains_a_fault(home: Home) -> None:
    await home.report(InputReport(device_key="Front Door", active=True), outputs=(OutputReport(device_key="Siren"),))
    await home.lose()
    home.hub.notices.link_status(
        Transport.AMQP, LinkStatus(LinkState.DOWN, Problem.TLS_UNTRUSTED, "certificate has expired")
    )
    home.hub.receiver.refusals.note("event.notify.a.b", "bad_body", "no map", 0.0)

    facts, _ = await diagnostics(home)

    assert facts["entry"]["data"]["rabbitmq"]["hosts"] == ["rabbit-1"]
    assert facts["settings"]["max_validity"] == 60
    assert facts["links"]["amqp"] == {
        "state": "down",
        "problem": "tls_untrusted",
        "detail": "certificate has expired",
    }
    assert facts["refusals"] == {"bad_body": 1}
    assert facts["counters"]["decisions"] == {"disabled": 1}
    assert facts["counts"]["sources_lost"] == 1
    assert "ioboard.garage" in [record["source"]["source_id"] for record in facts["sources"]]
    (door,) = (record for record in facts["inputs"] if record["key"] == "Front Door")
    assert door["status"]["active"] is True
    assert "Siren" in [record["key"] for record in facts["outputs"]]


async def test_diagnostics_hold_no_secret(home: Home) -> None:
    login = "admin:camera-password@192.168.1.30:80"
    await home.report(outputs=(OutputReport(device_key="Porch", params=login),))
    action = Action(action="alarm_control_panel.alarm_disarm", data={"code": "alarm-code"})
    source_id = ADOPTED_SOURCE.source_id
    await home.post(OutputAdopted(record=OutputRecord(key="Alarm", source_id=source_id, action=action)))
    async_keep(home.hass, home.entry, "porch", PictureApp(url="http://192.0.2.7:8098", token="token-of-the-app"))
    home.hub.notices.link_status(
        Transport.AMQP, LinkStatus(LinkState.DOWN, Problem.UNKNOWN, "amqp://hub-user:broker-password@rabbit-1 failed")
    )

    facts, text = await diagnostics(home)

    assert facts["outputs"][-1]["action"]["action"] == "alarm_control_panel.alarm_disarm"
    assert facts["outputs"][-1]["action"]["data"] == REDACTED
    assert facts["entry"]["data"]["images"]["porch"] == {"url": "http://192.0.2.7:8098", "token": REDACTED}
    assert "rabbit-1 failed" in text
    assert [secret for secret in SECRETS if secret in text] == []


async def test_diagnostics_do_not_tell_who_may_command_the_hub(home: Home) -> None:
    home.hass.config_entries.async_update_entry(home.entry, options={CONF_CHAT_USERS: [123456789], "max_validity": 60})
    facts = await async_get_config_entry_diagnostics(home.hass, home.entry)
    assert facts["entry"]["options"] == {CONF_CHAT_USERS: REDACTED, "max_validity": 60}
    assert "123456789" not in json.dumps(facts, cls=JSONEncoder)


async def test_diagnostics_of_many_devices_stay_small(home: Home) -> None:
    doors = tuple(InputReport(device_key=f"Door {number}") for number in range(MOST_LISTED + 10))
    await home.report(*doors)

    facts, _ = await diagnostics(home)

    assert len(facts["inputs"]) == MOST_LISTED
    assert facts["counts"]["inputs"] >= MOST_LISTED + 10


async def test_diagnostics_of_a_hub_that_does_not_run_show_its_entry(home: Home) -> None:
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)

    facts, text = await diagnostics(home)

    assert facts["entry"]["state"] == "not_loaded"
    assert "links" not in facts
    assert "broker-password" not in text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("http://admin:pa%20ss@cam/video", f"http://{REDACTED}@cam/video"),
        ("rtsp://token@cam", f"rtsp://{REDACTED}@cam"),
        ("admin:secret@192.168.1.30:80,554", f"{REDACTED}@192.168.1.30:80,554"),
        ("2 person(s) at 12:30", "2 person(s) at 12:30"),
        ("someone@example.org", "someone@example.org"),
    ],
)
def test_logins_in_texts_are_hidden(text: str, hidden: str) -> None:
    assert hide_logins({"detail": [text]}) == {"detail": [hidden]}


async def test_the_systems_page_shows_how_the_hub_is_doing(home: Home) -> None:
    assert await async_setup_component(home.hass, "system_health", {})
    await home.report(InputReport(device_key="Front Door"), outputs=(OutputReport(device_key="Siren"),))
    before = (await get_system_health_info(home.hass, DOMAIN))["lost_sources"]
    await home.lose()
    home.hub.notices.link_status(Transport.AMQP, LinkStatus(LinkState.DOWN, Problem.TIMEOUT, "No answer in time"))
    home.hub.receiver.refusals.note("event.notify.a.b", "bad_body", "no map", 0.0)

    info = await get_system_health_info(home.hass, DOMAIN)

    assert info["rabbitmq"] == "down (timeout)"
    assert (before, info["lost_sources"]) == (0, 1)
    assert info["refused"] == 1
    assert info["devices"] == len(home.hub.state.inputs) + len(home.hub.state.outputs)
    texts = json.loads((HUB / "translations/en.json").read_text(encoding="utf-8"))["system_health"]["info"]
    assert set(info) | {"mqtt", "pictures"} == set(texts)


async def test_the_systems_page_shows_nothing_of_a_hub_that_does_not_run(hass: HomeAssistant) -> None:
    assert await async_facts(hass) == {}
