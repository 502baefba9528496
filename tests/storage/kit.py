"""Records, decisions and effects for the tests of the storage, and a disk that takes nothing more."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
import json
from pathlib import Path
import resource
import sqlite3

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.event_hub.engine.alarm.codes import CodeUser, Validity
from custom_components.event_hub.engine.alarm.model import CrossZone, Delays, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.effects import CommandProgressed
from custom_components.event_hub.engine.model import (
    CommandStatus,
    Decision,
    GroupRule,
    InputRecord,
    InputStatus,
    OutputDecision,
    OutputReason,
    OutputRecord,
    OutputStatus,
    PendingCommand,
    Reason,
    RecentTrigger,
    SourceRecord,
    SourceStatus,
)
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.engine.times.digest import Digest
from custom_components.event_hub.engine.times.escalation import Escalation
from custom_components.event_hub.engine.times.schedules import Schedule, Span
from custom_components.event_hub.storage.activity import ActivityFilter, ActivityLimits, ActivityLog
from custom_components.event_hub.storage.problems import StorageProblem
from custom_components.event_hub.storage.store import HubStore
from custom_components.event_hub.wire.messages import Command, Dialect, InputReport, OutputReport, Source, Transport

BOARD = Source(
    source_id="ioboard.board", dialect=Dialect.NATIVE, transport=Transport.AMQP, topic="ioboard", name="board"
)

HOUSE = Partition(
    partition_id="house",
    name="House",
    zones={"Door": Zone(kind=ZoneKind.ENTRY_EXIT, modes=(Mode.AWAY,), entry_delay=20.0)},
    delays={Mode.AWAY: Delays(exit=45.0)},
    siren_outputs=("Siren",),
    cross_zones=(CrossZone(zones=("Door", "Hall")),),
)
ANNA = CodeUser(
    user_id="anna", name="Anna", partitions=("house",), validity=Validity(last_day="2026-12-31", weekdays=(0, 6))
)

REGISTRY = ".storage/event_hub.registry"
STATUS = ".storage/event_hub.status"

ALL = ActivityFilter(limit=1000)
FOREVER = ActivityLimits(days=100_000, megabytes=200)
type OpenLog = Callable[[ActivityLimits], ActivityLog]


def decision(number: int = 1, *, at: float = 1000.0, reason: Reason = Reason.TRIGGERED, **more: object) -> Decision:
    """Return a decision about the input ``Door``, or as ``more`` says."""
    values: dict[str, object] = {"input_key": "Door", "active": True, **more}
    make: Callable[..., Decision] = Decision
    return make(decision_id=f"decision-{number}", at=at, reason=reason, **values)


def decision_for(output_key: str, number: int, *, at: float) -> Decision:
    """Return a decision that sent a command to ``output_key``."""
    output = OutputDecision(output_key=output_key, reason=OutputReason.SENT, command_id=f"command-{number}")
    return decision(number, at=at, outputs=(output,))


def progress(number: int, status: CommandStatus, *, at: float, output_key: str = "Siren") -> CommandProgressed:
    """Return what became of the command that the decision of this ``number`` caused."""
    return CommandProgressed(
        command_id=f"command-{number}",
        decision_id=f"decision-{number}",
        input_key="Door",
        output_key=output_key,
        status=status,
        detail=None,
        at=at,
    )


def full_state(now: float) -> State:
    """Return a state with something in every table that is kept."""
    state = State(
        sources={BOARD.source_id: SourceRecord(source=BOARD, silence_limit=45.0)},
        inputs={"Door": InputRecord(key="Door", source_id=BOARD.source_id, enabled=True, links=("Siren",))},
        outputs={"Siren": OutputRecord(key="Siren", source_id=BOARD.source_id, enabled=True, interval=5.0)},
        groups={"Hall": GroupRule(name="Hall", count=2, within=30.0)},
        source_status={BOARD.source_id: SourceStatus(last_seen=now, offsets=(0.5, 0.25))},
        input_status={"Door": InputStatus(active=True, active_since=now, activations=(now - 1, now))},
        output_status={"Siren": OutputStatus(triggered_at=now, command_status=CommandStatus.SENT)},
        group_activations={"Hall": ((now, "Door"),)},
        source_devices={BOARD.source_id: ("Door", "Siren")},
        commands={"command-1": pending_command(now)},
        conflicts={"Door": "other.board"},
        group_schedules={"Hall": Schedule(spans=(Span(enable_at=3600),))},
        escalations={"Door": Escalation(since=now, due_at=now + 60)},
        digest=Digest(number=1),
        partitions={"house": HOUSE},
        code_users={"anna": ANNA},
        code_hashes={"anna": "not-a-hash"},
        watchers={"Door": ("house",)},
        outputs_suspended=True,
        recent=(RecentTrigger(key="Door", label="Front Door", detail=None, at=now),),
    )
    state.seen["message-1"] = now
    return state


def pending_command(now: float, image: bytes | None = None) -> PendingCommand:
    """Return a command to the output ``Siren`` that the input ``Door`` caused."""
    command = Command(
        command_id="command-1",
        source=BOARD,
        output=OutputReport(device_key="Siren", params="on"),
        cause=InputReport(device_key="Door", active=True, image=image, extra={"battery": 3}),
        issued_at=now,
        expires_at=now + 90,
    )
    return PendingCommand(command=command, decision_id="decision-1", input_key="Door", deadline=now + 15)


class Problems(list[StorageProblem]):
    """Hears problems and keeps them."""

    def told(self) -> list[tuple[str, bool]]:
        """Return what each was, and whether it was solved."""
        return [(problem.what.value, problem.solved) for problem in self]


@contextmanager
def full_disk() -> Iterator[None]:
    """Have the kernel refuse every byte that is written to a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def async_pass(hass: HomeAssistant, seconds: float) -> None:
    """Let timers of the next ``seconds`` fire, and wait for what they start."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await hass.async_block_till_done()


async def saved(hass: HomeAssistant, state: State) -> None:
    """Leave the files of a hub that had ``state`` and stopped."""
    store = HubStore(hass, Problems().append)
    await store.async_load()
    await store.async_save_now(state)
    store.close()


def inputs_in(file: Path) -> Iterable[str]:
    """Return the keys of the inputs in a registry file."""
    return set(json.loads(file.read_text())["data"]["inputs"])


def aside(file: Path) -> Path:
    """Return the one file that was kept beside ``file``."""
    (kept,) = file.parent.glob(f"{file.name}.broken-*")
    return kept


async def async_until(hass: HomeAssistant, holds: Callable[[], bool]) -> None:
    """Wait until what is asked of the disk holds. Raises ``TimeoutError`` after a minute."""
    async with asyncio.timeout(60):
        while not await hass.async_add_executor_job(holds):
            pass


def count(path: Path) -> int:
    """Count the entries that another reader of the file sees."""
    connection = sqlite3.connect(path)
    try:
        (entries,) = connection.execute("SELECT COUNT(*) FROM entry").fetchone()
    finally:
        connection.close()
    assert isinstance(entries, int)
    return entries


async def ids(log: ActivityLog, wanted: ActivityFilter = ALL) -> list[object]:
    """Return the decision id of each entry that is found, or its kind."""
    return [entry.data.get("decision_id", entry.kind) for entry in await log.async_query(wanted)]
