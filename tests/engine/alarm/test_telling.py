from dataclasses import replace

import pytest

from custom_components.event_hub.engine.alarm.effects import (
    Cancelled,
    DuressRaised,
    Effect,
    TellOutside,
)
from custom_components.event_hub.engine.alarm.events import Acknowledge, ZonePictured
from custom_components.event_hub.engine.alarm.model import AfterSiren, Channels
from custom_components.event_hub.engine.alarm.problems import RefusalReason
from custom_components.event_hub.engine.alarm.status import Outside, Phase

from .kit import ANNA, HOUSE, SILENT, THREATENED, Panel, burgled, kinds, told


def test_outside_is_told_even_if_the_siren_disarmed_before() -> None:
    panel = burgled(replace(HOUSE, after_siren=AfterSiren.DISARMED, siren_limit=10))
    panel.wait(30)
    assert told(panel) == ["window"]


def test_outside_is_told_after_the_abort_window() -> None:
    panel = burgled()
    panel.wait(29)
    assert told(panel) == []
    panel.wait(1)
    assert told(panel) == ["window"]
    assert panel.status.memory[0].outside is Outside.TOLD


@pytest.mark.parametrize(
    ("channels", "loud", "silent"),
    [
        (Channels(), Outside.TOLD, Outside.TOLD),
        (Channels(alarms=False), Outside.NO_CHANNEL, Outside.TOLD),
        (Channels(silent=False), Outside.TOLD, Outside.NO_CHANNEL),
        (Channels(alarms=False, silent=False), Outside.NO_CHANNEL, Outside.NO_CHANNEL),
    ],
)
def test_whether_there_was_a_channel_when_outside_was_told_is_remembered(
    channels: Channels, loud: Outside, silent: Outside
) -> None:
    panel = burgled()
    panel.channels = channels
    panel.open("button")
    panel.wait(30)
    panel.channels = Channels()
    panel.wait(60)
    assert [(alarm.zone, alarm.outside) for alarm in panel.status.memory] == [("window", loud), ("button", silent)]


def test_without_a_channel_outside_is_told_as_ever_what_is_for_automations_too() -> None:
    panel = burgled()
    panel.channels = Channels(alarms=False)
    panel.wait(30)
    assert [alarm.outside for effect in panel.wanted(TellOutside) for alarm in effect.alarms] == [Outside.NO_CHANNEL]
    panel.disarm()
    assert panel.wanted(Cancelled) == [Cancelled(told=True, actor=ANNA)]


def test_what_was_aborted_is_aborted_whatever_channels_there_are() -> None:
    panel = burgled()
    panel.channels = Channels(alarms=False)
    panel.disarm()
    assert [alarm.outside for alarm in panel.status.memory] == [Outside.ABORTED]


def test_all_that_alarmed_within_the_window_is_told_at_once() -> None:
    panel = burgled()
    panel.wait(20)
    panel.open("attic")
    panel.wait(10)
    assert told(panel) == ["window", "attic"]


def test_what_alarms_later_is_told_later_and_nothing_twice() -> None:
    panel = burgled()
    panel.wait(60)
    panel.open("attic")
    panel.wait(30)
    assert told(panel) == ["attic"]


def test_without_an_abort_window_outside_is_told_at_once() -> None:
    panel = Panel(replace(HOUSE, abort_window=0))
    panel.armed()
    panel.open("window")
    assert told(panel) == ["window"]


@pytest.mark.parametrize("zone", ["smoke", "button"])
def test_fire_and_panic_do_not_wait(zone: str) -> None:
    panel = Panel()
    panel.open(zone)
    assert told(panel) == [zone]


def test_disarming_in_the_abort_window_tells_nobody() -> None:
    panel = burgled()
    panel.wait(29)
    panel.disarm()
    assert panel.wanted(Cancelled) == [Cancelled(told=False, actor=ANNA)]
    panel.wait(3600)
    assert panel.effects == ()
    assert panel.status.memory[0].outside is Outside.ABORTED


def test_disarming_in_the_cancel_window_takes_it_back() -> None:
    panel = burgled()
    panel.wait(30 + 300)
    panel.disarm()
    assert panel.wanted(Cancelled) == [Cancelled(told=True, actor=ANNA)]


def test_disarming_later_takes_nothing_back() -> None:
    panel = burgled()
    panel.wait(30 + 301)
    panel.disarm()
    assert panel.wanted(Cancelled) == []


def test_disarming_twice_takes_it_back_once() -> None:
    panel = burgled()
    panel.wait(60)
    panel.disarm()
    panel.disarm()
    assert panel.effects == ()


def test_an_aborted_alarm_is_not_told_with_the_next_one() -> None:
    panel = burgled()
    panel.disarm()
    panel.armed()
    panel.open("attic")
    panel.wait(30)
    assert told(panel) == ["attic"]


