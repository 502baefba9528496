"""Changes of how the alarm is set up are logged and told: what was changed from what to what, and by whom."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context
import pytest

from custom_components.event_hub.alarm_sentences import alarm_words
from tests.integration.actions.kit import ask
from tests.integration.alarm.kit import HOME, SIREN, WINDOW, House

type Told = list[dict[str, Any]]


@pytest.fixture
def admin(hass_admin_user: User) -> Context:
    """Return the context of an administrator."""
    return Context(user_id=hass_admin_user.id)


async def logged(house: House, **wanted: Any) -> list[dict[str, Any]]:
    """Return what the activity log has of changes of the set-up, newest first."""
    answer = await ask(house.home.hass, "list_activity", kinds=["alarm_set_up"], **wanted)
    entries: list[dict[str, Any]] = answer["activity"]
    return entries


def changes(event: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what was changed from what to what."""
    return {each["setting"]: (each["before"], each["after"]) for each in event["changes"]}


async def test_a_change_of_a_partition_is_told_and_logged_with_who(
    house: House, told: Told, admin: Context, hass_admin_user: User
) -> None:
    await ask(house.home.hass, "set_partition", context=admin, partition=HOME, exit_delay=5, modes=["away"])
    (event,) = told
    assert (event["type"], event["what"], event["partition"], event["name"]) == (
        "configured",
        "partition",
        HOME,
        "Home",
    )
    assert changes(event) == {"delays.away.exit": (60.0, 5.0)}
    assert (event["by"], event["path"], event["user_id"]) == (hass_admin_user.name, "action", hass_admin_user.id)
    entry = (await logged(house, partition="Home"))[0]
    assert entry["changes"] == [{"setting": "delays.away.exit", "before": 60.0, "after": 5.0}]
    assert entry["actor"]["asker"]["user_id"] == hass_admin_user.id


async def test_zones_that_are_changed_or_removed_are_told_and_found_by_their_input(
    house: House, told: Told, admin: Context
) -> None:
    await ask(house.home.hass, "set_zone", context=admin, partition=HOME, inputs=[WINDOW], kind="follower")
    await ask(house.home.hass, "remove_zone", context=admin, partition=HOME, inputs=[WINDOW])
    changed, removed = told
    assert changes(changed) == {f"zones.{WINDOW}.kind": ("instant", "follower")}
    before, after = changes(removed)[f"zones.{WINDOW}"]
    assert (before["kind"], after) == ("follower", None)
    assert len(await logged(house, input=WINDOW)) == 3, "set up, changed, removed"


async def test_codes_that_are_given_changed_and_revoked_are_told_and_never_the_code(
    house: House, told: Told, admin: Context
) -> None:
    hass = house.home.hass
    await ask(hass, "set_code", context=admin, name="Bob", code="86420")
    await ask(hass, "set_code", context=admin, user="Bob", code="97531", permissions=["arm"])
    await ask(hass, "revoke_code", context=admin, user="Bob")
    assert [event["what"] for event in told] == ["code", "code", "code_revoked"]
    given, changed, _ = map(changes, told)
    assert given["code"] == (None, "given")
    assert (changed["code"], list(changed["permissions"][1])) == (("given", "changed"), ["arm"])
    assert {event["name"] for event in told} == {"Bob"}
    everything = f"{told}{await logged(house)}"
    assert all(word not in everything for word in ("86420", "97531", "scrypt"))


async def test_a_removed_partition_is_told(house: House, told: Told, admin: Context) -> None:
    await ask(house.home.hass, "remove_partition", context=admin, partition=HOME)
    await house.told()
    assert (told[-1]["what"], told[-1]["name"]) == ("partition_removed", "Home")


@pytest.mark.parametrize("device", [{"inputs": [WINDOW]}, {"outputs": [SIREN]}])
async def test_a_zone_or_siren_that_is_switched_off_by_action_is_told(
    house: House, told: Told, admin: Context, hass_admin_user: User, device: dict[str, list[str]]
) -> None:
    await ask(house.home.hass, "disable", context=admin, **device)
    await house.told()
    (event,) = [each for each in told if each["type"] == "configured"]
    assert (event["what"], [event["subject"]], event["partition"]) == ("switched", *device.values(), HOME)
    assert (changes(event), event["by"]) == ({"enabled": (True, False)}, hass_admin_user.name)
    ((name, keys),) = device.items()
    assert (await logged(house, **{name.removesuffix("s"): keys[0]}))[0]["subject"] == keys[0]


async def test_a_zone_that_is_switched_off_with_its_switch_is_told(house: House, told: Told, admin: Context) -> None:
    entity_id = house.home.entity_id("switch", f"device:{WINDOW}:input_enabled")
    await house.home.hass.services.async_call(
        "switch", "turn_off", {"entity_id": entity_id}, blocking=True, context=admin
    )
    await house.told()
    (event,) = [each for each in told if each["type"] == "configured"]
    assert (event["subject"], event["user_id"], event["path"]) == (WINDOW, admin.user_id, "panel")


def test_the_logbook_has_words_for_each() -> None:
    by = {"type": "configured", "by": "Ben", "asked_by": "Ben"}
    exit_delay = {"changes": [{"setting": "delays.away.exit", "before": 60, "after": 5}]}
    off = {"subject": "Window", "changes": [{"setting": "enabled", "before": True, "after": False}]}
    said = [
        alarm_words({**by, "what": "partition", **exit_delay})[1],
        alarm_words({**by, "what": "partition_removed"})[1],
        alarm_words({**by, "what": "code_revoked"})[1],
        alarm_words({**by, "what": "switched", **off})[1],
    ]
    assert said == [
        "was set up anew by Ben: delays.away.exit",
        "was removed by Ben",
        "had the code taken away by Ben",
        "had Window switched off in the hub by Ben",
    ]
