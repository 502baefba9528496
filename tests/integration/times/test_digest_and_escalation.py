"""What is held back in quiet hours, and what stays active for too long, in a running hub."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
import pytest

from custom_components.event_hub.engine.events import EnabledSet
from custom_components.event_hub.times_desk import EVENT_DIGEST, EVENT_ESCALATION, MOST_LISTED
from custom_components.event_hub.wire.messages import InputReport
from devkit.polling import until
from tests.integration.actions.kit import add_inputs, ask, tell
from tests.integration.kit import Home
from tests.integration.notices.kit import later, shown, text_of
from tests.integration.scheduled import scheduled
from tests.integration.test_never_stopped import Delivery

from .conftest import WallClock

STATUS = "event_hub.status"
EVENING = "2026-07-04T22:00:00+02:00"
MORNING = "2026-07-05T07:00:00+02:00"
# What is due at a start waits until others have started as well.
SETTLED = "2026-07-05T07:01:30+02:00"

type Heard = list[dict[str, Any]]


@pytest.fixture
def heard(hass: HomeAssistant) -> Callable[[str], Heard]:
    """Return how to listen to the bus."""

    def listen(kind: str) -> Heard:
        events: Heard = []

        def hear(event: Event) -> None:
            events.append(dict(event.data))

        hass.bus.async_listen(kind, callback(hear))
        return events

    return listen


async def open_door(home: Home, *, active: bool = True) -> None:
    """Let the door report itself; it is an adopted input, so its reports come from Home Assistant."""
    record = home.hub.state.inputs["Door"]
    await home.report(InputReport(device_key="Door", active=active), by=home.hub.state.sources[record.source_id].source)


@pytest.mark.parametrize("restarts", [False, True])
async def test_what_is_informational_is_told_once_when_quiet_hours_end(
    berlin: Home, clock: WallClock, heard: Callable[[str], Heard], restarts: bool
) -> None:
    digests = heard(EVENT_DIGEST)
    await tell(berlin.hass, "set_rule", inputs=["Door"], informational=True, latch=0)
    await clock.show(berlin, EVENING)
    await open_door(berlin)
    await open_door(berlin)
    if restarts:
        await berlin.reload()
    assert digests == []
    await clock.show(berlin, MORNING)
    if restarts:
        await berlin.reload()
    await clock.show(berlin, SETTLED)
    await berlin.reload()
    await clock.show(berlin, "2026-07-05T12:00:00+02:00")

    (digest,) = digests
    assert (digest["number"], digest["count"], digest["more"]) == (1, 2, 0)
    (told,) = digest["inputs"]
    assert (told["input"], told["name"], told["count"]) == ("Door", "Front Door", 2)
    assert told["at"] == "2026-07-04T20:00:00+00:00"
    (entry,) = (await ask(berlin.hass, "list_activity", kinds=["digest_due"], input="Door"))["activity"]
    assert entry["bundle"]["number"] == 1


async def test_a_hub_that_was_away_in_the_morning_tells_the_digest_later(
    berlin: Home, clock: WallClock, heard: Callable[[str], Heard]
) -> None:
    digests = heard(EVENT_DIGEST)
    await tell(berlin.hass, "set_rule", inputs=["Door"], informational=True)
    await clock.show(berlin, EVENING)
    await open_door(berlin)
    assert await berlin.hass.config_entries.async_unload(berlin.entry.entry_id)
    clock.now += 12 * 3600
    assert await berlin.hass.config_entries.async_setup(berlin.entry.entry_id)
    await berlin.told()
    assert digests == []
    await clock.show(berlin, "2026-07-05T10:01:01+02:00")
    assert [digest["count"] for digest in digests] == [1]


async def test_what_is_held_back_is_on_disk_at_once_and_a_kill_loses_none_of_it(
    berlin: Home, clock: WallClock, heard: Callable[[str], Heard], hass_storage: dict[str, Any]
) -> None:
    digests = heard(EVENT_DIGEST)
    await tell(berlin.hass, "set_rule", inputs=["Door"], informational=True, latch=0)
    await clock.show(berlin, EVENING)
    await open_door(berlin)
    await open_door(berlin)

    def held_back() -> int:
        waiting = hass_storage.get(STATUS, {}).get("data", {}).get("digest", {}).get("waiting", {})
        return sum(each.get("count", 1) for each in waiting.values())

    await until(lambda: held_back() == 2)
    on_disk = deepcopy(hass_storage[STATUS])
    assert await berlin.hass.config_entries.async_unload(berlin.entry.entry_id)
    # One that is killed writes nothing at its end.
    hass_storage[STATUS] = on_disk
    assert await berlin.hass.config_entries.async_setup(berlin.entry.entry_id)
    await clock.show(berlin, MORNING)
    await clock.show(berlin, SETTLED)
    assert [digest["count"] for digest in digests] == [2]


async def test_much_that_is_held_back_is_stored_together(berlin: Home, clock: WallClock) -> None:
    keys = [f"Window {number}" for number in range(50)]
    await add_inputs(berlin, *keys)
    await tell(berlin.hass, "set_rule", inputs=keys, informational=True)
    await clock.show(berlin, EVENING)
    writes = 0

    async def save() -> bool:
        nonlocal writes
        writes += 1
        return True

    berlin.hub.times._save = save
    for key in keys:
        berlin.hub.press(key)
    await until(lambda: writes == 2)
    assert writes == 2


async def test_a_long_digest_is_cut_and_the_rest_counted(
    berlin: Home, clock: WallClock, heard: Callable[[str], Heard]
) -> None:
    digests = heard(EVENT_DIGEST)
    keys = [f"Window {number}" for number in range(MOST_LISTED + 7)]
    await add_inputs(berlin, *keys)
    await tell(berlin.hass, "set_rule", inputs=keys, informational=True)
    await clock.show(berlin, EVENING)
    for key in keys:
        berlin.hub.press(key)
    await clock.show(berlin, MORNING)
    (digest,) = digests
    assert (len(digest["inputs"]), digest["more"], digest["count"]) == (MOST_LISTED, 7, MOST_LISTED + 7)


async def test_an_informational_input_says_why_it_did_not_trigger(berlin: Home, clock: WallClock) -> None:
    await tell(berlin.hass, "set_rule", inputs=["Door"], informational=True)
    await clock.show(berlin, EVENING)
    await open_door(berlin)
    (decision,) = (await ask(berlin.hass, "why", input="Door"))["decisions"]
    assert decision["reason"] == "deferred"
    assert "until Sun 07:00" in decision["explanation"]


@pytest.mark.parametrize("restarts", [False, True])
async def test_what_stays_active_is_told_once_and_until_it_is_clear(
    berlin: Home, clock: WallClock, heard: Callable[[str], Heard], restarts: bool
) -> None:
    told = heard(EVENT_ESCALATION)
    await tell(berlin.hass, "set_rule", inputs=["Door"], escalate_after=300, hold=86_400)
    await open_door(berlin)
    await clock.show(berlin, "2026-07-04T12:04:00+02:00")
    if restarts:
        await berlin.reload()
    assert told == []
    await clock.show(berlin, "2026-07-04T12:05:00+02:00")
    if restarts:
        await berlin.reload()
    await clock.show(berlin, "2026-07-04T12:30:00+02:00")
    await later(berlin.hass)

    assert [(event["type"], event["input"], event["since"]) for event in told] == [
        ("raised", "Door", "2026-07-04T10:00:00+00:00")
    ]
    assert "Front Door" in text_of(shown(berlin.hass)["escalated_Door"])
    if restarts:
        await berlin.reload()
        await later(berlin.hass)
        assert "escalated_Door" in shown(berlin.hass)
    await open_door(berlin, active=False)
    await later(berlin.hass)
    assert [event["type"] for event in told] == ["raised", "resolved"]
    assert "escalated_Door" not in shown(berlin.hass)
    kinds = [entry["kind"] for entry in (await ask(berlin.hass, "list_activity", input="Door"))["activity"]]
    assert kinds.count("escalation_raised") == kinds.count("escalation_resolved") == 1


async def test_switching_the_input_off_ends_its_escalation(berlin: Home, clock: WallClock) -> None:
    await tell(berlin.hass, "set_rule", inputs=["Door"], escalate_after=300, hold=86_400)
    await open_door(berlin)
    await clock.show(berlin, "2026-07-04T12:05:00+02:00")
    await later(berlin.hass)
    assert "escalated_Door" in shown(berlin.hass)
    await berlin.enable(inputs=("Door",), enabled=False)
    await later(berlin.hass)
    assert "escalated_Door" not in shown(berlin.hass)


async def test_what_is_held_back_as_the_hub_ends_is_stored_and_acknowledged(
    berlin: Home, clock: WallClock, hass_storage: dict[str, Any]
) -> None:
    hass = berlin.hass
    await berlin.report(InputReport(device_key="Gate"))
    await berlin.post(EnabledSet(inputs=("Gate",), enabled=True))
    await tell(hass, "set_rule", inputs=["Gate"], informational=True, latch=0)
    await clock.show(berlin, EVENING)
    first, second = Delivery("Gate"), Delivery("Gate")
    berlin.hub.receiver.amqp(first)
    await until(lambda: first.acked)
    # This one waits with those that follow.
    berlin.hub.receiver.amqp(second)
    await berlin.told()
    assert second.acked == 0
    assert await hass.config_entries.async_unload(berlin.entry.entry_id)
    await hass.async_block_till_done()
    assert second.acked == 1
    assert hass_storage[STATUS]["data"]["digest"]["waiting"]["Gate"]["count"] == 2
    assert scheduled(hass) == set()
