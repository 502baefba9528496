from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.event_hub.storage.activity import ActivityLimits, ActivityLog

from .kit import FOREVER, OpenLog, Problems


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Leave the real ``.storage`` in place, which Home Assistant's test kit replaces by memory."""
    return {}


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Give each test a configuration folder of its own."""
    (tmp_path / ".storage").mkdir()
    return str(tmp_path)


@pytest.fixture
def config_dir(hass: HomeAssistant) -> Path:
    """Where the Home Assistant of this test keeps its files."""
    return Path(hass.config.config_dir)


@pytest.fixture
def problems() -> Problems:
    """What the storage told its listener."""
    return Problems()


@pytest.fixture
def path(config_dir: Path) -> Path:
    """Where the activity log is."""
    return config_dir / "event_hub" / "activity.db"


@pytest.fixture
async def open_log(hass: HomeAssistant, path: Path, problems: Problems) -> AsyncIterator[OpenLog]:
    """Make logs that are closed when the test ends."""
    logs: list[ActivityLog] = []

    def make(limits: ActivityLimits = FOREVER) -> ActivityLog:
        logs.append(ActivityLog(hass, path, limits, problems.append))
        return logs[-1]

    yield make
    for log in logs:
        await log.async_close()


@pytest.fixture
async def log(open_log: OpenLog) -> ActivityLog:
    """Open a log that forgets nothing while a test lasts."""
    opened = open_log(FOREVER)
    await opened.async_open()
    return opened
