"""What goes into one message, in which order, and how often a channel is used."""

from dataclasses import replace
from itertools import pairwise

import pytest

from custom_components.event_hub.engine.telling.events import Deliver, DropReason
from custom_components.event_hub.engine.telling.model import Button, Channel, Pictures, Telling, Topic
from custom_components.event_hub.engine.telling.outbox import TELLINGS_LIMIT
from custom_components.event_hub.engine.telling.resting import LONGEST_PAUSE, LONGEST_WISH

from .kit import MAIL, SMS, TELEGRAM, Post, alarm, pictured, telling


def busy(channel: Channel = TELEGRAM) -> Post:
    """Return an outbox whose channel has just told something."""
    post = Post(channel)
    post.post(telling("earlier"))
    return post


def test_between_two_messages_there_is_the_channels_interval() -> None:
    post = busy()
    for second in range(60):
        post.post(telling(str(second), input_key=f"input {second % 3}"))
        post.wait(1)
    assert post.sent_after() == [0, 12, 24, 36, 48, 60]


def test_within_the_interval_only_the_newest_of_an_input_is_kept() -> None:
    post = busy()
    post.post(*(telling(str(number), input_key="Door") for number in range(5)), telling("hall"))
    post.wait(12)
    assert post.messages[1:] == [("telegram", ["4", "hall"])]
    assert post.dropped == [(str(number), DropReason.SUPERSEDED) for number in range(4)]


def test_five_hundred_events_in_a_minute_are_told_by_the_allowed_messages() -> None:
    post = Post(TELEGRAM, SMS)
    for number in range(500):
        post.post(telling(str(number), input_key=f"input {number % 20}"))
        post.wait(60 / 500)
    post.wait(60)
    assert len(post.sent_after()) <= 1 + 120 // 12
    assert post.sent_after(SMS) == []
    told = {each for _, each in post.told}
    assert {str(number) for number in range(480, 500)} <= told
    assert len(told) + len(post.dropped) == 500


def test_all_pictures_with_people_are_kept_and_sent_as_albums_of_ten() -> None:
    post = busy()
    post.post(*(pictured(str(number)) for number in range(23)))
    post.wait(36)
    albums = [sent.pictures for _, sent in post.sent[1:]]
    assert [len(album) for album in albums] == [10, 10, 3]
    assert [picture.storage_id for album in albums for picture in album] == [f"{number}.jpg" for number in range(23)]
    assert post.dropped == []


def test_an_album_takes_the_newest_picture_without_people_along() -> None:
    post = busy()
    post.post(pictured("tree", people=0), pictured("anna"), pictured("ben"), pictured("cat", people=0))
    post.wait(12)
    assert post.messages[1:] == [("telegram", ["anna", "ben", "cat"])]


def test_pictures_of_a_report_wait_for_each_other() -> None:
    post = Post(replace(TELEGRAM, gather=2))
    for second, people in enumerate((1, 0, 2)):
        post.post(pictured(f"{second}", people, key=f"Camera {second}", by_button=True))
        post.wait(0.5)
    post.wait(10)
    assert post.messages == [("telegram", ["0", "1", "2"])]
    assert post.sent_after() == [2]


def test_pictures_of_an_alarm_wait_for_nothing() -> None:
    post = Post(replace(TELEGRAM, gather=2))
    post.post(pictured("hall", critical=True))
    assert post.sent_after() == [0]


