"""Set up and run the whole system: brokers, Home Assistant with the hub, and a simulated home. Ctrl-C stops it all."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
import json
from pathlib import Path
import signal
import socket
import sys
import tempfile
import time
from typing import Final

from .bootstrap.shell import ROOT, say, step
from .brokers import LOOPBACK, BrokerError, free_ports
from .develop_brokers import Choice, PrivateBrokers, choose_brokers
from .develop_home import (
    ALARM,
    ALARM_CODE,
    CheckError,
    check,
    link_devices,
    set_up_alarm,
    set_up_hub,
    show_pictures,
    wait_for_devices,
)
from .develop_lock import RunningError, children_of, sole_user
from .develop_watch import EndedError, Watched, while_all_run
from .devices.app import AppDevice
from .home_assistant import HomeAssistantError, HomeAssistantProcess
from .home_assistant_api import ApiError
from .simulate import WALK_EVERY, Address, SimulatedHome

DATA: Final = ROOT / ".develop"
_USUAL_PORT: Final = 8123
_NAMES: Final = {"home_assistant": "Home Assistant", "mqtt": "the MQTT broker", "rabbitmq": "RabbitMQ"}
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_WELCOME: Final = """
Ready after {seconds:.1f} s: Home Assistant with the hub and {devices} simulated devices.

    {url}        user {username}, password {password}

What to try first:
  1. Settings > Devices & services > Event Hub: every device introduced itself. Open "{door}".
  2. Settings > Tools > Actions: choose "Trigger input", pick "{door}", perform. {sirens} will sound, and it is
     told below.
  3. Open the siren's device, switch "Output enabled" off, then trigger the input again: the siren stays silent.
  4. Settings > Tools > Actions: choose "Why did it trigger, or not" and pick "{door}": what was decided, for what
     reason, and what became of each command.
  5. Media > Event Hub: the pictures of two cameras, by day. The street's pushes them by FTP, the yard's is asked for
     one whenever somebody moves in the garage. The snapshot processor's app finds who is in them.
  6. The device "{alarm}": arm it away. It lets you out for ten seconds; whoever walks into the living room then has
     ten to disarm with the code {code}, or {sirens} will sound.
