import pytest

from custom_components.event_hub.engine.alarm.effects import (
    AlarmRaised,
    BypassChanged,
    CodeUsedUp,
    CodeWrong,
    LockedOut,
    LockoutEnded,
    SwungOut,
    TroubleChanged,
)
from custom_components.event_hub.engine.alarm.events import (
    Acknowledge,
    Arm,
    CodeAccepted,
    CodeRefused,
    DuressGiven,
    Panic,
    ZoneFaulted,
    ZonePictured,
    ZoneRestored,
    ZoneTampered,
)
from custom_components.event_hub.engine.alarm.model import Actor, ActorKind, Mode
from custom_components.event_hub.engine.alarm.problems import Fault, PassReason, RefusalReason, Trouble
from custom_components.event_hub.engine.alarm.status import AlarmKind, Lockout, Phase, Swing, Timer

from .kit import ANNA, ZONES, Panel, burgled

STRANGER = Actor(kind=ActorKind.KEYPAD, name="Hall keypad")
GUEST = Actor(kind=ActorKind.CODE_USER, name="Guest", user_id="guest", once=True)


def guess(panel: Panel, times: int) -> None:
    for _ in range(times):
        panel.post(CodeRefused(actor=STRANGER))


@pytest.mark.parametrize("zone", [zone for zone in ZONES if zone not in {"smoke", "button"}])
def test_a_bypassed_zone_never_alarms(zone: str) -> None:
    panel = Panel()
    panel.bypass(zone)
    panel.armed()
    panel.open(zone)
    panel.post(ZoneTampered(zone=zone))
    assert panel.passed() == [PassReason.BYPASSED]
    panel.wait(60)
    assert (panel.phase, panel.status.memory) == (Phase.ARMED, ())


def test_a_bypassed_zone_does_not_alarm_while_one_leaves_either() -> None:
    panel = Panel()
    panel.bypass("water")
    panel.arm()
    panel.open("water")
    assert panel.passed() == [PassReason.BYPASSED]


@pytest.mark.parametrize("zone", ["smoke", "button"])
def test_fire_and_panic_cannot_be_bypassed(zone: str) -> None:
    panel = Panel()
    panel.bypass("window", zone)
    assert panel.refused() is RefusalReason.NOT_BYPASSABLE
    assert panel.status.bypassed == ()


def test_what_is_no_zone_cannot_be_bypassed() -> None:
    panel = Panel()
    panel.bypass("nothing")
    assert panel.refused() is RefusalReason.UNKNOWN_ZONE


def test_a_bypass_ends_at_disarm() -> None:
    panel = Panel()
    panel.bypass("window")
    panel.open("attic")
    panel.armed(force=True)
    panel.disarm()
    assert panel.wanted(BypassChanged) == [BypassChanged(bypassed=(), forced=(), actor=ANNA)]


def test_a_zone_can_be_watched_again() -> None:
    panel = Panel()
    panel.bypass("window")
    panel.armed()
    panel.bypass("window", bypassed=False)
    panel.open("window")
    assert panel.wanted(AlarmRaised)


def test_an_open_zone_is_not_watched_again_while_armed() -> None:
    panel = Panel()
    panel.open("window")
    panel.armed(force=True)
    panel.bypass("window", bypassed=False)
    assert panel.refused() is RefusalReason.ZONE_OPEN
    assert panel.status.forced == ("window",)


def test_an_open_zone_may_be_watched_again_while_disarmed() -> None:
    panel = Panel()
    panel.bypass("window")
    panel.open("window")
    panel.bypass("window", bypassed=False)
    assert panel.status.bypassed == ()


def test_a_fault_is_told_once() -> None:
    panel = Panel()
    panel.armed()
    panel.lose("attic")
    assert panel.wanted(TroubleChanged) == [
        TroubleChanged(troubles=(Trouble(zone="attic", fault=Fault.LOST),), watched=("attic",))
    ]
    panel.lose("attic")
    assert panel.effects == ()


