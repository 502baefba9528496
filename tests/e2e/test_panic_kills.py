"""Home Assistant killed at the instant at which it answers a call for help, or up to two seconds later.

Whatever was answered is told over the first channel, once or twice, and both sirens, one on each broker, get their
command at least once; so do outputs that a panic zone is linked to. Three kills for each test by default;
``EVENT_HUB_PANIC_KILLS=50`` for more.
"""

from collections.abc import Callable, Generator
import os
import random

import pytest
import pytest_socket

from devkit.brokers import Mosquitto, RabbitMQ

from .panic_home import BUTTON, SIRENS, YARD_BUTTON, Call, PanicHome, Press

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("EVENT_HUB_PANIC_KILLS", "3"))
SEED = int(os.environ.get("EVENT_HUB_PANIC_SEED", "1"))

type Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def running_panic_home(tmp_path_factory: pytest.TempPathFactory) -> Generator[PanicHome]:
    if not (Mosquitto.installed() and RabbitMQ.installed()):
        pytest.skip("Mosquitto and RabbitMQ are not installed")
    pytest_socket.enable_socket()
    with PanicHome(tmp_path_factory.mktemp("panic")) as home:
        yield home


@pytest.fixture
def home(running_panic_home: PanicHome) -> PanicHome:
    running_panic_home.calls_for_help.clear()
    return running_panic_home


def record(home: PanicHome, record_testsuite_property: Record) -> None:
    """Say what happened, in numbers."""
    calls = home.calls_for_help
    figures = {
        "kills": len(calls),
        "told once": sum(call.told == 1 for call in calls),
        "told twice": sum(call.told == 2 for call in calls),
        "commands": sum(sum(call.commands.values()) for call in calls),
        "problems": [problem for call in calls for problem in call.problems],
    }
    for name, number in figures.items():
        record_testsuite_property(f"{calls[0].way}: {name}", number)


async def press_over_and_over(home: PanicHome) -> None:
    """Press *Panic* on a dashboard and by an action, in turn; of each three, once while Mosquitto is away."""
    ways: list[tuple[str, Press]] = [("button", home.press_button), ("action", home.trigger_input)]
    for seed in range(SEED, SEED + KILLS):
        chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
        way, press = ways[seed % 2]
        if seed % 3 == 0:
            await home.lose_mosquitto()
            way += " without Mosquitto"
        await home.call_and_die(way, press, chance, at_once=seed % 4 != 2)


async def press_devices_over_and_over(home: PanicHome) -> None:
    """Press the buttons on both brokers, in turn."""
    ways: list[tuple[str, Press]] = [("RabbitMQ", home.press_yard), ("MQTT", home.press_hall)]
    for seed in range(SEED, SEED + KILLS):
        chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
        way, press = ways[(seed - SEED) % 2]
        await home.call_and_die(way, press, chance, at_once=seed % 4 != 2)
        await home.let_go()


def test_panic_that_was_answered_is_told_and_commands_its_sirens_whatever_is_killed(
    home: PanicHome, record_testsuite_property: Record
) -> None:
    home.run(press_over_and_over(home))
    record(home, record_testsuite_property)
    assert [problem for call in home.calls_for_help for problem in call.problems] == []
    assert len(home.calls_for_help) == KILLS


def test_a_panic_zone_whose_press_a_broker_took_is_told_and_sounds_the_sirens_whatever_is_killed(
    home: PanicHome, record_testsuite_property: Record
) -> None:
    home.watch_buttons()
    home.run(press_devices_over_and_over(home))
    record(home, record_testsuite_property)
    assert [problem for call in home.calls_for_help for problem in call.problems] == []
    assert len(home.calls_for_help) == KILLS


def test_what_a_panic_zone_is_linked_to_is_commanded_as_sirens_are_whatever_is_killed(
    home: PanicHome, record_testsuite_property: Record
) -> None:
    buttons = [BUTTON, YARD_BUTTON]
    home.act("link", inputs=buttons, outputs=list(SIRENS))
    home.act("set_rule", inputs=buttons, latch=0)
    home.watch_buttons()
    # Saves what was set up before, too.
    home.act("set_partition", name="Home", siren_outputs=[])
    home.run(press_devices_over_and_over(home))
    record(home, record_testsuite_property)
    assert [problem for call in home.calls_for_help for problem in call.problems] == []
    assert len(home.calls_for_help) == KILLS


@pytest.mark.parametrize(
    ("told", "commands", "problems"),
    [
        (1, {"Siren": 1, "Horn": 1}, []),
        (2, {"Siren": 3, "Horn": 1}, []),
        (0, {"Siren": 1, "Horn": 1}, ["told 0 times"]),
        (3, {"Siren": 1, "Horn": 1}, ["told 3 times"]),
        (1, {"Siren": 0, "Horn": 1}, ["Siren got no command"]),
        (0, {"Siren": 0, "Horn": 0}, ["Siren got no command", "Horn got no command", "told 0 times"]),
    ],
)
def test_what_is_lost_or_told_too_often_is_found(told: int, commands: dict[str, int], problems: list[str]) -> None:
    call = Call(way="button", killed_after=0.0, told=told, commands=commands)
    assert [problem.partition("answer: ")[2] for problem in call.problems] == problems
