"""Options to settings: what the app is made of, and every option that cannot be used.

What is wrong stops the camera, detector or part it belongs to; the rest works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Final

from hub_relay.brokers import Brokers, read_brokers
from hub_relay.logs import LEVELS
from hub_relay.options import OptionProblem, Reader

from .archive.config import ArchiveConfig
from .budget import Allowance
from .camera_options import (
    HOG,
    LONGEST_KEPT,
    ONNX,
    REKOGNITION,
    Camera,
    Defaults,
    read_camera,
    read_detectors,
    secrets_of,
)
from .receive.config import FtpAccount, FtpConfig, FtpLimits
from .retain import Room
from .store import INBOX

TOPIC: Final = "snapshot"
API_PORT: Final = 8098
FTP_PORT: Final = 2121
PASSIVE: Final = (30_000, 30_009)
SHARED_ACCOUNT: Final = "camera"
_MIB: Final = 1024 * 1024
_GIB: Final = 1024 * _MIB
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SSL: Final = Path("/ssl")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxSettings:
    """A model that the user brought, and the file with its labels, one on each line."""

    model: Path
    labels: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RekognitionSettings:
    """Amazon's detector: where, with which key, and how often it may be asked."""

    region: str
    key_id: str
    secret: str
    endpoint: str | None
    allowance: Allowance

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"RekognitionSettings(region={self.region!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the app is made of. Parts that are ``None`` are off."""

    device_name: str
    device_topic: str
    log_level: str
    images: Path
    brokers: Brokers
    room: Room
    ftp: FtpConfig | None
    shared_account: str | None
    onnx: OnnxSettings | None
    rekognition: RekognitionSettings | None
    archive: ArchiveConfig | None
    api_port: int
    api_token: str
    cameras: tuple[Camera, ...]

    def secrets(self) -> Iterable[str]:
        """Return what may stand in no log."""
        yield from self.brokers.secrets()
        for account in self.ftp.accounts if self.ftp else ():
            yield account.password
        for camera in self.cameras:
            yield from secrets_of(camera).values()
        if self.rekognition is not None:
            yield self.rekognition.secret
        if self.archive is not None:
            yield self.archive.client_secret
        yield self.api_token


def read_settings(options: Mapping[str, object], state: Path) -> tuple[Settings, tuple[OptionProblem, ...]]:
    """Return what can be used of the options, and what cannot. ``state`` is the app's own folder."""
    reader = Reader(options)
    images = Path(reader.text("image_folder", "") or state / "images")
    keep_days = reader.number("keep_days", 0, LONGEST_KEPT, 30)
    room = Room(
        most=int(reader.number("keep_gigabytes", 0, 100_000, 10) * _GIB),
        reserve=reader.integer("reserve_megabytes", 0, 1_000_000, 512) * _MIB,
        keep_days=keep_days,
    )
    level = reader.choice("log_level", LEVELS, "info")
    cameras = _cameras(reader, keep_days)
    ftp, shared = _ftp(reader, cameras, images / INBOX, room, level)
    settings = Settings(
        device_name=_name(reader, "device_name", "home"),
        device_topic=_name(reader, "device_topic", TOPIC),
        log_level=level,
        images=images,
        brokers=read_brokers(reader),
        room=room,
        ftp=ftp,
        shared_account=shared,
        onnx=_onnx(reader),
        rekognition=_rekognition(reader),
        archive=_archive(reader, state),
        api_port=reader.integer("api_port", 0, 65_535, API_PORT),
        api_token=reader.secret("api_token", ""),
        cameras=cameras,
    )
    _check_detectors(reader, settings)
    reader.finish()
    return settings, tuple(reader.problems)


def _name(reader: Reader, option: str, default: str) -> str:
    name = reader.text(option, default)
    if _NAME.fullmatch(name):
        return name
    reader.problem(option, "must be 1 to 64 letters, digits, _ or -")
    return default


def _cameras(reader: Reader, keep_days: float) -> tuple[Camera, ...]:
    defaults = Defaults(
        location=reader.text("location", "Home"),
        detectors=read_detectors(reader, (HOG,)),
        confirm=reader.boolean("confirm", default=False),
        keep_days=keep_days,
    )
    cameras = reader.list_of("cameras", lambda part: read_camera(part, defaults))
    for what in (
        lambda one: f"the name {one.key!r}",
        lambda one: f"the name of files {one.slug!r}",
        lambda one: f"the account {one.account.username!r}" if one.account else None,
        lambda one: f"the folder {one.folder!r}",
        lambda one: f"the topic {one.topic!r}" if one.topic else None,
    ):
        cameras = _unique(reader, cameras, what)
    return cameras


def _unique(reader: Reader, cameras: tuple[Camera, ...], what: Callable[[Camera], str | None]) -> tuple[Camera, ...]:
    """Leave out what has something that another one, named before it, has already."""
    seen: set[str] = set()
    kept = []
    for camera in cameras:
        mark = what(camera)
        if mark is not None and mark in seen:
            reader.problem("cameras", f"has {mark} twice: the second is left out")
            continue
        seen.update([mark] if mark else [])
        kept.append(camera)
    return tuple(kept)


