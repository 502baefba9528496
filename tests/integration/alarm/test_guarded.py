"""Nobody takes a zone, a siren or the last code away while the alarm relies on it, whichever way they try."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.event_hub.devices import async_remove_config_entry_device
from custom_components.event_hub.engine.alarm.model import Action, Mode
from custom_components.event_hub.engine.alarm.status import Phase
from custom_components.event_hub.wire.messages import InputReport
from tests.integration.actions.kit import ask, refusal, tell
from tests.integration.kit import source

from .kit import ANN, DOOR, HALL, HOME, PANEL, SIREN, SMOKE, WINDOW, House

GROUP = "Ground floor"
WATCHED = f"Home watches {WINDOW}: disarm it first, or bypass the zone"
NEEDED = f"Home needs {SIREN} for its alarms: disarm it first"
SET_UP = "Home is not disarmed: disarm it first"

WAYS: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "a zone is switched off": ("disable", {"inputs": [WINDOW]}, WATCHED),
    "a siren is switched off": ("disable", {"outputs": [SIREN]}, NEEDED),
    "a zone gets a rule": ("set_rule", {"inputs": [WINDOW], "confirm_count": 100}, WATCHED),
    "a zone gets a schedule": ("set_schedule", {"inputs": [WINDOW], "spans": [{"disable_at": "00:00"}]}, WATCHED),
    "its group gets one": ("set_schedule", {"groups": [GROUP], "spans": [{"disable_at": "00:00"}]}, WATCHED),
    "its group gets a rule": ("set_group_rule", {"group": GROUP, "count": 100, "within": 1}, WATCHED),
    "its board may be silent for longer": (
        "set_silence_limit",
        {"source": source().source_id, "limit": 86_400},
        f"Home watches {DOOR}, {WINDOW}, {SMOKE}: disarm it first, or bypass the zone",
    ),
    "a siren gets an interval": ("set_output", {"output": SIREN, "interval": 86_400}, NEEDED),
    "a siren becomes a lamp": ("adopt_output", {"key": SIREN, "action": "light.turn_on"}, NEEDED),
    "a zone is taken out": ("remove_zone", {"partition": HOME, "inputs": [WINDOW]}, SET_UP),
    "a zone is another kind": ("set_zone", {"partition": HOME, "inputs": [WINDOW], "kind": "chime"}, SET_UP),
    "no code is needed": ("set_partition", {"partition": HOME, "code_to_disarm": False}, SET_UP),
    "it is removed": ("remove_partition", {"partition": HOME}, SET_UP),
    "its last code is taken away": (
        "revoke_code",
        {"user": "ann"},
        "Without the code of Ann, nobody could disarm Home: disarm it first, or give somebody else a code",
    ),
    "its last code may no longer disarm": (
        "set_code",
        {"user": "ann", "permissions": ["arm"]},
        "Without the code of Ann, nobody could disarm Home: disarm it first, or give somebody else a code",
    ),
}


@pytest.mark.parametrize(("action", "data", "said"), WAYS.values(), ids=WAYS)
async def test_an_action_that_takes_something_away_is_refused_in_words(
    house: House, action: str, data: Mapping[str, Any], said: str
) -> None:
    await house.home.report(InputReport(device_key=WINDOW, active=False, group=GROUP))
    await tell(house.home.hass, "set_silence_limit", source=source().source_id, limit=60)
    await house.arm(Mode.HOME)
    assert await refusal(house.home.hass, action, **data) == said
    await house.opens(WINDOW)
    assert (house.phase, house.sirens) == (Phase.TRIGGERED, [True])
    await house.disarm()
    await tell(house.home.hass, action, **data)


async def test_the_switch_of_a_zone_refuses(house: House) -> None:
    await house.arm(Mode.HOME)
    with pytest.raises(ServiceValidationError, match="Home watches Window"):
        await house.home.call("switch", "turn_off", f"device:{WINDOW}:input_enabled")
    await house.home.call("switch", "turn_off", f"device:{HALL}:input_enabled")
    assert house.home.hub.state.inputs[WINDOW].enabled
    assert not house.home.hub.state.inputs[HALL].enabled


async def test_a_refusal_for_several_zones_names_them_all(house: House) -> None:
    await house.arm(Mode.HOME)
    said = await refusal(house.home.hass, "set_rule", inputs=[DOOR, HALL, WINDOW], latch=5)
    assert said == f"Home watches {DOOR}, {WINDOW}: disarm it first, or bypass the zone"
    assert {house.home.hub.state.inputs[key].rule.latch for key in (DOOR, HALL, WINDOW)} == {60.0}


@pytest.mark.parametrize("removed", [f"device:{WINDOW}", f"device:{SIREN}", source().source_id, f"partition:{HOME}"])
async def test_a_device_that_is_relied_on_is_not_removed(house: House, removed: str) -> None:
    await house.arm()
    device = house.home.device(removed)
    assert device is not None
    with pytest.raises(ServiceValidationError):
        await async_remove_config_entry_device(house.home.hass, house.home.entry, device)
    await house.disarm()
    assert await async_remove_config_entry_device(house.home.hass, house.home.entry, device)


async def test_a_siren_that_sounds_is_silenced_only_by_the_alarm(house: House) -> None:
    await house.arm()
    await house.opens(WINDOW)
    said = await refusal(house.home.hass, "trigger_output", output=SIREN, turn_on=False)
    assert said == f"Home lets {SIREN} sound: silence or disarm it"
    assert house.sirens == [True]


async def test_an_imported_configuration_takes_nothing_away_either(house: House) -> None:
    text = f"event_hub: 1\ninputs:\n  {HALL}:\n    enabled: false\n  {WINDOW}:\n    enabled: false\n"
    await house.arm(Mode.HOME)
    said = await refusal(house.home.hass, "import_configuration", yaml=text, dry_run=False)
    assert f"{WINDOW}: watched by Home: disarm it first, or bypass the zone" in said
    assert all(house.home.hub.state.inputs[key].enabled for key in (HALL, WINDOW))
    await house.disarm()
    await tell(house.home.hass, "import_configuration", yaml=text, dry_run=False)
    assert not any(house.home.hub.state.inputs[key].enabled for key in (HALL, WINDOW))


async def test_an_imported_silence_limit_is_taken_over_if_it_is_shorter(house: House) -> None:
    def text(limit: int) -> str:
        return f"event_hub: 1\nsources:\n  {source().source_id}:\n    silence_limit: {limit}\n"

    await tell(house.home.hass, "import_configuration", yaml=text(60), dry_run=False)
    await house.arm(Mode.HOME)
    said = await refusal(house.home.hass, "import_configuration", yaml=text(86_400), dry_run=False)
    assert f"{DOOR}, {WINDOW}, {SMOKE}: watched by Home: disarm it first, or bypass the zone" in said
    await tell(house.home.hass, "import_configuration", yaml=text(20), dry_run=False)
    assert house.home.hub.state.sources[source().source_id].silence_limit == 20


async def change_limits(house: House, **limits: int) -> ConfigFlowResult:
    """Change the hub's limits in the form, the others left as they are; the hub starts anew if that is taken."""
    flows = house.home.hass.config_entries.options
    menu = await flows.async_init(house.home.entry.entry_id)
    form = await flows.async_configure(menu["flow_id"], {"next_step_id": "limits"})
    assert form["data_schema"] is not None
    result = await flows.async_configure(form["flow_id"], {**form["data_schema"]({}), **limits})
    await house.home.hass.async_block_till_done()
    return result


