"""What keypads ask for as the hub ends is done and answered, a call for help until the very end."""

import asyncio
import json
from typing import Any

import pytest

from custom_components.event_hub import mqtt_keypad
from custom_components.event_hub.engine.alarm.model import Action
from custom_components.event_hub.engine.alarm.status import Phase
from devkit.polling import until
from tests.integration.alarm.kit import ANNS_CODE, House

from .test_keypads import COMMAND, RESULT, STATE, Broker, broker, entry

__all__ = ["broker", "entry"]


async def test_what_a_keypad_asks_as_the_hub_ends_is_done_and_answered(house: House, broker: Broker) -> None:
    await house.arm()
    (listener,) = [on_message for topics, on_message in broker.listeners if "event_hub/alarm/+/command" in topics]
    listener(COMMAND, json.dumps({"action": "disarm", "code": ANNS_CODE, "id": "1"}).encode(), False)  # noqa: FBT003
    assert await house.home.hass.config_entries.async_unload(house.home.entry.entry_id)
    assert [(each["id"], each["reason"]) for each in broker.told(RESULT)] == [("1", "done")]
    assert broker.told(STATE)[-1]["state"] == "unavailable"
    listener(COMMAND, json.dumps({"action": "arm", "mode": "away", "id": "2"}).encode(), False)  # noqa: FBT003
    await house.home.hass.async_block_till_done(wait_background_tasks=True)
    assert len(broker.told(RESULT)) == 1
    await house.home.hass.config_entries.async_setup(house.home.entry.entry_id)
    assert house.phase is Phase.DISARMED


async def test_a_call_for_help_is_heard_while_the_hub_waits_for_what_is_slow(
    house: House, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_keypad, "LAST_PATIENCE", 60.0)
    held, ask = asyncio.Event(), house.desk.async_ask

    async def slow(partition: str, action: Action, *args: Any, **more: Any) -> None:
        await (held.wait() if action is Action.DISARM else asyncio.sleep(0))
        await ask(partition, action, *args, **more)

    monkeypatch.setattr(house.desk, "async_ask", slow)
    (listener,) = [on_message for topics, on_message in broker.listeners if "event_hub/alarm/+/command" in topics]

    def said(**what: Any) -> None:
        listener(COMMAND, json.dumps(what).encode(), False)  # noqa: FBT003 - as the link calls it

    def answers() -> dict[str, str]:
        return {each["id"]: each["reason"] for each in broker.told(RESULT)}

    said(action="disarm", code=ANNS_CODE, id="slow")
    stopping = house.home.hass.async_create_task(house.home.hass.config_entries.async_unload(house.home.entry.entry_id))
    await asyncio.sleep(0)
    said(action="arm", mode="away", id="late")
    said(action="panic", id="help")
    await until(lambda: "help" in answers())
    assert (house.phase, stopping.done()) == ("triggered", False)
    held.set()
    assert await stopping is True
    assert answers() == {"late": "busy", "help": "done", "slow": "done"}


@pytest.mark.parametrize("last", [False, True], ids=["before the patience ends", "as the patience ends"])
async def test_a_call_for_help_in_the_last_instant_is_waited_for(
    house: House, broker: Broker, monkeypatch: pytest.MonkeyPatch, *, last: bool
) -> None:
    monkeypatch.setattr(mqtt_keypad, "LAST_PATIENCE", 0.1)
    given_up, ask = asyncio.Event(), house.desk.async_ask
    (listener,) = [on_message for topics, on_message in broker.listeners if "event_hub/alarm/+/command" in topics]

    def said(**what: Any) -> None:
        listener(COMMAND, json.dumps(what).encode(), False)  # noqa: FBT003 - as the link calls it

    async def slow(partition: str, action: Action, *args: Any, **more: Any) -> None:
        if action is Action.DISARM:
            try:
                await asyncio.Event().wait()
            finally:
                # The call for help has as long as it takes.
                monkeypatch.setattr(mqtt_keypad, "LAST_PATIENCE", 60.0)
                given_up.set()
                if last:
                    said(action="panic", id="help")
        await given_up.wait()
        await asyncio.sleep(0.02)
        await ask(partition, action, *args, **more)

    monkeypatch.setattr(house.desk, "async_ask", slow)
    said(action="disarm", code=ANNS_CODE, id="slow")
    stopping = house.home.hass.async_create_task(house.home.hass.config_entries.async_unload(house.home.entry.entry_id))
    await asyncio.sleep(0)
    if not last:
        said(action="panic", id="help")
    assert await stopping is True
    told = [json.loads(each.body) for each in broker.published if each.address in (RESULT, STATE)]
    assert [(each.get("id"), each.get("reason"), each.get("state")) for each in told[-3:]] == [
        (None, None, "triggered"),
        ("help", "done", None),
        (None, None, "unavailable"),
    ]
