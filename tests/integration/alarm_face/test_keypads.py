"""Keypads on MQTT: what they are told, and what they may ask for."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
import json
import time
from typing import Any, Final

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.event_hub import hub as hub_module, keypad_answers, mqtt_keypad
from custom_components.event_hub.const import DOMAIN
from custom_components.event_hub.engine.alarm.model import Action, Zone
from custom_components.event_hub.transports.link import LinkState, LinkStatus
from custom_components.event_hub.wire.messages import InputReport, Outgoing
from devkit.polling import until
from tests.integration.alarm.kit import ANNS_CODE, EXIT, HOME, PANEL, WINDOW, House

COMMAND: Final = "event_hub/alarm/home/command"
STATE: Final = "event_hub/alarm/home/state"
RESULT: Final = "event_hub/alarm/home/result"


class Broker:
    """Stands for MQTT: every link of the hub is connected to it."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.published: list[Outgoing] = []
        self.listeners: list[tuple[Sequence[str], Callable[[str, bytes, bool], None]]] = []

    def link(
        self,
        _: HomeAssistant,
        on_message: Callable[[str, bytes, bool], None],
        on_status: Callable[[LinkStatus], None],
        subscriptions: Sequence[str] = (),
    ) -> Link:
        """Take the place of ``MqttLink``."""
        self.listeners.append((subscriptions, on_message))
        return Link(self, on_status)

    def told(self, topic: str) -> list[dict[str, Any]]:
        """Return what was published on a topic."""
        return [json.loads(each.body) for each in self.published if each.address == topic and each.body]