def test_a_fault_of_a_zone_that_is_not_watched_is_told_as_such() -> None:
    panel = Panel()
    panel.lose("attic")
    assert panel.wanted(TroubleChanged)[0].watched == ()


def test_a_zone_may_have_several_faults() -> None:
    panel = Panel()
    panel.lose("attic")
    panel.post(ZoneFaulted(zone="attic", fault=Fault.LOW_BATTERY))
    panel.post(ZoneRestored(zone="attic", fault=Fault.LOST))
    assert panel.status.troubles == (Trouble(zone="attic", fault=Fault.LOW_BATTERY),)


def test_a_lost_zone_that_comes_back_closed_counts_when_it_opens() -> None:
    panel = Panel()
    panel.armed()
    panel.open("window")
    panel.wait(300)
    panel.lose("window")
    panel.find("window", open=False)
    panel.open("window")
    assert panel.wanted(AlarmRaised)


def test_a_tampered_zone_that_was_restored_alarms_again() -> None:
    panel = Panel()
    panel.post(ZoneTampered(zone="attic"))
    panel.post(ZoneRestored(zone="attic", fault=Fault.TAMPER))
    panel.disarm()
    panel.post(ZoneTampered(zone="attic"))
    assert panel.wanted(AlarmRaised)


def test_a_tamper_of_an_input_switched_off_is_noted_and_does_not_alarm() -> None:
    panel = Panel()
    panel.stand("attic", enabled=False)
    panel.post(ZoneTampered(zone="attic"))
    assert panel.passed() == [PassReason.DISABLED]
    assert panel.status.troubles


def tamper(panel: Panel, zone: str = "attic") -> None:
    """Meddle with a detector, and put it back."""
    panel.post(ZoneTampered(zone=zone))
    panel.post(ZoneRestored(zone=zone, fault=Fault.TAMPER))


def test_a_detector_tampered_with_over_and_over_is_silenced() -> None:
    panel = Panel()
    panel.armed()
    swung: list[SwungOut] = []
    for _ in range(4):
        tamper(panel)
        swung += [effect for effect in panel.wait(200) if isinstance(effect, SwungOut)]
    assert len(panel.status.memory) == 3
    panel.post(ZoneTampered(zone="attic"))
    assert panel.passed() == [PassReason.SWUNG_OUT]


def test_a_loose_contact_is_one_alarm_while_the_siren_sounds() -> None:
    panel = Panel()
    panel.armed()
    for _ in range(10):
        tamper(panel)
    assert (len(panel.status.memory), panel.status.swing_of("attic").tampers) == (1, 1)


def test_a_tamper_of_a_zone_that_sounds_is_kept_and_counts_as_no_alarm_of_its_own() -> None:
    panel = burgled()
    tamper(panel, "window")
    assert [alarm.kind for alarm in panel.status.memory] == [AlarmKind.BURGLARY, AlarmKind.TAMPER]
    assert panel.status.swings == (Swing(zone="window", alarms=1),)


def test_a_detector_that_was_tampered_with_too_often_still_sees_a_burglar() -> None:
    panel = Panel()
    panel.armed()
    for _ in range(5):
        tamper(panel)
        panel.wait(200)
    panel.open("attic")
    assert [effect.alarm.kind for effect in panel.wanted(AlarmRaised)] == [AlarmKind.BURGLARY]


def test_a_picture_of_a_quiet_zone_is_nobodys() -> None:
    panel = Panel()
    before = panel.status
    panel.post(ZonePictured(zone="window", image="1.jpg"))
    assert panel.status == before


def test_wrong_codes_are_counted() -> None:
    panel = Panel()
    guess(panel, 1)
    assert panel.wanted(CodeWrong) == [CodeWrong(left=4, actor=STRANGER)]


