"""Actions whose devices were picked from lists instead of being named."""

import re
from typing import Any, get_args

from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.event_hub.devices import MODELS
from custom_components.event_hub.engine.alarm.codes import Denial
from custom_components.event_hub.engine.alarm.effects import DuressRaised, Effect as AlarmEffect
from custom_components.event_hub.engine.alarm.model import Partition
from custom_components.event_hub.engine.alarm.problems import PassReason, RefusalReason
from custom_components.event_hub.engine.effects import (
    AlarmTold,
    CommandProgressed,
    Decided,
    Detected,
    Effect,
    SendCommand,
)
from custom_components.event_hub.engine.model import CommandStatus, Reason
from custom_components.event_hub.storage.activity_alarm import UNTOLD
from custom_components.event_hub.storage.activity_entries import COMMAND, DECISION, EntriesLost
from custom_components.event_hub.wire.messages import InputReport, OutputReport
from devkit.polling import until
from tests.integration.kit import Home
from tests.integration.test_entity_texts import texts
from tests.source import HUB

from .kit import ask, refusal

FRONT = InputReport(device_key="Front (Hall)", label="Front", location="Hall", active=False)
SIREN = OutputReport(device_key="Siren", type="siren")


@pytest.fixture
async def furnished(home: Home) -> Home:
    """Return a home with an input and an output."""
    await home.report(FRONT, outputs=(SIREN,))
    return home


def picked(home: Home, identifier: str) -> str:
    """Return what a list of devices hands over."""
    device = home.device(identifier)
    assert device is not None
    return device.id


def selectors(field: str) -> list[dict[str, Any]]:
    """Return how each action lets people give this field."""
    actions = load_yaml_dict(str(HUB / "services.yaml")).values()
    return [action["fields"][field]["selector"] for action in actions if action and field in action.get("fields", {})]


async def test_devices_that_were_picked_are_linked(furnished: Home) -> None:
    inputs, outputs = [picked(furnished, "device:Front (Hall)")], [picked(furnished, "device:Siren")]
    assert await ask(furnished.hass, "link", inputs=inputs, outputs=outputs) == {"links": {"Front (Hall)": ["Siren"]}}


async def test_an_entity_stands_for_its_device(furnished: Home) -> None:
    event = furnished.entity_id("event", "device:Front (Hall):trigger")
    answer = await ask(furnished.hass, "enable", inputs=event)
    assert answer == {"inputs": ["Front (Hall)"], "outputs": []}


async def test_a_source_that_was_picked_gets_its_limit(furnished: Home) -> None:
    answer = await ask(furnished.hass, "set_silence_limit", source=picked(furnished, "ioboard.garage"), limit=60)
    assert answer == {"source": "ioboard.garage", "limit": 60.0}


async def test_a_device_of_the_wrong_kind_is_refused_by_its_name(furnished: Home) -> None:
    assert "Siren" in await refusal(furnished.hass, "trigger_input", input=picked(furnished, "device:Siren"))


async def test_the_name_on_the_screen_stands_for_the_device(furnished: Home) -> None:
    answer = await ask(furnished.hass, "enable", inputs="hall front")
    assert answer["inputs"] == ["Front (Hall)"]


def test_sources_are_picked_by_every_model_that_a_source_may_have() -> None:
    for selector in selectors("source"):
        assert {device["model"] for device in selector["device"]["filter"]} == set(MODELS.values())


def test_every_reason_can_be_picked() -> None:
    (selector,) = selectors("reasons")
    passed = {reason for reason in PassReason if reason not in UNTOLD}
    # A wrong code is a kind of its own.
    denied = {reason for reason in Denial if reason is not Denial.CODE_WRONG}
    assert set(selector["select"]["options"]) == {*Reason, *CommandStatus, *RefusalReason, *passed, *denied}


def test_every_kind_that_is_logged_can_be_picked() -> None:
    """Of effects, those that are no entry or are logged under another name are left out."""
    effects = {*get_args(Effect.__value__), *get_args(AlarmEffect.__value__)}
    unlogged = {SendCommand, Decided, Detected, CommandProgressed, AlarmTold, DuressRaised}
    facts = {*(effects - unlogged), EntriesLost}
    kinds = {re.sub(r"(?<!^)(?=[A-Z])", "_", fact.__name__).lower() for fact in facts}
    (selector,) = selectors("kinds")
    assert set(selector["select"]["options"]) == {*kinds, DECISION, COMMAND}


@pytest.mark.parametrize("field", ["kinds", "reasons"])
def test_whatever_can_be_picked_has_words(field: str) -> None:
    (selector,) = selectors(field)
    words = texts("translations/en.json")["selector"][selector["select"]["translation_key"]]["options"]
    assert set(words) == set(selector["select"]["options"])


async def test_activity_is_picked_by_the_panel_of_a_partition(home: Home) -> None:
    await home.hub.alarm.async_set_partition(Partition(partition_id="shed", name="Garden Shed"))
    await until(lambda: home.hass.states.get("alarm_control_panel.garden_shed") is not None)
    for named in ("alarm_control_panel.garden_shed", "shed", "garden shed"):
        (entry,) = (await ask(home.hass, "list_activity", partition=named, kinds=["alarm_set_up"]))["activity"]
        assert entry["partition_id"] == "shed"
    assert (await ask(home.hass, "list_activity", partition="attic"))["activity"] == []


async def test_what_is_exactly_the_id_of_a_partition_means_it_whatever_another_is_called(home: Home) -> None:
    for name in ("House", "Garage"):
        await ask(home.hass, "set_partition", name=name)
    for partition, name in (("house", "Tmp"), ("garage", "House"), ("house", "Garage")):
        await ask(home.hass, "set_partition", partition=partition, name=name)
    await until(lambda: not home.hub.alarm.keeper.waiting)
    for word, meant in (("house", "house"), ("garage", "garage"), ("House", "garage"), ("Garage", "house")):
        entries = (await ask(home.hass, "list_activity", partition=word, kinds=["alarm_set_up"]))["activity"]
        assert {entry["partition_id"] for entry in entries} == {meant}, word
