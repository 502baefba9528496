"""The hub's own configuration goes out as text, and comes back."""

from pathlib import Path
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context
from homeassistant.exceptions import Unauthorized
import pytest

from custom_components.event_hub.engine.events import Forgotten
from custom_components.event_hub.engine.model import InputRule
from custom_components.event_hub.importing.files import FileFault
from tests.integration.actions.kit import Answer, add_inputs, add_outputs, ask, refusal, tell
from tests.integration.flows.kit import TEXTS
from tests.integration.kit import Home

FILE = "hub.yaml"
SPANS = [{"days": ["mon"], "enable_at": "22:30", "disable_at": "05:30"}]


@pytest.fixture
async def furnished(home: Home) -> Home:
    """Return a home with something of everything."""
    await add_inputs(home, "Door", "Window", group="Hall")
    await add_outputs(home, "Siren")
    await tell(home.hass, "link", inputs=["Door"], outputs=["Siren"])
    await tell(home.hass, "set_rule", inputs=["Door"], latch=12.5, unit="%")
    await tell(home.hass, "set_schedule", inputs=["Door"], spans=SPANS)
    await tell(home.hass, "set_group_rule", group="Hall", count=2, within=20)
    await tell(home.hass, "set_partition", name="House")
    await tell(home.hass, "set_zone", partition="House", inputs=["Door"], kind="entry_exit", modes=["away"])
    return home


async def read_back(home: Home, text: str, *, dry_run: bool = False) -> Answer:
    """Take over a text."""
    answer = await ask(home.hass, "import_configuration", yaml=text, dry_run=dry_run)
    await home.told()
    return answer


async def forget_all(home: Home) -> None:
    """Let the hub be as if new."""
    await tell(home.hass, "remove_partition", partition="House")
    await tell(home.hass, "remove_group_rule", group="Hall")
    await home.post(Forgotten(sources=("home_assistant",)))


async def test_reading_back_what_was_exported_changes_nothing(furnished: Home) -> None:
    text = (await ask(furnished.hass, "export_configuration"))["yaml"]
    answer = await read_back(furnished, text)
    assert answer == {"applied": True, "changes": [], "problems": []}


async def test_an_export_makes_another_hub_alike(furnished: Home) -> None:
    text = (await ask(furnished.hass, "export_configuration"))["yaml"]
    await forget_all(furnished)
    state = furnished.hub.state
    assert (state.partitions, state.groups, "Door" in state.inputs) == ({}, {}, False)
    assert (await read_back(furnished, text))["changes"]
    assert state.inputs["Door"].rule == InputRule(latch=12.5, unit="%")
    assert state.inputs["Door"].links == ("Siren",)
    assert state.inputs["Door"].schedule is not None
    assert state.outputs["Siren"].action is not None
    assert list(state.partitions["house"].zones) == ["Door"]
    assert furnished.hass.states.get("alarm_control_panel.house") is not None
    assert (await ask(furnished.hass, "export_configuration"))["yaml"] == text


async def test_by_default_nothing_is_changed(furnished: Home) -> None:
    text = "event_hub: 1\ninputs: {Door: {rule: {latch: 30}}}"
    answer = await ask(furnished.hass, "import_configuration", yaml=text)
    assert answer["changes"] == ["“Door” gets the rule: latch 30 s (was 12.5 s)"]
    assert answer["applied"] is False
    assert furnished.hub.state.inputs["Door"].rule.latch == 12.5


async def test_where_one_thing_is_wrong_nothing_is_changed(furnished: Home) -> None:
    text = "event_hub: 1\ninputs: {Door: {rule: {latch: 30}}, Window: {rule: {latch: -1}}}"
    said = await refusal(furnished.hass, "import_configuration", yaml=text, dry_run=False)
    assert said.startswith("Nothing was taken over")
    assert "inputs > Window > rule > latch: from 0 to 86400" in said
    assert furnished.hub.state.inputs["Door"].rule.latch == 12.5


async def test_of_many_problems_the_first_are_said(furnished: Home) -> None:
    inputs = "".join(f"  d{number}: {{enabled: 5}}\n" for number in range(30))
    said = await refusal(furnished.hass, "import_configuration", yaml=f"event_hub: 1\ninputs:\n{inputs}")
    assert said.count("expected yes or no") == 10
    assert "(+20)" in said


async def test_devices_that_have_not_reported_are_set_up_with_all_that_belongs_to_them(home: Home) -> None:
    text = (
        "event_hub: 1\n"
        "outputs: {Bell: {enabled: true}}\n"
        "inputs: {Gate: {label: Garden Gate, enabled: true, links: [Bell], rule: {latch: 5}}}\n"
        "partitions: {yard: {name: Yard, zones: {Gate: {kind: always}}, siren_outputs: [Bell]}}\n"
    )
    answer = await read_back(home, text)
    assert answer["problems"] == [
        "“Yard” has no code here, and no import brings one. Set one up with the action “Set a code”."
    ]
    state = home.hub.state
    assert (state.inputs["Gate"].links, state.inputs["Gate"].rule.latch) == (("Bell",), 5.0)
    assert state.partitions["yard"].siren_outputs == ("Bell",)
    assert state.watchers == {"Gate": ("yard",)}


