"""An archive in a process of its own, for tests that kill it: ``archive_process.py <folder> <endpoint> <secret>``."""

from pathlib import Path
import sys

from hub_relay.lifecycle import Service
from hub_relay.stages import Overflow, Relays
from snapshot_processor.archive.config import ArchiveConfig
from snapshot_processor.archive.stage import ArchiveStage

from .kit import FOLDER, queue_at


def main(folder: Path, endpoint: str, secret: str) -> int:
    """Run the archive of the home in ``folder`` until a signal."""
    config = ArchiveConfig(
        token=folder / "drive_token.json", client_id="client", client_secret=secret, folder=FOLDER, endpoint=endpoint
    )
    relays = Relays()
    nudge = relays.relay("archive", limit=4, overflow=Overflow.DROP_NEWEST)
    stage = ArchiveStage(config, nudge, lambda: queue_at(folder / "ledger.db"), folder / "images")
    return Service([stage], relays).run()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
