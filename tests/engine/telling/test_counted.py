"""What happens to many devices at once is one message, which counts them."""

from dataclasses import replace

import pytest

from custom_components.event_hub.engine.telling.choosing import REFUSED_PAUSE, TOGETHER_GATHER
from custom_components.event_hub.engine.telling.events import Tick
from custom_components.event_hub.engine.telling.languages import LANGUAGES
from custom_components.event_hub.engine.telling.model import Button, Channel, Telling, Topic
from custom_components.event_hub.engine.telling.outbox import next_due
from custom_components.event_hub.engine.telling.resting import LONGEST_PAUSE
from custom_components.event_hub.engine.telling.text import Reader, compose, compose_all
from tests.engine.clocks import BERLIN

from .kit import MAIL, SMS, START, TELEGRAM, Post, alarm, telling

READER = Reader(language="en-GB", limit=1000, zone=BERLIN)


def silent(number: int, *, topic: Topic = Topic.SOURCE_LOST, area: str | None = None) -> Telling:
    """Return that a board with two inputs is silent, or back."""
    name = f"sensor.esp32_{number:02}"
    places = ("Garage", "Attic", "Hall", "Cellar")
    return Telling(
        telling_id=f"{topic.value} {number}",
        at=START + number,
        topic=topic,
        label=name,
        source_id=name,
        count=2,
        affected=(f"Door {number}", f"Window {number}"),
        areas=(area or places[number % len(places)],),
        lasted=45,
    )


@pytest.mark.parametrize(
    "channel",
    [TELEGRAM, MAIL, SMS, replace(TELEGRAM, buttons=(Button.VIEW,)), replace(SMS, deadline=5)],
    ids=lambda channel: f"{channel.channel_id}, {channel.deadline} s, {len(channel.buttons)} buttons",
)
def test_forty_boards_behind_one_access_point_are_one_message(channel: Channel) -> None:
    post = Post(channel)
    gather = min(TOGETHER_GATHER, channel.deadline / 2)
    for number in range(40):
        post.post(silent(number))
        post.wait(0.9 * gather / 40)
    post.wait(100)
    assert [len(tellings) for _, tellings in post.messages] == [40]
    assert post.sent_after(channel) == pytest.approx([gather])
    post.post(*(silent(number, topic=Topic.SOURCE_BACK) for number in range(40)))
    post.wait(100)
    assert [len(tellings) for _, tellings in post.messages] == [40, 40]


def test_boards_that_wait_for_others_keep_nothing_else_waiting_and_go_alone() -> None:
    post = Post(MAIL)
    post.post(silent(1), telling("door"), silent(2, topic=Topic.SOURCE_BACK), alarm("fire"))
    assert post.messages == [("mail", ["door"]), ("mail", ["fire"])]
    post.wait(60)
    assert post.messages[2:] == [("mail", ["source_lost 1"]), ("mail", ["source_back 2"])]


def test_a_board_that_waits_for_others_is_with_no_other_channel_meanwhile() -> None:
    post = Post(replace(MAIL, deadline=20), SMS)
    post.post(silent(1))
    post.wait(100)
    assert post.messages == [("mail", ["source_lost 1"])]


def test_a_message_counts_the_boards_and_names_the_first_and_where_they_are() -> None:
    composed = compose_all([silent(number) for number in range(40)], READER, "https://home.example")
    assert composed.title == "No longer reporting"
    assert composed.message.split("\n") == [
        "40 devices: sensor.esp32_00, sensor.esp32_01, sensor.esp32_02 and 37 more",
        "23:13:20",
        "https://home.example",
        "Affected: Garage, Attic, Hall, Cellar",
    ]


@pytest.mark.parametrize(
    ("tellings", "line"),
    [
        ([silent(1)], "Affected: Door 1, Window 1"),
        ([silent(1), silent(2)], "Affected: Door 1, Window 1, Door 2, Window 2"),
        ([silent(number, area="Hall") for number in range(4)], "Affected: Hall"),
        (
            [replace(silent(number), areas=()) for number in range(4)],
            "Affected: Door 0, Window 0, Door 1, Window 1, Door 2, Window 2 and 2 more",
        ),
        (
            [silent(number, area=f"Room {number}") for number in range(9)],
            "Affected: Room 0, Room 1, Room 2, Room 3, Room 4, Room 5 and 3 more",
        ),
    ],
    ids=["one board", "two boards", "one area", "no area", "many areas"],
)
def test_what_a_silence_concerns_is_named_by_devices_or_by_their_areas(tellings: list[Telling], line: str) -> None:
    assert compose_all(tellings, READER).message.split("\n")[-1] == line


