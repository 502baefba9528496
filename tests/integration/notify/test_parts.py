"""The small parts: words, what errors mean, which addresses Telegram takes, and pictures that are kept for a while."""

from dataclasses import fields
from datetime import timedelta
import os
from pathlib import Path
import time

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceNotFound, ServiceValidationError
import pytest
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut
import voluptuous as vol

from custom_components.event_hub import telling_pictures
from custom_components.event_hub.engine.telling.languages import LANGUAGES
from custom_components.event_hub.outputs.notify import telegram
from custom_components.event_hub.outputs.notify.calling import failure_of
from custom_components.event_hub.outputs.notify.message import Problem
from custom_components.event_hub.outputs.notify.words import EN, WORDS, Words, words_of
from custom_components.event_hub.storage.images import StoredImage

from .kit import jpeg


def caused_by(cause: Exception) -> HomeAssistantError:
    error = HomeAssistantError(f"action failed: {cause}")
    error.__cause__ = cause
    return error


def validation(key: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain="telegram_bot", translation_key=key)


@pytest.mark.parametrize(
    ("error", "problem", "permanent", "retry_after"),
    [
        (ServiceNotFound("notify", "gone"), Problem.MISSING, False, None),
        (caused_by(RetryAfter(30)), Problem.BUSY, False, 30.0),
        (caused_by(RetryAfter(timedelta(seconds=7))), Problem.BUSY, False, 7.0),
        (caused_by(Forbidden("bot was blocked")), Problem.BLOCKED, True, None),
        (caused_by(BadRequest("chat not found")), Problem.REFUSED, True, None),
        (caused_by(NetworkError("no route")), Problem.AWAY, False, None),
        (caused_by(TimedOut()), Problem.AWAY, False, None),
        (caused_by(InvalidToken()), Problem.AWAY, False, None),
        pytest.param(
            NetworkError("no route"),
            Problem.AWAY,
            False,
            None,
            marks=pytest.mark.logs_error("failed with NetworkError"),
        ),
        (validation("invalid_chat_ids"), Problem.REFUSED, True, None),
        (validation("entry_not_loaded"), Problem.REFUSED, False, None),
        (vol.Invalid("extra keys not allowed"), Problem.REFUSED, True, None),
        (TimeoutError(), Problem.AWAY, False, None),
        (HomeAssistantError("away"), Problem.AWAY, False, None),
        pytest.param(
            ZeroDivisionError("x"),
            Problem.AWAY,
            False,
            None,
            marks=pytest.mark.logs_error("failed with ZeroDivisionError"),
        ),
    ],
)
def test_what_goes_wrong_is_told_apart(
    error: Exception, problem: Problem, permanent: bool, retry_after: float | None
) -> None:
    failure = failure_of(error, "notify.somebody")
    assert (failure.problem, failure.permanent, failure.retry_after) == (problem, permanent, retry_after)


@pytest.mark.parametrize(
    "text",
    [
        "cannot connect to https://gate.example.org/send?key=geheim1",
        "POST /bot123456:geheim1-aaaaaaaaaaaaaaaaaaaaaaaaaaaa/sendMessage",
        "token 123456789:geheim1_aaaaaaaaaaaaaaaaaaaaaaa was refused",
    ],
)
def test_no_secret_of_an_error_is_passed_on(text: str) -> None:
    assert "geheim1" not in failure_of(HomeAssistantError(text), "rest_command.sms").detail


@pytest.mark.logs_error("script.send_sms failed with ValueError")
def test_what_anybodys_code_says_of_itself_is_not_passed_on(caplog: pytest.LogCaptureFixture) -> None:
    failure = failure_of(ValueError("password geheim1 is wrong"), "script.send_sms")
    assert failure.detail == "ValueError"
    assert "geheim1" not in caplog.text


def test_the_words_are_there_in_every_language_that_people_are_told_in() -> None:
    assert set(WORDS) == set(LANGUAGES)
    for language, words in WORDS.items():
        for field in fields(Words):
            said = getattr(words, field.name)
            assert said, (language, field.name)
            assert ("{until}" in said) is (field.name == "locked"), (language, field.name)


@pytest.mark.parametrize(("language", "view"), [("de", "Ansehen"), ("pt-BR", "Ver"), ("xx", EN.view)])
def test_a_language_nobody_speaks_is_english(language: str, view: str) -> None:
    assert words_of(language).view == view


@pytest.mark.parametrize(
    ("link", "public"),
    [
        ("https://home.example.org/", True),
        ("https://home.example.org:8443/x?y=z", True),
        ("http://home.example.org/", False),
        ("https://homeassistant/", False),
        ("https://homeassistant.local:8123/", False),
        ("https://192.168.1.4:8123/", False),
        ("https://8.8.8.8/", True),
    ],
)
def test_only_public_addresses_are_buttons_of_telegram(link: str, public: bool) -> None:
    assert telegram._is_public(link) is public


def test_pictures_that_are_old_or_too_many_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling_pictures, "MOST_KEPT", 3)
    now = time.time()
    ages = {"old.jpg": 8 * 86_400, **{f"{number}.jpg": number for number in range(5)}}
    for name, age in ages.items():
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (now - age, now - age))
    telling_pictures._prune(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"0.jpg", "1.jpg", "2.jpg"}


async def test_a_picture_is_there_for_whoever_waits_for_it(hass: HomeAssistant) -> None:
    pictures = telling_pictures.ToldPictures(hass)
    image = StoredImage(content=jpeg(5), content_type="image/jpeg", taken_at=0.0)
    path = await pictures.async_path(pictures.keep(image))
    assert path is not None
    assert Path(path).read_bytes() == jpeg(5)
    assert hass.config.is_allowed_path(path)


@pytest.mark.parametrize("name", [None, "", "../../secrets.yaml", f"{'0' * 32}.jpg"])
async def test_what_is_no_kept_picture_has_no_file(hass: HomeAssistant, name: str | None) -> None:
    assert await telling_pictures.ToldPictures(hass).async_path(name) is None
