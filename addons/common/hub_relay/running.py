"""What a program does around its service: arguments, rights, and the Supervisor's help."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
import logging
import os
from pathlib import Path
import pwd
import signal
from typing import Final, override

from .brokers import Brokers, mqtt_of
from .logs import Secrets
from .signals import Flag
from .stages import Stage
from .supervisor import BASE_URL, SupervisorError, announce, mqtt_service

HEALTH_PORT: Final = 8099
SERVICE: Final = "event_hub"
ASK_AGAIN: Final = 10.0
ADVICE: Final = "There is no broker: set the option mqtt_host or rabbitmq_hosts"
_SEARCH_STILL_AFTER: Final = 60.0
_IDLE: Final = 1.0
LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How the program was called."""

    options: Path
    state: Path
    user: str
    health_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """Home Assistant's Supervisor, and the token it gave to this app."""

    base_url: str
    token: str = field(repr=False)


def arguments(program: str, description: str | None) -> Arguments:
    """Read the command line; the state is kept beside the options unless it says otherwise."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--options", type=Path, default=Path("/data/options.json"), help="JSON file with the options")
    parser.add_argument("--state", type=Path, help="folder of its own (default: beside the options)")
    parser.add_argument("--user", default="event_hub", help="user to become when started as root, if there is one")
    parser.add_argument("--health-port", type=int, default=HEALTH_PORT, help="port of /health on the loopback address")
    given = parser.parse_args()
    return Arguments(
        options=given.options,
        state=given.state or given.options.absolute().parent / "state",
        user=given.user,
        health_port=given.health_port,
    )


def account(name: str) -> pwd.struct_passwd | None:
    """Return the user to become; ``None`` for somebody who is no root, or where there is no such user."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam(name)
    except KeyError:
        LOG.debug("There is no user %s, so the app stays root", name)
        return None


def hand_over(folder: Path, user: pwd.struct_passwd) -> None:
    """Give a folder and all in it to a user. Raises ``OSError``.

    A folder's own turn comes when all in it is given: below one that is the user's, nothing is left to do.
    """
    try:
        _give(folder, user)
    except PermissionError as error:
        # Some network disks have owners of their own, and may let everybody write.
        LOG.warning(
            "%s cannot be given to the user %s, who must be able to write there: %s", folder, user.pw_name, error
        )


def become(user: pwd.struct_passwd) -> None:
    """Give up the rights of root for good."""
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def flag_of_signals() -> Flag:
    """Return what is raised by the signals that end a program."""
    stop = Flag()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def supervisor() -> Supervisor | None:
    """Return the Supervisor that runs this program, if one does."""
    token = os.environ.get("SUPERVISOR_TOKEN")
    return Supervisor(base_url=os.environ.get("SUPERVISOR_URL", BASE_URL), token=token) if token else None


def with_broker(brokers: Brokers, host: Supervisor | None, masked: Secrets, stop: Flag) -> Brokers | None:
    """Return the brokers, the Supervisor's if none was named; ``None`` when told to stop meanwhile."""
    said = ""
    while not brokers:
        brokers, problem = ask_for_broker(brokers, host, masked)
        if problem not in {"", said}:
            said = problem
            LOG.error("%s", problem)
        if problem and stop.wait(ASK_AGAIN):
            return None
    return brokers


class BrokerSearch(Stage):
    """Asks for a broker until there is one, while everything else runs."""

    def __init__(
        self, brokers: Brokers, host: Supervisor | None, masked: Secrets, found: Callable[[Brokers], None]
    ) -> None:
        """Call ``found``, in this stage's thread, with the first that there is; with ``brokers`` if they are some."""
        super().__init__("broker", still_after=_SEARCH_STILL_AFTER)
        self._brokers = brokers
        self._host = host
        self._masked = masked
        self._found = found
        self._problem = "" if brokers else ADVICE

    @property
    @override
    def trouble(self) -> str | None:
        return self._problem or None

    @override
    def run(self) -> None:
        said = ""
        while not self.stopping and self._problem:
            self.beat()
            with self.leavable():
                brokers, problem = ask_for_broker(self._brokers, self._host, self._masked)
            if problem not in {"", said}:
                said = problem
                LOG.error("%s", problem)
            if not problem:
                self._found(brokers)
            self._problem = problem
            if problem:
                self.wait(ASK_AGAIN)
        while not self.wait(_IDLE):
            self.beat()


def ask_for_broker(brokers: Brokers, host: Supervisor | None, masked: Secrets) -> tuple[Brokers, str]:
    """Return these with the Supervisor's broker among them, or what to do to have one."""
    if host is None:
        return brokers, ADVICE
    try:
        service = mqtt_service(host.base_url, host.token)
    except SupervisorError as error:
        return brokers, f"{ADVICE} ({error})"
    if service is None:
        return brokers, f"{ADVICE}, or install the Mosquitto app"
    masked.add(service.password)
    return replace(brokers, mqtt=mqtt_of(service)), ""


def tell_home_assistant(host: Supervisor | None, brokers: Brokers, config: Mapping[str, object]) -> None:
    """Let Home Assistant offer the integration; without that the app works all the same."""
    if host is None or brokers.mqtt is None:
        return
    try:
        announce(host.base_url, host.token, SERVICE, config)
    except SupervisorError as error:
        LOG.warning("Home Assistant was not told of this app: %s", error)


def _give(folder: Path, user: pwd.struct_passwd) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.stat(follow_symlinks=False).st_uid == user.pw_uid:
                continue
            if entry.is_dir(follow_symlinks=False):
                _give(Path(entry.path), user)
            else:
                os.chown(entry.path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    os.chown(folder, user.pw_uid, user.pw_gid, follow_symlinks=False)