def test_one_board_is_named_with_how_long_it_was_silent() -> None:
    assert compose(silent(7), READER).message.split("\n")[:2] == ["sensor.esp32_07", "for 45 s · 23:13:27"]


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [
        ("en", "40 devices: sensor.esp32_00, sensor.esp32_01, sensor.esp32_02 and 37 more", "Affected: "),
        ("de", "40 Geräte: sensor.esp32_00, sensor.esp32_01, sensor.esp32_02 und 37 weitere", "Betroffen: "),
        ("pl", "40 urządzeń: sensor.esp32_00, sensor.esp32_01, sensor.esp32_02 i jeszcze 37", "Dotyczy: "),
    ],
)
def test_boards_are_counted_in_the_language_of_the_reader(language: str, first: str, last: str) -> None:
    reader = replace(READER, language=language, titled=False)
    text = compose_all([silent(number) for number in range(40)], reader).message
    assert text.split("\n")[0] == f"{LANGUAGES[language].titles.source_lost}: {first}"
    assert text.split("\n")[-1].startswith(last)


@pytest.mark.parametrize("limit", [40, 160])
def test_a_count_fits_into_an_sms(limit: int) -> None:
    composed = compose_all([silent(number) for number in range(40)], replace(READER, limit=limit))
    assert "40 devices" in composed.message
    assert len(composed.message) <= limit


@pytest.mark.parametrize("buttons", [(), (Button.VIEW,)], ids=["no buttons", "buttons"])
def test_boards_stay_one_message_however_often_it_failed(buttons: tuple[Button, ...]) -> None:
    post = Post(replace(MAIL, deadline=100_000, buttons=buttons))
    post.down = {"mail"}
    post.post(*(silent(number) for number in range(20)))
    post.wait(TOGETHER_GATHER + 600)
    assert len(post.messages) > 4
    post.down = set()
    before = len(post.messages)
    post.wait(100)
    assert [len(tellings) for _, tellings in post.messages] == [20] * (before + 1)
    assert len(post.told) == 20


def test_a_board_that_falls_silent_after_failures_goes_along_and_nothing_ticks_in_vain() -> None:
    channel = replace(MAIL, deadline=100_000)
    post = Post(channel)
    post.hung = {"mail"}
    post.post(*(silent(number) for number in range(20)))
    post.wait(TOGETHER_GATHER)
    for failed in range(3):
        post.fails(retry_after=1)
        if failed < 2:
            post.wait(1)
    assert len(post.messages) == 3
    post.post(silent(20))
    post.hung = set()
    due = next_due(post.outbox, post.channels)
    assert due is not None
    post.now = due
    post.happens(Tick())
    assert [len(tellings) for _, tellings in post.messages] == [20, 20, 20, 21]
    assert len(post.told) == 21
    assert next_due(post.outbox, post.channels) is None


def test_boards_whose_message_always_fails_keep_nothing_else_waiting() -> None:
    post = Post(replace(MAIL, deadline=100_000))
    post.down = {"mail"}
    post.post(silent(1), silent(2))
    post.wait(TOGETHER_GATHER + 100)
    post.hung, post.down = {"mail"}, set()
    post.wait(LONGEST_PAUSE)
    assert post.messages[-1] == ("mail", ["source_lost 1", "source_lost 2"])
    post.post(telling("door"))
    post.fails()
    post.wait(LONGEST_PAUSE)
    assert post.messages[-1] == ("mail", ["door"])


def test_boards_whose_message_is_refused_stay_together() -> None:
    post = Post(replace(MAIL, deadline=1000), SMS)
    post.hung = {"mail"}
    post.post(*(silent(number) for number in range(20)))
    post.wait(TOGETHER_GATHER)
    post.fails(permanent=True)
    post.wait(100)
    assert [(channel, len(tellings)) for channel, tellings in post.messages] == [("mail", 20), ("sms", 20)]


def test_boards_that_no_channel_took_are_tried_again_in_one_message() -> None:
    post = Post(replace(MAIL, deadline=1000))
    post.hung = {"mail"}
    post.post(*(silent(number) for number in range(20)))
    post.post(*(silent(number, topic=Topic.SOURCE_BACK) for number in range(20, 25)))
    post.wait(TOGETHER_GATHER)
    post.fails(permanent=True)
    post.wait(1)
    post.fails(permanent=True)
    post.hung = set()
    post.wait(REFUSED_PAUSE + 10)
    assert [len(tellings) for _, tellings in post.messages] == [20, 5, 20, 5]
    assert len(post.told) == 25
