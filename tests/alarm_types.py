"""The types of the alarm's events, which have to be documented, and read well in the logbook."""

from custom_components.event_hub.alarm_bus import _TOLD, CONFIGURED

TYPES = frozenset((CONFIGURED, *(kind for kind, _ in _TOLD.values())))
