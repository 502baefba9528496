"""What becomes of what waits when channels are added, changed, or taken away."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.telling.events import DropReason
from custom_components.event_hub.engine.telling.model import Topic

from .kit import MAIL, SMS, TELEGRAM, Post, alarm, always, telling


@pytest.mark.parametrize("seconds", [10, 100])
def test_what_waits_for_a_channel_that_goes_is_told_by_one_that_was_added_to_be_always_told(seconds: float) -> None:
    post = Post(TELEGRAM)
    post.down = {"telegram"}
    post.post(alarm("fire"))
    post.wait(seconds)
    post.set_up(TELEGRAM, always(MAIL))
    post.set_up(replace(TELEGRAM, enabled=False), always(MAIL))
    post.wait(1)
    assert post.told == [("mail", "fire")]
    assert post.dropped == []


def test_what_a_service_asked_for_is_kept_while_other_channels_are_changed() -> None:
    post = Post(TELEGRAM, SMS)
    post.hung = {"telegram"}
    post.post(alarm("fire"))
    post.fails(retry_after=600)
    post.set_up(TELEGRAM, replace(SMS, max_length=300), MAIL)
    post.wait(599)
    assert post.sent_after() == [0]
    post.wait(1)
    assert post.sent_after() == [0, 600]


def test_a_channel_that_chooses_a_topic_no_more_tells_nothing_of_it_that_waits() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram"}
    post.post(alarm("fire"))
    post.set_up(replace(TELEGRAM, topics=(Topic.DIGEST,)), SMS)
    post.down = set()
    post.wait(1000)
    assert post.told == [("sms", "fire")]


def test_of_what_waits_for_the_last_channel_of_a_topic_the_newest_is_kept() -> None:
    post = Post(TELEGRAM, replace(MAIL, topics=(Topic.DIGEST,)))
    post.down = {"telegram"}
    post.post(alarm("first"), alarm("second"), telling("forced", Topic.LOCKOUT, critical=True), alarm("third"))
    post.set_up(replace(MAIL, topics=(Topic.DIGEST,)))
    assert post.dropped == [("first", DropReason.UNWANTED), ("second", DropReason.UNWANTED)]
    assert [each.telling_id for each in post.outbox.stranded] == ["forced", "third"]
