"""How a container ends, and what of it is left."""

from pathlib import Path

import pytest

from devkit.addons.container import run_container
from devkit.addons.engine import ContainerError, Engine, descendants

from .kit import Running, app_of

pytestmark = pytest.mark.e2e


def runs(pid: int) -> bool:
    """Say whether a process is there."""
    return Path(f"/proc/{pid}").exists()


def test_an_app_that_is_told_to_stop_ends_in_order_and_in_time(running: Running, app: str) -> None:
    container = running.container
    processes = list(descendants(app_of(container, app)))
    # It has eight seconds, and ends with a failure after them.
    assert container.stop() == 0
    assert not container.healthy()
    assert [pid for pid in processes if runs(pid)] == []


def test_there_is_nothing_to_run_without_an_image(engine: Engine, tmp_path: Path) -> None:
    with (
        pytest.raises(ContainerError, match="There is no image localhost/event_hub_nothing"),
        run_container(engine, "localhost/event_hub_nothing:latest", {}, folder=tmp_path),
    ):
        pass
