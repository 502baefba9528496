"""How an app is doing and what it spends, on the page of its device."""

from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from custom_components.event_hub.binary_sensor import PARTS
from custom_components.event_hub.const import DOMAIN

from .kit import Home, source
from .test_cameras import Camera

SOURCE = "source:snapshot.home"
WELL = {"ok": True, "detail": None}
ILL = {"ok": False, "detail": "Enter another access key"}
SPENT = {
    "calls_today": 3,
    "calls_per_day": 100,
    "calls_this_month": 40,
    "calls_per_month": 1000,
    "cost_today": 0.003,
    "cost_this_month": 0.04,
    "currency": "USD",
}


def problems(home: Home) -> set[str]:
    """Return the parts that have an entity."""
    return {part for part in PARTS if home.entity_id("binary_sensor", f"{SOURCE}:{part}_problem") is not None}


@pytest.fixture
def app(home: Home) -> Camera:
    return Camera(home)


async def test_an_app_that_tells_nothing_of_itself_has_no_entities_for_it(home: Home, app: Camera) -> None:
    await app.heartbeat()
    assert problems(home) == set()
    assert home.entity_id("sensor", f"{SOURCE}:paid_detections_today") is None


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_fails_is_a_problem_and_says_what_to_do(home: Home, app: Camera, part: str) -> None:
    await app.heartbeat(health={part: WELL})
    unique_id = f"{SOURCE}:{part}_problem"
    state = home.state("binary_sensor", unique_id)
    assert (state.state, state.attributes["device_class"], state.attributes["detail"]) == ("off", "problem", None)
    await app.heartbeat(health={part: ILL})
    state = home.state("binary_sensor", unique_id)
    assert (state.state, state.attributes["detail"]) == ("on", "Enter another access key")
    await app.heartbeat(health={part: WELL})
    assert home.state("binary_sensor", unique_id).state == "off"
    assert problems(home) == {part}


async def test_a_part_that_nobody_knows_has_no_entity_but_is_kept(home: Home, app: Camera) -> None:
    await app.heartbeat(health={"storage": WELL, "brewer": ILL})
    assert problems(home) == {"storage"}
    assert "brewer" in [part.name for part in home.hub.state.source_status["snapshot.home"].health]


async def test_parts_come_and_go_with_what_the_app_says(home: Home, app: Camera) -> None:
    await app.heartbeat(health={"storage": WELL})
    await app.heartbeat(health={"storage": WELL, "archive": ILL})
    assert home.state("binary_sensor", f"{SOURCE}:archive_problem").state == "on"
    await app.heartbeat(health={"storage": WELL})
    assert problems(home) == {"storage"}
    await app.heartbeat(health={"storage": WELL, "archive": WELL})
    assert home.state("binary_sensor", f"{SOURCE}:archive_problem").state == "off"


async def test_a_part_that_an_earlier_run_left_behind_goes_too(home: Home, app: Camera) -> None:
    await app.heartbeat(health={"storage": WELL})
    left = er.async_get(home.hass).async_get_or_create(
        "binary_sensor", DOMAIN, f"{SOURCE}:archive_problem", config_entry=home.entry
    )
    assert problems(home) == {"storage", "archive"}
    await home.reload()
    assert problems(home) == {"storage"}
    assert home.hass.states.get(left.entity_id) is None


async def test_the_parts_of_a_lost_app_are_unknown_and_those_of_one_that_restarts_are_not(
    home: Home, app: Camera
) -> None:
    await app.heartbeat(health={"detector": ILL}, budget=SPENT)
    await home.reload()
    assert home.state("binary_sensor", f"{SOURCE}:detector_problem").state == "on"
    await home.lose(source("home", "snapshot"))
    for platform, key in (("binary_sensor", "detector_problem"), ("sensor", "paid_detections_today")):
        assert home.state(platform, f"{SOURCE}:{key}").state == STATE_UNAVAILABLE


async def test_what_is_wrong_is_not_written_into_the_history(home: Home, app: Camera) -> None:
    await app.heartbeat(health={"detector": ILL})
    entity_id = home.state("binary_sensor", f"{SOURCE}:detector_problem").entity_id
    entity = home.hass.data["entity_components"]["binary_sensor"].get_entity(entity_id)
    assert entity is not None
    assert "detail" in entity._Entity__combined_unrecorded_attributes


@pytest.mark.parametrize(
    ("key", "shown", "attributes"),
    [
        ("paid_detections_today", "3", {"state_class": "total_increasing", "unit_of_measurement": "calls"}),
        ("paid_detections_month", "40", {"state_class": "total_increasing", "unit_of_measurement": "calls"}),
        (
            "detection_cost_month",
            "0.04",
            {"state_class": "total", "unit_of_measurement": "USD", "device_class": "monetary"},
        ),
    ],
)
async def test_what_an_app_spends_is_counted(
    home: Home, app: Camera, key: str, shown: str, attributes: dict[str, Any]
) -> None:
    await app.heartbeat(budget=SPENT)
    state = home.state("sensor", f"{SOURCE}:{key}")
    assert (state.state, {name: state.attributes.get(name) for name in attributes}) == (shown, attributes)
    entity = er.async_get(home.hass).async_get(state.entity_id)
    assert entity is not None
    assert entity.entity_category == "diagnostic"


async def test_costs_of_no_known_currency_are_not_shown(home: Home, app: Camera) -> None:
    await app.heartbeat(budget={"calls_today": 3})
    assert home.entity_id("sensor", f"{SOURCE}:detection_cost_month") is None
    assert home.state("sensor", f"{SOURCE}:paid_detections_month").state == STATE_UNKNOWN
    await app.heartbeat(budget=SPENT)
    assert home.state("sensor", f"{SOURCE}:detection_cost_month").state == "0.04"


async def test_a_new_month_is_told_to_statistics(home: Home, app: Camera) -> None:
    await app.heartbeat(budget=SPENT)
    unique_id = f"{SOURCE}:detection_cost_month"
    assert home.state("sensor", unique_id).attributes.get("last_reset") is None
    await app.heartbeat(budget={**SPENT, "cost_this_month": 0.001})
    began = dt_util.parse_datetime(home.state("sensor", unique_id).attributes["last_reset"])
    assert began is not None
    assert abs((dt_util.utcnow() - began).total_seconds()) < 60


async def test_a_heartbeat_that_tells_the_same_again_writes_no_state(home: Home, app: Camera) -> None:
    await app.heartbeat(health={"detector": ILL}, budget=SPENT)
    written = home.writes()
    await app.heartbeat(health={"detector": ILL}, budget=SPENT)
    assert written == []
