"""Which channels a telling is for, and what is left out on purpose."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.telling.events import DropReason
from custom_components.event_hub.engine.telling.model import Channel, Telling, Topic

from .kit import MAIL, SMS, TELEGRAM, Post, alarm, always, pictured, telling

LOST = telling("board", Topic.SOURCE_LOST)
EMPTY = pictured("tree", people=0)


@pytest.mark.parametrize(
    ("channels", "what", "told", "dropped"),
    [
        pytest.param((), LOST, [], DropReason.NO_CHANNEL, id="no channel at all"),
        pytest.param((replace(SMS, enabled=False),), LOST, [], DropReason.NO_CHANNEL, id="only one that is off"),
        pytest.param((replace(SMS, topics=(Topic.ALARM,)),), LOST, [], DropReason.UNWANTED, id="a topic of no channel"),
        pytest.param((replace(SMS, topics=(Topic.ALARM,)), MAIL), LOST, ["mail"], None, id="a topic of the second"),
        pytest.param((replace(TELEGRAM, people_only=True),), EMPTY, [], DropReason.NO_PEOPLE, id="nobody in a picture"),
        pytest.param(
            (replace(TELEGRAM, people_only=True), MAIL), EMPTY, [], DropReason.NO_PEOPLE, id="nor by who stands in"
        ),
        pytest.param((MAIL, replace(TELEGRAM, people_only=True)), EMPTY, ["mail"], None, id="the first wants all"),
        pytest.param(
            (always(MAIL), replace(TELEGRAM, people_only=True)), EMPTY, ["mail"], None, id="one is always told"
        ),
    ],
)
def test_only_channels_that_want_it_tell_it(
    channels: tuple[Channel, ...], what: Telling, told: list[str], dropped: DropReason | None
) -> None:
    post = Post(*channels)
    post.post(what)
    post.wait(1000)
    assert [channel for channel, _ in post.told] == told
    assert [reason for _, reason in post.dropped] == ([] if dropped is None else [dropped])
    assert post.outbox.postings == {}


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(pictured("a", people=2), id="a person"),
        pytest.param(pictured("b", people=0, faces=1), id="a face"),
        pytest.param(pictured("c", people=None), id="nobody looked"),
        pytest.param(pictured("d", people=0, by_button=True), id="asked for by a button"),
        pytest.param(pictured("e", people=0, topic=Topic.ALARM), id="of an alarm"),
        pytest.param(pictured("f", people=0, critical=True), id="critical"),
        pytest.param(telling("g"), id="without a picture"),
    ],
)
def test_people_only_leaves_out_no_more_than_pictures_of_nobody(what: Telling) -> None:
    post = Post(replace(TELEGRAM, people_only=True))
    post.post(what)
    post.wait(10)
    assert [each for _, each in post.told] == [what.telling_id]


def test_a_critical_telling_that_no_channel_wants_is_reported() -> None:
    post = Post()
    post.post(alarm("fire"))
    assert post.undelivered == ["fire"]
    assert post.dropped == [("fire", DropReason.NO_CHANNEL)]
