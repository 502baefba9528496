"""How the hub's triggers wait: for what the hub finds out, or for what it fires on Home Assistant's bus.

Inputs and sources are heard of through ``automation_feed.py``, the alarm and what is told of it on the bus. Both
are there before the hub is, so an automation need not be set up again when the hub is reloaded.
Without a target a trigger waits for every input, source or partition.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from . import trigger_data
from .automation_feed import Fact, audience_of
from .hub import Hub
from .targets import Reader, Target, async_track_keys, hub_of, input_of, keys_of, partition_of

# Where events have what people call that which they are about.
NAMES: Final = ("name", "partition_name", "label")

type Data = Mapping[str, Any]
type Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDescription:
    """A trigger on something that the hub finds out. ``says`` is for the automation's trace."""

    kind: type[Fact]
    reader: Reader = input_of
    options: Mapping[Any, Any] = field(default_factory=dict)
    matches: Callable[[Any, Options], bool] = lambda _, __: True
    data: Callable[[Hub, Any], Data]
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusDescription:
    """A trigger on an event that the hub fires; ``about`` is the field with the key of the target, if it has any.

    ``also`` is another event that it waits for.
    """

    event: str
    also: str | None = None
    reader: Reader | None = partition_of
    about: str = "partition"
    options: Mapping[Any, Any] = field(default_factory=dict)
    matches: Callable[[Data, Options], bool] = lambda _, __: True
    says: str


class HubTrigger(Trigger):
    """What all triggers of the hub have in common: an optional target, and options."""

    options: ClassVar[Mapping[Any, Any]] = {}
    targets: ClassVar[bool] = True

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check target and options."""
        fields: dict[Any, Any] = {vol.Required(CONF_OPTIONS, default=dict): dict(cls.options)}
        if cls.targets:
            fields[vol.Optional(CONF_TARGET)] = cv.TARGET_FIELDS
        return cast("ConfigType", vol.Schema(fields)(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Wait for what is configured."""
        super().__init__(hass, config)
        self._target: Target | None = config.target or None
        self._options: Options = config.options or {}


class FactTrigger(HubTrigger):
    """Waits for something that the hub finds out."""

    description: ClassVar[FactDescription]

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Wait; returns how to stop."""
        description = self.description
        audience = audience_of(self._hass)

        @callback
        def hear(hub: Hub, fact: Fact) -> None:
            if description.matches(fact, self._options):
                data = description.data(hub, fact)
                run_action(dict(data), f"{data['name']} {description.says}")

        if self._target is None:
            return audience.listen(description.kind, None, hear)
        stop_listening: list[CALLBACK_TYPE] = []

        @callback
        def listen(keys: frozenset[str]) -> None:
            while stop_listening:
                stop_listening.pop()()
            stop_listening.append(audience.listen(description.kind, keys, hear))

        stop_tracking = async_track_keys(self._hass, self._target, description.reader, listen)

        @callback
        def stop() -> None:
            stop_tracking()
            stop_listening.pop()()

        return stop


class BusTrigger(HubTrigger):
    """Waits for an event that the hub fires."""

    description: ClassVar[BusDescription]

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Wait; returns how to stop."""
        description = self.description

        @callback
        def hear(event: Event[dict[str, Any]]) -> None:
            data = event.data
            if description.matches(data, self._options) and self._is_targeted(data):
                name = next((data[field] for field in NAMES if data.get(field)), "Event Hub")
                run_action({**data, **self._whose(data), "name": name}, f"{name} {description.says}", event.context)

        stops = [
            self._hass.bus.async_listen(event, hear)
            for event in (description.event, description.also)
            if event is not None
        ]

        @callback
        def stop() -> None:
            for each in stops:
                each()

        return stop

    def _is_targeted(self, data: Data) -> bool:
        """Whether an event is about what is targeted: a partition also by a master over it."""
        if self._target is None or self.description.reader is None:
            return True
        keys = keys_of(self._hass, self._target, self.description.reader)
        about = data.get(self.description.about)
        if about in keys:
            return True
        hub = hub_of(self._hass)
        if hub is None or self.description.reader is not partition_of:
            return False
        masters = (hub.state.partitions.get(key) for key in keys)
        return any(about in master.members for master in masters if master is not None)

    def _whose(self, data: Data) -> Data:
        about, hub = data.get(self.description.about), hub_of(self._hass)
        if self.description.reader is partition_of and isinstance(about, str):
            return trigger_data.partition_data(self._hass, about, data.get("zone"))
        if self.description.reader is input_of and isinstance(about, str) and hub is not None:
            return trigger_data.input_data(hub, about)
        return {}


def on_fact(of: FactDescription) -> type[Trigger]:
    """Return the trigger that is described."""

    class TriggerOnFact(FactTrigger):
        description = of
        options = of.options

    return TriggerOnFact


def on_bus(of: BusDescription) -> type[Trigger]:
    """Return the trigger that is described."""

    class TriggerOnBus(BusTrigger):
        description = of
        options = of.options
        targets = of.reader is not None

    return TriggerOnBus
