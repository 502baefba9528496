"""The forms that set the hub up and change how it is set up."""

from collections.abc import Mapping
import time
from typing import Any, Final, override

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
)
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PASSWORD
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN, HomeAssistant, callback
from homeassistant.helpers.selector import BooleanSelector
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
import voluptuous as vol

from .channel_flow import ChannelFlow
from .channels import SUBENTRY_CHANNEL
from .connection_form import (
    BASE,
    FaultyAnswerError,
    Kept,
    async_check,
    connection_schema,
    form_values,
    login_fields,
    read_connection,
    read_discovered,
    read_login,
    unusual,
)
from .const import CONF_MQTT, CONF_RABBITMQ, DOMAIN
from .engine.settings import Settings
from .entry_data import CONF_HOSTS, settings
from .options_flow import EventHubOptionsFlow
from .picture_apps import CONF_IMAGES, async_keep, async_remember, read_announced, with_announced
from .wire.messages import ParseError
from .wire.mqtt import parse_mqtt

TITLE: Final = "Event Hub"
MQTT_DOMAIN: Final = "mqtt"
NO_FAULT: Final = {"host": "", "detail": ""}


class EventHubConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks which ways messages come, and tries them before they are kept."""

    VERSION = 1

    def __init__(self) -> None:
        """Begin without an answer."""
        self._mqtt = False
        self._password: str | None = None
        self._discovered: Kept = {}
        self._device = ""

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> EventHubOptionsFlow:
        """Return the form about the hub's limits."""
        return EventHubOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what can be added to the hub: channels over which people are told."""
        return {SUBENTRY_CHANNEL: ChannelFlow}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask a person who adds the hub which ways messages come."""
        await self.async_set_unique_id(DOMAIN, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        has_mqtt = _has_mqtt(self.hass)
        return await self._async_choose("user", user_input, {CONF_MQTT: has_mqtt, CONF_RABBITMQ: not has_mqtt})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask a person who changes the hub which ways messages come from now on."""
        kept = self._get_reconfigure_entry().data
        now = {CONF_MQTT: kept.get(CONF_MQTT, False), CONF_RABBITMQ: CONF_RABBITMQ in kept}
        return await self._async_choose("reconfigure", user_input, now)

    async def _async_choose(
        self, step_id: str, answers: dict[str, Any] | None, suggested: Mapping[str, bool]
    ) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        if answers is not None:
            self._mqtt = answers[CONF_MQTT]
            if not (self._mqtt or answers[CONF_RABBITMQ]):
                errors[BASE] = "nothing_chosen"
            elif self._mqtt and not _has_mqtt(self.hass):
                errors[CONF_MQTT] = "mqtt_not_set_up"
            else:
                return await self.async_step_rabbitmq() if answers[CONF_RABBITMQ] else self._finish(None)
        both = vol.Schema({vol.Required(name): BooleanSelector() for name in (CONF_MQTT, CONF_RABBITMQ)})
        schema = self.add_suggested_values_to_schema(both, answers or suggested)
        return self.async_show_form(step_id=step_id, data_schema=schema, errors=errors)

    async def async_step_rabbitmq(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where RabbitMQ is, and try it."""
        entry = self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None
        before = entry.data.get(CONF_RABBITMQ) if entry else None
        fault: FaultyAnswerError | None = None
        if user_input is not None:
            self._password = user_input.pop(CONF_PASSWORD, None) or self._password
            try:
                kept = read_connection(user_input, self._password or (before and before[CONF_PASSWORD]))
                await async_check(self.hass, kept, (settings(entry) if entry else Settings()).max_validity)
            except FaultyAnswerError as error:
                fault = error
            else:
                return self._finish(kept)
        shown = user_input or (form_values(before) if before else {})
        unfold = unusual(shown) | (fault.errors.keys() if fault else set())
        step_id = "rabbitmq_again" if self._password or before else "rabbitmq"
        return self._show(step_id, connection_schema(unfold), fault, shown)

    async def async_step_rabbitmq_again(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask the same where a password was entered before: the form then says that it may be left empty."""
        return await self.async_step_rabbitmq(user_input)

    @override
    async def async_step_mqtt(self, discovery_info: MqttServiceInfo) -> ConfigFlowResult:
        """Take a message of a device on MQTT as a sign that a hub is wanted."""
        payload = discovery_info.payload
        data = payload.encode() if isinstance(payload, str) else bytes(payload)
        try:
            parse_mqtt(discovery_info.topic, data, received_at=time.time())
        except ParseError:
            return self.async_abort(reason="not_a_device")
        await self.async_set_unique_id(DOMAIN, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        if self._is_offered():
            return self.async_abort(reason="already_in_progress", translation_domain=HOMEASSISTANT_DOMAIN)
        return await self._async_offer_mqtt(discovery_info.topic.removesuffix("/status").rpartition("/")[2])

    def _is_offered(self) -> bool:
        """Say whether the hub is offered already.

        A form that a person opened offers nothing, and stays in progress when the page is closed: Home Assistant hands
        no message over twice, so what such a form kept from being offered would not be until a restart.
        """
        others = self._async_in_progress(include_uninitialized=True, match_context={"unique_id": DOMAIN})
        return any(flow["context"]["source"] != SOURCE_USER for flow in others)

    async def _async_offer_mqtt(self, device: str) -> ConfigFlowResult:
        self._mqtt, self._device = True, device
        self.context["title_placeholders"] = {"name": device}
        return await self.async_step_mqtt_confirm()

    async def async_step_mqtt_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let a person confirm that the devices found on MQTT are to be joined."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if _has_mqtt(self.hass):
                return await self.async_step_rabbitmq() if user_input[CONF_RABBITMQ] else self._finish(None)
            errors[BASE] = "mqtt_not_set_up"
        return self.async_show_form(
            step_id="mqtt_confirm",
            data_schema=vol.Schema({vol.Required(CONF_RABBITMQ, default=False): BooleanSelector()}),
            errors=errors,
            description_placeholders={"device": self._device},
        )

    @override
    async def async_step_hassio(self, discovery_info: HassioServiceInfo) -> ConfigFlowResult:
        """Take an app's announcement: of RabbitMQ with a login to it, or of a device that speaks MQTT."""
        device = discovery_info.config.get(CONF_DEVICE)
        if isinstance(device, str) and device and CONF_HOST not in discovery_info.config:
            return await self._async_meet_app(device, discovery_info.config)
        discovered = read_discovered(discovery_info.config)
        if discovered is None:
            return self.async_abort(reason="incomplete_discovery")
        await self.async_set_unique_id(DOMAIN, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        self._discovered = discovered
        self._device = discovery_info.name
        self.context["title_placeholders"] = {"name": discovery_info.name}
        return await self.async_step_hassio_confirm()

    async def _async_meet_app(self, device: str, announced: Mapping[str, Any]) -> ConfigFlowResult:
        """Note where the pictures of an app are, if it keeps some, and offer the hub where there is none."""
        entry = await self.async_set_unique_id(DOMAIN, raise_on_progress=False)
        pictures = read_announced(device, announced)
        # The hub may be set up by another flow than this one, or later.
        async_remember(self.hass, device, pictures)
        if entry is not None and entry.source != SOURCE_IGNORE:
            async_keep(self.hass, entry, device, pictures)
        self._abort_if_unique_id_configured()
        return await self._async_offer_mqtt(device)

    async def async_step_hassio_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let a person confirm that the RabbitMQ app is to be used, and try it."""
        fault: FaultyAnswerError | None = None
        if user_input is not None:
            self._mqtt = user_input[CONF_MQTT]
            try:
                self._check_mqtt()
                await async_check(self.hass, self._discovered, Settings().max_validity)
            except FaultyAnswerError as error:
                fault = error
            else:
                return self._finish(self._discovered)
        schema = vol.Schema({vol.Required(CONF_MQTT): BooleanSelector()})
        shown = user_input or {CONF_MQTT: _has_mqtt(self.hass)}
        return self._show("hassio_confirm", schema, fault, shown, app=self._device)

    async def async_step_reauth(self, _entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to ask for a login that RabbitMQ takes."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a login that RabbitMQ takes, and try it."""
        entry = self._get_reauth_entry()
        before = entry.data[CONF_RABBITMQ]
        fault: FaultyAnswerError | None = None
        if user_input is not None:
            self._password = user_input.pop(CONF_PASSWORD, None) or self._password
            try:
                kept = {**before, **read_login(user_input, self._password or before[CONF_PASSWORD])}
                await async_check(self.hass, kept, settings(entry).max_validity)
            except FaultyAnswerError as error:
                fault = error
            else:
                return self.async_update_reload_and_abort(entry, data_updates={CONF_RABBITMQ: kept})
        shown = user_input or before
        hosts = ", ".join(before[CONF_HOSTS])
        return self._show(
            "reauth_confirm",
            vol.Schema(login_fields()),
            fault,
            {name: value for name, value in shown.items() if name != CONF_PASSWORD},
            hosts=hosts,
        )

    def _show(
        self,
        step_id: str,
        schema: vol.Schema,
        fault: FaultyAnswerError | None,
        shown: Mapping[str, Any],
        **placeholders: str,
    ) -> ConfigFlowResult:
        """Show a form with what is wrong with the answers before, if anything is."""
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=fault.errors if fault else {},
            description_placeholders={**(fault.placeholders if fault else NO_FAULT), **placeholders},
        )

    def _check_mqtt(self) -> None:
        if self._mqtt and not _has_mqtt(self.hass):
            raise FaultyAnswerError(CONF_MQTT, "mqtt_not_set_up")

    def _finish(self, rabbitmq: Kept | None) -> ConfigFlowResult:
        """Keep the answers, in a new entry or in the one that is changed."""
        data = {CONF_MQTT: self._mqtt} | ({CONF_RABBITMQ: rabbitmq} if rabbitmq else {})
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            pictures = {name: kept for name, kept in entry.data.items() if name == CONF_IMAGES}
            return self.async_update_reload_and_abort(entry, data=data | pictures)
        return self.async_create_entry(title=TITLE, data=with_announced(self.hass, data))


def _has_mqtt(hass: HomeAssistant) -> bool:
    """Say whether Home Assistant's MQTT integration is set up."""
    return hass.config_entries.async_has_entries(MQTT_DOMAIN, include_ignore=False, include_disabled=False)
