"""Run the app: ``python -m snapshot_processor --options options.json``, in its container or anywhere else."""

from __future__ import annotations

from dataclasses import replace
import logging
import os
from pathlib import Path
import pwd
import secrets
import socket
import sys
from typing import Final

from hub_relay import running
from hub_relay.brokers import Brokers
from hub_relay.logs import Secrets, configure
from hub_relay.options import OptionsError, read_options

from .app import LEDGER, App, Place
from .ballast import make_room
from .ledger.database import Kept, LedgerError, prepare
from .settings import RECEIVER, Settings, read_settings
from .store import Store

LOG: Final = logging.getLogger(__package__)
_TOKEN: Final = "api_token"  # noqa: S105 - the file's name
_OWNER_ALONE: Final = 0o600


def main() -> int:
    """Run until told to stop; return the exit status."""
    arguments = running.arguments("snapshot_processor", __doc__)
    masked = Secrets()
    configure("info", masked)
    try:
        settings, problems = read_settings(read_options(arguments.options), arguments.state)
    except OptionsError as error:
        LOG.error("%s", error)  # noqa: TRY400 - the sentence is for people
        return 1
    for secret in settings.secrets():
        masked.add(secret)
    configure(settings.log_level, masked)
    for problem in problems:
        LOG.error("Option %s", problem)
    try:
        settings = _settle_in(settings, arguments)
        token = settings.api_token or _own_token(arguments.state / _TOKEN)
        masked.add(token)
        keys = {one.slug: one.key for one in settings.cameras}
        prepare(arguments.state / LEDGER, Kept(images=settings.images, cameras=keys))
        place = Place(state=arguments.state, token=token, health_port=arguments.health_port)
        return _run(settings, place, masked)
    except (OSError, LedgerError) as error:
        LOG.error("The app cannot start: %s", error)  # noqa: TRY400 - the sentence is for people
        return 1


def _run(settings: Settings, place: Place, masked: Secrets) -> int:
    """Run the service; a broker may come later. Raises ``OSError`` when a port is taken."""
    stop = running.flag_of_signals()
    supervisor = running.supervisor()

    def tell(brokers: Brokers) -> None:
        images = {"host": socket.gethostname(), "port": app.api_port, "token": place.token}
        config = {"app": settings.device_topic, "device": settings.device_name, "images": images}
        running.tell_home_assistant(supervisor, brokers, config)

    def found(brokers: Brokers) -> None:
        app.join(brokers)
        tell(brokers)

    search = None if settings.brokers else running.BrokerSearch(settings.brokers, supervisor, masked, found)
    app = App(settings, place, search)
    tell(settings.brokers)
    if stop.is_set():
        return 0
    LOG.info("Taking pictures of %s cameras", len(settings.cameras))
    return app.service.run()


def _settle_in(settings: Settings, arguments: running.Arguments) -> Settings:
    """Make the app's folders, take what only root may read, and give up root's rights. Raises ``OSError``.

    Returns the settings with the paths that are to be used from then on.
    """
    store = Store(settings.images)
    arguments.state.mkdir(parents=True, exist_ok=True)
    make_room(arguments.state, store)
    store.prepare()
    user = running.account(arguments.user)
    if user is None:
        return settings
    settings = _with_own_certificate(settings, arguments.state)
    running.hand_over(arguments.state, user)
    running.hand_over(store.root, user)
    for camera in settings.cameras:
        if camera.watched is not None and camera.watched.is_dir():
            # What is taken from there is removed; whose the files themselves are does not matter for that.
            _give_folder(camera.watched, user)
    running.become(user)
    return settings


def _give_folder(folder: Path, user: pwd.struct_passwd) -> None:
    """Give a folder, not what is in it, to a user; some network disks have owners of their own."""
    try:
        os.chown(folder, user.pw_uid, user.pw_gid)
    except OSError as error:
        LOG.warning(
            "%s cannot be given to the user %s, who must be able to write there: %s", folder, user.pw_name, error
        )


def _with_own_certificate(settings: Settings, state: Path) -> Settings:
    """Return the settings with copies of the certificate and its key; without FTP where they cannot be had."""
    ftp = settings.ftp
    if ftp is None or ftp.certificate is None:
        return settings
    try:
        certificate = _own_copy(ftp.certificate, state / "ftp_certificate.pem")
        key = None if ftp.key is None else _own_copy(ftp.key, state / "ftp_key.pem")
    except OSError as error:
        sentence = f"ftp_certificate and ftp_key must be files that can be read: {error}"
        LOG.error("Option %s", sentence)  # noqa: TRY400 - the sentence is for people
        return replace(settings, ftp=None, wrong={**settings.wrong, RECEIVER: sentence})
    return replace(settings, ftp=replace(ftp, certificate=certificate, key=key))


def _own_copy(source: Path, target: Path) -> Path:
    """Copy a file that may be root's alone, for its new owner alone. Raises ``OSError``."""
    target.unlink(missing_ok=True)
    target.touch(mode=_OWNER_ALONE)
    target.write_bytes(source.read_bytes())
    return target


def _own_token(path: Path) -> str:
    """Return the key to the pictures, made at the first start. Raises ``OSError``."""
    try:
        if token := path.read_text(encoding="ascii").strip():
            return token
    except FileNotFoundError:
        pass
    token = secrets.token_urlsafe(32)
    part = path.with_name(f"{path.name}.part")
    part.touch(mode=_OWNER_ALONE)
    part.write_text(token, encoding="ascii")
    part.replace(path)
    return token


if __name__ == "__main__":
    sys.exit(main())
