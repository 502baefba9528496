from pathlib import Path

import pytest

from homeassistant.core import HomeAssistant

from .kit import Problems


@pytest.fixture
def config_dir(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Give Home Assistant a configuration folder that no other test has."""
    hass.config.config_dir = str(tmp_path)
    (tmp_path / ".storage").mkdir()
    return tmp_path


@pytest.fixture
def problems() -> Problems:
    """What the storage told its listener."""
    return Problems()
