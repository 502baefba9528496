"""The table, pair by pair: what is expected is written down here once more, by what one can see."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.effects import Passed, Refused
from custom_components.event_hub.engine.alarm.events import (
    Acknowledge,
    Arm,
    BrokerBack,
    BrokerLost,
    Bypass,
    ChangeMode,
    CodeAccepted,
    CodeRefused,
    Disarm,
    DuressGiven,
    Event,
    Panic,
    Restarted,
    Silence,
    SirensStand,
    Tick,
    WalkTest,
    ZoneClosed,
    ZoneFaulted,
    ZoneOpened,
    ZonePictured,
    ZoneRestored,
    ZoneTampered,
)
from custom_components.event_hub.engine.alarm.model import Mode, ZoneKind
from custom_components.event_hub.engine.alarm.problems import Fault, Trouble
from custom_components.event_hub.engine.alarm.status import Phase, Timer
from custom_components.event_hub.engine.alarm.table import EXPIRY, TABLE

from .kit import ANNA, HOUSE, ZONES, Panel, kinds

DISARMED, ARMING, ARMED, PENDING, TRIGGERED = Phase
RAISED = "AlarmRaised SirenOn PhaseChanged MemoryChanged"
RAISED_MORE = "AlarmRaised MemoryChanged"
HELP = "AlarmRaised SirenOn TellOutside PhaseChanged MemoryChanged"
PHASE = "PhaseChanged"
SAME = ""

# Event: for each phase what is wanted ("no: ..." is refused, "why: ..." passed over), and the phase after it.
type Cell = tuple[str, Phase]
type Cells = tuple[Cell, Cell, Cell, Cell, Cell]


def everywhere(wanted: str) -> Cells:
    """Expect the same in every phase, which stays."""
    return (wanted, DISARMED), (wanted, ARMING), (wanted, ARMED), (wanted, PENDING), (wanted, TRIGGERED)


EXPECTED: dict[str, tuple[Event, Cells]] = {
    "arm": (
        Arm(mode=Mode.AWAY, actor=ANNA),
        (
            (PHASE, ARMING),
            ("no: already_armed", ARMING),
            ("no: already_armed", ARMED),
            ("no: entry_running", PENDING),
            ("no: alarm_running", TRIGGERED),
        ),
    ),
    "arm what nobody could disarm": (
        Arm(mode=Mode.AWAY, actor=ANNA, disarmable=False),
        (
            ("no: no_code", DISARMED),
            ("no: already_armed", ARMING),
            ("no: already_armed", ARMED),
            ("no: entry_running", PENDING),
            ("no: alarm_running", TRIGGERED),
        ),
    ),
    "change the mode with the last code, used up by it": (
        ChangeMode(mode=Mode.HOME, actor=ANNA, disarmable=False),
        (
            ("no: not_armed", DISARMED),
            ("no: no_code", ARMING),
            ("no: no_code", ARMED),
            ("no: entry_running", PENDING),
            ("no: alarm_running", TRIGGERED),
        ),
    ),
    "change the mode": (
        ChangeMode(mode=Mode.HOME, actor=ANNA),
        (
            ("no: not_armed", DISARMED),
            (PHASE, ARMING),
            (PHASE, ARMED),
            ("no: entry_running", PENDING),
            ("no: alarm_running", TRIGGERED),
        ),
    ),
    "disarm": (
        Disarm(actor=ANNA),
        (
            (SAME, DISARMED),
            (PHASE, DISARMED),
            (PHASE, DISARMED),
            (PHASE, DISARMED),
            ("Cancelled SirenOff PhaseChanged MemoryChanged", DISARMED),
        ),
    ),
    "bypass": (
        Bypass(zones=("attic",), actor=ANNA),
        (
            ("BypassChanged", DISARMED),
            ("BypassChanged", ARMING),
            ("BypassChanged", ARMED),
            ("no: entry_running", PENDING),
            ("no: alarm_running", TRIGGERED),
        ),
    ),
    "acknowledge": (
        Acknowledge(actor=ANNA),
        (
            ("no: no_memory", DISARMED),
            ("no: no_memory", ARMING),
            ("no: no_memory", ARMED),
            ("no: no_memory", PENDING),
            ("no: alarm_running", TRIGGERED),
        ),
    ),
    "silence": (
        Silence(actor=ANNA),
        (
            ("no: not_sounding", DISARMED),
            ("no: not_sounding", ARMING),
            ("no: not_sounding", ARMED),
            ("no: not_sounding", PENDING),
            ("SirenOff", TRIGGERED),
        ),
    ),
    "panic": (
        Panic(actor=ANNA),
        (
            (HELP, TRIGGERED),
            (HELP, TRIGGERED),
            (HELP, TRIGGERED),
            (HELP, TRIGGERED),
            ("AlarmRaised TellOutside MemoryChanged", TRIGGERED),
        ),
    ),
    "begin a walk test": (
        WalkTest(actor=ANNA),
        (
            ("WalkTestChanged", DISARMED),
            ("no: armed", ARMING),
            ("no: armed", ARMED),
            ("no: armed", PENDING),
            ("no: alarm_running", TRIGGERED),
        ),
    ),
    "a watched zone opens": (
        ZoneOpened(zone="attic"),
        (
            ("why: not_watched", DISARMED),
            ("why: exit_delay", ARMING),
            (RAISED, TRIGGERED),
            (RAISED, TRIGGERED),
            (RAISED_MORE, TRIGGERED),
        ),
    ),
    "an entry zone opens": (
        ZoneOpened(zone="garage"),
        (
            ("why: not_watched", DISARMED),
            ("why: exit_delay", ARMING),
            (PHASE, PENDING),
            (SAME, PENDING),
            (SAME, TRIGGERED),
        ),
    ),
    "a follower opens": (
        ZoneOpened(zone="hall"),
        (
            ("why: not_watched", DISARMED),
            ("why: exit_delay", ARMING),
            (RAISED, TRIGGERED),
            (SAME, PENDING),
            (RAISED_MORE, TRIGGERED),
        ),
    ),
    "a 24-hour zone opens": (
        ZoneOpened(zone="water"),
        (
            (RAISED, TRIGGERED),
            (RAISED, TRIGGERED),
            (RAISED, TRIGGERED),
            (RAISED, TRIGGERED),
            (RAISED_MORE, TRIGGERED),
        ),
    ),
    "a fire zone opens": (
        ZoneOpened(zone="smoke"),
        (
            (HELP, TRIGGERED),
            (HELP, TRIGGERED),
            (HELP, TRIGGERED),
            (HELP, TRIGGERED),
            ("AlarmRaised SirenOn TellOutside MemoryChanged", TRIGGERED),
        ),
    ),
    "a silent panic zone opens": (
        ZoneOpened(zone="button"),
        (
            ("AlarmRaised TellOutside MemoryChanged", DISARMED),
            ("AlarmRaised TellOutside MemoryChanged", ARMING),
            ("AlarmRaised TellOutside MemoryChanged", ARMED),
            ("AlarmRaised TellOutside MemoryChanged", PENDING),
            # The one that shows, which waited, apart from the one that does not.
            ("AlarmRaised TellOutside MemoryChanged", TRIGGERED),
        ),
    ),
    "a tamper zone opens": (
        ZoneOpened(zone="cover"),
        (
            (RAISED, TRIGGERED),
            (RAISED, TRIGGERED),
            (RAISED, TRIGGERED),
            (RAISED, TRIGGERED),
            (RAISED_MORE, TRIGGERED),
        ),
    ),
    "a chime zone opens": (
        ZoneOpened(zone="bell"),
        (
            ("Chimed", DISARMED),
            ("why: not_watched", ARMING),
            ("why: not_watched", ARMED),
            ("why: not_watched", PENDING),
            ("why: not_watched", TRIGGERED),
        ),
    ),
    "a zone closes": (
        ZoneClosed(zone="attic"),
        everywhere(SAME),
    ),
    "a zone is tampered with": (
        ZoneTampered(zone="attic"),
        (
            (f"{RAISED} TroubleChanged", TRIGGERED),
            (f"{RAISED} TroubleChanged", TRIGGERED),
            (f"{RAISED} TroubleChanged", TRIGGERED),
            (f"{RAISED} TroubleChanged", TRIGGERED),
            (f"{RAISED_MORE} TroubleChanged", TRIGGERED),
        ),
    ),
    "a zone is lost": (
        ZoneFaulted(zone="attic", fault=Fault.LOST),
        everywhere("TroubleChanged"),
    ),
    "a zone is back": (
        ZoneRestored(zone="attic", fault=Fault.LOST),
        everywhere(SAME),
    ),
    "a broker goes": (
        BrokerLost(broker="mqtt"),
        everywhere("TroubleChanged"),
    ),
    "a broker comes back": (
        BrokerBack(broker="mqtt"),
        everywhere(SAME),
    ),
    "a siren is lost": (
        SirensStand(troubles=(Trouble(zone="siren", fault=Fault.SIREN_LOST),)),
        everywhere("TroubleChanged"),
    ),
    "a siren is back": (
        SirensStand(troubles=()),
        everywhere(SAME),
    ),
    "a picture comes": (
        ZonePictured(zone="window", image="1.jpg"),
        ((SAME, DISARMED), (SAME, ARMING), (SAME, ARMED), (SAME, PENDING), ("MemoryChanged", TRIGGERED)),
    ),
    "a wrong code": (
        CodeRefused(actor=ANNA),
        everywhere("CodeWrong"),
    ),
    "a right code": (
        CodeAccepted(actor=ANNA),
        everywhere(SAME),
    ),
    "a duress code that may not": (
        DuressGiven(actor=ANNA),
        everywhere("DuressRaised"),
    ),
    "time passes": (
        Tick(),
        everywhere("why: deadlines_only"),
    ),
    "a restart": (
        Restarted(),
        (
            ("SirenOff", DISARMED),
            ("SirenOff", ARMING),
            ("SirenOff", ARMED),
            ("SirenOff", PENDING),
            ("SirenOn", TRIGGERED),
        ),
    ),
}
CASES = [
    pytest.param(phase, event, *cell, id=f"{name} while {phase}")
    for name, (event, cells) in EXPECTED.items()
    for phase, cell in zip(Phase, cells, strict=True)
]


def panel_in(phase: Phase) -> Panel:
    """Return a house in a phase; a burglar came by the window where there is an alarm."""
    panel = Panel()
    if phase is ARMING:
        panel.arm()
    elif phase is not DISARMED:
        panel.armed()
    if phase is PENDING:
        panel.open("door")
    elif phase is TRIGGERED:
        panel.open("window")
    assert panel.phase is phase
    return panel


def seen(panel: Panel) -> str:
    """Say what the last event led to."""
    said = [f"no: {effect.reason}" for effect in panel.effects if isinstance(effect, Refused)]
    said += [f"why: {effect.reason}" for effect in panel.effects if isinstance(effect, Passed)]
    return " ".join(said or kinds(panel.effects))


def test_every_event_has_a_rule_in_every_phase() -> None:
    # What can happen is listed where it is defined, so that a new event without a rule is found.
    events = {member for group in Event.__value__.__args__ for member in members(group)}
    assert {kind: set(row) for kind, row in TABLE.items()} == {kind: set(Phase) for kind in events}


def test_every_pair_of_the_table_is_tested() -> None:
    tested = {(case.values[0], type(case.values[1])) for case in CASES}
    assert tested == {(phase, kind) for kind, row in TABLE.items() for phase in row}


def test_every_timer_has_an_end() -> None:
    assert set(EXPIRY) == set(Timer)


@pytest.mark.parametrize(("phase", "event", "wanted", "after"), CASES)
def test_what_happens(phase: Phase, event: Event, wanted: str, after: Phase) -> None:
    panel = panel_in(phase)
    if isinstance(event, ZoneOpened):
        panel.stand(event.zone, open=True)
    panel.post(event)
    assert (seen(panel), panel.phase) == (wanted, after)


@pytest.mark.parametrize("phase", Phase)
def test_a_refusal_changes_nothing_but_what_is_said_of_it(phase: Phase) -> None:
    refused = 0
    for event, _ in EXPECTED.values():
        panel = panel_in(phase)
        before = panel.status
        panel.post(event)
        if panel.refused() is not None:
            refused += 1
            assert replace(panel.status, last_refusal=None) == before
            assert panel.status.last_refusal is not None
    assert refused


@pytest.mark.parametrize("phase", Phase)
def test_what_is_no_zone_of_the_partition_changes_nothing(phase: Phase) -> None:
    panel = panel_in(phase)
    before = panel.status
    panel.post(ZoneOpened(zone="somewhere else"))
    assert (panel.status, seen(panel)) == (before, "why: not_a_zone")


def test_the_house_has_a_zone_of_every_kind() -> None:
    assert {zone.kind for zone in ZONES.values()} == set(ZoneKind)
    assert HOUSE.zones is ZONES


def members(group: object) -> tuple[object, ...]:
    """Return the classes that a union, or one class, stands for."""
    value = getattr(group, "__value__", group)
    return getattr(value, "__args__", (value,))
