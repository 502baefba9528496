"""The files of the apps, read, and the apps' containers, run."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import re
import subprocess
from typing import Any, Final

from homeassistant.util.yaml import load_yaml_dict, parse_yaml

from devkit.addons.container import Container, run_container
from devkit.addons.engine import Engine, find_process
from devkit.addons.stage import app_folders
from devkit.broker_process import LOOPBACK, accepts, wait_for
from devkit.brokers import Mosquitto, RabbitMQ
from devkit.certificates import Authority
from hub_relay.running import HEALTH_PORT

from .supervisor import Schema

APPS = app_folders()


@dataclass(frozen=True, slots=True, kw_only=True)
class Brokers:
    """Brokers that run."""

    mosquitto: Mosquitto
    rabbitmq: RabbitMQ


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A container that runs, the options it was given, and its /media."""

    container: Container
    options: Mapping[str, Any]
    media: Path


def remote_monitor_options(brokers: Brokers, _ports: list[int]) -> dict[str, object]:
    """Return options of a simulated board with a door and a siren."""
    return {
        "device_name": "container",
        "location": "Garage",
        "simulate": True,
        "i2c_bus": 1,
        "log_level": "debug",
        "mqtt_host": brokers.mosquitto.host,
        "mqtt_port": brokers.mosquitto.port,
        "rabbitmq_hosts": brokers.rabbitmq.address,
        "brokers_lost_after": 60,
        "sample_rate": 10,
        "adc": [{"chip": "mcp3424", "address": "0x68"}],
        "inputs": [{"label": "Door", "channel": 1, "type": "door contact", "normal": 0, "tolerance": 10}],
        "relays": [{"label": "Siren", "address": "0x20", "pin": 0, "type": "siren", "seconds": 0.2}],
    }


def snapshot_processor_options(brokers: Brokers, ports: list[int]) -> dict[str, object]:
    """Return options of one camera with an FTP account of its own."""
    ftp, data, api = ports
    return {
        "device_name": "container",
        "location": "Home",
        "log_level": "debug",
        "image_folder": "/media/event_hub",
        "keep_days": 30,
        "keep_gigabytes": 1,
        "detectors": "hog",
        "cameras": [{"label": "Camera", "location": "Porch", "ftp_username": "porch", "ftp_password": "of the porch"}],
        "mqtt_host": brokers.mosquitto.host,
        "mqtt_port": brokers.mosquitto.port,
        "rabbitmq_hosts": brokers.rabbitmq.address,
        "ftp_address": "127.0.0.1",
        "ftp_port": ftp,
        "ftp_passive_first": data,
        "ftp_passive_last": data,
        "ftp_certificate": "server.pem",
        "ftp_key": "server.key",
        "api_port": api,
        "api_token": "of the pictures",
    }


OPTIONS: Final[Mapping[str, Callable[[Brokers, list[int]], dict[str, object]]]] = {
    "remote_monitor": remote_monitor_options,
    "snapshot_processor": snapshot_processor_options,
}


@contextmanager
def started(engine: Engine, image: str, options: Mapping[str, object], *, folder: Path) -> Iterator[Running]:
    """Run an app's container, healthy when the block begins, and end it with the block."""
    assert not accepts(HEALTH_PORT), "Another app would answer for this one's health"
    media = folder / "media"
    media.mkdir(exist_ok=True)
    # As they are made: the key is for root's eyes only.
    Authority().issue(folder / "ssl", LOOPBACK).key.chmod(0o600)
    mounts = {"/media": media, "/ssl": folder / "ssl"}
    with run_container(engine, image, options, folder=folder, mounts=mounts) as container:
        wait_for(lambda: container.exit_code is not None or container.healthy(), "It never became healthy")
        assert container.exit_code is None, container.output
        yield Running(container=container, options=options, media=media)


def app_of(container: Container, app: str) -> int:
    """Return the app's own process: the container's first one only looks after it."""
    found = find_process(container.pid, ("python", "-m", app, "--options", "/data/options.json"))
    assert found is not None, container.output
    return found


def inside(container: Container, *words: str) -> str:
    """Run a program in the container and return what it prints."""
    return subprocess.run(container.inside(*words), stdout=subprocess.PIPE, text=True, check=True).stdout


def app_name(folder: object) -> str | None:
    """Name a case by its app."""
    return folder.name if isinstance(folder, Path) else None


def config_of(app: Path) -> dict[str, Any]:
    """Return an app's config.yaml."""
    return load_yaml_dict(str(app / "config.yaml"))


def text_of(app: Path, name: str) -> str:
    """Return one of an app's files."""
    return (app / name).read_text(encoding="utf-8")


def pins_of(text: str) -> dict[str, str]:
    """Return the versions that a file of locked requirements has."""
    return dict(line.split(" ")[0].split("==") for line in text.splitlines() if "==" in line and line[0].isalpha())


def wanted_of(text: str) -> list[str]:
    """Return the packages that a file of wanted requirements names, without pip's options."""
    return [line for line in text.splitlines() if line and line[0].isalpha()]


def instructions(dockerfile: str) -> list[list[str]]:
    """Return the instructions of a Dockerfile, each as its words."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    return [line.split() for line in joined.splitlines() if line.strip()]


def commands_of(dockerfile: str) -> list[list[str]]:
    """Return the programs that a Dockerfile runs, each as its words."""
    runs = [" ".join(line[1:]) for line in instructions(dockerfile) if line[0] == "RUN"]
    return [command.split() for line in runs for command in re.split(r"&&|\|", line)]


def taken_out(dockerfile: str) -> set[str]:
    """Return the packages that a Dockerfile removes again: those that only build others."""
    return {
        word
        for command in commands_of(dockerfile)
        if command[0].endswith("/pip") and command[1] == "uninstall"
        for word in command[2:]
        if not word.startswith("-")
    }


def shipped_of(app: Path) -> dict[str, str]:
    """Return the versions of the packages that an app's image has."""
    gone = taken_out(text_of(app, "Dockerfile"))
    return {name: version for name, version in pins_of(text_of(app, "requirements.txt")).items() if name not in gone}


def example_of(app: Path) -> dict[str, Any]:
    """Return the options that an app's documentation gives as an example."""
    found = re.search(r"```yaml\n(.*?)```", text_of(app, "DOCS.md"), re.DOTALL)
    assert found
    example = parse_yaml(found[1])
    assert isinstance(example, dict)
    return example


def names_in(schema: Schema, path: str = "") -> set[str]:
    """Return the names of all options, those of lists' entries with the list's."""
    names = set()
    for name, wanted in schema.items():
        names.add(f"{path}{name}")
        if isinstance(wanted, list) and isinstance(wanted[0], dict):
            names |= names_in(wanted[0], f"{path}{name}.")
    return names
