"""Sources that fall silent together, as behind one access point, are told of in one repair."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub.engine.effects import SourceBack, SourceLost
from custom_components.event_hub.engine.model import InputRecord, OutputRecord, SourceStatus
from custom_components.event_hub.engine.state import State
from custom_components.event_hub.lost_notices import COMMON, FEW, STILL_MANY
from custom_components.event_hub.notices import Notices

from .kit import NOON, later, shown, source, text_of
from .test_ignored import ignore, ignored

BOARDS = [f"sensor.esp32_BEE{number:03}" for number in range(40)]


def lose(notices: Notices, *boards: str) -> None:
    """Let boards fall silent."""
    for board in boards:
        notices.handle(SourceLost(source_id=board, last_seen=NOON, at=NOON + 60))


def come_back(notices: Notices, *boards: str) -> None:
    """Let boards be heard again."""
    for board in boards:
        notices.handle(SourceBack(source_id=board, silent_for=60, at=NOON + 120))


def home_of(*boards: str) -> State:
    """Return a home in which each board has a motion sensor and a siren."""
    return State(
        sources={board: source(board) for board in boards},
        source_devices={board: (f"Siren {board[-3:]}", f"Motion {board[-3:]}") for board in boards},
        inputs={
            f"Motion {board[-3:]}": InputRecord(
                key=f"Motion {board[-3:]}", source_id=board, label="Motion", location=f"Room {board[-3:]}"
            )
            for board in boards
        },
        outputs={f"Siren {board[-3:]}": OutputRecord(key=f"Siren {board[-3:]}", source_id=board) for board in boards},
    )


def own(*boards: str) -> set[str]:
    """Return the ids of the repairs that are of one board each."""
    return {f"source_lost_{board}" for board in boards}


async def test_many_silent_boards_are_one_repair_that_names_some_and_counts_all(
    hass: HomeAssistant, notices: Notices
) -> None:
    notices.restore(home_of(*BOARDS))
    lose(notices, *BOARDS)
    await later(hass)

    (issue,) = shown(hass).values()
    text = text_of(issue)
    assert text.startswith("40 boards or apps are silent\n")
    assert "\n- sensor.esp32_BEE000 (Room 000 Motion, Siren 000)\n" in text
    assert "\n- sensor.esp32_BEE004 (Room 004 Motion, Siren 004)\n- + 35\n" in text
    assert "BEE005" not in text
    assert "access point" in text


async def test_one_silent_board_is_told_with_what_is_connected_to_it(hass: HomeAssistant, notices: Notices) -> None:
    state = home_of(BOARDS[0])
    state.source_devices[BOARDS[0]] += ("Lamp", "Gate", "Door")
    state.inputs["Door"] = InputRecord(key="Door", source_id=BOARDS[0])
    notices.restore(state)
    lose(notices, BOARDS[0])
    await later(hass)

    (issue,) = shown(hass).values()
    assert text_of(issue).startswith(f"{BOARDS[0]} (Room 000 Motion, Door, Siren 000 + 2) is silent\n")


async def test_the_common_repair_follows_and_goes_when_few_are_left(hass: HomeAssistant, notices: Notices) -> None:
    lose(notices, *BOARDS[: FEW + 2])
    await later(hass)
    assert f"{FEW + 2} boards" in text_of(shown(hass)[COMMON])

    come_back(notices, BOARDS[0])
    await later(hass)
    assert set(shown(hass)) == {COMMON}
    assert f"{FEW + 1} boards" in text_of(shown(hass)[COMMON])
    assert BOARDS[0] not in text_of(shown(hass)[COMMON])

    gone = FEW + 2 - STILL_MANY
    come_back(notices, *BOARDS[1:gone])
    await later(hass)
    assert set(shown(hass)) == {COMMON}
    assert f"{STILL_MANY} boards" in text_of(shown(hass)[COMMON])

    come_back(notices, BOARDS[gone])
    await later(hass)
    assert set(shown(hass)) == own(*BOARDS[gone + 1 : FEW + 2])

    come_back(notices, *BOARDS)
    await later(hass)
    assert shown(hass) == {}


async def test_one_more_than_few_takes_the_place_of_their_repairs(hass: HomeAssistant, notices: Notices) -> None:
    lose(notices, *BOARDS[:FEW])
    await later(hass)
    assert set(shown(hass)) == own(*BOARDS[:FEW])

    lose(notices, BOARDS[FEW])
    await later(hass)

    assert set(shown(hass)) == {COMMON}


async def test_the_longest_silence_is_told_of_many(hass: HomeAssistant, notices: Notices) -> None:
    state = home_of(*BOARDS)
    state.source_status = {
        board: SourceStatus(last_seen=NOON + 60 * (number == 0), lost=True) for number, board in enumerate(BOARDS)
    }
    notices.restore(state)
    await later(hass)

    (issue,) = shown(hass).values()
    assert issue.translation_placeholders is not None
    first = dict(issue.translation_placeholders)
    come_back(notices, *BOARDS[1 : 40 - FEW])
    await later(hass)
    again = shown(hass)[COMMON].translation_placeholders
    assert again is not None
    assert (first["since"], first["count"], again["count"]) == (again["since"], "40", str(FEW + 1))


async def test_what_is_removed_counts_no_longer(hass: HomeAssistant, notices: Notices) -> None:
    state = home_of(*BOARDS)
    notices.restore(state)
    lose(notices, *BOARDS)
    await later(hass)
    for board in BOARDS[2:]:
        del state.sources[board]
    notices.prune()
    await later(hass)

    assert set(shown(hass)) == own(*BOARDS[:2])


async def test_a_board_whose_repair_is_ignored_stays_ignored_among_many(hass: HomeAssistant, notices: Notices) -> None:
    lose(notices, BOARDS[0])
    await later(hass)
    ignore(hass, f"source_lost_{BOARDS[0]}")
    lose(notices, *BOARDS[1:])
    await later(hass)
    assert ignored(hass) == own(BOARDS[0])
    assert f"{len(BOARDS) - 1} boards" in text_of(shown(hass)[COMMON])

    come_back(notices, *BOARDS[1:])
    await later(hass)
    assert set(shown(hass)) == ignored(hass) == own(BOARDS[0])


async def test_another_one_that_falls_silent_is_shown_though_many_are_ignored(
    hass: HomeAssistant, notices: Notices
) -> None:
    lose(notices, *BOARDS[:10])
    await later(hass)
    ignore(hass, COMMON)
    come_back(notices, BOARDS[0])
    await later(hass)
    assert ignored(hass) == {COMMON}

    lose(notices, BOARDS[11])
    await later(hass)

    assert set(shown(hass)) == {COMMON}
    assert ignored(hass) == set()


async def test_a_board_that_comes_and_goes_does_not_bring_back_what_is_ignored(
    hass: HomeAssistant, notices: Notices
) -> None:
    lose(notices, *BOARDS[: FEW + 1])
    await later(hass)
    ignore(hass, COMMON)
    for board in (*BOARDS[: FEW + 1], BOARDS[0]):
        come_back(notices, board)
        await later(hass)
        lose(notices, board)
        await later(hass)
        assert set(shown(hass)) == ignored(hass) == {COMMON}


@pytest.mark.parametrize("left", [10, STILL_MANY, 0])
async def test_many_that_are_ignored_stay_so_over_a_reload_while_they_are_silent(
    hass: HomeAssistant, entry: MockConfigEntry, notices: Notices, left: int
) -> None:
    lose(notices, *BOARDS[:10])
    await later(hass)
    ignore(hass, COMMON)
    notices.clear_all()
    assert ignored(hass) == {COMMON}
    state = home_of(*BOARDS)
    state.source_status = {board: SourceStatus(last_seen=NOON, lost=True) for board in BOARDS[:left]}
    again = Notices(hass, entry)
    again.restore(state)
    await later(hass)
    assert set(shown(hass)) == ignored(hass) == ({COMMON} if left else set())
    again.clear_all()


async def test_boards_that_come_and_go_cost_nobody_a_word(hass: HomeAssistant, notices: Notices) -> None:
    told: list[object] = []
    hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, told.append)
    for _ in range(250):
        lose(notices, *BOARDS)
        come_back(notices, *BOARDS)
    lose(notices, *BOARDS)
    await later(hass)

    assert len(told) == 1
    assert set(shown(hass)) == {COMMON}
