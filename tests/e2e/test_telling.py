"""People are told, and command the hub, through Home Assistant's own Telegram bot, all in processes of their own.

The tests follow one home through its life, so their order matters.
"""

from collections.abc import Generator
from io import BytesIO
from itertools import cycle
import time
from typing import Any, Final

from PIL import Image
import pytest
import pytest_socket

from devkit.brokers import Mosquitto
from devkit.home_assistant_api import eventually
from devkit.telegram import Sent

from .telling_home import ANN, BEN, CHAT, CODE, PANEL, PARTITION, PATIENCE, SMS, STRANGER, TellingHome
from .telling_outside import Board
from .telling_shown import Thing, things_of

pytestmark = pytest.mark.e2e

DOOR: Final = "Door"
GATES: Final = tuple(f"Gate {number}" for number in range(8))
CAMERAS: Final = ("Yard", "Drive", "Porch")
# Seconds between two messages over Telegram, and until the next channel is used.
INTERVAL: Final = 3
DEADLINE: Final = 6
EVENTS: Final = 500
# So late, in seconds, may a loaded machine be.
LATE: Final = 5.0


@pytest.fixture(scope="module")
def running_telling_home(tmp_path_factory: pytest.TempPathFactory) -> Generator[TellingHome]:
    if not Mosquitto.installed():
        pytest.skip("Mosquitto is not installed")
    pytest_socket.enable_socket()
    with TellingHome(tmp_path_factory.mktemp("telling")) as home:
        home.board.add(DOOR, *GATES)
        home.introduce(home.board)
        home.add_partition(DOOR)
        more = {"deadline": DEADLINE, "min_interval": INTERVAL}
        home.add_channel("telegram", "Family", CHAT, more, people_only=True)
        home.run(home.heard(home.board))
        yield home


@pytest.fixture
def home(running_telling_home: TellingHome) -> TellingHome:
    return running_telling_home


@pytest.fixture
def cameras(home: TellingHome) -> Generator[Board]:
    board = Board(home.mosquitto.port, "yard", topic="snapshot")
    board.add(*CAMERAS, type="camera")
    home.introduce(board)
    yield board
    board.stop()


def jpeg(shade: int) -> bytes:
    """Return a picture of one shade."""
    content = BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 120)).save(content, "JPEG")
    return content.getvalue()


def ask(home: TellingHome, text: str) -> str:
    """Let Ann write something, and return what she is answered."""
    before = len(home.telegram.sent)
    home.telegram.say(ANN, text)
    home.until(f"an answer to {text}", lambda: len(home.telegram.sent) > before)
    return home.telegram.sent[before].text


def told_to(home: TellingHome, user: int) -> list[Sent]:
    """Return what the bot sent to somebody."""
    return [sent for sent in home.telegram.sent if sent.chat_id == user]


def tellings_of(home: TellingHome, detail: str) -> list[Sent]:
    """Return the messages of Telegram that tell a thing, or an alarm with this detail."""
    return [sent for sent in home.telegram.sent if detail in details_of(sent.text)]


def sms_about(home: TellingHome, detail: str) -> list[float]:
    """Return when an SMS told a thing, or an alarm with this detail."""
    calls = home.outside.calls("sms")
    return [call.at for call in calls if detail in details_of(call.said["message"], call.said["title"])]


def details_of(text: str, title: str | None = None) -> set[str | None]:
    """Return the details of what a message tells."""
    return {thing.detail if thing.alarm else thing.name for thing in things_of(text, title)}


def test_strangers_are_not_answered(home: TellingHome) -> None:
    for user in (STRANGER, BEN):
        home.telegram.say(user, "/arm away")
    assert ask(home, "/help").startswith("/help")
    assert home.state(PANEL) == "disarmed"
    assert told_to(home, BEN) == told_to(home, STRANGER) == []
    # Of whom the bot does not know, the hub never hears.
    said = f"Telegram user {BEN} may not command the hub"
    home.until(said, lambda: said in home.assistant.log.read_text(encoding="utf-8"))


def test_who_may_arms_and_asks_how_things_are(home: TellingHome) -> None:
    assert "disarmed" in ask(home, "/status")
    assert "rmed" in ask(home, "/arm away")
    home.until_state(PANEL, "armed_away")
    assert "armed, away" in ask(home, "/status")


