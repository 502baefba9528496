"""What the config entry keeps, and what the hub makes of it.

``data`` says how messages come: ``{"mqtt": bool, "rabbitmq": {...}}``, the
latter only where RabbitMQ is used; ``images`` is of ``picture_apps.py``. ``options`` are the limits that people set;
what they left alone is absent and has its default here.
"""

from collections.abc import Mapping
from dataclasses import replace
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME

from .const import CONF_MQTT, CONF_RABBITMQ
from .engine.errors import InvalidRuleError
from .engine.settings import Settings
from .engine.times.quiet_hours import QuietHours, read_quiet_hours
from .storage.activity import ActivityLimits
from .transports.amqp import AmqpConfig

CONF_HOSTS: Final = "hosts"
CONF_VIRTUAL_HOST: Final = "virtual_host"
CONF_TLS: Final = "tls"
CONF_VERIFY: Final = "verify"
CONF_CA_CERTIFICATE: Final = "ca_certificate"
CONF_EXCHANGE: Final = "exchange"
CONF_QUEUE: Final = "queue"
CONF_QUORUM: Final = "quorum"

CONF_MAX_VALIDITY: Final = "max_validity"
CONF_SILENCE_MIN: Final = "silence_min"
CONF_SILENCE_MAX: Final = "silence_max"
CONF_COMMAND_EXPIRY: Final = "command_expiry"
CONF_QUIET_HOURS: Final = "quiet_hours"
CONF_ACTIVITY_DAYS: Final = "activity_days"
CONF_ACTIVITY_MEGABYTES: Final = "activity_megabytes"

# Home Assistant's own check takes no underscores, which containers have in their names.
_HOST: Final = re.compile(r"(?!-)[\w-]+(\.[\w-]+)*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%\w+)?")
_SETTINGS: Final = (CONF_MAX_VALIDITY, CONF_SILENCE_MIN, CONF_SILENCE_MAX, CONF_COMMAND_EXPIRY)


def is_host(text: str) -> bool:
    """Say whether a text can be a host's name or address, without a port."""
    return _HOST.fullmatch(text) is not None


def uses_mqtt(entry: ConfigEntry[Any]) -> bool:
    """Say whether devices are heard and commanded through Home Assistant's MQTT integration."""
    return bool(entry.data.get(CONF_MQTT, False))


def settings(entry: ConfigEntry[Any]) -> Settings:
    """Return the hub-wide limits, in seconds, and the quiet hours; the time zone is not the entry's."""
    chosen: dict[str, Any] = {name: float(entry.options[name]) for name in _SETTINGS if name in entry.options}
    return replace(Settings(), **chosen, quiet_hours=quiet_hours(entry))


def quiet_hours(entry: ConfigEntry[Any]) -> QuietHours:
    """Return when it is quiet; the default where an option is none, so that a hub starts in any case."""
    try:
        return read_quiet_hours(entry.options.get(CONF_QUIET_HOURS, {}))
    except InvalidRuleError:
        return QuietHours()


def activity_limits(entry: ConfigEntry[Any]) -> ActivityLimits:
    """Return how much of the activity log is kept."""
    limits = ActivityLimits()
    return ActivityLimits(
        days=float(entry.options.get(CONF_ACTIVITY_DAYS, limits.days)),
        megabytes=float(entry.options.get(CONF_ACTIVITY_MEGABYTES, limits.megabytes)),
    )


def amqp_config(entry: ConfigEntry[Any]) -> AmqpConfig | None:
    """Return how to reach RabbitMQ, ``None`` where it is not used."""
    kept = entry.data.get(CONF_RABBITMQ)
    return None if kept is None else read_rabbitmq(kept, settings(entry).max_validity)


def read_rabbitmq(kept: Mapping[str, Any], max_validity: float) -> AmqpConfig:
    """Return what the entry keeps about RabbitMQ as the link takes it; ``max_validity`` is in seconds."""
    return AmqpConfig(
        hosts=tuple(kept[CONF_HOSTS]),
        username=kept[CONF_USERNAME],
        password=kept[CONF_PASSWORD],
        virtual_host=kept[CONF_VIRTUAL_HOST],
        tls=kept[CONF_TLS],
        ca_certificate=kept.get(CONF_CA_CERTIFICATE),
        verify=kept[CONF_VERIFY],
        exchange=kept[CONF_EXCHANGE],
        queue=kept[CONF_QUEUE],
        quorum=kept[CONF_QUORUM],
        max_validity=max_validity,
    )
