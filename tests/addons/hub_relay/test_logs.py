"""One line a record, and no secret in any of them."""

from collections.abc import Iterator
import io
import logging

from hypothesis import given, strategies as st
import pytest

from hub_relay.logs import LEVELS, Secrets, Throttle, configure


@pytest.fixture
def _root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("pika", "paho", "urllib3", "PIL")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.mark.usefixtures("_root_logger")
def test_a_record_is_one_line_with_time_level_component_and_message() -> None:
    stream = io.StringIO()
    configure("info", Secrets(["hunter22"]), stream)
    log = logging.getLogger("hub_relay.mqtt")
    log.debug("not asked for")
    log.info("connected to %s", "mqtt://me:hunter22@broker")
    try:
        int("login hunter22\nis wrong")
    except ValueError:
        log.exception("failed")
    first, second = stream.getvalue().splitlines()
    assert first[10] == "T"
    assert first.split(" ", 1)[1] == "INFO mqtt: connected to mqtt://***@broker"
    assert "ERROR mqtt: failed\\nTraceback" in second
    assert second.endswith(r"'login ***\nis wrong'")


@pytest.mark.usefixtures("_root_logger")
@pytest.mark.parametrize("level", LEVELS)
def test_every_level_can_be_set(level: str) -> None:
    configure(level, Secrets(), io.StringIO())
    assert logging.getLogger().level == getattr(logging, level.upper())


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        configure("loud", Secrets())


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://cam/snap?usr=me&pwd=s3cret&x=1", "http://cam/snap?usr=me&pwd=***&x=1"),
        ("amqp://user:p@ss:w@host/", "amqp://***@host/"),
        ("a p%20w%2Fx b", "a *** b"),
        ("a p w/x b", "a *** b"),
        ("token=abc", "token=***"),
        ("hunter22 and hunter", "*** and ***"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_secrets_are_masked_however_they_are_written(text: str, masked: str) -> None:
    assert Secrets(["p w/x", "hunter22", "hunter", ""]).mask(text) == masked


@given(st.lists(st.text(min_size=3), min_size=1, max_size=4), st.lists(st.text(), max_size=4))
def test_no_secret_survives_masking(secrets: list[str], around: list[str]) -> None:
    plain = [secret for secret in secrets if "*" not in secret]
    masked = Secrets(plain).mask(" ".join([*around, *plain]))
    rest = masked.replace("***", "\0\0\0")
    assert not any(secret in rest for secret in plain if "\0" not in secret)


def test_a_complaint_comes_once_a_minute_and_key() -> None:
    throttle = Throttle(60)
    told = [throttle.due("a", now) for now in (0.0, 1.0, 59.0, 60.0, 61.0)]
    assert told == [True, False, False, True, False]
    assert throttle.due("b", 61.0)
