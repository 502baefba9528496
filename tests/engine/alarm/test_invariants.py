"""Whatever happens in a house, in whatever order, some things always hold."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from custom_components.event_hub.engine.alarm.effects import (
    AlarmRaised,
    Chimed,
    Effect,
    SirenOff,
    SirenOn,
    TellOutside,
    WalkTestChanged,
    WalkTested,
)
from custom_components.event_hub.engine.alarm.events import (
    Acknowledge,
    CodeRefused,
    Event,
    Panic,
    Restarted,
    Silence,
    Tick,
    WalkTest,
    ZoneOpened,
    ZoneRestored,
    ZoneTampered,
)
from custom_components.event_hub.engine.alarm.model import (
    Actor,
    ActorKind,
    AfterSiren,
    CrossZone,
    Mode,
    Partition,
    ZoneKind,
)
from custom_components.event_hub.engine.alarm.problems import Fault
from custom_components.event_hub.engine.alarm.status import (
    Lockout,
    Outside,
    PartitionStatus,
    Phase,
    Timer,
    next_due,
)
from custom_components.event_hub.engine.alarm.table import react
from custom_components.event_hub.engine.alarm.watching import is_watched

from .kit import ANNA, HOUSE, THREATENED, ZONES, Panel

STRANGER: Final = Actor(kind=ActorKind.KEYPAD, name="Hall keypad")
PLAIN: Final = replace(HOUSE, swinger_limit=3)
PARTITIONS: Final = (
    PLAIN,
    replace(PLAIN, after_siren=AfterSiren.DISARMED, siren_limit=20),
    replace(PLAIN, arm_on_close=True, abort_window=0),
    replace(PLAIN, siren_limit=10, cross_zones=(CrossZone(zones=("attic", "hall")),)),
)
ZONE = st.sampled_from([*sorted(ZONES), "door", "door", "window"])  # where most come in
MODES = st.sampled_from(Mode)


class House(RuleBasedStateMachine):
    """A partition of every kind of zone, to which anything may happen."""

    def __init__(self) -> None:
        """Start disarmed and closed."""
        super().__init__()
        self.panel = Panel()
        self.siren_until: float | None = None

    @initialize(partition=st.sampled_from(PARTITIONS))
    def set_up(self, partition: Partition) -> None:
        """Choose how the house is set up."""
        self.panel.partition = partition

    @rule(mode=MODES, without=ZONE)
    def is_left(self, mode: Mode, without: str) -> None:
        """Everything is closed, and the house is armed: most of what matters happens in an armed house."""
        self.disarms(ANNA)
        for zone in ZONES:
            self.closes(zone)
        self.bypasses(without, bypassed=True)
        self.arms(mode, force=True, skip_delay=True)
        assert self.panel.phase is Phase.ARMED

    @rule(visits=st.lists(st.tuples(ZONE, st.floats(1, 25)), min_size=2, max_size=6))
    def is_walked_through(self, visits: list[tuple[str, float]]) -> None:
        """Somebody goes from zone to zone, and the zones close behind them."""
        for zone, seconds in visits:
            self.opens(zone)
            self.time_passes(seconds)
            self.closes(zone)

    @rule(life_safety=st.booleans(), zones=st.lists(ZONE, min_size=1, max_size=6))
    def is_tested(self, life_safety: bool, zones: list[str]) -> None:
        """A walk test is made."""
        self.disarms(ANNA)
        for zone in ZONES:
            self.closes(zone)
        self.tests(on=True, life_safety=life_safety)
        for zone in zones:
            self.opens(zone)

    @rule(zone=ZONE)
    def opens(self, zone: str) -> None:
        """A zone opens."""
        self.panel.stand(zone, open=True)
        self.happens(ZoneOpened(zone=zone))

    @rule(zone=ZONE)
    def closes(self, zone: str) -> None:
        """A zone closes."""
        self.checked(lambda: self.panel.close(zone))

    @rule(zone=ZONE)
    def is_tampered_with(self, zone: str) -> None:
        """Somebody meddles with a detector, and puts it back."""
        self.happens(ZoneTampered(zone=zone))
        self.happens(ZoneRestored(zone=zone, fault=Fault.TAMPER))

    @rule(zone=ZONE, is_open=st.booleans())
    def is_lost_and_found(self, zone: str, is_open: bool) -> None:
        """A zone is lost, and comes back as something."""
        self.checked(lambda: self.panel.lose(zone))
        self.panel.stand(zone, lost=False, open=is_open)
        self.happens(ZoneRestored(zone=zone, fault=Fault.LOST))

    @rule(mode=MODES, force=st.booleans(), skip_delay=st.booleans())
    def arms(self, mode: Mode, force: bool, skip_delay: bool) -> None:
        """Somebody arms."""
        self.checked(lambda: self.panel.arm(mode, force=force, skip_delay=skip_delay))

    @rule(mode=MODES, force=st.booleans())
    def changes_the_mode(self, mode: Mode, force: bool) -> None:
        """Somebody changes the mode."""
        self.checked(lambda: self.panel.change(mode, force=force))

    @rule(actor=st.sampled_from([ANNA, THREATENED]))
    def disarms(self, actor: Actor) -> None:
        """Disarming ends the siren, every delay and every bypass, always."""
        self.checked(lambda: self.panel.disarm(actor))
        status = self.panel.status
        assert (status.phase, status.siren, status.bypassed, status.forced) == (Phase.DISARMED, False, (), ())
        assert self.siren_until is None
        assert status.due(Timer.OUTSIDE) is status.due(Timer.OUTSIDE_SILENT) is None
        assert all(alarm.outside is not Outside.WAITING for alarm in status.memory)

    @rule(zone=ZONE, bypassed=st.booleans())
    def bypasses(self, zone: str, bypassed: bool) -> None:
        """Somebody bypasses a zone, or no longer."""
        self.checked(lambda: self.panel.bypass(zone, bypassed=bypassed))

    @rule(event=st.sampled_from([Silence(actor=ANNA), Acknowledge(actor=ANNA), Panic(actor=STRANGER)]))
    def asks(self, event: Event) -> None:
        """Somebody asks for something else."""
        self.happens(event)

    @rule(on=st.booleans(), life_safety=st.booleans())
    def tests(self, on: bool, life_safety: bool) -> None:
        """Somebody begins or ends a walk test."""
        self.happens(WalkTest(actor=ANNA, on=on, life_safety=life_safety))

    @rule()
    def guesses(self) -> None:
        """A wrong code changes nothing but what is counted of wrong codes."""
        panel = self.panel
        without = react(panel.partition, panel.status, Tick(), panel.now, panel.zones).status
        self.happens(CodeRefused(actor=STRANGER))
        assert beside_codes(panel.status) == beside_codes(without)

    @rule(seconds=st.floats(0, 200))
    def time_passes(self, seconds: float) -> None:
        """Time passes, with a tick whenever one is wanted."""
        until = self.panel.now + seconds
        while (due := next_due(self.panel.status)) is not None and due <= until:
            self.panel.now = max(self.panel.now, due)
            self.happens(Tick())
        self.panel.now = until

    @rule(seconds=st.floats(1, 100_000))
    def clock_is_set_back(self, seconds: float) -> None:
        """The clock goes back; no alarm or delay may last longer for it than it may at most."""
        self.panel.now -= seconds
        self.happens(Tick())

    @rule(seconds=st.floats(0, 100), heard=st.booleans())
    def restarts(self, seconds: float, heard: bool) -> None:
        """After a restart all is as it would have been, had only time passed."""
        panel = self.panel
        before = react(panel.partition, panel.status, Tick(), panel.now + seconds, panel.zones).status
        panel.now += seconds
        for zone in panel.zones:
            panel.stand(zone, heard=False)
        self.happens(Restarted())
        assert unsettled(panel.status) == unsettled(before)
        for zone in panel.zones:
            panel.stand(zone, heard=heard)
        self.happens(Tick())

    @invariant()
    def a_siren_sounds_only_in_an_alarm(self) -> None:
        """And no longer than it may."""
        status = self.panel.status
        due = status.due(Timer.ALARM)
        assert not status.siren or (due is not None and due <= self.panel.now + self.panel.partition.siren_limit)
        assert (self.siren_until is not None) is status.siren

    @invariant()
    def nothing_is_overdue(self) -> None:
        """Whatever was due was handled."""
        due = next_due(self.panel.status)
        assert due is None or due > self.panel.now

    @invariant()
    def an_entry_delay_is_only_run_by_zones(self) -> None:
        """And there is one for each zone at most."""
        status = self.panel.status
        zones = [trip.zone for trip in status.entry_trips]
        assert (status.due(Timer.ENTRY) is not None) is bool(zones)
        assert len(zones) == len(set(zones))

    @invariant()
    def what_is_waiting_to_be_told_will_be(self) -> None:
        """No alarm waits without a deadline."""
        status = self.panel.status
        for timer, silent in ((Timer.OUTSIDE, False), (Timer.OUTSIDE_SILENT, True)):
            assert status.waits(silent=silent) is (status.due(timer) is not None)

    def happens(self, event: Event) -> None:
        """Let something happen, and check what it leads to."""
        before, now = self.panel.status, self.panel.now
        self.checked(lambda: self.panel.post(event))
        if isinstance(event, ZoneOpened):
            self.check_opening(before, event.zone, now)
        if before.mode == self.panel.status.mode and not isinstance(event, Restarted | Tick):
            self.check_entry(before)

    def checked(self, act: Callable[[], object]) -> None:
        """Do something, and check what it leads to, whatever it is."""
        before = self.panel.status
        act()
        effects = self.panel.effects
        if before.walk is not None and self.panel.status.walk is not None:
            assert not any(is_loud(effect) for effect in effects)
        ended = any(isinstance(effect, WalkTestChanged) for effect in effects)
        assert ended or not any(isinstance(effect, WalkTested) for effect in effects) or before.walk is not None
        if before.phase is not Phase.DISARMED and before.due(Timer.SETTLE) is None:
            assert not any(isinstance(effect, Chimed) for effect in effects) or self.ran_out(before)
        self.check_sirens(effects)
        self.check_siren_time(before)
        self.check_bypassed(before, effects)

    def ran_out(self, before: PartitionStatus) -> bool:
        """Say whether a deadline of ``before`` was due by now, after which it is another phase."""
        due = next_due(before)
        return due is not None and due <= self.panel.now

    def check_sirens(self, effects: tuple[Effect, ...]) -> None:
        """No siren is told to sound longer than an alarm's limit."""
        for effect in effects:
            if isinstance(effect, SirenOn):
                assert effect.until <= self.panel.now + self.panel.partition.siren_limit
                self.siren_until = effect.until
            elif isinstance(effect, SirenOff):
                self.siren_until = None

    def check_siren_time(self, before: PartitionStatus) -> None:
        """Nothing lengthens an alarm that sounds; but a fire is another one."""
        running, now_running = before.due(Timer.ALARM), self.panel.status.due(Timer.ALARM)
        same = before.siren and before.alarm_kind is self.panel.status.alarm_kind
        if same and running is not None and running > self.panel.now and now_running is not None:
            assert now_running <= running

    def check_bypassed(self, before: PartitionStatus, effects: tuple[Effect, ...]) -> None:
        """A zone that was left out, and still is, has not alarmed."""
        for effect in effects:
            if isinstance(effect, AlarmRaised) and effect.alarm.zone is not None:
                zone = effect.alarm.zone
                assert not (before.left_out(zone) and self.panel.status.left_out(zone))

    def check_opening(self, before: PartitionStatus, zone: str, now: float) -> None:
        """A watched instant zone always alarms, unless it is in it, open, settling or to be confirmed."""
        panel = self.panel
        kind = ZONES[zone].kind
        watched = is_watched({"house": panel.partition}, {"house": before}, zone)
        in_group = any(zone in group.zones for group in panel.partition.cross_zones)
        known = zone in before.open or zone in before.sounded
        settling = before.due(Timer.SETTLE) is not None
        due = next_due(before)
        assert due is None or due > now
        if watched and kind is ZoneKind.INSTANT and not (in_group or known or settling):
            assert any(effect.alarm.zone == zone for effect in panel.wanted(AlarmRaised))

    def check_entry(self, before: PartitionStatus) -> None:
        """Nothing that happens in an armed house lengthens an entry delay that runs."""
        running, now_running = before.due(Timer.ENTRY), self.panel.status.due(Timer.ENTRY)
        if running is not None and running > self.panel.now:
            assert now_running is not None
            assert now_running <= running


def is_loud(effect: Effect) -> bool:
    """Say whether an effect is of an alarm that shows."""
    match effect:
        case SirenOn():
            return True
        case AlarmRaised(alarm=alarm):
            return not alarm.silent
        case TellOutside(alarms=alarms):
            return not all(alarm.silent for alarm in alarms)
    return False


def beside_codes(status: PartitionStatus) -> PartitionStatus:
    """Return a status without what is counted of codes."""
    others = tuple(each for each in status.deadlines if each.timer is not Timer.LOCKOUT)
    return replace(status, lockout=Lockout(), deadlines=others)


def unsettled(status: PartitionStatus) -> PartitionStatus:
    """Return a status without the time that inputs are given to settle."""
    return replace(status, deadlines=tuple(each for each in status.deadlines if each.timer is not Timer.SETTLE))


TestHouse = House.TestCase
TestHouse.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
