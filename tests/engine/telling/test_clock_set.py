"""The clock is set while something waits to be told: it waits for as long as it would have."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.event_hub.engine.telling.events import Failed, Tick
from custom_components.event_hub.engine.telling.outbox import ANSWER_LIMIT, LATE_LIMIT
from custom_components.event_hub.engine.telling.state import moved

from .kit import MAIL, SMS, TELEGRAM, Post, alarm, pictured, telling

JUMPS = [-31_536_000.0, -3600.0, -3.0, 3.0, 600.0, 3600.0, 31_536_000.0]


def fails(post: Post) -> None:
    """Let the first channel not get something critical through."""
    post.down = {"telegram"}
    post.post(alarm("fire"))


def hangs(post: Post) -> None:
    """Let the first channel not answer."""
    post.hung = {"telegram"}
    post.post(alarm("fire"))


def rests(post: Post) -> None:
    """Let the first channel have something new so soon that it waits for its interval."""
    post.post(telling("door"), telling("gate"))


def gathers(post: Post) -> None:
    """Let a picture wait for others."""
    post.set_up(replace(TELEGRAM, gather=20.0), SMS)
    post.post(pictured("yard"))


def is_asked_for_patience(post: Post) -> None:
    """Let the first channel's messenger ask for a rest."""
    post.hung = {"telegram"}
    post.post(telling("door"))
    post.happens(Failed(attempt_id=post.sent[-1][1].attempt_id, retry_after=50.0))


def is_told_by_one(post: Post) -> None:
    """Let something be told by one channel that every channel is for, and another be away."""
    post.set_up(TELEGRAM, replace(SMS, always=True))
    post.down = {"sms"}
    post.post(telling("door"))


WAITS: list[tuple[Callable[[Post], None], float]] = [
    (fails, 70.0),
    (hangs, 2 * ANSWER_LIMIT),
    (rests, 20.0),
    (gathers, 30.0),
    (is_asked_for_patience, 60.0),
    (is_told_by_one, LATE_LIMIT + 60.0),
]


def play(begin: Callable[[Post], None], seconds: float, by: float) -> list[object]:
    """Return what is sent, told and left, by the seconds that passed."""
    post, ahead, seen = Post(TELEGRAM, SMS, MAIL), 0.0, 0
    begin(post)
    began, happened = post.now, list[object]()
    for part in (seconds / 7, seconds):
        post.wait(part)
        sent = [(at - began - ahead, each.channel_id, len(each.tellings)) for at, each in post.sent[seen:]]
        happened += [sent, post.told, post.undelivered, post.dropped, sorted(post.outbox.postings)]
        seen = len(post.sent)
        if by and not ahead:
            post.now, ahead = post.now + by, by
            post.outbox = moved(post.outbox, by)
            post.happens(Tick())
    return happened


@pytest.mark.parametrize("by", JUMPS)
@pytest.mark.parametrize(("begin", "seconds"), WAITS)
def test_what_waits_is_told_when_it_would_have_been(begin: Callable[[Post], None], seconds: float, by: float) -> None:
    assert play(begin, seconds, by) == play(begin, seconds, 0.0)


def test_when_something_happened_is_told_as_it_was() -> None:
    post = Post(TELEGRAM)
    post.down = {"telegram"}
    post.post(telling("door"))
    before = post.outbox.postings[1].telling
    assert moved(post.outbox, 3600.0).postings[1].telling == before
