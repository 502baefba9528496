"""A home with a partition, its clock and its disk in the hands of a test."""

from collections.abc import Mapping
import errno
import os
from pathlib import Path
import threading
from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.alarm_desk import AlarmDesk, AlarmRefusedError, Requester
from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.alarm import codes
from custom_components.event_hub.engine.alarm.codes import CodeUser, Permission
from custom_components.event_hub.engine.alarm.effects import Effect
from custom_components.event_hub.engine.alarm.model import Action, Delays, Mode, Partition, Zone, ZoneKind
from custom_components.event_hub.engine.alarm.status import PartitionStatus, Phase
from custom_components.event_hub.storage.journal_file import JournalFile
from custom_components.event_hub.wire.messages import InputReport
from tests.integration.clock import Clock
from tests.integration.kit import Home

HOME: Final = "home"
DOOR, HALL, WINDOW, SMOKE, BUTTON = "Door", "Hall", "Window", "Smoke", "Button"
ZONES: Final[Mapping[str, Zone]] = {
    DOOR: Zone(kind=ZoneKind.ENTRY_EXIT),
    HALL: Zone(kind=ZoneKind.FOLLOWER, modes=(Mode.AWAY,)),
    WINDOW: Zone(kind=ZoneKind.INSTANT),
    SMOKE: Zone(kind=ZoneKind.FIRE),
}
SIREN = "Siren"
EXIT, ENTRY, SIREN_LIMIT, ABORT, SETTLE = 60.0, 30.0, 180.0, 30.0, 60.0
ANN = CodeUser(user_id="ann", name="Ann", permissions=tuple(Permission))
ANNS_CODE = "2580"
PANEL = Requester(path=codes.Path.PANEL, name="Ann's phone")
PARTITION: Final = Partition(
    partition_id=HOME,
    name="Home",
    zones=ZONES,
    delays={mode: Delays(exit=EXIT, entry=ENTRY) for mode in Mode},
    siren_outputs=(SIREN,),
    siren_limit=SIREN_LIMIT,
    abort_window=ABORT,
)


class House:
    """A home with a partition. Every method returns once what it does was announced."""

    def __init__(self, home: Home, clock: Clock, sirens: list[bool]) -> None:
        """Look after a home; ``sirens`` grows by every order to the siren."""
        self.home = home
        self.clock = clock
        self.sirens = sirens

    @property
    def desk(self) -> AlarmDesk:
        """The desk of the hub as it runs now."""
        return self.home.hub.alarm

    @property
    def shown(self) -> PartitionStatus:
        """What was announced of the partition."""
        return self.desk.shown(HOME)

    @property
    def phase(self) -> Phase:
        """The phase that is shown."""
        return self.desk.view(HOME).phase

    async def set_up(self, partition: Partition = PARTITION) -> None:
        """Let the inputs be known, switched on and closed, and make them zones; Ann gets her code."""
        inputs = tuple(partition.zones)
        await self.home.report(*(InputReport(device_key=key, active=False) for key in inputs))
        await self.home.enable(inputs=inputs)
        await self.home.adopt_output(SIREN, "siren.turn_on")
        await self.desk.async_set_partition(partition)
        await self.desk.async_set_user(ANN, ANNS_CODE)
        await self.told()

    async def told(self) -> None:
        """Wait until what happened is stored and announced, and commands are carried out."""
        await self.desk.async_told()
        await self.home.told()

    async def moves(self, key: str, *, active: bool) -> None:
        """Let an input report that it is active, or no longer is."""
        await self.home.report(InputReport(device_key=key, active=active))
        await self.told()

    async def opens(self, key: str) -> None:
        """Let a zone open."""
        await self.moves(key, active=True)

    async def closes(self, key: str) -> None:
        """Let a zone close."""
        await self.moves(key, active=False)

    async def opens_and_closes(self, key: str) -> None:
        """Let a zone open and close."""
        await self.opens(key)
        await self.closes(key)

    async def passes(self, seconds: float) -> None:
        """Let time pass."""
        await self.clock.go_on(self.home, seconds)
        await self.told()

    async def arm(self, mode: Mode = Mode.AWAY, *, code: str | None = None, skip_delay: bool = True) -> None:
        """Arm, at once unless told otherwise."""
        await self.desk.async_ask(HOME, Action.ARM, PANEL, mode=mode, code=code, skip_delay=skip_delay)
        await self.told()

    async def disarm(self, code: str | None = ANNS_CODE) -> None:
        """Disarm."""
        await self.desk.async_ask(HOME, Action.DISARM, PANEL, code=code)
        await self.told()

    async def refusal(self, action: Action, by: Requester = PANEL, **more: object) -> str:
        """Ask for what is refused; returns why."""
        try:
            await self.desk.async_ask(HOME, action, by, **more)  # type: ignore[arg-type]
        except AlarmRefusedError as error:
            await self.told()
            return error.reason
        raise AssertionError(f"{action} was not refused")

    async def restart(self) -> None:
        """End the hub and begin anew."""
        await self.home.reload()
        await self.told()

    async def report_all(self) -> None:
        """Let every input report after a restart as it stood before it."""
        standing = self.home.hub.state.input_status
        await self.home.report(*(InputReport(device_key=key, active=standing[key].active) for key in ZONES))
        await self.told()

    def hears(self) -> list[Effect]:
        """Return a list that grows by what is told from now on."""
        heard: list[Effect] = []
        self.desk.listen_effects(lambda _, effect: heard.append(effect))
        return heard

    def issues(self) -> dict[str, ir.IssueEntry]:
        """Return what Repairs shows of the alarm."""
        registry = ir.async_get(self.home.hass)
        return {key: issue for (domain, key), issue in registry.issues.items() if domain == DOMAIN and "alarm" in key}


class Disk:
    """Stands between the journal and its file: slow, failing or full as a test wants it."""

    def __init__(self) -> None:
        """Work as a disk does."""
        self.error: OSError | None = None
        # How many appends it is at; more than one only if the journal were wrong.
        self.busy = 0
        # How many it has done, and what was written last under each key.
        self.appends = 0
        self.written: dict[str, bytes] = {}
        self._free = threading.Event()
        self._free.set()
        self._write = JournalFile.append

    def append(self, file: JournalFile, changes: Mapping[str, bytes]) -> None:
        """Take the place of ``JournalFile.append``."""
        self.busy += 1
        assert self._free.wait(30)
        self.busy -= 1
        if self.error is not None:
            raise self.error
        self._write(file, changes)
        self.written |= changes
        self.appends += 1

    def hang(self) -> None:
        """Answer nothing."""
        self._free.clear()

    def go_on(self) -> None:
        """Answer again."""
        self._free.set()

    def be_full(self) -> None:
        """Have no space left."""
        self.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def recover(self) -> None:
        """Have space again."""
        self.error = None


def record_sirens(hass: HomeAssistant) -> list[bool]:
    """Return a list that grows by every order to a siren: whether it is to sound."""
    orders: list[bool] = []

    @callback
    def taken(call: ServiceCall) -> None:
        orders.append(call.service == "turn_on")

    for service in ("turn_on", "turn_off"):
        hass.services.async_register("siren", service, taken)
    return orders


def journal_of(entry: MockConfigEntry, hass: HomeAssistant) -> Path:
    """Return where the alarm is kept."""
    assert entry.domain == DOMAIN
    return Path(hass.config.path(DOMAIN)) / "alarm.journal"
