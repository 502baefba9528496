"""What is refused at the alarm's door leaves a trace: who, with whose code, over which way, and why."""

from typing import Any

import pytest

from custom_components.event_hub.alarm_desk import Requester
from custom_components.event_hub.denials import MOST, PERIOD, Denials
from custom_components.event_hub.engine.alarm.codes import CodeUser, Path, Permission, Validity
from custom_components.event_hub.engine.alarm.model import Action
from tests.integration.actions.kit import ask
from tests.integration.alarm.kit import ANNS_CODE, HOME, House

type Told = list[dict[str, Any]]

KEYPAD = Requester(path=Path.MQTT, name="Hall keypad")
RETAINED = Requester(path=Path.MQTT, name="Hall keypad", retained=True)
BOBS_CODE = "1470"
ARMS = CodeUser(user_id="bob", name="Bob", permissions=(Permission.ARM,))
GONE = CodeUser(user_id="bob", name="Bob", validity=Validity(last_day="2020-01-01"))
USED = CodeUser(user_id="bob", name="Bob", validity=Validity(once=True))


def refused(told: Told) -> Told:
    """Return the refusals."""
    return [event for event in told if event["type"] == "refused"]


@pytest.mark.parametrize(
    ("bob", "by", "code", "reason", "whose"),
    [
        (ARMS, KEYPAD, BOBS_CODE, "no_permission", "Bob"),
        (GONE, KEYPAD, BOBS_CODE, "not_valid_now", "Bob"),
        (ARMS, KEYPAD, None, "code_missing", "Hall keypad"),
        (ARMS, RETAINED, ANNS_CODE, "retained", "Hall keypad"),
    ],
)
async def test_an_attempt_that_is_denied_is_told_and_logged(
    house: House, told: Told, bob: CodeUser, by: Requester, code: str | None, reason: str, whose: str
) -> None:
    await house.desk.async_set_user(bob, BOBS_CODE)
    await house.arm()
    assert await house.refusal(Action.DISARM, by=by, code=code) == reason
    (event,) = refused(told)
    assert (event["action"], event["reason"], event["by"], event["asked_by"]) == (
        "disarm",
        reason,
        whose,
        "Hall keypad",
    )
    (entry,) = (await ask(house.home.hass, "list_activity", partition=HOME, reasons=[reason]))["activity"]
    assert (entry["kind"], entry["actor"]["name"], entry["actor"]["asker"]["path"]) == ("refused", whose, "mqtt")
    assert code is None or code not in str(entry)


async def test_a_code_that_was_used_up_is_told(house: House, told: Told) -> None:
    await house.desk.async_set_user(USED, BOBS_CODE)
    await house.arm(code=BOBS_CODE)
    assert await house.refusal(Action.DISARM, by=KEYPAD, code=BOBS_CODE) == "used_up"
    assert [(event["reason"], event["by"]) for event in refused(told)] == [("used_up", "Bob")]


async def test_a_right_code_while_codes_are_locked_is_told(house: House, told: Told) -> None:
    await house.arm()
    for _ in range(5):
        await house.refusal(Action.DISARM, by=KEYPAD, code="0000")
    assert refused(told) == [], "wrong codes are told as such"
    assert await house.refusal(Action.DISARM, by=KEYPAD, code=ANNS_CODE) == "locked_out"
    assert [event["reason"] for event in refused(told)] == ["locked_out"]


async def test_a_forced_code_that_may_not_do_it_reads_like_any_other(house: House, told: Told) -> None:
    forced = CodeUser(user_id="eve", name="Eve", permissions=(Permission.ARM,), duress=True)
    await house.desk.async_set_user(forced, BOBS_CODE)
    await house.arm()
    told.clear()
    assert await house.refusal(Action.DISARM, by=KEYPAD, code=BOBS_CODE) == "no_permission"
    (event,) = refused(told)
    assert "duress" not in str(event)
    (entry,) = (await ask(house.home.hass, "list_activity", reasons=["no_permission"]))["activity"]
    assert entry["actor"]["duress"] is False


async def test_a_flood_of_them_is_told_a_few_times_and_then_counted(house: House, told: Told) -> None:
    await house.arm()
    for _ in range(MOST + 20):
        await house.refusal(Action.DISARM, by=KEYPAD)
    assert len(refused(told)) == MOST
    # Another reason is another matter.
    await house.refusal(Action.DISARM, by=RETAINED, code=ANNS_CODE)
    assert [event["reason"] for event in refused(told)][MOST:] == ["retained"]
    await house.passes(PERIOD + 1)
    await house.refusal(Action.DISARM, by=KEYPAD)
    assert refused(told)[-1]["more"] == 20


def test_a_clock_that_is_set_back_silences_nothing() -> None:
    denials = Denials()
    assert [denials.note("home", "retained", 1000.0 + each) for each in range(MOST)] == [0] * MOST
    assert denials.note("home", "retained", 1010.0) is None
    assert denials.note("home", "retained", 10.0) == 1
    assert denials.note("shed", "retained", 1010.0) == 0
