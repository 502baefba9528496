"""Changing how the hub is set up: reconfiguration, another login, and limits."""

from unittest.mock import AsyncMock

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.entry_data import activity_limits, amqp_config, settings, uses_mqtt
from custom_components.event_hub.transports.link import LinkError, Problem

from .kit import ANSWERS, KEPT, PASSWORD, answer, entry_of, fields


@pytest.mark.usefixtures("mqtt")
async def test_the_hub_is_changed_without_typing_the_password(hass: HomeAssistant, set_up: AsyncMock) -> None:
    entry = entry_of(hass, mqtt=True, rabbitmq={**KEPT, "ca_certificate": "text"})
    form = await entry.start_reconfigure_flow(hass)
    assert fields(form) == {"mqtt": True, "rabbitmq": True}
    form = await answer(hass, form, {"mqtt": False, "rabbitmq": True})
    assert form["step_id"] == "rabbitmq_again"
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


@pytest.mark.usefixtures("mqtt")
async def test_where_pictures_are_is_not_forgotten_with_rabbitmq(hass: HomeAssistant) -> None:
    images = {"home": {"url": "http://local-snapshot:8098", "token": "token"}}
    entry = entry_of(hass, mqtt=True, rabbitmq=KEPT, images=images)

    await answer(hass, await entry.start_reconfigure_flow(hass), {"mqtt": True, "rabbitmq": False})

    assert entry.data == {"mqtt": True, "images": images}


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


async def ask_for_limits(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Go to the form about the limits."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert "limits" in (menu["menu_options"] or ())
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "limits"})


async def test_options_become_limits_of_a_hub_that_starts_anew(hass: HomeAssistant, set_up: AsyncMock) -> None:
    entry = entry_of(hass, mqtt=True)
    assert await hass.config_entries.async_setup(entry.entry_id)
    form = await ask_for_limits(hass, entry)
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
    form = await ask_for_limits(hass, entry)
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