@pytest.mark.parametrize(
    ("channel", "what", "messages"),
    [
        pytest.param(TELEGRAM, [telling("a"), telling("b")], [["a", "b"]], id="words go together"),
        pytest.param(TELEGRAM, [telling("a"), pictured("b")], [["a"], ["b"]], id="words and pictures do not"),
        pytest.param(TELEGRAM, [alarm("a"), alarm("b")], [["a", "b"]], id="alarms go together"),
        pytest.param(TELEGRAM, [telling("a"), alarm("b"), telling("c")], [["b"], ["a", "c"]], id="alarms go first"),
        pytest.param(
            TELEGRAM,
            [telling("a"), telling("b", Topic.DIGEST), telling("c")],
            [["a", "c"], ["b"]],
            id="a digest goes alone",
        ),
        pytest.param(
            replace(TELEGRAM, pictures=Pictures.ONE),
            [pictured("a"), pictured("b")],
            [["a"], ["b"]],
            id="one picture each",
        ),
        pytest.param(
            replace(TELEGRAM, pictures=Pictures.NONE), [pictured("a"), pictured("b")], [["b"]], id="no pictures: words"
        ),
        pytest.param(
            replace(TELEGRAM, buttons=(Button.VIEW,)),
            [alarm("a"), alarm("b")],
            [["a"], ["b"]],
            id="buttons of one each",
        ),
        pytest.param(
            replace(TELEGRAM, max_length=160), [telling("a"), telling("b")], [["a"], ["b"]], id="short: one each"
        ),
        pytest.param(
            TELEGRAM,
            [telling(str(number)) for number in range(9)],
            [list("01234567"), ["8"]],
            id="as many as are legible",
        ),
    ],
)
def test_what_goes_into_one_message(channel: Channel, what: list[Telling], messages: list[list[str]]) -> None:
    post = busy(channel)
    post.post(*what)
    post.wait(100)
    assert [tellings for _, tellings in post.messages[1:]] == messages


def test_a_channel_without_pictures_is_given_none() -> None:
    post = Post(MAIL)
    post.post(pictured("hall"))
    assert post.sent[0][1].pictures == ()


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        pytest.param(alarm("a", input_key="Hall"), alarm("b", input_key="Hall"), id="alarms"),
        pytest.param(alarm("a", input_key="Hall"), telling("b", input_key="Hall"), id="an alarm by a trigger"),
        pytest.param(telling("a", critical=True, input_key="H"), telling("b", input_key="H"), id="what is critical"),
        pytest.param(pictured("a"), pictured("b"), id="people"),
        pytest.param(pictured("a"), pictured("b", people=0), id="people by nobody"),
        pytest.param(telling("a"), telling("b"), id="other inputs"),
        pytest.param(
            telling("a", Topic.LOCKOUT, input_key=None), telling("b", Topic.LOCKOUT, input_key=None), id="lockouts"
        ),
        pytest.param(telling("a", by_button=True, input_key="C"), telling("b", input_key="C"), id="what was asked for"),
        pytest.param(telling("a", input_key=None), telling("b", input_key=None), id="what is of no input"),
    ],
)
def test_what_is_never_left_out_for_something_newer(older: Telling, newer: Telling) -> None:
    post = busy()
    post.post(older, newer)
    post.wait(50)
    assert {each for _, each in post.told} == {"earlier", "a", "b"}
    assert post.dropped == []


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        pytest.param(pictured("a", people=0), pictured("b"), id="nobody by somebody"),
        pytest.param(telling("a", input_key="C"), telling("b", Topic.REPORT, input_key="C"), id="by a report"),
        pytest.param(
            telling("a", Topic.SOURCE_LOST, input_key=None, source_id="board"),
            telling("b", Topic.SOURCE_BACK, input_key=None, source_id="board"),
            id="lost by back",
        ),
    ],
)
def test_what_is_left_out_for_something_newer(older: Telling, newer: Telling) -> None:
    post = busy()
    post.post(older, newer)
    post.wait(50)
    assert {each for _, each in post.told} == {"earlier", "b"}
    assert post.dropped == [("a", DropReason.SUPERSEDED)]


def test_news_that_never_ends_reaches_the_next_channel_all_the_same() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram"}
    for second in range(61):
        post.post(telling(str(second), input_key="Door"))
        post.wait(1)
    assert post.told[0][0] == "sms"
    assert post.sent_after(SMS)[0] == 60


