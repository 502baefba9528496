"""An app for the watchdog's tests: starts its guard, begins a pulse of a minute, and runs until SIGTERM.

Run with the file of a simulated bus, and the seconds after which silence means that the app hangs. Prints the
watchdog's process id.
"""

from pathlib import Path
import queue
import signal
import sys
import threading

from remote_monitor.bus.shared import SharedBus
from remote_monitor.drivers.mcp23017 import Outputs, RelayPin, safe_levels
from remote_monitor.failsafe import SafePlan
from remote_monitor.guard import Guard
from remote_monitor.relay_control import RelayControl
from remote_monitor.relay_model import Action, Commanded, Plan, Relay, Result

PINS = {
    "Siren": RelayPin(address=0x20, pin=0),
    "Lock": RelayPin(address=0x21, pin=15, safe_on=True, active_low=True),
}
PLAN = Plan(relays={"Siren": Relay(key="Siren", seconds=60.0), "Lock": Relay(key="Lock", safe_on=True)})


def main(path: str, silence: float) -> int:
    """Run the app."""
    orders: queue.Queue[Commanded] = queue.Queue()
    orders.put(Commanded(command_id="1", key="Siren"))
    orders.put(Commanded(command_id="2", key="Lock", action=Action.OFF))

    def get(patience: float) -> Commanded | None:
        try:
            return orders.get(timeout=patience) if patience else orders.get_nowait()
        except queue.Empty:
            return None

    def say(result: Result) -> None:
        sys.stdout.write(f"{result.command_id} {result.status}\n")
        sys.stdout.flush()

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    guard = Guard(SafePlan(chips=safe_levels(PINS), bus=path, silence=silence))
    guard.start()
    sys.stdout.write(f"{guard.pid}\n")
    sys.stdout.flush()
    control = RelayControl(PLAN, Outputs(SharedBus(Path(path)), PINS), get, say, beat=guard.beat)
    try:
        control.run(stop)
    finally:
        guard.end()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
