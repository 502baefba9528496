from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from .kit import Problems


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