def test_what_failed_makes_room_for_what_came_meanwhile() -> None:
    post = Post(TELEGRAM)
    post.hung = {"telegram"}
    post.post(telling("old", input_key="Door"), telling("new", input_key="Door"))
    assert post.dropped == []
    post.fails()
    assert post.dropped == [("old", DropReason.SUPERSEDED)]
    post.hung = set()
    post.wait(60)
    assert post.told == [("telegram", "new")]


@pytest.mark.parametrize(
    ("retry_after", "rest"),
    [
        (None, 12),
        (30, 30),
        (3, 12),
        (-5, 12),
        (1e12, LONGEST_WISH),
        (float("nan"), 12),
        (float("inf"), 12),
    ],
)
def test_a_channel_rests_as_long_as_it_wishes_but_not_for_ever(retry_after: float | None, rest: float) -> None:
    post = Post(TELEGRAM)
    post.hung = {"telegram"}
    post.post(telling("door"))
    post.fails(retry_after)
    post.wait(LONGEST_WISH)
    assert post.sent_after()[1] == rest


def test_a_channel_that_keeps_failing_is_tried_less_often_but_tried() -> None:
    post = Post(MAIL)
    post.down = {"mail"}
    post.post(telling("door"))
    post.wait(400)
    tries = post.sent_after(MAIL)
    assert tries[:5] == [0, 5, 15, 35, 75]
    assert {after - before for before, after in pairwise(tries[4:])} == {LONGEST_PAUSE}
    post.wait(1e5)
    post.down = set()
    post.wait(LONGEST_PAUSE)
    assert post.told == [("mail", "door")]


def test_after_a_success_the_pauses_are_short_again() -> None:
    post = Post(MAIL)
    post.down = {"mail"}
    post.post(telling("door"))
    post.wait(100)
    post.down = set()
    post.wait(60)
    post.down = {"mail"}
    begin = len(post.sent)
    post.post(telling("gate"))
    post.wait(5)
    assert len(post.sent) == begin + 2


def test_what_fails_over_and_over_lets_the_others_go_first() -> None:
    post = Post(SMS)
    post.hung = {"sms"}
    post.post(telling("poison"))
    for _ in range(3):
        post.fails()
        post.wait(LONGEST_PAUSE)
    post.post(telling("good"))
    post.fails()
    post.wait(LONGEST_PAUSE)
    assert post.messages[-1] == ("sms", ["good"])


def test_what_is_kept_is_bounded_and_alarms_stay_longest() -> None:
    post = Post(TELEGRAM, SMS)
    post.hung = {"telegram", "sms"}
    post.post(telling("under way"), alarm("fire"))
    post.post(*(telling(str(number)) for number in range(TELLINGS_LIMIT)))
    assert len(post.outbox.postings) == TELLINGS_LIMIT
    assert post.dropped == [("0", DropReason.OVERFLOW), ("1", DropReason.OVERFLOW)]
    post.post(*(alarm(f"alarm {number}") for number in range(TELLINGS_LIMIT)))
    kept = [each.telling.telling_id for each in post.outbox.postings.values()]
    assert len(kept) == TELLINGS_LIMIT
    assert kept[0] == "under way"
    assert "fire" in post.undelivered


def test_what_somebody_told_goes_before_what_nobody_told() -> None:
    post = Post(TELEGRAM, SMS)
    post.down = {"telegram"}
    post.post(telling("told"))
    post.wait(60)
    post.down = {"telegram", "sms"}
    post.post(*(telling(str(number)) for number in range(TELLINGS_LIMIT)))
    assert post.dropped == []
    assert len(post.outbox.postings) == TELLINGS_LIMIT


def test_a_message_names_its_channel_and_is_numbered() -> None:
    post = Post(TELEGRAM)
    post.post(pictured("hall"))
    (_, sent) = post.sent[0]
    assert sent == Deliver(
        attempt_id=1,
        channel_id="telegram",
        tellings=(pictured("hall"),),
        pictures=(pictured("hall").picture,),  # type: ignore[arg-type]
    )
