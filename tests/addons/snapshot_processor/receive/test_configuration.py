"""The server's configuration, and what the server says: both cross between processes as a line."""

from dataclasses import replace
import json
import os
from pathlib import Path
from typing import Any

import pytest

from snapshot_processor.receive.config import FtpAccount, FtpConfig, FtpLimits
from snapshot_processor.receive.said import FtpCounts, Said, Teller

from .kit import PORCH, READER, configuration


def test_a_configuration_comes_through_as_it_was(tmp_path: Path) -> None:
    config = configuration(
        tmp_path,
        passive_ports=(30000, 30019),
        masquerade="192.168.1.5",
        certificate=tmp_path / "cert.pem",
        key=tmp_path / "key.pem",
        require_tls=True,
        largest=7,
    )
    line = config.to_json()
    assert "\n" not in line
    assert FtpConfig.from_json(line) == config


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    assert PORCH.password not in repr(configuration(tmp_path))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"port": 65_536}, "65536 is no port"),
        ({"accounts": (PORCH, READER, PORCH)}, "There are two accounts porch"),
        ({"passive_ports": (30019, 30000)}, "a first and a last one"),
        ({"passive_ports": (0, 10)}, "a first and a last one"),
        ({"masquerade": "home.example"}, "'home.example' must be an IPv4 address"),
        ({"require_tls": True}, "Encryption needs a certificate"),
        ({"log_level": "loud"}, "'loud' is none of"),
    ],
)
def test_what_cannot_work_is_named(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(configuration(tmp_path), **changes)


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a~b", "tab\t", "x" * 121])
def test_an_account_is_called_like_a_folder(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be an account"):
        FtpAccount(name=name, password="long enough")


def test_an_account_has_a_password() -> None:
    with pytest.raises(ValueError, match="Account porch needs a password"):
        FtpAccount(name="porch", password="")


@pytest.mark.parametrize("name", ["connections", "largest", "wrong_logins", "idle_timeout"])
def test_a_limit_is_more_than_nothing(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be more than 0"):
        FtpLimits(**{name: 0})


def test_what_the_server_says_comes_through_as_it_was() -> None:
    said = Said(port=2121, counts=FtpCounts(files=3, half=1), banned=("192.0.2.1",), low=True, full=("porch",))
    assert Said.of_line(said.to_line()) == said
    assert Said.of_line(Said(problem="Port 21 is taken").to_line()).problem == "Port 21 is taken"


def test_a_line_is_short_enough_for_a_pipe_whatever_is_in_it() -> None:
    names = tuple("日" * 40 + str(number) for number in range(1000))
    line = Said(banned=names, full=names).to_line()
    assert len(line) <= 4096
    assert Said.of_line(line).full[-1] == names[-1]


def test_counts_of_two_servers_are_added() -> None:
    assert FtpCounts(files=1, bytes=10) + FtpCounts(files=2, wrong_logins=3) == FtpCounts(
        files=3, bytes=10, wrong_logins=3
    )


class Pipe:
    """A pipe, its teller, and the calls that are to be made later."""

    def __init__(self) -> None:
        self.reading, writing = os.pipe()
        os.set_blocking(self.reading, False)
        self.later: list[Any] = []
        self.count = 0
        self.writing = writing
        self.teller = Teller(writing, self.say, lambda _seconds, call: self.later.append(call))

    def say(self) -> Said:
        return Said(counts=FtpCounts(files=self.count))

    def heard(self) -> list[int]:
        try:
            lines = os.read(self.reading, 1_000_000).splitlines()
        except BlockingIOError:
            return []
        return [json.loads(line)["counts"]["files"] for line in lines]

    def close(self) -> None:
        os.close(self.reading)
        os.close(self.writing)


def test_the_first_of_many_is_told_at_once_and_the_rest_together() -> None:
    pipe = Pipe()
    for number in range(1, 6):
        pipe.count = number
        pipe.teller.nudge()
    assert pipe.heard() == [1]
    assert len(pipe.later) == 1
    pipe.later.pop()()
    assert pipe.heard() == [5]
    pipe.close()


def test_a_full_pipe_keeps_nobody_waiting_and_loses_no_count() -> None:
    pipe = Pipe()
    for number in range(1, 10_000):
        pipe.count = number
        pipe.teller.tell()
    assert pipe.heard()[-1] < 9_999
    pipe.teller.tell()
    assert pipe.heard() == [9_999]
    pipe.close()


def test_a_pipe_that_nobody_reads_any_more_is_no_problem() -> None:
    pipe = Pipe()
    os.close(pipe.reading)
    pipe.teller.tell()
    os.close(pipe.writing)