class Link:
    """One connection."""

    def __init__(self, broker: Broker, on_status: Callable[[LinkStatus], None]) -> None:
        """Prepare."""
        self._broker = broker
        self._on_status = on_status

    async def async_start(self) -> None:
        """Be connected."""
        self._on_status(LinkStatus(LinkState.UP))

    async def async_stop(self) -> None:
        """Be connected no more."""
        self._on_status(LinkStatus(LinkState.STOPPED))

    def publish(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Publish at once."""
        self._broker.published.append(outgoing)
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sent.set_result(None)
        return sent


@pytest.fixture
def entry() -> MockConfigEntry:
    """Return an entry that uses MQTT."""
    return MockConfigEntry(domain=DOMAIN, title="Event Hub", data={"mqtt": True})


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """Return the broker that the hub uses."""
    broker = Broker()
    monkeypatch.setattr(hub_module, "MqttLink", broker.link)
    monkeypatch.setattr(mqtt_keypad, "MqttLink", broker.link)
    return broker


async def command(house: House, broker: Broker, payload: bytes, *, topic: str = COMMAND, retained: bool = False) -> Any:
    """Let a keypad say something; returns the answer, ``None`` where there is none."""
    before = len(broker.told(RESULT))
    (listener,) = [on_message for topics, on_message in broker.listeners if "event_hub/alarm/+/command" in topics]
    listener(topic, payload, retained)
    await house.told()
    await house.home.hass.async_block_till_done(wait_background_tasks=True)
    await house.told()
    answers = broker.told(RESULT)[before:]
    return answers[0] if answers else None


async def press(house: House, broker: Broker, *, retained: bool = False, **said: Any) -> Any:
    """Let a keypad send a command; returns the answer."""
    return await command(house, broker, json.dumps(said).encode(), retained=retained)


async def test_a_keypad_arms_and_disarms_with_a_code(house: House, broker: Broker) -> None:
    answer = await press(house, broker, action="arm", mode="away", keypad="Hall", id="1")
    assert (answer["ok"], answer["reason"], answer["id"], answer["action"]) == (True, "done", "1", "arm")
    state = broker.told(STATE)[-1]
    assert (state["state"], state["mode"]) == ("arming", "away")
    assert state["delay_end"] == pytest.approx(time.time() + EXIT, abs=10)
    assert house.shown.changed_by is not None
    assert house.shown.changed_by.name == "Hall"
    answer = await press(house, broker, action="disarm", code=ANNS_CODE)
    assert (answer["ok"], broker.told(STATE)[-1]["state"]) == (True, "disarmed")


async def test_the_state_is_retained_and_says_what_a_keypad_shows(house: House, broker: Broker) -> None:
    newest = [each for each in broker.published if each.address == STATE][-1]
    assert newest.retained
    state = json.loads(newest.body)
    assert (state["state"], state["ready"]["away"], state["memory"], state["siren"]) == ("disarmed", True, 0, False)
    assert (state["code_to"], state["code_format"], state["name"]) == (["disarm"], "number", "Home")
    await house.opens(WINDOW)
    assert broker.told(STATE)[-1]["ready"]["away"] is False


async def test_a_retained_command_does_nothing_even_with_the_right_code(house: House, broker: Broker) -> None:
    await house.arm()
    answer = await press(house, broker, retained=True, action="disarm", code=ANNS_CODE)
    assert (answer["ok"], answer["reason"], house.phase) == (False, "retained", "armed")
    assert house.shown.lockout.wrong == 0


async def test_wrong_codes_of_keypads_lock_the_partition_for_all(house: House, broker: Broker) -> None:
    await house.arm()
    said = [(await press(house, broker, action="disarm", code="0000"))["reason"] for _ in range(6)]
    assert said == ["code_wrong"] * 5 + ["locked_out"]
    assert (await press(house, broker, action="disarm", code=ANNS_CODE))["reason"] == "locked_out"
    assert (house.phase, broker.told(STATE)[-1]["locked_until"] is not None) == ("armed", True)


async def test_a_keypad_disarms_nothing_without_a_code(house: House, broker: Broker) -> None:
    await house.arm()
    assert (await press(house, broker, action="disarm"))["reason"] == "code_missing"
    assert (await press(house, broker, action="arm", mode="home"))["reason"] == "code_missing"
    assert house.phase == "armed"


@pytest.mark.parametrize(
    "payload",
    [
        b"disarm",
        b"[]",
        b'{"action": "open"}',
        b'{"action": "disarm", "code": ["2580"]}',
        b'{"action": "arm", "mode": "away", "force": "yes"}',
        b'{"schema": 2, "action": "disarm", "code": "2580"}',
        b"\xff",
        b"{" * 20_000,
    ],
)
async def test_what_is_not_understood_changes_nothing_and_is_answered(
    house: House, broker: Broker, payload: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    await house.arm()
    answer = await command(house, broker, payload)
    assert (answer["ok"], answer["reason"]) == (False, "not_understood")
    assert house.phase == "armed"
    assert ANNS_CODE not in f"{answer}{caplog.text}"


async def test_a_command_that_comes_too_late_is_not_obeyed(house: House, broker: Broker) -> None:
    await house.arm()
    answer = await press(house, broker, action="disarm", code=ANNS_CODE, expires_at=time.time() - 1)
    assert (answer["reason"], house.phase) == ("expired", "armed")


async def test_a_command_for_nobody_or_that_was_taken_away_is_not_answered(house: House, broker: Broker) -> None:
    before = len(broker.published)
    assert await command(house, broker, b"{}", topic="event_hub/alarm/shed/command") is None
    assert await command(house, broker, b"") is None
    assert len(broker.published) == before


async def test_more_commands_than_a_person_sends_are_refused(house: House, broker: Broker) -> None:
    (listener,) = [on_message for topics, on_message in broker.listeners if "event_hub/alarm/+/command" in topics]
    for _ in range(50):
        listener(COMMAND, b'{"action": "disarm", "code": "0000"}', False)  # noqa: FBT003 - as the link calls it
    await house.home.hass.async_block_till_done(wait_background_tasks=True)
    reasons = [answer["reason"] for answer in broker.told(RESULT)]
    assert len(reasons) == 50
    assert reasons.count("busy") == 50 - mqtt_keypad.MOST_WAITING
    assert (await press(house, broker, action="panic"))["ok"] is True


async def test_a_call_for_help_waits_behind_no_guesses_and_is_not_too_much(
    house: House, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    guessing = asyncio.Event()
    ask = house.desk.async_ask

    async def slow(partition_id: str, action: Action, *args: Any, **more: Any) -> None:
        if action is Action.DISARM:
            await guessing.wait()
        await ask(partition_id, action, *args, **more)

    monkeypatch.setattr(house.desk, "async_ask", slow)
    (listener,) = [on_message for topics, on_message in broker.listeners if "event_hub/alarm/+/command" in topics]
    for _ in range(mqtt_keypad.MOST_WAITING + 3):
        listener(COMMAND, b'{"action": "disarm", "code": "0000"}', False)  # noqa: FBT003 - as the link calls it
    listener(COMMAND, b'{"action": "panic", "id": "help"}', False)  # noqa: FBT003 - as the link calls it
    await until(lambda: any(answer["id"] == "help" for answer in broker.told(RESULT)))
    (answer,) = [answer for answer in broker.told(RESULT) if answer["id"] == "help"]
    assert (answer["reason"], house.phase) == ("done", "triggered")
    guessing.set()
    await house.home.hass.async_block_till_done(wait_background_tasks=True)
    assert [answer["reason"] for answer in broker.told(RESULT)].count("busy") == 3


async def test_a_keypad_that_calls_for_help_without_end_does_not_fill_the_memory(house: House, broker: Broker) -> None:
    (listener,) = [on_message for topics, on_message in broker.listeners if "event_hub/alarm/+/command" in topics]
    for _ in range(50):
        listener(COMMAND, b'{"action": "panic"}', False)  # noqa: FBT003 - as the link calls it
    await house.home.hass.async_block_till_done(wait_background_tasks=True)
    reasons = [answer["reason"] for answer in broker.told(RESULT)]
    assert (reasons.count("done"), reasons.count("busy")) == (mqtt_keypad.MOST_CALLS, 50 - mqtt_keypad.MOST_CALLS)
    assert house.phase == "triggered"


async def test_a_removed_partition_leaves_nothing_at_the_broker(house: House, broker: Broker) -> None:
    await house.desk.async_remove_partition(HOME)
    await house.told()
    newest = [each for each in broker.published if each.address == STATE][-1]
    assert (newest.body, newest.retained) == (b"", True)


async def test_keypads_show_that_nobody_watches_while_the_hub_is_stopped(house: House, broker: Broker) -> None:
    await house.home.hass.config_entries.async_unload(house.home.entry.entry_id)
    assert broker.told(STATE)[-1] == {"schema": 1, "state": "unavailable"}
    assert await house.home.hass.config_entries.async_setup(house.home.entry.entry_id)
    await house.told()
    assert broker.told(STATE)[-1]["state"] == "disarmed"


async def test_the_hub_does_not_take_its_answer_for_a_device_s(house: House, broker: Broker) -> None:
    await press(house, broker, action="panic")
    (answer,) = [each for each in broker.published if each.address == RESULT]
    house.home.hub.receiver.mqtt(RESULT, answer.body, False)  # noqa: FBT003 - as the link calls it
    await house.told()
    assert house.home.hub.receiver.refusals.by_reason.total() == 0


async def test_a_keypad_hears_what_others_did(house: House, broker: Broker) -> None:
    await house.desk.async_ask(HOME, Action.PANIC, PANEL)
    await house.told()
    assert (broker.told(STATE)[-1]["state"], broker.told(STATE)[-1]["memory"]) == ("triggered", 1)


async def test_the_state_names_what_is_in_the_way_and_what_is_left_out(house: House, broker: Broker) -> None:
    await house.opens(WINDOW)
    state = broker.told(STATE)[-1]
    every_mode = list(state["ready"])
    assert state["not_ready"] == [{"zone": WINDOW, "name": WINDOW, "problem": "open", "modes": every_mode}]
    assert (state["not_ready_count"], state["bypassed"], state["bypassed_count"]) == (1, [], 0)
    await press(house, broker, action="bypass", zones=[WINDOW], code=ANNS_CODE)
    state = broker.told(STATE)[-1]
    assert (state["bypassed"], state["bypassed_count"]) == ([{"zone": WINDOW, "name": WINDOW}], 1)
    assert (state["not_ready"], state["not_ready_count"]) == ([], 0)


async def test_zones_go_by_the_name_on_the_screen_their_label_or_group(house: House, broker: Broker) -> None:
    await house.home.report(InputReport(device_key=WINDOW, label="Big Window", location="Hall", active=False))
    await house.told()
    answer = await press(house, broker, action="bypass", zones=["hall big window"], code=ANNS_CODE)
    assert answer["reason"] == "done"
    assert house.shown.bypassed == (WINDOW,)
    assert broker.told(STATE)[-1]["bypassed"] == [{"zone": WINDOW, "name": "Hall Big Window"}]
    assert (await press(house, broker, action="end_bypass", zones=["Big Window"], code=ANNS_CODE))["ok"] is True
    assert (await press(house, broker, action="bypass", zones=["Attic"], code=ANNS_CODE))["reason"] == "unknown_zone"
    assert house.shown.bypassed == ()


async def test_a_refusal_says_what_is_wrong_with_which_zone(house: House, broker: Broker) -> None:
    await house.opens(WINDOW)
    answer = await press(house, broker, action="arm", mode="away")
    assert (answer["reason"], answer["problems"]) == (
        "not_ready",
        [{"zone": WINDOW, "name": WINDOW, "problem": "open"}],
    )
    assert (await press(house, broker, action="panic"))["problems"] == []


async def test_a_command_that_comes_twice_is_obeyed_once_and_answered_twice(house: House, broker: Broker) -> None:
    said: dict[str, Any] = {"action": "disarm", "code": "0000", "id": "7", "keypad": "Hall"}
    first, second = await press(house, broker, **said), await press(house, broker, **said)
    assert (first["reason"], first["repeated"]) == ("code_wrong", False)
    assert second == {**first, "repeated": True}
    assert house.shown.lockout.wrong == 1


async def test_a_command_that_comes_again_while_it_is_obeyed_is_answered_once(house: House, broker: Broker) -> None:
    (listener,) = [on_message for topics, on_message in broker.listeners if "event_hub/alarm/+/command" in topics]
    for _ in range(2):
        listener(COMMAND, b'{"action": "disarm", "code": "0000", "id": "7"}', False)  # noqa: FBT003 - as the link calls it
    await house.home.hass.async_block_till_done(wait_background_tasks=True)
    assert [answer["reason"] for answer in broker.told(RESULT)] == ["code_wrong"]
    assert house.shown.lockout.wrong == 1


@pytest.mark.parametrize(
    "other",
    [{"id": "8"}, {"keypad": "Garage"}, {"code": "0001"}, {"id": None}],
    ids=["another id", "another keypad", "another code", "no id"],
)
async def test_another_command_is_no_repetition(house: House, broker: Broker, other: dict[str, Any]) -> None:
    said: dict[str, Any] = {"action": "disarm", "code": "0000", "id": "7", "keypad": "Hall"}
    await press(house, broker, **said)
    assert (await press(house, broker, **{**said, **other}))["repeated"] is False
    assert house.shown.lockout.wrong == 2


async def test_an_id_may_be_used_again_after_half_a_minute(
    house: House, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: dict[str, Any] = {"action": "disarm", "code": "0000", "id": "7"}
    await press(house, broker, **said)
    now = time.monotonic()
    monkeypatch.setattr(keypad_answers, "monotonic", lambda: now + 31)
    assert (await press(house, broker, **said))["repeated"] is False
    assert house.shown.lockout.wrong == 2


async def test_a_retained_command_does_not_stand_for_a_live_one(house: House, broker: Broker) -> None:
    await house.arm()
    said: dict[str, Any] = {"action": "disarm", "code": ANNS_CODE, "id": "7"}
    assert (await press(house, broker, retained=True, **said))["reason"] == "retained"
    assert (await press(house, broker, **said))["reason"] == "done"


async def test_a_state_of_two_hundred_zones_names_twenty(house: House, broker: Broker) -> None:
    inputs = tuple(f"Window {number}" for number in range(200))
    await house.home.report(*(InputReport(device_key=key, active=True) for key in inputs))
    await house.home.enable(inputs=inputs)
    zones = {**house.desk.partitions[HOME].zones, **{key: Zone() for key in inputs}}
    await house.desk.async_set_partition(replace(house.desk.partitions[HOME], zones=zones))
    await house.told()
    state = broker.told(STATE)[-1]
    assert (len(state["not_ready"]), state["not_ready_count"]) == (20, 200)
    answer = await press(house, broker, action="arm", mode="away")
    assert (answer["reason"], len(answer["problems"])) == ("not_ready", 20)
    await press(house, broker, action="bypass", zones=list(inputs[:100]), code=ANNS_CODE)
    state = broker.told(STATE)[-1]
    assert (len(state["bypassed"]), state["bypassed_count"], state["not_ready_count"]) == (20, 100, 100)
