"""What is critical does not wait for the time between two messages, but for whatever else keeps a channel."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.telling.choosing import FIRST_TRIES
from custom_components.event_hub.engine.telling.model import Channel
from custom_components.event_hub.engine.telling.resting import LONGEST_PAUSE

from .kit import MAIL, SMS, START, TELEGRAM, Post, alarm, telling


def just_told(channel: Channel = TELEGRAM) -> Post:
    """Return an outbox whose channel has just told something trivial."""
    post = Post(channel)
    post.post(telling("earlier"))
    return post


@pytest.mark.parametrize(("after", "sent"), [(0, 1), (0.25, 1), (1, 1), (5, 5), (11.5, 11.5), (20, 20)])
def test_something_critical_waits_no_longer_than_a_second_for_the_message_before(after: float, sent: float) -> None:
    post = just_told()
    post.wait(after)
    post.post(alarm("fire"))
    post.wait(30)
    assert post.sent_after() == [0, sent]


def test_a_channel_without_an_interval_tells_what_is_critical_at_once() -> None:
    post = just_told(SMS)
    post.post(alarm("fire"))
    assert post.sent_after(SMS) == [0, 0]


def test_an_interval_of_less_than_a_second_is_kept_by_what_is_critical_too() -> None:
    post = just_told(replace(TELEGRAM, min_interval=0.5))
    post.post(alarm("fire"))
    post.wait(1)
    assert post.sent_after() == [0, 0.5]


def test_a_flood_of_panic_is_a_message_a_second_with_all_that_came_meanwhile() -> None:
    post = just_told()
    for number in range(50):
        post.post(alarm(f"panic {number}"))
        post.wait(0.1)
    post.wait(5)
    assert post.sent_after() == pytest.approx([0, 1, 2, 3, 4, 5, 6, 7])
    assert len([each for _, each in post.told if each.startswith("panic")]) == 50


def test_other_news_counts_what_was_critical_as_a_message() -> None:
    post = just_told()
    post.post(telling("door"))
    post.wait(5)
    post.post(alarm("fire"))
    post.wait(30)
    assert post.messages == [("telegram", ["earlier"]), ("telegram", ["fire"]), ("telegram", ["door"])]
    assert post.sent_after() == [0, 5, 17]


def test_what_is_critical_takes_nothing_else_along_in_the_interval() -> None:
    post = just_told()
    post.post(telling("door"), telling("gate"), alarm("fire"))
    post.wait(1)
    assert post.messages[1:] == [("telegram", ["fire"])]


@pytest.mark.parametrize(("retry_after", "rest"), [(30, 30), (3, 3), (0, 1), (None, 5)])
def test_what_is_critical_waits_for_the_pause_that_a_messenger_asked_for_or_a_failure_makes(
    retry_after: float | None, rest: float
) -> None:
    post = Post(TELEGRAM)
    post.hung = {"telegram"}
    post.post(telling("door"))
    post.wait(0.5)
    post.fails(retry_after)
    post.hung = set()
    post.post(alarm("fire"))
    post.wait(60)
    assert post.sent_after()[:2] == [0, 0.5 + rest]
    assert post.messages[1] == ("telegram", ["fire"])


def test_what_is_critical_waits_for_the_message_that_is_being_sent() -> None:
    post = Post(TELEGRAM)
    post.hung = {"telegram"}
    post.post(telling("door"))
    post.post(alarm("fire"))
    post.wait(7)
    assert post.sent_after() == [0]
    post.arrives()
    assert post.sent_after() == [0, 7]


def test_what_is_critical_is_sent_a_second_after_a_message_that_was_refused() -> None:
    post = Post(TELEGRAM, MAIL)
    post.hung = {"telegram"}
    post.post(telling("door"))
    post.wait(0.25)
    post.fails(permanent=True)
    post.post(alarm("fire"))
    post.wait(1)
    assert post.sent_after() == [0, 1]


def test_a_pause_that_a_messenger_asked_for_outlives_a_restart_and_so_does_the_second() -> None:
    post = Post(TELEGRAM)
    post.hung = {"telegram"}
    post.post(telling("door"))
    post.fails(30)
    post.restart()
    post.post(alarm("fire"))
    post.wait(29)
    assert post.sent_after() == [0]
    post.wait(1)
    assert post.sent_after() == [0, 30]
    post.restart()
    post.wait(5)
    # What was under way is sent again, as nobody knows what became of it.
    assert post.sent_after() == [0, 30, 31]


def test_what_failed_so_often_that_it_may_be_at_fault_waits_as_everything_does() -> None:
    post = Post(TELEGRAM)
    post.hung = {"telegram"}
    post.post(alarm("poison"))
    for _ in range(FIRST_TRIES):
        post.fails()
        post.wait(LONGEST_PAUSE)
    post.fails()
    post.hung = set()
    post.post(telling("door"))
    post.wait(LONGEST_PAUSE)
    assert post.messages[-1] == ("telegram", ["door"])
    at = post.now
    post.wait(20)
    assert post.messages[-1] == ("telegram", ["poison"])
    assert post.sent_after()[-1] - (at - START) == 12


def test_a_channel_that_was_changed_still_leaves_a_second() -> None:
    post = just_told()
    post.set_up(replace(TELEGRAM, min_interval=30))
    post.post(alarm("fire"))
    post.wait(5)
    assert post.sent_after() == [0, 1]
