"""No answer of Google's login is too odd to be survived, and Google is asked no more often than it likes."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from devkit.fake_drive_store import Fault
from snapshot_processor.archive.errors import UNCLEAR
from snapshot_processor.archive.login import Login, Prompt

from .kit import SECRET, Home

CODE = {"verification_url": "u", "user_code": "AB", "device_code": "dc", "expires_in": 1800, "interval": 5}
TOKEN = {"access_token": "a", "refresh_token": "r", "expires_in": 3600}
ODD = [
    b"",
    b"[" * 200_000,
    b"\xff\xfe",
    json.dumps({**CODE, **TOKEN, "expires_in": None}).encode(),
    json.dumps({**CODE, **TOKEN, "expires_in": float("nan")}).encode(),
    json.dumps({**CODE, **TOKEN, "expires_in": float("-inf")}).encode(),
    json.dumps({**CODE, **TOKEN, "expires_in": 10**400}).encode(),
]


def odd(home: Home, content: bytes, on: str) -> None:
    home.drive.garbage = content
    home.drive.fail(Fault.GARBAGE, on=on)


@pytest.mark.parametrize(
    "content",
    [*ODD, json.dumps({**CODE, "interval": float("nan")}).encode(), json.dumps({**CODE, "interval": []}).encode()],
)
def test_a_code_that_makes_no_sense_is_asked_for_again_later(stranger: Home, content: bytes) -> None:
    odd(stranger, content, "/device/code")
    assert stranger.step() == 30
    assert stranger.work.health.detail == UNCLEAR
    assert stranger.step() == 5
    assert "enter ABCD-0000" in (stranger.work.health.detail or "")


@pytest.mark.parametrize("content", ODD)
def test_a_token_that_makes_no_sense_is_asked_for_again_later(stranger: Home, content: bytes) -> None:
    stranger.take()
    stranger.step()
    odd(stranger, content, "/token")
    assert stranger.step() == 30
    assert stranger.work.health.detail == UNCLEAR
    stranger.drive.login.allow("ABCD-0000")
    stranger.run(1)
    assert len(stranger.drive.store.files()) == 1


@pytest.mark.parametrize(
    ("said", "interval", "lasts"),
    [
        ({"interval": 0}, 1, 1_800),
        ({"interval": -5}, 1, 1_800),
        ({"interval": 1e300}, 300, 1_800),
        ({"interval": "7"}, 7, 1_800),
        ({"expires_in": 1e300}, 5, 86_400),
        ({"expires_in": -1}, 5, 0),
    ],
)
def test_times_are_kept_within_limits(stranger: Home, said: dict[str, Any], interval: float, lasts: float) -> None:
    odd(stranger, json.dumps({**CODE, **said}).encode(), "/device/code")
    prompt = Login(stranger.settings).begin(1_000.0)
    assert (prompt.interval, prompt.expires_at) == (interval, 1_000.0 + lasts)


def test_polling_slows_down_to_five_minutes_at_most(stranger: Home) -> None:
    login = Login(stranger.settings)
    prompt = login.begin(1_000.0)
    stranger.drive.login.codes[prompt.code] = "slow_down"
    for _ in range(100):
        prompt = login.poll(prompt)
        assert isinstance(prompt, Prompt)
    assert prompt.interval == 300


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answer=st.dictionaries(
        st.sampled_from([*CODE, *TOKEN, "error"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers()),
    )
)
@pytest.mark.parametrize("on", ["/device/code", "/token"])
def test_any_answer_leads_to_another_step(stranger: Home, on: str, answer: dict[str, Any]) -> None:
    odd(stranger, json.dumps({**CODE, **TOKEN, **answer}).encode(), on)
    for _ in range(3):
        assert 0 <= stranger.step() <= 3_600
    stranger.drive.fail_no_more()
    stranger.settings.token.unlink(missing_ok=True)
    stranger.restart()


def test_what_nobody_expected_is_told_once_without_its_words(
    stranger: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stranger.take()

    def stumble(_login: Login, _now: float) -> Prompt:
        raise ZeroDivisionError(SECRET)

    with monkeypatch.context() as patch:
        patch.setattr(Login, "begin", stumble)
        assert stranger.run(3_600) < 20
    assert stranger.work.health.detail == UNCLEAR
    assert caplog.text.count("ZeroDivisionError") == caplog.text.count(UNCLEAR) == 1
    stranger.run(600)
    assert "enter ABCD-0000" in (stranger.work.health.detail or "")


def test_pictures_that_come_do_not_make_google_be_asked_more_often(stranger: Home) -> None:
    stranger.step()
    begun = stranger.now
    for tenth in range(-49, 1):
        assert stranger.work.step(begun + tenth / 10) == pytest.approx(-tenth / 10 or 5)
    assert stranger.drive.asked("/token") == 1


def test_a_clock_that_was_set_back_does_not_keep_it_from_asking(stranger: Home) -> None:
    stranger.step()
    assert stranger.work.step(stranger.now - 86_400) == 5
    assert stranger.drive.asked("/token") == 1
