"""What the app is made of: parts that are off because of an option say so, and nothing shows a secret."""

from collections.abc import Iterator
import os
from pathlib import Path
import pwd
from typing import Any

import pytest

from hub_relay.stages import Stage
from snapshot_processor.__main__ import _give_folder
from snapshot_processor.app import LEDGER, App, Place, _hand_in
from snapshot_processor.heartbeat import HeartbeatStage
from snapshot_processor.ledger.database import connect, prepare
from snapshot_processor.model import PartHealth
from snapshot_processor.receive import inbox
from snapshot_processor.settings import read_settings
from snapshot_processor.store import Store

from .kit import PORCH, Home

CAMERAS = [{"label": "camera", "location": "Porch", "ftp_username": "porch", "ftp_password": "only the porch knows"}]


class Made:
    """An app that was made and not started."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.state = folder / "state"
        settings, _ = read_settings({"cameras": CAMERAS, "api_port": 0, "detectors": "off", **options}, self.state)
        Store(settings.images).prepare()
        prepare(self.state / LEDGER)
        self.app = App(settings, Place(state=self.state, token="t", health_port=0))

    @property
    def stages(self) -> tuple[Stage, ...]:
        return self.app.service._stages

    def health(self) -> dict[str, PartHealth]:
        """Return what a heartbeat tells of the parts."""
        (heartbeat,) = [stage for stage in self.stages if isinstance(stage, HeartbeatStage)]
        return {name: ask() for name, ask in heartbeat._parts.items()}

    def close(self) -> None:
        for stage in self.stages:
            stage.release()
        self.app._relays.close()


@pytest.fixture
def made(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Made]:
    made = Made(tmp_path, **request.param)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("made", "part", "said"),
    [
        ({"ftp_passive_first": 31_000}, "receiver", "ftp_port and the options beside it"),
        ({"drive_client_id": "x"}, "archive", "drive_client_id and the options beside it"),
        ({"onnx_model": "/none.onnx"}, "detector", "onnx_model must be a file"),
        ({"mqtt_host": "a", "rabbitmq_hosts": "one:"}, "brokers", "rabbitmq_hosts must be host or host:port"),
    ],
    indirect=["made"],
)
def test_a_part_of_which_an_option_is_wrong_is_not_well_and_says_which(made: Made, part: str, said: str) -> None:
    health = made.health()
    assert not health[part].ok
    assert (health[part].detail or "").startswith(f"Correct the option: {said}")
    assert health["storage"].ok
    assert "knows" not in str(health)


@pytest.mark.parametrize("made", [{}], indirect=True)
def test_parts_that_nobody_set_up_are_not_told(made: Made) -> None:
    assert set(made.health()) == {"detector", "storage", "receiver"}
    assert made.health()["detector"].ok


@pytest.mark.parametrize("made", [{"drive_client_id": "x", "drive_client_secret": "y"}], indirect=True)
def test_the_archive_is_told_where_it_is_set_up(made: Made) -> None:
    assert set(made.health()) == {"archive", "detector", "storage", "receiver"}


@pytest.mark.parametrize("made", [{}], indirect=True)
def test_what_waits_for_a_broker_that_is_no_more_is_forgotten_at_the_start(
    made: Made, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(made.state / LEDGER) as connection:
        connection.execute("INSERT INTO outbox (broker, kind, body) VALUES ('amqp', 'event', x'80')")
        connection.execute("INSERT INTO outbox (broker, kind, body) VALUES ('mqtt', 'event', x'80')")
        made.app._forget_other_brokers()
        left = connection.execute("SELECT broker FROM outbox").fetchall()
    connection.close()
    assert left == [("mqtt",)]
    assert "1 messages for a broker that is not set up any more" in caplog.text


def test_the_key_to_the_pictures_is_not_shown(tmp_path: Path) -> None:
    assert "hidden" not in repr(Place(state=tmp_path, token="hidden", health_port=0))


def test_what_comes_over_mqtt_leaves_the_reserve_alone(home: Home) -> None:
    camera = home.cameras[PORCH]
    _hand_in(home.store, camera, b"picture")
    full = Store(home.store.root, floor=2**62)
    with pytest.raises(OSError, match="reserve"):
        _hand_in(full, camera, b"picture")
    assert len(inbox.sweep(home.store.inbox)) == 1


def test_a_watched_folder_that_cannot_be_given_away_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    _give_folder(tmp_path, pwd.struct_passwd(("hub", "x", 1, 1, "", "", "")))
    assert f"{tmp_path} cannot be given to the user hub" in caplog.text
