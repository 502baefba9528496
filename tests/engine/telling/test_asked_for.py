"""Some things go only to channels that chose them: what nobody here may notice, and what was not delivered."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.telling.events import Dropped, DropReason, Tick, Undelivered
from custom_components.event_hub.engine.telling.model import Channel, Telling, Topic
from custom_components.event_hub.engine.telling.outbox import TELLINGS_LIMIT

from .kit import MAIL, SMS, TELEGRAM, Post, alarm, always, telling

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


DIGESTS_ONLY = replace(MAIL, topics=(Topic.DIGEST,))
NOBODY_IS_FOR_ALARMS = pytest.mark.parametrize(
    "channels", [(DIGESTS_ONLY,), (replace(SMS, enabled=False),)], ids=["not chosen", "switched off"]
)


@NOBODY_IS_FOR_ALARMS
def test_an_alarm_that_no_channel_is_for_is_reported_once_and_told_when_one_is(channels: tuple[Channel, ...]) -> None:
    post = Post(*channels)
    post.post(alarm("fire"))
    post.wait(100_000)
    post.restart()
    post.set_up(*channels)
    assert [each for each in post.effects if isinstance(each, Undelivered)] == [
        Undelivered(telling=alarm("fire"), stranded=True)
    ]
    assert post.outbox.stranded == (alarm("fire"),)
    assert post.outbox.undelivered == ()
    post.set_up(*channels, always(SMS))
    assert post.told == [("sms", "fire")]
    assert (post.outbox.stranded, post.dropped) == ((), [])


@NOBODY_IS_FOR_ALARMS
def test_it_is_told_after_a_restart_at_which_a_channel_is_for_it(channels: tuple[Channel, ...]) -> None:
    post = Post(*channels)
    post.post(alarm("fire"))
    post.channels = (SMS,)
    post.restart()
    assert post.told == [("sms", "fire")]


def test_what_then_fails_is_tried_like_any_other_and_not_reported_again() -> None:
    post = Post(DIGESTS_ONLY)
    post.post(alarm("fire"))
    post.down.add("sms")
    post.set_up(SMS)
    post.wait(100)
    assert (post.outbox.undelivered, post.outbox.stranded) == ((alarm("fire"),), ())
    post.down.clear()
    post.wait(100)
    assert (post.told, post.undelivered) == ([("sms", "fire")], ["fire"])


def test_of_what_no_channel_is_for_the_newest_of_a_topic_is_kept() -> None:
    post = Post(DIGESTS_ONLY)
    post.post(alarm("fire"), telling("on", Topic.ESCALATION, critical=True), alarm("burglar"))
    assert post.undelivered == ["fire", "on", "burglar"]
    assert post.dropped == [("fire", DropReason.UNWANTED)]
    post.set_up(SMS)
    assert post.told == [("sms", "on"), ("sms", "burglar")]


def test_it_makes_room_for_nothing_that_is_less_important() -> None:
    post = Post(DIGESTS_ONLY, replace(SMS, topics=(Topic.TRIGGER,)))
    post.down.add("sms")
    post.post(alarm("fire"), *(telling(f"{number}") for number in range(TELLINGS_LIMIT)))
    assert post.dropped == [("0", DropReason.OVERFLOW)]


@pytest.mark.parametrize("what", [FORCED, SILENT], ids=lambda each: each.telling_id)
def test_what_must_not_show_is_not_kept_for_a_channel_that_may_come(what: Telling) -> None:
    post = Post(SMS)
    post.post(what)
    assert not post.outbox.postings


def test_where_nobody_wants_to_be_told_of_anything_nothing_is_kept() -> None:
    post = Post(DIGESTS_ONLY)
    post.post(alarm("fire"))
    post.set_up()
    assert post.dropped == [("fire", DropReason.NO_CHANNEL)]
    assert not post.outbox.postings


def test_what_is_left_for_no_channel_at_a_restart_is_reported_at_once() -> None:
    post = Post(SMS)
    post.down.add("sms")
    post.post(alarm("fire"), alarm("burglar"))
    post.channels = (DIGESTS_ONLY,)
    post.restart()
    assert post.undelivered == ["fire", "burglar"]
    assert post.outbox.stranded == (alarm("burglar"),)
    assert not [each for each in post.happens(Tick()) if isinstance(each, Undelivered | Dropped)]


def test_what_was_for_a_channel_that_is_gone_at_a_restart_goes_to_the_one_there_is() -> None:
    post = Post(SMS)
    post.down.add("sms")
    post.post(alarm("fire"))
    post.channels = (MAIL,)
    post.restart()
    assert post.told == [("mail", "fire")]


def test_what_is_told_without_a_sound_goes_in_no_message_that_is_heard() -> None:
    post = Post(replace(TELEGRAM, topics=(Topic.ALARM, Topic.SILENT, Topic.DURESS)))
    post.post(alarm("earlier"), SILENT, alarm("fire"), FORCED, alarm("silent 2", only_for=Topic.SILENT))
    post.wait(100)
    assert [tellings for _, tellings in post.messages] == [["earlier"], ["silent", "silent 2"], ["fire"], ["forced"]]
