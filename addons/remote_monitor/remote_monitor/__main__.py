"""Run the app: ``python -m remote_monitor --options options.json``, in its container or anywhere else."""

from __future__ import annotations

from dataclasses import replace
import logging
from pathlib import Path
import sys
from typing import Final

from hub_relay import running
from hub_relay.logs import Secrets, configure
from hub_relay.options import OptionsError, read_options

from .app import Place, build
from .bus.interface import BusError
from .hardware import Bench
from .settings import TOPIC, read_settings

LOG: Final = logging.getLogger(__package__)


def main() -> int:
    """Run until told to stop; return the exit status."""
    arguments = running.arguments("remote_monitor", __doc__)
    masked = Secrets()
    configure("info", masked)
    try:
        settings, problems = read_settings(read_options(arguments.options))
    except OptionsError as error:
        LOG.error("%s", error)  # noqa: TRY400 - the sentence is for people
        return 1
    for secret in settings.brokers.secrets():
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
    stop = running.flag_of_signals()
    supervisor = running.supervisor()
    brokers = running.with_broker(settings.brokers, supervisor, masked, stop)
    if brokers is None:
        return 0
    settings = replace(settings, brokers=brokers)
    running.tell_home_assistant(supervisor, brokers, {"app": TOPIC, "device": settings.device_name})
    try:
        service = build(settings, bench, Place(state=arguments.state, health_port=arguments.health_port))
    except OSError as error:
        LOG.error("Port %s for the health page cannot be had: %s", arguments.health_port, error)  # noqa: TRY400
        return 1
    if stop.is_set():
        return 0
    LOG.info("Watching %s inputs, switching %s relays", len(settings.inputs), len(settings.relays))
    return service.run()


def _give_up_rights(name: str, state: Path, bench: Bench) -> None:
    """Become an ordinary user, who has its own folder and the bus."""
    user = running.account(name)
    if user is None:
        return
    running.hand_over(state, user)
    bench.hand_over(user.pw_uid, user.pw_gid)
    running.become(user)


if __name__ == "__main__":
    sys.exit(main())