def test_the_fifth_wrong_code_locks_code_entry_for_ninety_seconds() -> None:
    panel = Panel()
    guess(panel, 5)
    assert panel.wanted(LockedOut) == [LockedOut(until=panel.now + 90, actor=STRANGER)]
    panel.wait(90)
    assert panel.wanted(LockoutEnded)


def test_codes_given_while_locked_lengthen_nothing() -> None:
    panel = Panel()
    guess(panel, 5)
    panel.wait(45)
    guess(panel, 100)
    assert panel.passed() == [PassReason.LOCKED_OUT]
    assert panel.left(Timer.LOCKOUT) == 45


def test_each_lockout_is_twice_as_long_for_a_day_at_most() -> None:
    panel = Panel()
    lengths = []
    for _ in range(13):
        guess(panel, 5)
        lengths.append(panel.left(Timer.LOCKOUT))
        panel.wait(86_400)
    assert lengths == [*(90 * 2**number for number in range(10)), 86_400, 86_400, 86_400]


def test_a_right_code_after_the_lock_forgets_the_wrong_ones() -> None:
    panel = Panel()
    guess(panel, 5)
    panel.wait(90)
    guess(panel, 3)
    panel.disarm()
    assert panel.status.lockout == Lockout()
    guess(panel, 5)
    assert panel.left(Timer.LOCKOUT) == 90


def test_a_right_code_given_for_others_forgets_them_too() -> None:
    panel = Panel()
    guess(panel, 3)
    panel.post(CodeAccepted(actor=ANNA))
    assert panel.status.lockout == Lockout()


@pytest.mark.parametrize(
    "event", [Arm(mode=Mode.AWAY, actor=GUEST), Acknowledge(actor=GUEST), CodeAccepted(actor=GUEST)]
)
def test_a_code_that_may_not_disarm_buys_no_guesses(event: Arm | Acknowledge | CodeAccepted) -> None:
    panel = Panel()
    panel.armed()
    guess(panel, 4)
    panel.post(event)
    assert panel.status.lockout == Lockout(wrong=4)
    guess(panel, 1)
    assert panel.left(Timer.LOCKOUT) == 90


def test_who_needs_no_code_forgets_nothing() -> None:
    panel = Panel()
    guess(panel, 3)
    panel.post(Arm(mode=Mode.AWAY, actor=STRANGER))
    assert panel.status.lockout == Lockout(wrong=3)


def test_ten_thousand_wrong_codes_change_nothing_and_take_a_year() -> None:
    panel = Panel()
    panel.armed()
    before, start = panel.status.phase, panel.now
    for _ in range(2_000):
        guess(panel, 5)
        panel.wait(panel.left(Timer.LOCKOUT) or 0)
    assert panel.phase is before
    assert panel.now - start > 365 * 86_400


def test_help_can_be_called_for_while_codes_are_locked() -> None:
    panel = Panel()
    guess(panel, 5)
    panel.post(Panic(actor=STRANGER))
    assert panel.wanted(AlarmRaised)


def test_a_code_that_works_once_is_used_up_by_what_it_achieves() -> None:
    panel = Panel()
    panel.post(Arm(mode=Mode.AWAY, actor=GUEST))
    assert panel.wanted(CodeUsedUp) == [CodeUsedUp(user_id="guest")]
    assert panel.status.used_codes == ("guest",)


def test_a_code_that_works_once_is_not_used_up_by_a_refusal() -> None:
    panel = Panel()
    panel.armed()
    panel.post(Arm(mode=Mode.AWAY, actor=GUEST))
    assert panel.refused() is RefusalReason.ALREADY_ARMED
    assert panel.status.used_codes == ()


@pytest.mark.parametrize("event", [CodeAccepted(actor=GUEST), CodeRefused(actor=GUEST), DuressGiven(actor=GUEST)])
def test_a_code_that_works_once_is_not_used_up_by_being_known(event: CodeAccepted | CodeRefused | DuressGiven) -> None:
    panel = Panel()
    panel.post(event)
    assert panel.status.used_codes == ()
    assert panel.wanted(CodeUsedUp) == []