LOOSER = [("silence_max", {"silence_max": 86_400}), ("silence_min", {"silence_min": 290})]


@pytest.mark.parametrize(("field", "limits"), LOOSER, ids=[field for field, _ in LOOSER])
@pytest.mark.parametrize("mode", [Mode.HOME, None], ids=["armed", "in an alarm"])
async def test_no_form_lets_the_hub_notice_lost_devices_later(
    house: House, mode: Mode | None, field: str, limits: Mapping[str, int]
) -> None:
    if mode is None:
        await house.opens(SMOKE)
    else:
        await house.arm(mode)
    form = await change_limits(house, **limits)
    assert form["errors"] == {field: "disarm_first"}
    assert house.home.entry.options == {}
    if mode is None:
        await house.closes(SMOKE)
    await house.disarm()
    assert (await change_limits(house, **limits))["type"] is FlowResultType.CREATE_ENTRY


async def test_limits_may_be_stricter_while_armed(house: House) -> None:
    await house.arm()
    result = await change_limits(house, silence_min=20, silence_max=200, activity_days=7)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert house.home.hub.state.settings.silence_max == 200
    assert house.phase is Phase.ARMED


async def test_what_becomes_a_zone_is_switched_on(house: House) -> None:
    await house.home.report(InputReport(device_key="Cellar", active=False))
    assert not house.home.hub.state.inputs["Cellar"].enabled
    await tell(house.home.hass, "set_zone", partition=HOME, inputs=["Cellar"])
    await house.arm()
    await house.opens("Cellar")
    assert house.phase is Phase.TRIGGERED


