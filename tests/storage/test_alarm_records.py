"""What the alarm's journal holds of a partition, and what earlier versions wrote."""

from dataclasses import replace
from typing import Final

import pytest

from custom_components.event_hub.engine.alarm.encode import encode, encode_record
from custom_components.event_hub.engine.alarm.events import ZoneClosed
from custom_components.event_hub.engine.alarm.model import Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import (
    Alarm,
    AlarmKind,
    Deadline,
    Lockout,
    Outside,
    PartitionStatus,
    Timer,
)
from custom_components.event_hub.engine.alarm.table import react
from custom_components.event_hub.engine.state import Changes
from custom_components.event_hub.storage.alarm_records import Given, read, to_send
from custom_components.event_hub.storage.encode import Json

from .kit import pending_command

ALARM: Final = Alarm(at=1_000.0, kind=AlarmKind.BURGLARY, zone="Window", images=("Window/1000.000",))
ARMED: Final = PartitionStatus(mode=Mode.AWAY, since=900.0)
BURGLED: Final = replace(ARMED, memory=(ALARM,))
LOCKED: Final = PartitionStatus(
    since=900.0, lockout=Lockout(locks=1), deadlines=(Deadline(timer=Timer.LOCKOUT, due=990.0, seconds=90.0),)
)


HOME: Final = Partition(
    partition_id="home",
    name="Home",
    zones={"Hall": Zone(kind=ZoneKind.INSTANT), "Button": Zone(kind=ZoneKind.PANIC), "Smoke": Zone(kind=ZoneKind.FIRE)},
)


def closed(*still_open: str, zone: str) -> PartitionStatus:
    """Return what becomes of a partition whose zone closes, beside others that stay open."""
    before = PartitionStatus(open=(zone, *still_open))
    return react(HOME, before, ZoneClosed(zone=zone), 1_000.0, {}).status


def changes(status: PartitionStatus | None) -> Changes:
    """Return what a step changes that leaves a partition like that."""
    return Changes(tables={"alarm": {"home": status}})


def test_the_memory_is_read_from_its_own_key() -> None:
    written, _ = Given().changes(changes(BURGLED))
    assert set(written) == {"status.home", "memory.home"}
    assert read(written).statuses == {"home": BURGLED}


def test_a_memory_that_an_earlier_version_kept_in_the_status_is_read_and_gets_its_own_key() -> None:
    kept = read({"status.home": encode(BURGLED)})
    assert kept.statuses == {"home": BURGLED}
    written, _ = Given(kept).changes(changes(replace(BURGLED, since=901.0)))
    assert read(written).statuses == {"home": replace(BURGLED, since=901.0)}


@pytest.mark.parametrize("outside", list(Outside))
def test_a_memory_says_what_was_so_when_outside_was_told_as_one_of_an_earlier_version_does(outside: Outside) -> None:
    alarm: Json = {"at": 1_000.0, "kind": "burglary", "zone": "Window", "outside": outside.value}
    (read_back,) = read({"status.home": {"mode": "away"}, "memory.home": [alarm]}).statuses["home"].memory
    assert read_back.outside is outside


def test_a_memory_that_stayed_the_same_is_not_written_again() -> None:
    given = Given()
    given.changes(changes(BURGLED))
    written, _ = given.changes(changes(replace(BURGLED, since=901.0)))
    assert set(written) == {"status.home"}


def test_an_acknowledged_memory_and_a_removed_partition_leave_nothing() -> None:
    given = Given()
    given.changes(changes(BURGLED))
    written, _ = given.changes(changes(ARMED))
    assert written["memory.home"] is None
    assert given.changes(changes(None))[0] == {"status.home": None, "memory.home": None}


def test_what_is_counted_of_a_removed_partition_is_kept_until_it_is_set_up_again() -> None:
    given = Given()
    removed, _ = given.changes(Changes(tables={"alarm": {"home": None}, "lockouts": {"home": LOCKED}}))
    assert read(removed).lockouts == {"home": LOCKED}
    assert read(removed).statuses == {}
    again, _ = given.changes(Changes(tables={"alarm": {"home": LOCKED}, "lockouts": {"home": None}}))
    assert (again["lockout.home"], read(again).statuses) == (None, {"home": LOCKED})


def test_a_count_that_nobody_can_read_is_no_garbled_partition() -> None:
    kept = read({"lockout.home": {"lockout": "?"}, "status.home": encode(ARMED)})
    assert (kept.lockouts, kept.garbled, kept.statuses) == ({}, (), {"home": ARMED})


def test_of_a_partition_that_is_not_set_up_only_the_count_is_kept() -> None:
    given = Given(read({"status.home": encode(replace(LOCKED, mode=Mode.AWAY)), "status.shed": encode(ARMED)}))
    written = given.forget(("home", "shed"), {"home": LOCKED})
    assert {key for key, value in written.items() if value is not None} == {"lockout.home"}
    assert read({key: value for key, value in written.items() if value is not None}).lockouts == {"home": LOCKED}


def test_a_command_that_nobody_can_read_is_no_garbled_partition_and_forgotten_like_one_that_was_sent() -> None:
    pending = pending_command(1_000.0)
    kept = read({**to_send((pending,)), "command.2": {"command": "?"}, "status.home": encode(ARMED)})
    assert (kept.commands, kept.command_keys) == ((pending,), ("command.command-1", "command.2"))
    assert (kept.garbled, kept.statuses) == ((), {"home": ARMED})


def test_a_memory_that_nobody_can_read_costs_the_status_nothing() -> None:
    kept = read({"status.home": encode(ARMED), "memory.home": "no list"})
    assert (kept.statuses, kept.garbled) == ({"home": ARMED}, ())
    kept = read({"status.home": encode(ARMED), "memory.home": [encode_record(ALARM), {"at": "?"}]})
    assert kept.statuses == {"home": ARMED}


@pytest.mark.parametrize(
    ("before", "after", "waits"),
    [
        (PartitionStatus(), PartitionStatus(open=("Hall",)), True),
        (PartitionStatus(open=("Hall",)), PartitionStatus(), True),
        (PartitionStatus(open=("Hall", "Button")), closed("Button", zone="Hall"), True),
        (PartitionStatus(open=("Button", "Hall")), closed("Hall", zone="Button"), False),
        (PartitionStatus(open=("Smoke",)), closed(zone="Smoke"), False),
        (ARMED, replace(ARMED, open=("Hall",)), False),
        (PartitionStatus(), ARMED, False),
        (ARMED, PartitionStatus(), False),
        (PartitionStatus(), PartitionStatus(open=("Hall",), memory=(ALARM,)), False),
        (PartitionStatus(), PartitionStatus(open=("Hall",), bypassed=("Hall",)), False),
        (PartitionStatus(), None, False),
    ],
)
def test_only_what_opens_and_closes_while_nothing_is_armed_and_calls_for_no_help_may_wait_for_the_disk(
    before: PartitionStatus, after: PartitionStatus | None, waits: bool
) -> None:
    given = Given()
    given.changes(changes(before))
    assert given.changes(changes(after))[1] is waits
