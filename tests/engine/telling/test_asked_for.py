"""Some things go only to channels that chose them: what nobody here may notice, and what was not delivered."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.telling.events import Dropped, DropReason, Tick, Undelivered
from custom_components.event_hub.engine.telling.model import Telling, Topic

from .kit import MAIL, SMS, Post, alarm, telling

FORCED = telling("forced", Topic.DURESS, critical=True, only_for=Topic.DURESS)
SILENT = alarm("silent", only_for=Topic.SILENT)
UNDELIVERED = telling("undelivered.fire", Topic.UNDELIVERED)


@pytest.mark.parametrize("what", [FORCED, SILENT, UNDELIVERED], ids=lambda each: each.telling_id)
def test_it_goes_to_the_channel_that_chose_it_and_to_no_other(what: Telling) -> None:
    chosen = replace(MAIL, topics=(Topic.DURESS, Topic.SILENT, Topic.UNDELIVERED))
    post = Post(SMS, replace(SMS, channel_id="alarms", topics=(Topic.ALARM,)), chosen)
    post.post(what)
    post.wait(1000)
    assert post.told == [("mail", what.telling_id)]


def test_without_such_a_channel_a_forced_code_is_told_by_nobody() -> None:
    post = Post(SMS, MAIL)
    post.post(FORCED)
    assert (post.told, post.dropped) == ([], [("forced", DropReason.UNWANTED)])


def test_it_does_not_go_to_where_the_code_was_typed() -> None:
    own, other = (replace(each, topics=(Topic.DURESS,)) for each in (SMS, MAIL))
    post = Post(own, other)
    post.down.add("mail")
    post.post(replace(FORCED, not_to=("sms",)))
    post.wait(1000)
    assert {channel for channel, _ in post.messages} == {"mail"}


def test_what_is_left_for_no_channel_at_a_restart_is_reported_at_once() -> None:
    post = Post(SMS)
    post.down.add("sms")
    post.post(alarm("fire"))
    post.channels = (replace(MAIL, topics=(Topic.DIGEST,)),)
    post.restart()
    assert post.undelivered == ["fire"]
    assert post.dropped == [("fire", DropReason.UNWANTED)]
    assert not post.outbox.postings
    assert not [each for each in post.happens(Tick()) if isinstance(each, Undelivered | Dropped)]


def test_what_was_for_a_channel_that_is_gone_at_a_restart_goes_to_the_one_there_is() -> None:
    post = Post(SMS)
    post.down.add("sms")
    post.post(alarm("fire"))
    post.channels = (MAIL,)
    post.restart()
    assert post.told == [("mail", "fire")]
