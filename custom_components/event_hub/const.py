"""Names that the integration's modules share."""

import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "event_hub"
LOGGER: Final = logging.getLogger(__package__)

CONF_MQTT: Final = "mqtt"
CONF_RABBITMQ: Final = "rabbitmq"

PLATFORMS: Final = (
    Platform.ALARM_CONTROL_PANEL,
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.IMAGE,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
)