async def test_a_zone_that_is_switched_off_is_named_where_one_looks_before_arming(house: House) -> None:
    await house.home.enable(inputs=(WINDOW,), enabled=False)
    await house.told()
    (named,) = house.home.state("alarm_control_panel", f"partition:{HOME}:panel").attributes["not_ready"]
    assert (named["zone"], named["problem"]) == (WINDOW, "disabled")
    assert await house.refusal(Action.ARM, mode=Mode.AWAY) == "not_ready"
    await house.home.enable(inputs=(WINDOW,))
    await house.arm()


async def test_a_zone_that_is_off_by_its_schedule_is_a_warning(house: House) -> None:
    await tell(house.home.hass, "set_schedule", inputs=[WINDOW], spans=[{"disable_at": "00:00"}])
    await house.told()
    shown = house.home.state("alarm_control_panel", f"partition:{HOME}:panel").attributes
    assert [(each["zone"], each["problem"]) for each in shown["warnings"]] == [(WINDOW, "off_schedule")]
    assert shown["not_ready"] == []
    assert not house.shown.troubles
    await house.arm()


async def comes_to_rest(house: House) -> None:
    """Wait until what became of orders is stored and told, too, then for Repairs."""
    await house.told()
    await house.told()
    await house.passes(1)


async def test_a_siren_that_will_not_sound_is_a_trouble_and_in_the_way(house: House) -> None:
    await house.home.enable(outputs=(SIREN,), enabled=False)
    await comes_to_rest(house)
    issue = house.issues()[f"alarm_trouble_{HOME}"]
    assert issue.translation_placeholders is not None
    assert f"{SIREN} (siren switched off)" in issue.translation_placeholders["zones"]
    (named,) = house.home.state("alarm_control_panel", f"partition:{HOME}:panel").attributes["not_ready"]
    assert (named["zone"], named["zone_name"], named["problem"]) == (SIREN, SIREN, "siren_off")
    assert await house.refusal(Action.ARM, mode=Mode.AWAY) == "not_ready"
    await house.home.enable(outputs=(SIREN,))
    await comes_to_rest(house)
    assert house.issues() == {}
    await house.arm()


async def test_a_siren_whose_order_failed_is_a_trouble(house: House, hass: HomeAssistant) -> None:
    hass.services.async_remove("siren", "turn_on")
    await house.arm()
    await house.opens(WINDOW)
    await comes_to_rest(house)
    assert [(each.zone, each.fault.value) for each in house.shown.troubles] == [(SIREN, "siren_undelivered")]
    assert f"alarm_trouble_{HOME}" in house.issues()


async def test_a_siren_that_only_knows_to_be_triggered_is_told_of(house: House) -> None:
    await house.home.adopt_output("Gong", "script.gong")
    answer = await ask(house.home.hass, "set_partition", partition=HOME, siren_outputs=[SIREN, "Gong"])
    assert answer["sirens_without_off"] == ["Gong"]
    await house.told()
    shown = house.home.state("alarm_control_panel", f"partition:{HOME}:panel").attributes
    assert [(each["zone"], each["problem"]) for each in shown["warnings"]] == [("Gong", "siren_no_off")]
    await house.arm()


async def test_what_nobody_could_disarm_is_not_armed(house: House) -> None:
    await house.desk.async_remove_user(ANN.user_id)
    said = await refusal(house.home.hass, "alarm_arm", partition=HOME, mode="away")
    assert said == 'Nobody could disarm Home again. Set a code first: action "Set a code"'
    assert house.phase is Phase.DISARMED
    assert await house.refusal(Action.ARM, mode=Mode.AWAY, force=True, by=PANEL) in ("code_missing", "no_code")
