from collections.abc import Iterator
from pathlib import Path
import signal
import threading

import pytest

from devkit.fake_drive_store import Fault
from hub_relay.lifecycle import Service
from hub_relay.stages import Outlet, Overflow, Relay, Relays
from snapshot_processor.archive.stage import ArchiveStage
from snapshot_processor.model import PartHealth
from tests.addons.hub_relay.kit import PATIENCE

from .kit import NOON, Home, eventually, queue_at

NUDGES = "archive"


@pytest.fixture
def relays() -> Iterator[Relays]:
    relays = Relays()
    yield relays
    relays.close()


def _stage(home: Home, nudge: Relay) -> ArchiveStage:
    return ArchiveStage(
        home.settings, nudge, lambda: queue_at(home.folder / "ledger.db"), home.images, clock=lambda: home.now
    )


def test_a_nudge_sends_what_was_queued_at_once(home: Home, relays: Relays) -> None:
    nudge = relays.relay(NUDGES, limit=4, overflow=Overflow.DROP_NEWEST)
    stage = _stage(home, nudge)
    assert stage.health() == PartHealth(ok=True)
    assert stage.waiting.count == 0
    stage.start()
    try:
        eventually(lambda: home.drive.asked("GET /drive"))
        item = home.take()
        with Outlet(nudge) as outlet:
            outlet.put("archive", {"path": item.path})
        eventually(home.drive.store.files)
    finally:
        stage.stop()
        assert stage.join(PATIENCE)
    assert stage.failure is None
    assert stage.health() == PartHealth(ok=True)


def test_nudges_do_not_make_an_outage_hot(home: Home, relays: Relays) -> None:
    nudge = relays.relay(NUDGES, limit=4, overflow=Overflow.DROP_NEWEST)
    home.drive.away = True
    home.take()
    stage = _stage(home, nudge)
    stage.start()
    try:
        with Outlet(nudge) as outlet:
            eventually(lambda: stage.health().ok is False)
            asked = len(home.drive.requests)
            for number in range(50):
                home.take(NOON + number)
                outlet.put("archive", {})
            # Time passes, so that the stage counts again, though not as much as it leaves Drive alone.
            home.now += 20
            eventually(lambda: stage.waiting.count == 50 or not outlet.put("archive", {}))
        assert asked > 0
        assert len(home.drive.requests) == asked
    finally:
        stage.stop()
        assert stage.join(PATIENCE)


def test_the_health_of_a_stage_without_a_login_says_what_to_do(stranger: Home, relays: Relays) -> None:
    stage = _stage(stranger, relays.relay(NUDGES, limit=4, overflow=Overflow.DROP_NEWEST))
    stage.start()
    try:
        eventually(lambda: not stage.health().ok)
        assert "enter ABCD-0000" in (stage.health().detail or "")
    finally:
        stage.stop()
        assert stage.join(PATIENCE)


def test_a_service_stops_in_time_in_the_middle_of_an_upload(home: Home) -> None:
    relays = Relays()
    stage = _stage(home, relays.relay(NUDGES, limit=4, overflow=Overflow.DROP_NEWEST))
    home.take()
    home.drive.fail(Fault.SLOW, on="PUT /upload")
    service = Service([stage], relays)

    def stop_in_the_upload() -> None:
        eventually(lambda: home.drive.asked("PUT /upload"))
        service.stop()

    killer = threading.Thread(target=stop_in_the_upload)
    killer.start()
    before = signal.getsignal(signal.SIGTERM)
    try:
        code = service.run()
    finally:
        killer.join()
        home.drive.released.set()
        eventually(lambda: not stage.alive)
        assert stage.join(PATIENCE)
        relays.close()
    # Who waited for the answer would not end within the service's time, which is a failure.
    assert code == 0
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_was_left_in_an_upload_is_sent_once_by_the_next_run(home: Home, tmp_path: Path) -> None:
    item = home.take()
    home.drive.fail(Fault.LOST_ANSWER, on="PUT /upload")
    home.step()
    home.step()
    home.restart()
    home.run()
    assert [file.title for file in home.drive.store.files()] == [item.name]
    assert (tmp_path / "ledger.db").exists()