async def test_an_export_to_a_file_is_for_its_owner_alone(furnished: Home) -> None:
    answer = await ask(furnished.hass, "export_configuration", file=FILE)
    written = Path(furnished.hass.config.path(FILE))
    assert answer["file"] == str(written)
    assert written.read_text(encoding="utf-8") == answer["yaml"]
    assert written.stat().st_mode & 0o077 == 0


async def test_a_file_is_read_back(furnished: Home) -> None:
    await tell(furnished.hass, "export_configuration", file=FILE)
    await tell(furnished.hass, "set_rule", inputs=["Door"], latch=99)
    answer = await ask(furnished.hass, "import_configuration", path=FILE, dry_run=False)
    assert answer["changes"] == ["“Door” gets the rule: latch 12.5 s (was 99 s)"]
    assert furnished.hub.state.inputs["Door"].rule.latch == 12.5


async def test_an_earlier_export_is_replaced_and_no_other_file(furnished: Home) -> None:
    await tell(furnished.hass, "export_configuration", file=FILE)
    await tell(furnished.hass, "set_rule", inputs=["Door"], latch=99)
    await tell(furnished.hass, "export_configuration", file=FILE)
    assert "latch: 99" in Path(furnished.hass.config.path(FILE)).read_text(encoding="utf-8")
    other = Path(furnished.hass.config.path("automations.yaml"))
    other.write_text("[]\n", encoding="utf-8")
    said = await refusal(furnished.hass, "export_configuration", file="automations.yaml")
    assert said.startswith("There is another file of this name")
    assert other.read_text(encoding="utf-8") == "[]\n"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("/hub.yaml", "Home Assistant may not use this file"),
        ("../hub.yaml", "Home Assistant may not use this file"),
        ("link/hub.yaml", "Home Assistant may not use this file"),
        ("hub.txt", "The name of the file must end in .yaml"),
        ("none/hub.yaml", "Name a folder that exists"),
        ("www/hub.yaml", "Name a folder that exists"),
        (".storage/hub.yaml", "Name a folder that exists"),
        (".hub.yaml", "Name a folder that exists"),
        ("folder.yaml", "There is another file of this name"),
        ("a\0.yaml", "The file cannot be written"),
        ("", "The name of the file must end in .yaml"),
    ],
)
async def test_a_place_that_will_not_do_is_refused_in_words(
    furnished: Home, tmp_path_factory: pytest.TempPathFactory, file: str, said: str
) -> None:
    folder = Path(furnished.hass.config.config_dir)
    for name in ("www", ".storage", "folder.yaml"):
        (folder / name).mkdir(exist_ok=True)
    outside = tmp_path_factory.mktemp("outside")
    (folder / "link").symlink_to(outside)
    assert (await refusal(furnished.hass, "export_configuration", file=file)).startswith(said)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"path": "none.yaml"}, "There is no such file"),
        ({"path": "/etc/hostname"}, "Home Assistant may not use this file"),
        ({"path": "a\0"}, "The file cannot be read"),
        ({"path": "binary.yaml"}, "This is not a text file"),
        ({"path": "large.yaml"}, "The file is too large"),
        ({}, "Give the configuration as text or name its file"),
        ({"yaml": "inputs: ["}, "Nothing was taken over"),
    ],
)
async def test_a_text_that_will_not_do_is_refused_in_words(home: Home, given: dict[str, Any], said: str) -> None:
    folder = Path(home.hass.config.config_dir)
    (folder / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (folder / "large.yaml").write_bytes(b"#" * 8_000_001)
    assert (await refusal(home.hass, "import_configuration", **given)).startswith(said)


@pytest.mark.parametrize("fault", FileFault)
def test_every_fault_of_a_file_has_its_words(fault: FileFault) -> None:
    assert TEXTS["exceptions"][f"file_{fault.value}"]["message"]


async def test_logins_are_only_in_an_export_that_is_to_have_them(home: Home) -> None:
    text = "event_hub: 1\noutputs: {Camera: {params: 'me:hunter2@yard:80'}}"
    await read_back(home, text)
    assert home.hub.state.outputs["Camera"].params == "me:hunter2@yard:80"
    assert "hunter2" not in (await ask(home.hass, "export_configuration"))["yaml"]
    assert "hunter2" in (await ask(home.hass, "export_configuration", logins=True))["yaml"]


@pytest.mark.parametrize("action", ["export_configuration", "import_configuration"])
async def test_they_are_for_administrators(
    furnished: Home, hass_read_only_user: User, hass_admin_user: User, action: str
) -> None:
    data = {"yaml": "event_hub: 1"} if action == "import_configuration" else {}
    with pytest.raises(Unauthorized):
        await ask(furnished.hass, action, context=Context(user_id=hass_read_only_user.id), **data)
    assert await ask(furnished.hass, action, context=Context(user_id=hass_admin_user.id), **data)
