"""How a container ends, and what of it is left."""

from pathlib import Path
import signal

import pytest

from devkit.addons.container import Container, run_container
from devkit.addons.engine import ContainerError, Engine
from devkit.broker_process import wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture
def healthy(container: Container) -> Container:
    wait_for(container.healthy, "It never became healthy", patience=30)
    return container


def test_an_app_that_is_told_to_stop_ends_in_order(healthy: Container) -> None:
    assert healthy.stop() == 0
    assert not healthy.healthy()


def test_an_app_that_is_killed_says_so_by_its_exit_code(
    engine: Engine, image: str, options: dict[str, object], tmp_path: Path
) -> None:
    with run_container(engine, image, options, folder=tmp_path) as container:
        wait_for(container.healthy, "It never became healthy", patience=30)
        container.signal(signal.SIGKILL)
        assert container.wait() != 0
        with pytest.raises(ContainerError, match="It never said 'good morning'"):
            container.wait_for("good morning")


def test_a_container_ends_with_its_block(
    engine: Engine, image: str, options: dict[str, object], tmp_path: Path
) -> None:
    with run_container(engine, image, options, folder=tmp_path) as container:
        pid = container.pid
        assert Path(f"/proc/{pid}").exists()
    assert container.exit_code is not None
    assert not Path(f"/proc/{pid}").exists()


def test_there_is_nothing_to_run_without_an_image(engine: Engine, tmp_path: Path) -> None:
    with (
        pytest.raises(ContainerError, match="There is no image localhost/event_hub_nothing"),
        run_container(engine, "localhost/event_hub_nothing:latest", {}, folder=tmp_path),
    ):
        pass
