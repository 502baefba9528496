"""What the Supervisor lets through is what the apps read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hub_relay.options import OptionProblem, Reader
import remote_monitor.settings
import snapshot_processor.settings
from tests.source import ROOT

from .kit import APPS, app_name, config_of, example_of, names_in
from .supervisor import problems_of_options

type Read = Callable[[Mapping[str, object]], tuple[Any, tuple[OptionProblem, ...]]]

STATE = Path("state")
READ: dict[str, Read] = {
    "remote_monitor": remote_monitor.settings.read_settings,
    "snapshot_processor": lambda options: snapshot_processor.settings.read_settings(options, STATE),
}
PATTERNS = {
    "address": "0x20",
    "detectors": "hog",
    "device_name": "garage",
    "device_topic": "snapshot",
    "ftp_address": "192.168.1.5",
    "ftp_username": "porch",
    "image_folder": "/media/pictures",
    "masks": "0,0 100,0 100,7",
    "mqtt_topic": "porch/picture",
    "pattern": "0.5,0.5",
    "rekognition_region": "eu-west-1",
    "watch_folder": "/media/doorbell",
    "zones": "0,0 100,0 100,7",
}
BAND = "45-55"
every_app = pytest.mark.parametrize("app", APPS, ids=app_name)


def sample(name: str, wanted: Any) -> Any:
    """Return a value of a type of the schema."""
    if isinstance(wanted, list):
        return [sample(name, wanted[0])]
    if isinstance(wanted, dict):
        return {key: sample(key, value) for key, value in wanted.items()}
    kind, _, rest = wanted.removesuffix("?").partition("(")
    if kind == "match":
        return PATTERNS.get(name, BAND)
    if kind == "list":
        return rest.removesuffix(")").split("|")[0]
    if kind in {"int", "float"}:
        return float(rest.partition(",")[0]) if kind == "float" else int(rest.partition(",")[0])
    return {"bool": False, "port": 1883}.get(kind, "text")


def bounds_of(wanted: str) -> tuple[float, float]:
    """Return the least and the greatest number of a type of the schema."""
    low, _, high = wanted.partition("(")[2].rstrip("?)").partition(",")
    return float(low), float(high)


@every_app
def test_the_options_it_comes_with_suit_the_app(app: Path) -> None:
    assert READ[app.name](config_of(app)["options"])[1] == ()


@every_app
def test_the_example_of_the_documentation_suits_the_app(app: Path) -> None:
    assert READ[app.name](example_of(app))[1] == ()


@every_app
def test_the_app_reads_every_option_of_the_schema_and_no_other(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = set()
    read = Reader._value

    def noting(reader: Reader, name: str) -> object:
        place = reader._path.partition("[")[0]
        asked.add(f"{place}.{name}" if place else name)
        return read(reader, name)

    monkeypatch.setattr(Reader, "_value", noting)
    schema = config_of(app)["schema"]
    options = sample("", schema)
    assert list(problems_of_options(schema, options)) == []
    READ[app.name](options)
    assert asked == names_in(schema)


@every_app
def test_a_number_that_the_supervisor_lets_through_suits_the_app(app: Path) -> None:
    schema = config_of(app)["schema"]
    ranges = {name: bounds_of(wanted) for name, wanted in schema.items() if str(wanted).startswith(("int(", "float("))}
    assert ranges
    for index, beyond in ((0, -1), (1, 1)):
        least_or_greatest = {name: type_of(schema[name])(bounds[index]) for name, bounds in ranges.items()}
        options = {**config_of(app)["options"], **least_or_greatest}
        named = {problem.option for problem in READ[app.name](options)[1]}
        assert named & set(ranges) == set()
        too_far = {name: value + beyond for name, value in least_or_greatest.items()}
        named = {problem.option for problem in READ[app.name]({**options, **too_far})[1]}
        assert named >= set(ranges)


def type_of(wanted: str) -> type[int | float]:
    """Return the kind of number that the schema wants."""
    return int if wanted.startswith("int") else float


def test_the_remote_monitor_makes_of_the_example_what_it_seems_to_say() -> None:
    settings, _ = READ["remote_monitor"](example_of(ROOT / "addons/remote_monitor"))
    assert [one.description.key for one in settings.inputs] == ["Garage Front Door", "Hall Pir"]
    assert [one.description.key for one in settings.relays] == ["Garage Siren", "Garage Gate"]


def test_the_snapshot_processor_makes_of_the_example_what_it_seems_to_say() -> None:
    settings, _ = READ["snapshot_processor"](example_of(ROOT / "addons/snapshot_processor"))
    assert [one.key for one in settings.cameras] == [
        "Porch Camera",
        "Front Garden Camera",
        "Garage Camera",
        "Door Doorbell",
        "Garden Feeder",
    ]
    assert [account.name for account in settings.ftp.accounts] == ["porch", "camera"]
    assert settings.shared_account == "camera"
    assert [one.key for one in settings.cameras if one.source] == ["Garage Camera", "Door Doorbell"]
    assert [one.key for one in settings.cameras if not one.look.detectors] == ["Garden Feeder"]


def test_the_ports_that_are_let_in_are_those_of_the_ftp_server() -> None:
    config = config_of(ROOT / "addons/snapshot_processor")
    first, last = snapshot_processor.settings.PASSIVE
    ports = [snapshot_processor.settings.FTP_PORT, *range(first, last + 1)]
    assert config["ports"] == {f"{port}/tcp": port for port in ports}


def test_pictures_are_kept_where_home_assistant_shows_media_and_out_of_the_apps_backup() -> None:
    config = config_of(ROOT / "addons/snapshot_processor")
    assert config["options"]["image_folder"].startswith("/media/")
    kept_below_data = ["upload_porch_1.jpg", "human_porch_1.jpg", "fetch_porch_1.png", ".inbox", ".broken"]
    data = Path("/data/pictures")
    assert [
        name
        for name in kept_below_data
        if not any((data / name).match(pattern) for pattern in config["backup_exclude"])
    ] == []
    assert not any(Path("/data/state/ledger.db").match(pattern) for pattern in config["backup_exclude"])
