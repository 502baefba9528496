"""The forms about the hub's limits, its quiet hours, and where the pictures of the snapshot processor are."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)
from homeassistant.helpers.typing import VolDictType
import voluptuous as vol

from .chat_users import CONF_CHAT_USERS, chat_schema, chosen_chats, read_chat_users
from .connection_form import FaultyAnswerError
from .engine.errors import InvalidRuleError
from .engine.guarding import is_guarding
from .engine.settings import Settings
from .engine.times.quiet_hours import QuietHours, quiet_hours_data, read_quiet_hours
from .entry_data import (
    CONF_ACTIVITY_DAYS,
    CONF_ACTIVITY_MEGABYTES,
    CONF_COMMAND_EXPIRY,
    CONF_MAX_VALIDITY,
    CONF_QUIET_HOURS,
    CONF_SILENCE_MAX,
    CONF_SILENCE_MIN,
    quiet_hours,
    settings,
)
from .hub import Hub
from .picture_apps import (
    BY_HAND,
    TOKEN_ERRORS,
    AddressError,
    async_forget,
    async_keep,
    client_of,
    picture_apps,
    read_token,
    read_url,
)
from .storage.activity import ActivityLimits
from .take_over import TakeOverSteps
from .transports.pictures import PictureApp, PictureError, PictureProblem

_SETTINGS: Final = Settings()
_LIMITS: Final = ActivityLimits()


def _number(low: float, high: float, unit: str) -> NumberSelector:
    # Units that are words have translations; symbols are shown as they are.
    config = NumberSelectorConfig(
        min=low, max=high, step=1, unit_of_measurement=unit, mode=NumberSelectorMode.BOX, translation_key="unit"
    )
    return NumberSelector(config)


SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_MAX_VALIDITY, default=_SETTINGS.max_validity): _number(10, 3_600, "s"),
        vol.Required(CONF_SILENCE_MIN, default=_SETTINGS.silence_min): _number(5, 3_600, "s"),
        vol.Required(CONF_SILENCE_MAX, default=_SETTINGS.silence_max): _number(10, 86_400, "s"),
        vol.Required(CONF_COMMAND_EXPIRY, default=_SETTINGS.command_expiry): _number(5, 3_600, "s"),
        vol.Required(CONF_ACTIVITY_DAYS, default=_LIMITS.days): _number(1, 3_650, "days"),
        vol.Required(CONF_ACTIVITY_MEGABYTES, default=_LIMITS.megabytes): _number(10, 10_000, "MB"),
    }
)


_QUIET: Final = quiet_hours_data(QuietHours())
QUIET_SCHEMA: Final = vol.Schema(
    {
        vol.Required("enabled", default=_QUIET["enabled"]): BooleanSelector(),
        vol.Required("begin_at", default=_QUIET["begin_at"]): TimeSelector(),
        vol.Required("end_at", default=_QUIET["end_at"]): TimeSelector(),
    }
)
CONF_FORGET: Final = "forget"
PICTURES_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_URL): TextSelector(),
        vol.Optional(CONF_TOKEN): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")),
    }
)


def _forget_field(names: list[str]) -> VolDictType:
    """Return the field that names the apps that were announced and are to be forgotten."""
    config = SelectSelectorConfig(options=names, multiple=True, mode=SelectSelectorMode.LIST)
    return {vol.Optional(CONF_FORGET): SelectSelector(config)}


class EventHubOptionsFlow(TakeOverSteps):
    """Asks for limits or quiet hours, with which the hub starts anew, or where pictures are, which counts at once."""

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what is to be changed."""
        return self.async_show_menu(
            step_id="init", menu_options=["quiet_hours", "chat", "pictures", "limits", "take_over"]
        )

    async def async_step_limits(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for all of them at once."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._wrong_limits(user_input)
            if not errors:
                return self.async_create_entry(data={**self.config_entry.options, **user_input})
        shown = user_input or self.config_entry.options
        return self.async_show_form(
            step_id="limits", data_schema=self.add_suggested_values_to_schema(SCHEMA, shown), errors=errors
        )

    async def async_step_quiet_hours(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask when informational inputs are held back."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                quiet = read_quiet_hours(user_input)
            except InvalidRuleError as error:
                errors[error.setting] = "never_ends" if error.setting == "end_at" else "invalid_time"
            else:
                kept = {CONF_QUIET_HOURS: quiet_hours_data(quiet)}
                return self.async_create_entry(data={**self.config_entry.options, **kept})
        shown = user_input or quiet_hours_data(quiet_hours(self.config_entry))
        return self.async_show_form(
            step_id="quiet_hours", data_schema=self.add_suggested_values_to_schema(QUIET_SCHEMA, shown), errors=errors
        )

    async def async_step_pictures(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the pictures of an app are that the Supervisor does not announce, and try it."""
        apps = picture_apps(self.config_entry)
        before = apps.get(BY_HAND)
        fault: FaultyAnswerError | None = None
        if user_input is not None:
            try:
                app = await self._async_try(user_input.get(CONF_URL, ""), user_input.get(CONF_TOKEN, ""), before)
            except FaultyAnswerError as error:
                fault = error
            else:
                async_keep(self.hass, self.config_entry, BY_HAND, app)
                async_forget(self.hass, self.config_entry, user_input.get(CONF_FORGET, ()))
                return self.async_create_entry(data=dict(self.config_entry.options))
        shown = {CONF_URL: before.url if before else ""} if user_input is None else user_input
        found = sorted(name for name in apps if name != BY_HAND)
        schema = PICTURES_SCHEMA.extend(_forget_field(found)) if found else PICTURES_SCHEMA
        return self.async_show_form(
            step_id="pictures",
            data_schema=self.add_suggested_values_to_schema(
                schema, {name: value for name, value in shown.items() if name != CONF_TOKEN}
            ),
            errors=fault.errors if fault else {},
            description_placeholders={
                **(fault.placeholders if fault else {"detail": ""}),
                "found": f"{len(found)} ({', '.join(found)})" if found else "0",
            },
        )

    async def async_step_chat(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask who may command the hub in a chat."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                kept = {CONF_CHAT_USERS: read_chat_users(user_input)}
            except ValueError:
                errors[CONF_CHAT_USERS] = "invalid_chat"
            else:
                return self.async_create_entry(data={**self.config_entry.options, **kept})
        shown = user_input or chosen_chats(self.config_entry)
        schema = self.add_suggested_values_to_schema(chat_schema(self.hass), shown)
        return self.async_show_form(step_id="chat", data_schema=schema, errors=errors)

    def _wrong_limits(self, limits: dict[str, Any]) -> dict[str, str]:
        """Return what is wrong with limits, by field: nor may devices be lost later while the alarm relies on them."""
        if limits[CONF_SILENCE_MIN] > limits[CONF_SILENCE_MAX]:
            return {CONF_SILENCE_MAX: "below_minimum"}
        now = settings(self.config_entry)
        known = {CONF_SILENCE_MIN: now.silence_min, CONF_SILENCE_MAX: now.silence_max}
        looser = [name for name, limit in known.items() if limits[name] > limit]
        return dict.fromkeys(looser, "disarm_first") if looser and self._guards() else {}

    def _guards(self) -> bool:
        """Whether a partition is not disarmed. A hub that does not run guards nothing."""
        hub: Hub | None = getattr(self.config_entry, "runtime_data", None)
        if hub is None or self.config_entry.state is not ConfigEntryState.LOADED:
            return False
        return any(map(is_guarding, hub.state.alarm.values()))

    async def _async_try(self, address: str, token: str, before: PictureApp | None) -> PictureApp | None:
        """Return the app at an address, ``None`` for no address. Raises ``FaultyAnswerError``.

        An empty token is the one given before, for that very address.
        """
        if not address.strip():
            return None
        try:
            url = read_url(address)
            if not token.strip() and before is not None and before.url == url:
                token = before.token
            app = PictureApp(url=url, token=read_token(token))
        except AddressError as error:
            raise FaultyAnswerError(CONF_TOKEN if str(error) in TOKEN_ERRORS else CONF_URL, str(error)) from error
        try:
            await client_of(self.hass, app).async_cameras()
        except PictureError as error:
            field = CONF_TOKEN if error.problem is PictureProblem.REFUSED else CONF_URL
            raise FaultyAnswerError(field, f"pictures_{error.problem}", detail=error.detail) from error
        return app