def test_three_pictures_are_an_album_without_the_one_that_shows_nobody(home: TellingHome, cameras: Board) -> None:
    before = len(home.telegram.sent)
    people = dict(zip(CAMERAS, (2, 0, 1), strict=True))
    for shade, (key, number) in enumerate(people.items()):
        cameras.show(key, jpeg(shade * 40), number)
    home.until("the album", lambda: len(home.telegram.sent) > before)
    home.until_async("nothing left to tell", lambda: nothing_waits(home))
    (album,) = home.telegram.sent[before:]
    assert [picture.content for picture in album.pictures] == [jpeg(0), jpeg(80)]
    assert ("Yard" in album.text, "Drive" in album.text, "Porch" in album.text) == (True, False, True)


def test_a_code_in_the_chat_disarms_and_is_deleted_there(home: TellingHome) -> None:
    before = home.telegram.written(ANN)
    answer = ask(home, f"/disarm {CODE}")
    home.until_state(PANEL, "disarmed")
    assert "isarmed" in answer
    home.until("the code deleted", lambda: home.telegram.written(ANN) == before)


async def nothing_waits(home: TellingHome) -> bool:
    """Say whether everything was told."""
    return await home.waiting() == 0


async def break_in(home: TellingHome, detail: str) -> float:
    """Arm, and open the door; returns when."""
    await home.ask("alarm_arm", partition=PARTITION, mode="away", skip_delay=True)
    began = time.time()
    home.board.press(DOOR, detail)

    async def triggered() -> bool:
        return await home.async_state(PANEL) == "triggered"

    await eventually("the alarm", triggered, PATIENCE)
    return began


async def issues(home: TellingHome) -> set[str]:
    """Return what is shown under repairs."""
    found = (await home.api.call("repairs/list_issues"))["issues"]
    return {str(issue["translation_key"]) for issue in found if issue["domain"] == "event_hub"}


async def undelivered_alarm(home: TellingHome, detail: str) -> tuple[float, dict[str, Any]]:
    """Raise an alarm that nobody can be told; returns after how many seconds that is reported, and how."""
    async with home.api.subscribe_events("event_hub_undelivered") as reports:
        began = await break_in(home, detail)

        async def reported() -> bool:
            return not reports.empty() and "telling_undelivered" in await issues(home)

        await eventually("the repair", reported, DEADLINE + PATIENCE)
        took = time.time() - began
        report = reports.get_nowait()
        assert reports.empty()
    await home.ask("alarm_disarm", partition=PARTITION, code=CODE)
    return took, dict(report["data"])


def test_alarms_while_telegram_is_down_are_told_by_sms_in_time_and_by_telegram_once_it_is_back(
    home: TellingHome,
) -> None:
    with home.telegram.down():
        took, report = home.run(undelivered_alarm(home, "n1"))
        assert DEADLINE <= took < DEADLINE + LATE
        assert (report["topic"], report["partition"], report["critical"]) == ("alarm", PARTITION, True)
        # Somebody looks at the repair and sets another channel up, which is used at once.
        home.add_channel("action", "SMS", SMS, {"deadline": DEADLINE, "max_length": 600})
        home.until("the SMS", lambda: sms_about(home, "n1"))
        home.until_async("no repair", lambda: no_repair(home))
        began = home.run(break_in(home, "n2"))
        (at,) = home.until("the next SMS", lambda: sms_about(home, "n2"), DEADLINE + PATIENCE)
        assert DEADLINE <= at - began < DEADLINE + LATE
        assert tellings_of(home, "n1") == tellings_of(home, "n2") == []
    home.until_async("nothing left to tell", lambda: nothing_waits(home), 2 * PATIENCE)
    for detail in ("n1", "n2"):
        assert len(tellings_of(home, detail)) == 1
        assert len(sms_about(home, detail)) == 1
    home.act("alarm_disarm", partition=PARTITION, code=CODE)


async def no_repair(home: TellingHome) -> bool:
    """Say whether nothing is shown as undelivered."""
    return "telling_undelivered" not in await issues(home)


def test_of_many_events_the_newest_of_each_input_is_told_by_as_many_messages_as_are_allowed(home: TellingHome) -> None:
    home.until_async("nothing left to tell", lambda: nothing_waits(home))
    before, texts = len(home.telegram.sent), len(home.outside.calls("sms"))
    details = [f"n{number}" for number in range(1000, 1000 + EVENTS)]
    began = time.time()
    for detail, gate in zip(details, cycle(GATES), strict=False):
        home.board.press(gate, detail)
    home.until("the last", lambda: tellings_of(home, details[-1]))
    home.until_async("nothing left to tell", lambda: nothing_waits(home))
    sent = home.telegram.sent[before:]
    assert len(sent) <= (sent[-1].at - began) / INTERVAL + 1
    told = [thing for each in sent for thing in things_of(each.text)]
    assert {Thing(name=detail) for detail in details[-len(GATES) :]} <= set(told)
    assert len(told) == len(set(told))
    assert len(home.outside.calls("sms")) == texts