The workshop's door, window and light are wired to a simulated Raspberry Pi, on which the remote monitor's app runs.
Every {walk:.0f} s somebody walks through the home; what the devices send and obey is told below.
Home Assistant's log: {log}
Ctrl-C stops everything and keeps it for the next time; `scripts/develop --fresh` begins anew.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for."""

    fresh: bool = False
    mqtt_only: bool = False
    headless_check: bool = False
    embedded_broker: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where things listen; the same at every start, because Home Assistant keeps the brokers' ports."""

    home_assistant: int
    mqtt: int
    rabbitmq: int

    @classmethod
    def of(cls, folder: Path, *, rabbitmq: bool) -> Ports:
        """Return the ports that belong to a data folder. Raises ``BrokerError`` when one that is needed is in use."""
        file = folder / "ports.json"
        if file.exists():
            ports = cls(**json.loads(file.read_text(encoding="utf-8")))
        else:
            first, *brokers = free_ports(3)
            ports = cls(
                home_assistant=_USUAL_PORT if _is_free(_USUAL_PORT) else first, mqtt=brokers[0], rabbitmq=brokers[1]
            )
            file.parent.mkdir(parents=True, exist_ok=True)
            # Whole or not at all, should somebody kill it here.
            new = file.with_suffix(".new")
            new.write_text(json.dumps(asdict(ports)), encoding="utf-8")
            new.replace(file)
        for name, port in asdict(ports).items():
            if (rabbitmq or name != "rabbitmq") and not _is_free(port):
                raise BrokerError(
                    f"Port {port}, which {_NAMES[name]} has here, is in use by a program that scripts/develop did not "
                    f"start. Stop that one (`ss -ltnp 'sport = :{port}'` names it), or begin anew with other ports: "
                    "`scripts/develop --fresh`, which forgets what was set up."
                )
        return ports


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What runs."""

    assistant: HomeAssistantProcess
    home: SimulatedHome
    brokers: PrivateBrokers

    @property
    def processes(self) -> Mapping[str, Watched]:
        """All processes but this one, by what people call them."""
        apps = {f"The app {app.name}": app for app in self.home.devices if isinstance(app, AppDevice)}
        return {"Home Assistant": self.assistant, **self.brokers.processes, **apps}


@asynccontextmanager
async def running_system(choice: Choice, folder: Path, configuration: str = "") -> AsyncIterator[System]:
    """Run everything for the length of the block, set up and linked; ``configuration`` is YAML for Home Assistant.

    Raises ``BrokerError``, ``HomeAssistantError``, ``ApiError``, ``CheckError`` or ``EndedError``.
    """
    ports = Ports.of(folder, rabbitmq=choice.rabbitmq)
    mqtt = Address(LOOPBACK, ports.mqtt)
    rabbitmq = Address(LOOPBACK, ports.rabbitmq) if choice.rabbitmq else None
    assistant = HomeAssistantProcess(folder / "home_assistant", port=ports.home_assistant, configuration=configuration)
    home = SimulatedHome(mqtt, rabbitmq, folder / "devices")
    brokers = PrivateBrokers(choice, folder, mqtt_port=ports.mqtt, rabbitmq_port=ports.rabbitmq)
    system = System(assistant=assistant, home=home, brokers=brokers)

    async def join() -> None:
        await set_up_hub(assistant, mqtt, rabbitmq, mqtt_protocol=choice.mqtt_protocol)
        await home.start()
        await wait_for_devices(assistant.api, home)
        # Only once, or what people change would be undone at the next start.
        linked = folder / "linked"
        if not linked.exists():
            await link_devices(assistant.api, home)
            await set_up_alarm(assistant.api, home)
            await show_pictures(assistant.api, home)
            linked.touch()

    try:
        with step("Starting the brokers and Home Assistant"):
            await _together(brokers.start(), assistant.start())
        with step("Joining the simulated devices to the hub"):
            await while_all_run(join(), system.processes)
        yield system
    finally:
        say("Stopping …")
        await asyncio.gather(home.stop(), assistant.stop())
        await brokers.stop()


async def run_until_stopped(options: Options, begun: float) -> None:
    """Run the system and tell what happens in it, until somebody stops it."""
    with sole_user(DATA, fresh=options.fresh) as note:
        choice = await asyncio.to_thread(choose_brokers, mqtt_only=options.mqtt_only, embedded=options.embedded_broker)
        # Not what installs programs, which must not be ended half-way.
        with children_of(DATA):
            async with running_system(choice, DATA / choice.name) as system:
                note(system.assistant.url)
                print(_welcome(system, time.monotonic() - begun), flush=True)
                for device in system.home.devices:
                    device.on_happening = _tell
                await while_all_run(system.home.live(), system.processes)


async def check_once(options: Options, begun: float) -> None:
    """Run the system in a folder that is thrown away, and check it. Raises ``CheckError``.

    No later start finds that folder: what a check that is killed leaves running is not ended by the next.
    """
    choice = await asyncio.to_thread(choose_brokers, mqtt_only=options.mqtt_only, embedded=options.embedded_broker)
    with tempfile.TemporaryDirectory(prefix="event_hub_", ignore_cleanup_errors=True) as folder:
        async with running_system(choice, Path(folder)) as system:
            ready = time.monotonic() - begun
            seen = await while_all_run(check(system.assistant, system.home), system.processes)
            print(f"Check passed: ready in {ready:.1f} s with {choice.name}; {seen}", flush=True)


async def _together(*work: Coroutine[object, object, object]) -> None:
    """Do things side by side; where one fails the others are called off, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in work:
                group.create_task(part)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _welcome(system: System, seconds: float) -> str:
    person = system.assistant.person
    return _WELCOME.format(
        devices=len(system.home.devices),
        seconds=seconds,
        url=system.assistant.url,
        username=person.username,
        password=person.password,
        door=system.home.front_door_name,
        sirens=" and ".join(system.home.sirens),
        walk=WALK_EVERY,
        alarm=ALARM,
        code=ALARM_CODE,
        log=system.assistant.log,
    )


def _tell(name: str, text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {name}: {text}", flush=True)


def _is_free(port: int) -> bool:
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError:
        return False
    return True


async def _until_signalled(options: Options, begun: float) -> None:
    """Do what is asked for; the first signal ends it in order, and further ones do not interrupt that."""
    loop = asyncio.get_running_loop()
    work = loop.create_task((check_once if options.headless_check else run_until_stopped)(options, begun))
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            work.cancel()

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await work
    except asyncio.CancelledError:
        if options.headless_check:
            raise CheckError("Stopped before the check was done") from None


def _parse() -> Options:
    parser = argparse.ArgumentParser(prog="scripts/develop", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget what earlier starts left in .develop")
    parser.add_argument("--mqtt-only", action="store_true", help="do without RabbitMQ and its devices")
    parser.add_argument("--headless-check", action="store_true", help="start, check that all works, stop")
    parser.add_argument("--embedded-broker", action="store_true", help="use the MQTT broker written in Python")
    return Options(**vars(parser.parse_args()))


def main() -> int:
    """Run and return the exit code."""
    begun = time.monotonic()
    try:
        asyncio.run(_until_signalled(_parse(), begun))
    except (RunningError, EndedError, BrokerError, HomeAssistantError, ApiError, CheckError, TimeoutError) as error:
        say(f"\n{error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
