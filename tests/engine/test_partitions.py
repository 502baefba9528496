"""What inputs do, as partitions see it; one test for every way in which the two are joined."""

from collections.abc import Callable

import pytest

from custom_components.event_hub.engine import partitions
from custom_components.event_hub.engine.alarm.effects import AlarmRaised, MemoryChanged
from custom_components.event_hub.engine.alarm.events import Arm
from custom_components.event_hub.engine.alarm.model import Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.engine.effects import Effect
from custom_components.event_hub.engine.events import EnabledSet, Forgotten, Reported, SourceAvailability, Tick
from custom_components.event_hub.engine.model import InputRule
from custom_components.event_hub.engine.step import step
from custom_components.event_hub.wire.messages import InputReport, Report, ReportKind, Transport

from .house import ANNA, BOARD, HOUSE, House, kinds, passed, told
from .kit import Engine, reasons, sent, source


@pytest.fixture
def house() -> House:
    """Return a house that is closed and disarmed."""
    return House()


def lose(house: House) -> tuple[Effect, ...]:
    """Let the board's last will come."""
    return house.post(SourceAvailability(source_id=BOARD.source_id, online=False))


JOINS: dict[str, tuple[Callable[[House], object], list[str], list[tuple[str, str]], tuple[str, ...]]] = {
    "it opens": (lambda house: house.active("Window"), ["Passed"], [], ("Window",)),
    "it opens and closes": (lambda house: (house.active("Window"), house.clear("Window"))[1], [], [], ()),
    "it is tampered with": (
        lambda house: house.condition("Window", tamper=True),
        ["AlarmRaised", "SirenOn", "PhaseChanged", "MemoryChanged"],
        [("Window", "tamper")],
        (),
    ),
    "it was tampered with": (
        lambda house: (house.condition("Window", tamper=True), house.condition("Window"))[1],
        [],
        [],
        (),
    ),
    "it is faulty": (lambda house: house.condition("Window", fault="broken"), [], [("Window", "fault")], ()),
    "it was faulty": (
        lambda house: (house.condition("Window", fault="broken"), house.condition("Window"))[1],
        [],
        [],
        (),
    ),
    "its battery is low": (
        lambda house: house.condition("Window", low_battery=True),
        [],
        [("Window", "low_battery")],
        (),
    ),
    "it has a new battery": (
        lambda house: (house.condition("Window", low_battery=True), house.condition("Window"))[1],
        [],
        [],
        (),
    ),
    "its source is lost": (lose, [], [(key, "lost") for key in HOUSE.zones], ()),
    "its source is back": (lambda house: (lose(house), house.heartbeat(BOARD))[1], [], [], ()),
    "it is switched off while open": (
        lambda house: (house.active("Window"), house.post(EnabledSet(inputs=("Window",), enabled=False)))[1],
        [],
        [("Window", "disabled")],
        (),
    ),
    "it opens while switched off": (
        lambda house: (house.post(EnabledSet(inputs=("Window",), enabled=False)), house.active("Window"))[1],
        [],
        [("Window", "disabled")],
        (),
    ),
    "it is forgotten": (lambda house: house.post(Forgotten(keys=("Window",))), [], [("Window", "lost")], ()),
    "it is forgotten and comes back": (
        lambda house: (house.post(Forgotten(keys=("Window",))), house.clear("Window"))[1],
        [],
        [],
        (),
    ),
}


@pytest.mark.parametrize(("happens", "wanted", "troubles", "is_open"), JOINS.values(), ids=JOINS)
def test_what_an_input_does_is_what_its_partition_sees(
    house: House,
    happens: Callable[[House], object],
    wanted: list[str],
    troubles: list[tuple[str, str]],
    is_open: tuple[str, ...],
) -> None:
    happens(house)
    assert kinds(house.effects) == wanted
    assert house.troubles() == troubles
    assert house.status().open == is_open


def test_an_armed_window_alarms_and_its_siren_sounds(house: House) -> None:
    house.armed()
    effects = house.active("Window")
    assert reasons(effects)[:1] == ["triggered"]
    assert kinds(effects)[:2] == ["AlarmRaised", "SirenOn"]
    assert sent(effects) == ["Siren"]
    assert house.phase() is Phase.TRIGGERED


def test_an_armed_door_waits_and_the_delay_runs_out_by_itself(house: House) -> None:
    house.armed()
    house.active("Door")
    house.wait(29)
    assert house.phase() is Phase.PENDING
    house.wait(1)
    assert house.phase() is Phase.TRIGGERED


def test_the_latch_does_not_gate_the_alarm(house: House) -> None:
    house.active("Window")
    house.clear("Window")
    house.disarm()
    house.armed()
    house.wait(1)
    house.active("Window")
    house.clear("Window")
    house.disarm()
    house.armed()
    effects = house.active("Window")
    assert reasons(effects)[:1] == ["latched"]
    assert house.phase() is Phase.TRIGGERED


def test_what_is_not_confirmed_does_not_open_a_zone(house: House) -> None:
    house.input("Window", InputRule(confirm_count=2))
    house.armed()
    assert reasons(house.active("Window")) == ["unconfirmed"]
    house.clear("Window")
    assert house.phase() is Phase.ARMED
    house.active("Window")
    assert house.phase() is Phase.TRIGGERED


@pytest.mark.parametrize("age", [121.0, -61.0])
def test_an_opening_that_is_too_old_or_of_the_future_is_none(house: House, age: float) -> None:
    house.input("Cellar")
    house.report(InputReport(device_key="Cellar", active=False), sent_at=house.now)
    house.set_up(Partition(partition_id="cellar", name="Cellar", zones={"Cellar": Zone()}))
    house.arm(partition_id="cellar")
    effects = house.report(InputReport(device_key="Cellar", active=True), sent_at=house.now - age)
    assert reasons(effects) == ["stale"]
    assert house.phase("cellar") is Phase.ARMED


