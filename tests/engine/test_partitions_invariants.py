"""Whatever happens to a hub with partitions, in whatever order, these hold."""

from contextlib import suppress
from dataclasses import replace
import json

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from custom_components.event_hub.engine.alarm import events
from custom_components.event_hub.engine.alarm.encode import decode, encode
from custom_components.event_hub.engine.alarm.model import CrossZone, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase, Timer as AlarmTimer, next_due
from custom_components.event_hub.engine.deadlines import Timer
from custom_components.event_hub.engine.errors import GuardedError
from custom_components.event_hub.engine.events import EnabledSet, Forgotten, PartitionRemoved, SourceAvailability
from custom_components.event_hub.engine.standing import standings
from custom_components.event_hub.engine.state import watchers_of
from custom_components.event_hub.wire.messages import Condition, InputReport, ReportKind, Transport

from .house import ANNA, BOARD, HOUSE, PANEL, House, kinds

SHED = Partition(
    partition_id="shed",
    name="Shed",
    zones={"Window": Zone(), "Gate": Zone(), "Help": Zone(kind=ZoneKind.PANIC)},
    cross_zones=(CrossZone(zones=("Window", "Gate")),),
    siren_outputs=("Siren",),
)
ALL = Partition(partition_id="all", name="All", members=("house", "shed"))
PARTITIONS = {each.partition_id: each for each in (HOUSE, SHED, ALL)}
KEYS = ("Door", "Hall", "Window", "Smoke", "Gate", "Help")
ASKED = st.one_of(
    st.builds(
        events.Arm, mode=st.sampled_from(Mode), actor=st.just(ANNA), force=st.booleans(), skip_delay=st.booleans()
    ),
    st.builds(events.ChangeMode, mode=st.sampled_from(Mode), actor=st.just(ANNA)),
    st.builds(events.Disarm, actor=st.sampled_from((ANNA, replace(ANNA, duress=True, once=True)))),
    st.builds(events.Bypass, zones=st.tuples(st.sampled_from(KEYS)), actor=st.just(ANNA), bypassed=st.booleans()),
    st.builds(events.Silence, actor=st.just(ANNA)),
    st.builds(events.Acknowledge, actor=st.just(ANNA)),
    st.builds(events.Panic, actor=st.just(ANNA), silent=st.booleans()),
    st.builds(events.WalkTest, actor=st.just(ANNA), on=st.booleans()),
    st.builds(events.CodeRefused, actor=st.just(ANNA)),
)


