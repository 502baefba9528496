"""The forms that set a channel up, change it, and try it."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME, Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import slugify
import voluptuous as vol

from .channels import ALL_BUTTONS, CONF_KIND, CONF_LANGUAGE, CONF_PRIORITY, CONF_TARGET, FIRST, read_channel
from .engine.errors import InvalidRuleError
from .engine.telling.languages import LANGUAGES, base_of
from .engine.telling.model import USUAL, Button, ChannelKind, Pictures, Topic

SECTION: Final = "more"
_NOT_CHOSEN: Final = frozenset({Topic.TEST})
_TOPICS: Final = [topic.value for topic in Topic if topic not in _NOT_CHOSEN]
_IN_SECTION: Final = (
    *("enabled", "always", "deadline", "min_interval", "gather", "max_length", "pictures"),
    *("topics", "buttons"),
)
# As they are offered: first what carries most.
_KINDS: Final = (ChannelKind.MOBILE_APP, ChannelKind.TELEGRAM, ChannelKind.NOTIFY_ENTITY, ChannelKind.ACTION)
_EXAMPLES: Final = {
    ChannelKind.MOBILE_APP: "notify.mobile_app_anns_phone",
    ChannelKind.TELEGRAM: "notify.family_chat",
    ChannelKind.NOTIFY_ENTITY: "notify.neighbour",
    ChannelKind.ACTION: "script.send_sms",
}
# Where what is wrong with a setting is shown, and in which words; a form cannot show it inside of a section.
_WRONG: Final = {
    CONF_NAME: (CONF_NAME, "invalid_name"),
    CONF_TARGET: (CONF_TARGET, "invalid_target"),
    "deadline": ("base", "deadline_too_short"),
}
_PICTURES: Final = {
    ChannelKind.TELEGRAM: tuple(Pictures),
    ChannelKind.MOBILE_APP: (Pictures.NONE, Pictures.ONE),
    ChannelKind.ACTION: (Pictures.NONE, Pictures.ONE),
}


class ChannelFlow(ConfigSubentryFlow):
    """Asks how people are told over one channel."""

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what kind of channel it is to be."""
        return self.async_show_menu(step_id="user", menu_options=[kind.value for kind in _KINDS])

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whether the channel is to be changed or tried."""
        kind = self._get_reconfigure_subentry().data[CONF_KIND]
        return self.async_show_menu(step_id="reconfigure", menu_options=[kind, "test"])

    async def async_step_telegram(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask about a chat of Telegram."""
        return self._form(ChannelKind.TELEGRAM, user_input)

    async def async_step_mobile_app(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask about a phone."""
        return self._form(ChannelKind.MOBILE_APP, user_input)

    async def async_step_notify_entity(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask about a notify entity."""
        return self._form(ChannelKind.NOTIFY_ENTITY, user_input)

    async def async_step_action(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask about an action."""
        return self._form(ChannelKind.ACTION, user_input)

    async def async_step_test(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Send a test message, and say how that went."""
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_running")
        try:
            await entry.runtime_data.telling.async_test(self._get_reconfigure_subentry().subentry_id)
        except HomeAssistantError as error:
            return self.async_abort(reason="test_failed", description_placeholders={"detail": str(error)})
        return self.async_abort(reason="test_sent")

    def _form(self, kind: ChannelKind, answers: dict[str, Any] | None) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        placeholders = {"setting": "", "allowed": "", "target": "", "example": _EXAMPLES[kind]}
        if answers is not None:
            name, data = _read(kind, answers)
            target = data[CONF_TARGET]
            try:
                read_channel("new", name, data)
            except InvalidRuleError as error:
                field, wrong = _WRONG.get(error.setting, ("base", "invalid_channel"))
                errors[field] = wrong
                placeholders |= {"setting": error.setting, "allowed": error.allowed}
            else:
                if _is_there(self.hass, kind, target):
                    return self._finish(name, data)
                errors[CONF_TARGET] = "target_missing"
            placeholders["target"] = target
        shown = answers or self._kept() or {CONF_LANGUAGE: _language(self.hass)}
        schema = self.add_suggested_values_to_schema(_schema(self.hass, kind, shown), shown)
        return self.async_show_form(
            step_id=kind.value, data_schema=schema, errors=errors, description_placeholders=placeholders
        )

    def _kept(self) -> dict[str, Any]:
        """Return what is kept of the channel that is changed, as the form has it."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        subentry = self._get_reconfigure_subentry()
        kept = {key: value for key, value in subentry.data.items() if key not in _IN_SECTION}
        more = {key: value for key, value in subentry.data.items() if key in _IN_SECTION}
        return {CONF_NAME: subentry.title, **kept, SECTION: more}

    def _finish(self, name: str, data: dict[str, Any]) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=name, data=data
            )
        return self.async_create_entry(title=name, data=data)


def _read(kind: ChannelKind, answers: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the name and what is to be kept."""
    flat = {key: value for key, value in answers.items() if key not in (CONF_NAME, SECTION)}
    data = {CONF_KIND: kind.value, **flat, **answers.get(SECTION, {})}
    data[CONF_TARGET] = str(data.get(CONF_TARGET, "")).strip()
    return str(answers[CONF_NAME]).strip(), data


def _is_there(hass: HomeAssistant, kind: ChannelKind, target: str) -> bool:
    """Whether Home Assistant knows what a channel goes to."""
    if kind in (ChannelKind.ACTION, ChannelKind.MOBILE_APP):
        return hass.services.has_service(*target.split(".", 1))
    return not target.startswith("notify.") or hass.states.get(target) is not None


def _language(hass: HomeAssistant) -> str:
    base = base_of(hass.config.language)
    return base if base in LANGUAGES else "en"


def _schema(hass: HomeAssistant, kind: ChannelKind, shown: Mapping[str, Any]) -> vol.Schema:
    fields: VolDictType = {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_TARGET): _target(hass, kind),
        vol.Required(CONF_LANGUAGE, default="en"): _select(sorted(LANGUAGES), "language"),
        vol.Required(CONF_PRIORITY, default=FIRST): _number(1, 99),
    }
    if kind in _PICTURES:
        fields[vol.Required("people_only", default=False)] = BooleanSelector()
    fields[vol.Required(SECTION)] = section(vol.Schema(_more(kind)), {"collapsed": SECTION not in shown})
    return vol.Schema(fields)


def _more(kind: ChannelKind) -> VolDictType:
    usual = USUAL[kind]
    fields: VolDictType = {
        vol.Required("enabled", default=True): BooleanSelector(),
        vol.Required("always", default=False): BooleanSelector(),
        vol.Required("deadline", default=60): _number(5, 7200, "s"),
        vol.Required("min_interval", default=usual.min_interval): _number(0, 3600, "s"),
        vol.Required("max_length", default=usual.max_length): _number(40, 10_000, "characters"),
        vol.Optional("topics", default=list): _select(_TOPICS, "telling_topic", multiple=True),
    }
    if kind in _PICTURES:
        words = [each.value for each in _PICTURES[kind]]
        fields[vol.Required("pictures", default=usual.pictures.value)] = _select(words, "telling_pictures")
    if kind is ChannelKind.MOBILE_APP:
        chosen = [each.value for each in ALL_BUTTONS]
        words = [each.value for each in Button]
        fields[vol.Optional("buttons", default=chosen)] = _select(words, "telling_button", multiple=True)
    return fields


def _target(hass: HomeAssistant, kind: ChannelKind) -> EntitySelector | SelectSelector | TextSelector:
    match kind:
        case ChannelKind.TELEGRAM:
            config = EntitySelectorConfig(filter={"integration": "telegram_bot", "domain": Platform.NOTIFY.value})
            return EntitySelector(config)
        case ChannelKind.NOTIFY_ENTITY:
            return EntitySelector(EntitySelectorConfig(domain=Platform.NOTIFY.value))
        case ChannelKind.MOBILE_APP:
            return SelectSelector(
                SelectSelectorConfig(options=_phones(hass), custom_value=True, mode=SelectSelectorMode.DROPDOWN)
            )
    return TextSelector()


def _phones(hass: HomeAssistant) -> list[SelectOptionDict]:
    """Return the actions that reach phones, by what people call the phones."""
    called = {
        slugify(f"mobile_app_{name}"): name
        for entry in hass.config_entries.async_entries("mobile_app")
        if (name := entry.data.get("device_name"))
    }
    actions = [
        name for name in hass.services.async_services_for_domain(Platform.NOTIFY) if name.startswith("mobile_app_")
    ]
    phones = [SelectOptionDict(value=f"notify.{name}", label=called.get(name, f"notify.{name}")) for name in actions]
    return sorted(phones, key=lambda phone: phone["label"].casefold())


def _select(words: list[str], key: str, *, multiple: bool = False) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(options=words, translation_key=key, multiple=multiple, mode=SelectSelectorMode.DROPDOWN)
    )


def _number(low: float, high: float, unit: str | None = None) -> NumberSelector:
    config = NumberSelectorConfig(min=low, max=high, step=1, mode=NumberSelectorMode.BOX, translation_key="unit")
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)
