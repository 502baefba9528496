"""What others rely on: programs beside this one, whoever was told "accepted", and a disk that loses its power."""

from pathlib import Path
import time

import msgpack
import pytest

from devkit.devices import AmqpLink, CameraProgram
from devkit.fake_camera import FakeCamera
from hub_relay.stages import Outlet
from snapshot_processor import accept
from snapshot_processor.heartbeat import NOBODY, HeartbeatStage
from tests.addons.hub_relay.kit import eventually, running

from .kit import PORCH, Home, command_of, jpeg_of
from .test_stages import Line, end_of


def test_the_camera_program_of_2024_outlives_commands_that_are_not_for_it() -> None:
    program = CameraProgram("cameras", AmqpLink("127.0.0.1", 1), locations=("Garage",))

    def command(params: str | None) -> bytes:
        output = {"device_key": PORCH, "device_label": "camera", "device_type": "camera", "device_params": params}
        return bytes(msgpack.packb({"timestamp": 1, "active_input": {}, "output_triggered": output}))

    with pytest.raises(AttributeError):
        program._obey(command(None))
    program._obey(command(NOBODY))


def test_cameras_that_can_be_fetched_advertise_what_that_program_can_read(home: Home) -> None:
    line = Line(home)
    with (
        end_of(line.ways[0]) as said,
        running(HeartbeatStage(home.settings.cameras, {}, lambda _: None, home.place, line.ways)),
    ):
        assert [one["device_params"] for one in said().content["outputs"]] == [NOBODY]
    line.close()


def test_a_command_that_is_under_way_when_the_app_stops_is_taken_up_again_at_the_next_start(tmp_path: Path) -> None:
    with FakeCamera() as camera:
        home = Home(tmp_path, cameras=[{"label": "camera", "location": "Porch", "snapshot_url": camera.url}])
        camera.gate.clear()
        line = Line(home)
        with running(line.fetching, line.order), Outlet(line.commands) as outlet:
            outlet.put("command", command_of(expires_at=time.time() + 60).as_content())
            eventually(lambda: camera.requests == 1)
        line.close()
        assert home.results() == [("c1", "accepted")]
        camera.gate.set()
        line = Line(home)
        with running(line.accept, line.fetching, line.order):
            eventually(lambda: home.results() == [("c1", "accepted"), ("c1", "done")])
        line.close()
        home.close()


def test_a_picture_is_on_the_disk_itself_before_it_is_noted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[int] = []

    def sync(path: Path) -> None:
        assert path.read_bytes() == jpeg_of(1)
        noted.append(len(home.pictures()))

    monkeypatch.setattr(accept, "sync_file", sync)
    home.upload(jpeg_of(1))
    home.sweep()
    assert noted == [0]
    assert len(home.pictures()) == 1