def test_duress_disarms_as_usual_and_calls_for_help() -> None:
    panel = Panel()
    panel.armed()
    panel.disarm(THREATENED)
    assert panel.phase is Phase.DISARMED
    assert panel.wanted(DuressRaised) == [DuressRaised(actor=THREATENED, at=panel.now)]


def test_duress_shows_nowhere_in_the_status() -> None:
    freely, threatened = Panel(), Panel()
    for panel, actor in ((freely, ANNA), (threatened, THREATENED)):
        panel.armed()
        panel.disarm(actor)
    assert freely.status == threatened.status


def test_an_alarm_called_off_under_duress_is_told_with_the_call_for_help() -> None:
    panel = burgled()
    panel.disarm(THREATENED)
    (called,) = panel.wanted(DuressRaised)
    assert [(alarm.zone, alarm.outside) for alarm in called.alarms] == [("window", Outside.TOLD)]
    assert told(panel) == []


@pytest.mark.parametrize("seconds", [10, 60, 400])
def test_disarming_under_duress_shows_what_any_disarming_shows(seconds: float) -> None:
    shown = []
    for actor in (ANNA, THREATENED):
        panel = burgled()
        panel.wait(seconds)
        effects = [each for each in panel.disarm(actor) if not isinstance(each, DuressRaised)]
        shown.append((panel.status, [as_shown(effect) for effect in effects]))
    freely, threatened = shown
    assert threatened == freely


@pytest.mark.parametrize("seconds", [10, 60])
def test_outside_does_not_hear_from_somebody_under_duress_that_all_is_well(seconds: float) -> None:
    panel = burgled()
    panel.wait(seconds)
    panel.disarm(THREATENED)
    assert [effect.withheld for effect in panel.wanted(Cancelled)] == [True]


def test_duress_calls_for_help_even_if_what_was_asked_is_refused() -> None:
    panel = burgled()
    panel.post(Acknowledge(actor=THREATENED))
    assert panel.refused() is RefusalReason.ALARM_RUNNING
    assert panel.wanted(DuressRaised)


def test_the_memory_keeps_every_zone_in_order_with_its_pictures() -> None:
    panel = Panel()
    panel.armed()
    panel.open("window", image="1.jpg")
    panel.wait(5)
    panel.open("attic")
    panel.post(ZonePictured(zone="attic", image="2.jpg"))
    panel.post(ZonePictured(zone="window", image="3.jpg"))
    panel.disarm()
    assert [(alarm.zone, alarm.images) for alarm in panel.status.memory] == [
        ("window", ("1.jpg", "3.jpg")),
        ("attic", ("2.jpg",)),
    ]


def test_a_picture_from_the_entry_delay_is_kept_with_the_alarm() -> None:
    panel = Panel()
    panel.armed()
    panel.open("door")
    panel.post(ZonePictured(zone="door", image="1.jpg"))
    panel.wait(30)
    assert panel.status.memory[0].images == ("1.jpg",)


def test_a_picture_of_another_day_is_none_of_the_alarm() -> None:
    panel = burgled()
    panel.wait(86_400)
    panel.post(ZonePictured(zone="window", image="1.jpg"))
    assert panel.status.memory[0].images == ()


def test_the_memory_lasts_until_it_is_acknowledged() -> None:
    panel = burgled()
    panel.disarm()
    panel.armed()
    panel.disarm()
    assert len(panel.status.memory) == 1
    panel.post(Acknowledge(actor=ANNA))
    assert (panel.status.memory, kinds(panel.effects)) == ((), ["MemoryChanged"])


def test_the_memory_cannot_be_acknowledged_before_outside_was_told() -> None:
    panel = Panel(replace(HOUSE, siren_limit=10))
    panel.armed()
    panel.open("window")
    panel.wait(20)
    assert panel.phase is Phase.ARMED
    panel.post(Acknowledge(actor=ANNA))
    assert panel.refused() is RefusalReason.ALARM_RUNNING
    panel.wait(30)
    assert told(panel) == ["window"]


def test_a_zone_gone_mad_does_not_fill_the_memory() -> None:
    panel = Panel(replace(SILENT, swinger_limit=1000))
    panel.armed()
    for _ in range(250):
        panel.pulse("window")
    assert len(panel.status.memory) == 200


def test_a_silent_zone_alarms_and_shows_nothing() -> None:
    panel = burgled(SILENT)
    assert (panel.phase, panel.status.siren) == (Phase.ARMED, False)
    assert panel.status.memory[0].silent
    panel.wait(30)
    assert told(panel) == ["window"]


def as_shown(effect: Effect) -> Effect:
    """Return an effect as those show it who must not show that it was done under duress."""
    if isinstance(effect, Cancelled):
        effect = replace(effect, withheld=False)
    actor = getattr(effect, "actor", None)
    return effect if actor is None else replace(effect, actor=replace(actor, duress=False))
