"""What has hurt the owners of other alarms, each as one story."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.event_hub.engine.alarm.codes import (
    CodeUser,
    Denial,
    Denied,
    Path,
    Permission,
    Request,
    authorise,
)
from custom_components.event_hub.engine.alarm.effects import AlarmRaised, Cancelled
from custom_components.event_hub.engine.alarm.events import Arm, CodeRefused, Disarm, action_of
from custom_components.event_hub.engine.alarm.model import Action, Actor, ActorKind, Mode
from custom_components.event_hub.engine.alarm.status import Phase, Timer

from .kit import ANNA, HOUSE, Panel

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=ZoneInfo("Europe/Vienna"))
ARMS_ONLY = CodeUser(user_id="cleaner", name="Cleaner", permissions=(Permission.ARM,))


def denied(request: Request, *users: CodeUser) -> Denial | None:
    panel = Panel()
    answer = authorise(request, ((HOUSE, panel.status),), {user.user_id: user for user in users}, NOON)
    return answer.reason if isinstance(answer, Denied) else None


@pytest.mark.parametrize("phase", Phase)
def test_the_state_is_not_lost_at_a_restart(phase: Phase) -> None:
    panel = Panel()
    if phase is Phase.ARMING:
        panel.arm()
    elif phase is not Phase.DISARMED:
        panel.armed()
    if phase is Phase.PENDING:
        panel.open("door")
    if phase is Phase.TRIGGERED:
        panel.open("window")
    mode = panel.status.mode
    panel.restart(5)
    assert (panel.phase, panel.status.mode) == (phase, mode)


def test_an_alarm_is_raised_after_a_reconnect() -> None:
    panel = Panel()
    panel.armed()
    panel.lose("window")
    panel.wait(600)
    panel.find("window", open=True)
    assert panel.wanted(AlarmRaised)


def test_nothing_alarms_because_a_sensor_that_was_open_is_back() -> None:
    panel = Panel()
    panel.open("window")
    panel.armed(force=True)
    panel.disarm()
    panel.open("hall")
    panel.armed(Mode.NIGHT, force=True)
    panel.lose("window")
    panel.find("window", open=True)
    assert panel.wanted(AlarmRaised) == []
    assert panel.phase is Phase.ARMED


def test_the_house_does_not_disarm_itself_after_the_siren_with_a_window_open() -> None:
    panel = Panel()
    panel.armed()
    panel.open("window")
    panel.wait(86_400)
    assert (panel.phase, panel.status.mode, panel.status.changed_by) == (Phase.ARMED, Mode.AWAY, ANNA)


def test_coming_in_again_does_not_reset_the_entry_delay() -> None:
    panel = Panel()
    panel.armed()
    panel.pulse("door")
    panel.wait(20)
    panel.pulse("door")
    panel.pulse("garage")
    assert panel.left(Timer.ENTRY) == 10


def test_a_bypass_is_not_lost_at_a_restart_nor_after_an_alarm() -> None:
    panel = Panel()
    panel.open("window")
    panel.armed(force=True)
    panel.pulse("attic")
    panel.wait(200)
    panel.restart(5, heard=True)
    panel.close("window")
    panel.open("window")
    assert panel.wanted(AlarmRaised) == []
    assert panel.status.forced == ("window",)


def test_a_bypass_does_not_stick() -> None:
    panel = Panel()
    panel.open("window")
    panel.armed(force=True)
    panel.disarm()
    panel.close("window")
    panel.armed()
    panel.open("window")
    assert panel.wanted(AlarmRaised)


def test_a_retained_command_is_not_obeyed_again() -> None:
    request = Request(action=Action.PANIC, path=Path.MQTT, name="Hall keypad", retained=True)
    assert denied(request) is Denial.RETAINED


@pytest.mark.parametrize("path", Path)
def test_a_button_in_a_notification_does_not_disarm_without_the_code(path: Path) -> None:
    assert denied(Request(action=Action.DISARM, path=path, name="Anna's phone")) is Denial.CODE_MISSING


def test_a_code_that_may_only_arm_does_not_change_the_mode() -> None:
    request = Request(action=Action.CHANGE_MODE, path=Path.PANEL, name="x", code_given=True, user_id="cleaner")
    assert denied(request, ARMS_ONLY) is Denial.NO_PERMISSION


def test_asking_to_arm_an_armed_house_is_no_way_to_another_mode() -> None:
    panel = Panel()
    panel.armed(Mode.AWAY)
    panel.post(Arm(mode=Mode.HOME, actor=ANNA))
    assert panel.refused() is not None
    assert panel.status.mode is Mode.AWAY


def test_asking_to_force_is_asking_to_bypass() -> None:
    forced = action_of(Arm(mode=Mode.AWAY, actor=ANNA, force=True))
    request = Request(action=forced, path=Path.PANEL, name="x", code_given=True, user_id="cleaner")
    assert denied(request, ARMS_ONLY) is Denial.NO_PERMISSION


def test_a_keypad_that_is_hammered_at_does_not_disarm() -> None:
    panel = Panel()
    panel.armed()
    hammerer = Actor(kind=ActorKind.KEYPAD, name="Hall keypad")
    for _ in range(50):
        panel.post(CodeRefused(actor=hammerer))
    assert panel.phase is Phase.ARMED
    request = Request(action=Action.DISARM, path=Path.MQTT, name="x", code_given=True, user_id="cleaner")
    answer = authorise(request, ((HOUSE, panel.status),), {"cleaner": ARMS_ONLY}, NOON)
    assert isinstance(answer, Denied)
    assert answer.reason is Denial.LOCKED_OUT


def test_a_disarming_that_comes_as_the_delay_ends_still_ends_the_siren() -> None:
    panel = Panel()
    panel.armed()
    panel.open("door")
    panel.now += 30
    panel.post(Disarm(actor=ANNA))
    assert (panel.phase, panel.status.siren) == (Phase.DISARMED, False)
    assert panel.wanted(Cancelled) == [Cancelled(told=False, actor=ANNA)]
