"""A home with an old database in its configuration folder."""

from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from tests.importing.kit import LATER, METER, SCHEDULER_ON, door, make, siren
from tests.integration.kit import Home

OLD = "old.db"


@pytest.fixture
def database(hass: HomeAssistant) -> Path:
    """Return the database of a house with a door, a meter, a siren and a night."""
    return make(
        Path(hass.config.path(OLD)),
        LATER,
        {
            "input_config": [
                door(customized=1, device_enabled=1, trigger_latch_duration=30, group_name="Hall"),
                {"id": 2, "device_key": "Cellar", "device_type": "Meter", "device_label": "Power"},
                {
                    "id": 3,
                    "device_key": "Garden PIR",
                    "device_type": "motion",
                    "customized": 1,
                    "auto_schedule": 1,
                    "auto_schedule_enable": "22:30",
                    "auto_schedule_disable": "05:30",
                },
            ],
            "output_config": [siren(device_params="30", trigger_interval=15, device_enabled=1)],
            "output_link": [{"id": 1, "input_device_id": 1, "output_device_id": 1}],
            "input_link": [{"id": 1, "input_device_id": 1, "linked_device_id": 3}],
            "meter_config": [{**METER, "input_device_id": 2, "meter_reading_unit": "kWh"}],
            **SCHEDULER_ON,
        },
    )


@pytest.fixture
def moved(home: Home, database: Path) -> Home:
    """Return a home that has the database and has taken nothing of it over yet."""
    assert database.is_file()
    return home
