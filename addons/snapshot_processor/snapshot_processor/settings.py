"""Options to settings: what the app is made of, and every option that cannot be used.

What is wrong stops the camera, detector or part it belongs to; the rest works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
import contextlib
from dataclasses import dataclass, field, replace
from pathlib import Path
import re
from typing import Final

from hub_relay.brokers import Brokers, read_brokers
from hub_relay.links import Login
from hub_relay.logs import LEVELS
from hub_relay.options import OptionProblem, Reader

from .archive.config import ArchiveConfig
from .budget import Allowance
from .camera_list import check_ways, read_cameras
from .camera_options import ACCOUNT, LONGEST_KEPT, ONNX, REKOGNITION, Camera, secrets_of
from .receive.config import FtpAccount, FtpConfig, FtpLimits
from .retain import Room
from .store import INBOX

TOPIC: Final = "snapshot"
API_PORT: Final = 8098
FTP_PORT: Final = 2121
PASSIVE: Final = (30_000, 30_009)
SHARED_ACCOUNT: Final = "camera"
# Parts whose health is told.
RECEIVER: Final = "receiver"
ARCHIVE: Final = "archive"
DETECTOR: Final = "detector"
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
    secret: str = field(repr=False)
    endpoint: str | None
    allowance: Allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the app is made of. Parts that are ``None`` are off.

    ``wrong`` are parts of which an option cannot be used, and what is said of it.
    """

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
    api_token: str = field(repr=False)
    cameras: tuple[Camera, ...]
    wrong: Mapping[str, str] = field(default_factory=dict)

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


class _Wrong(dict[str, str]):
    """Collects, part by part, what a reader finds wrong."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader

    @contextlib.contextmanager
    def of(self, part: str) -> Iterator[None]:
        """What is found within the block is the part's."""
        before = len(self._reader.problems)
        yield
        if problems := self._reader.problems[before:]:
            self[part] = "; ".join([*filter(None, [self.get(part)]), *map(str, problems)])


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
    cameras = read_cameras(reader, keep_days)
    wrong = _Wrong(reader)
    with wrong.of(RECEIVER):
        ftp, shared = _ftp(reader, cameras, images / INBOX, room, level)
    check_ways(reader, cameras, shared)
    with wrong.of(ARCHIVE):
        archive = _archive(reader, state)
    with wrong.of(DETECTOR):
        onnx, rekognition = _onnx(reader), _rekognition(reader)
    if archive is None:
        # What waits for an archive that is not there would wait for ever.
        cameras = tuple(replace(one, archive=False) for one in cameras)
    settings = Settings(
        device_name=_name(reader, "device_name", "home"),
        device_topic=_name(reader, "device_topic", TOPIC),
        log_level=level,
        images=images,
        brokers=read_brokers(reader),
        room=room,
        ftp=ftp,
        shared_account=shared,
        onnx=onnx,
        rekognition=rekognition,
        archive=archive,
        api_port=reader.integer("api_port", 0, 65_535, API_PORT),
        api_token=reader.secret("api_token", ""),
        cameras=cameras,
    )
    with wrong.of(DETECTOR):
        _check_detectors(reader, settings)
    reader.finish()
    return replace(settings, wrong=dict(wrong)), tuple(reader.problems)


def _name(reader: Reader, option: str, default: str) -> str:
    name = reader.text(option, default)
    if _NAME.fullmatch(name):
        return name
    reader.problem(option, "must be 1 to 64 letters, digits, _ or -")
    return default


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
    largest = reader.integer("ftp_largest_megabytes", 1, 64, 32) * _MIB
    address = reader.text("ftp_address", "") or None
    certificate, key = _ssl_file(reader, "ftp_certificate"), _ssl_file(reader, "ftp_key")
    require_tls = reader.boolean("ftp_require_tls", default=False)
    sound = len(reader.problems) == before
    logins = [one.account for one in cameras if one.account is not None]
    shared = _shared_account(reader, logins)
    if not sound or not port or not (logins or shared):
        return None, None
    try:
        config = FtpConfig(
            inbox=inbox,
            accounts=tuple(
                FtpAccount(name=one.username, password=one.password, readable=readable)
                for one in (*logins, *([shared] if shared else []))
            ),
            port=port,
            passive_ports=(first, last),
            masquerade=address,
            certificate=certificate,
            key=key,
            require_tls=require_tls,
            limits=FtpLimits(largest=largest, reserve=room.floor),
            log_level=level,
        )
    except ValueError as error:
        reader.problem("ftp_port", f"and the options beside it cannot be used: {error}")
        return None, None
    return config, shared.username if shared else None


def _shared_account(reader: Reader, others: list[Login]) -> Login | None:
    """Read the account that cameras without their own share; ``None`` without a password, or for a name of another."""
    name, password = reader.text("ftp_username", SHARED_ACCOUNT), reader.secret("ftp_password", "")
    if not ACCOUNT.fullmatch(name):
        reader.problem(
            "ftp_username", "must be 1 to 64 letters, digits, dots, _ or -, and begin with a letter or digit"
        )
    elif any(one.username == name for one in others):
        reader.problem("ftp_username", f"must not be the account of a camera, is {name!r}")
    elif password:
        return Login(username=name, password=password)
    return None


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
