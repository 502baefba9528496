"""What the Supervisor and people read of an app before it runs."""

import json
from pathlib import Path
import re
import tomllib
from typing import Any

from homeassistant.util.yaml import load_yaml_dict
import pytest

from devkit.repository import current, text_files
from tests.source import HUB, ROOT

from .kit import APPS, app_name, config_of, example_of, names_in, text_of
from .supervisor import Schema, problems_of_options, problems_of_schema

KNOWN = {
    *("name", "version", "slug", "description", "url", "arch", "homeassistant", "startup", "boot", "backup", "map"),
    *(
        "services",
        "discovery",
        "devices",
        "options",
        "schema",
        "ports",
        "ports_description",
        "timeout",
        "backup_exclude",
    ),
}
PRIVILEGES = {"host_network", "host_pid", "host_ipc", "privileged", "full_access", "docker_api", "hassio_role"}
every_app = pytest.mark.parametrize("app", APPS, ids=app_name)

SOUND: Schema = {
    "name": "str",
    "rate": "float(0.1,50)",
    "host": "str?",
    "chips": [{"address": "match(^0x)", "pin": "int(0,15)"}],
}


def manifest() -> dict[str, Any]:
    """Return the integration's manifest."""
    content: dict[str, Any] = json.loads((HUB / "manifest.json").read_text(encoding="utf-8"))
    return content


def names_explained(fields: dict[str, Any], path: str = "") -> set[str]:
    """Return the names of all options that a translation names and describes."""
    names = set()
    for name, texts in fields.items():
        assert texts["name"].strip(), name
        assert texts["description"].strip().endswith("."), name
        names |= {f"{path}{name}"} | names_explained(texts.get("fields", {}), f"{path}{name}.")
    return names


def test_there_are_apps() -> None:
    assert {"remote_monitor", "snapshot_processor"} <= set(map(app_name, APPS))


@every_app
def test_the_supervisor_knows_every_key(app: Path) -> None:
    assert set(config_of(app)) - KNOWN == set()


@every_app
def test_an_app_asks_for_no_privileges(app: Path) -> None:
    assert set(config_of(app)) & PRIVILEGES == set()


@every_app
def test_an_app_is_named_as_its_folder(app: Path) -> None:
    assert config_of(app)["slug"] == app.name
    assert current(ROOT).address == config_of(app)["url"]


@every_app
def test_an_app_is_built_for_both_kinds_of_machine(app: Path) -> None:
    assert config_of(app)["arch"] == ["aarch64", "amd64"]


@every_app
def test_all_parts_have_one_version(app: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    assert config_of(app)["version"] == manifest()["version"] == version
    assert f"\n## {version}\n" in text_of(app, "CHANGELOG.md")


@every_app
def test_what_is_discovered_is_the_integration(app: Path) -> None:
    assert config_of(app)["discovery"] == [manifest()["domain"]]


@every_app
def test_the_supervisor_takes_the_schema(app: Path) -> None:
    assert list(problems_of_schema(config_of(app)["schema"])) == []


@every_app
def test_an_app_starts_with_the_options_it_comes_with(app: Path) -> None:
    config = config_of(app)
    assert list(problems_of_options(config["schema"], config["options"])) == []


@every_app
def test_every_option_is_named_and_described(app: Path) -> None:
    texts = load_yaml_dict(str(app / "translations/en.yaml"))
    assert names_explained(texts["configuration"]) == names_in(config_of(app)["schema"])


@every_app
def test_every_port_is_described(app: Path) -> None:
    config, texts = config_of(app), load_yaml_dict(str(app / "translations/en.yaml"))
    ports = config.get("ports", {})
    assert set(config.get("ports_description", {})) == set(texts.get("network", {})) == set(ports)
    assert [port for port, text in texts.get("network", {}).items() if not text.endswith(".")] == []


@every_app
def test_every_option_is_documented(app: Path) -> None:
    documented = set(re.findall(r"`(\w+)`", text_of(app, "DOCS.md")))
    options = {path.rpartition(".")[2] for path in names_in(config_of(app)["schema"])}
    assert options - documented == set()


@every_app
def test_the_example_of_the_documentation_would_be_taken(app: Path) -> None:
    assert list(problems_of_options(config_of(app)["schema"], example_of(app))) == []


def test_every_bus_that_may_be_chosen_is_let_in() -> None:
    config = config_of(ROOT / "addons/remote_monitor")
    low, high = re.findall(r"\d+", config["schema"]["i2c_bus"])
    assert config["devices"] == [f"/dev/i2c-{number}" for number in range(int(low), int(high) + 1)]


def test_nothing_else_can_be_taken_for_an_app() -> None:
    found = [path for path in text_files(ROOT) if re.fullmatch(r"config\.(ya?ml|json)", path.name)]
    assert {path.parent for path in found} <= set(APPS)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"mqtt": {"host": "str"}}, "mqtt: a map can never be left out"),
        ({"pin": "integer"}, "pin: integer is no type"),
        ({"name": "str(1,32)"}, "name: str(1,32) is no type"),
        ({"relays": [{"pin": "int(0..15)"}]}, "relays[].pin: int(0..15) is no type"),
        ({"relays": ["str", "int"]}, "relays: a list has one kind of entry"),
    ],
)
def test_a_wrong_schema_is_noticed(schema: Schema, problem: str) -> None:
    assert list(problems_of_schema(schema)) == [problem]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": 3}, "name: 3 is not str"),
        ({"rate": 51}, "rate: 51 is not float(0.1,50)"),
        ({"rate": True}, "rate: True is not float(0.1,50)"),
        ({"port": 1883}, "port: removed, as the schema does not know it"),
        ({"chips": [{"address": "0x20"}]}, "chips[0].pin: missing"),
        ({"chips": [{"address": 32, "pin": 0}]}, "chips[0].address: 32 is not match(^0x)"),
        ({"chips": [{"address": "0x20", "pin": 16}]}, "chips[0].pin: 16 is not int(0,15)"),
        ({"chips": ["0x20"]}, "chips[0]: no map"),
        ({"chips": "0x20"}, "chips: no list"),
    ],
)
def test_a_wrong_option_is_noticed(change: dict[str, Any], problem: str) -> None:
    options = {"name": "garage", "rate": 10, "chips": [{"address": "0x20", "pin": 15}]}
    assert list(problems_of_options(SOUND, options)) == []
    assert list(problems_of_options(SOUND, options | change)) == [problem]


def test_a_list_of_maps_may_not_be_missing() -> None:
    assert list(problems_of_options(SOUND, {"name": "garage", "rate": 1})) == ["chips: missing"]
