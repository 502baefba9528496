"""Which channel tells what, and when the next one is used."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.telling.events import Delivered, DropReason, Failed, Posted, Tick, Told
from custom_components.event_hub.engine.telling.model import Topic
from custom_components.event_hub.engine.telling.outbox import ANSWER_LIMIT, LATE_LIMIT, next_due

from .kit import MAIL, SMS, START, TELEGRAM, Post, alarm, always, telling


def test_the_first_channel_that_works_tells_and_no_other() -> None:
    post = Post(TELEGRAM, SMS, MAIL)
    post.post(telling("door"))
    post.wait(1000)
    assert post.told == [("telegram", "door")]
    assert post.outbox.postings == {}
    assert next_due(post.outbox, post.channels) is None


def test_what_one_channel_does_not_tell_in_time_the_next_tells() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram"}
    post.post(alarm("fire"))
    post.wait(59)
    assert post.told == []
    post.wait(1)
    assert post.told == [("sms", "fire")]


def test_a_message_that_hangs_does_not_keep_the_next_channel_from_telling() -> None:
    post = Post(TELEGRAM, SMS)
    post.hung = {"telegram"}
    post.post(alarm("fire"))
    post.wait(60)
    assert post.told == [("sms", "fire")]


def test_telegram_down_for_ten_minutes_in_an_alarm() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram"}
    post.post(alarm("hall"), alarm("stairs"))
    post.wait(600)
    assert post.told == [("sms", "hall"), ("sms", "stairs")]
    post.down = set()
    post.wait(75)
    assert sorted(post.told[2:]) == [("telegram", "hall"), ("telegram", "stairs")]
    post.wait(1000)
    assert len(post.told) == 4
    assert post.undelivered == []
    assert post.outbox.postings == {}


def test_every_channel_has_its_own_time() -> None:
    post = Post(TELEGRAM, SMS, MAIL)
    post.down = {"telegram", "sms"}
    post.post(telling("door"))
    post.wait(89)
    assert post.told == []
    post.wait(1)
    assert post.told == [("mail", "door")]


def test_once_told_the_channels_after_that_one_are_spared() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram", "sms"}
    post.post(telling("door"))
    post.wait(65)
    post.down = {"sms"}
    post.wait(60)
    post.down = set()
    post.wait(1000)
    assert post.told == [("telegram", "door")]


def test_a_permanent_failure_is_not_waited_for() -> None:
    post = Post(TELEGRAM, SMS)
    post.hung = {"telegram"}
    post.post(telling("door"))
    post.fails(permanent=True)
    assert post.told == [("sms", "door")]
    post.wait(10_000)
    assert [channel for channel, _ in post.messages] == ["telegram", "sms"]
    assert post.outbox.postings == {}


def test_of_a_refused_message_each_part_is_tried_alone() -> None:
    post = Post(replace(TELEGRAM, min_interval=1), SMS)
    post.hung = {"telegram"}
    post.post(telling("first"))
    post.post(telling("second"), telling("third"))
    post.arrives()
    post.wait(1)
    assert post.messages[-1] == ("telegram", ["second", "third"])
    post.fails(permanent=True)
    post.wait(1)
    assert post.messages[-1] == ("telegram", ["second"])
    post.fails(permanent=True)
    post.hung = set()
    post.wait(1)
    assert post.told == [("telegram", "first"), ("sms", "second"), ("telegram", "third")]


def test_what_no_channel_told_is_undelivered_once_and_tried_on() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram", "sms"}
    post.post(alarm("fire"))
    post.wait(89)
    assert post.undelivered == []
    post.wait(1000)
    assert post.undelivered == ["fire"]
    assert [each.telling_id for each in post.outbox.undelivered] == ["fire"]
    post.down = set()
    post.wait(60)
    first = next(each for each in post.effects if isinstance(each, Told))
    assert (first.telling.telling_id, first.was_undelivered) == ("fire", True)
    post.wait(60)
    assert post.outbox.undelivered == ()


def test_what_every_channel_refused_is_undelivered_at_once_and_tried_again_after_a_while() -> None:
    post = Post(SMS)
    post.hung = {"sms"}
    post.post(alarm("fire"))
    post.fails(permanent=True)
    assert post.undelivered == ["fire"]
    post.wait(899)
    assert len(post.sent) == 1
    post.hung = set()
    post.wait(1)
    assert post.told == [("sms", "fire")]
    assert post.undelivered == ["fire"]


def test_that_something_was_not_told_is_never_told_not_to_be_told() -> None:
    post = Post(replace(SMS, topics=(Topic.UNDELIVERED,)))
    post.down = {"sms"}
    post.post(telling("undelivered fire", Topic.UNDELIVERED))
    post.wait(1000)
    assert post.undelivered == []
    assert len(post.outbox.postings) == 1


def test_an_always_channel_is_told_everything_and_stands_in_for_no_other() -> None:
    post = Post(always(MAIL), TELEGRAM, SMS)
    post.down = {"telegram"}
    post.post(telling("door"))
    post.wait(60)
    assert post.told == [("mail", "door"), ("sms", "door")]


def test_what_only_an_always_channel_told_is_not_undelivered() -> None:
    post = Post(always(MAIL), SMS)
    post.down = {"sms"}
    post.post(alarm("fire"))
    post.wait(1000)
    assert post.told == [("mail", "fire")]
    assert post.undelivered == []


def test_with_only_always_channels_what_none_told_is_undelivered() -> None:
    post = Post(always(MAIL), always(SMS))
    post.down = {"sms", "mail"}
    post.post(alarm("fire"))
    post.wait(29)
    assert post.undelivered == []
    post.wait(1)
    assert post.undelivered == ["fire"]


def test_what_is_posted_again_is_told_once() -> None:
    post = Post(SMS)
    post.hung = {"sms"}
    post.post(telling("door"), telling("door"))
    post.arrives()
    post.post(telling("door"))
    post.wait(1000)
    assert post.told == [("sms", "door")]


def test_a_message_that_is_never_answered_is_sent_again() -> None:
    post = Post(SMS)
    post.hung = {"sms"}
    post.post(telling("door"))
    post.wait(ANSWER_LIMIT - 1)
    assert len(post.sent) == 1
    post.hung = set()
    post.wait(6)
    assert post.told == [("sms", "door")]


def test_an_answer_that_comes_too_late_still_counts() -> None:
    post = Post(SMS)
    post.hung = {"sms"}
    post.post(telling("door"))
    post.wait(ANSWER_LIMIT + 60)
    assert len(post.sent) == 2
    post.arrives(0)
    post.arrives(1)
    post.wait(1000)
    assert post.told == [("sms", "door")]
    assert len(post.sent) == 2


@pytest.mark.parametrize("event", [Delivered(attempt_id=7), Failed(attempt_id=7), Failed(attempt_id=7, permanent=True)])
def test_an_answer_to_nothing_changes_nothing(event: Delivered | Failed) -> None:
    post = Post(SMS)
    post.hung = {"sms"}
    post.post(telling("door"))
    before = post.outbox
    assert post.happens(event) == []
    assert post.outbox == before


def test_after_a_day_nobody_wants_to_hear_what_another_channel_told() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram"}
    post.post(telling("door"))
    post.wait(LATE_LIMIT - 1)
    assert len(post.outbox.postings) == 1
    post.wait(1)
    assert post.outbox.postings == {}
    assert post.dropped == []


def test_a_channel_that_was_put_right_is_tried_at_once() -> None:
    post = Post(SMS)
    post.hung = {"sms"}
    post.post(telling("door"))
    post.fails(permanent=True)
    post.hung = set()
    post.set_up(replace(SMS, target="script.sms"))
    assert post.told == [("sms", "door")]


def test_what_waits_for_a_channel_that_is_taken_away_goes_to_the_next() -> None:
    post = Post(TELEGRAM, SMS)
    post.hung = {"telegram"}
    post.post(telling("door"))
    post.set_up(SMS)
    assert post.told == [("sms", "door")]
    post.arrives(0)
    assert post.told == [("sms", "door")]


def test_what_waits_is_dropped_with_the_last_channel() -> None:
    post = Post(TELEGRAM)
    post.down = {"telegram"}
    post.post(telling("door"), alarm("fire"))
    post.set_up()
    assert post.dropped == [("door", DropReason.NO_CHANNEL), ("fire", DropReason.NO_CHANNEL)]
    assert post.undelivered == ["fire"]
    assert (post.outbox.postings, post.outbox.channels) == ({}, {})


def test_a_telling_with_absurd_values_is_told_like_another() -> None:
    post = Post(SMS)
    absurd = replace(telling("door", detail="x" * 100_000, lasted=float("inf"), until=float("nan")), at=float("nan"))
    post.happens(Posted(telling=absurd))
    post.restart()
    (told,) = post.sent[0][1].tellings
    assert (told.at, told.lasted, told.until, len(told.detail or "")) == (START, None, None, 2000)


def test_a_clock_that_is_set_back_makes_nothing_wait_longer() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram"}
    post.post(alarm("fire"))
    post.now -= 100_000
    post.happens(Tick())
    post.wait(60)
    assert post.told == [("sms", "fire")]


def test_channels_that_are_put_in_another_order_each_have_their_time() -> None:
    post = Post(SMS, TELEGRAM)
    post.down = {"telegram", "sms"}
    post.post(alarm("fire"))
    post.set_up(TELEGRAM, SMS, MAIL)
    post.wait(59)
    assert post.told == []
    post.wait(1)
    assert post.told == [("mail", "fire")]
