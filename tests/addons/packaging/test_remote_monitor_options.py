"""What the Supervisor lets through is what the app reads."""

from typing import Any

import pytest

from hub_relay.options import Reader
from remote_monitor.settings import read_settings
from tests.source import ROOT

from .kit import config_of, example_of, names_in
from .supervisor import problems_of_options

APP = ROOT / "addons/remote_monitor"
SCHEMA = config_of(APP)["schema"]
PATTERNS = {"device_name": "garage", "address": "0x20", "pattern": "0.5,0.5"}


def sample(name: str, wanted: Any) -> Any:
    """Return a value of a type of the schema."""
    if isinstance(wanted, list):
        return [sample(name, wanted[0])]
    if isinstance(wanted, dict):
        return {key: sample(key, value) for key, value in wanted.items()}
    kind, _, rest = wanted.removesuffix("?").partition("(")
    if kind == "match":
        return PATTERNS.get(name, "45-55")
    if kind == "list":
        return rest.removesuffix(")").split("|")[0]
    if kind in {"int", "float"}:
        return float(rest.partition(",")[0]) if kind == "float" else int(rest.partition(",")[0])
    return {"bool": False, "port": 1883}.get(kind, "text")


def test_the_options_it_comes_with_suit_the_app() -> None:
    assert read_settings(config_of(APP)["options"])[1] == ()


def test_the_example_of_the_documentation_suits_the_app() -> None:
    settings, problems = read_settings(example_of(APP))
    assert problems == ()
    assert [one.description.key for one in settings.inputs] == ["Garage Front Door", "Hall Pir"]
    assert [one.description.key for one in settings.relays] == ["Garage Siren", "Garage Gate"]


def test_the_app_reads_every_option_of_the_schema_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = set()
    read = Reader._value

    def noting(reader: Reader, name: str) -> object:
        place = reader._path.partition("[")[0]
        asked.add(f"{place}.{name}" if place else name)
        return read(reader, name)

    monkeypatch.setattr(Reader, "_value", noting)
    options = sample("", SCHEMA)
    assert list(problems_of_options(SCHEMA, options)) == []
    read_settings(options)
    assert asked == names_in(SCHEMA)