def test_a_repeated_message_opens_nothing_again(house: House) -> None:
    opened = InputReport(device_key="Window", active=True)
    house.report(opened, message_id="1")
    house.clear("Window")
    house.armed()
    assert reasons(house.report(opened, message_id="1")) == ["duplicate"]
    assert house.phase() is Phase.ARMED


@pytest.mark.parametrize(
    ("mode", "key", "wanted"),
    [
        (None, "Window", "not_armed"),
        (None, "Smoke", "triggered"),
        (Mode.HOME, "Window", "triggered"),
        (Mode.HOME, "Hall", "not_armed"),
        (Mode.AWAY, "Hall", "triggered"),
    ],
)
def test_an_input_triggers_only_where_its_partition_watches_it(
    house: House, mode: Mode | None, key: str, wanted: str
) -> None:
    house.link(key, "Siren")
    if mode is not None:
        house.armed(mode)
    assert reasons(house.active(key))[:1] == [wanted]


def test_an_input_of_no_partition_needs_no_arming(house: House) -> None:
    house.input("Bell")
    assert reasons(house.active("Bell")) == ["triggered"]


def test_switched_off_comes_before_not_armed_and_that_before_unconfirmed(house: House) -> None:
    house.input("Window", InputRule(confirm_count=2))
    assert reasons(house.active("Window")) == ["not_armed"]
    assert house.status().open == ()
    house.post(EnabledSet(inputs=("Window",), enabled=False))
    house.clear("Window")
    assert reasons(house.active("Window")) == ["disabled"]


def test_an_exit_delay_that_is_over_counts_before_its_tick_came() -> None:
    house = House()
    house.ask(Arm(mode=Mode.AWAY, actor=ANNA))
    house.now += 60.5
    effects = house.active("Window")
    assert "triggered" in reasons(effects)
    assert house.phase() is Phase.TRIGGERED


def test_one_input_in_two_partitions_is_told_to_both() -> None:
    house = House()
    house.set_up(Partition(partition_id="shed", name="Shed", zones={"Window": Zone()}))
    house.arm(partition_id="shed")
    effects = house.active("Window")
    assert reasons(effects)[:1] == ["triggered"]
    assert passed(effects) == ["not_watched"]
    assert (house.phase("shed"), house.phase("house")) == (Phase.TRIGGERED, Phase.DISARMED)


def test_the_way_in_comes_first_where_one_report_tells_of_hall_and_door(house: House) -> None:
    house.armed()
    house.report(InputReport(device_key="Hall", active=True), InputReport(device_key="Door", active=True))
    assert house.phase() is Phase.PENDING


def test_a_picture_goes_with_the_alarm_that_it_shows(house: House) -> None:
    house.armed()
    house.active("Window")
    effects = house.report(InputReport(device_key="Window", image=b"jpeg", image_at=house.now))
    (changed,) = [effect for effect in told(effects) if isinstance(effect, MemoryChanged)]
    assert changed.memory[0].images == (f"Window/{house.now:.3f}",)


def test_a_picture_that_came_with_the_opening_is_in_the_alarm(house: House) -> None:
    house.armed()
    effects = house.report(InputReport(device_key="Window", active=True, image=b"jpeg"))
    (raised,) = [effect for effect in told(effects) if isinstance(effect, AlarmRaised)]
    assert raised.alarm.images == (f"Window/{house.now:.3f}",)


def test_what_its_device_told_is_kept_with_the_alarm(house: House) -> None:
    house.armed()
    house.active("Door", "opened by hand")
    house.active("Door", "still open")
    # Where inputs stand is not on disk at once; where the alarm stands is.
    house.state.input_status.clear()
    house.wait(31)
    assert [alarm.detail for alarm in house.status().memory] == ["opened by hand"]


def test_every_press_of_a_panic_button_counts_though_nobody_says_that_it_was_let_go() -> None:
    house = House()
    house.input("Help")
    house.set_up(Partition(partition_id="help", name="Help", zones={"Help": Zone(kind=ZoneKind.PANIC)}))
    house.active("Help")
    house.disarm("help")
    house.wait(5)
    house.active("Help")
    assert house.phase("help") is Phase.TRIGGERED


def test_a_hold_that_ended_before_the_exit_delay_closes_the_zone_though_the_tick_comes_late(house: House) -> None:
    house.input("Attic")
    house.set_up(Partition(partition_id="attic", name="Attic", zones={"Attic": Zone()}))
    house.ask(Arm(mode=Mode.AWAY, actor=ANNA), "attic")
    house.active("Attic")
    house.now += 90
    house.post(Tick())
    assert house.phase("attic") is Phase.ARMED
    assert house.status("attic").open == ()


def test_without_partitions_nothing_more_is_done_for_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("called without need")

    for name in ("follow", "watched", "tell", "due", "hold_over"):
        monkeypatch.setattr(partitions, name, never)
    monkeypatch.setattr("custom_components.event_hub.engine.triggers.watched", never)
    monkeypatch.setattr("custom_components.event_hub.engine.siren_retry.follow", never)
    engine = Engine()
    engine.input("Door")
    engine.active("Door")
    engine.wait(100)
    engine.transport(Transport.AMQP, up=False)
    report = Report(source=source(), kind=ReportKind.EVENT, inputs=(InputReport(device_key="Door", active=True),))
    transition = step(engine.state, Reported(report=report), engine.now)
    assert set(transition.changes.tables) == {"source_status", "input_status"}