def _ftp(
    reader: Reader, cameras: tuple[Camera, ...], inbox: Path, room: Room, level: str
) -> tuple[FtpConfig | None, str | None]:
    """Return the FTP server, unless it is off or cannot be used, and the account that cameras share."""
    before = len(reader.problems)
    port = reader.integer("ftp_port", 0, 65_535, FTP_PORT)
    first, last = (
        reader.integer("ftp_passive_first", 1, 65_535, PASSIVE[0]),
        reader.integer("ftp_passive_last", 1, 65_535, PASSIVE[1]),
    )
    readable = reader.boolean("ftp_readable", default=False)
    shared, password = reader.text("ftp_username", SHARED_ACCOUNT), reader.secret("ftp_password", "")
    largest = reader.integer("ftp_largest_megabytes", 1, 64, 32) * _MIB
    address = reader.text("ftp_address", "") or None
    certificate, key = _ssl_file(reader, "ftp_certificate"), _ssl_file(reader, "ftp_key")
    require_tls = reader.boolean("ftp_require_tls", default=False)
    logins = [(one.account.username, one.account.password) for one in cameras if one.account is not None]
    if password:
        logins.append((shared, password))
    if not port or not logins or len(reader.problems) > before:
        return None, None
    try:
        accounts = tuple(FtpAccount(name=name, password=secret, readable=readable) for name, secret in logins)
        config = FtpConfig(
            inbox=inbox,
            accounts=accounts,
            port=port,
            passive_ports=(first, last),
            masquerade=address,
            certificate=certificate,
            key=key,
            require_tls=require_tls,
            limits=FtpLimits(largest=largest, reserve=room.reserve // 2),
            log_level=level,
        )
    except ValueError as error:
        reader.problem("ftp_port", f"and the options beside it cannot be used: {error}")
        return None, None
    return config, shared if password else None


def _ssl_file(reader: Reader, option: str) -> Path | None:
    name = reader.text(option, "")
    path = _SSL / name if name else None
    if path is not None and not path.is_file():
        reader.problem(option, f"must be a file below {_SSL}, there is no {path}")
    return path


def _onnx(reader: Reader) -> OnnxSettings | None:
    model, labels = reader.text("onnx_model", ""), reader.text("onnx_labels", "")
    if not model and not labels:
        return None
    for option, text in (("onnx_model", model), ("onnx_labels", labels)):
        if not Path(text).is_file():
            reader.problem(option, f"must be a file, there is no {text!r}")
            return None
    return OnnxSettings(model=Path(model), labels=Path(labels))


def _rekognition(reader: Reader) -> RekognitionSettings | None:
    region, key_id = reader.text("rekognition_region", ""), reader.text("rekognition_key_id", "")
    secret, endpoint = reader.secret("rekognition_secret", ""), reader.text("rekognition_endpoint", "") or None
    allowance = Allowance(
        per_day=reader.integer("paid_per_day", 0, 1_000_000, 100),
        per_month=reader.integer("paid_per_month", 0, 10_000_000, 1_000),
        price=reader.number("paid_price", 0, 100, 0.001),
    )
    if not (region or key_id or secret):
        return None
    if not (region and key_id and secret):
        reader.problem("rekognition_region", "must be given together with rekognition_key_id and rekognition_secret")
        return None
    return RekognitionSettings(region=region, key_id=key_id, secret=secret, endpoint=endpoint, allowance=allowance)


def _archive(reader: Reader, state: Path) -> ArchiveConfig | None:
    client, secret = reader.text("drive_client_id", ""), reader.secret("drive_client_secret", "")
    service, drive = reader.text("drive_service_account", ""), reader.text("drive_id", "") or None
    folder, keep_days = reader.text("drive_folder", "Event Hub"), reader.integer("drive_keep_days", 0, 36_500, 0)
    endpoint = reader.text("drive_endpoint", "") or None
    if not (client or secret or service):
        return None
    if service and not Path(service).is_file():
        reader.problem("drive_service_account", f"must be a file, there is no {service!r}")
        return None
    try:
        return ArchiveConfig(
            token=state / "drive_token.json",
            client_id=client,
            client_secret=secret,
            service_account=Path(service) if service else None,
            drive_id=drive,
            folder=folder,
            keep_days=keep_days or None,
            endpoint=endpoint,
        )
    except ValueError as error:
        reader.problem("drive_client_id", f"and the options beside it cannot be used: {error}")
        return None


def _check_detectors(reader: Reader, settings: Settings) -> None:
    wanted = {name for camera in settings.cameras for name in camera.look.detectors}
    if ONNX in wanted and settings.onnx is None:
        reader.problem("detectors", "names onnx, which needs onnx_model and onnx_labels")
    if REKOGNITION in wanted and settings.rekognition is None:
        reader.problem("detectors", "names rekognition, which needs rekognition_region and its key")
