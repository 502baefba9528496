"""Run the app: ``python -m remote_monitor --options options.json``, in its container or anywhere else."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
import logging
import os
from pathlib import Path
import pwd
import signal
import sys
from typing import Final

from hub_relay.logs import Secrets, configure
from hub_relay.options import OptionsError, read_options
from hub_relay.signals import Flag
from hub_relay.supervisor import BASE_URL, SupervisorError, announce, mqtt_service

from .app import Place, build, mqtt_of
from .bus.interface import BusError
from .hardware import Bench
from .settings import TOPIC, MqttSettings, Settings, read_settings, secrets

HEALTH_PORT: Final = 8099
SERVICE: Final = "event_hub"
ASK_AGAIN: Final = 10.0
LOG: Final = logging.getLogger(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """Home Assistant's Supervisor, and the token it gave to this app."""

    base_url: str
    token: str


def main() -> int:
    """Run until told to stop; return the exit status."""
    arguments = _arguments()
    masked = Secrets()
    configure("info", masked)
    try:
        settings, problems = read_settings(read_options(arguments.options))
    except OptionsError as error:
        LOG.error("%s", error)  # noqa: TRY400 - the sentence is for people
        return 1
    for secret in secrets(settings):
        masked.add(secret)
    configure(settings.log_level, masked)
    for problem in problems:
        LOG.error("Option %s", problem)
    bench = Bench(settings, arguments.state)
    arguments.state.mkdir(parents=True, exist_ok=True)
    _give_up_rights(arguments.user, arguments.state, bench)
    try:
        bench.prepare()
        bench.make_safe()
    except BusError as error:
        LOG.error("%s", error)  # noqa: TRY400 - the sentence is for people
    stop = Flag()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    supervisor = _supervisor()
    found = _with_broker(settings, supervisor, masked, stop)
    if found is None:
        return 0
    if supervisor is not None and found.mqtt is not None:
        _announce(supervisor, found)
    try:
        service = build(found, bench, Place(state=arguments.state, health_port=arguments.health_port))
    except OSError as error:
        LOG.error("Port %s for the health page cannot be had: %s", arguments.health_port, error)  # noqa: TRY400
        return 1
    if stop.is_set():
        return 0
    LOG.info("Watching %s inputs, switching %s relays", len(found.inputs), len(found.relays))
    return service.run()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m remote_monitor", description=__doc__)
    parser.add_argument("--options", type=Path, default=Path("/data/options.json"), help="JSON file with the options")
    parser.add_argument("--state", type=Path, help="folder of its own (default: beside the options)")
    parser.add_argument("--user", default="event_hub", help="user to become when started as root, if there is one")
    parser.add_argument("--health-port", type=int, default=HEALTH_PORT, help="port of /health on the loopback address")
    arguments = parser.parse_args()
    arguments.state = arguments.state or arguments.options.absolute().parent / "state"
    return arguments


def _give_up_rights(name: str, state: Path, bench: Bench) -> None:
    """Become an ordinary user, who has its own folder and the bus; somebody who is no root stays who it is."""
    if os.getuid() != 0:
        return
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        LOG.debug("There is no user %s, so the app stays root", name)
        return
    for path in (state, *state.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    bench.hand_over(user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def _supervisor() -> Supervisor | None:
    token = os.environ.get("SUPERVISOR_TOKEN")
    return Supervisor(base_url=os.environ.get("SUPERVISOR_URL", BASE_URL), token=token) if token else None


def _with_broker(settings: Settings, supervisor: Supervisor | None, masked: Secrets, stop: Flag) -> Settings | None:
    """Return the settings with a broker, the Supervisor's if none was named; ``None`` when told to stop meanwhile."""
    if settings.mqtt is not None or settings.rabbitmq is not None:
        return settings
    said = ""
    while True:
        broker, problem = _ask_for_broker(supervisor, masked)
        if broker is not None:
            return replace(settings, mqtt=broker)
        if problem != said:
            said = problem
            LOG.error("%s", problem)
        if stop.wait(ASK_AGAIN):
            return None


def _ask_for_broker(supervisor: Supervisor | None, masked: Secrets) -> tuple[MqttSettings | None, str]:
    """Return the Supervisor's broker, or what to do to have one."""
    advice = "There is no broker: set the option mqtt_host or rabbitmq_hosts"
    if supervisor is None:
        return None, advice
    try:
        service = mqtt_service(supervisor.base_url, supervisor.token)
    except SupervisorError as error:
        return None, f"{advice} ({error})"
    if service is None:
        return None, f"{advice}, or install the Mosquitto app"
    masked.add(service.password)
    return mqtt_of(service), ""


def _announce(supervisor: Supervisor, settings: Settings) -> None:
    """Let Home Assistant offer the integration; without that the app works all the same."""
    try:
        announce(supervisor.base_url, supervisor.token, SERVICE, {"app": TOPIC, "device": settings.device_name})
    except SupervisorError as error:
        LOG.warning("Home Assistant was not told of this app: %s", error)


if __name__ == "__main__":
    sys.exit(main())
