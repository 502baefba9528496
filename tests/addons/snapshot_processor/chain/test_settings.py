"""What the options make of the app, and what is said of those that cannot be used."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings as hypothesis, strategies as st
import pytest

from snapshot_processor.settings import Settings, read_settings

STATE = Path("/nowhere/state")
CAMERA: dict[str, Any] = {"label": "camera", "location": "Porch", "ftp_username": "porch", "ftp_password": "secret one"}


def settings(**options: Any) -> Settings:
    """Return the settings of options that are all right."""
    found, problems = read_settings(options, STATE)
    assert problems == ()
    return found


def problems(**options: Any) -> list[str]:
    """Return what is said of options that are not all right."""
    _, found = read_settings(options, STATE)
    return [str(problem) for problem in found]


def test_nothing_but_defaults_is_an_app_without_cameras_and_server() -> None:
    found = settings()
    assert (found.device_name, found.device_topic, found.images) == ("home", "snapshot", STATE / "images")
    assert (found.ftp, found.shared_account, found.onnx, found.rekognition, found.archive) == (None,) * 5
    assert (found.room.most, found.room.reserve, found.room.keep_days) == (10 * 1024**3, 512 * 1024**2, 30)
    assert (found.cameras, bool(found.brokers), found.api_port) == ((), False, 8098)


def test_the_ftp_server_knows_every_account() -> None:
    found = settings(cameras=[CAMERA], ftp_password="shared one", ftp_username="all", image_folder="/media/hub")
    assert found.ftp is not None
    assert [(one.name, one.password, one.readable) for one in found.ftp.accounts] == [
        ("porch", "secret one", False),
        ("all", "shared one", False),
    ]
    assert (found.ftp.inbox, found.ftp.port, found.ftp.passive_ports) == (
        Path("/media/hub/.inbox"),
        2121,
        (30_000, 30_009),
    )
    assert (found.shared_account, found.ftp.limits.reserve) == ("all", 256 * 1024**2)
    assert settings(cameras=[CAMERA]).shared_account is None
    assert settings(cameras=[CAMERA], ftp_port=0).ftp is None


@pytest.mark.parametrize(
    ("options", "said", "works"),
    [
        ({"ftp_port": 70_000}, "ftp_port must be 0 to 65535", False),
        ({"ftp_passive_first": 31_000}, "ftp_port and the options beside it cannot be used", False),
        ({"ftp_address": "home.example"}, "ftp_port and the options beside it cannot be used", False),
        ({"ftp_require_tls": True}, "ftp_port and the options beside it cannot be used", False),
        ({"ftp_certificate": "none.pem"}, "ftp_certificate must be a file below /ssl", False),
        ({"ftp_username": "porch", "ftp_password": "x"}, "ftp_username must not be the account of a camera", True),
        ({"ftp_username": "_fetched", "ftp_password": "x"}, "ftp_username must be 1 to 64 letters", True),
    ],
)
def test_an_ftp_server_that_cannot_be_used_is_off_and_the_cameras_stay(
    options: dict[str, Any], said: str, works: bool
) -> None:
    found, (problem,) = read_settings({"cameras": [CAMERA], **options}, STATE)
    assert str(problem).startswith(said)
    assert (found.ftp is not None) is works
    assert found.shared_account is None
    assert len(found.cameras) == 1


REKOGNITION = {"rekognition_region": "eu-west-1", "rekognition_key_id": "AKIA", "rekognition_secret": "aws secret"}
DRIVE = {"drive_client_id": "id", "drive_client_secret": "drive secret"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"device_name": "a/b"}, "device_name must be 1 to 64 letters"),
        ({"device_topic": "a.b"}, "device_topic must be 1 to 64 letters"),
        ({"log_level": "loud"}, "log_level must be one of"),
        ({"keep_gigabytes": -1}, "keep_gigabytes must be"),
        ({"reserve_megabytes": 1.5}, "reserve_megabytes must be"),
        ({"detectors": "magic"}, "detectors must be off, or some of"),
        ({"api_port": "x"}, "api_port must be"),
        ({"onnx_model": "/none.onnx"}, "onnx_model must be a file, there is no '/none.onnx'"),
        ({"rekognition_region": "eu"}, "rekognition_region must be given together with"),
        ({"paid_per_day": -1}, "paid_per_day must be"),
        ({"drive_client_id": "x"}, "drive_client_id and the options beside it cannot be used"),
        ({"drive_service_account": "/none.json"}, "drive_service_account must be a file"),
        ({"drive_keep_days": -1}, "drive_keep_days must be"),
        ({"mqtt_port": 0, "mqtt_host": "a"}, "mqtt_port must be"),
        ({"detectors": "onnx", "cameras": [CAMERA]}, "detectors names onnx, which needs onnx_model"),
        ({"detectors": "rekognition", "cameras": [CAMERA]}, "detectors names rekognition, which needs"),
        ({"colour": 1}, "colour is no option of this app"),
        ({"cameras": "none"}, "cameras must be a list"),
    ],
)
def test_an_option_that_cannot_be_used_is_named_and_the_rest_works(options: dict[str, Any], said: str) -> None:
    found, (problem,) = read_settings({"log_level": "debug", **options}, STATE)
    assert str(problem).startswith(said)
    assert found.log_level in {"debug", "info"}


def test_amazon_and_drive_are_set_up_when_all_of_them_is_given() -> None:
    found = settings(
        **REKOGNITION,
        **DRIVE,
        paid_per_day=5,
        drive_keep_days=9,
        cameras=[CAMERA, {**CAMERA, "label": "b", "ftp_username": "b", "archive": False}],
    )
    assert found.rekognition is not None
    assert (found.rekognition.allowance.per_day, found.rekognition.allowance.price) == (5, 0.001)
    assert found.archive is not None
    assert (found.archive.keep_days, found.archive.token) == (9, STATE / "drive_token.json")
    assert [one.archive for one in found.cameras] == [True, False]


def test_no_secret_stands_in_what_settings_show_of_themselves() -> None:
    options = {
        **REKOGNITION,
        **DRIVE,
        "api_token": "api secret",
        "mqtt_host": "a",
        "mqtt_username": "me",
        "mqtt_password": "mqtt secret",
        "ftp_password": "shared secret",
        "cameras": [{**CAMERA, "snapshot_url": "http://a/", "username": "me", "password": "camera secret"}],
    }
    found = settings(**options)
    secrets = {
        "api secret",
        "mqtt secret",
        "shared secret",
        "camera secret",
        "secret one",
        "aws secret",
        "drive secret",
    }
    assert secrets <= set(found.secrets())
    shown = repr(found.ftp) + repr(found.rekognition) + repr(found.archive) + repr(found.cameras) + repr(found.brokers)
    assert not [secret for secret in secrets if secret in shown + repr(found)]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
NAMES = ["label", "location", "folder", "zones", "labels", "snapshot_url", "keep_days", "detectors", "ftp_username"]


@hypothesis(max_examples=60)
@given(
    options=st.dictionaries(
        st.sampled_from(["keep_days", "detectors", "ftp_port", "ftp_username", "log_level"]), anything
    ),
    cameras=st.lists(st.dictionaries(st.sampled_from(NAMES), anything, max_size=5), max_size=3),
)
def test_whatever_is_written_there_the_app_has_settings(options: dict[str, Any], cameras: list[dict[str, Any]]) -> None:
    found, _ = read_settings({**options, "cameras": cameras}, STATE)
    assert len(found.cameras) <= len(cameras)
    assert len({one.slug for one in found.cameras}) == len(found.cameras)


@pytest.mark.parametrize(
    ("options", "part", "said"),
    [
        ({"ftp_port": 70_000}, "receiver", "ftp_port must be 0 to 65535"),
        ({"drive_client_id": "x"}, "archive", "drive_client_id and the options beside it cannot be used"),
        ({"onnx_model": "/none.onnx"}, "detector", "onnx_model must be a file"),
        ({"detectors": "rekognition"}, "detector", "detectors names rekognition"),
    ],
)
def test_a_part_of_which_an_option_is_wrong_is_named_with_what_is_said_of_it(
    options: dict[str, Any], part: str, said: str
) -> None:
    found, (problem,) = read_settings({"cameras": [CAMERA], **options}, STATE)
    assert found.wrong == {part: str(problem)}
    assert str(problem).startswith(said)


def test_what_is_wrong_with_one_part_is_said_in_one_sentence_after_the_other() -> None:
    options = {"rekognition_region": "eu", "detectors": "rekognition", "cameras": [CAMERA], "log_level": "loud"}
    found, problems = read_settings(options, STATE)
    assert len(problems) == 3
    assert list(found.wrong) == ["detector"]
    assert found.wrong["detector"].count("; ") == 1
