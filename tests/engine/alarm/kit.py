"""One partition for tests: a house, a clock, and short ways to say what happens in it."""

from collections.abc import Mapping
from dataclasses import replace
import json

from custom_components.event_hub.engine.alarm.codes import Denial
from custom_components.event_hub.engine.alarm.effects import Effect, Passed, Refused, TellOutside
from custom_components.event_hub.engine.alarm.encode import decode, encode
from custom_components.event_hub.engine.alarm.events import (
    Arm,
    Bypass,
    ChangeMode,
    Disarm,
    Event,
    Restarted,
    Tick,
    ZoneClosed,
    ZoneFaulted,
    ZoneOpened,
    ZoneRestored,
)
from custom_components.event_hub.engine.alarm.model import (
    Actor,
    ActorKind,
    Channels,
    InputStanding,
    Mode,
    Partition,
    Zone,
    ZoneKind,
)
from custom_components.event_hub.engine.alarm.problems import Fault, PassReason, RefusalReason
from custom_components.event_hub.engine.alarm.status import PartitionStatus, Phase, Timer, next_due
from custom_components.event_hub.engine.alarm.table import react

START = 1_700_000_000.0
ANNA = Actor(kind=ActorKind.CODE_USER, name="Anna", user_id="anna", disarms=True)
THREATENED = replace(ANNA, duress=True)
INSIDE = (Mode.AWAY, Mode.VACATION)

ZONES: Mapping[str, Zone] = {
    "door": Zone(kind=ZoneKind.ENTRY_EXIT),
    "garage": Zone(kind=ZoneKind.ENTRY_EXIT),
    "hall": Zone(kind=ZoneKind.FOLLOWER, modes=INSIDE),
    "window": Zone(),
    "attic": Zone(modes=INSIDE),
    "water": Zone(kind=ZoneKind.ALWAYS),
    "smoke": Zone(kind=ZoneKind.FIRE),
    "button": Zone(kind=ZoneKind.PANIC, silent=True),
    "cover": Zone(kind=ZoneKind.TAMPER),
    "bell": Zone(kind=ZoneKind.CHIME),
}
HOUSE = Partition(partition_id="house", name="House", zones=ZONES, siren_outputs=("siren",))
# As HOUSE, but an alarm of the window is only told.
SILENT = replace(HOUSE, zones={**ZONES, "window": Zone(silent=True)})


class Panel:
    """A partition that events happen to. ``effects`` is what the last call wanted, ``now`` the time."""

    def __init__(self, partition: Partition = HOUSE) -> None:
        """Start disarmed, with every zone closed."""
        self.partition = partition
        self.status = PartitionStatus(since=START)
        self.zones = dict.fromkeys(partition.zones, InputStanding())
        self.channels = Channels()
        self.now = START
        self.effects: tuple[Effect, ...] = ()

    @property
    def phase(self) -> Phase:
        """What the partition is doing."""
        return self.status.phase

    def post(self, event: Event) -> tuple[Effect, ...]:
        """Let something happen now. Whatever it leads to can be stored and read back."""
        outcome = react(self.partition, self.status, event, self.now, self.zones, channels=self.channels)
        self.status, self.effects = outcome.status, outcome.effects
        assert decode(json.loads(json.dumps(encode(self.status), allow_nan=False))) == self.status
        return self.effects

    def wait(self, seconds: float) -> tuple[Effect, ...]:
        """Let time pass, with a tick at every deadline."""
        until = self.now + seconds
        wanted: list[Effect] = []
        while (due := next_due(self.status)) is not None and due <= until:
            self.now = max(self.now, due)
            wanted += self.post(Tick())
        self.now = until
        self.effects = tuple(effect for effect in wanted if not isinstance(effect, Passed))
        return self.effects

    def stand(self, zone: str, **how: bool) -> None:
        """Change how a zone's input stands, without a word."""
        self.zones[zone] = replace(self.zones[zone], **how)

    def open(self, zone: str, image: str | None = None) -> tuple[Effect, ...]:
        """Open a zone."""
        self.stand(zone, open=True)
        return self.post(ZoneOpened(zone=zone, image=image))

    def close(self, zone: str) -> tuple[Effect, ...]:
        """Close a zone."""
        self.stand(zone, open=False)
        return self.post(ZoneClosed(zone=zone))

    def pulse(self, zone: str) -> tuple[Effect, ...]:
        """Open and close a zone; returns what the opening led to."""
        effects = self.open(zone)
        return (*effects, *self.close(zone))

    def lose(self, zone: str) -> tuple[Effect, ...]:
        """Hear nothing more of a zone."""
        self.stand(zone, lost=True)
        return self.post(ZoneFaulted(zone=zone, fault=Fault.LOST))

    def find(self, zone: str, **how: bool) -> tuple[Effect, ...]:
        """Hear of a lost zone again."""
        self.stand(zone, lost=False, **how)
        return self.post(ZoneRestored(zone=zone, fault=Fault.LOST))

    def arm(self, mode: Mode = Mode.AWAY, *, force: bool = False, skip_delay: bool = False) -> tuple[Effect, ...]:
        """Begin to arm."""
        return self.post(Arm(mode=mode, actor=ANNA, force=force, skip_delay=skip_delay))

    def armed(self, mode: Mode = Mode.AWAY, *, force: bool = False) -> None:
        """Arm at once; nothing may be in the way."""
        self.arm(mode, force=force, skip_delay=True)
        assert (self.phase, self.status.mode) == (Phase.ARMED, mode)

    def change(self, mode: Mode, *, force: bool = False) -> tuple[Effect, ...]:
        """Change the mode."""
        return self.post(ChangeMode(mode=mode, actor=ANNA, force=force))

    def disarm(self, actor: Actor = ANNA) -> tuple[Effect, ...]:
        """Disarm."""
        return self.post(Disarm(actor=actor))

    def bypass(self, *zones: str, bypassed: bool = True) -> tuple[Effect, ...]:
        """Bypass zones, or watch them again."""
        return self.post(Bypass(zones=zones, actor=ANNA, bypassed=bypassed))

    def restart(self, seconds: float = 10.0, *, heard: bool = False) -> tuple[Effect, ...]:
        """Stop for a while, and start again from what was stored; inputs report only later unless ``heard``."""
        self.status = decode(json.loads(json.dumps(encode(self.status))))
        self.now += seconds
        for zone in self.zones:
            self.stand(zone, heard=heard)
        return self.post(Restarted())

    def wanted[E: Effect](self, kind: type[E]) -> list[E]:
        """Return the effects of a kind that the last call wanted."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def passed(self) -> list[PassReason]:
        """Return why what happened last was passed over."""
        return [effect.reason for effect in self.wanted(Passed)]

    def refused(self) -> RefusalReason | Denial | None:
        """Return why what was asked last was refused."""
        return next((effect.reason for effect in self.wanted(Refused)), None)

    def left(self, timer: Timer) -> float | None:
        """Return how many seconds a timer has still to run."""
        due = self.status.due(timer)
        return None if due is None else due - self.now


def kinds(effects: tuple[Effect, ...]) -> list[str]:
    """Name the kinds of effects, in their order."""
    return [type(effect).__name__ for effect in effects]


def burgled(partition: Partition = HOUSE) -> Panel:
    """Return an armed house with a burglar at the window."""
    panel = Panel(partition)
    panel.armed()
    panel.pulse("window")
    return panel


def told(panel: Panel) -> list[str | None]:
    """Return whose alarms were told outside, in their order."""
    return [alarm.zone for effect in panel.wanted(TellOutside) for alarm in effect.alarms]
