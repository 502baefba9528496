"""An engine with partitions, for tests: a house of devices, and short ways to arm it and see what it says."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from custom_components.event_hub.engine.alarm.codes import CodeUser
from custom_components.event_hub.engine.alarm.effects import Effect as AlarmEffect, Passed, Refused, TroubleChanged
from custom_components.event_hub.engine.alarm.events import Arm, Disarm, Event as AlarmEvent
from custom_components.event_hub.engine.alarm.model import Actor, ActorKind, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import PartitionStatus, Phase
from custom_components.event_hub.engine.effects import AlarmTold, Effect, SendCommand
from custom_components.event_hub.engine.events import (
    AlarmAsked,
    AlarmRestarted,
    CodeUserSet,
    CommandPublished,
    InputAdopted,
    OutputAdopted,
    PartitionSet,
)
from custom_components.event_hub.engine.model import Action, InputRecord, OutputRecord
from custom_components.event_hub.engine.standing import standings
from custom_components.event_hub.engine.state import watchers_of
from custom_components.event_hub.wire.messages import Condition, Dialect, InputReport, ReportKind, Source, Transport

from .kit import Engine, source

ANNA = Actor(kind=ActorKind.CODE_USER, name="Anna", user_id="anna", disarms=True)
BOARD = source()
PANEL = source("panel", dialect=Dialect.NATIVE)
ZONES: Mapping[str, Zone] = {
    "Door": Zone(kind=ZoneKind.ENTRY_EXIT),
    "Hall": Zone(kind=ZoneKind.FOLLOWER, modes=(Mode.AWAY,)),
    "Window": Zone(),
    "Smoke": Zone(kind=ZoneKind.FIRE),
}
# Somebody who can disarm, or nothing would be armed.
KEEPER = CodeUser(user_id="keeper", name="Keeper")
HOUSE = Partition(partition_id="house", name="House", zones=ZONES, siren_outputs=("Siren",))


class House(Engine):
    """Four inputs of a board that says when they are clear, a siren that can be switched, and a partition of them."""

    def __init__(self, partition: Partition = HOUSE) -> None:
        """Set everything up, closed and disarmed."""
        super().__init__()
        self.heartbeat(BOARD)
        for key in ZONES:
            self.input(key)
            self.clear(key)
        self.adopt_siren("Siren")
        self.set_up(partition)
        self.post(CodeUserSet(user=KEEPER, code_hash="hash of the keeper's"))

    def adopt_siren(self, key: str, action: str = "siren.turn_on") -> None:
        """Make an action an output."""
        record = OutputRecord(key=key, source_id="home_assistant", enabled=True, action=Action(action=action))
        self.post(OutputAdopted(record=record))

    def adopt(self, key: str, entity_id: str) -> None:
        """Make an entity an input."""
        record = InputRecord(key=key, source_id="home_assistant", enabled=True, entity_id=entity_id)
        self.post(InputAdopted(record=record))

    def set_up(self, partition: Partition) -> tuple[Effect, ...]:
        """Set a partition up."""
        return self.post(PartitionSet(partition=partition))

    def status(self, partition_id: str = "house") -> PartitionStatus:
        """Return where a partition stands."""
        return self.state.alarm[partition_id]

    def phase(self, partition_id: str = "house") -> Phase:
        """Return what a partition is doing."""
        return self.status(partition_id).phase

    def ask(self, request: AlarmEvent, partition_id: str = "house") -> tuple[Effect, ...]:
        """Ask a partition for something."""
        return self.post(AlarmAsked(partition_id=partition_id, request=request))

    def arm(self, mode: Mode = Mode.AWAY, partition_id: str = "house", *, force: bool = False) -> tuple[Effect, ...]:
        """Arm without an exit delay."""
        return self.ask(Arm(mode=mode, actor=ANNA, skip_delay=True, force=force), partition_id)

    def armed(self, mode: Mode = Mode.AWAY) -> None:
        """Arm; nothing may be in the way."""
        self.arm(mode)
        assert self.phase() is Phase.ARMED

    def disarm(self, partition_id: str = "house") -> tuple[Effect, ...]:
        """Disarm."""
        return self.ask(Disarm(actor=ANNA), partition_id)

    def carry_out(self) -> None:
        """Let what the last step commanded leave; of actions, that is all one hears."""
        for effect in self.effects:
            if isinstance(effect, SendCommand):
                self.post(CommandPublished(command_id=effect.command.command_id))

    def condition(self, key: str, **how: bool | str | None) -> tuple[Effect, ...]:
        """Let an input say how it is doing."""
        said = replace(Condition(tamper=False), **how)  # type: ignore[arg-type] # names are checked by replace
        return self.report(InputReport(device_key=key, condition=said))

    def troubles(self, partition_id: str = "house") -> list[tuple[str, str]]:
        """Return what a partition suffers from."""
        return [(each.zone, each.fault.value) for each in self.status(partition_id).troubles]

    def stands(self, key: str, partition_id: str = "house") -> set[str]:
        """Return what is so of an input, by the names of ``InputStanding``."""
        standing = standings(self.state, self.state.partitions[partition_id])[key]
        return {name for name in standing.__dataclass_fields__ if getattr(standing, name)}

    def reboot(self, after: float = 0.0, *, connecting: Iterable[Transport] = ()) -> tuple[Effect, ...]:
        """Let the hub be away for some seconds, and go on from what it stored, as the shell does.

        ``connecting`` are the brokers whose links have not been tried yet.
        """
        before = self.state
        self.restart(after)
        self.state.transports.update(dict.fromkeys(connecting))
        self.state.partitions = dict(before.partitions)
        self.state.code_users = dict(before.code_users)
        self.state.alarm = dict(before.alarm)
        self.state.lockouts = dict(before.lockouts)
        self.state.watchers = watchers_of(self.state.partitions)
        return self.post(AlarmRestarted())


def told(effects: Iterable[Effect], partition_id: str | None = None) -> list[AlarmEffect]:
    """Return what partitions, or one, want told."""
    return [
        effect.effect
        for effect in effects
        if isinstance(effect, AlarmTold) and partition_id in (None, effect.partition_id)
    ]


def kinds(effects: Iterable[Effect], partition_id: str | None = None) -> list[str]:
    """Name what partitions want told, but for what troubles them."""
    named = (effect for effect in told(effects, partition_id) if not isinstance(effect, TroubleChanged))
    return [type(effect).__name__ for effect in named]


def passed(effects: Iterable[Effect]) -> list[str]:
    """Return why events were passed over."""
    return [effect.reason.value for effect in told(effects) if isinstance(effect, Passed)]


def refused(effects: Iterable[Effect]) -> list[str]:
    """Return why requests were refused."""
    return [effect.reason.value for effect in told(effects) if isinstance(effect, Refused)]


def native(
    house: Engine, key: str, *, active: bool | None, by: Source = PANEL, kind: ReportKind = ReportKind.EVENT
) -> tuple[Effect, ...]:
    """Let a native device report an input."""
    return house.report(InputReport(device_key=key, active=active), by=by, kind=kind)