class Estate(RuleBasedStateMachine):
    """A house and a shed under one master, with everything that can happen to them."""

    def __init__(self) -> None:
        """Set everything up."""
        super().__init__()
        self.house = House()
        for key in ("Gate", "Help"):
            self.house.report(InputReport(device_key=key, active=False), by=PANEL, kind=ReportKind.HEARTBEAT)
            self.house.post(EnabledSet(inputs=(key,)))
        self.house.set_up(SHED)
        self.house.set_up(ALL)

    @rule(
        key=st.sampled_from(KEYS),
        active=st.none() | st.booleans(),
        condition=st.none() | st.builds(Condition, tamper=st.booleans(), low_battery=st.booleans()),
        image=st.none() | st.just(b"jpeg"),
        heartbeat=st.booleans(),
    )
    def report(
        self, key: str, active: bool | None, condition: Condition | None, image: bytes | None, heartbeat: bool
    ) -> None:
        """An input reports something."""
        by = PANEL if key in ("Gate", "Help") else BOARD
        device = InputReport(device_key=key, active=active, condition=condition, image=image)
        self.house.report(device, by=by, kind=ReportKind.HEARTBEAT if heartbeat else ReportKind.EVENT)

    @rule(key=st.sampled_from(KEYS), closes=st.booleans())
    def open(self, key: str, closes: bool) -> None:
        """An input opens, and mostly closes again."""
        by = PANEL if key in ("Gate", "Help") else BOARD
        expected = self.must_alarm(key)
        effects = self.house.report(InputReport(device_key=key, active=True), by=by)
        assert not expected or "AlarmRaised" in kinds(effects, "house")
        if closes:
            self.house.report(InputReport(device_key=key, active=False), by=by)

    @rule(partition_id=st.sampled_from(tuple(PARTITIONS)), mode=st.sampled_from((Mode.AWAY, Mode.HOME)))
    def arm(self, partition_id: str, mode: Mode) -> None:
        """Somebody arms by force, having disarmed."""
        if partition_id in self.house.state.partitions:
            self.house.disarm(partition_id)
            self.house.arm(mode, partition_id, force=True)

    @rule(seconds=st.floats(0, 200))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.house.wait(seconds)

    @rule(request=ASKED, partition_id=st.sampled_from(tuple(PARTITIONS)))
    def ask(self, request: events.Event, partition_id: str) -> None:
        """Somebody asks for something."""
        if partition_id in self.house.state.partitions:
            self.house.ask(request, partition_id)

    @rule(source=st.sampled_from((BOARD, PANEL)), online=st.booleans())
    def say_alive(self, source: object, online: bool) -> None:
        """A source's status or last will comes."""
        name = BOARD.source_id if source is BOARD else PANEL.source_id
        self.house.post(SourceAvailability(source_id=name, online=online))

    @rule(broker=st.sampled_from(Transport), up=st.booleans())
    def broker(self, broker: Transport, up: bool) -> None:
        """A broker comes or goes."""
        self.house.transport(broker, up=up)

    @rule(key=st.sampled_from(KEYS), on=st.booleans())
    def switch(self, key: str, on: bool) -> None:
        """A person switches an input."""
        if key in self.house.state.inputs:
            with suppress(GuardedError):
                self.house.post(EnabledSet(inputs=(key,), enabled=on))

    @rule(key=st.sampled_from(KEYS))
    def forget(self, key: str) -> None:
        """A person removes a device."""
        with suppress(GuardedError):
            self.house.post(Forgotten(keys=(key,)))

    @rule(partition_id=st.sampled_from(("house", "shed")), zones=st.sets(st.sampled_from(KEYS)))
    def set_up(self, partition_id: str, zones: set[str]) -> None:
        """A person changes the zones of a partition, or makes it anew."""
        usual = PARTITIONS[partition_id]
        known = {key: usual.zones.get(key, Zone()) for key in sorted(zones) if key in self.house.state.inputs}
        with suppress(GuardedError):
            self.house.set_up(replace(usual, zones=known, cross_zones=()))

    @rule(partition_id=st.sampled_from(("house", "shed")))
    def remove(self, partition_id: str) -> None:
        """A person removes a partition."""
        if partition_id in self.house.state.partitions:
            with suppress(GuardedError):
                self.house.post(PartitionRemoved(partition_id=partition_id))

    @rule(seconds=st.floats(0, 400))
    def restart(self, seconds: float) -> None:
        """Home Assistant restarts."""
        self.house.reboot(seconds)

    def must_alarm(self, key: str) -> bool:
        """Whether an opening of an input has to raise an alarm of the house now: it is the armed window."""
        record, status = self.house.state.inputs.get(key), self.house.state.alarm.get("house")
        if key != "Window" or record is None or not record.enabled or status is None:
            return False
        zone = self.house.state.partitions["house"].zones.get(key)
        silenced = status.left_out(key) or status.swung_out(key, HOUSE.swinger_limit) or key in status.open
        settling = status.due(AlarmTimer.SETTLE) is not None
        return zone is not None and status.phase is Phase.ARMED and not silenced and not settling

    @invariant()
    def every_partition_has_the_deadline_that_its_status_has(self) -> None:
        """Nothing waits for ever, and nothing is due for a partition that is gone."""
        state = self.house.state
        due = {key: at for (timer, key), at in state.deadlines.items() if timer is Timer.ALARM}
        ends = {key: next_due(status) for key, status in state.alarm.items()}
        assert due == {key: at for key, at in ends.items() if at is not None}
        assert set(state.alarm) == set(state.partitions)

    @invariant()
    def every_status_can_be_kept(self) -> None:
        """What a restart reads is what there was."""
        for status in self.house.state.alarm.values():
            assert decode(json.loads(json.dumps(encode(status), allow_nan=False))) == status

    @invariant()
    def what_is_open_for_a_partition_is_open(self) -> None:
        """No zone that is closed, switched off or gone keeps its next opening from counting."""
        state = self.house.state
        for partition_id, status in state.alarm.items():
            stand = standings(state, state.partitions[partition_id])
            assert {key for key in status.open if key not in stand or not stand[key].open} == set()

    @invariant()
    def who_watches_what_follows_from_the_partitions(self) -> None:
        """The index is no truth of its own."""
        assert self.house.state.watchers == watchers_of(self.house.state.partitions)

    @invariant()
    def the_siren_sounds_while_somebody_wants_it(self) -> None:
        """And only then: disarming always ends it."""
        state = self.house.state
        told = state.output_status.get("Siren")
        wanted = any(
            status.siren and "Siren" in state.partitions[partition_id].siren_outputs
            for partition_id, status in state.alarm.items()
        )
        assert (told is not None and told.wanted is True) == wanted


TestEstate = Estate.TestCase
TestEstate.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
