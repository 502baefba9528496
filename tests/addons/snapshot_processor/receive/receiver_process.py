"""An app of its own that is nothing but a receiver, to be killed. It says which process its server is."""

import json
import sys
import threading

from devkit.broker_process import wait_for
from hub_relay.stages import Overflow, Relays
from snapshot_processor.receive.config import FtpConfig
from snapshot_processor.receive.receiver import Receiver


def main() -> None:
    """Run until killed."""
    relay = Relays().relay("accept", limit=10, overflow=Overflow.DROP_NEWEST)
    receiver = Receiver(FtpConfig.from_json(sys.argv[1]), relay)
    receiver.start()
    wait_for(lambda: receiver.port is not None, "the server does not come")
    sys.stdout.write(json.dumps(receiver.pid) + "\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
