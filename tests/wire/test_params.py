import pytest

from custom_components.event_hub.wire.encode import check_params
from custom_components.event_hub.wire.messages import Dialect

FLEET = (Dialect.CURRENT, Dialect.LEGACY)


@pytest.mark.parametrize("dialect", FLEET)
@pytest.mark.parametrize("params", [None, "0", "5", "2.5", " 7 ", "86400"])
def test_a_relay_takes_seconds_or_nothing(dialect: Dialect, params: str | None) -> None:
    check_params(dialect, "ioboard", params)


@pytest.mark.parametrize("dialect", FLEET)
@pytest.mark.parametrize("params", ["", "loud", "5s", "-1", "nan", "inf", "1e99", "86401", "x" * 256])
def test_a_relay_takes_nothing_else(dialect: Dialect, params: str) -> None:
    with pytest.raises(ValueError, match=r"seconds|longer"):
        check_params(dialect, "ioboard", params)


@pytest.mark.parametrize("dialect", FLEET)
@pytest.mark.parametrize(
    "params",
    ["admin:secret@192.0.2.7:8080", "admin:secret@camera.example:80,554", "admin:a,b@192.0.2.7:1", "a:@b:65535"],
)
def test_a_camera_takes_login_and_address(dialect: Dialect, params: str) -> None:
    check_params(dialect, "snapshot", params)


@pytest.mark.parametrize("dialect", FLEET)
@pytest.mark.parametrize(
    "params",
    [
        *(None, "", "192.0.2.7:80", "admin@192.0.2.7:80", "admin:secret@192.0.2.7", ":secret@192.0.2.7:80"),
        *("admin:sec:ret@192.0.2.7:80", "admin:secret@a@192.0.2.7:80", "admin:secret@192.0.2.7:80:81"),
        *("admin:secret@192.0.2.7:http", "admin:secret@192.0.2.7:0", "admin:secret@192.0.2.7:65536"),
        *("admin:secret@:80", "admin:secret@192.0.2.7:80,", "admin:secret@192.0.2.7:80,554,1"),
        *("admin:secret@[::1]:80", "admin:se cret@192.0.2.7:80", "admin:secret@192.0.2.7:80\n", "a:b@c:²"),
    ],
)
def test_a_camera_takes_nothing_that_ends_its_program(dialect: Dialect, params: str | None) -> None:
    with pytest.raises(ValueError, match=r"user:password@host:port|blanks") as refusal:
        check_params(dialect, "snapshot", params)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("dialect", "topic"), [(Dialect.NATIVE, "ioboard"), (Dialect.NATIVE, "snapshot"), (Dialect.CURRENT, "doorbell")]
)
def test_other_devices_know_themselves_what_they_take(dialect: Dialect, topic: str) -> None:
    check_params(dialect, topic, "whatever they like")
    with pytest.raises(ValueError, match="longer"):
        check_params(dialect, topic, "x" * 256)
