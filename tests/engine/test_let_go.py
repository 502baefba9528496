"""After a crash, what the alarm knows of a call for help counts: its journal is newer than how inputs were stored."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.events import Acknowledge
from custom_components.event_hub.engine.alarm.model import Zone, ZoneKind
from custom_components.event_hub.engine.effects import EscalationRaised
from custom_components.event_hub.engine.events import EnabledSet, RuleSet
from custom_components.event_hub.engine.model import InputRule, InputStatus
from custom_components.event_hub.engine.restore import rearm

from .house import ANNA, HOUSE, House, kinds
from .kit import only


def called(key: str = "Smoke") -> House:
    """Return a house that was armed, and in which an input raised the alarm a while after it was clear."""
    house = House()
    house.armed()
    house.wait(5)
    house.active(key)
    assert [alarm.zone for alarm in house.status().memory] == [key]
    return house


def ended(house: House) -> None:
    """Disarm, and let nobody know any more that there was an alarm."""
    house.disarm()
    house.ask(Acknowledge(actor=ANNA))
    assert house.status().memory == ()


def crash(house: House, stored: dict[str, InputStatus]) -> None:
    """Go on from what was stored of the inputs some time ago, and from the alarm's journal."""
    house.wait(5)
    house.state.input_status.clear()
    house.state.input_status.update(stored)
    house.state.apply(rearm(house.state, house.now).changes)


def let_go(house: House) -> None:
    """Let the detector be clear again."""
    house.clear("Smoke")


def let_go_and_acknowledged(house: House) -> None:
    """Let the detector be clear, and nobody know any more that it raised an alarm."""
    house.clear("Smoke")
    ended(house)


def acknowledged_and_let_go(house: House) -> None:
    """Let the detector be clear only once nobody knows any more that it raised an alarm."""
    ended(house)
    house.clear("Smoke")


def let_go_and_raised_anew(house: House) -> None:
    """Let the detector be clear, and call for help once more."""
    let_go_and_acknowledged(house)
    house.active("Smoke")


@pytest.mark.parametrize(
    ("key", "then", "active"),
    [
        ("Smoke", ended, True),
        ("Smoke", let_go, False),
        ("Smoke", let_go_and_acknowledged, False),
        ("Smoke", acknowledged_and_let_go, False),
        ("Smoke", let_go_and_raised_anew, True),
        ("Window", lambda house: house.clear("Window"), True),
    ],
)
def test_what_called_for_help_and_was_let_go_is_clear_whatever_is_stored_of_it(
    key: str, then: Callable[[House], None], active: bool
) -> None:
    house = called(key)
    stored = dict(house.state.input_status)
    assert stored[key].active
    house.wait(5)
    then(house)
    crash(house, stored)
    assert house.state.input_status[key].active is active


@pytest.mark.parametrize("known", [True, False], ids=["stored as clear", "never stored"])
def test_what_calls_for_help_still_raises_no_second_alarm_though_it_is_not_stored_as_active(known: bool) -> None:
    house = called()
    stored = dict(house.state.input_status)
    clear = stored.pop("Smoke")
    if known:
        stored["Smoke"] = replace(clear, active=False, active_since=None, changed_at=house.now - 5)
    ended(house)
    crash(house, stored)
    assert house.state.input_status["Smoke"].active
    house.reboot()
    house.heartbeat()
    house.wait(5)
    house.active("Smoke", level=True)
    assert house.status().memory == ()
    house.clear("Smoke")
    assert "AlarmRaised" in kinds(house.active("Smoke"))


def test_what_calls_for_help_still_is_escalated_though_neither_was_stored() -> None:
    house = House()
    house.post(RuleSet(input_key="Smoke", rule=InputRule(escalate_after=120.0, hold=3600.0)))
    house.armed()
    house.wait(5)
    house.active("Smoke")
    house.state.escalations.clear()
    stored = dict(house.state.input_status)
    del stored["Smoke"]
    crash(house, stored)
    assert only(house.wait(120), EscalationRaised).input_key == "Smoke"


def test_what_called_for_help_is_active_even_if_its_own_status_was_stored_later_but_alike() -> None:
    house = called()
    crash(house, dict(house.state.input_status))
    assert house.state.input_status["Smoke"].active


def test_what_opened_after_the_last_that_the_journal_took_raises_its_alarm() -> None:
    house = called()
    let_go_and_acknowledged(house)
    journal = house.status()
    house.wait(5)
    house.active("Smoke")
    stored = dict(house.state.input_status)
    house.state.alarm["house"] = journal
    crash(house, stored)
    assert house.state.input_status["Smoke"].active
    house.reboot()
    house.clear("Hall")
    assert [alarm.zone for alarm in house.status().memory] == ["Smoke"]


def test_what_was_let_go_after_the_last_that_the_journal_took_is_clear() -> None:
    house = called()
    journal = house.status()
    house.wait(5)
    house.clear("Smoke")
    stored = dict(house.state.input_status)
    house.state.alarm["house"] = journal
    crash(house, stored)
    assert not house.state.input_status["Smoke"].active


def test_what_is_switched_off_while_it_calls_for_help_is_not_taken_for_let_go() -> None:
    house = called()
    ended(house)
    house.wait(5)
    house.post(EnabledSet(inputs=("Smoke",), enabled=False))
    crash(house, dict(house.state.input_status))
    assert "AlarmRaised" in kinds(house.post(EnabledSet(inputs=("Smoke",), enabled=True)))


def test_nothing_is_remembered_of_how_other_zones_moved_or_of_zones_that_are_taken_out() -> None:
    house = called()
    house.active("Window")
    assert [each.zone for each in house.status().moved] == ["Smoke"]
    ended(house)
    house.set_up(replace(HOUSE, zones={"Window": Zone(), "Door": Zone(kind=ZoneKind.ENTRY_EXIT)}))
    assert house.status().moved == ()
