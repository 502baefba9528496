"""Who is told that something is set up, or is no longer, is not told so again by a crash."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from custom_components.event_hub.engine.alarm.model import Partition, Zone, ZoneKind

from .kit import HOME, PARTITION, SMOKE, WINDOW, House

type Do = Callable[[House], Coroutine[Any, Any, None]]
type Look = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("do", "look", "before", "after"),
    [
        (lambda house: house.desk.async_remove_user("ann"), lambda it: "ann" in it["code_users"], True, False),
        (lambda house: house.desk.async_remove_user("ann"), lambda it: "ann" in it["code_hashes"], True, False),
        (
            lambda house: house.desk.async_set_partition(replace(PARTITION, name="Flat")),
            lambda it: it["partitions"][HOME]["name"],
            "Home",
            "Flat",
        ),
        (lambda house: house.desk.async_remove_partition(HOME), lambda it: HOME in it["partitions"], True, False),
        (
            lambda house: house.desk.async_set_zone(HOME, WINDOW, Zone(kind=ZoneKind.ALWAYS)),
            lambda it: it["partitions"][HOME]["zones"][WINDOW].get("kind", "instant"),
            "instant",
            "always",
        ),
        (
            lambda house: house.desk.async_remove_zone(HOME, SMOKE),
            lambda it: SMOKE in it["partitions"][HOME]["zones"],
            True,
            False,
        ),
    ],
    ids=["revoked code", "its hash", "changed partition", "removed partition", "changed zone", "removed zone"],
)
async def test_it_is_on_disk_before_it_is_answered(
    house: House, hass_storage: dict[str, Any], do: Do, look: Look, before: object, after: object
) -> None:
    assert await house.home.hub.async_save()
    assert look(hass_storage["event_hub.registry"]["data"]) == before
    await do(house)
    assert look(hass_storage["event_hub.registry"]["data"]) == after


async def test_a_removed_partition_that_is_set_up_again_begins_anew(house: House) -> None:
    await house.desk.async_remove_partition(HOME)
    await house.desk.async_set_partition(Partition(partition_id=HOME, name="Home"))
    await house.told()
    assert house.shown.open == ()
